//! What people install: put on, replaced by the next version, taken off. `cargo xtask cross` makes the packages twice, as
//! versions 0.0.1 and 0.0.2, from programs built for development, and runs this.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::places;
use offhook_tests::process::{Running, finish, program};
use offhook_tests::wait_until;
use offhook_tests::wine::Windows;

const FIRST: &str = "0.0.1";
const NEXT: &str = "0.0.2";
const LIMIT: Duration = Duration::from_secs(120);
const RUN: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
const UNINSTALL: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Offhook";
const POLICY: &str = r"HKCU\Software\Offhook\Policy";
const SENDER: &str = r"HKCU\Software\Classes\AppUserModelId\Offhook";
const PBX: &str = "pbx.example.com";
/// Somebody who signed nothing here (the public half of an Ed25519 key).
const SIGNER: &str = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w";

fn package(name: &str) -> PathBuf {
    let folder = std::env::var_os("OFFHOOK_PACKAGES").expect("OFFHOOK_PACKAGES: run `cargo xtask cross`");
    let package = Path::new(&folder).join(name);
    assert!(package.is_file(), "{} is missing", package.display());
    package
}

/// All files below a folder, without it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if entry.file_type().expect("a kind of file").is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A Debian with nothing on it, in a folder.
struct Debian {
    root: tempfile::TempDir,
}

impl Debian {
    fn new() -> Self {
        let root = places::folder("debian");
        let state = root.path().join("var/lib/dpkg");
        for folder in ["info", "updates", "triggers"] {
            fs::create_dir_all(state.join(folder)).unwrap();
        }
        fs::write(state.join("status"), "").unwrap();
        Self { root }
    }

    fn dpkg(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(places::system_program(program));
        command.arg(format!("--root={}", self.root.path().display()));
        if program == "dpkg" {
            // What it depends on is on no Debian in a folder, and the tests need not be root.
            command.args(["--force-depends", "--force-not-root"]);
        }
        command.args(arguments);
        let (status, stdout, stderr) = finish(program, command, "", LIMIT);
        assert!(status.success(), "{arguments:?}: {stdout}{stderr}");
        stdout
    }

    fn installed(&self) -> Vec<String> {
        let of_dpkg = self.root.path().join("var");
        let all = files(self.root.path()).into_iter();
        let mut ours: Vec<String> = all
            .filter(|file| !file.starts_with(&of_dpkg))
            .map(|file| {
                let file = file.strip_prefix(self.root.path()).unwrap();
                file.display().to_string()
            })
            .collect();
        ours.sort();
        ours
    }
}

#[test]
#[ignore = "run by `cargo xtask cross`, which makes the packages"]
fn the_debian_package_comes_is_replaced_and_leaves_nothing() {
    let debian = Debian::new();
    let architecture = finish("dpkg", program_of("dpkg", &["--print-architecture"]), "", LIMIT).1;
    let package = |version: &str| {
        let name = format!("offhook_{version}_{}.deb", architecture.trim());
        package(&name).display().to_string()
    };
    debian.dpkg("dpkg", &["--install", &package(FIRST)]);
    let installed = debian.installed();
    for needed in [
        "usr/bin/offhook",
        "usr/bin/offhook-window",
        "usr/bin/offhookctl",
        "usr/share/applications/offhook.desktop",
        "usr/share/icons/hicolor/scalable/apps/offhook.svg",
        "usr/share/doc/offhook/copyright",
    ] {
        assert!(
            installed.iter().any(|file| file == needed),
            "{needed} in {installed:#?}"
        );
    }
    assert!(
        !installed.iter().any(|file| file.contains("autostart")),
        "nothing starts by itself: {installed:#?}"
    );
    let depends = debian.dpkg(
        "dpkg-query",
        &["--show", "--showformat=${Depends}|${Recommends}", "offhook"],
    );
    let (needed, wished) = depends.split_once('|').unwrap();
    assert!(needed.contains("libc6"), "{needed}");
    assert!(
        !needed.contains("webkit") && wished.contains("libwebkit2gtk-4.1-0"),
        "{depends}"
    );
    let resident = debian.root.path().join("usr/bin/offhook");
    let (status, version, _) = finish("offhook", program_at(&resident, &["--version"]), "", LIMIT);
    assert!(status.success() && !version.trim().is_empty());

    debian.dpkg("dpkg", &["--install", &package(NEXT)]);
    let version = debian.dpkg("dpkg-query", &["--show", "--showformat=${Version}", "offhook"]);
    assert_eq!(version, NEXT);
    assert_eq!(debian.installed(), installed);

    debian.dpkg("dpkg", &["--remove", "offhook"]);
    assert_eq!(debian.installed(), Vec::<String>::new());
    let listed = debian.dpkg("dpkg-query", &["--show", "--showformat=${Package}\n"]);
    assert_eq!(listed, "", "not even configuration is kept");
}

