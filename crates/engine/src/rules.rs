//! The person's settings as the engine uses them: parsed once, valid by construction.

use crate::calendar::CalendarRules;
use crate::effect::NoticeKind;
use crate::profile::{DndRule, ForwardRule, PresenceRule, Profile, Row, SaysRule, ToTeams};
use crate::table::{CallKind, Cell, Differences, PhoneField, PhoneState, StateField, TeamsState, Value};
use crate::teams::{Presence, SessionPair};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use offhook_protocol::pages::{Colour, Language};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub role: Role,
    pub language: Language,
    /// As the person's system writes it; see [`Rules::clock`].
    pub hours: ClockHours,
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
    /// Where the person's table is otherwise than the profile.
    pub own: Differences,
    /// What appointments do (R14, R16).
    pub calendar: CalendarRules,
    /// The kinds of notifications that are shown.
    pub notices: BTreeSet<NoticeKind>,
}

/// How a time of day is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClockHours {
    #[default]
    TwentyFour,
    /// With AM and PM.
    Twelve,
}

impl ClockHours {
    /// Of a locale's name (`en-US`, `en_US.UTF-8`). Regions where twelve hours are usual beside English: CLDR,
    /// supplemental data, `timeData`, preferred `h`.
    pub fn of_locale(locale: &str) -> Self {
        let region = locale.split(['_', '-', '.', '@']).nth(1).unwrap_or_default();
        let twelve = ["US", "CA", "AU", "NZ", "IN", "PH", "PK", "SG", "MY", "HK"];
        if twelve.contains(&region) {
            Self::Twelve
        } else {
            Self::TwentyFour
        }
    }
}

/// A value of the table and whether the person chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<T> {
    pub value: T,
    pub own: bool,
}

/// What the table says of one presence. `Debug` hides the note's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Doing {
    /// The word whose row it is; `None`: "anything else".
    pub state: Option<TeamsState>,
    pub dnd: Ruled<DndRule>,
    pub forward: Ruled<ForwardRule>,
    pub presence: Ruled<PresenceRule>,
    pub note: Ruled<Option<String>>,
    pub icon: Colour,
    pub says: SaysRule,
}

impl fmt::Debug for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            state,
            dnd,
            forward,
            presence,
            note,
            icon,
            says,
        } = self;
        f.debug_struct("Doing")
            .field("state", state)
            .field("dnd", dnd)
            .field("forward", forward)
            .field("presence", presence)
            .field("note", &note.value.is_some())
            .field("icon", icon)
            .field("says", says)
            .finish()
    }
}

impl Rules {
    /// German is never written with AM and PM, wherever it is read.
    pub const fn clock(&self) -> ClockHours {
        match self.language {
            Language::De => ClockHours::TwentyFour,
            Language::En => self.hours,
        }
    }

    /// The table's row for a presence: activity first, then availability, then "anything else"; cell by cell, so
    /// that a cell the person set for a word without a row changes nothing beside it.
    pub fn doing(&self, presence: &Presence) -> Doing {
        let has_row = |state| self.profile.row_of(state).is_some() || self.own.has_row(state);
        let states = TeamsState::of(presence, has_row);
        let state = states.first().copied();
        let rows: Vec<(TeamsState, Option<&Row>)> = states
            .into_iter()
            .chain([TeamsState::AnythingElse])
            .map(|state| (state, self.profile.row_of(state)))
            .collect();
        let value = |field: StateField| {
            rows.iter().find_map(|(state, row)| {
                let own = self.own.of(Cell::State(*state, field)).cloned();
                match (own, row) {
                    (Some(value), _) => Some(Ruled { value, own: true }),
                    (None, Some(row)) => Some(Ruled {
                        value: row.value(field, self.dnd_in_meetings),
                        own: false,
                    }),
                    (None, None) => None,
                }
            })
        };
        let mut doing = Doing {
            state,
            dnd: Ruled::default(),
            forward: Ruled::default(),
            presence: Ruled::default(),
            note: Ruled::default(),
            icon: Colour::Neutral,
            says: SaysRule::ByName,
        };
        for Ruled { value, own } in StateField::ALL.into_iter().filter_map(value) {
            match value {
                Value::Dnd(value) => doing.dnd = Ruled { value, own },
                Value::Forward(value) => doing.forward = Ruled { value, own },
                Value::Presence(value) => doing.presence = Ruled { value, own },
                Value::Note(value) => doing.note = Ruled { value, own },
                Value::Icon(value) => doing.icon = value,
                Value::Says(value) => doing.says = value,
                // No state's field holds these.
                Value::Pair(_) | Value::Teams(_) | Value::Minutes(_) => {}
            }
        }
        doing
    }

