//! The person's own calendar as last read.

use super::Health;
use crate::appointment::{Appointment, day_of, midnight};
use crate::clock::{Instant, Now};
use crate::fault::Fault;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// What was read longer ago than this says nothing any more: a phone must not stay silent because the calendar can't
/// be reached (R11).
pub const STALE: Duration = Duration::from_secs(60 * 60);
/// How long after the start what an earlier run set for an appointment waits for the first reading.
pub(crate) const FIRST_READING: Duration = Duration::from_secs(10 * 60);
/// Days that are read before and after today.
const BEFORE: i64 = 1;
const AFTER: i64 = 3;

/// Where appointments come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CalendarLink {
    #[default]
    Off,
    /// Needs the sign-in, and the right to read the calendar.
    Microsoft,
    /// Has a sign-in of its own, or needs none.
    Own,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarFacts {
    pub link: CalendarLink,
    /// Of the last reading that succeeded, by their id; all of them, also those that do not count.
    pub appointments: Vec<Appointment>,
    read_at: Option<Instant>,
    /// Since when there is a calendar, or since the start.
    asked_since: Option<Now>,
    pub health: Health,
}

/// How far the calendar can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// There is no calendar, or none that can still be believed: it wants nothing.
    Nothing,
    /// It has not been read yet.
    Awaited,
    Known,
}

impl CalendarFacts {
    pub(crate) fn configured(&mut self, link: CalendarLink, now: Now) {
        *self = Self {
            link,
            asked_since: (link != CalendarLink::Off).then_some(now),
            ..Self::default()
        };
    }

    /// Another account, or nobody: what was read belongs to nobody.
    pub(crate) fn forget(&mut self, now: Now) {
        self.configured(self.link, now);
    }

    pub(crate) fn on_read(&mut self, outcome: Result<Vec<Appointment>, Fault>, now: Now) {
        self.health.on(outcome.as_ref().map(|_| ()), now.wall);
        if let Ok(mut appointments) = outcome {
            appointments.sort_by(|a, b| a.id.cmp(&b.id));
            appointments.dedup_by(|a, b| a.id == b.id);
            self.appointments = appointments;
            self.read_at = Some(now.mono);
        }
    }

    pub fn knowledge(&self, now: Instant) -> Knowledge {
        match (self.link, self.read_at, self.asked_since) {
            (CalendarLink::Microsoft | CalendarLink::Own, Some(at), _) if now.since(at) < STALE => {
                Knowledge::Known
            }
            (CalendarLink::Microsoft | CalendarLink::Own, None, Some(since))
                if now.since(since.mono) < FIRST_READING =>
            {
                Knowledge::Awaited
            }
            (CalendarLink::Off | CalendarLink::Microsoft | CalendarLink::Own, _, _) => Knowledge::Nothing,
        }
    }

    /// When what is known, or awaited, comes to be nothing.
    pub(crate) fn ends(&self, now: Instant) -> Option<Instant> {
        let since = self.asked_since.filter(|_| self.read_at.is_none());
        let end = self.read_at.map(|at| at + STALE);
        end.or(since.map(|since| since.mono + FIRST_READING))
            .filter(|end| *end > now)
    }

    pub fn since(&self) -> Option<Timestamp> {
        self.health.since.or(self.asked_since.map(|since| since.wall))
    }

    pub const fn is_read(&self) -> bool {
        self.read_at.is_some()
    }

    /// The next moment at which an appointment begins or ends.
    pub(crate) fn next_border(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.borders(zone).filter(|border| *border > after).min()
    }

    pub(crate) fn has_border(&self, after: Timestamp, until: Timestamp, zone: &TimeZone) -> bool {
        self.borders(zone).any(|border| after < border && border <= until)
    }

    fn borders<'a>(&'a self, zone: &'a TimeZone) -> impl Iterator<Item = Timestamp> + 'a {
        let counting = self.appointments.iter().filter(|a| a.counts());
        counting.flat_map(|a| <[Timestamp; 2]>::from(a.span.bounds(zone)))
    }
}

/// What is read of the calendar: from yesterday, for days that began elsewhere, to the day after tomorrow.
pub(crate) fn window(now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let day = |days: i64| midnight(day_of(now, days, zone), zone);
    (day(-BEFORE), day(AFTER))
}
