//! The run, and its section of the document.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use offhook_tests::report::{self, Row, Section, mib};
use offhook_tests::soak::{Outcome, Plan, QUANTITIES, soak};

const USAGE: &str = "usage: cargo xtask soak [--minutes N] [--debug]
30 minutes unless told. --debug takes unoptimised programs, and does not change docs/MEASURED.md; nor does a run of less
than 30 minutes.";
const USUAL: u64 = 30;

pub fn main() -> ExitCode {
    let Some((minutes, keep)) = parse(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    let machine = report::machine();
    let outcome = soak(&Plan::of(Duration::from_secs(minutes * 60)));
    let faults = outcome.faults();
    let text = section(&outcome, &faults).render("soak", &machine);
    println!("{text}");
    if keep && faults.is_empty() {
        report::keep("soak", &text);
    }
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Minutes, and whether the result goes into the document.
fn parse(mut words: impl Iterator<Item = String>) -> Option<(u64, bool)> {
    let (mut minutes, mut debug) = (USUAL, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--minutes" => minutes = words.next()?.parse().ok().filter(|minutes| *minutes >= 10)?,
            "--debug" => debug = true,
            _ => return None,
        }
    }
    Some((minutes, !debug && minutes >= USUAL))
}

fn section(outcome: &Outcome, faults: &[String]) -> Section {
    let rows = QUANTITIES.iter().zip(&outcome.courses).map(|(quantity, course)| {
        let text = |value| quantity.text(value);
        let value = format!(
            "{} after the first round, {} in the middle, {} at the end",
            text(course.first),
            text(course.middle),
            text(course.last)
        );
        let goal = match quantity.most {
            Some(most) => format!("≤ {}", text(most)),
            None => format!(
                "{} of ≤ {} more over the second half",
                text(course.growth),
                text(quantity.tolerance)
            ),
        };
        Row::new(quantity.name, value).goal(goal, course.flat)
    });
    let mut more = String::from("| what happened | times |\n|---|---|\n");
    for (step, times) in &outcome.steps {
        let _ = writeln!(more, "| {step} | {times} |");
    }
    more.push_str("\n| memory | resident after the first round | at the end | private-dirty after the first round | at the end |\n|---|---|---|---|---|\n");
    let [begin, end] = &outcome.mappings;
    for (kind, resident, dirty) in end {
        let before = begin.iter().find(|(known, ..)| known == kind);
        let (resident_before, dirty_before) =
            before.map_or((0, 0), |(_, resident, dirty)| (*resident, *dirty));
        let _ = writeln!(
            more,
            "| {kind} | {} | {} | {} | {} |",
            mib(resident_before),
            mib(*resident),
            mib(dirty_before),
            mib(*dirty)
        );
    }
    let judged = if faults.is_empty() {
        "Every step came about, and at the end nothing was left: neither do not disturb nor a session nor a hold, no process, no socket.".to_owned()
    } else {
        format!("**Not in order:** {}.", faults.join("; "))
    };
    let _ = write!(more, "\n{judged}\n");
    Section {
        title: "Soak",
        how: format!(
            "{:.0} minutes, {} rounds of what the table below names: the real program in a tray, a real Asterisk and \
             real SIP phones, the pretend company's Entra and Graph (behind TLS), windows on a screen in memory. \
             Looked at every 2 s; a round counts with its median (memory) or its least (the rest), the second half of \
             the rounds is fitted by a line, and that line may not rise by more than the tolerance.",
            outcome.took.as_secs_f64() / 60.0,
            outcome.rounds
        ),
        rows: rows.collect(),
        more,
    }
}
