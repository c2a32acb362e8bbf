//! `cargo xtask package --try`: a bare Debian in a folder, in which a new user puts the package on, goes through the
//! first run and takes it off. `packaging/linux/try.sh` says what they do.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{PLAYGROUND, copied, folder, scratch};
use crate::step::{self, Steps};

const SUITE: &str = "bookworm";
/// Where this system's own packages come from, else Debian's usual place.
const SOURCES: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
/// Makes namespaces of its own and enters the folder, so that what is mounted there ends with it.
const ENTER: &str = r#"
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs tmpfs "$0/dev/shm"
cp /etc/resolv.conf "$0/etc/resolv.conf"
exec chroot "$0" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin /try/try.sh"#;

/// Tries `package` with the playground of `programs`.
///
/// # Errors
/// The first step that failed, with what it said.
pub fn tried(package: &Path, programs: &Path, steps: &mut Steps) -> Result<()> {
    if !is_root() {
        bail!(
            "a Debian in a folder is made and entered as root: run this with sudo, or in a machine of its own"
        );
    }
    let base = steps.step("a bare Debian", base)?;
    let root = scratch("debian")?;
    steps.step("the package in it", || {
        step::run(step::command("tar", &["-xf"]).arg(&base).arg("-C").arg(&root))?;
        copied(package, &root.join("try/offhook.deb"))?;
        copied(&programs.join(PLAYGROUND), &root.join("try").join(PLAYGROUND))?;
        let script = xtask::parts::workspace().join("packaging/linux/try.sh");
        copied(&script, &root.join("try/try.sh"))?;
        let mut enter = step::command("unshare", &["--mount", "--pid", "--fork", "--kill-child"]);
        step::run(enter.args(["bash", "-euc", ENTER]).arg(&root))
    })?;
    std::fs::remove_dir_all(&root)?;
    Ok(())
}

/// Made once and kept, packed.
fn base() -> Result<PathBuf> {
    let packed = folder()?.join(format!("debian-{SUITE}.tar"));
    if packed.is_file() {
        return Ok(packed);
    }
    let half = packed.with_extension("half.tar");
    let mut make = step::command("mmdebstrap", &["--variant=apt", SUITE]);
    make.arg(&half);
    if let Some(sources) = SOURCES.iter().find(|file| Path::new(file).is_file()) {
        make.arg(sources);
    }
    step::run(&mut make)?;
    std::fs::rename(&half, &packed)?;
    Ok(packed)
}

fn is_root() -> bool {
    step::read(&mut step::command("id", &["-u"])).is_ok_and(|id| id.trim() == "0")
}
