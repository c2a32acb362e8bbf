//! What must hold for whatever answers in a portal's place.

use super::portal;
use crate::fuzzing::choice;

/// The first byte chooses what was asked.
pub fn answers(input: &[u8]) {
    let (kind, answer) = choice(input);
    match kind % 3 {
        0 => {
            if let Some(token) = portal::token(&String::from_utf8_lossy(answer)) {
                assert!(
                    token.bytes().all(|byte| byte.is_ascii_graphic()),
                    "a token is one word"
                );
            }
        }
        1 => {
            if let Some(states) = portal::states(answer, "101") {
                assert!(format!("{states:?}").len() < 100, "what it says does not show");
                let is_empty = states.forward.flatten().is_some_and(|target| target.is_empty());
                assert!(!is_empty, "nowhere is no target");
            }
        }
        _ => assert_eq!(
            portal::is_taken(answer),
            portal::is_in(answer) == Some(true),
            "one answer"
        ),
    }
}
