//! The system packages, and how they are installed on Debian and its relatives.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Extent;
use crate::step;

/// What building and running need on Debian 12.
const TO_RUN: &[&str] = &[
    "build-essential",
    "ca-certificates",
    "dbus",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
    "xdg-utils",
];

/// What the tests need on top: a desktop without a screen, a keyring, phones, a browser.
const TO_TEST: &[&str] = &[
    "adwaita-icon-theme",
    "at-spi2-core",
    "baresip-core",
    "binutils",
    "chromium",
    "dbus-daemon",
    "debian-archive-keyring",
    "dunst",
    "fonts-dejavu-core",
    "gir1.2-gtk-3.0",
    "gnome-keyring",
    "imagemagick",
    "libnotify-bin",
    "libsecret-tools",
    "mmdebstrap",
    "openbox",
    "python3-gi",
    "sip-tester",
    "util-linux",
    "webkit2gtk-driver",
    "x11-utils",
    "xauth",
    "xdotool",
    "xfce4-panel",
    "xfconf",
    "xvfb",
];

/// Installs what is missing, or says what a person installs by hand where there is no apt.
pub fn install(extent: Extent) -> Result<()> {
    if cfg!(windows) {
        println!(
            "Windows: install the \"Desktop development with C++\" part of the Visual Studio build tools. \
             WebView2 is part of Windows 11; older ones get it from Microsoft's \"Evergreen\" installer."
        );
        return Ok(());
    }
    if cfg!(target_os = "macos") {
        println!("macOS: install the command line tools with `xcode-select --install`.");
        return Ok(());
    }
    let mut wanted: Vec<&str> = TO_RUN.to_vec();
    if extent == Extent::Tests {
        wanted.extend(TO_TEST);
    }
    if !Path::new("/etc/debian_version").exists() {
        println!(
            "This is no Debian or Ubuntu: install what these packages hold by hand: {}",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        println!("all {} packages are there", wanted.len());
        return Ok(());
    }
    println!(
        "installing {} packages with apt-get: {}",
        missing.len(),
        missing.join(" ")
    );
    step::run(apt()?.args(["update", "-qq"])).context(
        "the package lists could not be fetched: without a network nothing can be installed. Mend it, or \
         install the packages named above by hand",
    )?;
    let install = [
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "-o",
        "Dpkg::Use-Pty=0",
    ];
    step::run(apt()?.args(install).args(&missing)).context("apt-get could not install what is missing")
}

/// Those of `wanted` that dpkg does not call installed.
fn missing<'name>(wanted: &[&'name str]) -> Result<Vec<&'name str>> {
    // dpkg-query ends with 1 as soon as one of the packages is unknown, and still prints the others.
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Abbrev} ${Package}\n"])
        .args(wanted)
        .output()
        .context("`dpkg-query` could not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let installed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("ii  "))
        .collect();
    Ok(wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect())
}

/// apt-get with the rights to install, that asks nothing.
fn apt() -> Result<Command> {
    let root = step::read(&mut step::command("id", &["-u"]))?.trim() == "0";
    let sudo = || step::read(&mut step::command("sudo", &["--version"])).is_ok();
    if root {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if !sudo() {
        bail!("packages must be installed, which takes root's rights, and there is no sudo here");
    }
    let mut command = Command::new("sudo");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}
