//! The person's settings as the engine uses them: parsed once, valid by construction.

use crate::profile::Profile;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use offhook_protocol::pages::Language;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub role: Role,
    pub language: Language,
    /// The person's own zone, for "until tomorrow" and for working hours.
    pub zone: TimeZone,
    /// Outside of these Offhook pauses by itself (R19).
    pub working_hours: Option<WorkingHours>,
    /// A fresh count of poll pace: never faster than this (an administrator's floor, R6).
    pub poll_floor: Duration,
    /// R11: holds caused by Teams are released when Teams could not be read for so long.
    pub release_after: Duration,
    /// R1: dialling counts as a call after 2 s.
    pub outgoing_counts: bool,
    /// The first run's question: do not disturb in meetings too?
    pub dnd_in_meetings: bool,
    pub profile: Profile,
}

/// What this desk may do (R24).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Full,
    /// Reads and shows; writes nothing.
    Watch,
}

/// Days and hours in which Offhook works, in the person's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingHours {
    pub days: Vec<Weekday>,
    pub from: Time,
    pub to: Time,
}

impl Default for Rules {
    /// The design's defaults: `recommended`, everything on.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the built-in profiles are parsed by a test")]
        let profile = Profile::named("recommended").expect("built-in");
        Self {
            role: Role::Full,
            language: Language::En,
            zone: TimeZone::UTC,
            working_hours: None,
            poll_floor: Duration::from_secs(3),
            release_after: Duration::from_secs(600),
            outgoing_counts: true,
            dnd_in_meetings: false,
            profile,
        }
    }
}

impl WorkingHours {
    /// Whether `at` lies within, and the wall time at which that changes next (within eight days).
    pub fn at(&self, at: jiff::Timestamp, zone: &TimeZone) -> (bool, Option<jiff::Timestamp>) {
        let local = at.to_zoned(zone.clone());
        let inside =
            self.days.contains(&local.weekday()) && local.time() >= self.from && local.time() < self.to;
        let mut borders = (0..8i64).flat_map(|offset| {
            let date = local.date().saturating_add(jiff::Span::new().days(offset));
            [self.from, self.to]
                .into_iter()
                .filter(|_| self.days.contains(&date.weekday()))
                .filter_map(|time| date.to_datetime(time).to_zoned(zone.clone()).ok())
                .map(|zoned| zoned.timestamp())
                .collect::<Vec<_>>()
        });
        (inside, borders.find(|border| *border > at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_hours_end_and_begin_at_local_time_also_across_a_clock_change() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = WorkingHours {
            days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(18, 0, 0, 0),
        };
        // Friday 2026-10-23 20:00 local; clocks go back on Sunday the 25th.
        let at: jiff::Timestamp = "2026-10-23T18:00:00Z".parse().unwrap();
        let (inside, next) = hours.at(at, &zone);
        assert!(!inside);
        assert_eq!(next, Some("2026-10-26T07:00:00Z".parse().unwrap()));
        let (inside, next) = hours.at("2026-10-26T07:00:00Z".parse().unwrap(), &zone);
        assert!(inside);
        assert_eq!(next, Some("2026-10-26T17:00:00Z".parse().unwrap()));
    }
}
