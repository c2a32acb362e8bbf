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
    /// Until it has been read, or forgotten: since when it is waited for.
    awaited: Option<Instant>,
    configured: Option<Timestamp>,
    /// When those that count begin and end, in order.
    borders: Vec<Timestamp>,
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
            awaited: (link != CalendarLink::Off).then_some(now.mono),
            configured: (link != CalendarLink::Off).then_some(now.wall),
            ..Self::default()
        };
    }

    /// Another account, nobody, or the right was taken away: what was read is worth nothing, and nothing is kept for it.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            link: self.link,
            configured: self.configured,
            ..Self::default()
        };
    }

    pub(crate) fn on_read(&mut self, outcome: Result<Vec<Appointment>, Fault>, zone: &TimeZone, now: Now) {
        self.health.on(outcome.as_ref().map(|_| ()), now.wall);
        if let Ok(mut appointments) = outcome {
            appointments.sort_by(|a, b| a.id.cmp(&b.id));
            appointments.dedup_by(|a, b| a.id == b.id);
            self.appointments = appointments;
            self.read_at = Some(now.mono);
            self.awaited = None;
            self.order(zone);
        }
    }

    /// Puts the borders in order, for the person's zone.
    pub(crate) fn order(&mut self, zone: &TimeZone) {
        let counting = self.appointments.iter().filter(|a| a.counts());
        let mut borders: Vec<Timestamp> = counting
            .flat_map(|a| <[Timestamp; 2]>::from(a.span.bounds(zone)))
            .collect();
        borders.sort_unstable();
        borders.dedup();
        self.borders = borders;
    }

    pub fn knowledge(&self, now: Instant) -> Knowledge {
        match (self.link, self.read_at, self.awaited) {
            (CalendarLink::Microsoft | CalendarLink::Own, Some(at), _) if now.since(at) < STALE => {
                Knowledge::Known
            }
            (CalendarLink::Microsoft | CalendarLink::Own, None, Some(since))
                if now.since(since) < FIRST_READING =>
            {
                Knowledge::Awaited
            }
            (CalendarLink::Off | CalendarLink::Microsoft | CalendarLink::Own, _, _) => Knowledge::Nothing,
        }
    }

    /// When what is known, or awaited, comes to be nothing.
    pub(crate) fn ends(&self, now: Instant) -> Option<Instant> {
        let end = self.read_at.map(|at| at + STALE);
        end.or(self.awaited.map(|since| since + FIRST_READING))
            .filter(|end| *end > now)
    }

    pub fn since(&self) -> Option<Timestamp> {
        self.health.since.or(self.configured)
    }

    pub const fn is_read(&self) -> bool {
        self.read_at.is_some()
    }

    /// The next moment at which an appointment begins or ends.
    pub(crate) fn next_border(&self, after: Timestamp) -> Option<Timestamp> {
        let passed = self.borders.partition_point(|border| *border <= after);
        self.borders.get(passed).copied()
    }

    pub(crate) fn has_border(&self, after: Timestamp, until: Timestamp) -> bool {
        self.next_border(after).is_some_and(|border| border <= until)
    }
}

/// What is read of the calendar: from yesterday, for days that began elsewhere, to the day after tomorrow.
pub fn window(now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let day = |days: i64| midnight(day_of(now, days, zone), zone);
    (day(-BEFORE), day(AFTER))
}
