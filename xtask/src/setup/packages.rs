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

/// What checking for Windows and macOS needs on top: Debian's own Rust with the source of its standard library, the C
/// compiler for Windows, wine to run what comes out, and what packs it. They stand beside a Rust of rustup's, which stays the one that
/// builds everything else.
const TO_CROSS: &[&str] = &[
    "cargo-web",
    "gcc-mingw-w64-x86-64",
    "msitools",
    "nsis",
    "rust-web-clippy",
    "rust-web-src",
    "rustc-web",
    "wine",
    "wine64",
    "wixl",
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
    if extent != Extent::Run {
        wanted.extend(TO_CROSS);
    }
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
    let by_hand = format!("{} {}", INSTALL.join(" "), missing.join(" "));
    let root = is_root()?;
    let apt = apt(root, root || has_sudo(), &by_hand)?;
    // One repository that fails, perhaps a stranger's, says nothing about the others.
    if let Err(failure) = step::run(command(&apt).args(["update", "-qq"])) {
        println!(
            "the package lists could not be fetched anew, so those that are there are used: {failure:#}"
        );
    }
    step::run(command(&apt).args(&INSTALL[1..]).args(["-qq", "-o", "Dpkg::Use-Pty=0"]).args(&missing))
        .with_context(|| {
            format!(
                "apt-get could not install what is missing: is there a network, and do the package lists fit this \
                 Debian? By hand, as root: `{by_hand}`"
            )
        })
}

const INSTALL: [&str; 4] = ["apt-get", "install", "-y", "--no-install-recommends"];

/// Those of `wanted` that dpkg does not call installed.
fn missing<'name>(wanted: &[&'name str]) -> Result<Vec<&'name str>> {
    // dpkg-query ends with 1 as soon as one of the packages is unknown, and still prints the others.
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Abbrev} ${Package}\n"])
        .args(wanted)
        .output()
        .context("`dpkg-query` could not start")?;
    Ok(not_installed(wanted, &String::from_utf8_lossy(&output.stdout)))
}

/// By the list of dpkg-query: two letters (wanted, state), a blank or the letter of an error, a blank, the name. A
/// package that was removed with its configuration kept stands there too, and one that is held back is installed.
fn not_installed<'name>(wanted: &[&'name str], said: &str) -> Vec<&'name str> {
    let is_installed = |name: &str| {
        said.lines().any(|line| {
            let state = line.get(..2).unwrap_or_default();
            line.get(4..) == Some(name) && state.ends_with('i')
        })
    };
    let missing = wanted.iter().copied();
    missing.filter(|name| !is_installed(name)).collect()
}

pub fn is_root() -> Result<bool> {
    Ok(step::read(&mut step::command("id", &["-u"]))?.trim() == "0")
}

/// Whether sudo is there and lets this person in; it asks at the terminal for a password.
fn has_sudo() -> bool {
    step::run(&mut step::command("sudo", &["--validate"])).is_ok()
}

/// The words that start apt-get with the rights to install, and so that it asks nothing.
fn apt(root: bool, sudo: bool, by_hand: &str) -> Result<Vec<&'static str>> {
    const QUIET: [&str; 3] = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    match (root, sudo) {
        (true, _) => Ok(QUIET.to_vec()),
        (false, true) => Ok([&["sudo"], &QUIET[..]].concat()),
        (false, false) => bail!(
            "packages must be installed, which takes root's rights, and sudo is not there or did not give them. As \
             root: `{by_hand}`"
        ),
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words.first().copied().unwrap_or_default());
    command.args(words.iter().skip(1));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dpkg_calls_installed_counts() {
        let said = "ii  dbus\nrc  dunst\nhi  xvfb\nun  openbox\niU  xdotool\nii  xauth-extra\n";
        let wanted = ["dbus", "dunst", "xvfb", "openbox", "xdotool", "xauth", "binutils"];
        assert_eq!(
            not_installed(&wanted, said),
            ["dunst", "openbox", "xdotool", "xauth", "binutils"]
        );
        assert_eq!(not_installed(&wanted, ""), wanted, "dpkg knows none of them");
    }

    #[test]
    fn without_roots_rights_it_is_said_what_root_has_to_do() {
        assert_eq!(apt(true, false, "").unwrap()[0], "env");
        assert_eq!(
            apt(false, true, "").unwrap(),
            ["sudo", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        );
        let said = apt(false, false, "apt-get install -y x").unwrap_err().to_string();
        assert!(said.contains("`apt-get install -y x`"), "{said}");
    }

    #[test]
    fn no_package_is_named_twice() {
        let mut all = [TO_RUN, TO_CROSS, TO_TEST].concat();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
