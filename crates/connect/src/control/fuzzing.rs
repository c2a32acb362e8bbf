//! What must hold for whatever a client writes into the control socket.

use super::asked::{ClientId, Words};
use super::conversation;
use super::lines::{Lines, Read};
use super::{Room, Shared};
use crate::fuzzing::{FarEnd, choice, wait};
use offhook_protocol::MAX_LINE;
use offhook_protocol::command::{Answer, Message};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Lines: in whatever pieces they come, they are the same.
pub fn lines(input: &[u8]) {
    let (piece, sent) = choice(input);
    let read = |piece: usize| {
        wait(async {
            let mut lines = Lines::new(FarEnd::new(sent, piece));
            let mut all = Vec::new();
            loop {
                match lines.next(None).await {
                    Read::End => return all,
                    read @ (Read::Line(_) | Read::TooLong) => all.push(read),
                }
            }
        })
    };
    let whole = read(sent.len());
    assert_eq!(read(usize::from(piece)), whole, "cut into pieces");
    for line in &whole {
        let Read::Line(line) = line else { continue };
        assert!(line.len() < MAX_LINE && !line.contains(&b'\n'), "one line");
    }
}

/// A whole conversation, in which every question is answered as done: each line gets at most one answer, in lines
/// that are messages.
pub fn conversation(input: &[u8]) {
    let (piece, sent) = choice(input);
    let mut far = FarEnd::new(sent, usize::from(piece));
    let (asked, mut questions) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        room: Mutex::new(Room::default()),
        asked,
        words: Words::english(),
    });
    wait(async {
        let talk = conversation::hold(&mut far, ClientId::new(1), &shared);
        let answers = async {
            while let Some(question) = questions.recv().await {
                question.reply.answer(Answer::Done);
            }
        };
        tokio::select! {
            () = talk => {}
            () = answers => {}
        }
    });
    let heard = String::from_utf8_lossy(&far.heard);
    let mut said = heard.lines();
    let greeting = said.next().unwrap_or_default();
    assert!(
        greeting.is_empty() || greeting.starts_with("{\"hello\""),
        "greets first"
    );
    let answers = said
        .map(|line| assert!(serde_json::from_str::<Message>(line).is_ok(), "a message"))
        .count();
    let lines = sent.iter().filter(|byte| **byte == b'\n').count();
    // A line too long is complained of before its end.
    assert!(answers <= lines + 1, "{answers} answers to {lines} lines");
}
