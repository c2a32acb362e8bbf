//! How a person's presence adds up: preferred presence over sessions, sessions by rank, expiry and fading
//! (graph.md 1.3).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Moment;

/// Only Available fades: inactive after five minutes, away after five more (graph.md 1.3, point 5).
const FADES_TO_INACTIVE: Duration = Duration::from_secs(5 * 60);
const FADES_TO_AWAY: Duration = Duration::from_secs(10 * 60);

/// What a person's Teams client reports as its own session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeamsClient {
    /// No Teams client is running: no session.
    Closed,
    Available,
    /// Running, but nobody has touched the computer for a while.
    Inactive,
    Away,
    InACall,
    InAConferenceCall,
    InAMeeting,
    Presenting,
    Focusing,
    UrgentInterruptionsOnly,
}

impl TeamsClient {
    fn pair(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Closed => None,
            Self::Available => Some(("Available", "Available")),
            Self::Inactive => Some(("Available", "AvailableInactive")),
            Self::Away => Some(("Away", "Away")),
            Self::InACall => Some(("Busy", "InACall")),
            Self::InAConferenceCall => Some(("Busy", "InAConferenceCall")),
            Self::InAMeeting => Some(("Busy", "InAMeeting")),
            Self::Presenting => Some(("DoNotDisturb", "Presenting")),
            Self::Focusing => Some(("DoNotDisturb", "Focusing")),
            Self::UrgentInterruptionsOnly => Some(("DoNotDisturb", "UrgentInterruptionsOnly")),
        }
    }
}

/// A status that a person picks by hand in Teams: the same thing as a preferred presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    Available,
    Busy,
    DoNotDisturb,
    BeRightBack,
    Away,
    AppearOffline,
}

impl Pick {
    fn pair(self) -> (&'static str, &'static str) {
        match self {
            Self::Available => ("Available", "Available"),
            Self::Busy => ("Busy", "Busy"),
            Self::DoNotDisturb => ("DoNotDisturb", "DoNotDisturb"),
            Self::BeRightBack => ("BeRightBack", "BeRightBack"),
            Self::Away => ("Away", "Away"),
            Self::AppearOffline => ("Offline", "OffWork"),
        }
    }
}

/// A session of an application, or a preferred presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) availability: String,
    pub(crate) activity: String,
    pub(crate) at: Moment,
    /// `None`: until it is taken away, as a status picked in the Teams client.
    pub(crate) until: Option<Moment>,
}

impl Set {
    fn is_alive(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn faded(&self, now: Moment) -> (String, String) {
        let age = now.saturating_sub(self.at);
        let pair = |availability: &str, activity: &str| (availability.to_owned(), activity.to_owned());
        match self.availability.as_str() {
            "Available" if age >= FADES_TO_AWAY => pair("Away", "Away"),
            "Available" if age >= FADES_TO_INACTIVE => pair("Available", "AvailableInactive"),
            _ => pair(&self.availability, &self.activity),
        }
    }
}

/// An application's session as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The client id of the application.
    pub id: String,
    pub availability: String,
    pub activity: String,
    /// Seconds that it still lasts.
    pub left_seconds: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Presence {
    pub(crate) client: TeamsClient,
    client_at: Moment,
    pub(crate) apps: Vec<(String, Set)>,
    pub(crate) preferred: Option<Set>,
    /// Automatic replies, with their text.
    pub(crate) out_of_office: Option<String>,
    pub(crate) note: Option<(String, Option<Timestamp>, Timestamp)>,
    /// Words shown in place of the sum, for clients' tests of words that are new to them.
    pub(crate) shown: Option<(String, String)>,
    sequence: u64,
}

impl Presence {
    pub(crate) fn new() -> Self {
        Self {
            client: TeamsClient::Available,
            client_at: Moment::ZERO,
            apps: Vec::new(),
            preferred: None,
            out_of_office: None,
            note: None,
            shown: None,
            sequence: 0,
        }
    }