#[test]
#[ignore = "run by `cargo xtask cross`, which makes the packages"]
fn the_archive_for_linux_runs_from_where_it_is_unpacked() {
    let folder = places::folder("archive");
    let name = format!("offhook-{FIRST}-linux-{}.tar.gz", std::env::consts::ARCH);
    let archive = package(&name).display().to_string();
    let to = folder.path().display().to_string();
    let unpack = program_of("tar", &["--extract", "--file", &archive, "--directory", &to]);
    let (status, _, said) = finish("tar", unpack, "", LIMIT);
    assert!(status.success(), "{said}");
    let root = folder.path().join(format!("offhook-{FIRST}"));
    for needed in [
        "INSTALL.md",
        "bin/offhook-window",
        "share/applications/offhook.desktop",
        "share/icons/hicolor/scalable/apps/offhook.svg",
        "share/doc/offhook/copyright",
    ] {
        assert!(root.join(needed).is_file(), "{needed} in {:#?}", files(&root));
    }
    for program in ["offhook", "offhookctl"] {
        let path = root.join("bin").join(program);
        let (status, version, said) = finish(program, program_at(&path, &["--version"]), "", LIMIT);
        assert!(
            status.success() && !version.trim().is_empty(),
            "{program}: {said}"
        );
    }
}

fn program_of(name: &str, arguments: &[&str]) -> Command {
    program_at(&places::system_program(name), arguments)
}

fn program_at(path: &Path, arguments: &[&str]) -> Command {
    let mut command = program(path);
    command.args(arguments);
    command
}

/// A person's computer on which Offhook is installed, replaced and taken off.
struct Computer<'desk> {
    windows: Windows<'desk>,
}

impl<'desk> Computer<'desk> {
    fn new(desk: &'desk Desk) -> Self {
        let windows = Windows::new(desk);
        windows.write_settings("version = 1\n[store]\nsecrets = \"file\"\n");
        Self { windows }
    }

    fn folder(&self) -> PathBuf {
        self.windows.local_app_data().join("Programs/Offhook")
    }

    fn menu_entry(&self) -> PathBuf {
        let roaming = self.windows.local_app_data().with_file_name("Roaming");
        roaming.join("Microsoft/Windows/Start Menu/Programs/Offhook.lnk")
    }

    fn run_value(&self) -> Option<String> {
        self.windows.registry(RUN, "Offhook")
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let said = self.windows.run(program, arguments, "");
        assert_eq!(said.code, 0, "{program} {arguments:?}: {said:?}");
    }

    /// The installed programs are whole: they say which version they are, bear the icon and start.
    #[track_caller]
    fn is_whole(&self) {
        let folder = self.folder();
        for name in ["offhook.exe", "offhookctl.exe", "offhook-window.exe"] {
            let said = self
                .windows
                .probe(&["version", &self.windows.path(&folder.join(name))]);
            assert_eq!(said, format!("Offhook {} 1", env!("CARGO_PKG_VERSION")), "{name}");
        }
        for name in ["WebView2Loader.dll", "offhook.png"] {
            assert!(folder.join(name).is_file(), "{name}");
        }
        assert!(self.menu_entry().is_file());
        assert_eq!(
            self.windows.registry(SENDER, "DisplayName").as_deref(),
            Some("Offhook")
        );
    }

    /// The installed resident program, once it answers.
    #[track_caller]
    fn start(&self) -> Running {
        let resident = self.folder().join("offhook.exe");
        let command = self
            .windows
            .command(&resident.display().to_string(), &["--minimised"]);
        let running = Running::start("offhook.exe", command);
        let console = self.folder().join("offhookctl.exe").display().to_string();
        wait_until(LIMIT, "the installed program to answer", || {
            self.windows.run(&console, &["status"], "").code == 0
        });
        running
    }

