//! The built programs, run by their contract: arguments, files in the data directory, `status --json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::browser::Browser;
use crate::desk::Desk;
use crate::places;
use crate::process::{Log, Running};
use crate::wait::{try_wait_for, wait_for};

pub use crate::playground::Playground;

/// How long a start may take on a busy machine.
pub(crate) const START: Duration = Duration::from_secs(20);

/// A built program: of the folder that `OFFHOOK_PROGRAMS` names, else next to the test that runs.
///
/// # Panics
/// When it hasn't been built.
pub fn binary(name: &str) -> PathBuf {
    let program = programs().join(name);
    let sentence = "is not built: run `cargo xtask test` or `cargo build --workspace`";
    assert!(program.is_file(), "{} {sentence}", program.display());
    program
}

fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("OFFHOOK_PROGRAMS") {
        return folder.into();
    }
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.parent().expect("the folder of a test");
    let folder = if folder.ends_with("deps") {
        folder.parent().expect("a target folder")
    } else {
        folder
    };
    folder.to_path_buf()
}

/// What a program said that ran to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// One person's Offhook: a data directory, and the resident program while it runs.
#[derive(Debug)]
pub struct Product<'desk> {
    desk: Place<'desk>,
    process: Option<Running>,
    /// What starts the resident program in our place: a program and its arguments.
    under: Vec<String>,
    folder: TempDir,
}

/// The desktop session that the programs run in.
#[derive(Debug)]
enum Place<'desk> {
    Lent(&'desk Desk),
    Shared(Rc<Desk>),
}

impl Place<'_> {
    fn desk(&self) -> &Desk {
        match self {
            Self::Lent(desk) => desk,
            Self::Shared(desk) => desk,
        }
    }
}

impl Product<'static> {
    /// As [`Product::new`], for fixtures that hold desk and product.
    pub fn at(desk: Rc<Desk>) -> Self {
        Self::placed(Place::Shared(desk))
    }
}

impl<'desk> Product<'desk> {
    /// An empty data directory; nothing runs yet.
    pub fn new(desk: &'desk Desk) -> Self {
        Self::placed(Place::Lent(desk))
    }

    /// With the data directory that Offhook takes in this session when none is named.
    ///
    /// # Panics
    /// When it can't be made, or is there.
    pub fn in_its_usual_place(desk: &'desk Desk) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("offhook")
            .rand_bytes(0)
            .tempdir_in(desk.folder().join("state"));
        Self {
            folder: folder.expect("the data directory"),
            ..Self::new(desk)
        }
    }

    fn placed(desk: Place<'desk>) -> Self {
        Self {
            desk,
            process: None,
            under: Vec::new(),
            folder: places::folder("data"),
        }
    }

