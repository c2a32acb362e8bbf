//! Values of any length over short entries, and the file.

use super::entries::Entries as _;
use super::*;
use secrecy::ExposeSecret as _;

const LIMIT: usize = 2560;

fn name() -> SecretName {
    SecretName::microsoft()
}

/// `length` bytes that no other length shares a prefix with.
fn value(length: usize) -> SecretString {
    (0..length)
        .map(|i| char::from(b'a' + u8::try_from((i * 7 + length) % 26).unwrap()))
        .collect::<String>()
        .into()
}

fn store() -> (MemoryStore, SecretStore) {
    let memory = MemoryStore::with_limit(LIMIT);
    (memory.clone(), SecretStore::Memory(memory))
}

async fn load(store: &SecretStore) -> Result<Option<String>, SecretError> {
    Ok(store
        .load(&name(), Ask::Quietly)
        .await?
        .map(|value| value.expose_secret().to_owned()))
}

async fn save(store: &SecretStore, value: &SecretString) -> Result<(), SecretError> {
    store.save(&name(), value, Ask::Quietly).await
}

#[tokio::test]
async fn values_of_any_length_come_back_and_leave_nothing() {
    let (memory, store) = store();
    assert_eq!(load(&store).await.unwrap(), None);
    for length in [
        0, 1, 2000, 2486, 2487, 2560, 2561, 5120, 5121, 20_000, 3000, 100_000, 2600, 17, 9000,
    ] {
        save(&store, &value(length)).await.unwrap();
        assert_eq!(
            load(&store).await.unwrap().as_deref(),
            Some(value(length).expose_secret()),
            "{length}"
        );
        let entries = memory.entry_names().len();
        let expected = if length <= 2486 {
            1
        } else {
            1 + length.div_ceil(LIMIT)
        };
        assert!(
            (expected..=expected + 1).contains(&entries) && (entries == expected || length < LIMIT),
            "{length}: {entries}"
        );
    }
    store.delete(&name(), Ask::Quietly).await.unwrap();
    assert_eq!(memory.entry_names(), Vec::<String>::new());
    store.delete(&name(), Ask::Quietly).await.unwrap();
    assert_eq!(load(&store).await.unwrap(), None);
}

#[tokio::test]
async fn characters_are_not_cut() {
    let (memory, store) = store();
    let text: String = "öß€😀".chars().cycle().take(5000).collect();
    save(&store, &text.clone().into()).await.unwrap();
    assert_eq!(load(&store).await.unwrap(), Some(text));
    for entry in memory.entry_names() {
        let part = memory.read(&entry).unwrap().unwrap();
        assert!(part.len() <= LIMIT && std::str::from_utf8(&part).is_ok());
    }
}

#[tokio::test]
async fn too_long_is_said() {
    let (_, store) = store();
    save(&store, &value(10)).await.unwrap();
    assert_eq!(save(&store, &value(LIMIT * 65)).await, Err(SecretError::TooLong));
    assert_eq!(
        load(&store).await.unwrap().as_deref(),
        Some(value(10).expose_secret())
    );
}

