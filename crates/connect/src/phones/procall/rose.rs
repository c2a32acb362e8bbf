//! Remote operations in JSON: what is asked, and what comes back (facts/estos-csta.md section 1.3,
//! facts/estos-ucserver.json). Pure.

use serde_json::{Value, json};
use std::fmt;

/// The number of an invoke that is an event and wants no answer, in both directions.
pub const EVENT: i64 = 99_999;

/// An operation with its number in the vendor's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    pub id: u32,
    pub name: &'static str,
    /// The argument's type.
    pub argument: &'static str,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $constant:ident = $id:literal $name:literal $argument:literal;)*) => {
        impl Operation {
            $($(#[$doc])* pub const $constant: Self = Self { id: $id, name: $name, argument: $argument };)*
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

operations! {
    /// Sent without an answer, so that the server keeps the connection.
    KEEP_ALIVE = 100 "asnKeepAlive" "AsnKeepAliveArgument";
    /// Sent without an answer.
    LOGOFF = 1001 "asnLogoff" "AsnLogoffArgument";
    TOKEN = 1007 "asnGetUserTokenV2" "AsnGetUserTokenArgument";
    WHO = 1008 "asnGetLoggedInContactV2" "AsnGetLoggedInContactArgument";
    SET_ABSENT = 1128 "asnSetUserAbsentState" "AsnSetUserAbsentStateArgument";
    /// Since August 2024.
    RESET_ABSENT = 1130 "asnResetUserAbsentState" "AsnResetUserAbsentStateArgument";
    SET_FORWARD = 1218 "asnCtiSetForward" "AsnCtiSetForwardArgument";
    REMOVE_FORWARD = 1219 "asnCtiRemoveForward" "AsnCtiRemoveForwardArgument";
    LINES = 1260 "asnCtiEnumPhoneLines" "AsnCtiEnumPhoneLinesArgument";
    SNAPSHOT = 1261 "asnCtiSnapshotPhoneLine" "AsnCtiSnapshotPhoneLineArgument";
    MONITOR = 1262 "asnCtiLineMonitorStart" "AsnCtiLineMonitorStartArgument";
    MONITOR_STOP = 1263 "asnCtiLineMonitorStop" "AsnCtiLineMonitorStopArgument";
    SET_DND = 1264 "asnCtiLineSetDoNotDisturb" "AsnCtiLineSetDoNotDisturbArgument";
    SET_NOTE = 1510 "asnCustomNoteSet" "AsnCustomNoteSetArgument";
    /// Has an answer, even from a server that does not know it.
    CHECK = 1714 "asnCheckConnection" "AsnCheckConnectionArgument";
    PRESENCE = 4505 "asnGetAndSubscribePresenceV2" "AsnGetAndSubscribePresenceArgument";
}

impl Operation {
    /// The whole message. `members`: of the argument.
    pub fn invoke(self, id: i64, members: &Value) -> String {
        let mut argument = json!({ "_type": self.argument });
        if let (Some(argument), Some(members)) = (argument.as_object_mut(), members.as_object()) {
            argument.extend(members.clone());
        }
        json!({ "invoke": {
            "invokeID": id,
            "operationID": self.id,
            "operationName": self.name,
            "argument": argument,
        } })
        .to_string()
    }
}

/// What the server tells unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    LineInfo,
    Dnd,
    Forwards,
    Call,
    /// A line was added or removed.
    Lines,
    MonitorStopped,
    /// Absent state, note, or the calculated presence.
    Presence,
    Other,
}

impl Told {
    fn of(name: &str, id: i64) -> Self {
        match (name, id) {
            ("asnCtiNotifyLineInfoChanged", _) | ("", 1280) => Self::LineInfo,
            ("asnCtiNotifyLineDoNotDisturbChanged", _) | ("", 1281) => Self::Dnd,
            ("asnCtiNotifyLineForwardingChanged", _) | ("", 1282) => Self::Forwards,
            ("asnCtiNotifyLineCallInformationChanged", _) | ("", 1283) => Self::Call,
            ("asnCtiNotifyLineAddRemove", _) | ("", 1284) => Self::Lines,
            ("asnCtiNotifyMonitorStopped", _) | ("", 1294) => Self::MonitorStopped,
            ("", 1313 | 1511 | 4501 | 4504) => Self::Presence,
            // Servers before the schema of August 2024 have the same events without the V2.
            (name, _)
                if [
                    "asnUpdatePresence",
                    "asnRemovePresence",
                    "asnUpdateMyAbsentState",
                    "asnUpdateMyCustomNote",
                ]
                .iter()
                .any(|start| name.starts_with(start)) =>
            {
                Self::Presence
            }
            _ => Self::Other,
        }
    }
}

/// One message of the server. `Debug` does not show what it says.
#[derive(Clone, PartialEq)]
pub enum Message {
    Result {
        id: i64,
        value: Value,
    },
    /// The operation was carried out and failed; `detail` is its own number for why.
    Error {
        id: i64,
        detail: i64,
    },
    /// The operation was not carried out: 1 unknown, 2 mistyped, 3 too much, 8 no such session, 9 not signed in yet.
    Reject {
        id: i64,
        problem: i64,
    },
    Event {
        told: Told,
        argument: Value,
    },
    /// Of no interest, and no fault.
    Other,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result { id, .. } => write!(f, "Result({id}, …)"),
            Self::Error { id, detail } => write!(f, "Error({id}, {detail})"),
            Self::Reject { id, problem } => write!(f, "Reject({id}, {problem})"),
            Self::Event { told, .. } => write!(f, "Event({told:?}, …)"),
            Self::Other => f.write_str("Other"),
        }
    }
}

