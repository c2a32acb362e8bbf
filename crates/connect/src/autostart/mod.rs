//! Whether this system starts Offhook when the person signs in to it.
//!
//! The truth rests with the system, so it is read there each time and never kept in the settings. Own code
//! rather than a crate: those there are write a path with spaces unquoted on Linux (desktop-tests, section 6),
//! and do not look whether the entry that is there starts this program, or was switched off by the system's own
//! settings.
//!
//! | module | what |
//! |---|---|
//! | `entry` | Linux: a desktop entry in `autostart` (freedesktop.org, Desktop Application Autostart) |
//! | `agent` | macOS: a launch agent in `~/Library/LaunchAgents` (`launchd.plist(5)`) |
//! | `run_value` | Windows: a value of the `Run` key |

#[cfg(any(target_os = "macos", test, feature = "fuzzing"))]
#[cfg_attr(
    not(target_os = "macos"),
    expect(dead_code, reason = "only its text is tested elsewhere")
)]
mod agent;
#[cfg(not(any(windows, target_os = "macos")))]
mod entry;
#[cfg(all(feature = "fuzzing", not(any(windows, target_os = "macos"))))]
pub mod fuzzing;
#[cfg(windows)]
mod run_value;

use offhook_protocol::place;
use std::io;
use std::path::{Path, PathBuf};

/// What the system does at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Off,
    /// Starts this program with this data directory.
    On,
    /// Starts an Offhook that is not this one.
    Elsewhere(String),
    /// An entry of ours is there, and the system's own settings switched it off.
    SwitchedOff,
    /// The administrator set it up for everyone on this machine.
    Everyone,
    /// It can't be seen here.
    Unknown,
}

impl Found {
    /// Whether nothing has to be changed for what an organisation forces.
    pub(crate) const fn fits(&self, on: bool) -> bool {
        match self {
            Self::On | Self::Everyone => on,
            Self::Off => !on,
            // An entry that starts nothing now may do so tomorrow.
            Self::SwitchedOff | Self::Elsewhere(_) => false,
            Self::Unknown => true,
        }
    }
}

/// The place where the system keeps what it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autostart {
    /// What is started.
    pub(crate) program: PathBuf,
    /// Told on the command line where it is not the usual one.
    pub(crate) data_dir: Option<PathBuf>,
    /// Of this entry among those of other data directories.
    pub(crate) name: String,
    #[cfg(not(windows))]
    folder: PathBuf,
    /// Where entries for everyone are.
    #[cfg(not(any(windows, target_os = "macos")))]
    common: Vec<PathBuf>,
}

impl Autostart {
    /// Of the running program. `None` where the environment names no place for it.
    pub fn of_this_program(data_dir: &Path) -> Option<Self> {
        let usual = place::data_dir(None, |name| std::env::var_os(name));
        let usual = usual.is_some_and(|usual| usual == data_dir);
        let name = if usual {
            "offhook".to_owned()
        } else {
            format!("offhook-{}", crate::control::place::hash_of(data_dir))
        };
        Some(Self {
            program: std::env::current_exe().ok()?,
            data_dir: (!usual).then(|| data_dir.to_owned()),
            name,
            #[cfg(not(windows))]
            folder: folder()?,
            #[cfg(not(any(windows, target_os = "macos")))]
            common: common(),
        })
    }

    /// The words of the command line.
    pub(crate) fn command(&self, hidden: bool) -> Vec<String> {
        let mut words = vec![self.program.to_string_lossy().into_owned()];
        if let Some(folder) = &self.data_dir {
            words.push("--data-dir".to_owned());
            words.push(folder.to_string_lossy().into_owned());
        }
        if hidden {
            words.push("--minimised".to_owned());
        }
        words
    }

    /// What an entry that starts `command` means to us.
    pub(crate) fn judge(&self, command: &[String]) -> Found {
        let ours = self.command(true);
        let without_flag: Vec<&String> = command.iter().filter(|word| *word != "--minimised").collect();
        if without_flag
            .into_iter()
            .eq(ours.iter().filter(|word| *word != "--minimised"))
        {
            Found::On
        } else {
            Found::Elsewhere(command.first().cloned().unwrap_or_default())
        }
    }

    /// Looks at what is there.
    pub fn look(&self) -> Found {
        #[cfg(windows)]
        return run_value::look(self);
        #[cfg(target_os = "macos")]
        return agent::look(self, &self.folder);
        #[cfg(not(any(windows, target_os = "macos")))]
        return entry::look(self, &self.folder, &self.common);
    }

    /// What the organisation forces, as far as it means this entry: the one of a data directory of its own (a trial, the
    /// playground) is never switched on for it, but off.
    pub(crate) fn meant(&self, forced: Option<bool>) -> Option<bool> {
        forced.filter(|on| !on || self.data_dir.is_none())
    }

    /// Looks, and where that is not as `forced` sets it right first, whoever made it so.
    ///
    /// # Errors
    /// What is there, and why it could not be changed.
    pub(crate) fn keep(&self, forced: Option<bool>, hidden: bool) -> Result<Found, (Found, io::Error)> {
        let found = self.look();
        let Some(on) = self.meant(forced).filter(|on| !found.fits(*on)) else {
            return Ok(found);
        };
        if let Err(error) = self.set(on, hidden) {
            return Err((found, error));
        }
        tracing::info!(on, "start at sign-in was set as the organisation has it");
        Ok(self.look())
    }

    /// Switches it on, starting without a window if `hidden`, or off.
    ///
    /// # Errors
    /// The system did not let it be written.
    pub fn set(&self, on: bool, hidden: bool) -> io::Result<()> {
        #[cfg(windows)]
        return run_value::set(self, on, hidden);
        #[cfg(target_os = "macos")]
        return agent::set(self, &self.folder, on, hidden);
        #[cfg(not(any(windows, target_os = "macos")))]
        return entry::set(self, &self.folder, &self.common, on, hidden);
    }
}

#[cfg(target_os = "macos")]
fn folder() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("HOME")?).join("Library/LaunchAgents"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn folder() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| Path::new(folder).is_absolute());
    let config = match config {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config"),
    };
    Some(config.join("autostart"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn common() -> Vec<PathBuf> {
    let folders = std::env::var("XDG_CONFIG_DIRS").unwrap_or_default();
    let folders = if folders.is_empty() {
        "/etc/xdg".to_owned()
    } else {
        folders
    };
    folders
        .split(':')
        .filter(|folder| Path::new(folder).is_absolute())
        .map(|folder| Path::new(folder).join("autostart"))
        .collect()
}

/// A file of which nobody ever sees half.
#[cfg(not(windows))]
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    crate::ledger_file::replace(path, text.as_bytes())
}

#[cfg(not(windows))]
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
