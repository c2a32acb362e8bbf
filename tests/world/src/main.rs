//! `cargo xtask world`: many days, a table of what happened, and the story of a day that failed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console program")]

mod pieces;

use lexopt::prelude::*;
use offhook_world::day::{self, FAILED_ONCE, HOURS, Outcome};
use offhook_world::story::kinds;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: cargo xtask world [--hours N] [--seed S] [--minutes N] [--threads N] [--keep FOLDER]
  --hours N      simulated hours, a million unless told; a day of 25 hours for each seed
  --seed S       the first seed, 1 unless told
  --minutes N    begins no further day after so many minutes
  --threads N    days side by side, as many as there are processors unless told
  --keep FOLDER  keeps the figures of each hundred days there, and goes on where a run of the same seeds with the same
                 engine was interrupted";

/// More days that fail tell nothing new.
const ENOUGH: usize = 100;

struct Asked {
    hours: u64,
    first: Option<u64>,
    minutes: Option<u64>,
    threads: usize,
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut asked = Asked {
        hours: 1_000_000,
        first: None,
        minutes: None,
        threads: available_parallelism().map_or(1, usize::from),
        keep: None,
    };
    let mut arguments = lexopt::Parser::from_env();
    loop {
        let outcome = match arguments.next() {
            Ok(None) => break,
            Ok(Some(Long("hours"))) => number(&mut arguments).map(|n| asked.hours = n),
            Ok(Some(Long("seed"))) => number(&mut arguments).map(|n| asked.first = Some(n)),
            Ok(Some(Long("minutes"))) => number(&mut arguments).map(|n| asked.minutes = Some(n)),
            Ok(Some(Long("threads"))) => {
                number(&mut arguments).map(|n| asked.threads = usize::try_from(n).unwrap_or(1).max(1))
            }
            Ok(Some(Long("keep"))) => arguments.value().map(|folder| asked.keep = Some(folder.into())),
            Ok(Some(Long("help") | Short('h'))) => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            Ok(Some(other)) => Err(other.unexpected()),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    }
    run(&asked)
}

fn number(arguments: &mut lexopt::Parser) -> Result<u64, lexopt::Error> {
    arguments.value()?.parse()
}

fn run(asked: &Asked) -> ExitCode {
    let begun = Instant::now();
    let count = asked.hours.div_ceil(HOURS).max(1);
    let from = asked.first.unwrap_or(1);
    // A chosen seed is looked at by itself.
    let replayed: &[u64] = if asked.first.is_some() { &[] } else { FAILED_ONCE };
    let seeds: Vec<u64> = replayed.iter().copied().chain(from..from + count).collect();
    let step = (seeds.len() as u64 / 100).clamp(1000, 2000);
    let until = asked
        .minutes
        .map(|minutes| begun + Duration::from_secs(minutes * 60));
    let done = AtomicU64::new(0);
    let days = |seeds: &[u64]| {
        day::days(seeds, asked.threads, ENOUGH, until, |day| {
            for (seed, failure) in &day.failures {
                eprintln!("seed {seed}: invariant {}", failure.invariant);
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(step) {
                eprintln!("{done} days, {:.0} s", begun.elapsed().as_secs_f64());
            }
        })
    };
    let outcome = match &asked.keep {
        None => days(&seeds),
        Some(folder) => match pieces::through(folder, &seeds, days) {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("{}: {error}", folder.display());
                return ExitCode::FAILURE;
            }
        },
    };
    for kind in kinds() {
        println!(
            "{:>10}  {kind}",
            outcome.counts.get(kind).copied().unwrap_or_default()
        );
    }
    // The days are begun in order, so that none is left out before the last one.
    let last = (from + outcome.days).saturating_sub(replayed.len() as u64 + 1);
    println!(
        "{} hours, {} events, seeds {from} to {last} after {} that failed once, {} violations, {:.0} s on {} threads",
        outcome.days * HOURS,
        outcome.events,
        replayed.len(),
        outcome.failures.len(),
        begun.elapsed().as_secs_f64(),
        asked.threads,
    );
    verdict(&outcome)
}

fn verdict(outcome: &Outcome) -> ExitCode {
    let Some((seed, failure)) = outcome.failures.first() else {
        let rare = day::rare(&outcome.counts);
        // A few days show one thing or another; only a thousand hours show all.
        if outcome.days * HOURS >= 1000 && !rare.is_empty() {
            println!("too rare to show anything: {rare:?}");
            return ExitCode::FAILURE;
        }
        return ExitCode::SUCCESS;
    };
    println!("\n{}", failure.text);
    for (seed, failure) in &outcome.failures {
        println!("seed {seed}: invariant {}", failure.invariant);
    }
    println!("once more: cargo xtask world --seed {seed} --hours {HOURS}");
    println!(
        "to keep it: add {seed} to FAILED_ONCE in tests/world/src/day.rs, and a scenario to crates/engine/tests"
    );
    ExitCode::FAILURE
}
