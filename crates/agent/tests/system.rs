//! What the resident program asks of Windows, asked of the real thing: the Credential Manager, the registry, and
//! files that others hold open.
#![cfg(windows)]

use offhook_connect::autostart::{Autostart, Found};
use offhook_connect::ledger_file::LedgerFile;
use offhook_connect::secrets::{Ask, KeyringStore, SecretName, SecretStore};
use offhook_engine::ledger::{Ledger, PauseRecord};
use secrecy::ExposeSecret as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;
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

#[test]
fn tokens_longer_than_a_credential_are_kept_replaced_and_removed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(keep_replace_and_remove(&store("long")));
}

async fn keep_replace_and_remove(store: &SecretStore) {
    let name = SecretName::microsoft();
    assert_eq!(read(store, &name).await, None);
    // A credential takes 2560 bytes.
    for length in [1, 2_000, 2_560, 2_561, 12_000, 40_000, 3_000, 10] {
        let token = "täken-".repeat(length / 7 + 1);
        store
            .save(&name, &token.as_str().into(), Ask::Quietly)
            .await
            .unwrap();
        assert_eq!(
            read(store, &name).await.as_deref(),
            Some(token.as_str()),
            "{length}"
        );
    }
    let other = SecretName::phone("phone");
    store.save(&other, &"päss".into(), Ask::Quietly).await.unwrap();
    store.delete(&name, Ask::Quietly).await.unwrap();
    assert_eq!(read(store, &name).await, None);
    assert_eq!(read(store, &other).await.as_deref(), Some("päss"));
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

/// A scanner for viruses reads what was just written.
#[test]
fn a_file_that_somebody_is_reading_is_replaced_all_the_same() {
    const READING: Duration = Duration::from_millis(100);
    let folder = std::env::temp_dir().join(format!("offhook held {}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = LedgerFile::in_folder(&folder);
    file.save(&Ledger::default()).unwrap();
    let (begun, reads) = channel();
    let path = folder.join("ledger.json");
    let reader = std::thread::spawn(move || {
        let open = std::fs::File::open(path).unwrap();
        begun.send(()).unwrap();
        std::thread::sleep(READING);
        drop(open);
    });
    reads.recv().unwrap();
    let paused = Ledger {
        pause: Some(PauseRecord { until: None }),
        ..Ledger::default()
    };
    file.save(&paused).unwrap();
    assert_eq!(file.load(), (paused, None));
    reader.join().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}
