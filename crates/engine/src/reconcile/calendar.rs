//! How often the calendar is read: every five minutes, and at once when something may have changed (R17, R18).

use super::{Chance, Pace};
use crate::breaks::{self, Break};
use crate::clock::Instant;
use crate::fault::{Fault, FaultKind};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(300);
/// ±10 %
const JITTER: u32 = 10;
/// An answer that has not come by then is not waited for: a day may have many pages.
const ANSWER: Duration = Duration::from_secs(90);
const CAP: Duration = Duration::from_secs(600);

#[derive(Debug, Clone)]
pub(crate) struct CalendarPace {
    in_flight: Option<Instant>,
    next: Option<Instant>,
    /// Not before this, whatever else: the service asked for it.
    asked_until: Option<Instant>,
    pace: Pace,
}

impl CalendarPace {
    pub(crate) const fn new() -> Self {
        Self {
            in_flight: None,
            next: None,
            asked_until: None,
            pace: Pace::new(Duration::from_secs(20), CAP),
        }
    }

    /// When to read next, or to give up waiting for an answer.
    pub(crate) fn due(&self, now: Instant) -> Instant {
        if let Some(since) = self.in_flight {
            return since + ANSWER;
        }
        let next = self.next.unwrap_or(now);
        self.asked_until.map_or(next, |until| next.max(until))
    }

    pub(crate) const fn is_waiting(&self) -> bool {
        self.in_flight.is_some()
    }

    pub(crate) fn on_sent(&mut self, chance: &mut Chance, now: Instant) {
        self.in_flight = Some(now);
        let every = if breaks::is(Break::ReadsTheCalendarOnce) {
            EVERY * 1000
        } else {
            EVERY
        };
        self.next = Some(now + chance.around(every, JITTER));
    }

    pub(crate) fn on_answer(&mut self, outcome: Result<(), &Fault>, chance: &mut Chance, now: Instant) {
        self.in_flight = None;
        match outcome {
            Ok(()) => {
                self.asked_until = None;
                self.pace.reset();
            }
            Err(fault) => match fault.kind {
                FaultKind::Throttled {
                    retry_after: Some(wait),
                } => {
                    self.asked_until = Some(now + wait);
                    self.next = Some(now + wait);
                }
                FaultKind::Throttled { retry_after: None }
                | FaultKind::Unreachable
                | FaultKind::SignInRequired => self.next = Some(now + self.pace.wait(chance)),
                // The same question has the same answer.
                FaultKind::Rejected | FaultKind::RightMissing => {}
            },
        }
    }

    /// Signed in, woken, or another calendar: read at once, unless the service asked for a wait.
    pub(crate) fn reset(&mut self) {
        self.in_flight = None;
        self.next = None;
        self.pace.reset();
    }

    /// Woken at that moment: read at once, unless that was asked for since then.
    pub(crate) fn reset_before(&mut self, woken: Instant) {
        if self.in_flight.is_none_or(|at| at < woken) {
            self.reset();
        }
    }
}
