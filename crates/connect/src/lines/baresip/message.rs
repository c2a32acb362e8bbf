//! One frame: an event, the response to a command, or something that is not for us.
//!
//! Events are told apart by `type`, never by `class`, which changed between versions; unknown types and members
//! are let pass.

use crate::pii::Pii;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    Event(Event),
    Response(Response),
    /// `{"message":true,…}`, an incoming SIP message, or something newer.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub kind: Kind,
    /// The SIP Call-ID. Absent on the first events of an outgoing call.
    pub id: Option<String>,
    pub peer: Option<Pii<String>>,
    pub direction: Option<Direction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Incoming,
    /// From 2.0.0 on.
    Outgoing,
    /// `CALL_RINGING`, `CALL_PROGRESS`: the far end rings or plays something; on an incoming call, we do.
    Proceeding,
    /// `CALL_ANSWERED` (from 1.1.0 on), `CALL_ESTABLISHED`.
    Talking,
    /// `CALL_HOLD`, from 3.7.0 on: the *far* end holds. Our own hold has no event in any version.
    HeldByPeer,
    ResumedByPeer,
    Closed,
    /// `CALL_LOCAL_SDP`, `CALL_REMOTE_SDP`: media is negotiated, perhaps because we hold or resume.
    Media,
    /// `SHUTDOWN`, `EXIT`: no call survives.
    Gone,
    Registered,
    NotRegistered,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub token: Option<String>,
    pub ok: bool,
    pub data: String,
}

/// A frame that is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame is no JSON object")]
pub(super) struct NoObject;

pub(super) fn parse(frame: &[u8]) -> Result<Message, NoObject> {
    // Names of callers come from anywhere, in any encoding.
    let text = String::from_utf8_lossy(frame);
    let object: Map<String, Value> = serde_json::from_str(&text).map_err(|_| NoObject)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    if is_true(object.get("event")) {
        return Ok(Message::Event(Event {
            kind: kind(object.get("type").and_then(Value::as_str).unwrap_or_default()),
            id: text("id").filter(|id| !id.is_empty()),
            peer: text("peeruri").map(Pii::new),
            direction: match object.get("direction").and_then(Value::as_str) {
                Some("incoming") => Some(Direction::In),
                Some("outgoing") => Some(Direction::Out),
                Some(_) | None => None,
            },
        }));
    }
    if is_true(object.get("response")) {
        return Ok(Message::Response(Response {
            token: text("token"),
            ok: is_true(object.get("ok")),
            data: text("data").unwrap_or_default(),
        }));
    }
    Ok(Message::Other)
}

/// baresip's own documentation shows the word in quotes, its code sends it without.
fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| *value == Value::Bool(true) || *value == "true")
}

fn kind(name: &str) -> Kind {
    match name {
        "CALL_INCOMING" => Kind::Incoming,
        "CALL_OUTGOING" => Kind::Outgoing,
        "CALL_RINGING" | "CALL_PROGRESS" => Kind::Proceeding,
        "CALL_ANSWERED" | "CALL_ESTABLISHED" => Kind::Talking,
        "CALL_HOLD" => Kind::HeldByPeer,
        "CALL_RESUME" => Kind::ResumedByPeer,
        "CALL_CLOSED" => Kind::Closed,
        "CALL_LOCAL_SDP" | "CALL_REMOTE_SDP" => Kind::Media,
        "SHUTDOWN" | "EXIT" => Kind::Gone,
        "REGISTER_OK" | "FALLBACK_OK" => Kind::Registered,
        "REGISTER_FAIL" | "FALLBACK_FAIL" | "UNREGISTERING" => Kind::NotRegistered,
        _ => Kind::Other,
    }
}

/// The command that lists all calls; its response carries the token.
pub(super) fn list_calls(token: &str) -> String {
    format!(r#"{{"command":"listcalls","token":"{token}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_both_generations_are_read() {
        let first = r#"{"event":true,"type":"CALL_ESTABLISHED","class":"call","accountaor":"sip:b@127.0.0.1",
            "direction":"incoming","peeruri":"sip:a@127.0.0.1","id":"6ce3","param":"sip:a@127.0.0.1"}"#;
        let fourth = r#"{"event":true,"class":"call","type":"CALL_ESTABLISHED","accountaor":"sip:b@127.0.0.1",
            "cuser":"b-0x55","direction":"incoming","peeruri":"sip:a@127.0.0.1","contacturi":"sip:a@127.0.0.1:5",
            "localuri":"sip:b@127.0.0.1","id":"6ce3","remoteaudiodir":"sendrecv","audiodir":"sendrecv",
            "diverteruri":"sip:c@127.0.0.1","userdata":"x","param":"sip:a@127.0.0.1"}"#;
        let read = |text: &str| parse(text.as_bytes()).unwrap();
        assert_eq!(read(first), read(fourth));
        assert_eq!(
            read(first),
            Message::Event(Event {
                kind: Kind::Talking,
                id: Some("6ce3".into()),
                peer: Some(Pii::new("sip:a@127.0.0.1".into())),
                direction: Some(Direction::In),
            })
        );
        assert!(
            !format!("{:?}", read(first)).contains("sip:a"),
            "a peer is personal"
        );
    }

    #[test]
    fn what_is_not_for_us_is_let_pass() {
        for other in [
            "{}",
            r#"{"message":true,"body":"hi"}"#,
            r#"{"event":false}"#,
            r#"{"event":1,"type":{}}"#,
        ] {
            assert_eq!(parse(other.as_bytes()), Ok(Message::Other), "{other}");
        }
        let Ok(Message::Event(event)) =
            parse(br#"{"event":true,"type":"SOMETHING_NEW","id":7,"peeruri":[]}"#)
        else {
            panic!("an event")
        };
        assert_eq!(
            event,
            Event {
                kind: Kind::Other,
                id: None,
                peer: None,
                direction: None
            }
        );
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        for garbage in ["", "listcalls", "[1]", "{\"event\":true"] {
            assert_eq!(parse(garbage.as_bytes()), Err(NoObject), "{garbage}");
        }
    }

    #[test]
    fn a_name_in_another_encoding_breaks_nothing() {
        let frame =
            b"{\"event\":true,\"type\":\"CALL_CLOSED\",\"id\":\"1\",\"peerdisplayname\":\"M\xfcller\"}";
        assert!(matches!(
            parse(frame),
            Ok(Message::Event(Event {
                kind: Kind::Closed,
                ..
            }))
        ));
    }

    #[test]
    fn responses_are_read() {
        assert_eq!(
            parse(br#"{"response":true,"ok":false,"data":"command not found","token":"t"}"#),
            Ok(Message::Response(Response {
                token: Some("t".into()),
                ok: false,
                data: "command not found".into()
            }))
        );
        assert!(parse(list_calls("t").as_bytes()).is_ok());
    }
}
