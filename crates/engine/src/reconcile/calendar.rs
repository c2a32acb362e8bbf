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
                    self.next = None;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Code;

    #[test]
    fn r18_a_reading_that_was_asked_for_before_the_machine_slept_is_asked_for_again() {
        let woken = Instant::from_origin(Duration::from_secs(1000));
        let nano = Duration::from_nanos(1);
        for (sent, waits) in [
            (woken - Duration::from_secs(30), false),
            (woken - nano, false),
            (woken, true),
        ] {
            let mut pace = CalendarPace::new();
            pace.on_sent(&mut Chance::new(7), sent);
            pace.reset_before(woken);
            assert_eq!(pace.is_waiting(), waits);
            let due = if waits { sent + ANSWER } else { woken };
            assert_eq!(pace.due(woken), due);
        }
    }

    #[test]
    fn r18_what_the_service_asks_for_is_waited_for_and_no_longer() {
        let now = Instant::from_origin(Duration::from_secs(1000));
        let wait = Duration::from_millis(7_500);
        let kind = FaultKind::Throttled {
            retry_after: Some(wait),
        };
        let mut pace = CalendarPace::new();
        pace.on_sent(&mut Chance::new(7), now);
        pace.on_answer(Err(&Fault::new(kind, Code::TimedOut)), &mut Chance::new(7), now);
        assert_eq!(pace.due(now), now + wait);
        pace.reset();
        assert_eq!(pace.due(now), now + wait, "whatever else");
    }
}
