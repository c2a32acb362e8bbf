//! `offhook-window [--data-dir DIR] [--near X,Y] [PAGE]`: the pages, in a window, while a person wants one.
//!
//! A client of the control socket and no more: it shows what the resident program says and passes on what the
//! person asks. It holds no token, decides nothing, and ends with its window. Exit codes: 0 done, 1 failed with
//! a sentence on standard error, 2 wrong usage.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod args;
mod dialog;
#[cfg(target_os = "linux")]
mod drawing;
mod resident;
mod text;
#[cfg(target_os = "linux")]
mod theme;
mod window;

use anyhow::Context as _;
use args::Args;
use offhook_client::{AskError, Client, ConnectError};
use offhook_protocol::Command;
use resident::Resident;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a console program tells its failure there")]
fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    drawing::choose();
    match Args::parse(std::env::args_os()) {
        Ok(args) => match run(args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("offhook-window: {error:#}");
                // Where it is started from the tray nobody reads standard error.
                #[cfg(not(target_os = "linux"))]
                dialog::say(&format!("{error:#}"));
                ExitCode::from(1)
            }
        },
        Err(usage) => {
            eprintln!("offhook-window: {usage}\nUsage: offhook-window [--data-dir DIR] [--near X,Y] [PAGE]");
            ExitCode::from(2)
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let data_dir = offhook_client::data_dir(args.data_dir.as_deref());
    let Ok(lock) = only_one(&data_dir) else {
        // Another window has this data directory. The resident program brings it to the front.
        return bring_up(&data_dir, args.page);
    };
    let display = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !display("DISPLAY") && !display("WAYLAND_DISPLAY") {
        anyhow::bail!(text::no_desktop());
    }
    if let Err(error) = tauri::webview_version() {
        anyhow::bail!(text::no_engine(&error));
    }
    let resident = Resident::new(data_dir, args.data_dir);
    window::show(resident, args.page.as_deref(), args.near).context(text::not_shown())?;
    drop(lock);
    Ok(())
}

fn bring_up(data_dir: &Path, page: Option<String>) -> anyhow::Result<()> {
    let mut client = match Client::connect(data_dir) {
        Ok(client) => client,
        // In the person's language already.
        Err(ConnectError::Refused(problem)) => return Err(problem.into()),
        Err(ConnectError::NotRunning | ConnectError::Io(_)) => anyhow::bail!(text::elsewhere()),
    };
    match client.ask(Command::OpenWindow { page }) {
        Ok(_) => Ok(()),
        Err(AskError::Problem(problem)) => Err(problem.into()),
        Err(AskError::Lost(_)) => anyhow::bail!(text::elsewhere()),
    }
}

/// Holds the one window of a data directory until it is dropped. Where no lock can be had for other reasons,
/// a second window is the smaller harm.
fn only_one(data_dir: &Path) -> Result<Option<File>, AlreadyOpen> {
    let opened = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(data_dir.join("window.lock"));
    let Ok(file) = opened else { return Ok(None) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(AlreadyOpen),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

#[derive(Debug)]
struct AlreadyOpen;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_window_of_a_data_directory_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let first = only_one(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(only_one(folder.path()).is_err());
        drop(first);
        assert!(only_one(folder.path()).is_ok());
    }
}
