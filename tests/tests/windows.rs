//! The programs for Windows as a person uses them, by wine. `cargo xtask cross` builds them and runs this.
#![cfg(target_os = "linux")]

#[path = "windows/microsip.rs"]
mod microsip;
#[path = "windows/office.rs"]
mod office;
#[path = "windows/policy.rs"]
mod policy;
#[path = "windows/telephony.rs"]
mod telephony;

use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::process::Running;
use offhook_tests::wine::Windows;
use offhook_tests::{stays, wait_until};
use office::{Office, PERSON, SOON};
use serde_json::Value;

/// `PBT_APMSUSPEND` and `PBT_APMRESUMEAUTOMATIC` of `WM_POWERBROADCAST` (winuser.h).
const SUSPEND: &str = "4";
const RESUMED: &str = "0x12";
/// `WM_QUERYENDSESSION`, `WM_ENDSESSION` and `WM_WTSSESSION_CHANGE` (winuser.h).
const MAY_IT_END: &str = "0x11";
const IT_ENDS: &str = "0x16";
const SESSION: &str = "0x2b1";
/// `WTS_SESSION_LOCK` and `WTS_SESSION_UNLOCK`.
const LOCKED: &str = "7";
const UNLOCKED: &str = "8";
/// Of the icon's window, by tray-icon.
const ICON: &str = "tray_icon_app";
/// What would happen, would happen within this.
const A_WHILE: Duration = Duration::from_secs(2);

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_call_shows_in_teams_and_quit_releases_everything() {
    let mut office = Office::in_use(&["--no-tray"]);
    let mark = office.company.mark();
    office.call("newCall");
    office.call("answer");
    office.wait_presence("Busy/InACall");
    let status = office
        .windows
        .wait_status("the call", |status| status["state"] == "in-call");
    assert_eq!(status["teams"]["session"]["activity"], "InACall");
    let why = office.windows.ctl(&["why"]);
    assert_eq!(why.code, 0);
    assert!(!why.stdout.trim().is_empty());
    office.call("hangup");
    wait_until(SOON, "the session to be cleared", || {
        office.company.written_since(mark) == ["setPresence", "clearPresence"]
    });

    office.engage();
    let said = office.windows.ctl(&["quit"]);
    assert_eq!(said.code, 0, "{said:?}");
    office.wait_released();

    // The sign-in rests in the Credential Manager, and nothing of it in a file of ours.
    assert!(!office.windows.data_dir().join("secrets.json").exists());
    office.windows.start(&["--no-tray"]);
    office.ready();
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_second_start_hands_over_and_a_killed_one_leaves_its_place() {
    let mut office = Office::in_use(&["--no-tray"]);
    let second = office.windows.run("offhook.exe", &["--no-tray"], "");
    // It only starts the window program, and the first one stays the only one.
    stays(Duration::from_secs(1), "the first one", || {
        office.windows.ctl(&["version"]).code == 0
    });
    assert!(
        second.code == 0 || second.stderr.contains("running already"),
        "{second:?}"
    );
    office.engage();
    office.windows.process().kill();
    let said = office.windows.ctl(&["status"]);
    assert_eq!(said.code, 3, "nothing runs: {said:?}");
    // What was held is known from the ledger: with its cause gone it is put back.
    office.company.pick(PERSON, Some("available"));
    office.windows.start(&["--no-tray"]);
    office.windows.wait_status("the phone as it was", |status| {
        status["phone"]["dnd"]["value"] == false && status["calls"] == Value::Array(Vec::new())
    });
    wait_until(SOON, "the session to be cleared", || {
        office.company.sessions(PERSON) == 0
    });
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn the_pipe_is_for_its_owner_alone() {
    let office = Office::in_use(&["--no-tray"]);
    let run = std::fs::read_to_string(office.windows.data_dir().join("run.json")).unwrap();
    let run: Value = serde_json::from_str(&run).unwrap();
    let pipe = run["socket"].as_str().unwrap();
    assert!(pipe.starts_with(r"\\.\pipe\offhook-"), "{pipe}");
    // One entry, for the owner (OW); nothing inherited (P), and so nothing for anybody else.
    assert_eq!(office.windows.probe(&["access", pipe]), "D:P(A;;GA;;;OW)");
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_pipe_of_another_process_is_told_nothing() {
    let office = Office::in_use(&["--no-tray"]);
    let path = office.windows.data_dir().join("run.json");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut run: Value = serde_json::from_str(&written).unwrap();
    // As after a crash, when somebody else has taken the pipe's name.
    run["pid"] = (run["pid"].as_u64().unwrap() + 4).into();
    std::fs::write(&path, run.to_string()).unwrap();
    let said = office.windows.ctl(&["status"]);
    assert_eq!(said.code, 3, "not running: {said:?}");
    std::fs::write(&path, written).unwrap();
    let said = office.windows.ctl(&["status"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_log_off_releases_everything() {
    let mut office = Office::set_up(Desk::with_screen());
    office.windows.start(&["--minimised"]);
    office.move_in();
    office.engage();
    // Asked first, and then somebody else says no: nothing is put back.
    assert_eq!(office.told(MAY_IT_END, "0"), "1");
    assert_eq!(office.told(IT_ENDS, "0"), "0");
    stays(A_WHILE, "what is held", || {
        office.is_silent() && office.company.sessions(PERSON) == 1
    });
    let said = office.windows.run("wineboot", &["--end-session"], "");
    assert_eq!(said.code, 0, "{said:?}");
    office.wait_released();
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn sleep_releases_and_waking_up_sets_again() {
    let mut office = Office::set_up(Desk::with_screen());
    office.windows.start(&["--minimised"]);
    office.move_in();
    office.engage();
    assert_eq!(office.power(SUSPEND), "1");
    wait_until(SOON, "phone and Teams as they were", || {
        !office.is_silent() && office.company.sessions(PERSON) == 0
    });
    office.power(RESUMED);
    wait_until(SOON, "the session to be set again", || {
        office.company.sessions(PERSON) == 1
    });
    office.windows.wait_status("do not disturb", |status| {
        status["phone"]["dnd"]["owner"] == "offhook"
    });
    let said = office.windows.ctl(&["quit"]);
    assert_eq!(said.code, 0, "{said:?}");
    office.wait_released();
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn unlocking_reads_teams_at_once_and_locking_changes_nothing() {
    // So seldom that no read of its own falls into this test.
    let mut office = Office::furnished(Desk::with_screen(), Windows::new, |settings| {
        format!("{settings}\n[teams]\npoll_seconds_min = 300\n")
    });
    office.windows.start(&["--minimised"]);
    office.move_in();
    office.company.pick(PERSON, Some("do-not-disturb"));
    let mark = office.company.mark();
    assert_eq!(office.told(SESSION, LOCKED), "0");
    stays(A_WHILE, "no read", || office.company.reads_since(mark).is_empty());
    assert_eq!(office.told(SESSION, UNLOCKED), "0");
    wait_until(SOON, "the phone to be silent", || office.is_silent());
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn the_icon_is_there_again_after_a_restart_of_explorer() {
    let mut office = Office::set_up(Desk::with_screen());
    office.windows.start(&["--minimised"]);
    let icons = || office.windows.probe(&["icon", ICON]);
    wait_until(SOON, "the icon", || icons() == "1");
    assert_eq!(office.windows.probe(&["new-taskbar", ICON]), "1");
    assert_eq!(icons(), "1");
}

/// No wine has a WebView2, and some Windows 10 have none either.
#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn without_webview2_the_window_says_what_to_install_and_the_rest_goes_on() {
    let mut office = Office::set_up(Desk::with_screen());
    office.windows.start(&["--minimised"]);
    let window = office.windows.command("offhook-window.exe", &[]);
    let mut window = Running::start("offhook-window.exe", window);
    window.wait_line(SOON, |line| {
        line.contains("Install the Microsoft Edge WebView2 Runtime")
    });
    // Nobody reads that line: a box says the same.
    wait_until(SOON, "the box", || office.desk.window("^Offhook$").is_some());
    assert_eq!(office.windows.ctl(&["status"]).code, 0);
}
