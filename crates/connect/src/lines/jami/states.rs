//! Jami's words for the state of a call (`src/jami/call_const.h`). Pure.

use offhook_engine::line::CallState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up(CallState),
    Over,
    /// A word that is not known says nothing.
    Unknown,
}

/// `incoming`: whether it is, where that is known; RINGING is said of either direction.
pub(super) fn state(word: &str, incoming: Option<bool>) -> State {
    match word {
        "INCOMING" => State::Up(CallState::Ringing),
        "CONNECTING" | "RINGING" => State::Up(match incoming {
            Some(true) => CallState::Ringing,
            Some(false) | None => CallState::Dialling,
        }),
        "CURRENT" | "UNHOLD" => State::Up(CallState::Connected),
        "HOLD" => State::Up(CallState::Held),
        "HUNGUP" | "BUSY" | "PEER_BUSY" | "FAILURE" | "INACTIVE" | "OVER" => State::Over,
        _ => State::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_daemon_has_its_meaning() {
        use CallState::{Connected, Dialling, Held, Ringing};
        for (word, incoming, expected) in [
            ("INCOMING", None, State::Up(Ringing)),
            ("RINGING", Some(true), State::Up(Ringing)),
            ("RINGING", Some(false), State::Up(Dialling)),
            ("CONNECTING", None, State::Up(Dialling)),
            ("CURRENT", None, State::Up(Connected)),
            ("HOLD", None, State::Up(Held)),
            ("UNHOLD", None, State::Up(Connected)),
            ("HUNGUP", None, State::Over),
            ("BUSY", None, State::Over),
            ("PEER_BUSY", None, State::Over),
            ("FAILURE", None, State::Over),
            ("INACTIVE", None, State::Over),
            ("OVER", None, State::Over),
            ("SINGING", None, State::Unknown),
        ] {
            assert_eq!(state(word, incoming), expected, "{word}");
        }
    }
}
