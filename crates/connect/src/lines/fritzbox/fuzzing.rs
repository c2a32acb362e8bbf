//! What must hold for whatever answers at a call monitor's port.

use super::calls::{Calls, Own};
use super::link::take;
use super::message;
use crate::fuzzing::choice;
use bytes::{Bytes, BytesMut};
use offhook_engine::line::LineEvent;
use std::collections::BTreeSet;

/// The stream: in whatever pieces it comes, the same lines come out; and only a call that was told of is told to be over.
pub fn stream(input: &[u8]) {
    let (piece, stream) = choice(input);
    let whole = lines(stream, stream.len());
    let cut = lines(stream, usize::from(piece));
    // A line that is too long is noticed at another of its pieces.
    assert_eq!(cut.0, whole.0, "cut into pieces");
    let own = Own {
        numbers: Vec::new(),
        extensions: if piece % 2 == 0 {
            Vec::new()
        } else {
            vec!["1".to_owned()]
        },
    };
    let mut calls = Calls::new(own);
    let mut up = BTreeSet::new();
    for line in whole.0 {
        let Ok(message) = message::parse(&String::from_utf8_lossy(&line)) else {
            continue;
        };
        for event in calls.on_message(&message) {
            if let LineEvent::Call { id, .. } = event {
                up.insert(id);
            } else if let LineEvent::Ended { id } = event {
                assert!(up.remove(&id), "only a call that was told of ends");
            }
        }
        assert!(up.len() <= 64, "no end of calls");
    }
}

fn lines(stream: &[u8], piece: usize) -> (Vec<Bytes>, bool) {
    let (mut buffer, mut lines) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(piece.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match take(&mut buffer) {
                Ok(Some(line)) => lines.push(line.freeze()),
                Ok(None) => break,
                Err(_too_long) => return (lines, true),
            }
        }
    }
    (lines, false)
}
