//! A person's day: appointments that they join a little before or after, calls in Teams and on the phone, a screen that is
//! locked for a while, now and then "do not disturb" by hand, lunch, and the evening.

use crate::chance::Chance;
use std::time::Duration;

/// Seconds after half past seven.
const EIGHT: f64 = 1_800.0;
const NOON: f64 = 4.5 * 3600.0;
const ONE: f64 = NOON + 3600.0;
const EVENING: f64 = 9.5 * 3600.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// Teams, of its own.
    Shows(&'static str, &'static str),
    /// On the phone.
    Call,
    Hangup,
}

const FREE: Event = Event::Shows("Available", "Available");
/// Teams shows a locked screen so.
const AWAY: Event = Event::Shows("Away", "Away");

/// When the person's program starts: nearly all within a quarter of an hour of eight, or all within a minute.
pub fn starts(chance: &mut Chance, at_once: bool) -> Duration {
    let seconds = if at_once {
        EIGHT + chance.between(0.0, 60.0)
    } else {
        // The sum of three is near enough to a bell.
        let spread: f64 = (0..3).map(|_| chance.between(-5.0, 5.0)).sum();
        EIGHT + 60.0 * spread
    };
    Duration::from_secs_f64(seconds)
}

/// What happens, the last first.
pub type Plan = Vec<(Duration, Event)>;

/// What happens, and the appointments in the calendar, from and to.
pub fn day(chance: &mut Chance, starts: Duration, hours: f64) -> (Plan, Vec<(Duration, Duration)>) {
    let (begin, end) = (starts.as_secs_f64(), (hours * 3600.0).min(EVENING));
    let mut plan = Vec::new();
    let mut add = |at: f64, event| {
        if at > begin {
            plan.push((Duration::from_secs_f64(at), event));
        }
    };
    let mut busy: Vec<(f64, f64)> = Vec::new();
    let mut appointments = Vec::new();
    // Each half hour from eight on begins an appointment for one person in six, that lasts half an hour or a whole one.
    let mut at = EIGHT;
    while at < end {
        let length = chance.pick(&[1800.0, 1800.0, 3600.0]);
        let meal = at < ONE && at + length > NOON;
        if chance.hits(1.0 / 6.0) && !meal {
            let (from, to) = (at, at + length);
            appointments.push((Duration::from_secs_f64(from), Duration::from_secs_f64(to)));
            let joined = from + chance.between(-60.0, 120.0);
            let left = to + chance.between(-300.0, 60.0);
            // Teams shows the meeting at once, and the call when it is joined.
            add(from, Event::Shows("Busy", "InAMeeting"));
            add(joined.max(from + 1.0), Event::Shows("Busy", "InAConferenceCall"));
            add(left.max(joined + 60.0), FREE);
            busy.push((from - 60.0, to + 120.0));
            at += length;
        } else {
            at += 1800.0;
        }
    }
    if end > NOON {
        let from = chance.between(NOON, NOON + 1500.0);
        let to = from + chance.between(1500.0, 2100.0);
        add(from, AWAY);
        add(to, FREE);
        busy.push((from - 1.0, to + 1.0));
    }
    let free = |from: f64, to: f64| busy.iter().all(|(a, b)| to < *a || from > *b);
    let mut time = begin;
    while time < end {
        time += chance.between(60.0, 1800.0);
        let (length, kind) = (chance.between(60.0, 600.0), chance.share());
        if !free(time, time + length) {
            continue;
        }
        let (on, off) = if kind < 0.3 {
            (Event::Shows("Busy", "InACall"), FREE)
        } else if kind < 0.45 {
            (Event::Shows("DoNotDisturb", "DoNotDisturb"), FREE)
        } else if kind < 0.75 {
            (AWAY, FREE)
        } else {
            (Event::Call, Event::Hangup)
        };
        add(time, on);
        add(time + length, off);
        time += length;
    }
    if hours * 3600.0 > EVENING {
        // Teams is closed; the machines, and so Offhook, stay on: more requests than where they are switched off.
        let spread: f64 = (0..3).map(|_| chance.between(-10.0, 10.0)).sum();
        let leaves = EVENING + 60.0 * (30.0 + spread);
        add(leaves, Event::Shows("Offline", "Offline"));
    }
    plan.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    (plan, appointments)
}
