//! What must hold for whatever a phone, or somebody with its token, sends.

use super::calls::Calls;
use super::{event, key, poly};
use crate::fuzzing::choice;
use offhook_engine::line::LineEvent;
use secrecy::ExposeSecret as _;
use std::collections::BTreeSet;

/// Requests, one per line, of two phones, as queries or as XML: only a call that was told of is told to be over, there is
/// no end of calls, and do not disturb is told only when it changes.
pub fn requests(input: &[u8]) {
    let (kind, input) = choice(input);
    let mut calls = Calls::new([7; 16]);
    let (mut up, mut dnd) = (BTreeSet::new(), false);
    for (n, line) in input.split(|byte| *byte == b'\n').enumerate() {
        let parsed = if kind % 2 == 0 {
            event::of_query(&String::from_utf8_lossy(line))
        } else {
            poly::of_xml(line)
        };
        let Ok(report) = parsed else { continue };
        let phone = if n % 2 == 0 { "one" } else { "two" };
        for event in calls.on_report(phone, &report) {
            match event {
                LineEvent::Call { id, .. } => {
                    up.insert(id);
                }
                LineEvent::Ended { id } => assert!(up.remove(&id), "only a call that was told of ends"),
                LineEvent::Dnd { on } => {
                    assert_ne!(on, dnd, "told when it changes");
                    dnd = on;
                }
                LineEvent::Up { .. }
                | LineEvent::Snapshot(_)
                | LineEvent::Heartbeat { .. }
                | LineEvent::Reset
                | LineEvent::Down(_)
                | LineEvent::Trouble(_) => unreachable!("a phone says no such thing"),
            }
        }
        assert!(up.len() <= 32, "no end of calls");
    }
}

/// `deskphones.json`, as an earlier run or anybody else left it: with any key that is taken each phone has a token of its
/// own, and the key does not show.
pub fn key_file(input: &[u8]) {
    let Some(key) = key::parse(input) else { return };
    let (one, two) = (key.token("one"), key.token("two"));
    assert_eq!(one.expose_secret().len(), 22, "a short token");
    assert_ne!(one.expose_secret(), two.expose_secret(), "each has its own");
    assert_eq!(format!("{key:?}"), "Key(…)", "it does not show");
}
