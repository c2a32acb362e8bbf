//! The programs built for Windows, run by wine on a private desktop.
//!
//! Each [`Windows`] is a computer of its own: its registry, its users' folders and its processes are nobody else's. Only
//! the system's own files are shared with the Windows that `cargo xtask cross` made.

mod telephony;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::browser::Browser;
use crate::desk::Desk;
use crate::places;
use crate::process::{Running, finish};
use crate::product::Said;
use crate::wait::{try_wait_for, wait_for, wait_until};
pub use telephony::Telephony;

/// The folder of the programs built for Windows; `cargo xtask cross` sets it.
const PROGRAMS: &str = "OFFHOOK_WINDOWS_PROGRAMS";

const SERVER: &str = "/usr/lib/wine/wineserver64";

/// The first program of a computer starts it: that takes its time.
const BOOT: Duration = Duration::from_secs(60);
/// How long a program may take that answers at once on an idle machine.
const SOON: Duration = Duration::from_secs(45);

/// In the folder of a computer: what its server leaves behind goes with it.
const PASSING: &str = "passing";

/// What is shared: writing to these is left to who made them.
const SHARED: [&str; 2] = ["Program Files", "ProgramData"];

/// A Windows, and the resident program while it runs.
#[derive(Debug)]
pub struct Windows<'desk> {
    process: Option<Running>,
    // Ends after what runs on it, and takes everything else along.
    server: Running,
    desk: &'desk Desk,
    programs: PathBuf,
    telephony: Option<Telephony>,
    prefix: TempDir,
}

impl<'desk> Windows<'desk> {
    /// A computer that has just been set up: nothing of ours is on it.
    ///
    /// # Panics
    /// When wine or the programs are missing.
    #[track_caller]
    pub fn new(desk: &'desk Desk) -> Self {
        Self::made(desk, |_prefix| None)
    }

    /// As [`Self::new`], with a telephony that has one desk phone and does what it is told. See [`Self::telephony`].
    ///
    /// # Panics
    /// As [`Self::new`].
    #[track_caller]
    pub fn with_telephony(desk: &'desk Desk) -> Self {
        Self::made(desk, |prefix| Some(Telephony::install(prefix)))
    }

    #[track_caller]
    fn made(desk: &'desk Desk, furnish: impl FnOnce(&Path) -> Option<Telephony>) -> Self {
        let programs = std::env::var_os(PROGRAMS)
            .unwrap_or_else(|| panic!("{PROGRAMS} names no folder: run `cargo xtask cross`"));
        let prefix = places::folder("wine");
        set_up(&places::parts().join("wine"), prefix.path());
        let telephony = furnish(prefix.path());
        let mut server = desk.command(SERVER);
        server.args(["--foreground", "--persistent"]);
        let mut server = Running::start("wineserver", server_environment(server, prefix.path()));
        // A program that comes before its server listens starts one of its own, and that one ends whenever nothing runs
        // for three seconds.
        wait_until(BOOT, "the server to listen", || {
            assert!(server.ended().is_none(), "wineserver: {}", server.log().tail());
            listens(&prefix.path().join(PASSING))
        });
        let mut windows = Self {
            process: None,
            server,
            desk,
            programs: programs.into(),
            telephony,
            prefix,
        };
        windows.build_probe();
        // What Windows itself starts keeps the outputs of whoever came first: nobody may wait for their end.
        let mut first = Running::start("wine", windows.wine("cmd", &["/c", "exit"]));
        assert!(first.wait_end(BOOT).success(), "{}", first.log().tail());
        assert!(
            windows.server.ended().is_none(),
            "the server of the programs is another one"
        );
        windows
    }