    /// What a call tells Teams; `None`: nothing.
    pub fn call_pair(&self, kind: CallKind) -> Ruled<Option<SessionPair>> {
        match self.own_or_profile(Cell::Call(kind)) {
            Some(Ruled {
                value: Value::Pair(value),
                own,
            }) => Ruled { value, own },
            Some(_) | None => Ruled::default(),
        }
    }

    /// What a state that the person set on the phone tells Teams, and for how long at a time (R5).
    pub fn to_teams(&self, state: PhoneState) -> (Ruled<ToTeams>, Duration) {
        let teams = match self.own_or_profile(Cell::Phone(state, PhoneField::Teams)) {
            Some(Ruled {
                value: Value::Teams(value),
                own,
            }) => Ruled { value, own },
            Some(_) | None => Ruled::default(),
        };
        let minutes = match self.own.of(Cell::Phone(state, PhoneField::Minutes)) {
            Some(Value::Minutes(minutes)) => Some(*minutes),
            Some(_) | None => None,
        };
        let (least, most) = teams.value.minutes();
        let minutes = minutes
            .filter(|minutes| (least..=most).contains(minutes))
            .unwrap_or_else(|| self.profile.usual_minutes(state, teams.value));
        (teams, Duration::from_secs(u64::from(minutes) * 60))
    }

    /// `None`: neither the person nor the profile has a row for it.
    pub(crate) fn own_or_profile(&self, cell: Cell) -> Option<Ruled<Value>> {
        let own = self.own.of(cell).cloned().map(|value| Ruled { value, own: true });
        own.or_else(|| {
            let value = self.profile.value(cell, self.dnd_in_meetings)?;
            Some(Ruled { value, own: false })
        })
    }
}

impl<T: Default> Default for Ruled<T> {
    fn default() -> Self {
        Self {
            value: T::default(),
            own: false,
        }
    }
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
            hours: ClockHours::TwentyFour,
            zone: TimeZone::UTC,
            working_hours: None,
            poll_floor: Duration::from_secs(3),
            release_after: Duration::from_secs(600),
            outgoing_counts: true,
            dnd_in_meetings: false,
            profile,
            own: Differences::default(),
            calendar: CalendarRules::default(),
            notices: NoticeKind::ALL.into_iter().filter(|kind| kind.usual()).collect(),
        }
    }
}

impl WorkingHours {
    /// Whether `at` lies within.
    pub fn are_at(&self, at: jiff::Timestamp, zone: &TimeZone) -> bool {
        let local = zone.to_datetime(at);
        self.days.contains(&local.weekday()) && local.time() >= self.from && local.time() < self.to
    }

    /// Whether `at` lies within, and the wall time at which that changes next (within eight days).
    pub fn at(&self, at: jiff::Timestamp, zone: &TimeZone) -> (bool, Option<jiff::Timestamp>) {
        let local = zone.to_datetime(at);
        let mut borders = (0..8i64).flat_map(|offset| {
            let date = local.date().saturating_add(jiff::Span::new().days(offset));
            [self.from, self.to]
                .into_iter()
                .filter(|_| self.days.contains(&date.weekday()))
                .filter_map(|time| date.to_datetime(time).to_zoned(zone.clone()).ok())
                .map(|zoned| zoned.timestamp())
                .collect::<Vec<_>>()
        });
        (self.are_at(at, zone), borders.find(|border| *border > at))
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
