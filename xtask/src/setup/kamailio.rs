//! A real Kamailio, unpacked into a folder: nothing of it is installed into the system.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use xtask::parts::{KAMAILIO_SUITES, KamailioRoot};

use super::debian;

/// The server, its presence modules, and what makes the tables that these want.
const PACKAGES: &str =
    "kamailio,kamailio-presence-modules,kamailio-sqlite-modules,kamailio-xml-modules,sqlite3";

/// Unpacks Kamailio from the first suite that can be had, unless one is there already.
pub fn install(parts: &Path) -> Result<()> {
    if let Some(found) = KamailioRoot::find(parts) {
        println!("Kamailio is there: {}", found.root.display());
        return Ok(());
    }
    fs::create_dir_all(parts).with_context(|| format!("{} could not be made", parts.display()))?;
    let mirror = debian::mirror()?;
    let mut failures = Vec::new();
    for suite in KAMAILIO_SUITES {
        println!("unpacking Kamailio from Debian {suite} (about 120 MB)");
        let target = KamailioRoot::folder(parts, suite);
        match debian::unpack(&target, suite, PACKAGES, &mirror, |root| {
            KamailioRoot::at(root).is_some()
        }) {
            Ok(()) => return Ok(()),
            Err(failure) => failures.push(format!("{suite}: {failure:#}")),
        }
    }
    bail!("Kamailio could not be fetched. {}", failures.join(" "))
}
