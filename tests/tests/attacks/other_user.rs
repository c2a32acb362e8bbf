//! Another user of the same machine, here `nobody`, against socket and files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::places;
use offhook_tests::playground::Playground;
use offhook_tests::process::{finish, program};
use offhook_tests::product::{Product, Said, binary};

const NOBODY: &str = "65534";

/// Whether this test may become another user. Only then it shows anything.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn can_be_another() -> bool {
    let root = rustix::process::getuid().is_root();
    if !root {
        eprintln!("LEFT OUT: only root can become another user; run this test as root");
    }
    root
}

/// Runs a program as another user, to its end.
fn as_nobody(words: &[&str]) -> Said {
    let mut command = program(places::system_program("setpriv"));
    command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]);
    command.args(words);
    let (status, stdout, stderr) = finish("setpriv", command, "", Duration::from_secs(30));
    Said {
        code: status.code().unwrap_or(-1),
        stdout,
        stderr,
    }
}

/// Everything below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        }
        found.push(entry.path());
    }
    found
}

/// A desk in use whose data folder somebody made readable to all before the first start.
fn in_use<'desk>(desk: &'desk Desk, company: &Playground) -> Product<'desk> {
    let mut product = Product::new(desk);
    fs::set_permissions(product.data_dir(), fs::Permissions::from_mode(0o777)).expect("the mode");
    product.write_settings(&format!(
        "{}\n[store]\nsecrets = \"file\"\n",
        company.settings().split("[store]").next().unwrap_or_default()
    ));
    product.start_headless();
    product.set_phone_password("a-secret-of-the-person");
    product.sign_in("alice");
    let said = product.ctl(&["call", "answer", "--source", "desk", "--id", "1"]);
    assert_eq!(said.code, 0, "{said:?}");
    product
}

#[test]
fn another_user_reads_no_file() {
    if !can_be_another() {
        return;
    }
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let product = in_use(&desk, &company);
    let folder = product.data_dir();
    let found = files(folder);
    for name in [
        "settings.toml",
        "secrets.json",
        "hook.json",
        "run.json",
        "offhook.log",
    ] {
        assert!(
            found.iter().any(|path| path.ends_with(name)),
            "{name} in {found:?}"
        );
    }
    assert_ne!(as_nobody(&["ls", &folder.display().to_string()]).code, 0);
    let mode = |path: &Path| fs::metadata(path).expect("it").permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    for path in &found {
        let said = as_nobody(&["cat", &path.display().to_string()]);
        assert!(
            said.code != 0 && said.stdout.is_empty(),
            "{}: {said:?}",
            path.display()
        );
        // What is secret is shut by itself, too, whatever becomes of the folder.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if ["secrets.json", "hook.json", "control.sock", "offhook.log"].contains(&name.as_ref()) {
            assert_eq!(mode(path) & 0o077, 0, "{}", path.display());
        }
    }
}

#[test]
fn another_user_is_not_talked_to_even_at_an_open_socket() {
    if !can_be_another() {
        return;
    }
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let product = in_use(&desk, &company);
    let folder = product.data_dir();
    // Copied where another user may run it.
    let place = places::folder("anybody");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("the mode");
    let ctl = place.path().join("offhookctl");
    fs::copy(binary("offhookctl"), &ctl).expect("the console program");
    let (ctl, data_dir) = (ctl.display().to_string(), folder.display().to_string());
    let ask = |what: &[&str]| {
        let words = [&[ctl.as_str(), "--data-dir", data_dir.as_str()], what].concat();
        as_nobody(&words)
    };
    assert_ne!(ask(&["status"]).code, 0);
    // Somebody opens folder and socket to all: who asks is looked at all the same.
    for path in files(folder)
        .iter()
        .map(std::path::PathBuf::as_path)
        .chain([folder])
    {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("the mode");
    }
    for what in [
        &["status"][..],
        &["why"],
        &["pause", "on"],
        &["quit"],
        &["doctor"],
    ] {
        let said = ask(what);
        assert!(said.code != 0 && said.stdout.is_empty(), "{what:?}: {said:?}");
    }
    // The person's own console goes on.
    let status = product.status();
    assert_eq!(status["paused_until"], serde_json::Value::Null);
    assert_ne!(status["state"], "paused");
}

#[test]
fn nothing_secret_stands_on_a_command_line() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let mut product = in_use(&desk, &company);
    let pid = product.process().pid();
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("the command line");
    assert!(
        line.contains("offhook") && !line.contains("a-secret-of-the-person"),
        "{line}"
    );
    // Every other user sees command lines; the console program takes no secret as one.
    let said = product.ctl(&["secret", "set", "phone", "a-secret-of-the-person"]);
    assert_eq!(said.code, 2, "{said:?}");
}
