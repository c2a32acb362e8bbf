//! What a request says. Pure.
//!
//! The addresses are ours ([`super::addresses`]), so every make speaks the same words; what differs is which of a phone's
//! own values it can put in. One that it could not put in stays as it is written there (`$call-id`) and counts as missing.

use crate::pii::Pii;
use offhook_engine::line::CallState;
use url::form_urlencoded;

/// The longest value that is taken.
const LONGEST: usize = 128;
/// More than any phone of one person has up.
const MOST_CALLS: u32 = 99;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub what: What,
    pub call: Name,
    /// How many calls the phone says it has up now.
    pub ongoing: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    State(CallState),
    Ended,
    /// The phone is idle.
    Idle,
    Dnd(bool),
    /// Something that says nothing about calls.
    Nothing,
}

/// Which of the phone's calls is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Id(Pii<String>),
    /// The other party's number, by phones that give no id.
    Number(Pii<String>),
    Unsaid,
}

/// It is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// The query of a GET: `e=connected&id=…&n=…&r=…`. Other parameters are let pass.
pub(super) fn of_query(query: &str) -> Result<Report, Malformed> {
    let (mut event, mut id, mut number, mut ongoing) = (None, None, None, None);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*key {
            "e" => &mut event,
            "id" => &mut id,
            "r" => &mut number,
            "n" => &mut ongoing,
            _ => continue,
        };
        if place.replace(checked(&value)?).is_some() {
            return Err(Malformed);
        }
    }
    let event = event.flatten().ok_or(Malformed)?;
    let what = match event.as_str() {
        "incoming" => What::State(CallState::Ringing),
        "outgoing" => What::State(CallState::Dialling),
        "connected" | "unhold" => What::State(CallState::Connected),
        "hold" => What::State(CallState::Held),
        "ended" => What::Ended,
        "idle" => What::Idle,
        "dnd-on" => What::Dnd(true),
        "dnd-off" => What::Dnd(false),
        _ => return Err(Malformed),
    };
    let ongoing = match ongoing.flatten() {
        Some(count) => Some(count.parse().ok().filter(|n| *n <= MOST_CALLS).ok_or(Malformed)?),
        None => None,
    };
    let call = match (id.flatten(), number.flatten()) {
        (Some(id), _) => Name::Id(Pii::new(id)),
        (None, Some(number)) => Name::Number(Pii::new(number)),
        (None, None) => Name::Unsaid,
    };
    Ok(Report { what, call, ongoing })
}

/// `None`: nothing is there, or what the phone should have put in.
fn checked(value: &str) -> Result<Option<String>, Malformed> {
    if value.len() > LONGEST || value.chars().any(char::is_control) {
        return Err(Malformed);
    }
    let value = value.trim();
    Ok((!value.is_empty() && !value.starts_with('$')).then(|| value.to_owned()))
}

/// As an identity that Poly's XML gives.
pub(super) fn id(text: &str) -> Result<Name, Malformed> {
    Ok(checked(text)?.map_or(Name::Unsaid, |id| Name::Id(Pii::new(id))))
}
