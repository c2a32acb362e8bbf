//! Logs: to standard error and to files of limited size.
//!
//! Levels: ERROR, something is lost or stays wrong until a person acts; WARN, something failed and is tried
//! again; INFO, what a helpdesk wants to see of a normal day; DEBUG, each request and event, personal data only
//! here and below; TRACE, each message on a wire with its kind and its length, and nothing of what it says (`wire`).
//! Nothing personal above DEBUG (R23).

use offhook_protocol::settings::{LogLevel, LogLine};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// One file grows to this many bytes.
const LIMIT: u64 = 1024 * 1024;
/// So many older ones are kept beside it.
const KEPT: u32 = 3;
/// So much of a file's end is looked at for its last lines, in bytes.
const READ: u64 = 256 * 1024;

/// What sets the level for one start, before the setting, and after the policy.
const FORCED: &str = "OFFHOOK_LOG";

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// The organisation forces the level: the environment does not.
static LOCKED: AtomicBool = AtomicBool::new(false);

/// Starts logging. Harmless when called twice. `locked`: the level is the organisation's.
pub fn start(data_dir: &Path, level: &str, locked: bool) {
    LOCKED.store(locked, Ordering::Relaxed);
    let filter = forced().and_then(|level| EnvFilter::try_new(level).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(own(level)));
    let (filter, handle) = reload::Layer::new(filter);
    let console = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let file = LimitedFile::new(data_dir.join("logs"));
    let file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(console)
        .with(file)
        .try_init();
    if started.is_ok() {
        let _first = FILTER.set(handle);
    }
}

/// Changes the level while the program runs, unless the environment forces one.
pub fn set_level(level: &str) {
    if forced().is_some() {
        return;
    }
    if let Some(filter) = FILTER.get()
        && let Err(error) = filter.reload(EnvFilter::new(own(level)))
    {
        tracing::warn!(%error, "the level of the log could not be changed");
    }
}

/// What the environment sets the log to.
pub fn forced() -> Option<String> {
    if LOCKED.load(Ordering::Relaxed) {
        return None;
    }
    std::env::var(FORCED).ok().filter(|level| !level.is_empty())
}

/// The last lines of the log, oldest first; of one file and the one before it.
///
/// # Errors
/// The log can't be read.
pub fn last_lines(data_dir: &Path, most: usize) -> io::Result<Vec<LogLine>> {
    let file = LimitedFile::new(data_dir.join("logs"));
    let text = last_of(&file.path(0))?;
    let mut lines = parse(&text);
    if lines.len() < most {
        let before = last_of(&file.path(1)).unwrap_or_default();
        let mut all = parse(&before);
        all.append(&mut lines);
        lines = all;
    }
    Ok(lines.split_off(lines.len().saturating_sub(most)))
}

/// The end of a file, from the beginning of a line on.
fn last_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let from = size.saturating_sub(READ);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if from == 0 {
        return Ok(text);
    }
    Ok(text
        .split_once('\n')
        .map_or(String::new(), |(_, rest)| rest.to_owned()))
}

pub(crate) fn parse(text: &str) -> Vec<LogLine> {
    text.lines()
        .map(|line| LogLine {
            level: level_of(line),
            text: line.to_owned(),
        })
        .collect()
}

/// A line begins with its time in UTC and its level.
fn level_of(line: &str) -> Option<LogLevel> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = line.split_whitespace();
    let time = words.next()?;
    if !time.ends_with('Z') || time.parse::<jiff::Timestamp>().is_err() {
        return None;
    }
    Some(match words.next()? {
        "ERROR" => LogLevel::Error,
        "WARN" => LogLevel::Warn,
        "INFO" => LogLevel::Info,
        "DEBUG" => LogLevel::Debug,
        "TRACE" => LogLevel::Trace,
        _ => return None,
    })
}

/// What is logged meanwhile, at every level.
#[cfg(test)]
pub(crate) fn capture(act: impl FnOnce()) -> String {
    capture_at("trace", act)
}

