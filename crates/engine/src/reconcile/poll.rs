//! How often Teams is read (R6).

use super::{Chance, Pace};
use crate::breaks::{self, Break};
use crate::clock::Instant;
use crate::fault::{Fault, FaultKind};
use std::time::Duration;

/// A hair over 10 s: however the jitter falls, no hour holds more than 360 reads.
const NORMAL: Duration = Duration::from_millis(10_005);
const FAST: Duration = Duration::from_secs(3);
const SLOW: Duration = Duration::from_secs(30);
const FAST_FOR: Duration = Duration::from_secs(30);
const SLOW_AFTER: Duration = Duration::from_secs(600);
/// ±10 % between two reads.
const JITTER: f64 = 0.1;
const CAP: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(crate) struct Poll {
    in_flight: bool,
    last: Option<Instant>,
    /// Drawn once per read, so that the answer to "when" does not change while one waits.
    jitter: f64,
    /// How far the last read was put off. The next one makes up for it: the count per hour does not drift.
    put_off: f64,
    changed_at: Option<Instant>,
    /// Not before this: it fails.
    held_until: Option<Instant>,
    /// Not before this, whatever else: the service asked for it.
    asked_until: Option<Instant>,
    pace: Pace,
    /// Something is to be written that depends on what Teams shows just now.
    asked: bool,
}

/// Between two reads, however much the newer one is asked for.
const ASKED: Duration = Duration::from_secs(1);

impl Poll {
    pub(crate) const fn new() -> Self {
        Self {
            in_flight: false,
            last: None,
            jitter: 1.0,
            put_off: 0.0,
            changed_at: None,
            held_until: None,
            asked_until: None,
            pace: Pace::new(Duration::from_secs(10), CAP),
            asked: false,
        }
    }

    /// When the next read is due; `None` while one is in flight. `idle`: the last state is Offline or Away and
    /// no call is up.
    pub(crate) fn due(&self, floor: Duration, idle: bool, now: Instant) -> Option<Instant> {
        if self.in_flight {
            return None;
        }
        let not_before = self.held_until.max(self.asked_until);
        let Some(last) = self.last else {
            return Some(not_before.unwrap_or(now));
        };
        if self.asked {
            let due = last + ASKED;
            return Some(not_before.map_or(due, |at| due.max(at)));
        }
        let since_change = self.changed_at.map(|at| now.since(at));
        let span = match since_change {
            _ if breaks::is(Break::ReadsTooOften) => FAST,
            Some(since) if since < FAST_FOR => FAST,
            Some(since) if since < SLOW_AFTER => NORMAL,
            Some(_) | None if idle => SLOW,
            Some(_) | None => NORMAL,
        };
        let due = last + span.mul_f64(self.jitter).max(floor);
        Some(not_before.map_or(due, |at| due.max(at)))
    }

    pub(crate) fn on_sent(&mut self, chance: &mut Chance, now: Instant) {
        self.in_flight = true;
        self.asked = false;
        self.last = Some(now);
        let put_off = JITTER * chance.share();
        self.jitter = 1.0 + put_off - self.put_off;
        self.put_off = put_off;
    }

    pub(crate) fn on_read(&mut self, changed: bool, now: Instant) {
        self.in_flight = false;
        self.held_until = None;
        self.asked_until = None;
        self.pace.reset();
        if changed {
            self.changed_at = Some(now);
        }
    }

    pub(crate) fn on_failed(&mut self, fault: &Fault, chance: &mut Chance, now: Instant) {
        self.in_flight = false;
        match fault.kind {
            FaultKind::Throttled {
                retry_after: Some(wait),
            } => self.asked_until = Some(now + wait),
            FaultKind::Throttled { retry_after: None }
            | FaultKind::Rejected
            | FaultKind::RightMissing
            | FaultKind::SignInRequired
            | FaultKind::Unreachable => self.held_until = Some(now + self.pace.wait(chance)),
        }
    }

    /// Something happened after which Teams may soon say something else.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.changed_at = Some(now);
    }

    /// Teams is read as soon as it may be.
    pub(crate) fn ask(&mut self, asked: bool) {
        self.asked = asked;
    }

    pub(crate) const fn is_asked(&self) -> bool {
        self.asked
    }

    /// A read was cut off (sleep, sign-out): its answer is not waited for. One that left at `since` or later was
    /// not cut off.
    pub(crate) fn reset(&mut self, since: Instant, now: Instant) {
        self.changed_at = Some(now);
        if self.in_flight && self.last.is_some_and(|at| at >= since) {
            return;
        }
        self.in_flight = false;
        self.last = None;
        self.held_until = None;
        self.pace.reset();
    }
}
