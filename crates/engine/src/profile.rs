//! Rule tables as data: which Teams state does what. One file per documented system in `profiles/`.

use crate::phone::PhonePresence;
use crate::table::{CallKind, Cell, PREFERRED_MINUTES, PhoneField, PhoneState, SESSION_MINUTES, StateField};
use crate::table::{TeamsState, Value};
use crate::teams::{PreferredPair, Presence, SessionPair};
use crate::text::Says;
use offhook_protocol::pages::Colour;
use serde::Deserialize;
use std::fmt;

/// A rule table. Read-only; the person's own differences are laid over it ([`crate::table::Differences`]).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// What a call tells Teams (R2).
    #[serde(default)]
    pub calls: Calls,
    /// R5: what the person sets on the phone and Teams is told of. A state without a row tells nothing.
    #[serde(default)]
    pub phone: Vec<PhoneRow>,
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
}

/// `None`: Teams is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub call: Option<SessionPair>,
    pub conference: Option<SessionPair>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            call: Some(SessionPair::BusyInACall),
            conference: Some(SessionPair::BusyInAConferenceCall),
        }
    }
}

/// What one state that the person set on the phone does in Teams (R5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneRow {
    #[serde(deserialize_with = "phone_state")]
    pub when: PhoneState,
    #[serde(deserialize_with = "to_teams")]
    pub teams: ToTeams,
    /// For how long at a time: a session is renewed while the state lasts, a preferred presence is not.
    pub minutes: u32,
}

fn phone_state<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PhoneState, D::Error> {
    let name = String::deserialize(deserializer)?;
    PhoneState::parse(&name)
        .ok_or_else(|| serde::de::Error::custom(format!("no state of the phone is called {name:?}")))
}

fn to_teams<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ToTeams, D::Error> {
    let name = String::deserialize(deserializer)?;
    ToTeams::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("Teams can't be told {name:?}")))
}

/// How a state of the phone goes to Teams: the closed sets that Graph takes (`facts/graph.md`, section 1.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToTeams {
    #[default]
    Nothing,
    /// Our own session beside the Teams clients'; renewed while the state lasts.
    Session(SessionPair),
    /// As if the person had picked it in Teams.
    Preferred(PreferredPair),
}

impl ToTeams {
    pub fn all() -> impl Iterator<Item = Self> {
        let sessions = SessionPair::ALL.into_iter().map(Self::Session);
        let preferred = PreferredPair::ALL.into_iter().map(Self::Preferred);
        std::iter::once(Self::Nothing).chain(sessions).chain(preferred)
    }

    /// For example `session:Busy/InACall`.
    pub fn name(self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Session(pair) => format!("session:{}", pair.presence()),
            Self::Preferred(pair) => format!("preferred:{}", pair.presence()),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|to| to.name() == name)
    }

    /// The lifetimes in minutes that may be asked for: least, most.
    pub const fn minutes(self) -> (u32, u32) {
        match self {
            Self::Session(_) => SESSION_MINUTES,
            Self::Nothing | Self::Preferred(_) => PREFERRED_MINUTES,
        }
    }

    /// Graph's own default where nothing else is said (`facts/graph.md`, section 1.2).
    pub const fn usual_minutes(self) -> u32 {
        match self {
            Self::Nothing | Self::Session(_) => SESSION_MINUTES.0,
            Self::Preferred(PreferredPair::Busy | PreferredPair::DoNotDisturb) => 24 * 60,
            Self::Preferred(
                PreferredPair::Available
                | PreferredPair::BeRightBack
                | PreferredPair::Away
                | PreferredPair::OfflineOffWork,
            ) => 7 * 24 * 60,
        }
    }
}

/// What one Teams word does. `Debug` hides the note's text.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// A word of either of Graph's two fields.
    pub when: String,
    #[serde(default)]
    pub dnd: DndRule,
    #[serde(default)]
    pub forward: ForwardRule,
    #[serde(default)]
    pub presence: PresenceRule,
    /// A note to set; `None` leaves it alone.
    #[serde(default)]
    pub note: Option<String>,
    /// Do not disturb here, too, when the person said "in meetings too".
    #[serde(default)]
    pub meeting: bool,
    #[serde(default = "neutral")]
    pub icon: Colour,
    /// The words of the tray's "Teams says" line.
    pub says: Says,
}

