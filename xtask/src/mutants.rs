//! `cargo xtask mutants`: puts small faults into the engine, one at a time, and sees whether its tests notice.
//! docs/MUTANTS.md has the figures of the last run, and the mutants that nobody could notice.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::step::{self, Steps};
use crate::workspace;

/// The exact version: another one makes other mutants, and the list of those that change nothing would not fit.
const VERSION: &str = "27.1.0";

/// Every mutant was noticed; or all were but some by being too slow, which is noticed, too.
const NOTICED: [i32; 2] = [0, 3];

/// Tests of the engine that take long and notice little that the others do not: chance inputs by the hundred.
const SLOW: [&str; 2] = ["properties", "calendar_model"];

/// Runs all mutants of the engine, or those that `arguments` choose (`--shard 0/8`, `--file …`, `--iterate`). They
/// go to `cargo mutants` as they are.
///
/// # Errors
/// A mutant survived that the configuration does not name, or the tests fail without any.
pub fn mutants(arguments: &[String], steps: &mut Steps) -> Result<()> {
    let program = steps.step("cargo-mutants", install)?;
    let output = workspace::target_folder()?.join("mutants");
    steps.step("mutants of the engine", || {
        let mut mutants = step::command(&program.to_string_lossy(), &["mutants", "--package", "offhook-engine"]);
        mutants.arg("--output").arg(&output).args(arguments);
        mutants.args(["--", "--lib"]).args(quick_tests()?);
        let status = mutants.status().context("cargo-mutants could not start")?;
        println!("the outcome of each lies in {}", output.join("mutants.out").display());
        match status.code() {
            Some(code) if NOTICED.contains(&code) => Ok(()),
            Some(2) => bail!(
                "the tests do not notice the mutants called MISSED above: write a test that does, or, where nobody \
                 could notice it, give the reason in docs/MUTANTS.md and name it in .cargo/mutants.toml"
            ),
            _ => bail!("the mutants could not be run ({status})"),
        }
    })
}

/// Every file of scenarios but the slow ones, as words for `cargo test`.
fn quick_tests() -> Result<Vec<String>> {
    let folder = xtask::parts::workspace().join("crates/engine/tests");
    let mut words = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.extension().is_some_and(|end| end == "rs") && !SLOW.contains(&name) {
            words.extend(["--test".to_owned(), name.to_owned()]);
        }
    }
    Ok(words)
}

/// Into a folder of its own beside the other parts of the tests, once.
fn install() -> Result<PathBuf> {
    let folder = xtask::parts::folder()
        .map_err(anyhow::Error::msg)?
        .join(format!("cargo-mutants-{VERSION}"));
    let program = folder
        .join("bin")
        .join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    if Path::exists(&program) {
        println!("cargo-mutants {VERSION} is there: {}", program.display());
        return Ok(program);
    }
    let mut install = step::cargo(&["install", "--locked", "cargo-mutants", "--version", VERSION]);
    step::run(install.arg("--root").arg(&folder))?;
    Ok(program)
}