    /// Has the resident program started by another that becomes it: `["env", "--ignore-signal=XFSZ"]`.
    pub fn start_under(&mut self, words: &[&str]) {
        self.under = words.iter().map(|word| (*word).to_owned()).collect();
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `settings.toml`.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write_settings(&self, text: &str) {
        fs::write(self.data_dir().join("settings.toml"), text).expect("the settings");
    }

    /// The text of a file of the data directory, if it is there.
    pub fn file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.data_dir().join(name)).ok()
    }

    /// `ledger.json`, if it is there and whole.
    pub fn ledger(&self) -> Option<Value> {
        serde_json::from_str(&self.file("ledger.json")?).ok()
    }

    /// Everything in `logs/`.
    pub fn logs(&self) -> String {
        let Ok(entries) = fs::read_dir(self.data_dir().join("logs")) else {
            return String::new();
        };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        files
            .iter()
            .filter_map(|file| fs::read_to_string(file).ok())
            .collect()
    }

    /// Starts the resident program without a tray and waits until it answers.
    ///
    /// # Panics
    /// When it doesn't.
    #[track_caller]
    pub fn start_headless(&mut self) {
        self.start(&["--no-tray"], &[]);
    }

    /// Starts the resident program with these arguments and additional environment, and waits until it answers.
    ///
    /// # Panics
    /// When it doesn't, or runs already.
    #[track_caller]
    pub fn start(&mut self, arguments: &[&str], environment: &[(&str, &str)]) {
        self.launch(arguments, environment);
        let answered = try_wait_for(START, || {
            let ended = self
                .process
                .as_mut()
                .is_some_and(|process| process.ended().is_some());
            if ended {
                Some(false)
            } else {
                (self.ctl(&["status", "--json"]).code == 0).then_some(true)
            }
        });
        assert!(
            answered == Some(true),
            "offhook does not answer and said: {}{}",
            self.said(),
            self.logs()
        );
    }

    /// Starts it without waiting for anything: for starts that are meant to fail, or to die on the way.
    ///
    /// # Panics
    /// When it runs already.
    #[track_caller]
    pub fn launch(&mut self, arguments: &[&str], environment: &[(&str, &str)]) {
        let runs = self
            .process
            .as_mut()
            .is_some_and(|process| process.ended().is_none());
        assert!(!runs, "offhook runs already");
        self.process = Some(self.one_more(arguments, environment));
    }

    /// Starts the resident program once more beside whatever runs.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn one_more(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let mut command = match &self.under[..] {
            [] => self.desk.desk().command(binary("offhook")),
            [under, words @ ..] => {
                let mut command = self.desk.desk().command(places::system_program(under));
                command.args(words).arg(binary("offhook"));
                command
            }
        };
        command.arg("--data-dir").arg(self.data_dir()).args(arguments);
        command.envs(environment.iter().copied());
        Running::start("offhook", command)
    }

    /// One of the programs with this data directory, in this desktop session.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.desk.desk().command(binary(name));
        command.arg("--data-dir").arg(self.data_dir()).args(arguments);
        command
    }

    /// The running program.
    ///
    /// # Panics
    /// When none was started.
    #[track_caller]
    pub fn process(&mut self) -> &mut Running {
        self.process.as_mut().expect("offhook was not started")
    }

    /// What the program wrote to its own output.
    ///
    /// # Panics
    /// When none was started.
    #[track_caller]
    pub fn log(&self) -> &Log {
        self.process.as_ref().expect("offhook was not started").log()
    }

    fn said(&self) -> String {
        self.process
            .as_ref()
            .map(|process| process.log().tail())
            .unwrap_or_default()
    }

    /// `kill -9`: nothing is released.
    #[track_caller]
    pub fn kill9(&mut self) -> ExitStatus {
        self.process().kill()
    }

    /// SIGTERM, and waits for its end: everything is released within 2 s (R20).
    #[track_caller]
    pub fn term(&mut self) -> ExitStatus {
        self.process().terminate(Duration::from_secs(10))
    }

    /// Runs `offhookctl` to its end.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn ctl(&self, arguments: &[&str]) -> Said {
        self.run("offhookctl", arguments)
    }

    /// Runs one of the programs with this data directory to its end.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn run(&self, name: &str, arguments: &[&str]) -> Said {
        self.run_with_input(name, arguments, "")
    }

    /// [`Product::run`] with something on its standard input, such as a secret.
    ///
    /// # Panics
    /// When it can't be started or doesn't end within 30 s.
    #[track_caller]
    pub fn run_with_input(&self, name: &str, arguments: &[&str], input: &str) -> Said {
        let command = self.command(name, arguments);
        let (status, stdout, stderr) = crate::process::finish(name, command, input, Duration::from_secs(30));
        Said {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr,
        }
    }

    /// `status --json`.
    ///
    /// # Panics
    /// When nothing runs, or what comes isn't JSON.
    #[track_caller]
    pub fn status(&self) -> Value {
        let said = self.ctl(&["status", "--json"]);
        assert_eq!(said.code, 0, "status: {}{}", said.stderr, self.said());
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error} in {}", said.stdout))
    }

    /// Whether the doctor finds this in order (`Icon in the tray`), and what it says of it and of its mend.
    ///
    /// # Panics
    /// When it says nothing of it.
    #[track_caller]
    pub fn doctor(&self, what: &str) -> (bool, String) {
        let said = self.ctl(&["doctor", "--json"]);
        let found: Value =
            serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
        let mut found = found.as_array().into_iter().flatten();
        let finding = found.find(|finding| finding["what"] == what);
        let finding = finding.unwrap_or_else(|| panic!("nothing is said of {what}: {}", said.stdout));
        let word = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        (
            finding["ok"] == true,
            format!("{} {}", word("text"), word("mend")),
        )
    }

    /// Waits until the status satisfies `wanted`.
    ///
    /// # Panics
    /// After `limit`, with the last status and what the program said.
    #[track_caller]
    pub fn wait_status(&self, limit: Duration, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = try_wait_for(limit, || {
            let said = self.ctl(&["status", "--json"]);
            last = serde_json::from_str(&said.stdout).unwrap_or(Value::Null);
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| {
            panic!(
                "waited {limit:?} in vain for {what}; status {last:#}; said {}",
                self.said()
            )
        })
    }

    /// Stores the phone system's password, as a person does.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn set_phone_password(&self, secret: &str) {
        let said = self.run_with_input("offhookctl", &["secret", "set", "phone"], secret);
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// Signs in by the system browser, in which `person` of the pretend company is signed in already.
    ///
    /// # Panics
    /// When that comes to nothing.
    #[track_caller]
    pub fn sign_in(&self, person: &str) {
        let mut signing_in = Running::start("offhookctl", self.command("offhookctl", &["sign-in"]));
        let line = signing_in.wait_line(START, |line| line.trim_start().starts_with("http"));
        let mut url: Url = line.trim().parse().expect("the address of a sign-in");
        url.query_pairs_mut().append_pair("playground_user", person);
        let page = Browser::default().open(&url);
        assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
        let status = signing_in.wait_end(START);
        assert!(status.success(), "{}", signing_in.log().tail());
    }

    /// Waits for text in the log files.
    ///
    /// # Panics
    /// After 20 s.
    #[track_caller]
    pub fn wait_logged(&self, text: &str) {
        wait_for(START, &format!("{text:?} in the log"), || {
            self.logs().contains(text).then_some(())
        });
    }
}
