//! What must hold for whatever a server, or something in its place, sends.

use super::calls::Calls;
use super::dialogue::{Dialogue, Here};
use super::digest::Challenge;
use super::message::{Draft, Framer, Message, Start};
use super::{dialog_info, features};
use crate::fuzzing::choice;
use offhook_engine::line::LineEvent;
use secrecy::SecretString;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A datagram: what is read of it makes no answer that somebody else has written.
pub fn datagram(input: &[u8]) {
    let Ok(message) = Message::parse(input) else {
        return;
    };
    assert!(format!("{message:?}").len() < 40, "what it says does not show");
    let answer = Draft::answer(&message, 200, "OK", "tag").into_bytes();
    let back = Message::parse(&answer);
    assert!(
        back.is_ok_and(|back| back.header("call-id").unwrap_or_default()
            == message.header("call-id").unwrap_or_default())
    );
    let mut here = Here {
        transport: "UDP",
        address: "127.0.0.1:5060".into(),
    };
    here.learn(&message);
    let mut dialogue = Dialogue::new("sip:1@pbx".into(), "sip:1@pbx".into(), "1".into());
    dialogue.learn(&message);
    let request = dialogue.request("SUBSCRIBE", &here, "z9hG4bK1").into_bytes();
    assert!(Message::parse(&request).is_ok(), "what follows is a request");
    for name in ["www-authenticate", "proxy-authenticate"] {
        if let Some(challenge) = Challenge::choose(message.headers(name)) {
            let answer = challenge.answer("1001", &SecretString::from("planted"), "SUBSCRIBE", "sip:1@pbx");
            assert!(!answer.contains("planted") && !answer.contains(char::is_control));
        }
    }
    match message.start {
        Start::Request { .. } => {}
        Start::Response { status, .. } => assert!((100..700).contains(&status)),
    }
}

/// A connection: the same messages in whatever pieces they come. The first byte chooses their size.
pub fn stream(input: &[u8]) {
    let (size, bytes) = choice(input);
    let cut = |size: usize| {
        let (mut framer, mut seen) = (Framer::default(), Vec::new());
        for piece in bytes.chunks(size.max(1)) {
            framer.push(piece);
            loop {
                match framer.next_message() {
                    Ok(Some(message)) => seen.push(message),
                    Ok(None) => break,
                    Err(_) => return (seen, true),
                }
            }
        }
        (seen, false)
    };
    let (whole, pieces) = (cut(bytes.len()), cut(usize::from(size)));
    assert!(whole == pieces, "whole and in pieces");
}

/// Notifications of an extension, cut at line feeds by zero bytes: what is told of each call is in order, and what is
/// told and what is listed agree.
pub fn dialogs(input: &[u8]) {
    let now = Instant::now();
    let (mut calls, mut told) = (Calls::default(), BTreeMap::new());
    for (step, body) in input.split(|byte| *byte == 0).take(20).enumerate() {
        let events = match dialog_info::parse(body) {
            Ok(info) => calls.handle(info, now).events,
            Err(_) if step % 3 == 0 => calls.set_dnd(step % 2 == 0, now),
            Err(_) if step % 3 == 1 => calls.set_own((step % 2 == 0).then(|| "a".to_owned()), now),
            Err(_) => calls.on_due(now + super::calls::DIALLING),
        };
        for event in events {
            match event {
                LineEvent::Call { id, state } => {
                    assert_ne!(told.insert(id, state), Some(state), "nothing is told twice");
                }
                LineEvent::Ended { id } => assert!(told.remove(&id).is_some(), "what ends was up"),
                LineEvent::Up { .. }
                | LineEvent::Snapshot(_)
                | LineEvent::Heartbeat { .. }
                | LineEvent::Reset
                | LineEvent::Down(_)
                | LineEvent::Dnd { .. }
                | LineEvent::Trouble(_) => {}
            }
        }
        let listed: BTreeMap<_, _> = calls.snapshot().into_iter().collect();
        assert_eq!(listed, told, "what is told and what is listed");
    }
}

/// A body of `as-feature-event`: the first byte chooses its kind.
pub fn feature(input: &[u8]) {
    let (kind, body) = choice(input);
    let kind = match kind % 3 {
        0 => features::CONTENT_TYPE,
        1 => "multipart/mixed;boundary=b1",
        _ => "multipart/mixed; boundary=\"=_b\"",
    };
    let Ok(told) = features::parse(kind, body) else {
        return;
    };
    assert!(told.len() <= 32);
    assert!(
        !format!("{told:?}").contains("sip:"),
        "where it goes does not show"
    );
}
