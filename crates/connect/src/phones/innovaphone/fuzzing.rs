//! What must hold for whatever an innovaphone, or something in its place, sends.

use super::calls::Calls;
use super::config::{Endpoint, InnovaphoneConfig, InnovaphoneSettings};
use super::digest::compact;
use super::login::Login;
use super::presence::Own;
use super::soap::http_digest::Challenge;
use super::soap::methods::{self, User};
use super::soap::xml;
use super::wire::{self, Answer, Message};
use offhook_engine::phone::{FieldValue, PhonePresence};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Messages of both web sockets, one a line.
pub fn messages(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (mut calls, mut own, mut told) = (Calls::default(), Own::default(), 0);
    for line in text.lines() {
        let _answer = Answer::parse(line);
        match wire::parse(line) {
            Ok(Message::Dialog(dialog)) => {
                calls.on(&dialog);
                assert!(calls.on(&dialog).is_none(), "the same message says nothing new");
                told += 1;
            }
            Ok(Message::OwnPresence(items)) => {
                own.on_told(&items);
                fields_survive(&own, calls.in_call());
            }
            Ok(Message::LoginResult(signed)) => assert_eq!(signed.text, compact(&signed.text)),
            Ok(
                Message::Redirect(_)
                | Message::Authenticate(_)
                | Message::Authorize(_)
                | Message::LoginRefused
                | Message::LogoutResult
                | Message::StandbyBack
                | Message::Disconnect
                | Message::User(_)
                | Message::AppLogin(_)
                | Message::Other,
            )
            | Err(wire::Odd) => {}
        }
        shortest_form(line);
    }
    assert!(calls.snapshot().len() <= told, "a call needs a message");
}

/// JSON in its shortest form means the same, and has no shorter one.
fn shortest_form(json: &str) {
    let short = compact(json);
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        assert!(short.len() <= 2 * json.len(), "shorter");
        let again = serde_json::from_str::<Value>(&short).ok();
        assert_eq!(again, Some(value), "the same meaning");
        assert_eq!(compact(&short), short, "no shorter one");
    }
}

/// What is written shows when the phone system shows it, and everything else stays as it was.
fn fields_survive(own: &Own, in_call: bool) {
    let values = [
        FieldValue::Dnd(true),
        FieldValue::Dnd(false),
        FieldValue::Presence(Some(PhonePresence::Busy)),
        FieldValue::Presence(None),
        FieldValue::Note("#".into()),
    ];
    for value in values {
        let Some((next, wanted)) = own.with(&value, in_call) else {
            assert!(own.shown().is_none(), "known fields can be written");
            continue;
        };
        assert_eq!(next.shown(), Some(&wanted), "what is waited for");
        assert!(next.values(in_call).contains(&value), "{value:?} shows");
        let keeps_note = matches!(value, FieldValue::Note(_));
        let before = own.shown().map(|shown| shown.note.clone());
        assert!(keeps_note || before == Some(wanted.note), "the note stays");
    }
}

/// An answer of SOAP, and what HTTP asks for.
pub fn soap(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(challenge) = Challenge::choose(text.lines()) {
        let answer = challenge.answer("Anna", &SecretString::from("planted"), "/", "c", 1);
        let is_digest = matches!(challenge, Challenge::Digest { .. });
        assert!(
            !is_digest || text.contains("planted") || !answer.expose_secret().contains("planted"),
            "a digest hides the password"
        );
    }
    let Ok(xml::Answer::Done(answer)) = xml::parse(input) else {
        return;
    };
    let found = answer.items("return").chain(answer.children.iter());
    for info in found.flat_map(|info| info.children.iter().chain([info])) {
        let _user = User::parse(info);
        if let Some((id, _)) = methods::call(info) {
            assert!(id.as_str().parse::<i64>().is_ok(), "a call's name is a number");
        }
    }
}

/// What is kept in the place of the password, and the places that a phone system names.
pub fn stored(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let settings = InnovaphoneSettings {
        host: "pbx.example".into(),
        user: "anna".into(),
        ..InnovaphoneSettings::default()
    };
    let Ok(config) = InnovaphoneConfig::parse(&settings) else {
        return;
    };
    let secret = SecretString::from(text.as_ref());
    if let Ok(Login::Session(session)) = Login::parse(&secret, &config) {
        let again = Login::parse(&session.to_secret(&config), &config);
        let Ok(Login::Session(again)) = again else {
            #[expect(clippy::panic, reason = "this is what must not be")]
            {
                panic!("written and read again");
            }
        };
        assert_eq!((&again.home, &again.standby), (&session.home, &session.standby));
    }
    if let Some(place) = Endpoint::parse(&text) {
        assert_eq!(
            Endpoint::parse(&place.to_string()),
            Some(place),
            "written and read again"
        );
    }
}