const fn neutral() -> Colour {
    Colour::Neutral
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            when,
            dnd,
            forward,
            presence,
            note,
            meeting,
            icon,
            says,
        } = self;
        f.debug_struct("Row")
            .field("when", when)
            .field("dnd", dnd)
            .field("forward", forward)
            .field("presence", presence)
            .field("note", &note.is_some())
            .field("meeting", meeting)
            .field("icon", icon)
            .field("says", says)
            .finish()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DndRule {
    #[default]
    Leave,
    On,
    /// Do not disturb that we set ends; one that the person set stays (R5).
    Off,
}

impl DndRule {
    pub const ALL: [Self; 3] = [Self::Leave, Self::On, Self::Off];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == word)
    }
}

/// `Debug` hides the number.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardRule {
    #[default]
    Leave,
    To(String),
}

impl fmt::Debug for ForwardRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leave => "Leave",
            Self::To(_) => "To(…)",
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PresenceRule {
    #[default]
    Leave,
    /// innovaphone's "online".
    Unset,
    Set(PhonePresence),
}

impl<'de> Deserialize<'de> for PresenceRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::parse(&word).ok_or_else(|| serde::de::Error::custom(format!("no presence is called {word:?}")))
    }
}

impl PresenceRule {
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Leave, Self::Unset]
            .into_iter()
            .chain(PhonePresence::ALL.into_iter().map(Self::Set))
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Unset => "unset",
            Self::Set(presence) => presence.as_str(),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|rule| rule.as_str() == word)
    }
}

/// The words of the tray's "Teams says" line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SaysRule {
    /// Teams' own word (R7).
    #[default]
    ByName,
    Words(Says),
}

impl SaysRule {
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::ByName).chain(Says::ALL.iter().copied().map(Self::Words))
    }

    /// For example `in-a-meeting`.
    pub fn name(self) -> String {
        match self {
            Self::ByName => "by-name".to_owned(),
            Self::Words(says) => says.name(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|rule| rule.name() == name)
    }
}

/// The profiles that come with Offhook, by name.
pub const NAMES: [&str; 4] = ["recommended", "starface-9", "innovaphone", "procall"];

impl Profile {
    /// A profile that comes with Offhook.
    pub fn named(name: &str) -> Option<Self> {
        let source = match name {
            "recommended" => include_str!("../profiles/recommended.toml"),
            "starface-9" => include_str!("../profiles/starface-9.toml"),
            "innovaphone" => include_str!("../profiles/innovaphone.toml"),
            "procall" => include_str!("../profiles/procall.toml"),
            _ => return None,
        };
        // A test parses each of them.
        toml_edit::de::from_str(source).ok()
    }

    /// Whether "do not disturb in meetings too" has anything to decide: a row that is a meeting and leaves the
    /// phone alone by itself.
    pub(crate) fn asks_about_meetings(&self) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| row.meeting && row.dnd == DndRule::Leave)
    }

    /// The row for a presence: activity first, then availability. A person who is out of office and otherwise
    /// merely available, away or offline is matched as out of office. `None`: "anything else".
    pub fn row(&self, presence: &Presence) -> Option<&Row> {
        let states = TeamsState::of(presence, |state| self.row_of(state).is_some());
        states.first().and_then(|state| self.row_of(*state))
    }

    /// The row of one word, if this profile has one.
    pub fn row_of(&self, state: TeamsState) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.when.eq_ignore_ascii_case(state.word()))
    }

    /// The profile's lifetime where it tells Teams the same, else Graph's own.
    pub fn usual_minutes(&self, state: PhoneState, teams: ToTeams) -> u32 {
        let row = self.phone.iter().find(|row| row.when == state);
        row.filter(|row| row.teams == teams)
            .map_or(teams.usual_minutes(), |row| row.minutes)
    }

    /// What the profile says in a cell. `None`: it has no row for it. `in_meetings`: the person said so in the
    /// first run.
    pub fn value(&self, cell: Cell, in_meetings: bool) -> Option<Value> {
        match cell {
            Cell::State(state, field) => match self.row_of(state) {
                Some(row) => Some(row.value(field, in_meetings)),
                None => (state == TeamsState::AnythingElse).then(|| nothing(field)),
            },
            Cell::Call(CallKind::Call) => Some(Value::Pair(self.calls.call)),
            Cell::Call(CallKind::Conference) => Some(Value::Pair(self.calls.conference)),
            Cell::Phone(state, field) => {
                let row = self.phone.iter().find(|row| row.when == state);
                let (teams, minutes) = row.map_or((ToTeams::Nothing, None), |r| (r.teams, Some(r.minutes)));
                Some(match field {
                    PhoneField::Teams => Value::Teams(teams),
                    PhoneField::Minutes => Value::Minutes(minutes.unwrap_or(teams.usual_minutes())),
                })
            }
        }
    }
}