/// Nothing that this interface sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no message of the interface")]
pub struct Odd;

/// All messages of a frame: one, or an array of them, of which none may be passed over.
///
/// # Errors
/// Where it is no JSON, or none of the four kinds.
pub fn parse(frame: &str) -> Result<Vec<Message>, Odd> {
    let mut value: Value = serde_json::from_str(frame).map_err(|_| Odd)?;
    match value.as_array_mut() {
        Some(all) => std::mem::take(all).into_iter().map(message).collect(),
        None => message(value).map(|one| vec![one]),
    }
}

fn message(mut value: Value) -> Result<Message, Odd> {
    let object = value.as_object_mut().ok_or(Odd)?;
    if let Some(mut invoke) = object.remove("invoke") {
        let number = |name: &str| invoke[name].as_i64();
        if number("invokeID") != Some(EVENT) {
            return Ok(Message::Other);
        }
        let name = invoke["operationName"].as_str().unwrap_or_default();
        let told = Told::of(name, number("operationID").unwrap_or_default());
        let argument = invoke["argument"].take();
        return Ok(Message::Event { told, argument });
    }
    if let Some(mut result) = object.remove("result") {
        let id = result["invokeID"].as_i64().ok_or(Odd)?;
        let inner = result.get_mut("result").and_then(|inner| inner.get_mut("result"));
        let value = inner.map(Value::take).unwrap_or_default();
        return Ok(Message::Result { id, value });
    }
    if let Some(error) = object.remove("error") {
        // The interface spells it so.
        let id = error["invokedID"].as_i64().ok_or(Odd)?;
        let inner = error["error"]["iErrorDetail"]
            .as_i64()
            .filter(|detail| *detail != 0);
        let detail = inner.or(error["error_value"].as_i64()).unwrap_or_default();
        return Ok(Message::Error { id, detail });
    }
    if let Some(reject) = object.remove("reject") {
        let id = &reject["invokedID"];
        let id = id["invokedID"].as_i64().or(id.as_i64()).ok_or(Odd)?;
        let problem = reject["reject"]["invokeProblem"].as_i64().unwrap_or_default();
        return Ok(Message::Reject { id, problem });
    }
    Err(Odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published() -> Value {
        serde_json::from_str(include_str!("../../../tests/data/estos-ucserver.json")).unwrap()
    }

    #[test]
    fn numbers_and_names_are_the_published_ones() {
        let published = published();
        for operation in Operation::ALL {
            // Read from the vendor's ENetUC_Transport.asn1; not in the list.
            if *operation == Operation::CHECK {
                continue;
            }
            let listed = &published["operations"][operation.name];
            assert_eq!(listed["id"], operation.id, "{}", operation.name);
        }
        for (name, listed) in published["operations"].as_object().unwrap() {
            let id = listed["id"].as_i64().unwrap();
            if listed["server_event"] == true {
                assert_ne!(Told::of(name, id), Told::Other, "{name}");
                assert_eq!(Told::of(name, 0), Told::of("", id), "{name}");
            }
        }
    }

    #[test]
    fn a_result_without_a_value_has_none() {
        for odd in [
            r#""result":3"#,
            r#""result":[]"#,
            r#""result":{}"#,
            r#""other":1"#,
        ] {
            let all = parse(&format!(r#"{{"result":{{"invokeID":7,{odd}}}}}"#)).unwrap();
            let [Message::Result { id: 7, value }] = all.as_slice() else {
                panic!("{odd}: {all:?}");
            };
            assert_eq!(*value, Value::Null, "{odd}");
        }
    }

    #[test]
    fn an_invoke_is_the_published_one() {
        let wanted = published()["rose"]["invoke"].clone();
        let sent = Operation::SET_DND.invoke(
            1,
            &json!({ "u8sLinePhoneNumber": "tel:…", "bDoNotDisturb": true }),
        );
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), wanted);
    }

    #[test]
    fn the_published_answers_are_read() {
        let answers = published()["rose"]["answers"].clone();
        let one = |name: &str| parse(&answers[name].to_string()).unwrap();
        assert_eq!(
            one("result"),
            [Message::Result {
                id: 1,
                value: json!({})
            }]
        );
        assert_eq!(one("error"), [Message::Error { id: 1, detail: 2 }]);
        assert_eq!(one("reject"), [Message::Reject { id: 1, problem: 1 }]);
        let all = Value::Array(vec![answers["result"].clone(), answers["error"].clone()]);
        assert_eq!(
            parse(&all.to_string()).unwrap().len(),
            2,
            "an array is read to its end"
        );
    }

    #[test]
    fn an_errors_own_detail_is_preferred() {
        let error = json!({"error": {"invokedID": 7, "error_value": 1, "error": {"iErrorDetail": 3}}});
        assert_eq!(
            parse(&error.to_string()),
            Ok(vec![Message::Error { id: 7, detail: 3 }])
        );
    }

    #[test]
    fn events_are_told_apart_by_name_or_number() {
        let event = |invoke: Value| parse(&json!({ "invoke": invoke }).to_string()).unwrap();
        let named =
            event(json!({"invokeID": 99999, "operationName": "asnUpdatePresence", "argument": {"a": 1}}));
        let wanted = |told| {
            vec![Message::Event {
                told,
                argument: json!({"a": 1}),
            }]
        };
        assert_eq!(named, wanted(Told::Presence));
        let numbered = event(json!({"invokeID": 99999, "operationID": 1283, "argument": {"a": 1}}));
        assert_eq!(numbered, wanted(Told::Call));
        // What wants an answer is none of ours.
        assert_eq!(
            event(json!({"invokeID": 4, "operationID": 1283})),
            [Message::Other]
        );
    }

    #[test]
    fn what_is_no_message_is_named_so() {
        for odd in [
            "",
            "{",
            "7",
            "[7]",
            "{}",
            "<html>",
            r#"{"result":{}}"#,
            r#"{"error":{"error_value":2}}"#,
        ] {
            assert_eq!(parse(odd), Err(Odd), "{odd}");
        }
        assert_eq!(parse("[]"), Ok(vec![]));
    }

    #[test]
    fn what_a_message_says_does_not_show() {
        let event = parse(r#"{"result":{"invokeID":1,"result":{"result":{"u8sNote":"planted"}}}}"#).unwrap();
        assert!(!format!("{event:?}").contains("planted"));
    }
}
