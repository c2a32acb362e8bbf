//! The ledger on disk: whole or not at all, and synced before anybody relies on it.

use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct LedgerFile {
    path: PathBuf,
}

impl LedgerFile {
    pub fn in_folder(data_dir: &Path) -> Self {
        Self {
            path: data_dir.join("ledger.json"),
        }
    }

    /// What the last run left. A file that can't be read is kept aside, and the fault names it.
    pub fn load(&self) -> (Ledger, Option<Fault>) {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Ledger::default(), None),
            Err(_) => return (Ledger::default(), Some(unreadable(keep_aside(&self.path)))),
        };
        match serde_json::from_str::<Ledger>(&text) {
            Ok(ledger) if ledger.version == 1 => (ledger, None),
            Ok(_) | Err(_) => (Ledger::default(), Some(unreadable(keep_aside(&self.path)))),
        }
    }

    /// On disk and synced when this returns. Blocks.
    ///
    /// # Errors
    /// The disk is full, the folder is gone or not ours.
    pub fn save(&self, ledger: &Ledger) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(ledger)?;
        text.push(b'\n');
        replace(&self.path, &text)
    }
}

fn unreadable(kept: String) -> Fault {
    Fault::new(FaultKind::Rejected, Code::LedgerUnreadable).about(kept)
}

/// Replaces a file's content in one step, synced, for this user alone.
///
/// # Errors
/// As the system refuses it, without a path: see [`without_path`].
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replaced(path, content).map_err(without_path)
}

/// The same failure, fit for the log: the library for temporary files names the path, and in it stands who the person
/// is. What comes from the system itself names none.
pub(crate) fn without_path(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(_) => error,
        None => error.kind().into(),
    }
}

fn replaced(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    put_in_place(file, path)?;
    // The rename itself must survive a power cut, too.
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// How long others may hold a file open that is to be replaced: where Windows refuses it then, a scanner for viruses or one
/// of our own clients is soon done. Together a third of a second.
#[cfg(windows)]
const OTHERS: [u64; 8] = [1, 2, 5, 12, 30, 60, 100, 120];

/// The finished file takes its name, and the place of the one that has it.
///
/// # Errors
/// As the system refuses it; on Windows after some tries.
pub(crate) fn put_in_place(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    #[cfg(windows)]
    let file = {
        let mut file = file;
        for wait in OTHERS {
            match file.persist(path) {
                Ok(_file) => return Ok(()),
                Err(refused) if is_held(&refused.error) => file = refused.file,
                Err(refused) => return Err(refused.error),
            }
            std::thread::sleep(std::time::Duration::from_millis(wait));
        }
        file
    };
    file.persist(path)?;
    Ok(())
}

/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION`
#[cfg(windows)]
fn is_held(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 32))
}

/// Moves a file that can't be used out of the way; nothing is lost. Gives its new name.
pub(crate) fn keep_aside(path: &Path) -> String {
    let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let kept = format!("{name}.unreadable-{stamp}");
    if let Err(error) = std::fs::rename(path, path.with_file_name(&kept)) {
        tracing::warn!(%error, file = name, "could not keep an unreadable file aside");
        return name;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = LedgerFile::in_folder(folder.path());
        assert_eq!(file.load(), (Ledger::default(), None));
        let ledger = Ledger {
            pause: Some(offhook_engine::ledger::PauseRecord { until: None }),
            ..Ledger::default()
        };
        file.save(&ledger).unwrap();
        assert_eq!(file.load(), (ledger, None));
    }

    #[test]
    fn half_a_file_is_kept_aside_and_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ledger.json"), "{\"version\":1,\"holds\":[{").unwrap();
        let (ledger, fault) = LedgerFile::in_folder(folder.path()).load();
        assert_eq!(ledger, Ledger::default());
        let kept = fault.and_then(|fault| fault.detail).unwrap();
        assert!(folder.path().join(kept).exists());
        assert!(!folder.path().join("ledger.json").exists());
    }

    /// The data folder lies in the person's home, which is named after them, and what fails is logged.
    #[test]
    fn what_can_not_be_written_is_said_without_the_person() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ada.lovelace").join("offhook");
        let error = LedgerFile::in_folder(&folder)
            .save(&Ledger::default())
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let said = format!("{error} {error:?}");
        assert!(!said.contains("ada") && !said.contains("offhook"), "{said}");
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = LedgerFile::in_folder(&folder.path().join("gone"));
        assert!(file.save(&Ledger::default()).is_err());
    }
}
