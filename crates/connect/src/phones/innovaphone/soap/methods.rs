//! The methods that are used, their parameters in the order of the description, and what their answers mean. Pure.

use super::xml::{self, Element, Value};
use offhook_engine::line::{CallId, CallState};

/// Which description is spoken: a box that knows the newer one knows the older too, not the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `pbx10_00.wsdl`: presence can be set.
    V10,
    /// `pbx800.wsdl`.
    V8,
}

const APPLICATION: &str = "Offhook";
/// Handles, states and counts are small numbers.
const NOT_YET: std::ops::RangeInclusive<i64> = 1..=4;

pub fn initialize(dialect: Dialect, user: &str) -> String {
    let mut parameters = vec![
        ("user", Value::Text(user)),
        ("appl", Value::Text(APPLICATION)),
        ("v", Value::Bool(true)),
        ("v501", Value::Bool(true)),
        ("v700", Value::Bool(true)),
        ("v800", Value::Bool(true)),
    ];
    if dialect == Dialect::V10 {
        parameters.push(("vx1000", Value::Bool(true)));
    }
    xml::call("Initialize", &parameters)
}

pub fn user_initialize(session: i64, user: &str) -> String {
    xml::call(
        "UserInitialize",
        &[
            ("session", Value::Int(session)),
            ("user", Value::Text(user)),
            ("xfer", Value::Bool(false)),
            ("disc", Value::Bool(false)),
            ("hw", Value::Text("")),
        ],
    )
}

pub fn poll(session: i64) -> String {
    xml::call("Poll", &[("session", Value::Int(session))])
}

pub fn calls(session: i64, user: &str) -> String {
    xml::call(
        "Calls",
        &[("session", Value::Int(session)), ("user", Value::Text(user))],
    )
}

pub fn end(session: i64) -> String {
    xml::call("End", &[("session", Value::Int(session))])
}

/// Looks one user up by the long name.
pub fn find_user(dialect: Dialect, user: &str) -> String {
    let mut parameters = vec![
        ("v501", Value::Text("true")),
        ("v700", Value::Text("true")),
        ("v800", Value::Text("true")),
    ];
    if dialect == Dialect::V10 {
        parameters.push(("vx1000", Value::Text("true")));
    }
    parameters.extend([
        ("cn", Value::Text(user)),
        ("h323", Value::Text("")),
        ("e164", Value::Text("")),
        ("count", Value::Int(1)),
        ("next", Value::Int(0)),
    ]);
    if dialect == Dialect::V10 {
        parameters.push(("nohide", Value::Bool(true)));
    }
    xml::call("FindUser", &parameters)
}

/// Of the newer description alone.
pub fn set_presence(activity: &str, note: &str, user: &User) -> String {
    let guid = if user.guid.is_empty() { "*" } else { &user.guid };
    xml::call(
        "SetPresence",
        &[
            ("presence", Value::Presence { activity, note }),
            ("im", Value::Bool(false)),
            ("contact", Value::Text("tel:")),
            ("guid", Value::Text(guid)),
            ("h323", Value::Text(&user.h323)),
        ],
    )
}

/// A user as `UserInfo` has it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct User {
    pub cn: String,
    pub guid: String,
    pub h323: String,
    pub dn: String,
    /// Activity and note; `None` where none is told.
    pub presence: Option<(String, String)>,
}

/// Names are personal.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("User")
    }
}

impl User {
    pub fn parse(info: &Element) -> Self {
        let text = |name: &str| info.word(name).to_owned();
        // One record, or several with a contact each; the person's own is `tel:`.
        let presence = info.child("presence");
        let records = presence
            .map(|presence| &presence.children[..])
            .unwrap_or_default();
        let is_list = records.iter().any(|record| !record.children.is_empty());
        let record = if is_list {
            let own = |record: &&Element| record.word("contact").starts_with("tel:");
            records.iter().find(own).or(records.first())
        } else {
            presence
        };
        Self {
            cn: text("cn"),
            guid: text("guid"),
            h323: text("h323"),
            dn: text("dn"),
            presence: record.map(|record| {
                let note = record.child("note").map(|note| note.text.clone());
                (record.word("activity").to_owned(), note.unwrap_or_default())
            }),
        }
    }
}

/// One call as `CallInfo` has it; `None` in the place of a state: it is over.
pub fn call(info: &Element) -> Option<(CallId, Option<CallState>)> {
    let id = CallId::new(info.number("call")?.to_string());
    let bits = info.number("state")?;
    let kind = bits & 0xf;
    let is_over = info.word("active") == "false" || info.word("msg") == "del";
    let state = match kind {
        _ if is_over => None,
        0 | 6 | 7 => None,
        // From the phone system to the phone: that is in for the person.
        kind if NOT_YET.contains(&kind) && bits & 0x80 != 0 => Some(CallState::Ringing),
        kind if NOT_YET.contains(&kind) => Some(CallState::Dialling),
        8 => Some(CallState::Held),
        _ if bits & 0x100 != 0 => Some(CallState::Held),
        _ => Some(CallState::Connected),
    };
    Some((id, state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(name: &str, text: &str, children: Vec<Element>) -> Element {
        Element {
            name: name.into(),
            text: text.into(),
            children,
        }
    }

    /// facts/innovaphone-messages.json, `rcc_state`.
    #[test]
    fn every_example_of_a_state() {
        for (bits, state) in [
            (132, Some(CallState::Ringing)),
            (133, Some(CallState::Connected)),
            (4, Some(CallState::Dialling)),
            (5, Some(CallState::Connected)),
            (389, Some(CallState::Held)),
            (1157, Some(CallState::Connected)),
            (6, None),
            (7, None),
            (8, Some(CallState::Held)),
            (0, None),
        ] {
            let info = |extra: Vec<Element>| {
                let mut all = vec![
                    element("call", "17", vec![]),
                    element("state", &bits.to_string(), vec![]),
                ];
                all.extend(extra);
                element("item", "", all)
            };
            assert_eq!(call(&info(vec![])), Some((CallId::new("17"), state)), "{bits}");
            for over in [element("msg", "del", vec![]), element("active", "false", vec![])] {
                assert_eq!(call(&info(vec![over])), Some((CallId::new("17"), None)));
            }
        }
        assert_eq!(call(&element("item", "", vec![])), None);
    }

    #[test]
    fn a_presence_is_one_record_or_several() {
        let word = |name: &str, text: &str| element(name, text, vec![]);
        let one = element(
            "presence",
            "",
            vec![word("activity", "busy"), word("note", " a ")],
        );
        let record = |contact: &str, activity: &str| {
            element(
                "item",
                "",
                vec![word("contact", contact), word("activity", activity)],
            )
        };
        let several = element("presence", "", vec![record("im:", ""), record("tel:", "away")]);
        for (presence, wanted) in [(one, ("busy", " a ")), (several, ("away", ""))] {
            let user = User::parse(&element("item", "", vec![word("cn", "A"), presence]));
            assert_eq!(user.presence, Some((wanted.0.into(), wanted.1.into())));
        }
        assert_eq!(User::parse(&element("item", "", vec![])).presence, None);
    }

    #[test]
    fn the_older_dialect_says_nothing_of_the_newer() {
        assert!(initialize(Dialect::V10, "A").contains("vx1000"));
        for text in [initialize(Dialect::V8, "A"), find_user(Dialect::V8, "A")] {
            assert!(!text.contains("vx1000") && !text.contains("nohide"));
        }
    }
}
