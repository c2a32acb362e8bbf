//! One line of the call monitor: `dd.mm.yy hh:mm:ss;EVENT;CONNECTION;…;`.

use crate::pii::Pii;

/// What happened to the call with a connection number, which the box gives again once the call has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub connection: u32,
    pub event: Event,
}

/// Of the far end, the line and the duration nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody calls one of the box's numbers, which is `local`. Which phones ring is not told.
    Ring { local: Pii<String> },
    /// One of the box's phones dials, for the box's number `local`.
    Call { extension: String, local: Pii<String> },
    /// Somebody talks on that phone.
    Connect { extension: String },
    /// Over, or never taken.
    Disconnect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Odd {
    /// An event of a firmware to come.
    #[error("an event of another kind")]
    UnknownEvent,
    #[error("no line of a call monitor")]
    Malformed,
}

/// Members after those that are known are passed over.
///
/// # Errors
/// What is none of the four events.
pub(super) fn parse(line: &str) -> Result<Message, Odd> {
    let line = line.trim_end_matches(['\r', '\n']);
    let mut members = line.strip_suffix(';').unwrap_or(line).split(';');
    let mut next = || members.next().ok_or(Odd::Malformed);
    if !is_time(next()?) {
        return Err(Odd::Malformed);
    }
    let kind = next()?;
    if !matches!(kind, "RING" | "CALL" | "CONNECT" | "DISCONNECT") {
        let is_word = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_uppercase());
        return Err(if is_word {
            Odd::UnknownEvent
        } else {
            Odd::Malformed
        });
    }
    let connection = next()?.parse().map_err(|_| Odd::Malformed)?;
    let event = match kind {
        "RING" => {
            // The far end first, other than in a call that goes out.
            let (_remote, local, _line) = (next()?, next()?, next()?);
            Event::Ring {
                local: Pii::new(local.to_owned()),
            }
        }
        "CALL" => {
            let (extension, local, _remote, _line) = (next()?, next()?, next()?, next()?);
            Event::Call {
                extension: extension.to_owned(),
                local: Pii::new(local.to_owned()),
            }
        }
        "CONNECT" => {
            let (extension, _remote) = (next()?, next()?);
            Event::Connect {
                extension: extension.to_owned(),
            }
        }
        _ => {
            let _seconds: u64 = next()?.parse().map_err(|_| Odd::Malformed)?;
            Event::Disconnect
        }
    };
    Ok(Message { connection, event })
}

/// What it says that happened, for the log.
pub(super) fn kind(line: &str) -> &str {
    line.split(';').nth(1).unwrap_or_default()
}

/// `28.11.25 15:17:43`: its shape, which tells a call monitor from something else that speaks.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|sign| if sign.is_ascii_digit() { '0' } else { sign })
        .collect();
    shape == "00.00.00 00:00:00"
}
