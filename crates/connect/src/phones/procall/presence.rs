//! The absent state, which is the presence set by hand, and the note (facts/estos-csta.md sections 1.4 to 1.6). Pure.
//!
//! An end time of ours is a dead-man's switch: it is put off while Offhook runs, and the server ends the state by itself
//! when nobody does.

use super::lines::shaped;
use super::rose::Odd;
use jiff::{SignedDuration, Timestamp};
use offhook_engine::phone::PhonePresence;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;

const NOT_ABSENT: i64 = 0;
const OUT_OF_OFFICE: i64 = 1;
const BUSY: i64 = 2;
const DND: i64 = 3;
const NOT_SET: i64 = 4;

/// The state of a word. Those that it has none for have their nearest.
const fn state_of(word: PhonePresence) -> i64 {
    match word {
        PhonePresence::Dnd => DND,
        PhonePresence::OnThePhone | PhonePresence::Meeting | PhonePresence::Busy => BUSY,
        PhonePresence::ExtendedAway | PhonePresence::Away => OUT_OF_OFFICE,
        PhonePresence::Available => NOT_ABSENT,
    }
}

/// The absent state as it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absent {
    state: i64,
    /// When the server ends it.
    pub until: Option<Timestamp>,
    reachability: Option<i64>,
}

impl Absent {
    pub const NOT_SET: Self = Self {
        state: NOT_SET,
        until: None,
        reachability: None,
    };

    /// A word of ours, for that long.
    pub fn ours(word: PhonePresence, now: Timestamp, span: SignedDuration) -> Self {
        Self {
            state: state_of(word),
            // Whole seconds: a server need not keep more.
            until: Timestamp::from_second((now + span).as_second()).ok(),
            reachability: None,
        }
    }

    pub const fn is_set(&self) -> bool {
        self.state != NOT_SET
    }

    /// Whether it is this one as far as a server keeps it: the end may be rounded.
    pub fn is_like(&self, other: &Self) -> bool {
        let near =
            |one: Timestamp, two: Timestamp| one.duration_since(two).abs() <= SignedDuration::from_secs(60);
        self.state == other.state
            && match (self.until, other.until) {
                (Some(one), Some(two)) => near(one, two),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
    }

    /// The engine's word; none where it is not set, or by a number that is not published.
    pub const fn word(&self) -> Option<PhonePresence> {
        match self.state {
            NOT_ABSENT => Some(PhonePresence::Available),
            OUT_OF_OFFICE => Some(PhonePresence::Away),
            BUSY => Some(PhonePresence::Busy),
            DND => Some(PhonePresence::Dnd),
            _ => None,
        }
    }

    /// The argument's `absentstate`.
    pub fn to_json(self, contact: &str) -> Value {
        let mut value =
            json!({ "_type": "AsnAbsentStateV2", "u8sContactId": contact, "eAbsentState": self.state });
        if let Some(until) = self.until {
            value["stTimeTo"] = format!("{until:.3}").into();
        }
        if let Some(reachability) = self.reachability {
            value["eReachability"] = reachability.into();
        }
        value
    }
}

/// The note. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Note(pub String);

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(…)")
    }
}

/// What the server says of the own contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    pub absent: Absent,
    pub note: Note,
    /// An entry of ProCall's own Teams integration is there.
    pub own_teams: bool,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "seqSubscribedPresence", default)]
    list: Vec<Wire>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "u8sContactId")]
    contact: String,
    #[serde(rename = "asnAbsentState")]
    absent: Option<WireAbsent>,
    #[serde(rename = "asnCustomNote")]
    note: Option<WireNote>,
}

#[derive(Deserialize)]
struct WireAbsent {
    #[serde(rename = "eAbsentState")]
    state: i64,
    #[serde(rename = "stTimeTo")]
    until: Option<String>,
    #[serde(rename = "eReachability")]
    reachability: Option<i64>,
    #[serde(rename = "externalPresenceStates", default)]
    external: Vec<WireExternal>,
}

#[derive(Deserialize)]
struct WireExternal {
    #[serde(rename = "eType")]
    kind: i64,
}

#[derive(Deserialize)]
struct WireNote {
    #[serde(rename = "u8sNote", default)]
    note: String,
}

/// The own contact's part of the answer to `asnGetAndSubscribePresenceV2`.
///
/// # Errors
/// Where it has not the shape, or the contact is not in it.
pub fn parse(value: Value, contact: &str) -> Result<Presence, Odd> {
    let list: List = shaped(value)?;
    let own = list
        .list
        .into_iter()
        .find(|one| one.contact.eq_ignore_ascii_case(contact));
    let own = own.ok_or(Odd)?;
    let own_teams = own
        .absent
        .iter()
        // The vendor's list knows one kind: Microsoft Teams.
        .any(|absent| absent.external.iter().any(|external| external.kind == 0));
    let absent = own.absent.map_or(Absent::NOT_SET, |absent| Absent {
        state: absent.state,
        until: absent.until.as_deref().and_then(time),
        reachability: absent.reachability.filter(|reachability| *reachability != 0),
    });
    Ok(Presence {
        absent,
        note: Note(own.note.map(|note| note.note).unwrap_or_default()),
        own_teams,
    })
}

/// ISO 8601 in UTC, whether it says so or not. The zero of the format (1899) is none.
fn time(text: &str) -> Option<Timestamp> {
    let utc = |civil: jiff::civil::DateTime| civil.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let time = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| Some(utc(text.parse().ok()?)?.timestamp()))?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}

