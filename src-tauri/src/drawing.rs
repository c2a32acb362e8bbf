//! How the web engine draws on Linux.
//!
//! WebKitGTK (seen with 2.50) draws through OpenGL also where there is no graphics card: on a virtual machine, a thin
//! client, a desktop over the network. There the processor computes OpenGL too, for which programs are compiled
//! first: three to four times the processor time until a page stands there, and a third more memory, for the same
//! picture. `WEBKIT_DISABLE_DMABUF_RENDERER` takes the short way.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// What WebKitGTK looks at, in our environment and in those of the processes that it starts.
const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Where the kernel shows graphics cards, `renderD128` and following for those that compute pictures.
const CARDS: &str = "/dev/dri";

/// Lets the processor draw where nothing else can: by putting this program in its own place once more, with the choice
/// in its environment. A choice that the environment has already stays.
pub fn choose() {
    if std::env::var_os(CHOICE).is_some() || has_card(Path::new(CARDS)) {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut words = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = words.next() {
        again.arg0(name);
    }
    // It comes back only where that was not possible; then the window is slower and no more.
    let _ = again.args(words).env(CHOICE, "1").exec();
}

fn has_card(folder: &Path) -> bool {
    let computes = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with("renderD"));
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| computes(&entry.file_name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_only_shows_pictures_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_card(&folder.path().join("none")));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_card(folder.path()));
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_card(folder.path()));
    }
}
