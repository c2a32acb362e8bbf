//! `cargo xtask cross`: what only Windows and macOS compile, checked from Debian.
//!
//! Windows: clippy over every program, with mingw as C compiler and linker; the tests of what decides, of what reads
//! foreign files, of the microphone and of the telephony, run by wine; then the programs themselves, and their
//! installers, used as a person uses them. macOS: clippy as well, which checks types and links nothing; Apple's
//! compiler and headers are not to be had here, so C parts are left out. Both take Debian's
//! own Rust, which comes with the source of its standard library: that is built for the other system on the way.

mod wine;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::package::{self, Built};
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace;

/// The name that compilers have for it.
pub const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// A system that Offhook runs on and that this is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Windows,
    MacOs,
}

impl System {
    const ALL: [Self; 2] = [Self::Windows, Self::MacOs];

    const fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::Windows => WINDOWS,
            Self::MacOs => "aarch64-apple-darwin",
        }
    }
}

/// Checks the programs for the other systems: what `what` names of `lints`, `tests` and `programs`, all where it names
/// none.
///
/// # Errors
/// A part that is not known, the first step that failed, or a sentence when this is no Debian.
pub fn cross(what: &[String], steps: &mut Steps) -> Result<()> {
    let all = ["lints", "tests", "programs"];
    if let Some(unknown) = what.iter().find(|name| !all.contains(&name.as_str())) {
        bail!(
            "there is nothing like `{unknown}` to check; there are {}",
            all.join(", ")
        );
    }
    if !is_possible() {
        bail!("the checks for other systems take Debian's own Rust and run on Debian 12 alone");
    }
    let wanted = |name: &str| what.is_empty() || what.iter().any(|one| one == name);
    setup::setup(Extent::Tests, steps)?;
    if !xtask::parts::workspace().join("ui/dist/index.html").exists() {
        steps.step("what the pages need", crate::pages::install)?;
        steps.step("pages: build", || crate::pages::script("build"))?;
    }
    if wanted("lints") {
        lints(steps)?;
    }
    let mut all_passed = true;
    if wanted("tests") {
        all_passed &= tests(steps)?.1;
    }
    if wanted("programs") {
        steps.step("programs for Linux", || {
            // With the tests that use them, or what both share would be built once more for those.
            let mut build = step::cargo(&["build", "--bins"]);
            step::run(build.args(USING).args(workspace::everything_for_tests()?))
        })?;
        all_passed &= use_programs(steps)?.iter().all(|(_, passed)| *passed);
    }
    if !all_passed {
        bail!("tests failed; their names are above");
    }
    Ok(())
}

/// Whether this machine can do it.
pub fn is_possible() -> bool {
    Path::new("/etc/debian_version").exists()
}

/// Clippy for each of the other systems. The packages of [`Extent::Cross`] and the built pages are there.
///
/// # Errors
/// The first step that failed.
pub fn lints(steps: &mut Steps) -> Result<()> {
    for system in System::ALL {
        steps.step(&format!("lints for {}", system.name()), || {
            let mut clippy = cargo(system, &["clippy"])?;
            for package in workspace::PROGRAMS {
                clippy.args(["--package", package]);
            }
            step::run(clippy.args(["--", "-D", "warnings"]))
        })?;
    }
    Ok(())
}

/// The packages whose tests run on Windows as they are: no real parts, no sockets of Unix.
const RUN_BY_WINE: [&str; 5] = [
    "offhook-engine",
    "offhook-microphone",
    "offhook-pbxkey",
    "offhook-protocol",
    "offhook-tapi",
];

/// Runs the tests of [`RUN_BY_WINE`], built for Windows: what they said, and whether all passed.
///
/// # Errors
/// A wine or a compiler that does not start.
pub fn tests(steps: &mut Steps) -> Result<(String, bool)> {
    let prefix = steps.step("wine", wine::prefix)?;
    steps.step("tests for Windows", || {
        let mut test = cargo(System::Windows, &["test"])?;
        for package in RUN_BY_WINE {
            test.args(["--package", package]);
        }
        test.arg("--no-fail-fast")
            .env("OFFHOOK_TAPI_DOUBLE", wine::telephony(&folder()?)?);
        step::tee_any(test.envs(wine::environment(&prefix)))
    })
}

