//! What cargo knows of the workspace.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::step;

/// The packages that hold programs.
pub const PROGRAMS: [&str; 4] = [
    "offhook-agent",
    "offhook-window",
    "offhook-ctl",
    "offhook-playground",
];

/// Features that only tests switch on: the named places at which a test kills the program, an engine that is broken on
/// purpose, what the fuzz targets reach parsers by, and the comparison of the pages' types with those they are generated
/// from.
const FOR_TESTS: [&str; 4] = ["kill-points", "breaks", "fuzzing", "ts"];

/// Cargo's description of the workspace, without foreign packages.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn metadata() -> Result<Value> {
    let text = step::read(&mut step::cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
    ]))?;
    serde_json::from_str(&text).context("`cargo metadata` is no JSON")
}

/// This program's own file, for cargo to call.
///
/// # Errors
/// When the system does not say where it lies.
pub fn own_program() -> Result<PathBuf> {
    Ok(as_built_anew(std::env::current_exe()?))
}

/// Of a program that was built anew since it began, Linux says that its file is deleted; the new one lies in its place.
fn as_built_anew(path: PathBuf) -> PathBuf {
    path.to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"))
        .map(PathBuf::from)
        .unwrap_or(path)
}

/// The folder that cargo builds into.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn target_folder() -> Result<PathBuf> {
    let metadata = metadata()?;
    Ok(metadata["target_directory"]
        .as_str()
        .context("no target folder")?
        .into())
}

/// Chooses everything with the features of tests. All checks and tests build with exactly these words: another set
/// of features would build the dependencies once more.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn everything_for_tests() -> Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let features: Vec<String> = packages
        .iter()
        .flat_map(|package| FOR_TESTS.map(|feature| (package, feature)))
        .filter(|(package, feature)| package["features"].get(feature).is_some())
        .filter_map(|(package, feature)| Some(format!("{}/{feature}", package["name"].as_str()?)))
        .collect();
    let mut words = vec!["--workspace".to_owned()];
    if !features.is_empty() {
        words.extend(["--features".to_owned(), features.join(",")]);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::as_built_anew;

    #[test]
    fn a_program_that_was_built_anew_while_it_runs_is_where_it_was() {
        assert_eq!(
            as_built_anew("/target/debug/xtask (deleted)".into()).as_os_str(),
            "/target/debug/xtask"
        );
        assert_eq!(
            as_built_anew("/target/debug/xtask".into()).as_os_str(),
            "/target/debug/xtask"
        );
    }
}
