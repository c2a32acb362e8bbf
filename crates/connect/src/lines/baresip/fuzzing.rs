//! What must hold for whatever a softphone sends.

use super::calls::Calls;
use super::list::{self, List, Listed, ListedState};
use super::message::{self, Event, Message};
use super::netstring::{self, NetstringError};
use crate::fuzzing::choice;
use crate::pii::Pii;
use bytes::{Bytes, BytesMut};

/// The stream: in whatever pieces it comes, the same frames come out, and each is understood or refused.
pub fn stream(input: &[u8]) {
    let (piece, stream) = choice(input);
    let whole = frames(stream, stream.len());
    assert_eq!(frames(stream, usize::from(piece)), whole, "cut into pieces");
    let (frames, end) = whole;
    let again: Vec<u8> = frames
        .iter()
        .flat_map(|frame| [format!("{}:", frame.len()).as_bytes(), frame, b","].concat())
        .collect();
    assert!(stream.starts_with(&again), "frames are what was sent");
    assert!(
        end.is_some() || stream.len() - again.len() <= netstring::LARGEST + 10,
        "waits for an end that can come"
    );
    let mut calls = Calls::new();
    for frame in &frames {
        match message::parse(frame) {
            Ok(Message::Event(event)) => {
                peers_are_hidden(&event);
                calls.on_event(&event);
            }
            Ok(Message::Response(response)) => {
                if let Ok(list) = list::parse(&response.data) {
                    calls.on_list(&list);
                }
            }
            Ok(Message::Other) => calls.on_reconnect(),
            Err(_) => {}
        }
        // The softphone cannot fill the memory with calls.
        assert!(calls.snapshot().len() <= 64, "no end of calls");
    }
}

/// The text that `listcalls` answers with: what was read reads the same when it is written again.
pub fn list(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(list) = list::parse(&text) else { return };
    assert!(list.calls.len() <= text.lines().count(), "a call needs a line");
    assert_eq!(
        list::parse(&written(&list)).as_ref(),
        Ok(&list),
        "written and read again"
    );
    let mut calls = Calls::new();
    calls.on_list(&list);
    let once = calls.snapshot();
    assert!(once.len() <= 64, "no end of calls");
    assert!(
        calls.on_list(&list).is_empty() || once.len() < list.calls.len(),
        "the same list says nothing new"
    );
}

fn frames(stream: &[u8], piece: usize) -> (Vec<Bytes>, Option<NetstringError>) {
    let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(piece.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match netstring::take(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

/// Whoever calls, a log line is the same.
fn peers_are_hidden(event: &Event) {
    let of_another = Event {
        peer: event.peer.as_ref().map(|_| Pii::new(String::new())),
        ..event.clone()
    };
    assert_eq!(
        format!("{event:?}"),
        format!("{of_another:?}"),
        "who calls does not show"
    );
}

fn written(list: &List) -> String {
    let mut text = String::new();
    if list.complete {
        text.push_str("User-Agent: a@pbx\n");
    }
    text.push_str(&format!("--- Active calls ({}) ---\n", list.calls.len()));
    for Listed {
        line,
        id,
        state,
        on_hold,
        peer,
    } in &list.calls
    {
        let state = match state {
            ListedState::Incoming => "INCOMING",
            ListedState::Outgoing => "OUTGOING",
            ListedState::Early => "EARLY",
            ListedState::Established => "ESTABLISHED",
            ListedState::Terminated => "TERMINATED",
            ListedState::Other => "UNKNOWN",
        };
        let id = id.as_ref().map(|id| format!(", id {id}")).unwrap_or_default();
        let on_hold = if *on_hold { "(on hold)" } else { "" };
        text.push_str(&format!(
            "> [line {line}{id}]  0:00:01  {state}  {on_hold}  {}\n",
            peer.reveal()
        ));
    }
    text
}
