//! The text that `listcalls` answers with.
//!
//! ```text
//! User-Agent: 1001@pbx                                            (from 1.1.0 on, once per account)
//! --- Active calls (1) ---
//! > [line 1, id 6ce3]  0:00:02  ESTABLISHED  (on hold)  sip:…     (the id from 1.1.0 on)
//! ```
//!
//! 1.0.0 lists the calls of the current account alone.

use crate::pii::Pii;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    /// Whether the calls of all accounts are in it.
    pub complete: bool,
    pub calls: Vec<Listed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub line: u32,
    pub id: Option<String>,
    pub state: ListedState,
    /// Held by us. A call that the far end holds shows plain.
    pub on_hold: bool,
    pub peer: Pii<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListedState {
    Incoming,
    /// `IDLE`, `OUTGOING`, `RINGING` (at the far end).
    Outgoing,
    /// Early media, either way.
    Early,
    /// `ESTABLISHED`, `TRANSFER`.
    Established,
    Terminated,
    /// `UNKNOWN` or newer: says nothing.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListError {
    #[error("no header of a list of calls")]
    NoHeader,
    #[error("a line of the list of calls is not understood")]
    Line,
    #[error("the list of calls is not as long as it says")]
    Count,
}

pub(super) fn parse(text: &str) -> Result<List, ListError> {
    let mut list = List {
        complete: false,
        calls: Vec::new(),
    };
    let (mut promised, mut headers) = (0_usize, 0);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with("User-Agent:") {
            list.complete = true;
        } else if let Some(header) = line.strip_prefix("--- ") {
            headers += 1;
            promised = promised.saturating_add(count(header)?);
        } else {
            list.calls.push(listed(line).ok_or(ListError::Line)?);
        }
    }
    // Without an account, newer versions print nothing at all.
    if headers == 0 && !text.trim().is_empty() {
        return Err(ListError::NoHeader);
    }
    if promised == list.calls.len() {
        Ok(list)
    } else {
        Err(ListError::Count)
    }
}

/// `Active calls (2) ---`, `No active calls ---`.
fn count(header: &str) -> Result<usize, ListError> {
    if header.starts_with("No active calls") {
        return Ok(0);
    }
    let number = header
        .strip_prefix("Active calls (")
        .and_then(|rest| rest.split_once(')'));
    number
        .and_then(|(number, _)| number.parse().ok())
        .ok_or(ListError::NoHeader)
}

fn listed(line: &str) -> Option<Listed> {
    let (_, rest) = line.split_once("[line ")?;
    // A Call-ID may have a bracket in it, but no blank.
    let (name, rest) = rest.split_once("]  ")?;
    let (number, id) = match name.split_once(", id ") {
        Some((number, id)) => (number, Some(id.to_owned())),
        None => (name, None),
    };
    let (_duration, rest) = rest.trim_start().split_once(' ')?;
    let (state, rest) = rest.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    let (on_hold, peer) = match rest.strip_prefix("(on hold)") {
        Some(peer) => (true, peer),
        None => (false, rest),
    };
    Some(Listed {
        line: number.trim().parse().ok()?,
        id,
        state: match state {
            "INCOMING" => ListedState::Incoming,
            "IDLE" | "OUTGOING" | "RINGING" => ListedState::Outgoing,
            "EARLY" => ListedState::Early,
            "ESTABLISHED" | "TRANSFER" => ListedState::Established,
            "TERMINATED" => ListedState::Terminated,
            _ => ListedState::Other,
        },
        on_hold,
        peer: Pii::new(peer.trim().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(line: u32, id: Option<&str>, state: ListedState, on_hold: bool, peer: &str) -> Listed {
        Listed {
            line,
            id: id.map(str::to_owned),
            state,
            on_hold,
            peer: Pii::new(peer.into()),
        }
    }

    #[test]
    fn the_list_of_1_0_0_is_read() {
        let text = "\n--- Active calls (3) ---\n\
            > [line 1]  0:00:01  ESTABLISHED  (on hold)  sip:dora@127.0.0.1:15121\n  \
            [line 2]  0:00:00    RINGING             sip:1001@127.0.0.1\n  \
            [line 12]  1:59:59   INCOMING             sip:x@h;transport=tcp\n\n";
        assert_eq!(
            parse(text).unwrap(),
            List {
                complete: false,
                calls: vec![
                    call(
                        1,
                        None,
                        ListedState::Established,
                        true,
                        "sip:dora@127.0.0.1:15121"
                    ),
                    call(2, None, ListedState::Outgoing, false, "sip:1001@127.0.0.1"),
                    call(12, None, ListedState::Incoming, false, "sip:x@h;transport=tcp"),
                ],
            }
        );
    }

    #[test]
    fn the_list_of_later_versions_is_read() {
        let text = "\nUser-Agent: a@pbx\n--- Active calls (1) ---\n\
            > [line 1, id 6c]e3@h]  0:00:01  ESTABLISHED             sip:b@pbx\n\n\
            \nUser-Agent: c@pbx\n--- Active calls (1) ---\n\
            > [line 2, id ff]  0:00:01      EARLY             sip:d@pbx\n\n";
        assert_eq!(
            parse(text).unwrap(),
            List {
                complete: true,
                calls: vec![
                    call(1, Some("6c]e3@h"), ListedState::Established, false, "sip:b@pbx"),
                    call(2, Some("ff"), ListedState::Early, false, "sip:d@pbx"),
                ],
            }
        );
    }

    #[test]
    fn no_calls_are_a_list_too() {
        for text in [
            "\n--- Active calls (0) ---\n\n",
            "\n--- No active calls ---\n",
            "",
        ] {
            assert_eq!(parse(text).unwrap().calls, [], "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_none() {
        let rows = [
            ("command not found", ListError::Line),
            (
                "> [line 1]  0:00:01  ESTABLISHED             sip:b@pbx",
                ListError::NoHeader,
            ),
            ("--- Active calls (two) ---", ListError::NoHeader),
            (
                "--- Active calls (2) ---\n> [line 1]  0:00:01  ESTABLISHED             sip:b@pbx",
                ListError::Count,
            ),
            (
                "--- Active calls (1) ---\n> [line x]  0:00:01  ESTABLISHED  sip:b@pbx",
                ListError::Line,
            ),
            ("--- Active calls (1) ---\n> [line 1]", ListError::Line),
            (
                "--- Active calls (18446744073709551615) ---\n--- Active calls (2) ---\n\
                 > [line 1]  0:00:01  ESTABLISHED             sip:b@pbx",
                ListError::Count,
            ),
        ];
        for (text, error) in rows {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "(--- Active calls \\([0-9]{0,3}\\) ---\n|> \\[line [0-9]{0,11}\\]  .{0,40}\n|.{0,30}\n){0,6}") {
            if let Ok(list) = parse(&text) {
                prop_assert!(list.calls.len() <= text.lines().count());
            }
        }
    }
}
