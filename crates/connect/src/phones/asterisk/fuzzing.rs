//! What must hold for whatever Asterisk, or something in its place, sends.

use super::calls::Calls;
use super::config::{AsteriskConfig, AsteriskSettings, Device, ForwardTarget};
use super::presence::Presence;
use super::rights::Rights;
use super::wire::{Action, Decoder, Message, TooLong};
use crate::fuzzing::choice;
use offhook_engine::phone::PhonePresence;

/// The stream: in whatever pieces it comes, the same messages come out, and written again they read the same.
pub fn stream(input: &[u8]) {
    let (piece, stream) = choice(input);
    let whole = messages(stream, stream.len());
    assert_eq!(messages(stream, usize::from(piece)), whole, "cut into pieces");
    let (found, _) = &whole;
    let mut again = String::new();
    for message in found {
        for (key, value) in message.pairs() {
            again.push_str(&format!("{key}: {value}\r\n"));
        }
        again.push_str("\r\n");
    }
    // What was no UTF-8 is longer afterwards, and may be too long.
    if std::str::from_utf8(stream).is_ok() && stream.len() < 32 * 1024 {
        assert_eq!(
            messages(again.as_bytes(), again.len()).0,
            *found,
            "written and read again"
        );
    }
    let config = config();
    let mut calls = Calls::new(config.devices.clone(), config.codes.clone());
    calls.set_listable(stream.len() % 2 == 0);
    for message in found {
        values_are_hidden(message);
        calls.handle_event(message);
        let rights = Rights::from_list(message);
        let _ = rights.abilities(&config, false, calls.heard_channels());
        presence_survives(&Presence::from_answer(message));
    }
    calls.begin_list();
    calls.finish_list(found);
    let snapshot = calls.snapshot();
    assert!(snapshot.len() <= found.len(), "a call needs a message");
    assert!(!calls.finish_list(found), "the same list says nothing new");
}

/// The settings under `[phone]`, one per line.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines().map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let settings = AsteriskSettings {
        host: line(),
        tls: line(),
        user: line(),
        extension: line(),
        device: line(),
        context: line(),
        how: line(),
        dnd_on: line(),
        dnd_off: line(),
        forward_on: line(),
        forward_off: line(),
        ..AsteriskSettings::default()
    };
    let Ok(config) = AsteriskConfig::parse(&settings) else {
        return;
    };
    assert!(config.port != 0, "a port");
    assert!(!format!("{config:?}").contains("Extension"), "personal");
    for code in [&config.codes.dnd_on, &config.codes.dnd_off]
        .into_iter()
        .flatten()
    {
        assert!(
            Action::new("Originate").with("Channel", code.as_str()).is_ok(),
            "a code can be dialled"
        );
    }
    for device in &config.devices {
        assert_eq!(
            Device::parse(device.as_str()).as_ref(),
            Some(device),
            "written and read again"
        );
    }
    let target = line();
    if let Some(target) = ForwardTarget::parse(&target) {
        assert!(target.as_str().len() <= 40, "a target that fits");
    }
}

fn messages(stream: &[u8], piece: usize) -> (Vec<Message>, Option<TooLong>) {
    let (mut decoder, mut found) = (Decoder::default(), Vec::new());
    for piece in stream.chunks(piece.max(1)) {
        decoder.buffer().extend_from_slice(piece);
        loop {
            match decoder.message() {
                Ok(Some(message)) => found.push(message),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

/// Whatever the values, a log line is the same.
fn values_are_hidden(message: &Message) {
    let is_kind = |key: &str| {
        ["Event", "Response"]
            .iter()
            .any(|kind| key.eq_ignore_ascii_case(kind))
    };
    let pairs = message.pairs().iter().map(|(key, value)| {
        let value = if is_kind(key) {
            value.clone()
        } else {
            String::new()
        };
        (key.clone(), value)
    });
    let of_others = Message::from_pairs(pairs.collect());
    assert_eq!(format!("{message:?}"), format!("{of_others:?}"), "no value shows");
}

/// What is written for a word or a message is read as that word, with the rest as it was.
fn presence_survives(presence: &Presence) {
    for word in PhonePresence::ALL {
        let changed = presence.with_word(Some(word));
        assert_eq!(changed.word(), Some(word), "the word");
        assert_eq!(changed.message, presence.message, "the message stays");
        let value = changed.value();
        let parts = value.split(',').count();
        assert!(
            parts == 3 || (parts == 4 && value.ends_with(",e")),
            "three parts, or four when encoded"
        );
    }
}

fn config() -> AsteriskConfig {
    let settings = AsteriskSettings {
        host: "pbx.example".into(),
        user: "desk".into(),
        extension: "1001".into(),
        dnd_on: "*78".into(),
        dnd_off: "*79".into(),
        forward_on: "*72".into(),
        forward_off: "*73".into(),
        ..AsteriskSettings::default()
    };
    let config = AsteriskConfig::parse(&settings);
    #[expect(clippy::expect_used, reason = "fixed words")]
    config.expect("settings")
}
