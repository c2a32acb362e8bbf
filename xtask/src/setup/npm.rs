//! The npm programs of the tests, installed by their lock files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use xtask::parts;

use crate::step;

/// Installs what `tests/NAME/package-lock.json` says, unless exactly that is there already.
pub fn install(folder: &Path, name: &str) -> Result<()> {
    let source = parts::workspace().join("tests").join(name);
    let target = parts::npm(folder, name);
    ci(&source, &target).with_context(|| format!("the npm program of tests/{name} could not be installed"))
}

/// `npm ci` into another folder than the one with the lock, so that a clone stays clean.
fn ci(source: &Path, target: &Path) -> Result<()> {
    // Written last, so that an installation which broke off is done again.
    let done = target.join("installed-lock.json");
    let lock = fs::read(source.join("package-lock.json"))?;
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        println!("{} is there", target.display());
        return Ok(());
    }
    println!("npm ci in {}", target.display());
    fs::create_dir_all(target)?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(source.join(file), target.join(file)).with_context(|| format!("copy of {file}"))?;
    }
    step::run(&mut step::npm(
        target,
        &[
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ],
    ))
    .context("npm could not fetch what the lock names: is there a network?")?;
    fs::write(done, lock)?;
    Ok(())
}
