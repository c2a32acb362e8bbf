//! A real Asterisk, unpacked into a folder: nothing of it is installed into the system.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use xtask::parts::{ASTERISK_SUITES, AsteriskRoot};

use super::debian;

/// Unpacks Asterisk from the first suite that can be had, unless one is there already.
pub fn install(parts: &Path) -> Result<()> {
    if let Some(found) = AsteriskRoot::find(parts) {
        println!("Asterisk is there: {}", found.root.display());
        return Ok(());
    }
    fs::create_dir_all(parts).with_context(|| format!("{} could not be made", parts.display()))?;
    let mirror = debian::mirror()?;
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
    debian::unpack(&target, suite, "asterisk", mirror, |root| {
        AsteriskRoot::at(root).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