/// The program may die between any two steps.
#[tokio::test]
async fn a_write_that_is_cut_short_leaves_the_old_value_or_the_new() {
    let lengths = [100, 6000, 2700, 30_000];
    for before in lengths {
        for after in lengths {
            for steps in 0.. {
                let (memory, store) = store();
                // So that both slots have been in use.
                for length in [before + 3000, before + 6000, before] {
                    save(&store, &value(length)).await.unwrap();
                }
                memory.trouble(Some(Trouble::After(steps, SecretError::Failed("dead".into()))));
                let new = value(after + 1);
                let outcome = save(&store, &new).await;
                memory.trouble(None);
                let found = load(&store).await.unwrap().unwrap();
                assert!(
                    found == value(before).expose_secret() || found == new.expose_secret(),
                    "{before} {after} {steps}"
                );
                // The next write and the removal leave nothing behind, whatever was left.
                save(&store, &value(after + 2)).await.unwrap();
                assert_eq!(
                    load(&store).await.unwrap().as_deref(),
                    Some(value(after + 2).expose_secret())
                );
                let parts = if after + 2 < 2486 {
                    0
                } else {
                    (after + 2_usize).div_ceil(LIMIT)
                };
                assert_eq!(memory.entry_names().len(), 1 + parts, "{before} {after} {steps}");
                memory.trouble(Some(Trouble::After(steps, SecretError::Failed("dead".into()))));
                let _ = store.delete(&name(), Ask::Quietly).await;
                memory.trouble(None);
                store.delete(&name(), Ask::Quietly).await.unwrap();
                assert_eq!(memory.entry_names(), Vec::<String>::new());
                if outcome.is_ok() {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn what_others_have_spoilt_is_damaged_and_can_be_replaced() {
    for length in [50, 9000] {
        let (memory, store) = store();
        save(&store, &value(length)).await.unwrap();
        for entry in memory.entry_names() {
            let before = memory.read(&entry).unwrap().unwrap();
            let mut wrong = before.to_vec();
            *wrong.last_mut().unwrap() ^= 1;
            for spoilt in [
                Vec::new(),
                before[..before.len() - 1].to_vec(),
                wrong,
                b"\xff\n".to_vec(),
                b"offhook1 1 9999 x\n".to_vec(),
            ] {
                memory.spoil(&entry, &spoilt);
                assert_eq!(load(&store).await, Err(SecretError::Damaged), "{entry}");
            }
            if entry != "microsoft" {
                memory.remove(&entry).unwrap();
                assert_eq!(load(&store).await, Err(SecretError::Damaged), "{entry} missing");
            }
            memory.spoil(&entry, &before);
        }
        memory.spoil("microsoft", b"garbage");
        save(&store, &value(length + 1)).await.unwrap();
        assert_eq!(
            load(&store).await.unwrap().as_deref(),
            Some(value(length + 1).expose_secret())
        );
    }
}

#[tokio::test]
async fn names_do_not_share_entries() {
    let (_, store) = store();
    let phone = SecretName::phone("asterisk");
    save(&store, &value(9000)).await.unwrap();
    store.save(&phone, &value(12), Ask::Quietly).await.unwrap();
    store.delete(&name(), Ask::Quietly).await.unwrap();
    let password = store.load(&phone, Ask::Quietly).await.unwrap().unwrap();
    assert_eq!(password.expose_secret(), value(12).expose_secret());
}

#[tokio::test]
async fn no_answer_is_no_absence() {
    let (memory, store) = store();
    for error in [SecretError::Locked, SecretError::Absent, SecretError::Late] {
        memory.trouble(Some(Trouble::Always(error.clone())));
        assert_eq!(load(&store).await, Err(error));
    }
}

fn file() -> (tempfile::TempDir, std::path::PathBuf, SecretStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let store = SecretStore::File(FileStore::new(&path));
    (folder, path, store)
}

#[tokio::test]
async fn a_file_keeps_what_it_is_given() {
    let (folder, path, store) = file();
    assert_eq!(load(&store).await.unwrap(), None);
    store.delete(&name(), Ask::Quietly).await.unwrap();
    assert!(!path.exists(), "nothing was to be removed");
    save(&store, &value(9000)).await.unwrap();
    store
        .save(
            &SecretName::phone("asterisk"),
            &"geheim \"€\"".into(),
            Ask::Quietly,
        )
        .await
        .unwrap();
    let again = SecretStore::File(FileStore::new(&path));
    assert_eq!(
        load(&again).await.unwrap().as_deref(),
        Some(value(9000).expose_secret())
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    store.delete(&name(), Ask::Quietly).await.unwrap();
    assert_eq!(load(&again).await.unwrap(), None);
    assert!(
        again
            .load(&SecretName::phone("asterisk"), Ask::Quietly)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_damaged_and_kept_aside() {
    let contents: [&[u8]; 5] = [
        b"",
        b"{",
        b"{\"v\":2,\"secrets\":{}}",
        b"\xff\xfe",
        b"{\"v\":1,\"secrets\":{\"microsoft\":1}}",
    ];
    for spoilt in contents {
        let (folder, path, store) = file();
        std::fs::write(&path, spoilt).unwrap();
        assert_eq!(load(&store).await, Err(SecretError::Damaged));
        assert_eq!(
            store.delete(&name(), Ask::Quietly).await,
            Err(SecretError::Damaged)
        );
        assert_eq!(std::fs::read(&path).unwrap(), spoilt, "asking changes nothing");
        save(&store, &value(5)).await.unwrap();
        assert_eq!(
            load(&store).await.unwrap().as_deref(),
            Some(value(5).expose_secret())
        );
        assert_eq!(
            std::fs::read(folder.path().join("secrets.json.unreadable")).unwrap(),
            spoilt
        );
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_leaves_the_old_one() {
    let (folder, path, store) = file();
    save(&store, &value(5)).await.unwrap();
    // A folder stands where the file should be replaced: no right in the world helps.
    std::fs::rename(&path, folder.path().join("away")).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(load(&store).await, Err(SecretError::Failed(_))));
    assert!(matches!(
        save(&store, &value(6)).await,
        Err(SecretError::Failed(_))
    ));
}

#[tokio::test]
async fn writers_at_once_lose_nothing() {
    let (_folder, _path, store) = file();
    let writers: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .save(&SecretName::phone(&n.to_string()), &value(n), Ask::Quietly)
                    .await
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    for n in 0..20 {
        assert!(
            store
                .load(&SecretName::phone(&n.to_string()), Ask::Quietly)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[test]
fn the_pace_slows_down() {
    assert_eq!(again_after(1), Duration::from_secs(10));
    assert_eq!(again_after(6), Duration::from_secs(10));
    assert_eq!(again_after(7), Duration::from_secs(60));
}
