//! MicroSIP's lines on Windows: written by the real program, run as MicroSIP runs them. MicroSIP waits for each of them, so
//! they have to be quick; `docs/MEASURED.md` has how quick.

use std::fs;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::wait_until;
use offhook_tests::wine::Windows;
use serde_json::json;

use super::office::{Office, PERSON, SOON};

const TIMES: usize = 20;
/// MicroSIP stands still meanwhile. Generous: a busy machine, by wine, with programs built for development.
const NOTICED: Duration = Duration::from_secs(5);

/// Runs the command of an event: the program, and its words with the number behind them.
fn microsip_runs(office: &Office, ini: &str, key: &str, number: &str) -> Duration {
    let line = ini
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("{key} in {ini}"));
    let (program, words) = line.strip_prefix('"').unwrap().split_once('"').unwrap();
    let arguments = format!("{} {number}", words.trim());
    let said = office.windows.probe(&["run", program, &arguments]);
    let (code, took) = said.split_once(' ').unwrap();
    assert_eq!(code, "0", "{key} {number}");
    Duration::from_micros(took.parse().unwrap())
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn the_lines_written_for_microsip_report_its_calls_and_are_quick() {
    let mut office = Office::furnished(Desk::headless(), Windows::new, |settings| {
        format!("{settings}\n[lines.microsip]\nini = 'C:\\microsip.ini'\n")
    });
    let file = office.windows.drive().join("microsip.ini");
    fs::write(&file, "[Settings]\r\naccountId=1\r\ncmdCallStart=\r\n").unwrap();
    office.windows.start(&["--no-tray"]);
    office.move_in();
    let written = office.ask(&json!({ "microsip": "write" }));
    assert_eq!(written["microsip"]["written"], true, "{written:#}");
    let ini = fs::read_to_string(&file).unwrap();
    assert!(ini.contains("accountId=1\r\n"), "{ini}");

    let mark = office.company.mark();
    microsip_runs(&office, &ini, "cmdIncomingCall", "+49301234");
    office.windows.wait_status("the ringing", |status| {
        status["calls"][0]["source"] == "microsip" && status["calls"][0]["state"] == "ringing"
    });
    microsip_runs(&office, &ini, "cmdCallStart", "+49301234");
    office.wait_presence("Busy/InACall");
    microsip_runs(&office, &ini, "cmdCallEnd", "+49301234");
    wait_until(SOON, "the session to be cleared", || {
        office.company.sessions(PERSON) == 0
    });
    assert_eq!(
        office.company.written_since(mark),
        ["setPresence", "clearPresence"]
    );

    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| microsip_runs(&office, &ini, "cmdCallEnd", "+49301234"))
        .collect();
    took.sort();
    println!("median {:?}, most {:?}", took[TIMES / 2], took[TIMES - 1]);
    assert!(took[TIMES / 2] < NOTICED, "{took:?}");
}