    pub(crate) fn changed(&mut self) {
        self.sequence += 1;
    }

    pub(crate) fn set_client(&mut self, client: TeamsClient, now: Moment) {
        self.client = client;
        self.client_at = now;
        self.changed();
    }

    pub(crate) fn pick(&mut self, pick: Option<Pick>, now: Moment) {
        self.preferred = pick.map(Pick::pair).map(|(availability, activity)| Set {
            availability: availability.into(),
            activity: activity.into(),
            at: now,
            until: None,
        });
        self.changed();
    }

    pub(crate) fn set_app(&mut self, id: &str, set: Set) {
        self.apps.retain(|(other, _)| other != id);
        self.apps.push((id.to_owned(), set));
        self.changed();
    }

    /// Whether there was a living session to clear.
    pub(crate) fn clear_app(&mut self, id: &str, now: Moment) -> bool {
        let found = self
            .apps
            .iter()
            .any(|(other, set)| other == id && set.is_alive(now));
        self.apps.retain(|(other, _)| other != id);
        self.changed();
        found
    }

    pub(crate) fn sessions(&self, now: Moment) -> Vec<Session> {
        let alive = self.apps.iter().filter(|(_, set)| set.is_alive(now));
        alive
            .map(|(id, set)| Session {
                id: id.clone(),
                availability: set.availability.clone(),
                activity: set.activity.clone(),
                left_seconds: set.until.map_or(0, |until| until.saturating_sub(now).as_secs()),
            })
            .collect()
    }

    /// Availability and activity as a read shows them.
    pub(crate) fn sum(&self, now: Moment) -> (String, String) {
        if let Some(shown) = &self.shown {
            return shown.clone();
        }
        let apps = self
            .apps
            .iter()
            .filter(|(_, set)| set.is_alive(now))
            .map(|(_, set)| (set.faded(now), set.at));
        let client = self
            .client
            .pair()
            .map(|(first, second)| ((first.to_owned(), second.to_owned()), self.client_at));
        // Among equals the latest counts; which one does in truth is not documented.
        let Some((best, _)) = apps
            .chain(client)
            .max_by_key(|((availability, _), at)| (rank(availability), *at))
        else {
            return ("Offline".into(), "Offline".into());
        };
        let preferred = self.preferred.as_ref().filter(|set| set.is_alive(now));
        let (availability, activity) =
            preferred.map_or(best, |set| (set.availability.clone(), set.activity.clone()));
        if self.out_of_office.is_some() && availability == "Available" && activity == "Available" {
            return (availability, "OutOfOffice".into());
        }
        (availability, activity)
    }

    /// The status message in force, with its end.
    pub(crate) fn note_at(&self, wall: Timestamp) -> Option<(String, Option<Timestamp>)> {
        let (content, until, _) = self.note.as_ref()?;
        let is_there = !content.is_empty() && until.is_none_or(|until| wall < until);
        is_there.then(|| (content.clone(), *until))
    }

    /// The presence resource (graph.md 1.4).
    pub(crate) fn resource(&self, oid: &str, now: Moment, wall: Timestamp) -> Value {
        let (availability, activity) = self.sum(now);
        let note = self.note.as_ref().filter(|_| self.note_at(wall).is_some());
        json!({
            "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#users('{oid}')/presence/$entity"),
            "id": oid,
            "availability": availability,
            "activity": activity,
            "statusMessage": note.map(|(content, until, published)| json!({
                "message": { "content": content, "contentType": "text" },
                "expiryDateTime": until.map(|until| json!({
                    "dateTime": until.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": "UTC",
                })),
                "publishedDateTime": published.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            })),
            "outOfOfficeSettings": { "message": self.out_of_office, "isOutOfOffice": self.out_of_office.is_some() },
            "workLocation": Value::Null,
            "sequenceNumber": format!("A{:010}", self.sequence),
        })
    }
}

