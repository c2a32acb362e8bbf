//! The installers for Windows, both for one person: a setup program by NSIS, and an MSI for those who roll out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Built, copied, folder, scratch, stripped};
use crate::step;

const STRIP: &str = "x86_64-w64-mingw32-strip";
pub(super) const PROGRAMS: [&str; 3] = ["offhook.exe", "offhookctl.exe", "offhook-window.exe"];
/// What the window loads Edge's web engine by; the compiler for Windows that we use can't link it in.
const LOADER: &str = "WebView2Loader.dll";

/// The setup program, in German and English.
///
/// # Errors
/// A file that is missing, or makensis failed.
pub fn nsis(built: &Path, version: &str, how: Built) -> Result<PathBuf> {
    let repository = xtask::parts::workspace();
    let programs = programs(built)?;
    let out = folder()?.join(format!("Offhook-{version}-setup.exe"));
    let define = |name: &str, value: String| format!("-D{name}={value}");
    let path = |path: &Path| path.display().to_string();
    let mut make = step::command("makensis", &["-V2", "-WX", "-INPUTCHARSET", "UTF8"]);
    if how == Built::Dev {
        make.arg("-DQUICK");
    }
    step::run(make.args([
        define("VERSION", version.to_owned()),
        define("NUMBERS", format!("{}.0", numbers(version))),
        define("PROGRAMS", path(&programs)),
        define("ICON", path(&repository.join("icons/app.ico"))),
        define("PICTURE", path(&repository.join("icons/app-128.png"))),
        define("OUT", path(&out)),
        path(&repository.join("packaging/windows/offhook.nsi")),
    ]))?;
    Ok(out)
}

/// The MSI, without dialogs.
///
/// # Errors
/// A file that is missing, or wixl failed.
pub fn msi(built: &Path, version: &str) -> Result<PathBuf> {
    let repository = xtask::parts::workspace();
    let programs = programs(built)?;
    copied(
        &repository.join("icons/app-128.png"),
        &programs.join("offhook.png"),
    )?;
    copied(&repository.join("icons/app.ico"), &programs.join("offhook.ico"))?;
    let out = folder()?.join(format!("Offhook-{version}.msi"));
    step::run(
        Command::new("wixl")
            .current_dir(&programs)
            .args(["--arch", "x64", "-D"])
            .arg(format!("VERSION={}", numbers(version)))
            .arg("-o")
            .arg(&out)
            .arg(repository.join("packaging/windows/offhook.wxs")),
    )?;
    let mut more = Command::new("msibuild");
    more.arg(&out);
    for query in MORE {
        more.args(["-q", query]);
    }
    step::run(&mut more)?;
    Ok(out)
}

/// What wixl has no words for. Conditions of components: the start at sign-in, policy and key file where they are asked
/// for, or were there before (51: a property takes that value). Actions that start a program (34; 64: whatever becomes of it): who runs is asked to end, which puts phone and Teams
/// back, before files are looked at; and a start at sign-in that the person switched on by themselves goes with the
/// programs.
const MORE: [&str; 11] = [
    "UPDATE `Component` SET `Condition` = 'POLICY' WHERE `Component` = 'Policy'",
    "UPDATE `Component` SET `Condition` = 'KEYFILE' WHERE `Component` = 'KeyFile'",
    "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepPolicy', 51, 'POLICY', '[POLICYBEFORE]')",
    "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepPolicy', 'POLICYBEFORE AND NOT POLICY', 410)",
    "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepKeyFile', 51, 'KEYFILE', '[KEYFILEBEFORE]')",
    "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepKeyFile', 'KEYFILEBEFORE AND NOT KEYFILE', 411)",
    r#"UPDATE `Component` SET `Condition` = 'AUTOSTART = "1" OR STARTS' WHERE `Component` = 'Autostart'"#,
    r#"INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('Quit', 98, 'INSTALLDIR', '"[INSTALLDIR]offhookctl.exe" quit')"#,
    "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('Quit', 'Installed OR WIX_UPGRADE_DETECTED', 1399)",
    r#"INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('Forget', 98, 'TARGETDIR', '"[System64Folder]reg.exe" delete HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v Offhook /f')"#,
    r#"INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('Forget', 'REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE', 6590)"#,
];

/// The programs without what only debuggers read, side by side.
fn programs(built: &Path) -> Result<PathBuf> {
    let to = scratch("windows")?;
    for program in PROGRAMS {
        stripped(STRIP, &built.join(program), &to.join(program))?;
    }
    copied(&built.join(LOADER), &to.join(LOADER)).context("the window's library")?;
    Ok(to)
}

/// Windows compares versions of three numbers; what follows them is for people.
fn numbers(version: &str) -> &str {
    version.split(['-', '+']).next().unwrap_or(version)
}
