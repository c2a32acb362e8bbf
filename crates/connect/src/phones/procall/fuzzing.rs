//! What must hold for whatever a UCServer, or something in its place, sends.

use super::lines::{Call, Change, Snapshot, digits, forward_of, has_others, shaped};
use super::presence::{self, Absent};
use super::rose::{self, Message};
use super::sign_in;
use crate::fuzzing::choice;
use crate::phones::web::Answer;
use jiff::{SignedDuration, Timestamp};
use offhook_engine::phone::PhonePresence;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A frame: read message by message, and each argument in every shape that it could have.
pub fn frame(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(messages) = rose::parse(&text) else {
        return;
    };
    for message in messages {
        let shown = format!("{message:?}");
        assert!(shown.len() < 100, "what it says does not show");
        match message {
            Message::Result { value, .. } | Message::Event { argument: value, .. } => shapes(&value),
            Message::Error { .. } | Message::Reject { .. } | Message::Other => {}
        }
    }
}

fn shapes(value: &Value) {
    if let Ok(snapshot) = shaped::<Snapshot>(value.clone()) {
        let others = has_others(&snapshot.forwards);
        assert!(
            others || snapshot.forwards.len() <= 1,
            "one forward is all there is"
        );
        if let Some(target) = forward_of(&snapshot.forwards) {
            assert_eq!(digits(&target), target, "a target has no separators");
        }
        snapshot.calls.iter().for_each(call);
    }
    if let Ok(change) = shaped::<Change>(value.clone()) {
        change.call.iter().for_each(call);
    }
    if let Ok(read) = presence::parse(value.clone(), "sip:alice@example") {
        written_again(&read.absent);
    }
    if let Ok(who) = presence::who(value) {
        assert_eq!(format!("{who:?}"), "Who(…)", "nothing of it shows");
    }
}

fn call(call: &Call) {
    let _now = call.now();
    assert_eq!(call.id("tel:1").as_str().len(), 16, "an id says nothing");
    assert_ne!(call.id("tel:1"), call.id("tel:2"), "each line has its own");
}

/// What the server told reads the same when it is put back.
fn written_again(absent: &Absent) {
    let own = serde_json::json!({"u8sContactId": "a", "asnAbsentState": absent.to_json("a")});
    let back = presence::parse(serde_json::json!({"seqSubscribedPresence": [own]}), "a");
    assert!(
        back.is_ok_and(|back| back.absent.is_like(absent)),
        "written and read again"
    );
}

/// The answer to a sign-in: the first byte chooses the status.
pub fn session(input: &[u8]) {
    let (status, body) = choice(input);
    let status = [200, 201, 302, 400, 401, 404, 500, 502][usize::from(status % 8)];
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: HeaderMap::new(),
        body: body.to_vec(),
    };
    match sign_in::parse("uc", &answer, Timestamp::UNIX_EPOCH) {
        Ok(ticket) => assert_eq!(ticket.ahead, SignedDuration::ZERO, "no date, no difference"),
        Err(error) => assert!(
            error.ends_connection(),
            "without a session there is no connection"
        ),
    }
}

/// Any moment: what we set then is a word, ends later, and reads the same when it is told.
pub fn end(input: &[u8]) {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(input) {
        *to = *from;
    }
    // From 1970 to 2242.
    let seconds = i64::from_le_bytes(bytes).rem_euclid(1 << 33) + 60;
    let Ok(now) = Timestamp::from_second(seconds) else {
        return;
    };
    for word in PhonePresence::ALL {
        let ours = Absent::ours(word, now, SignedDuration::from_mins(10));
        assert!(ours.is_set() && ours.word().is_some(), "a word");
        assert!(ours.until.is_some_and(|until| until > now), "it ends later");
    }
    written_again(&Absent::ours(
        PhonePresence::Dnd,
        now,
        SignedDuration::from_mins(10),
    ));
}