#[cfg(test)]
fn capture_at(filter: &str, act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);
    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(&indented(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let kept = Kept::default();
    let writer = kept.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let all = tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(layer);
    tracing::subscriber::with_default(all, act);
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Our own crates at that level, others at WARN: theirs say things we do not know to be impersonal.
fn own(level: &str) -> String {
    // A crate is meant by how its name begins: this names all of ours.
    format!("warn,offhook={level}")
}

/// What goes on after a line break is set in: nothing that was logged can pass for a line of its own.
fn indented(event: &[u8]) -> Cow<'_, [u8]> {
    let (body, end) = match event.strip_suffix(b"\n") {
        Some(body) => (body, &b"\n"[..]),
        None => (event, &b""[..]),
    };
    if !body.contains(&b'\n') && !body.contains(&b'\r') {
        return Cow::Borrowed(event);
    }
    let lines: Vec<&[u8]> = body.split(|byte| matches!(byte, b'\n' | b'\r')).collect();
    let mut bytes = lines.join(&b"\n  "[..]);
    bytes.extend_from_slice(end);
    Cow::Owned(bytes)
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
        let bytes = indented(line);
        let written = self.file().and_then(|(file, _)| (&*file).write(&bytes));
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
    fn every_crate_of_ours_is_logged_at_the_level_that_is_set() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names = std::fs::read_dir(crates).unwrap().filter_map(|folder| {
            let text = std::fs::read_to_string(folder.unwrap().path().join("Cargo.toml")).ok()?;
            let manifest: toml_edit::DocumentMut = text.parse().unwrap();
            Some(manifest["package"]["name"].as_str().unwrap().replace('-', "_"))
        });
        let mut names: Vec<_> = names.collect();
        assert!(names.iter().any(|name| name == "offhook_tapi"), "{names:?}");
        // The resident program's own.
        names.push("offhook".to_owned());
        let filter: tracing_subscriber::filter::Targets = own("debug").parse().unwrap();
        for name in names {
            let target = format!("{name}::part");
            assert!(filter.would_enable(&target, &tracing::Level::DEBUG), "{name}");
            assert!(!filter.would_enable(&target, &tracing::Level::TRACE), "{name}");
        }
        assert!(!filter.would_enable("hyper::proto", &tracing::Level::INFO));
        assert!(filter.would_enable("hyper::proto", &tracing::Level::WARN));
    }

    /// The filter that is really used, on what the smallest of our crates logs.
    #[test]
    fn the_level_reaches_the_telephony() {
        let kept = capture_at(&own("debug"), || {
            tracing::debug!(target: "offhook_tapi::watch", "one");
            tracing::trace!(target: "offhook_tapi::watch", "two");
            tracing::debug!(target: "reqwest", "three");
        });
        assert!(
            kept.contains("one") && !kept.contains("two") && !kept.contains("three"),
            "{kept}"
        );
    }

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
    fn the_last_lines_come_with_their_levels_also_over_two_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(last_lines(folder.path(), 10).is_err());
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).unwrap();
        std::fs::write(
            logs.join("offhook.1.log"),
            "2026-11-22T10:00:00.000001Z DEBUG offhook: one\n",
        )
        .unwrap();
        let long = "x".repeat(usize::try_from(READ).unwrap());
        std::fs::write(
            logs.join("offhook.log"),
            format!(
                "2026-11-22T10:00:00Z  INFO offhook: {long}\n2026-11-22T10:00:01Z  WARN offhook: two\nmore\n"
            ),
        )
        .unwrap();
        let lines = last_lines(folder.path(), 10).unwrap();
        let levels: Vec<_> = lines.iter().map(|line| line.level).collect();
        assert_eq!(levels, [Some(LogLevel::Debug), Some(LogLevel::Warn), None]);
        assert_eq!(last_lines(folder.path(), 1).unwrap()[0].text, "more");
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