    /// Nothing of the programs is left, and the person's settings are.
    #[track_caller]
    fn is_gone(&self) {
        wait_until(LIMIT, "the folder to go", || !self.folder().exists());
        wait_until(LIMIT, "the menu entry to go", || !self.menu_entry().exists());
        assert_eq!(self.run_value(), None);
        assert_eq!(self.windows.registry(SENDER, "DisplayName"), None);
        assert_eq!(self.windows.registry(UNINSTALL, "DisplayVersion"), None);
        assert!(self.windows.data_dir().join("settings.toml").is_file());
    }
}

#[test]
#[ignore = "run by `cargo xtask cross`, which makes the packages"]
fn the_setup_program_comes_is_replaced_and_leaves_the_settings() {
    let desk = Desk::with_screen();
    let computer = Computer::new(&desk);
    let setup = |version: &str| {
        package(&format!("Offhook-{version}-setup.exe"))
            .display()
            .to_string()
    };
    computer.run(&setup(FIRST), &["/S"]);
    computer.is_whole();
    let version = || computer.windows.registry(UNINSTALL, "DisplayVersion");
    assert_eq!(version().as_deref(), Some(FIRST));
    assert_eq!(computer.run_value(), None, "nobody asked for it");

    let mut running = computer.start();
    computer.run(&setup(NEXT), &["/S", "/AUTOSTART=1"]);
    assert!(running.wait_end(LIMIT).success(), "the old one was asked to end");
    computer.is_whole();
    assert_eq!(version().as_deref(), Some(NEXT));
    let starts = computer.run_value().expect("a start at sign-in");
    assert!(
        starts.ends_with("Programs\\Offhook\\offhook.exe\" --minimised"),
        "{starts}"
    );

    let mut running = computer.start();
    let uninstall = computer.folder().join("Uninstall Offhook.exe");
    computer.run(&uninstall.display().to_string(), &["/S"]);
    assert!(running.wait_end(LIMIT).success());
    computer.is_gone();
}

#[test]
#[ignore = "run by `cargo xtask cross`, which makes the packages"]
fn the_msi_comes_is_replaced_and_leaves_the_settings() {
    let desk = Desk::with_screen();
    let computer = Computer::new(&desk);
    let msi = |version: &str| {
        let file = package(&format!("Offhook-{version}.msi"));
        computer.windows.path(&file)
    };
    // What an administrator hands out: a key file, and a policy that does not know who signed it.
    let managed = computer.windows.drive().join("managed");
    fs::create_dir(&managed).unwrap();
    let key_file = r"C:\managed\pbx.pbxkey";
    let new_key =
        format!("key new --name {PBX} --kind asterisk --issuer IT --valid-days 30 --out {key_file}");
    computer.run("offhookctl.exe", &new_key.split(' ').collect::<Vec<_>>());
    let policy = |text: &str| fs::write(managed.join("policy.toml"), text).unwrap();
    policy(&format!("[phone]\nkey_signers = [\"{SIGNER}\"]\n"));

    let key = format!("KEYFILE={key_file}");
    let properties = ["AUTOSTART=1", r"POLICY=C:\managed\policy.toml", &key];
    computer.run(
        "msiexec",
        &[&["/i", &msi(FIRST), "/qn"], &properties[..]].concat(),
    );
    computer.is_whole();
    assert!(computer.run_value().is_some());

    let mut running = computer.start();
    computer.windows.wait_logged("the policy's key file was refused");
    policy("[update]\ncheck = false\n");
    computer.run("msiexec", &["/i", &msi(NEXT), "/qn"]);
    assert!(running.wait_end(LIMIT).success(), "the old one was asked to end");
    computer.is_whole();
    assert!(computer.run_value().is_some(), "what was there before stays");

    // Taken over without a question, after the same checks as for a person.
    let mut running = computer.start();
    let settings = computer.windows.data_dir().join("settings.toml");
    wait_until(LIMIT, "the phone system of the key file", || {
        fs::read_to_string(&settings).is_ok_and(|text| text.contains(PBX))
    });
    computer.run("msiexec", &["/x", &msi(NEXT), "/qn"]);
    assert!(running.wait_end(LIMIT).success());
    computer.is_gone();
    for value in ["file", "phone.key_file"] {
        assert_eq!(computer.windows.registry(POLICY, value), None, "{value}");
    }
}
