//! Which programs use the microphone now, as the system tells it. Nothing is heard and nothing is recorded.
//!
//! | module | what |
//! |---|---|
//! | [`consent`] | Windows: what the consent store says; pure |
//! | `windows` | Windows: its registry keys, with change notices |
//! | [`pulse`] | Linux: what `pactl` says; pure |
//! | `linux` | Linux: `pactl subscribe` |
//! | `macos` | macOS: Core Audio's process objects; checked for types alone, never run |
//!
//! A crate of its own because this is where the system's own calls are, and so that its tests run on Windows (by wine).

pub mod consent;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
pub mod pulse;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

/// A program that uses the microphone, or has used it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct App {
    /// By which the person's choice knows it again, in small letters: the file name of a classic program, the package family
    /// of one from the store, the bundle on macOS.
    pub id: String,
    pub in_use: bool,
}

/// Why nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// This system has no way that Offhook knows.
    #[error("no way to ask on this system")]
    NoWay,
    /// The system's list can't be read; it is tried again.
    #[error("the list can't be read")]
    Unreadable,
}

/// Ends its watching when it is dropped.
pub struct Watching(Box<dyn Fn() + Send + Sync>);

impl Watching {
    fn new(stop: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Box::new(stop))
    }
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watching")
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Tells all known programs at once and whenever something has changed, from a thread of its own.
///
/// # Errors
/// [`WatchError::NoWay`] where there is nothing to watch. Later errors are told.
pub fn watch(
    tell: impl FnMut(Result<Vec<App>, WatchError>) + Send + 'static,
) -> Result<Watching, WatchError> {
    system::watch(tell)
}

/// What kind of program it is, as far as that says whether its microphone is a phone call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Teams knows its own calls: what it does would come back to it.
    Teams,
    /// Teams and everything else may run in it.
    Browser,
    Other,
}

/// By the program's id.
pub fn kind(id: &str) -> Kind {
    const TEAMS: [&str; 6] = [
        "teams.exe",
        "ms-teams.exe",
        "ms-teams_modulehost.exe",
        "teams-for-linux",
        "com.microsoft.teams",
        "com.microsoft.teams2",
    ];
    const BROWSERS: [&str; 17] = [
        "com.apple.safari",
        "com.google.chrome",
        "org.mozilla.firefox",
        "chrome.exe",
        "msedge.exe",
        "msedgewebview2.exe",
        "firefox.exe",
        "brave.exe",
        "opera.exe",
        "vivaldi.exe",
        "chrome",
        "chromium",
        "firefox",
        "firefox-esr",
        "firefox-bin",
        "msedge",
        "brave",
    ];
    // Helpers of a program on macOS have its name in front.
    let helper_of = |names: &[&str]| {
        let has = |name: &&str| {
            name.contains('.') && id.strip_prefix(*name).is_some_and(|rest| rest.starts_with('.'))
        };
        names.iter().any(has)
    };
    if TEAMS.contains(&id)
        || helper_of(&TEAMS)
        || id.starts_with("msteams_")
        || id.starts_with("microsoftteams_")
    {
        Kind::Teams
    } else if BROWSERS.contains(&id) || helper_of(&BROWSERS) || id.starts_with("mozilla.firefox_") {
        Kind::Browser
    } else {
        Kind::Other
    }
}

/// One entry per program: several windows or streams of it are one use. Sorted.
pub(crate) fn merged(apps: impl IntoIterator<Item = App>) -> Vec<App> {
    let mut merged: Vec<App> = Vec::new();
    for app in apps {
        match merged.iter_mut().find(|other| other.id == app.id) {
            Some(other) => other.in_use |= app.in_use,
            None => merged.push(app),
        }
    }
    merged.sort();
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_and_browsers_are_known() {
        for (id, expected) in [
            ("ms-teams.exe", Kind::Teams),
            ("msteams_8wekyb3d8bbwe", Kind::Teams),
            ("com.microsoft.teams2.modulehost", Kind::Teams),
            ("com.google.chrome.helper", Kind::Browser),
            ("firefox-esr", Kind::Browser),
            ("msedgewebview2.exe", Kind::Browser),
            ("microsip.exe", Kind::Other),
            ("linphone", Kind::Other),
        ] {
            assert_eq!(kind(id), expected, "{id}");
        }
    }

    #[test]
    fn two_streams_of_a_program_are_one_use() {
        let app = |id: &str, in_use| App {
            id: id.to_owned(),
            in_use,
        };
        let found = merged([app("b", false), app("a", false), app("b", true), app("b", false)]);
        assert_eq!(found, [app("a", false), app("b", true)]);
    }
}
