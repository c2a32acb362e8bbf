//! A day for each seed, and many of them.

use super::calendar;
use super::chance::Chance;
use super::desk::{Desk, Failure};
use super::logs;
use super::model::{CELLS, Own};
use super::pbx;
use super::person;
use offhook_engine::jiff::civil::{Time, Weekday};
use offhook_engine::jiff::tz::TimeZone;
use offhook_engine::profile::NAMES;
use offhook_engine::rules::{Rules, WorkingHours};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A day with its change of clocks.
pub const HOURS: u64 = 25;

/// Each begun at noon before the clocks change.
const CHANGES: [(&str, &str); 6] = [
    ("Europe/Berlin", "2026-03-28T12:00:00Z"),
    ("Europe/Berlin", "2026-10-24T12:00:00Z"),
    ("America/New_York", "2026-03-07T16:00:00Z"),
    ("America/New_York", "2026-10-31T16:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T02:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T02:00:00Z"),
];

/// Seeds of days on which an invariant did not hold once. Every run begins with them: a day that fails is added here,
/// beside the scenario in `crates/engine/tests` that tells what was wrong. A world that has learnt something new tells
/// other days under the same seeds: those that failed before are then days like others, and their scenarios stay.
pub const FAILED_ONCE: &[u64] = &[
    79, 142, 338, 345, 391, 415, 604, 625, 718, 788, 870, 910, 931, 1024, 1057, 1211, 1479, 1568, 1588, 1589,
    1719, 1810, 1910, 2202, 2205, 2544, 2730, 2764, 3317, 5931, 6288, 6414, 9669, 9726, 13228, 16312, 25383,
    32305, 35583, 37647,
];

/// What became of days.
#[derive(Debug, Default)]
pub struct Outcome {
    pub days: u64,
    pub events: u64,
    pub counts: BTreeMap<&'static str, u64>,
    /// With their seeds, which are in the text.
    pub failures: Vec<(u64, Failure)>,
}

impl Outcome {
    pub fn and(mut self, other: Self) -> Self {
        self.days += other.days;
        self.events += other.events;
        for (kind, n) in other.counts {
            *self.counts.entry(kind).or_default() += n;
        }
        self.failures.extend(other.failures);
        self
    }
}

/// The day of that seed. `goes_on`: not only the first failure, but the first of each invariant.
pub fn day(seed: u64, goes_on: bool) -> Outcome {
    logs::collect();
    let day = through(seed, goes_on, false);
    if day.failures.is_empty() {
        return day;
    }
    // The same once more, and told this time.
    let told = through(seed, goes_on, true);
    let same = day.failures.len() == told.failures.len() && day.events == told.events;
    assert!(same, "seed {seed} is another day when it is told");
    told
}

fn through(seed: u64, goes_on: bool, tells: bool) -> Outcome {
    let (zone, begins) = CHANGES[(seed % 6) as usize];
    // Few days of each, so that the others are as they were.
    let (others, replies, few) = (seed % 13 == 5, seed % 13 == 7, seed % 13 == 9);
    let own: Vec<Own> = if seed % 4 < 2 || others || few {
        CELLS.iter().take(2).map(|(_, _, own)| *own).collect()
    } else {
        Vec::new()
    };
    let hours = WorkingHours {
        days: vec![Weekday::Saturday, Weekday::Sunday],
        from: Time::constant(1, 0, 0, 0),
        to: Time::constant(23, 30, 0, 0),
    };
    let has_calendar = matches!(seed % 7, 0 | 2);
    // Few days of those that have a calendar, so that the others are as they were before there were messages.
    let has_messages = matches!(seed % 21, 7 | 9 | 16);
    let mut chosen = calendar::rules(&mut Chance::new(seed));
    if has_messages {
        (chosen.title, chosen.teams_message) = (true, true);
    }
    let rules = Rules {
        calendar: chosen,
        zone: TimeZone::get(zone).unwrap(),
        working_hours: seed.is_multiple_of(3).then_some(hours),
        ..Rules::default()
    };
    let rules = person::rules(NAMES[(seed / 2 % 4) as usize], &own, rules);
    let mut desk = Desk::new(format!("seed {seed}"), seed, begins, rules, own);
    if has_calendar {
        desk.has_appointments(calendar::entries(seed, desk.now.wall));
    }
    if has_messages {
        desk.has_messages();
    }
    if others {
        desk.other = Some(Chance::new(seed));
    }
    if replies {
        desk.automatic_replies();
    }
    if few {
        desk.abilities = pbx::FEW;
    }
    desk.goes_on = goes_on;
    desk.tells = tells;
    desk.run(HOURS as f64);
    Outcome {
        days: 1,
        events: desk.events,
        counts: desk.story.counts,
        failures: desk.failures.into_iter().map(|failure| (seed, failure)).collect(),
    }
}

/// The days of these seeds, on so many threads, until `stop_after` of them have failed or the time is over.
pub fn days(
    seeds: &[u64],
    threads: usize,
    stop_after: usize,
    until: Option<Instant>,
    progress: impl Fn(&Outcome) + Sync,
) -> Outcome {
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut sum = Outcome::default();
        while failed.load(Ordering::Relaxed) < stop_after as u64
            && until.is_none_or(|until| Instant::now() < until)
        {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = usize::try_from(n).ok().and_then(|n| seeds.get(n)) else {
                break;
            };
            let one = day(*seed, false);
            if !one.failures.is_empty() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            progress(&one);
            sum = sum.and(one);
        }
        sum
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().fold(Outcome::default(), |sum, thread| {
            sum.and(thread.join().unwrap_or_else(|why| std::panic::resume_unwind(why)))
        })
    })
}

/// Kinds that happened fewer than 20 times.
pub fn rare(counts: &BTreeMap<&'static str, u64>) -> Vec<String> {
    super::story::kinds()
        .map(|kind| (kind, counts.get(kind).copied().unwrap_or_default()))
        .filter(|(_, n)| *n < 20)
        .map(|(kind, n)| format!("{kind}: {n}"))
        .collect()
}
