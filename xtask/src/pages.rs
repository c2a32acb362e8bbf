//! The pages in `ui/`, with npm.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::step;

fn folder() -> PathBuf {
    xtask::parts::workspace().join("ui")
}

/// Installs what the pages' lock names, unless exactly that is there.
pub fn install() -> Result<()> {
    let folder = folder();
    let lock = fs::read(folder.join("package-lock.json")).context("ui/package-lock.json")?;
    // Written last, so that an installation which broke off is done again.
    let done = folder.join("node_modules/.installed-lock.json");
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        println!("what the pages need is there");
        return Ok(());
    }
    step::run(&mut step::npm(
        &folder,
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    ))
    .context("npm could not fetch what the pages need: is there a network?")?;
    fs::write(done, lock).context("ui/node_modules")
}

/// One of the scripts of `ui/package.json`.
pub fn script(name: &str) -> Result<()> {
    step::run(&mut step::npm(&folder(), &["run", "--silent", name]))
}

/// The pages' tests; returns how many passed, as their runner says.
pub fn tests() -> Result<u32> {
    counted("test")
}

/// What a real browser says of every page in every state: axe, nothing that sticks out, the keyboard alone.
/// Chromium comes with the setup of the tests.
pub fn browser() -> Result<u32> {
    counted("check")
}

fn counted(script: &str) -> Result<u32> {
    let text = step::tee(&mut step::npm(&folder(), &["run", "--silent", script]))?;
    let line = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("Tests "))
        .unwrap_or_default();
    Ok(crate::test::number_before(line, "passed"))
}
