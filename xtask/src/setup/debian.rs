//! Debian packages unpacked into a folder: nothing of them is installed into the system.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::packages;
use crate::step;

/// Unpacks packages (with commas between them) and what they need. A folder of its own for each attempt, moved when
/// complete: half a program is never taken for a whole one.
pub fn unpack(
    target: &Path,
    suite: &str,
    packages: &str,
    mirror: &str,
    is_whole: impl FnOnce(PathBuf) -> bool,
) -> Result<()> {
    let mut attempt = target.as_os_str().to_owned();
    attempt.push(format!(".{}", std::process::id()));
    let attempt = PathBuf::from(attempt);
    let attempt_name = attempt.display().to_string();
    let root = packages::is_root()?;
    let arguments = arguments(root, suite, packages, &attempt_name, mirror);
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = step::read(&mut step::command("mmdebstrap", &words));
    let moved = outcome.and_then(|_| {
        is_whole(attempt.clone())
            .then_some(())
            .with_context(|| format!("what was unpacked holds not all of {packages}"))?;
        fs::rename(&attempt, target).with_context(|| format!("{} could not be moved", attempt.display()))
    });
    if moved.is_err() && attempt.exists() {
        fs::remove_dir_all(&attempt)
            .with_context(|| format!("{} could not be removed", attempt.display()))?;
    }
    moved
}

fn arguments(root: bool, suite: &str, packages: &str, target: &str, mirror: &str) -> Vec<String> {
    // Without root's rights it would look for user namespaces, which want a package and subordinate ids of their own and
    // leave files that are not the person's. To unpack alone needs neither.
    let mode = if root { "root" } else { "chrootless" };
    vec![
        "--quiet".to_owned(),
        format!("--mode={mode}"),
        "--variant=extract".to_owned(),
        format!("--include={packages}"),
        "--aptopt=APT::Install-Recommends \"false\"".to_owned(),
        // bullseye and the moving suites outlive the Valid-Until of their Release files.
        "--aptopt=Acquire::Check-Valid-Until \"false\"".to_owned(),
        suite.to_owned(),
        target.to_owned(),
        format!("deb [signed-by={KEYRING}] {mirror} {suite} main"),
    ]
}

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The Debian mirror that apt on this machine uses already, so that no host is written down here.
pub fn mirror() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .unwrap_or_default();
    let codename = format!("Codename: {}", codename.trim_matches('"'));
    let targets = [
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
    ];
    let said = step::read(step::command("apt-get", &targets).arg(&codename))?;
    said.lines().next().map(str::to_owned).context(
        "apt on this machine knows no Debian archive (with that name and after `apt-get update`), from which \
         it could be fetched",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_root_unpacks_without_roots_rights() {
        let of = |root| arguments(root, "bullseye", "asterisk", "/parts/a", "http://mirror/debian");
        assert!(of(false).contains(&"--mode=chrootless".to_owned()));
        assert!(of(true).contains(&"--mode=root".to_owned()));
        assert!(
            of(true)
                .last()
                .unwrap()
                .ends_with("] http://mirror/debian bullseye main")
        );
    }
}