    /// One of the programs, or a path as Windows writes it.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let built = self.programs.join(program);
        let mut command = self.wine("", &[]);
        if built.is_file() {
            command.arg(built);
        } else {
            command.arg(program);
        }
        command.args(arguments);
        command
    }

    fn wine(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.desk.command(places::system_program("wine"));
        if !program.is_empty() {
            command.arg(program);
        }
        command.args(arguments);
        if let Some(telephony) = &self.telephony {
            command.envs(telephony.environment());
        }
        server_environment(command, self.prefix.path())
    }

    /// The telephony of [`Self::with_telephony`].
    ///
    /// # Panics
    /// On a computer without one.
    pub fn telephony(&self) -> &Telephony {
        self.telephony.as_ref().expect("a computer with a telephony")
    }

    /// The C: of this computer.
    pub fn drive(&self) -> PathBuf {
        self.prefix.path().join("drive_c")
    }

    /// `%LOCALAPPDATA%` of the person.
    ///
    /// # Panics
    /// When nobody has one.
    pub fn local_app_data(&self) -> PathBuf {
        let users = fs::read_dir(self.drive().join("users")).expect("the users");
        let mut folders = users.flatten().map(|user| user.path().join("AppData/Local"));
        folders.find(|folder| folder.is_dir()).expect("a person")
    }

    /// Where Offhook keeps its data when it is told no other place.
    pub fn data_dir(&self) -> PathBuf {
        self.local_app_data().join("Offhook")
    }

    /// Writes `settings.toml`.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write_settings(&self, text: &str) {
        fs::create_dir_all(self.data_dir()).expect("the data directory");
        fs::write(self.data_dir().join("settings.toml"), text).expect("the settings");
    }

    /// Everything in `logs/`.
    pub fn logs(&self) -> String {
        let Ok(entries) = fs::read_dir(self.data_dir().join("logs")) else {
            return String::new();
        };
        entries
            .flatten()
            .filter_map(|entry| fs::read_to_string(entry.path()).ok())
            .collect()
    }

    /// Starts the resident program and waits until it answers.
    ///
    /// # Panics
    /// When it doesn't.
    #[track_caller]
    pub fn start(&mut self, arguments: &[&str]) {
        self.process = Some(Running::start(
            "offhook.exe",
            self.command("offhook.exe", arguments),
        ));
        let answered = try_wait_for(SOON, || {
            let ended = self.process().ended().is_some();
            (ended || self.ctl(&["status", "--json"]).code == 0).then_some(!ended)
        });
        assert!(
            answered == Some(true),
            "offhook.exe does not answer and said: {}{}",
            self.process().log().tail(),
            self.logs()
        );
    }

    /// The resident program.
    ///
    /// # Panics
    /// When none was started.
    #[track_caller]
    pub fn process(&mut self) -> &mut Running {
        self.process.as_mut().expect("offhook.exe was not started")
    }

    /// Runs `offhookctl` to its end.
    #[track_caller]
    pub fn ctl(&self, arguments: &[&str]) -> Said {
        self.run("offhookctl.exe", arguments, "")
    }

    /// Runs a program to its end, with something on its standard input.
    ///
    /// # Panics
    /// When it can't be started or doesn't end within a minute.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str], input: &str) -> Said {
        let command = self.command(program, arguments);
        let (status, stdout, stderr) = finish(program, command, input, BOOT);
        Said {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr,
        }
    }

    /// Waits until `status --json` satisfies `wanted`.
    ///
    /// # Panics
    /// After 45 s, with the last status and what the program said.
    #[track_caller]
    pub fn wait_status(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = try_wait_for(SOON, || {
            let said = self.ctl(&["status", "--json"]);
            last = serde_json::from_str(&said.stdout).unwrap_or(Value::Null);
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("waited in vain for {what}; status {last:#}; log {}", self.logs()))
    }

    /// Stores the phone system's password and signs in by the browser, in which `person` is signed in already.
    ///
    /// # Panics
    /// When that comes to nothing.
    #[track_caller]
    pub fn sign_in(&self, password: &str, person: &str) {
        let said = self.run("offhookctl.exe", &["secret", "set", "phone"], password);
        assert_eq!(said.code, 0, "{said:?}; log {}", self.logs());
        let mut signing_in = Running::start("offhookctl.exe", self.command("offhookctl.exe", &["sign-in"]));
        let line = signing_in.wait_line(SOON, |line| line.trim_start().starts_with("http"));
        let mut url: Url = line.trim().parse().expect("the address of a sign-in");
        url.query_pairs_mut().append_pair("playground_user", person);
        let page = Browser::default().open(&url);
        assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
        let status = signing_in.wait_end(SOON);
        assert!(status.success(), "{}", signing_in.log().tail());
    }

    /// The data of a value of the registry, as `reg` prints it; `None` where there is none.
    #[track_caller]
    pub fn registry(&self, key: &str, value: &str) -> Option<String> {
        let said = self.run("reg", &["query", key, "/v", value], "");
        let line = said
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(value))?;
        let data = line.split("    ").last()?.trim();
        Some(data.to_owned())
    }

    /// Writes a value of the registry, of a type as `reg` names it; the words of a list are separated by `|`.
    #[track_caller]
    pub fn set_registry(&self, key: &str, value: &str, kind: &str, data: &str) {
        let arguments = ["add", key, "/v", value, "/t", kind, "/s", "|", "/d", data, "/f"];
        let said = self.run("reg", &arguments, "");
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// A file of this machine, as a program on that computer names it.
    pub fn path(&self, file: &Path) -> String {
        windows_path(file)
    }

    /// What the probe of `tests/data/windows` says.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn probe(&self, arguments: &[&str]) -> String {
        let said = self.run(r"C:\probe.exe", arguments, "");
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout.trim().to_owned()
    }

    /// Builds what a test asks Windows by.
    fn build_probe(&self) {
        let libraries = ["-ladvapi32", "-lshell32", "-luser32", "-lversion"];
        let probe = self.drive().join("probe.exe");
        compile("tests/data/windows/probe.c", &probe, &libraries);
    }

    /// Waits for text in the log files.
    ///
    /// # Panics
    /// After 45 s.
    #[track_caller]
    pub fn wait_logged(&self, text: &str) {
        wait_for(SOON, &format!("{text:?} in the log"), || {
            self.logs().contains(text).then_some(())
        });
    }
}