/// The tests that use the programs and the packages.
const USING: [&str; 4] = ["--test", "windows", "--test", "installers"];

/// Uses the programs for Windows and all installers as people do, and asks Windows what the resident program asks of it:
/// what either said, and whether all went well. The programs for Linux are built, with [`workspace::everything_for_tests`].
///
/// # Errors
/// A wine, a compiler or a packer that does not start.
pub fn use_programs(steps: &mut Steps) -> Result<[(String, bool); 2]> {
    let prefix = steps.step("wine", wine::prefix)?;
    let windows = package::programs_for_windows(Built::Dev, steps)?;
    let (asked, answered) = steps.step("what the programs ask of Windows", || {
        let mut test = cargo(System::Windows, &["test"])?;
        // The same packages as for the programs, or everything would be built once more.
        for package in package::SHIPPED {
            test.args(["--package", package]);
        }
        test.args(["--test", package::SYSTEM_TEST]);
        step::tee_any(test.envs(wine::environment(&prefix)))
    })?;
    let made = steps.step("packages", || package::for_tests(&windows))?;
    let (said, used) = steps.step("programs for Windows, and installers", || {
        // With a second try, as for all tests with real parts: a wine that does not come up is none of ours. Each has a
        // Windows of its own, and two cores are soon taken.
        let nextest = step::read(&mut step::cargo(&["nextest", "--version"])).is_ok();
        let mut test = step::cargo(if nextest { &["nextest", "run"] } else { &["test"] });
        test.args(workspace::everything_for_tests()?)
            .args(USING)
            .arg("--no-fail-fast")
            .args(if nextest {
                &["--run-ignored", "ignored-only", "--test-threads", "2"][..]
            } else {
                &["--", "--ignored", "--test-threads", "2"][..]
            })
            .env("OFFHOOK_WINDOWS_PROGRAMS", &windows)
            .env("OFFHOOK_PACKAGES", &made);
        step::tee_any(&mut test)
    })?;
    Ok([(asked, answered), (said, used)])
}

/// Debian's cargo, building for Windows.
///
/// # Errors
/// No home of cargo's.
pub fn cargo_for_windows(arguments: &[&str]) -> Result<Command> {
    cargo(System::Windows, arguments)
}

/// The folder that holds one of programs for each way of building them.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn windows_programs() -> Result<PathBuf> {
    Ok(folder()?.join(System::Windows.target()))
}

/// Debian's cargo for another system, in a target folder of its own: one kept by rustup has neither a standard library
/// for it nor the source of one. Always with the same variables, or everything would be built anew.
fn cargo(system: System, arguments: &[&str]) -> Result<Command> {
    let mut command = step::command("/usr/bin/cargo", arguments);
    for name in [
        "CARGO",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTDOC",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
    ] {
        command.env_remove(name);
    }
    command
        .env("PATH", path()?)
        // Building the standard library is not yet stable.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zbuild-std=std,panic_unwind,test", "--target", system.target()])
        .arg("--target-dir")
        .arg(folder()?);
    if system == System::MacOs {
        let stand_in = xtask::parts::workspace().join("xtask/cross/no-cc");
        command
            .env("CC_aarch64_apple_darwin", &stand_in)
            .env("AR_aarch64_apple_darwin", "/usr/bin/ar")
            // Whoever looks for Apple's headers finds a folder.
            .env("SDKROOT", xtask::parts::workspace().join("xtask/cross"));
    }
    Ok(command)
}

/// Cargo looks for its own commands, such as clippy, in its home before anywhere else, unless the home is in the path:
/// rustup's stand there.
fn path() -> Result<OsString> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
        .context("neither CARGO_HOME nor HOME says where cargo lives")?;
    let folders = [PathBuf::from("/usr/bin"), PathBuf::from("/bin"), home.join("bin")];
    Ok(std::env::join_paths(folders)?)
}

/// Where the other systems' parts are built: both share what runs here, such as macros.
fn folder() -> Result<PathBuf> {
    Ok(workspace::target_folder()?.join("cross"))
}
