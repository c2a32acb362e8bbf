//! A Windows of wine's, in a folder of its own among the parts of the tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::step;

/// Wine 8 lacks a library that Rust's standard library takes random numbers from; without it every program ends at once
/// and says nothing.
const RANDOM: &str = "bcryptprimitives.dll";

/// What programs for Windows are started with.
pub fn environment(prefix: &Path) -> [(&'static str, OsString); 3] {
    [
        ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine".into()),
        ("WINEPREFIX", prefix.into()),
        ("WINEDEBUG", "-all".into()),
    ]
}

/// Makes it where it is missing.
///
/// # Errors
/// Wine or the compiler for Windows did not do its part.
pub fn prefix() -> Result<PathBuf> {
    let prefix = xtask::parts::folder().map_err(anyhow::Error::msg)?.join("wine");
    let system = prefix.join("drive_c/windows/system32");
    if system.join(RANDOM).exists() {
        return Ok(prefix);
    }
    std::fs::create_dir_all(&prefix).with_context(|| format!("no folder {}", prefix.display()))?;
    step::run(step::command("wine", &["wineboot", "-i"]).envs(environment(&prefix)))?;
    let source = xtask::parts::workspace().join("xtask/cross/bcryptprimitives.c");
    step::run(
        step::command("x86_64-w64-mingw32-gcc", &["-shared", "-O2", "-s", "-o"])
            .arg(system.join(RANDOM))
            .arg(source)
            .arg("-ladvapi32"),
    )?;
    Ok(prefix)
}

/// Builds the library that stands in for the telephony of Windows into a folder: its path, as programs there say it.
///
/// # Errors
/// The compiler for Windows did not do its part.
pub fn telephony(folder: &Path) -> Result<OsString> {
    let library = folder.join("tapi32-double.dll");
    std::fs::create_dir_all(folder).with_context(|| format!("no folder {}", folder.display()))?;
    let source = xtask::parts::workspace().join("xtask/cross/tapi32-double.c");
    step::run(
        step::command(
            "x86_64-w64-mingw32-gcc",
            &["-shared", "-O2", "-s", "-Wall", "-Wextra", "-Werror", "-o"],
        )
        .arg(&library)
        .arg(source),
    )?;
    let mut path = OsString::from("Z:");
    path.push(&library);
    Ok(path)
}
