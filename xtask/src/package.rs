//! `cargo xtask package`: what people install. They lie in `target/package`.

mod deb;
mod tarball;
mod tried;
mod windows;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cross;
use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace;

/// The programs that people get; the pretend company stays here.
pub const SHIPPED: [&str; 3] = ["offhook-agent", "offhook-ctl", "offhook-window"];

/// What the resident program asks of Windows, asked of Windows.
pub const SYSTEM_TEST: &str = "system";

/// What a package is tried with.
const PLAYGROUND: &str = "offhook-playground";

/// How the programs in a package were built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// For people.
    Release,
    /// For tests of the packages: quick to build, quick to pack, and large.
    Dev,
}

impl Built {
    const fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// Builds the packages that `what` names (`deb`, `tarball`, `nsis`, `msi`), all of them where it names none. `--try` packs
/// the one for Debian and has a new user of a bare one use it.
///
/// # Errors
/// A package that is not known, or the first step that failed.
pub fn package(what: &[String], steps: &mut Steps) -> Result<()> {
    let all = ["deb", "tarball", "nsis", "msi"];
    let trial = ["deb".to_owned()];
    let (what, tries) = match what {
        [one] if one == "--try" => (&trial[..], true),
        others => (others, false),
    };
    if let Some(unknown) = what.iter().find(|name| !all.contains(&name.as_str())) {
        bail!("there is no package `{unknown}`; there are {}", all.join(", "));
    }
    if !cross::is_possible() {
        bail!("packages are made on Debian 12 alone; docs/PLATFORMS.md has the steps for macOS");
    }
    let wanted = |name: &str| what.is_empty() || what.iter().any(|one| one == name);
    // A Debian in a folder is made by a program that the tests use, too.
    let extent = if tries { Extent::Tests } else { Extent::Cross };
    setup::setup(extent, steps)?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages: build", || pages::script("build"))?;
    let version = version()?;
    if wanted("deb") || wanted("tarball") {
        let built = steps.step("programs for Linux", || {
            let mut build = step::cargo(&["build", "--release"]);
            for package in SHIPPED {
                build.args(["--package", package]);
            }
            step::run(&mut build)?;
            Ok(workspace::target_folder()?.join(Built::Release.folder()))
        })?;
        if wanted("deb") {
            let made = steps.step("Debian package", || deb::pack(&built, &version, Built::Release))?;
            println!("{}", made.display());
            if tries {
                steps.step("pretend company", || {
                    step::run(&mut step::cargo(&["build", "--release", "--package", PLAYGROUND]))
                })?;
                tried::tried(&made, &built, steps)?;
            }
        }
        if wanted("tarball") {
            let made = steps.step("archive for Linux", || tarball::pack(&built, &version))?;
            println!("{}", made.display());
        }
    }
    if wanted("nsis") || wanted("msi") {
        let built = programs_for_windows(Built::Release, steps)?;
        if wanted("nsis") {
            let made = steps.step("setup program for Windows", || {
                windows::nsis(&built, &version, Built::Release)
            })?;
            println!("{}", made.display());
        }
        if wanted("msi") {
            let made = steps.step("MSI for Windows", || windows::msi(&built, &version))?;
            println!("{}", made.display());
        }
    }
    Ok(())
}

/// Builds the programs for Windows and says where they lie, with the library that they load.
///
/// # Errors
/// The first step that failed.
pub fn programs_for_windows(built: Built, steps: &mut Steps) -> Result<PathBuf> {
    steps.step("programs for Windows", || {
        let mut build = cross::cargo_for_windows(&["build"])?;
        match built {
            Built::Release => build.arg("--release"),
            // With the test that is run beside them, or what both share would be built once more for it.
            Built::Dev => build.args(["--bins", "--test", SYSTEM_TEST]),
        };
        for package in SHIPPED {
            build.args(["--package", package]);
        }
        step::run(&mut build)?;
        Ok(cross::windows_programs()?.join(built.folder()))
    })
}

/// The packages as the tests install them: programs built for development, those for Linux in the target folder, and
/// each package twice, the second time as the next version.
///
/// # Errors
/// The first step that failed.
pub fn for_tests(windows: &Path) -> Result<PathBuf> {
    let linux = workspace::target_folder()?.join(Built::Dev.folder());
    for version in ["0.0.1", "0.0.2"] {
        deb::pack(&linux, version, Built::Dev)?;
        tarball::pack(&linux, version)?;
        windows::nsis(windows, version, Built::Dev)?;
        windows::msi(windows, version)?;
    }
    folder()
}

/// Where packages go.
fn folder() -> Result<PathBuf> {
    let folder = workspace::target_folder()?.join("package");
    std::fs::create_dir_all(&folder).with_context(|| format!("no folder {}", folder.display()))?;
    Ok(folder)
}

/// An empty folder to lay files out in, for one package.
fn scratch(name: &str) -> Result<PathBuf> {
    let scratch = folder()?.join(name);
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).with_context(|| format!("{}", scratch.display()))?;
    }
    std::fs::create_dir_all(&scratch).with_context(|| format!("no folder {}", scratch.display()))?;
    Ok(scratch)
}

/// A copy without what only debuggers read.
fn stripped(strip: &str, from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("no folder {}", folder.display()))?;
    }
    step::run(Command::new(strip).arg("-o").arg(to).arg(from))
}

fn copied(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("no folder {}", folder.display()))?;
    }
    std::fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}

fn version() -> Result<String> {
    let metadata = workspace::metadata()?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let agent = packages.iter().find(|package| package["name"] == "offhook-agent");
    let version = agent.and_then(|agent| agent["version"].as_str());
    Ok(version.context("the resident program has no version")?.to_owned())
}