/// Who is signed in. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    pub contact: String,
    pub display: String,
    /// Names and addresses of the person, to compare with the Microsoft account.
    pub names: Vec<String>,
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Who(…)")
    }
}

/// # Errors
/// Where there is no contact.
pub fn who(value: &Value) -> Result<Who, Odd> {
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let contact = &value["ownContact"];
    let details = &contact["asnRemoteContact"];
    let display = text(&details["u8sDisplayName"]).or_else(|| text(&value["u8sLoggedInUser"]));
    let names = [
        text(&details["u8sDisplayName"]),
        text(&details["u8sEMail"]),
        text(&value["u8sLoggedInUser"]),
    ];
    Ok(Who {
        contact: text(&contact["u8sContactId"]).ok_or(Odd)?,
        display: display.unwrap_or_default(),
        names: names.into_iter().flatten().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: SignedDuration = SignedDuration::from_secs(600);

    fn now() -> Timestamp {
        "2026-11-23T10:00:42.5Z".parse().unwrap()
    }

    fn read(absent: Value) -> Presence {
        let own = json!({"u8sContactId": "sip:alice@example", "asnAbsentState": absent});
        parse(json!({"seqSubscribedPresence": [own]}), "SIP:alice@example").unwrap()
    }

    #[test]
    fn states_are_the_published_ones() {
        let published: Value =
            serde_json::from_str(include_str!("../../../tests/data/estos-ucserver.json")).unwrap();
        let states = &published["enums"]["absent_state"];
        for (number, name, word) in [
            (NOT_ABSENT, "not absent", Some(PhonePresence::Available)),
            (OUT_OF_OFFICE, "out of office", Some(PhonePresence::Away)),
            (BUSY, "busy", Some(PhonePresence::Busy)),
            (DND, "do not disturb", Some(PhonePresence::Dnd)),
            (NOT_SET, "not set", None),
        ] {
            assert_eq!(states[number.to_string()], name);
            assert_eq!(read(json!({"eAbsentState": number})).absent.word(), word);
        }
        assert_eq!(states.as_object().unwrap().len(), 5);
    }

    #[test]
    fn every_word_comes_back_as_its_nearest_and_ends() {
        for word in PhonePresence::ALL {
            let ours = Absent::ours(word, now(), SPAN);
            let back = read(ours.to_json("sip:alice@example")).absent;
            assert_eq!(back, ours, "{word:?}");
            assert!((back.until.unwrap().duration_since(now()) - SPAN).abs() < SignedDuration::from_secs(1));
            let nearest = match word {
                PhonePresence::OnThePhone | PhonePresence::Meeting => PhonePresence::Busy,
                PhonePresence::ExtendedAway => PhonePresence::Away,
                PhonePresence::Dnd | PhonePresence::Busy | PhonePresence::Away | PhonePresence::Available => {
                    word
                }
            };
            assert_eq!(back.word(), Some(nearest));
        }
    }

    #[test]
    fn a_server_that_rounds_the_end_still_has_ours() {
        let ours = Absent::ours(PhonePresence::Busy, now(), SPAN);
        let kept = read(json!({"eAbsentState": 2, "stTimeTo": "2026-11-23T10:10:00Z"})).absent;
        assert!(kept.is_like(&ours));
        let by_hand = read(json!({"eAbsentState": 2, "stTimeTo": "2026-11-23T12:00:00Z"})).absent;
        assert!(!by_hand.is_like(&ours));
        assert!(!read(json!({"eAbsentState": 2})).absent.is_like(&ours));
    }

    #[test]
    fn times_are_read_in_every_form() {
        let wanted = "2026-11-23T10:10:11Z".parse().ok();
        for text in [
            "2026-11-23T10:10:11Z",
            "2026-11-23T10:10:11.000Z",
            "2026-11-23T10:10:11",
            "2026-11-23T11:10:11+01:00",
        ] {
            assert_eq!(time(text), wanted, "{text}");
        }
        for none in ["", "soon", "1899-12-30T00:00:00Z"] {
            assert_eq!(time(none), None, "{none}");
        }
    }

    #[test]
    fn an_entry_of_the_own_teams_integration_is_seen() {
        let external = json!([{"u8sUserName": "alice@example", "iState": 1, "eType": 0}]);
        assert!(read(json!({"eAbsentState": 4, "externalPresenceStates": external})).own_teams);
        assert!(!read(json!({"eAbsentState": 4, "externalPresenceStates": []})).own_teams);
        assert!(!read(json!({"eAbsentState": 4, "externalPresenceStates": [{"eType": 1}]})).own_teams);
        assert!(!read(Value::Null).own_teams);
    }

    #[test]
    fn the_person_is_named_and_does_not_show() {
        let value = json!({
            "u8sLoggedInUser": "alice",
            "ownContact": {"u8sContactId": "sip:alice@example", "asnRemoteContact": {"u8sDisplayName": "Alice A", "u8sEMail": ""}},
        });
        let who = who(&value).unwrap();
        assert_eq!(
            (who.display.as_str(), who.names.as_slice()),
            ("Alice A", ["Alice A".to_owned(), "alice".into()].as_slice())
        );
        assert!(!format!("{who:?} {:?}", Note("Alice".into())).contains("lice"));
        assert_eq!(super::who(&json!({"ownContact": {}})), Err(Odd));
    }
}
