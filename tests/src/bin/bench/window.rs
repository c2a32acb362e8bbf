//! From a click in the menu to a painted page, and what a window costs.

use std::thread;
use std::time::{Duration, Instant};

use offhook_tests::desk::{Desk, TrayHost};
use offhook_tests::process::Running;
use offhook_tests::product::{Product, binary};
use offhook_tests::wait_until;

use crate::idle::{details, watch_offhook};
use crate::office::{LIMIT, Office, wait_healthy};
use offhook_tests::report::{Row, Section, Spread, mib};
use offhook_tests::vitals::{Memory, Watched, family, memory, running};

const TITLE: &str = "Offhook";
const ENTRY: &str = "Open Offhook";
/// The screen is at rest when nothing has changed for this long.
const REST: Duration = Duration::from_secs(2);
/// How often the screen is looked at: a look takes the processor 2 ms.
const PACE: Duration = Duration::from_millis(10);
/// From the click to a painted page.
const GOAL: Duration = Duration::from_millis(600);
/// Reading every 3 s after the start ends, and a window settles.
const SETTLES: Duration = Duration::from_secs(45);

pub fn measure(quick: bool) -> Section {
    let (runs, span) = (10, if quick { 60 } else { 300 });
    let span = Duration::from_secs(span);
    let (desk, office) = (Desk::with_screen(), Office::open());
    let host = TrayHost::start(&desk);
    let mut offhook = office.offhook(&desk, "alice", "");
    office.start(&mut offhook, &["--minimised"]);
    let item = host.wait_item();
    wait_healthy(&offhook);
    office.others_phone();
    thread::sleep(SETTLES);
    let before = watch_offhook(&mut offhook, span);
    let (mut mapped, mut painted) = (Vec::new(), Vec::new());
    let mut bare = Vec::new();
    for _ in 0..runs {
        let begun = Instant::now();
        item.click(&[ENTRY]);
        let shown = frames(&desk, begun);
        mapped.push(shown.first_change());
        painted.push(shown.painted());
        close(&desk, &offhook);
        bare.push(bare_window(&desk));
    }
    item.click(&[ENTRY]);
    desk.wait_window(TITLE);
    thread::sleep(SETTLES);
    let open = watch_offhook(&mut offhook, span);
    let tree = window_memory(&offhook);
    close(&desk, &offhook);
    thread::sleep(SETTLES);
    let after = watch_offhook(&mut offhook, span);
    offhook.term();
    let (mapped, painted, bare) = (Spread::of(mapped), Spread::of(painted), Spread::of(bare));
    let ratio = painted.p(50).as_secs_f64() / bare.p(50).as_secs_f64();
    let reached = painted.p(50) < GOAL;
    let own = |what: &str, seen: &Watched| {
        let value = format!(
            "{} resident, {} private-dirty, {:.1} wake-ups a minute",
            mib(seen.memory.resident),
            mib(seen.memory.private_dirty),
            seen.wakeups_per_minute()
        );
        let reached = seen.memory.resident <= 20 * 1024 && seen.memory.private_dirty <= 8 * 1024;
        Row::new(format!("`offhook`, {what}"), value).goal("≤ 20 MiB, ≤ 8 MiB", reached)
    };
    let processes = tree.len();
    let sum = tree.into_iter().fold(Memory::default(), |sum, one| sum + one);
    Section {
        title: "Window",
        how: format!(
            "Click in the menu over D-Bus, then the pixels of a screen that is kept in memory (Xvfb, openbox, \
             software rendering), looked at every {} ms: *mapped* is the first change, *painted* the first moment \
             at which 95 % of what finally stands out from the page's background (text, lines, controls) has its \
             final colour. Memory after {} s of rest, wake-ups over {} s.",
            PACE.as_millis(),
            SETTLES.as_secs(),
            span.as_secs()
        ),
        rows: vec![
            Row::new("click to window mapped", mapped.milliseconds(95)),
            Row::new("click to page painted", painted.milliseconds(95)).goal("< 600 ms", reached),
            Row::new(
                "one line of text by the same web engine, with nothing of ours",
                bare.milliseconds(95),
            ),
            Row::new(
                "ratio of the medians, our page to that line",
                format!("{ratio:.1} ×"),
            ),
            own("before the first window", &before),
            own("with a window open", &open),
            own("after closing it", &after),
            Row::new(
                format!("`offhook-window` and its children while open ({processes} processes)"),
                format!(
                    "{} resident in sum, {} proportional, {} private-dirty",
                    mib(sum.resident),
                    mib(sum.proportional),
                    mib(sum.private_dirty)
                ),
            ),
        ],
        more: details("`offhook` after closing the window", &after),
    }
}