impl Row {
    pub(crate) fn value(&self, field: StateField, in_meetings: bool) -> Value {
        match field {
            StateField::Dnd if self.meeting && in_meetings => Value::Dnd(DndRule::On),
            StateField::Dnd => Value::Dnd(self.dnd),
            StateField::Forward => Value::Forward(self.forward.clone()),
            StateField::Presence => Value::Presence(self.presence),
            StateField::Note => Value::Note(self.note.clone()),
            StateField::Icon => Value::Icon(self.icon),
            StateField::Says => Value::Says(SaysRule::Words(self.says)),
        }
    }
}

/// What a word that no row knows does (R7).
fn nothing(field: StateField) -> Value {
    match field {
        StateField::Dnd => Value::Dnd(DndRule::Leave),
        StateField::Forward => Value::Forward(ForwardRule::Leave),
        StateField::Presence => Value::Presence(PresenceRule::Leave),
        StateField::Note => Value::Note(None),
        StateField::Icon => Value::Icon(Colour::Neutral),
        StateField::Says => Value::Says(SaysRule::ByName),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_parses_under_its_name() {
        for name in NAMES {
            let profile = Profile::named(name).unwrap_or_else(|| panic!("{name} does not parse"));
            assert_eq!(profile.name, name);
            for row in &profile.rows {
                assert!(TeamsState::parse(&row.when).is_some(), "{name}: {}", row.when);
            }
            for row in &profile.phone {
                let (least, most) = row.teams.minutes();
                assert!((least..=most).contains(&row.minutes), "{name}: {row:?}");
            }
        }
        assert_eq!(Profile::named("other"), None);
    }

    #[test]
    fn activity_goes_before_availability_and_case_does_not_matter() {
        let profile = Profile::named("recommended").unwrap();
        let row = |a: &str, b: &str| profile.row(&Presence::new(a, b)).map(|r| r.when.clone());
        assert_eq!(row("Busy", "InACall").as_deref(), Some("InACall"));
        assert_eq!(
            row("inACall", "busy").as_deref(),
            Some("Busy"),
            "either word in either field"
        );
        assert_eq!(
            row("doNotDisturb", "SomethingNew").as_deref(),
            Some("DoNotDisturb")
        );
        assert_eq!(row("Curious", "Odd"), None);
    }

    #[test]
    fn what_a_state_is_called_is_found_by_its_name() {
        for (name, rule) in [
            ("by-name", Some(SaysRule::ByName)),
            (
                "in-a-meeting",
                Says::ALL
                    .iter()
                    .copied()
                    .find(|says| says.name() == "in-a-meeting")
                    .map(SaysRule::Words),
            ),
            ("nothing-of-the-kind", None),
        ] {
            assert_eq!(SaysRule::parse(name), rule, "{name}");
        }
        assert!(SaysRule::parse("in-a-meeting").is_some());
        assert_eq!(SaysRule::all().count(), Says::ALL.len() + 1);
    }

    /// `facts/graph.md`, section 1.2: `setUserPreferredPresence` without `expirationDuration`.
    #[test]
    fn what_nobody_chose_lasts_as_long_as_graph_would_let_it() {
        const MINUTES_OF_A_DAY: u32 = 1440;
        for to in ToTeams::all() {
            let minutes = match to {
                ToTeams::Nothing | ToTeams::Session(_) => 5,
                ToTeams::Preferred(PreferredPair::Busy | PreferredPair::DoNotDisturb) => MINUTES_OF_A_DAY,
                ToTeams::Preferred(_) => 7 * MINUTES_OF_A_DAY,
            };
            assert_eq!(to.usual_minutes(), minutes, "{to:?}");
        }
    }

    #[test]
    fn out_of_office_is_a_fact_of_its_own() {
        let profile = Profile::named("innovaphone").unwrap();
        let mut presence = Presence::new("Available", "Available");
        presence.out_of_office = Some(true);
        assert_eq!(
            profile.row(&presence).map(|r| r.presence),
            Some(PresenceRule::Set(PhonePresence::Away))
        );
        let mut presence = Presence::new("Busy", "InACall");
        presence.out_of_office = Some(true);
        assert_eq!(
            profile.row(&presence).map(|r| r.presence),
            Some(PresenceRule::Set(PhonePresence::OnThePhone))
        );
    }
}
