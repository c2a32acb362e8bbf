//! Where the programs of one person meet: the data directory and the file in it that names the socket.
//!
//! Source: the design, section 5 (data directory).

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file in the data directory that holds a [`RunFile`] while Offhook runs.
pub const RUN_FILE: &str = "run.json";

/// The socket's usual name in the data directory.
pub const SOCKET_FILE: &str = "control.sock";

/// `{"v":1,"socket":"…","pid":1234,"version":"0.1.0","started":"2026-11-22T08:00:00Z"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Always 1.
    pub v: u32,
    /// The path of the unix socket, or on Windows the name of the pipe.
    pub socket: String,
    pub pid: u32,
    pub version: String,
    /// RFC 3339, UTC.
    pub started: String,
}

/// The data directory: `explicit`, else the usual place of the system this was built for. `variable` reads
/// the environment. `None` where the environment names no home.
pub fn data_dir(explicit: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(explicit) = explicit {
        return Some(explicit.to_owned());
    }
    // Relative values are to be ignored (XDG base directory specification).
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        Some(absolute("LOCALAPPDATA")?.join("Offhook"))
    } else if cfg!(target_os = "macos") {
        Some(absolute("HOME")?.join("Library/Application Support/Offhook"))
    } else {
        let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(state.join("offhook"))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn the_usual_places() {
        let place = |pairs| data_dir(None, with(pairs));
        assert_eq!(
            place(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]),
            Some("/s/offhook".into())
        );
        assert_eq!(
            place(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]),
            Some("/h/.local/state/offhook".into())
        );
        assert_eq!(place(&[("HOME", "/h")]), Some("/h/.local/state/offhook".into()));
        assert_eq!(place(&[]), None);
        assert_eq!(
            data_dir(Some(Path::new("/d")), with(&[("HOME", "/h")])),
            Some("/d".into())
        );
    }
}
