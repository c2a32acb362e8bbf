//! What `linphone-daemon` answers: lines of `Name: value`, as they were seen from 5.1.65 (facts/call-sources.md, section 4.2).
//! Pure.

use offhook_engine::line::CallState;

/// Its own number of a call.
pub(super) type Number = u32;

/// An answer. What it says of people is not read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    /// `Status: Ok`, not `Error`.
    pub is_ok: bool,
    /// How many events are left; of `pop-event` alone.
    pub left: Option<u32>,
    /// The event that it brings. One that is none of a call's state has no word.
    pub event: Option<(Number, String)>,
    /// The state that was asked for.
    pub state: Option<String>,
}

/// `None`: it is no answer of this program.
pub(super) fn parse(text: &str) -> Option<Answer> {
    let mut answer = Answer::default();
    let (mut status, mut kind, mut word, mut number) = (None, None, None, None);
    for line in text.lines() {
        // What follows an answer's lines of its own is written by others.
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        let value = value.trim();
        match name {
            "Status" => status = Some(value),
            "Size" => answer.left = value.parse().ok(),
            "Event-type" => kind = Some(value),
            "Event" => word = Some(value.to_owned()),
            "Id" => number = value.parse().ok(),
            "State" => answer.state = Some(value.to_owned()),
            _ => {}
        }
    }
    answer.is_ok = match status? {
        "Ok" => true,
        "Error" => false,
        _ => return None,
    };
    if kind == Some("call-state-changed") {
        answer.event = Some((number?, word?));
    }
    Some(answer)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up(CallState),
    Over,
    /// A word that is not known says nothing.
    Unknown,
}

pub(super) fn state(word: &str) -> State {
    match word.strip_prefix("LinphoneCall").unwrap_or(word) {
        "IncomingReceived" => State::Up(CallState::Ringing),
        "OutgoingInit" | "OutgoingProgress" | "OutgoingRinging" => State::Up(CallState::Dialling),
        "Connected" | "StreamsRunning" | "Resuming" | "Updating" => State::Up(CallState::Connected),
        "Pausing" | "Paused" | "PausedByRemote" => State::Up(CallState::Held),
        "End" | "Error" | "Released" => State::Over,
        _ => State::Unknown,
    }
}

/// Whether a call that is told of so has only just begun.
pub(super) fn begins(word: &str) -> bool {
    matches!(
        word.strip_prefix("LinphoneCall").unwrap_or(word),
        "IncomingReceived" | "OutgoingInit"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_meaning() {
        use CallState::{Connected, Dialling, Held, Ringing};
        for (word, expected) in [
            ("IncomingReceived", State::Up(Ringing)),
            ("OutgoingInit", State::Up(Dialling)),
            ("OutgoingProgress", State::Up(Dialling)),
            ("OutgoingRinging", State::Up(Dialling)),
            ("Connected", State::Up(Connected)),
            ("StreamsRunning", State::Up(Connected)),
            ("Pausing", State::Up(Held)),
            ("Paused", State::Up(Held)),
            ("PausedByRemote", State::Up(Held)),
            ("Resuming", State::Up(Connected)),
            ("Updating", State::Up(Connected)),
            ("End", State::Over),
            ("Error", State::Over),
            ("Released", State::Over),
            ("Singing", State::Unknown),
        ] {
            assert_eq!(state(&format!("LinphoneCall{word}")), expected, "{word}");
        }
    }

    #[test]
    fn answers_are_read_and_others_are_none() {
        let text = "Status: Ok\n\nSize: 2\nEvent-type: call-state-changed\n\nEvent: LinphoneCallEnd\nFrom: <sip:a@b>\nId: 7\n";
        let event = parse(text).unwrap();
        assert_eq!(
            (event.is_ok, event.left, event.event),
            (true, Some(2), Some((7, "LinphoneCallEnd".to_owned())))
        );
        let none = parse("Status: Ok\n\nSize: 0\n\n").unwrap();
        assert_eq!((none.left, none.event), (Some(0), None));
        let other = parse("Status: Ok\n\nSize: 0\nEvent-type: call-stats\nId: 7\nType: Audio\n").unwrap();
        assert_eq!(other.event, None);
        let status =
            parse("Status: Ok\n\nState: LinphoneCallPaused\nFrom: \"x\" <sip:a@b>\nDirection: in\n").unwrap();
        assert_eq!(status.state.as_deref(), Some("LinphoneCallPaused"));
        let refused = parse("Status: Error\nReason: No call with such id.\n").unwrap();
        assert!(!refused.is_ok);
        for text in [
            "",
            "HTTP/1.1 400 Bad Request\r\n\r\n",
            "Status: Perhaps\n",
            "Status: Ok\nEvent-type: call-state-changed\n",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
