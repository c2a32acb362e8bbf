//! What the resident program asks of Windows, asked of the real thing: the Credential Manager and the registry.
#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use offhook_connect::autostart::{Autostart, Found};
use offhook_connect::secrets::{Ask, KeyringStore, SecretName, SecretStore};
use secrecy::ExposeSecret as _;
use std::path::Path;
use windows_registry::CURRENT_USER;

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";

/// A store of another application, so that tests and a person's own Offhook never meet.
fn store(name: &str) -> SecretStore {
    SecretStore::Keyring(KeyringStore::new(&format!(
        "offhook-test-{name}-{}",
        std::process::id()
    )))
}

async fn read(store: &SecretStore, name: &SecretName) -> Option<String> {
    let value = store.load(name, Ask::Quietly).await.unwrap();
    value.map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn tokens_longer_than_a_credential_are_kept_replaced_and_removed() {
    let store = store("long");
    let name = SecretName::microsoft();
    assert_eq!(read(&store, &name).await, None);
    // A credential takes 2560 bytes.
    for length in [1, 2_000, 2_560, 2_561, 12_000, 40_000, 3_000, 10] {
        let token = "täken-".repeat(length / 7 + 1);
        store
            .save(&name, &token.as_str().into(), Ask::Quietly)
            .await
            .unwrap();
        assert_eq!(
            read(&store, &name).await.as_deref(),
            Some(token.as_str()),
            "{length}"
        );
    }
    let other = SecretName::phone("phone");
    store.save(&other, &"päss".into(), Ask::Quietly).await.unwrap();
    store.delete(&name, Ask::Quietly).await.unwrap();
    assert_eq!(read(&store, &name).await, None);
    assert_eq!(read(&store, &other).await.as_deref(), Some("päss"));
    store.delete(&other, Ask::Quietly).await.unwrap();
}

#[test]
fn the_start_at_sign_in_is_written_read_and_taken_away() {
    // Not the usual folder: the value of a person's own Offhook stays what it is.
    let folder = std::env::temp_dir().join(format!("offhook test {}", std::process::id()));
    let autostart = Autostart::of_this_program(&folder).unwrap();
    assert_eq!(autostart.look(), Found::Off);
    autostart.set(true, true).unwrap();
    assert_eq!(autostart.look(), Found::On);

    let run = CURRENT_USER.create(RUN).unwrap();
    let mut values = run.values().unwrap();
    let (name, _) = values
        .find(|(_, value)| {
            String::try_from(value.clone()).is_ok_and(|text| text.contains(&*folder.to_string_lossy()))
        })
        .unwrap();
    // As an installer writes it: every word in quotation marks.
    let program = std::env::current_exe().unwrap();
    let line = |program: &Path| {
        format!(
            "\"{}\" \"--data-dir\" \"{}\"",
            program.display(),
            folder.display()
        )
    };
    run.set_string(&name, line(&program)).unwrap();
    assert_eq!(autostart.look(), Found::On);
    run.set_string(&name, line(Path::new(r"C:\elsewhere\offhook.exe")))
        .unwrap();
    assert_eq!(
        autostart.look(),
        Found::Elsewhere(r"C:\elsewhere\offhook.exe".to_owned())
    );

    // What the Task Manager writes.
    let approved = CURRENT_USER.create(APPROVED).unwrap();
    let off = [3_u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    approved
        .set_bytes(&name, windows_registry::Type::Bytes, &off)
        .unwrap();
    assert_eq!(autostart.look(), Found::SwitchedOff);
    autostart.set(true, false).unwrap();
    assert_eq!(autostart.look(), Found::On);
    autostart.set(false, false).unwrap();
    assert_eq!(autostart.look(), Found::Off);
    assert!(run.get_string(&name).is_err());
}
