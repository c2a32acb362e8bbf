//! A real Asterisk, unpacked into a folder: nothing of it is installed into the system.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use xtask::parts::{ASTERISK_SUITES, AsteriskRoot};

use super::packages;
use crate::step;

/// Unpacks Asterisk from the first suite that can be had, unless one is there already.
pub fn install(parts: &Path) -> Result<()> {
    if let Some(found) = AsteriskRoot::find(parts) {
        println!("Asterisk is there: {}", found.root.display());
        return Ok(());
    }
    fs::create_dir_all(parts).with_context(|| format!("{} could not be made", parts.display()))?;
    let mirror = mirror()?;
    let mut failures = Vec::new();
    for suite in ASTERISK_SUITES {
        println!("unpacking Asterisk from Debian {suite} (about 240 MB)");
        match unpack(parts, suite, &mirror) {
            Ok(()) => return Ok(()),
            Err(failure) => failures.push(format!("{suite}: {failure:#}")),
        }
    }
    bail!("Asterisk could not be fetched. {}", failures.join(" "))
}

fn unpack(parts: &Path, suite: &str, mirror: &str) -> Result<()> {
    let target = AsteriskRoot::folder(parts, suite);
    // A folder of its own for each attempt, moved when complete: half an Asterisk is never taken for a whole one.
    let attempt = parts.join(format!("asterisk-{suite}.{}", std::process::id()));
    let attempt_name = attempt.display().to_string();
    let root = packages::is_root()?;
    let arguments = arguments(root, suite, &attempt_name, mirror);
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = step::read(&mut step::command("mmdebstrap", &words));
    let moved = outcome.and_then(|_| {
        AsteriskRoot::at(attempt.clone()).context("what was unpacked holds no Asterisk")?;
        fs::rename(&attempt, &target).with_context(|| format!("{} could not be moved", attempt.display()))
    });
    if moved.is_err() && attempt.exists() {
        fs::remove_dir_all(&attempt)
            .with_context(|| format!("{} could not be removed", attempt.display()))?;
    }
    moved
}

fn arguments(root: bool, suite: &str, target: &str, mirror: &str) -> Vec<String> {
    // Without root's rights it would look for user namespaces, which want a package and subordinate ids of their own and
    // leave files that are not the person's. To unpack alone needs neither.
    let mode = if root { "root" } else { "chrootless" };
    vec![
        "--quiet".to_owned(),
        format!("--mode={mode}"),
        "--variant=extract".to_owned(),
        "--include=asterisk".to_owned(),
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
fn mirror() -> Result<String> {
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
         Asterisk could be fetched",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_root_unpacks_without_roots_rights() {
        let of = |root| arguments(root, "bullseye", "/parts/a", "http://mirror/debian");
        assert!(of(false).contains(&"--mode=chrootless".to_owned()));
        assert!(of(true).contains(&"--mode=root".to_owned()));
        assert!(
            of(true)
                .last()
                .unwrap()
                .ends_with("] http://mirror/debian bullseye main")
        );
    }

    #[test]
    fn an_empty_parts_folder_holds_no_asterisk_and_neither_does_half_of_one() {
        let parts = std::env::temp_dir().join(format!("offhook-parts-{}", std::process::id()));
        assert!(AsteriskRoot::find(&parts).is_none());
        let half = AsteriskRoot::folder(&parts, "bullseye").join("usr/sbin");
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("asterisk"), "").unwrap();
        assert!(AsteriskRoot::find(&parts).is_none());
        fs::remove_dir_all(parts).unwrap();
    }
}
