//! What a valid event is, and which call it means.
//!
//! Source: `facts/call-sources.md`, section 5 (event).

use offhook_engine::line::{CallId, CallState, SourceId};
use offhook_protocol::{CallEvent, CallEventKind, Direction};
use serde::Deserialize as _;
use serde_json::Value;
use sha2::Digest;

/// Names of our own line sources: a program outside may not speak for them.
pub const RESERVED: [&str; 10] = [
    "baresip",
    "deskphone",
    "fritzbox",
    "hook",
    "jami",
    "linphone",
    "microphone",
    "phone",
    "sip",
    "tapi",
];

const MAX_SOURCE: usize = 64;
const MAX_CALL_ID: usize = 128;
const MAX_NUMBER: usize = 128;
const MAX_TIME: usize = 64;

/// Why an event was not taken: the field that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    pub field: &'static str,
}

/// A valid event.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) source: SourceId,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// Every call of the source has ended.
    Reset,
    Call(Kind, Identity),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    State(CallState),
    Heartbeat,
    Ended,
}

/// How the event names its call.
pub(super) enum Identity {
    Given(CallId),
    /// No call id: the numbers it may be known by, most likely first. Empty: the source's one nameless call.
    Numbers(Vec<String>),
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(id) => f.debug_tuple("Given").field(id).finish(),
            Self::Numbers(_) => f.write_str("Numbers(…)"),
        }
    }
}

impl Report {
    pub(super) fn parse(event: &CallEvent) -> Result<Self, Malformed> {
        let wrong = |field| Err(Malformed { field });
        if event.v != 1 {
            return wrong("v");
        }
        let Some(source) = source(&event.source) else {
            return wrong("source");
        };
        if !is_short_text(event.call_id.as_deref(), 1, MAX_CALL_ID) {
            return wrong("callId");
        }
        if !is_short_text(event.from.as_deref(), 0, MAX_NUMBER) {
            return wrong("from");
        }
        if !is_short_text(event.to.as_deref(), 0, MAX_NUMBER) {
            return wrong("to");
        }
        // Informative only: arrival decides, so that a program with a wrong clock does no harm.
        if !is_short_text(event.at.as_deref(), 0, MAX_TIME) {
            return wrong("at");
        }
        let what = match super::kind_of(event.event, event.direction) {
            Some(kind) => What::Call(kind, Identity::of(event)),
            None => What::Reset,
        };
        Ok(Self { source, what })
    }
}

/// What keeps a text from being an event at all: the first field that is missing or of the wrong kind, `json` where the
/// text is no JSON object or has a field that no event has.
pub(super) fn unreadable(text: &[u8]) -> Malformed {
    let Ok(Value::Object(fields)) = serde_json::from_slice(text) else {
        return Malformed { field: "json" };
    };
    let value = |name| fields.get(name).unwrap_or(&Value::Null);
    let optional = |name, is_fine: fn(&Value) -> bool| value(name).is_null() || is_fine(value(name));
    let checks = [
        ("v", u32::deserialize(value("v")).is_ok()),
        ("event", CallEventKind::deserialize(value("event")).is_ok()),
        ("source", value("source").is_string()),
        ("callId", optional("callId", Value::is_string)),
        (
            "direction",
            optional("direction", |value| Direction::deserialize(value).is_ok()),
        ),
        ("from", optional("from", Value::is_string)),
        ("to", optional("to", Value::is_string)),
        ("at", optional("at", Value::is_string)),
    ];
    let wrong = checks.into_iter().find(|(_, is_fine)| !is_fine);
    Malformed {
        field: wrong.map_or("json", |(field, _)| field),
    }
}

impl Identity {
    fn of(event: &CallEvent) -> Self {
        if let Some(id) = &event.call_id {
            return Self::Given(CallId::new(id));
        }
        // The other party's number first: the own one is the same for every call.
        let (first, second) = match event.direction {
            Some(Direction::Out) => (&event.to, &event.from),
            Some(Direction::In) | None => (&event.from, &event.to),
        };
        Self::Numbers(
            [first, second]
                .into_iter()
                .flatten()
                .filter_map(|number| digits(number))
                .collect(),
        )
    }

    /// The call's name, without its numbers. A later event may leave out the direction, so of two numbers the
    /// one that belongs to a live call is meant.
    pub(super) fn id(&self, source: &SourceId, salt: &[u8], is_live: impl Fn(&CallId) -> bool) -> CallId {
        let numbers = match self {
            Self::Given(id) => return id.clone(),
            Self::Numbers(numbers) => numbers,
        };
        let slots: Vec<_> = numbers.iter().map(|number| slot(source, number, salt)).collect();
        let live = slots.iter().find(|slot| is_live(slot));
        live.or(slots.first())
            .cloned()
            .unwrap_or_else(|| CallId::new("-"))
    }
}

/// One slot per source and number.
fn slot(source: &SourceId, number: &str, salt: &[u8]) -> CallId {
    let digest = sha2::Sha256::new()
        .chain_update(salt)
        .chain_update(source.as_str())
        .chain_update([0])
        .chain_update(number)
        .finalize();
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    CallId::new(format!("slot-{name}"))
}

/// Letters, digits, dot, underscore and hyphen, the first a letter or digit; case does not tell sources apart.
fn source(name: &str) -> Option<SourceId> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let name = name.to_ascii_lowercase();
    (starts_well && is_plain && name.len() <= MAX_SOURCE && !RESERVED.contains(&name.as_str()))
        .then(|| SourceId::new(name))
}

fn is_short_text(text: Option<&str>, least: usize, most: usize) -> bool {
    text.is_none_or(|text| (least..=most).contains(&text.len()) && !text.chars().any(char::is_control))
}

/// A number as it is compared: without the marks people write between digits. `None`: no number.
fn digits(number: &str) -> Option<String> {
    let bare: String = number
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '/' | '(' | ')'))
        .collect();
    (!bare.is_empty()).then_some(bare)
}
