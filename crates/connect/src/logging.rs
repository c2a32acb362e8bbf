//! Logs: to standard error and to files of limited size.
//!
//! Levels: ERROR, something is lost or stays wrong until a person acts; WARN, something failed and is tried
//! again; INFO, what a helpdesk wants to see of a normal day; DEBUG, each request and event, personal data only
//! here and below; TRACE, bytes. Nothing personal above DEBUG (R23).

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// One file grows to this many bytes.
const LIMIT: u64 = 1024 * 1024;
/// So many older ones are kept beside it.
const KEPT: u32 = 3;

/// Starts logging. Harmless when called twice.
pub fn start(data_dir: &Path, level: &str) {
    let filter = EnvFilter::try_from_env("OFFHOOK_LOG").unwrap_or_else(|_| EnvFilter::new(own(level)));
    let console = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let file = LimitedFile::new(data_dir.join("logs"));
    let file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    let _already = tracing_subscriber::registry()
        .with(filter)
        .with(console)
        .with(file)
        .try_init();
}

/// Our own crates at that level, others at WARN: theirs say things we do not know to be impersonal.
fn own(level: &str) -> String {
    ["connect", "engine", "agent"]
        .iter()
        .fold("warn".to_owned(), |all, name| {
            format!("{all},offhook_{name}={level}")
        })
        + &format!(",offhook={level}")
}

/// A file that starts anew when it is full, with the last few kept.
#[derive(Debug)]
struct LimitedFile {
    folder: PathBuf,
    open: Option<(Arc<File>, u64)>,
}

impl LimitedFile {
    const fn new(folder: PathBuf) -> Self {
        Self { folder, open: None }
    }

    fn path(&self, age: u32) -> PathBuf {
        match age {
            0 => self.folder.join("offhook.log"),
            age => self.folder.join(format!("offhook.{age}.log")),
        }
    }

    fn file(&mut self) -> io::Result<(Arc<File>, u64)> {
        if let Some((file, size)) = &self.open
            && *size < LIMIT
        {
            return Ok((file.clone(), *size));
        }
        std::fs::create_dir_all(&self.folder)?;
        let full = std::fs::metadata(self.path(0)).is_ok_and(|meta| meta.len() >= LIMIT);
        if full {
            for age in (0..KEPT).rev() {
                // The first times there is nothing to move.
                let _absent = std::fs::rename(self.path(age), self.path(age + 1));
            }
        }
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = Arc::new(options.open(self.path(0))?);
        let size = file.metadata()?.len();
        self.open = Some((file.clone(), size));
        Ok((file, size))
    }
}

impl Write for LimitedFile {
    /// A log that can't be written is left out: the program goes on.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.file().and_then(|(file, _)| (&*file).write(line));
        match (&mut self.open, written) {
            (Some((_, size)), Ok(count)) => *size += count as u64,
            _ => self.open = None,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_within_their_limit_and_only_the_last_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LimitedFile::new(folder.path().join("logs"));
        let line = [b'x'; 4096];
        for _ in 0..(6 * LIMIT / 4096) {
            file.write_all(&line).unwrap();
        }
        let sizes: Vec<u64> = std::fs::read_dir(folder.path().join("logs"))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 1 + KEPT as usize);
        assert!(sizes.iter().all(|size| *size <= LIMIT + 4096), "{sizes:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_loses_lines_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("logs"), "a file").unwrap();
        LimitedFile::new(folder.path().join("logs"))
            .write_all(b"lost\n")
            .unwrap();
    }
}