/// Compiles a C file of the repository for Windows.
///
/// # Panics
/// With what the compiler said, when it fails.
#[track_caller]
fn compile(source: &str, to: &Path, more: &[&str]) {
    let mut command = Command::new(places::system_program("x86_64-w64-mingw32-gcc"));
    command.args(["-O1", "-s", "-o"]).arg(to);
    command.arg(xtask::parts::workspace().join(source)).args(more);
    let (status, _, stderr) = finish("gcc", command, "", BOOT);
    assert!(status.success(), "{source}: {stderr}");
}

impl Drop for Windows<'_> {
    fn drop(&mut self) {
        // With everything on this computer, which belongs to nobody's process group.
        let end = self.desk.command(SERVER);
        let mut end = server_environment(end, self.prefix.path());
        drop(end.args(["--kill", "--wait"]).status());
    }
}

/// A file of this machine, as programs for Windows name it.
fn windows_path(file: &Path) -> String {
    format!("Z:{}", file.display().to_string().replace('/', r"\"))
}

fn server_environment(mut command: Command, prefix: &Path) -> Command {
    command
        .env("WINEPREFIX", prefix)
        .env("WINEDEBUG", "-all")
        .env("TMPDIR", prefix.join(PASSING));
    command
}

/// Whether a server listens. Debian's makes a folder of its own in `TMPDIR`, in that one `server-…` with the socket, and never
/// removes them.
fn listens(passing: &Path) -> bool {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    below(passing.to_owned())
        .flat_map(|made| below(made.path()))
        .any(|server| server.path().join("socket").exists())
}

/// A Windows that shares the files of the system with `made` and nothing else.
fn set_up(made: &Path, prefix: &Path) {
    let here = prefix.join("drive_c");
    let windows = here.join("windows");
    let devices = prefix.join("dosdevices");
    for folder in [
        &windows,
        &windows.join("temp"),
        &windows.join("Installer"),
        &devices,
        &prefix.join(PASSING),
    ] {
        fs::create_dir_all(folder).expect("a folder for wine");
    }
    for file in ["system.reg", "user.reg", "userdef.reg", ".update-timestamp"] {
        let from = made.join(file);
        fs::copy(places::needed(&from), prefix.join(file)).expect("a registry");
    }
    for name in SHARED {
        symlink(made.join("drive_c").join(name), here.join(name)).expect("a link");
    }
    for entry in fs::read_dir(made.join("drive_c/windows"))
        .expect("the system")
        .flatten()
    {
        let link = windows.join(entry.file_name());
        if !link.exists() {
            symlink(entry.path(), link).expect("a link");
        }
    }
    symlink("../drive_c", devices.join("c:")).expect("a drive");
    symlink("/", devices.join("z:")).expect("a drive");
    // The folders are made anew by wine where it misses them, the person's own data among them.
    let made_users = made.join("drive_c/users");
    for user in fs::read_dir(&made_users).expect("the users").flatten() {
        if user.path().join("AppData/Local").is_dir() {
            let home = here.join("users").join(user.file_name());
            for folder in ["Temp", "AppData/Local/Temp", "AppData/Roaming"] {
                fs::create_dir_all(home.join(folder)).expect("a user's folder");
            }
        }
    }
}
