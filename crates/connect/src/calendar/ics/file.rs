//! The bytes of a calendar that lies on a disk, and when they change.

use super::error::{Error, Where};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What tells whether there is something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    changed: Option<SystemTime>,
    length: u64,
}

/// `None`: it is not there.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    Some(Stamp {
        changed: about.modified().ok(),
        length: about.len(),
    })
}

/// # Errors
/// Not there, not readable, larger than a calendar.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| {
        if error.kind() == ErrorKind::NotFound {
            Error::FileMissing
        } else {
            Error::FileUnreadable
        }
    };
    let file = File::open(path).map_err(failed)?;
    // A pipe would never end.
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Error::FileUnreadable);
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(super::LARGEST).unwrap_or(u64::MAX);
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > super::LARGEST {
        return Err(Error::TooLarge(Where::File));
    }
    Ok(bytes)
}

/// Comes back when the file has changed since the call, and then has not for one look: whoever writes it is done.
pub async fn changed(path: PathBuf, look: Duration) {
    let seen = || {
        let path = path.clone();
        // A disk of the network may take its time.
        async {
            tokio::task::spawn_blocking(move || stamp(&path))
                .await
                .ok()
                .flatten()
        }
    };
    let before = seen().await;
    let mut last = before;
    loop {
        tokio::time::sleep(look).await;
        let now = seen().await;
        if now == last && now != before {
            return;
        }
        last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_is_noticed_once_it_rests() {
        // One thread for what blocks, so that the first look comes before the change.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(change_and_notice());
    }

    async fn change_and_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ics");
        let look = Duration::from_millis(10);
        for (before, after) in [
            (None, Some("new")),
            (Some("one"), Some("other")),
            (Some("x"), None),
        ] {
            let _was_there = std::fs::remove_file(&path);
            if let Some(text) = before {
                std::fs::write(&path, text).unwrap();
            }
            let wait = changed(path.clone(), look);
            let change = async {
                tokio::task::spawn_blocking(|| ()).await.unwrap();
                match after {
                    Some(text) => std::fs::write(&path, text).unwrap(),
                    None => std::fs::remove_file(&path).unwrap(),
                }
            };
            let both = async { tokio::join!(wait, change) };
            tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
        }
    }

    #[test]
    fn what_is_no_file_has_its_name() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().join("none")), Err(Error::FileMissing));
        assert_eq!(read(folder.path()), Err(Error::FileUnreadable));
        let large = folder.path().join("large");
        File::create(&large)
            .unwrap()
            .set_len(super::super::LARGEST as u64 + 1)
            .unwrap();
        assert_eq!(read(&large), Err(Error::TooLarge(Where::File)));
    }
}
