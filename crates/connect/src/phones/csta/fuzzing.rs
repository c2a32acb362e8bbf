//! What must hold for whatever answers at a link's port.

use super::calls::{Calls, Told};
use super::frame::{self, Frame, LARGEST};
use super::messages::{self, parse};
use crate::fuzzing::choice;
use bytes::BytesMut;
use offhook_engine::line::LineEvent;
use std::collections::BTreeSet;

/// The stream: in whatever pieces it comes, the same frames come out, and each is what was sent.
pub fn stream(input: &[u8]) {
    let (piece, stream) = choice(input);
    let whole = frames(stream, stream.len());
    assert_eq!(frames(stream, usize::from(piece)).0, whole.0, "cut into pieces");
    let written: Option<Vec<Vec<u8>>> = whole
        .0
        .iter()
        .map(|frame| frame::write(frame.invoke, &frame.xml))
        .collect();
    let again = written.map(|frames| frames.concat());
    assert!(
        again.is_some_and(|again| stream.starts_with(&again)),
        "written and read again"
    );
}

fn frames(stream: &[u8], piece: usize) -> (Vec<Frame>, bool) {
    let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(piece.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match frame::take(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(frame::NoFrame) => return (frames, true),
            }
        }
        assert!(buffer.len() < LARGEST, "waits for an end that can come");
    }
    (frames, false)
}

/// Messages, one a line: nothing of a person shows, and only a call that was told of ends.
pub fn messages(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut calls = Calls::default();
    let mut up = BTreeSet::new();
    for line in text.lines() {
        let Ok(message) = parse(line) else { continue };
        let root = &message.root;
        assert!(
            format!("{message:?}").len() < 200 + root.name.len(),
            "what it says does not show"
        );
        if let Some(refusal) = messages::refusal(root) {
            let word = refusal.to_string();
            assert!(
                word.len() <= 60 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "a word"
            );
        }
        let _read = (
            messages::granted(root),
            messages::dnd(root),
            messages::forwards(root),
        );
        if calls.on_snapshot(root).is_some() {
            up = calls.list().into_iter().map(|(id, _)| id).collect();
        }
        if let Told::Calls(events) = calls.on_event(root, "101") {
            for event in events {
                if let LineEvent::Call { id, .. } = event {
                    up.insert(id);
                } else if let LineEvent::Ended { id } = event {
                    assert!(up.remove(&id), "only a call that was told of ends");
                } else if event == LineEvent::Reset {
                    up.clear();
                }
            }
        }
        assert_eq!(calls.list().len(), up.len(), "what was told is what is known");
        assert!(up.len() <= 64, "no end of calls");
    }
}
