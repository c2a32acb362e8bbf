//! Starting the browser and the window program, and waiting for them, so that none is left a zombie.

use super::Events;
use offhook_connect::desktop::{DesktopEvent, Opened};
use std::io::{ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// A window program that fails this soon could not be started, for want of a library for example.
const START: Duration = Duration::from_secs(10);

/// Opens a web address in the person's browser: the ones that `$BROWSER` names first, then the system's way.
pub fn browser(url: &str) -> Opened {
    // Anything else would be a program or a file to whoever opens it.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        tracing::warn!("an address that is no web address was not opened");
        return Opened::Failed;
    }
    let chosen = if cfg!(unix) {
        std::env::var("BROWSER").unwrap_or_default()
    } else {
        String::new()
    };
    let mut commands = browsers(&chosen, url);
    commands.push(system_browser(url));
    opened(commands.into_iter().any(|words| start_opener(&words)))
}

/// Shows a folder in the person's file manager.
pub fn folder(folder: &Path) -> Opened {
    let program = if cfg!(windows) {
        "explorer.exe"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    opened(start_opener(&[program.to_owned(), folder.display().to_string()]))
}

const fn opened(started: bool) -> Opened {
    if started { Opened::Started } else { Opened::Failed }
}

/// Where the icon was clicked, in the screen's own pixels, and when.
static CLICKED: Mutex<Option<((i32, i32), Instant)>> = Mutex::new(None);

/// A window asked for so soon after a click on the icon belongs to it.
const ANSWERED: Duration = Duration::from_secs(2);

/// The icon was clicked there: the window that comes of it opens nearby. Hosts that don't tell the place say 0, 0.
pub fn clicked(x: i32, y: i32) {
    let place = ((x, y) != (0, 0)).then(|| ((x, y), Instant::now()));
    *CLICKED.lock().unwrap_or_else(PoisonError::into_inner) = place;
}

fn click() -> Option<(i32, i32)> {
    let (place, at) = CLICKED.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    (at.elapsed() < ANSWERED).then_some(place)
}

/// `offhook-window` at that page. It hands over to the one that is open already.
pub fn window(data_dir: &Path, page: Option<&str>, events: &Events) -> bool {
    let mut command = Command::from(window_program());
    command.arg("--data-dir").arg(data_dir);
    if let Some((x, y)) = click() {
        command.arg(format!("--near={x},{y}"));
    }
    command.args(page);
    match start(command) {
        Ok(mut child) => {
            let events = events.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let Ok(status) = child.wait().await else { return };
                if !status.success() {
                    tracing::warn!(%status, "the window program failed");
                }
                if status.code().is_some_and(|code| code != 0) && begun.elapsed() < START {
                    let _gone = events.send(DesktopEvent::WindowFailed);
                }
            });
            true
        }
        Err(kind) => {
            tracing::warn!(%kind, "the window program could not be started");
            false
        }
    }
}

/// The window program, told how to draw.
///
/// It finds that out by itself where nobody says so (`src-tauri/src/drawing.rs`), but then has to put itself in its own
/// place once more, and loads the web engine's libraries a second time before anything is shown.
pub fn window_program() -> std::process::Command {
    told_how_to_draw(std::process::Command::new(sibling("offhook-window")))
}

/// Everywhere else the web engine is told nothing.
#[cfg(not(target_os = "linux"))]
fn told_how_to_draw(command: std::process::Command) -> std::process::Command {
    command
}

#[cfg(target_os = "linux")]
fn told_how_to_draw(mut command: std::process::Command) -> std::process::Command {
    if std::env::var_os(PLAINLY).is_none() && !computes_pictures(Path::new("/dev/dri")) {
        command.env(PLAINLY, "1");
    }
    command
}

/// Has WebKitGTK draw without OpenGL.
#[cfg(target_os = "linux")]
const PLAINLY: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Whether one of the graphics cards in that folder of the kernel's computes pictures.
#[cfg(target_os = "linux")]
fn computes_pictures(cards: &Path) -> bool {
    std::fs::read_dir(cards).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    })
}

/// A program that is installed beside this one.
pub fn sibling(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    match std::env::current_exe() {
        Ok(own) => own.with_file_name(name),
        Err(_) => name.into(),
    }
}

/// The command lines of `$BROWSER`: several separated by colons, `%s` standing for the address.
fn browsers(chosen: &str, url: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for command in chosen.split(':') {
        let mut words: Vec<String> = command
            .split_whitespace()
            .map(|word| word.replace("%s", url))
            .collect();
        if words.is_empty() {
            continue;
        }
        if !command.contains("%s") {
            words.push(url.to_owned());
        }
        commands.push(words);
    }
    commands
}

fn system_browser(url: &str) -> Vec<String> {
    let words: &[&str] = if cfg!(windows) {
        // What ShellExecute does, without a shell that would read the `&` of an address.
        &["rundll32.exe", "url.dll,FileProtocolHandler"]
    } else if cfg!(target_os = "macos") {
        &["open"]
    } else {
        &["xdg-open"]
    };
    words.iter().copied().chain([url]).map(str::to_owned).collect()
}

fn start_opener(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments);
    match start(command) {
        Ok(mut child) => {
            tokio::spawn(async move {
                let status = child.wait().await;
                if !status.is_ok_and(|status| status.success()) {
                    tracing::warn!("what was to open an address or a folder failed");
                }
            });
            true
        }
        Err(kind) => {
            tracing::debug!(program, %kind, "opens nothing");
            false
        }
    }
}

/// Starts a program that lives on when this one is interrupted at a console.
fn start(mut command: Command) -> Result<Child, ErrorKind> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if !std::io::stderr().is_terminal() {
        // A reader of our own output must not wait for theirs.
        command.stderr(Stdio::null());
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://login.example/a?b=1&c=2";

    #[test]
    fn the_chosen_browsers_come_in_their_order_with_the_address_in_its_place() {
        assert!(browsers("", URL).is_empty());
        assert_eq!(browsers("firefox", URL), [["firefox", URL]]);
        assert_eq!(
            browsers("firefox --url=%s --new-tab: :w3m", URL),
            [
                vec![
                    "firefox".to_owned(),
                    format!("--url={URL}"),
                    "--new-tab".to_owned()
                ],
                vec!["w3m".to_owned(), URL.to_owned()]
            ]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_window_is_told_how_to_draw_as_it_would_find_out() {
        let window = include_str!("../../../../src-tauri/src/drawing.rs");
        assert!(window.contains(&format!("\"{PLAINLY}\"")));
        let told = window_program()
            .get_envs()
            .any(|(name, value)| name == PLAINLY && value == Some("1".as_ref()));
        let given = std::env::var_os(PLAINLY).is_some();
        assert_eq!(told, !given && !computes_pictures(Path::new("/dev/dri")));
        let cards = tempfile::tempdir().unwrap();
        std::fs::write(cards.path().join("card0"), "").unwrap();
        assert!(!computes_pictures(cards.path()));
        std::fs::write(cards.path().join("renderD128"), "").unwrap();
        assert!(computes_pictures(cards.path()));
    }

    #[test]
    fn only_web_addresses_are_opened() {
        for address in [
            "file:///etc/passwd",
            "/bin/sh",
            "javascript:alert(1)",
            "calc.exe",
            "",
        ] {
            assert_eq!(browser(address), Opened::Failed, "{address}");
        }
    }
}
