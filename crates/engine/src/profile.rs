//! Rule tables as data: which Teams state does what. One file per documented system in `profiles/`.

use crate::phone::PhonePresence;
use crate::teams::Presence;
use crate::text::Says;
use offhook_protocol::pages::Colour;
use serde::Deserialize;

/// A rule table. Read-only; the person's own differences are laid over it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// R5, `starface-9`: what do not disturb set by the person does in Teams.
    #[serde(default)]
    pub person_dnd: PersonDnd,
    /// R5, `innovaphone`: what a presence set by the person does in Teams.
    #[serde(default)]
    pub person_presence: PersonPresence,
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonDnd {
    #[default]
    Nothing,
    /// A session Busy/InACall while it lasts.
    Session,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonPresence {
    #[default]
    Nothing,
    /// Preferred presence, with the documented lifetimes.
    Preferred,
}

/// What one Teams word does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DndRule {
    #[default]
    Leave,
    On,
    /// Do not disturb that we set ends; one that the person set stays (R5).
    Off,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardRule {
    #[default]
    Leave,
    To(String),
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
        match word.as_str() {
            "leave" => Ok(Self::Leave),
            "unset" => Ok(Self::Unset),
            other => PhonePresence::parse(other)
                .map(Self::Set)
                .ok_or_else(|| serde::de::Error::custom(format!("no presence is called {other:?}"))),
        }
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
    /// merely available, away or offline is matched as out of office: Graph reports that beside the two words
    /// (`facts/graph.md`, section 1.4). `None`: "anything else", which leaves everything alone.
    pub fn row(&self, presence: &Presence) -> Option<&Row> {
        const WEAKER: [&str; 7] = [
            "Available",
            "AvailableInactive",
            "Inactive",
            "Away",
            "BeRightBack",
            "Offline",
            "OffWork",
        ];
        let row = |word: &str| self.rows.iter().find(|row| row.when.eq_ignore_ascii_case(word));
        let by_word = row(presence.activity.as_str()).or_else(|| row(presence.availability.as_str()));
        if presence.out_of_office == Some(true) && by_word.is_none_or(|r| WEAKER.contains(&r.when.as_str())) {
            return row("OutOfOffice").or(by_word);
        }
        by_word
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
