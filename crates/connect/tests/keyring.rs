//! A real gnome-keyring on a private bus (`facts/desktop-tests.md`, section 5).
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

use offhook_connect::secrets::{Ask, KeyringStore, SecretError, SecretName, SecretStore};
use secrecy::{ExposeSecret as _, SecretString};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Says that a step runs in a session of ours and not in somebody's own.
const STEP: &str = "OFFHOOK_TEST_STEP";
const LIMIT: Duration = Duration::from_secs(20);

/// Killed with its last user.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A person's session: a home, a bus, and perhaps a keyring.
struct Session {
    keyring: Option<Running>,
    _bus: Running,
    address: String,
    // Last, since the bus looks into it until it ends.
    home: tempfile::TempDir,
}

fn start(program: &str, command: &mut Command) -> Running {
    match command.spawn() {
        Ok(child) => Running(child),
        Err(error) => {
            panic!("{program} does not start ({error}). On Debian: apt-get install dbus gnome-keyring")
        }
    }
}

impl Session {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path();
        for folder in ["run", "services"] {
            fs::create_dir(path.join(folder)).unwrap();
        }
        // Its own services folder: the system's would start a keyring by itself, and a locked one.
        let config = path.join("bus.conf");
        fs::write(
            &config,
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>session</type>\
                 <listen>unix:path={run}/bus</listen><servicedir>{home}/services</servicedir><auth>EXTERNAL</auth>\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
                 <allow own=\"*\"/></policy></busconfig>",
                run = path.join("run").display(),
                home = path.display(),
            ),
        )
        .unwrap();
        let mut command = Command::new("dbus-daemon");
        command
            .arg("--nofork")
            .arg("--print-address")
            .arg("--config-file")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut bus = start("dbus-daemon", &mut command);
        let mut address = String::new();
        BufReader::new(bus.0.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        assert!(address.starts_with("unix:"), "{address}");
        Self {
            home,
            _bus: bus,
            address,
            keyring: None,
        }
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.path().join("data"))
            .env("XDG_RUNTIME_DIR", self.home.path().join("run"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env(STEP, "1")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
    }

    /// `password`: unlocked with it; none: locked, or without any collection where none was made before.
    fn start_keyring(&mut self, password: Option<&str>) {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if password.is_some() {
            command.arg("--unlock").stdin(Stdio::piped());
        } else {
            command.stdin(Stdio::null());
        }
        self.environment(&mut command)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut keyring = start("gnome-keyring-daemon", &mut command);
        if let Some(password) = password {
            keyring
                .0
                .stdin
                .take()
                .unwrap()
                .write_all(password.as_bytes())
                .unwrap();
        }
        self.keyring = Some(keyring);
        self.wait("the Secret Service", || self.owns("org.freedesktop.secrets"));
    }

    fn stop_keyring(&mut self) {
        self.keyring = None;
        self.wait("the end of the Secret Service", || {
            !self.owns("org.freedesktop.secrets")
        });
    }

    fn owns(&self, name: &str) -> bool {
        self.bus_call(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            &format!("string:{name}"),
        )
        .contains("boolean true")
    }

    fn lock(&self) {
        let path = "/org/freedesktop/secrets";
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        let answer = self.bus_call(
            "org.freedesktop.secrets",
            path,
            "org.freedesktop.Secret.Service.Lock",
            collection,
        );
        assert!(answer.contains("collection/login"), "{answer}");
    }

    fn bus_call(&self, to: &str, path: &str, method: &str, argument: &str) -> String {
        let mut command = Command::new("dbus-send");
        command
            .args(["--session", "--print-reply", "--type=method_call"])
            .arg(format!("--dest={to}"))
            .args([path, method, argument]);
        String::from_utf8(self.environment(&mut command).output().unwrap().stdout).unwrap()
    }

    fn wait(&self, what: &str, reached: impl Fn() -> bool) {
        let started = Instant::now();
        while !reached() {
            assert!(started.elapsed() < LIMIT, "{what} is late");
            std::thread::yield_now();
        }
    }

    /// Runs one of the steps below in a program of its own: the bus is known by the environment.
    fn run(&self, step: &str) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", step, "--nocapture"]);
        let output = self.environment(&mut command).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{step}: {text}\n{errors}"
        );
    }

    /// A file that a step waits for.
    fn signal(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

fn in_session() {
    assert!(std::env::var_os(STEP).is_some(), "only the tests above run this");
}

fn store() -> SecretStore {
    SecretStore::Keyring(KeyringStore::new("offhook-test"))
}

fn name() -> SecretName {
    SecretName::microsoft()
}

fn long() -> SecretString {
    "0123456789".repeat(700).into()
}

async fn load(store: &SecretStore) -> Result<Option<String>, SecretError> {
    Ok(store
        .load(&name(), Ask::Quietly)
        .await?
        .map(|value| value.expose_secret().to_owned()))
}

#[test]
fn tokens_outlive_program_and_keyring() {
    let mut session = Session::new();
    session.start_keyring(Some("a password"));
    session.run("step_save");
    session.run("step_find");
    session.stop_keyring();
    session.start_keyring(Some("a password"));
    session.run("step_find");
    session.run("step_shrink_and_delete");
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_save() {
    in_session();
    let store = store();
    assert_eq!(
        load(&store).await,
        Ok(None),
        "nothing is stored, and the keyring says so"
    );
    store
        .save(&name(), &"short".into(), Ask::MayPrompt)
        .await
        .unwrap();
    assert_eq!(load(&store).await.unwrap().as_deref(), Some("short"));
    store.save(&name(), &long(), Ask::MayPrompt).await.unwrap();
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_find() {
    in_session();
    assert_eq!(
        load(&store()).await.unwrap().as_deref(),
        Some(long().expose_secret())
    );
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_shrink_and_delete() {
    in_session();
    let store = store();
    store
        .save(&name(), &"short".into(), Ask::MayPrompt)
        .await
        .unwrap();
    assert_eq!(items(), 1, "no part of the longer value is left");
    store.delete(&name(), Ask::MayPrompt).await.unwrap();
    assert_eq!(items(), 0);
    assert_eq!(load(&store).await, Ok(None));
}

/// How many items of ours the keyring holds, by another program's count.
fn items() -> usize {
    let mut command = Command::new("dbus-send");
    command.args([
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets",
    ]);
    command.args([
        "org.freedesktop.Secret.Service.SearchItems",
        "dict:string:string:service,offhook-test",
    ]);
    let answer = String::from_utf8(command.output().unwrap().stdout).unwrap();
    answer.matches("object path").count()
}

#[test]
fn a_locked_keyring_is_not_an_empty_one() {
    let mut session = Session::new();
    session.start_keyring(Some("a password"));
    session.run("step_save");
    session.lock();
    session.run("step_locked");
    // And as it is after a log-in without password.
    session.stop_keyring();
    session.start_keyring(None);
    session.run("step_without_default_collection");
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_locked() {
    in_session();
    let store = store();
    assert_eq!(load(&store).await, Err(SecretError::Locked));
    // The prompt can't be shown here.
    assert_eq!(
        store.load(&name(), Ask::MayPrompt).await.map(drop),
        Err(SecretError::Locked)
    );
    for ask in [Ask::Quietly, Ask::MayPrompt] {
        assert_eq!(
            store.save(&name(), &"new".into(), ask).await,
            Err(SecretError::Locked)
        );
        assert_eq!(store.delete(&name(), ask).await, Err(SecretError::Locked));
    }
    let other = SecretName::phone("asterisk");
    assert_eq!(
        store.load(&other, Ask::Quietly).await.map(drop),
        Err(SecretError::Locked),
        "perhaps there, perhaps not"
    );
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_without_default_collection() {
    in_session();
    let found = load(&store()).await;
    assert!(
        matches!(found, Err(SecretError::Locked | SecretError::Absent)),
        "{found:?}"
    );
}

#[test]
fn a_keyring_without_a_collection_is_no_keyring() {
    let mut session = Session::new();
    session.start_keyring(None);
    session.run("step_absent");
}

#[test]
fn no_keyring_and_no_bus() {
    let mut session = Session::new();
    session.run("step_absent");
    session.address = "unix:path=/nonexistent/bus".to_owned();
    session.run("step_absent");
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_absent() {
    in_session();
    let store = store();
    for ask in [Ask::Quietly, Ask::MayPrompt] {
        assert_eq!(store.load(&name(), ask).await.map(drop), Err(SecretError::Absent));
        assert_eq!(
            store.save(&name(), &"new".into(), ask).await,
            Err(SecretError::Absent)
        );
        assert_eq!(store.delete(&name(), ask).await, Err(SecretError::Absent));
    }
}

#[test]
fn a_keyring_that_comes_later_is_seen() {
    let mut session = Session::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "step_come_later", "--nocapture"])
        .stdout(Stdio::piped());
    session
        .environment(&mut command)
        .env("OFFHOOK_TEST_SIGNAL", session.signal("absent"));
    let mut step = start("the test itself", &mut command);
    let asked = session.signal("absent");
    session.wait("the first answer", || asked.exists());
    session.start_keyring(Some("a password"));
    assert!(step.0.wait().unwrap().success());
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_come_later() {
    in_session();
    let store = store();
    assert_eq!(load(&store).await, Err(SecretError::Absent));
    fs::write(Path::new(&std::env::var_os("OFFHOOK_TEST_SIGNAL").unwrap()), "").unwrap();
    let found = async {
        loop {
            match load(&store).await {
                Err(SecretError::Absent | SecretError::Locked) => tokio::task::yield_now().await,
                other => return other,
            }
        }
    };
    assert_eq!(tokio::time::timeout(LIMIT, found).await.unwrap(), Ok(None));
    store.save(&name(), &long(), Ask::MayPrompt).await.unwrap();
    assert_eq!(
        load(&store).await.unwrap().as_deref(),
        Some(long().expose_secret())
    );
}

/// A service that never answers, as one does behind a dialog that nobody sees.
#[test]
fn a_keyring_that_does_not_answer_holds_one_thread() {
    let session = Session::new();
    // Owns the name, and reads nothing that is sent to it.
    session.run("step_silent");
}

#[tokio::test]
#[ignore = "a step of a test above"]
async fn step_silent() {
    in_session();
    let silent = zbus::connection::Builder::session()
        .unwrap()
        .name("org.freedesktop.secrets")
        .unwrap();
    let _silent = silent
        .serve_at("/org/freedesktop/secrets", Silent)
        .unwrap()
        .build()
        .await
        .unwrap();
    let limit = Duration::from_millis(200);
    let store = SecretStore::Keyring(KeyringStore::new("offhook-test").with_limit(limit));
    for _ in 0..5 {
        assert_eq!(load(&store).await, Err(SecretError::Late));
    }
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let names =
        threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap_or_default());
    assert_eq!(names.filter(|name| name.trim() == "keyring").count(), 1);
}

struct Silent;

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Silent {
    #[zbus(name = "ReadAlias")]
    async fn read_alias(&self, _name: &str) -> zbus::zvariant::OwnedObjectPath {
        std::future::pending().await
    }
}
