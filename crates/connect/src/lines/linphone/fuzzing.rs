//! What must hold for whatever a `linphone-daemon`, or something in its place, answers.

use super::link::{Known, MOST};
use super::message::{self, Answer};
use offhook_engine::line::LineEvent;
use std::collections::BTreeMap;

/// Answers, cut by zero bytes: each reads the same when it is written again, and what is told of calls and what is listed
/// agree.
pub fn answers(input: &[u8]) {
    let (mut known, mut told) = (Known::default(), BTreeMap::new());
    for answer in input.split(|byte| *byte == 0) {
        let Some(answer) = message::parse(&String::from_utf8_lossy(answer)) else {
            continue;
        };
        assert_eq!(
            message::parse(&written(&answer)),
            Some(answer.clone()),
            "written and read again"
        );
        let Some((number, word)) = answer.event else {
            continue;
        };
        match known.take(number, &word) {
            Some(LineEvent::Call { id, state }) => {
                assert_ne!(told.insert(id, state), Some(state), "nothing is told twice");
            }
            Some(LineEvent::Ended { id }) => assert!(told.remove(&id).is_some(), "what ends was up"),
            Some(
                LineEvent::Up { .. }
                | LineEvent::Snapshot(_)
                | LineEvent::Heartbeat { .. }
                | LineEvent::Reset
                | LineEvent::Down(_)
                | LineEvent::Dnd { .. }
                | LineEvent::Trouble(_),
            ) => unreachable!("an event is of a call"),
            None => {}
        }
        let listed: BTreeMap<_, _> = known.list().into_iter().collect();
        assert_eq!(listed, told, "what is told and what is listed");
        assert!(told.len() <= MOST, "no end of calls");
    }
}

fn written(answer: &Answer) -> String {
    let mut text = format!("Status: {}\n\n", if answer.is_ok { "Ok" } else { "Error" });
    if let Some(left) = answer.left {
        text.push_str(&format!("Size: {left}\n"));
    }
    if let Some((number, word)) = &answer.event {
        text.push_str(&format!(
            "Event-type: call-state-changed\n\nEvent: {word}\nId: {number}\n"
        ));
    }
    if let Some(state) = &answer.state {
        text.push_str(&format!("State: {state}\n"));
    }
    text
}
