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
use crate::supply::sbom;
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
    let mut made = Vec::new();
    if wanted("deb") || wanted("tarball") {
        let built = steps.step("programs for Linux", || {
            let mut build = step::released(step::cargo(&["build"]))?;
            for package in SHIPPED {
                build.args(["--package", package]);
            }
            step::run(&mut build)?;
            let built = workspace::target_folder()?.join(Built::Release.folder());
            for program in deb::PROGRAMS {
                knows_nobody(&built.join(program))?;
            }
            Ok(built)
        })?;
        made.extend(bills("linux", None, steps)?);
        if wanted("deb") {
            let package = steps.step("Debian package", || deb::pack(&built, &version, Built::Release))?;
            made.push(package.clone());
            if tries {
                steps.step("pretend company", || {
                    let build = step::cargo(&["build", "--package", PLAYGROUND]);
                    step::run(&mut step::released(build)?)
                })?;
                tried::tried(&package, &built, steps)?;
            }
        }
        if wanted("tarball") {
            made.push(steps.step("archive for Linux", || tarball::pack(&built, &version))?);
        }
    }
    if wanted("nsis") || wanted("msi") {
        let built = programs_for_windows(Built::Release, steps)?;
        for program in windows::PROGRAMS {
            knows_nobody(&built.join(program))?;
        }
        made.extend(bills("windows", Some(cross::WINDOWS), steps)?);
        if wanted("nsis") {
            made.push(steps.step("setup program for Windows", || {
                windows::nsis(&built, &version, Built::Release)
            })?);
        }
        if wanted("msi") {
            made.push(steps.step("MSI for Windows", || windows::msi(&built, &version))?);
        }
    }
    steps.step("sums", || sums(&made))?;
    for file in made {
        println!("{}", file.display());
    }
    Ok(())
}

/// What each program is made of on that system.
fn bills(system: &str, platform: Option<&str>, steps: &mut Steps) -> Result<Vec<PathBuf>> {
    steps.step("what the programs are made of", || {
        sbom::sbom(Some(&folder()?.join("sbom").join(system)), platform)
    })
}

/// `SHA256SUMS` beside the files, for `sha256sum --check`.
fn sums(files: &[PathBuf]) -> Result<()> {
    let folder = folder()?;
    let mut sum = step::command("sha256sum", &["--"]);
    for file in files {
        sum.arg(file.strip_prefix(&folder).unwrap_or(file));
    }
    let sums = step::read(sum.current_dir(&folder))?;
    std::fs::write(folder.join("SHA256SUMS"), sums).context("SHA256SUMS")
}

/// A program that is given away names neither this machine's folders nor who built it.
///
/// # Errors
/// The program and what it knows.
fn knows_nobody(program: &Path) -> Result<()> {
    let bytes = std::fs::read(program).with_context(|| format!("{}", program.display()))?;
    for place in step::own_places()? {
        for name in told_apart(&place)? {
            if bytes.windows(name.len()).any(|piece| piece == name.as_bytes()) {
                bail!("{} has {name} in it", program.display());
            }
        }
    }
    Ok(())
}

/// By which names a folder is known from others. A clone in `/src` or `/build` is no news in a path such as
/// `/cargo/registry/src`: what lies in it is looked for there.
fn told_apart(place: &Path) -> Result<Vec<String>> {
    if place.components().count() > 2 {
        return Ok(vec![place.display().to_string()]);
    }
    let inside = std::fs::read_dir(place).with_context(|| format!("{}", place.display()))?;
    inside
        .map(|entry| Ok(entry?.path().display().to_string()))
        .collect()
}

/// Builds the programs for Windows and says where they lie, with the library that they load.
///
/// # Errors
/// The first step that failed.
pub fn programs_for_windows(built: Built, steps: &mut Steps) -> Result<PathBuf> {
    steps.step("programs for Windows", || {
        let mut build = cross::cargo_for_windows(&["build"])?;
        match built {
            Built::Release => build = step::released(build)?,
            // With the test that is run beside them, or what both share would be built once more for it.
            Built::Dev => {
                build.args(["--bins", "--test", SYSTEM_TEST]);
            }
        }
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

/// The time that files in a package bear, in seconds since 1970: that of the sources, so that packing once more gives the
/// same. As others have it: `SOURCE_DATE_EPOCH`, else that of the last commit.
fn made_at() -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let commit = || step::read(&mut step::command("git", &["log", "-1", "--format=%ct"])).ok();
    let time = given.or_else(commit).unwrap_or_default();
    // Sources without their history.
    let time: u64 = time.trim().parse().unwrap_or(1_700_000_000);
    time.to_string()
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

#[cfg(test)]
mod tests {
    use super::{knows_nobody, told_apart};
    use crate::step;
    use std::path::Path;

    #[test]
    fn a_program_that_names_a_folder_of_this_machine_is_not_packed() {
        let program = std::env::temp_dir().join(format!("offhook-program-{}", std::process::id()));
        let says = |text: String| {
            std::fs::write(&program, text).unwrap();
            knows_nobody(&program)
        };
        for place in step::own_places().unwrap() {
            let refused = says(format!("\0{}/src/lib.rs\0", place.display())).unwrap_err();
            assert!(refused.to_string().contains("has /"), "{refused}");
        }
        says("\0/cargo/registry/src/lib.rs\0/offhook/crates/x\0".to_owned()).unwrap();
        std::fs::remove_file(&program).unwrap();
    }

    #[test]
    fn a_folder_with_a_common_name_is_known_by_what_lies_in_it() {
        assert_eq!(told_apart(Path::new("/home/ada")).unwrap(), ["/home/ada"]);
        let names = told_apart(Path::new("/usr")).unwrap();
        assert!(
            names.contains(&"/usr/bin".to_owned()) && !names.contains(&"/usr".to_owned()),
            "{names:?}"
        );
    }

    #[test]
    fn released_programs_are_told_other_names_for_the_folders_of_this_machine() {
        let build = step::released(step::cargo(&["build"])).unwrap();
        let flags = build
            .get_envs()
            .find(|(name, _)| *name == "CARGO_ENCODED_RUSTFLAGS");
        let flags = flags.and_then(|(_, flags)| flags?.to_str()).unwrap();
        let places = step::own_places().unwrap();
        let told: Vec<&str> = flags.split('\u{1f}').collect();
        assert_eq!(told.len(), places.len());
        for (flag, place) in told.iter().zip(&places) {
            let start = format!("--remap-path-prefix={}=/", place.display());
            assert!(flag.starts_with(&start), "{flag}");
        }
    }
}
