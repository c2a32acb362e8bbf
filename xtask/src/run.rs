//! `cargo xtask run`: from a fresh clone to a running Offhook.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use offhook_protocol::place;

use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace::{self, PROGRAMS};

/// Installs what is missing, builds pages and programs, and starts Offhook with `arguments`.
///
/// # Errors
/// A sentence that names what stood in the way.
pub fn run(arguments: &[String], steps: &mut Steps) -> Result<()> {
    setup::setup(Extent::Run, steps)?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages", || pages::script("build"))?;
    steps.step("programs", || {
        let mut build = step::cargo(&["build"]);
        for package in PROGRAMS {
            build.args(["--package", package]);
        }
        step::run(&mut build)
    })?;
    let program = program()?;
    let mut command = Command::new(&program);
    command.args(arguments);
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    if !given("--playground") && nothing_is_set_up(arguments) {
        println!("Nothing is set up yet: Offhook starts with a pretend company (--playground).");
        command.arg("--playground");
    }
    if cfg!(target_os = "linux") && !has_desktop() && !given("--no-tray") {
        println!(
            "There is no desktop session here: Offhook runs without its tray (--no-tray). Ctrl+C ends it."
        );
        command.arg("--no-tray");
    }
    println!("== {}", program.display());
    let status = command
        .status()
        .with_context(|| format!("{} could not start", program.display()))?;
    if !status.success() {
        bail!("Offhook ended with {status}");
    }
    Ok(())
}

fn program() -> Result<PathBuf> {
    let name = format!("offhook{}", env::consts::EXE_SUFFIX);
    let program = workspace::target_folder()?.join("debug").join(name);
    if !program.exists() {
        bail!("the build made no {}", program.display());
    }
    Ok(program)
}

/// Whether the data directory that Offhook will use holds no settings.
fn nothing_is_set_up(arguments: &[String]) -> bool {
    let explicit =
        arguments
            .iter()
            .enumerate()
            .find_map(|(at, argument)| match argument.strip_prefix("--data-dir") {
                Some("") => arguments.get(at + 1).map(String::as_str),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            });
    place::data_dir(explicit.map(Path::new), |name| env::var_os(name))
        .is_none_or(|folder| !folder.join("settings.toml").exists())
}

fn has_desktop() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::nothing_is_set_up;

    #[test]
    fn a_data_directory_with_settings_is_set_up() {
        let folder = std::env::temp_dir().join(format!("offhook-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let arguments = ["--data-dir".to_owned(), folder.display().to_string()];
        assert!(nothing_is_set_up(&arguments));
        std::fs::write(folder.join("settings.toml"), "version = 1\n").unwrap();
        assert!(!nothing_is_set_up(&arguments));
        assert!(!nothing_is_set_up(&[format!("--data-dir={}", folder.display())]));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
