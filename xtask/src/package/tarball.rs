//! The archive for Linux without dpkg: unpacked, it runs from where it lies.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{copied, deb, folder, made_at, scratch};
use crate::step;

/// Packs the programs of `built`.
///
/// # Errors
/// A file that is missing, or tar failed.
pub fn pack(built: &Path, version: &str) -> Result<PathBuf> {
    let name = format!("offhook-{version}");
    let above = scratch("tarball")?;
    let root = above.join(&name);
    deb::lay_out(built, &root)?;
    let notes = xtask::parts::workspace().join("packaging/linux/INSTALL.md");
    copied(&notes, &root.join("INSTALL.md"))?;
    deb::plain_rights(&root)?;
    let machine = std::env::consts::ARCH;
    let archive = folder()?.join(format!("{name}-linux-{machine}.tar.gz"));
    step::run(
        step::command("tar", &["--create", "--gzip", "--owner=0", "--group=0"])
            .args(["--numeric-owner", "--sort=name"])
            .arg(format!("--mtime=@{}", made_at()))
            .arg("--file")
            .arg(&archive)
            .arg("--directory")
            .arg(&above)
            .arg(&name),
    )?;
    Ok(archive)
}
