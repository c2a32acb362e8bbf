//! Wall time of `offhookctl call`, which hooks of other programs wait for.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use offhook_tests::desk::Desk;
use offhook_tests::places;
use offhook_tests::product::binary;

use crate::office::Office;
use offhook_tests::report::{Row, Section, Spread, ms, ratio};

/// The hook takes ten events a second of one source.
const PACE: Duration = Duration::from_millis(105);

pub fn measure(quick: bool) -> Section {
    let runs = if quick { 40 } else { 200 };
    let (desk, office) = (Desk::headless(), Office::open());
    let mut offhook = office.offhook(&desk, "alice", "");
    office.start(&mut offhook, &["--no-tray"]);
    let program = binary("offhookctl");
    let nothing = places::system_program("true");
    let (mut calls, mut nothings) = (Vec::new(), Vec::new());
    for at in 0..runs {
        let event = if at % 2 == 0 { "newCall" } else { "hangup" };
        let mut command = Command::new(&program);
        command.arg("--data-dir").arg(offhook.data_dir());
        command.args([
            "call",
            event,
            "--source",
            "bench",
            "--id",
            "1",
            "--direction",
            "in",
        ]);
        calls.push(timed(command));
        nothings.push(timed(Command::new(&nothing)));
        // Not to wait for something: this is the pace that the hook allows.
        thread::sleep(PACE);
    }
    offhook.term();
    let (calls, nothings) = (Spread::of(calls), Spread::of(nothings));
    Section {
        title: "`offhookctl call`",
        how: "From before the process is made to after it has ended, against a running, signed-in `offhook`; by \
              turns with `true`, which does nothing, in the same run."
            .to_owned(),
        rows: vec![
            Row::new("wall time", calls.milliseconds(99)).goal("p99 < 20 ms", calls.p(99) < Duration::from_millis(20)),
            Row::new("`true` in the same run", nothings.milliseconds(99)),
            Row::new("ratio of the medians", ratio(calls.p(50), nothings.p(50))),
            Row::new("ours: difference of the medians", ms(calls.p(50).saturating_sub(nothings.p(50)))),
        ],
        more: String::new(),
    }
}

fn timed(mut command: Command) -> Duration {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("a program");
    let took = begun.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    took
}