/// DoNotDisturb over Busy over Available over Away (graph.md 1.3, point 1).
fn rank(availability: &str) -> u8 {
    match availability {
        "DoNotDisturb" => 4,
        "Busy" => 3,
        "Available" => 2,
        "Away" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn app(pair: (&str, &str), minutes: u32) -> Set {
        let (availability, activity) = (pair.0.into(), pair.1.into());
        Set {
            availability,
            activity,
            at: Moment::ZERO,
            until: Some(MINUTE * minutes),
        }
    }

    fn sum(presence: &Presence, minute: u32) -> String {
        let (availability, activity) = presence.sum(MINUTE * minute);
        format!("{availability}/{activity}")
    }

    #[test]
    fn sessions_by_rank() {
        for (client, session, shown) in [
            (TeamsClient::Available, ("Busy", "InACall"), "Busy/InACall"),
            (TeamsClient::Available, ("Away", "Away"), "Available/Available"),
            (
                TeamsClient::Away,
                ("Available", "Available"),
                "Available/Available",
            ),
            (
                TeamsClient::InAMeeting,
                ("DoNotDisturb", "Presenting"),
                "DoNotDisturb/Presenting",
            ),
            (
                TeamsClient::Presenting,
                ("Busy", "InACall"),
                "DoNotDisturb/Presenting",
            ),
            (
                TeamsClient::Focusing,
                ("Available", "Available"),
                "DoNotDisturb/Focusing",
            ),
            (
                TeamsClient::Closed,
                ("Busy", "InAConferenceCall"),
                "Busy/InAConferenceCall",
            ),
        ] {
            let mut presence = Presence::new();
            presence.set_client(client, Moment::ZERO);
            presence.set_app("app", app(session, 5));
            assert_eq!(sum(&presence, 1), shown, "{client:?} with {session:?}");
        }
    }

    #[test]
    fn expiry_and_fading() {
        let mut presence = Presence::new();
        presence.set_client(TeamsClient::Closed, Moment::ZERO);
        assert_eq!(sum(&presence, 0), "Offline/Offline");
        presence.set_app("app", app(("Busy", "InACall"), 5));
        for (minute, shown) in [(0, "Busy/InACall"), (4, "Busy/InACall"), (5, "Offline/Offline")] {
            assert_eq!(sum(&presence, minute), shown, "minute {minute}");
        }
        presence.set_app("app", app(("Available", "Available"), 60));
        for (minute, shown) in [
            (4, "Available/Available"),
            (5, "Available/AvailableInactive"),
            (9, "Available/AvailableInactive"),
            (10, "Away/Away"),
            (60, "Offline/Offline"),
        ] {
            assert_eq!(sum(&presence, minute), shown, "minute {minute}");
        }
    }

    #[test]
    fn preferred_needs_a_session() {
        let mut presence = Presence::new();
        presence.preferred = Some(app(("DoNotDisturb", "DoNotDisturb"), 60));
        assert_eq!(sum(&presence, 1), "DoNotDisturb/DoNotDisturb");
        presence.set_client(TeamsClient::Closed, Moment::ZERO);
        assert_eq!(sum(&presence, 1), "Offline/Offline");
        presence.set_app("app", app(("Busy", "InACall"), 240));
        assert_eq!(sum(&presence, 1), "DoNotDisturb/DoNotDisturb");
        assert_eq!(sum(&presence, 60), "Busy/InACall", "the preferred one has ended");
        presence.pick(Some(Pick::AppearOffline), Moment::ZERO);
        assert_eq!(sum(&presence, 61), "Offline/OffWork");
    }

    #[test]
    fn out_of_office_beside_the_rest() {
        let mut presence = Presence::new();
        presence.out_of_office = Some("Back on Monday".into());
        assert_eq!(sum(&presence, 0), "Available/OutOfOffice");
        presence.set_client(TeamsClient::InACall, Moment::ZERO);
        assert_eq!(sum(&presence, 0), "Busy/InACall");
    }
}
