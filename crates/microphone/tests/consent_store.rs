//! The consent store as Windows' registry has it: another process writes, and it is told at once.
#![cfg(windows)]

use offhook_microphone::consent::{CLASSIC, STORE};
use offhook_microphone::{App, WatchError, watch};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Shorter than the pace at which it looks by itself: what comes sooner came by the notice.
const SOON: Duration = Duration::from_secs(10);

/// Keys of a program that is made up, taken out at the end.
struct Program(String);

impl Program {
    fn new(path: &str) -> Self {
        Self(format!("HKCU\\{STORE}\\{CLASSIC}\\{}", path.replace('\\', "#")))
    }

    fn set(&self, value: &str, time: u64) {
        let time = time.to_string();
        let added = Command::new("reg")
            .args(["add", &self.0, "/v", value, "/t", "REG_QWORD", "/d", &time, "/f"])
            .output()
            .expect("reg");
        assert!(
            added.status.success(),
            "{}",
            String::from_utf8_lossy(&added.stderr)
        );
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = Command::new("reg").args(["delete", &self.0, "/f"]).output();
    }
}

fn file_time(ago: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let then = now.saturating_sub(ago);
    u64::try_from(then.as_nanos() / 100).expect("in time") + 116_444_736_000_000_000
}

fn wait(told: &Receiver<Result<Vec<App>, WatchError>>, id: &str, in_use: bool) -> Vec<App> {
    let begun = Instant::now();
    loop {
        let left = SOON.saturating_sub(begun.elapsed());
        let apps = told.recv_timeout(left).expect("told in time").expect("readable");
        if apps.iter().any(|app| app.id == id && app.in_use == in_use) {
            return apps;
        }
    }
}

#[test]
fn a_program_at_the_microphone_is_told_at_once_and_what_a_crash_left_is_not() {
    // One that runs: this one.
    let own = std::env::current_exe().expect("a path");
    let own_name = own.file_name().expect("a name").to_string_lossy().to_lowercase();
    let program = Program::new(&own.to_string_lossy());
    let left = Program::new(r"C:\Old\left-over.exe");
    program.set("LastUsedTimeStart", file_time(Duration::from_secs(60)));
    program.set("LastUsedTimeStop", file_time(Duration::from_secs(30)));
    // Open since long before the system was started.
    left.set(
        "LastUsedTimeStart",
        file_time(Duration::from_secs(3600 * 24 * 3650)),
    );
    left.set("LastUsedTimeStop", 0);
    let (sender, told) = channel();
    let watching = watch(move |apps| {
        let _ = sender.send(apps);
    })
    .expect("a way to watch");
    let apps = wait(&told, &own_name, false);
    assert!(
        apps.iter().any(|app| app.id == "left-over.exe" && !app.in_use),
        "{apps:?}"
    );
    for _ in 0..3 {
        program.set("LastUsedTimeStop", 0);
        wait(&told, &own_name, true);
        program.set("LastUsedTimeStop", file_time(Duration::ZERO));
        wait(&told, &own_name, false);
    }
    drop(watching);
    // The thread has ended, and nobody is told any more.
    let begun = Instant::now();
    while told.recv_timeout(SOON).is_ok() {
        assert!(begun.elapsed() < SOON);
    }
}