fn window_memory(offhook: &Product<'_>) -> Vec<Memory> {
    let pid = window_process(offhook).expect("a running window");
    family(pid)
        .into_iter()
        .map(memory)
        .filter(|one| one.resident > 0)
        .collect()
}

fn window_process(offhook: &Product<'_>) -> Option<u32> {
    running("offhook-window", offhook.data_dir().to_str()?)
}

/// From before its process is made to a painted line.
fn bare_window(desk: &Desk) -> Duration {
    let mut command = desk.command(binary("examples/bare_window"));
    if !std::path::Path::new("/dev/dri").exists() {
        // As `offhook` starts its window there.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    }
    let before = desk.frame();
    let begun = Instant::now();
    let mut process = Running::start("bare_window", command);
    let painted = frames(desk, begun).painted();
    process.kill();
    wait_until(LIMIT, "an empty screen", || desk.frame() == before);
    painted
}

/// As a person does, and until its process has ended.
fn close(desk: &Desk, offhook: &Product<'_>) {
    let window = desk.wait_window(TITLE);
    desk.close_window(&window);
    wait_until(LIMIT, "the window's end", || {
        // One that has ended and was not asked for its status yet has no command line any more.
        desk.window(TITLE).is_none() && window_process(offhook).is_none()
    });
}

/// What the screen showed, from the click on.
struct Frames {
    before: Vec<u8>,
    changes: Vec<(Duration, Vec<u8>)>,
}

fn frames(desk: &Desk, begun: Instant) -> Frames {
    let before = desk.frame();
    let mut changes: Vec<(Duration, Vec<u8>)> = Vec::new();
    while changes.last().is_none_or(|(at, _)| begun.elapsed() - *at < REST) {
        assert!(begun.elapsed() < LIMIT, "the screen did not come to rest");
        let frame = desk.frame();
        let last = changes.last().map_or(&before, |(_, frame)| frame);
        if frame != *last {
            changes.push((begun.elapsed(), frame));
        }
        thread::sleep(PACE);
    }
    Frames { before, changes }
}

impl Frames {
    fn first_change(&self) -> Duration {
        self.changes[0].0
    }

    fn painted(&self) -> Duration {
        let last = &self.changes[self.changes.len() - 1].1;
        let pixels = |frame: &[u8]| -> Vec<[u8; 4]> { frame.as_chunks::<4>().0.to_vec() };
        let (first, last) = (pixels(&self.before), pixels(last));
        let changed: Vec<usize> = (0..last.len()).filter(|at| first[*at] != last[*at]).collect();
        let mut colours = std::collections::HashMap::new();
        for at in &changed {
            *colours.entry(last[*at]).or_insert(0usize) += 1;
        }
        let background = colours
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(colour, _)| colour);
        let content: Vec<usize> = changed
            .into_iter()
            .filter(|at| Some(last[*at]) != background)
            .collect();
        let done = |frame: &[u8]| {
            let frame = frame.as_chunks::<4>().0;
            let right = content.iter().filter(|at| frame[**at] == last[**at]).count();
            right * 100 >= content.len() * 95
        };
        let found = self.changes.iter().find(|(_, frame)| done(frame));
        found.expect("the last frame at least").0
    }
}
