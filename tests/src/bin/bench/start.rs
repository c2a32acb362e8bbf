//! From the start of the program to its icon in the tray.

use std::process::Stdio;
use std::time::{Duration, Instant};

use offhook_tests::desk::{Desk, TrayHost};
use offhook_tests::product::binary;

use crate::office::{LIMIT, Office};
use offhook_tests::report::{Row, Section, Spread, ratio};

pub fn measure(quick: bool) -> Section {
    let runs = if quick { 5 } else { 20 };
    let (desk, office) = (Desk::headless(), Office::open());
    let host = TrayHost::start(&desk);
    let mut offhook = office.offhook(&desk, "alice", "");
    let (mut trays, mut doors, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let before = host.registered().len();
        let begun = Instant::now();
        office.launch(&mut offhook, &["--minimised"]);
        trays.push(until(begun, "an icon in the tray", || {
            host.registered().len() > before
        }));
        // Quitting before it is ready to be told to is another matter.
        until(begun, "an answer", || offhook.ctl(&["version"]).code == 0);
        offhook.term();

        let door = offhook.data_dir().join("control.sock");
        let begun = Instant::now();
        office.launch(&mut offhook, &["--no-tray"]);
        doors.push(until(begun, "the control socket", || {
            std::os::unix::net::UnixStream::connect(&door).is_ok()
        }));
        until(begun, "an answer", || offhook.ctl(&["version"]).code == 0);
        offhook.term();

        let mut command = desk.command(binary("offhook"));
        command.arg("--version").stdout(Stdio::null());
        let begun = Instant::now();
        let status = command.status().expect("offhook");
        assert!(status.success(), "offhook --version ended with {status}");
        versions.push(begun.elapsed());
    }
    let (trays, doors, versions) = (Spread::of(trays), Spread::of(doors), Spread::of(versions));
    Section {
        title: "Start",
        how: "From before the process is made to the icon's registration at the StatusNotifier watcher, on a private \
              bus; settings, ledger and tokens of a signed-in person are there. `--no-tray`: to the first accepted \
              connection at the control socket. `--version` in the same run is the price of a process."
            .to_owned(),
        rows: vec![
            Row::new("tray visible", trays.milliseconds(95))
                .goal("< 150 ms", trays.p(95) < Duration::from_millis(150)),
            Row::new("control socket open, headless", doors.milliseconds(95)),
            Row::new("`offhook --version`", versions.milliseconds(95)),
            Row::new("ratio of the medians, tray to `--version`", ratio(trays.p(50), versions.p(50))),
        ],
        more: String::new(),
    }
}

fn until(begun: Instant, what: &str, mut there: impl FnMut() -> bool) -> Duration {
    while !there() {
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} in vain for {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
    begun.elapsed()
}
