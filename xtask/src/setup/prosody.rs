//! A real prosody, unpacked into a folder: nothing of it is installed into the system, and no service starts.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use xtask::parts::{PROSODY_SUITES, ProsodyRoot};

use super::debian;

/// Unpacks prosody from the first suite that can be had, unless one is there already.
pub fn install(parts: &Path) -> Result<()> {
    if let Some(found) = ProsodyRoot::find(parts) {
        println!("prosody is there: {}", found.root.display());
        return Ok(());
    }
    fs::create_dir_all(parts).with_context(|| format!("{} could not be made", parts.display()))?;
    let mirror = debian::mirror()?;
    let mut failures = Vec::new();
    for suite in PROSODY_SUITES {
        println!("unpacking prosody from Debian {suite} (about 150 MB)");
        let target = ProsodyRoot::folder(parts, suite);
        match debian::unpack(&target, suite, "prosody", &mirror, |root| {
            ProsodyRoot::at(root).is_some()
        }) {
            Ok(()) => return Ok(()),
            Err(failure) => failures.push(format!("{suite}: {failure:#}")),
        }
    }
    bail!("prosody could not be fetched. {}", failures.join(" "))
}
