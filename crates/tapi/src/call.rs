//! Calls: what their states mean for the person, by the table in facts/call-sources.md, section 1.5.

use crate::record::Record;
use crate::refusal::Refusal;
use crate::telephony::Telephony;
use offhook_engine::line::CallState;

/// What a state of TAPI says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    Up(CallState),
    /// Not in a call, or not any more; the handle lives on.
    Not,
    /// Disconnected: the handle lives until the call is idle, which some drivers never say.
    Disconnected,
    /// The handle is to be given back.
    Idle,
    /// It says nothing: what was known holds.
    Nothing,
}

/// State and mode as in `LINE_CALLSTATE` and `LINECALLSTATUS`.
pub const fn judge(state: u32, mode: u32) -> Judged {
    match state {
        LINECALLSTATE_IDLE => Judged::Idle,
        LINECALLSTATE_OFFERING | LINECALLSTATE_ACCEPTED => Judged::Up(CallState::Ringing),
        LINECALLSTATE_DIALING | LINECALLSTATE_RINGBACK | LINECALLSTATE_PROCEEDING => {
            Judged::Up(CallState::Dialling)
        }
        // A line that several people share, used by another of them.
        LINECALLSTATE_CONNECTED if mode & (INACTIVE | INACTIVEHELD) != 0 => Judged::Not,
        LINECALLSTATE_CONNECTED => Judged::Up(CallState::Connected),
        LINECALLSTATE_ONHOLD | LINECALLSTATE_ONHOLDPENDCONF | LINECALLSTATE_ONHOLDPENDTRANSFER => {
            Judged::Up(CallState::Held)
        }
        LINECALLSTATE_CONFERENCED => Judged::Up(CallState::Conference),
        LINECALLSTATE_DISCONNECTED => Judged::Disconnected,
        LINECALLSTATE_DIALTONE | LINECALLSTATE_BUSY | LINECALLSTATE_SPECIALINFO => Judged::Not,
        // LINECALLSTATE_UNKNOWN, and what later versions may add.
        _ => Judged::Nothing,
    }
}

/// Asks how a call stands.
///
/// # Errors
/// As TAPI refused it: the handle may be worthless.
pub fn status(telephony: &mut impl Telephony, call: u32) -> Result<Judged, Refusal> {
    let record = Record::filled(|room| telephony.call_status(call, room))?;
    Ok(judge(record.number(STATUS_STATE), record.number(STATUS_MODE)))
}

/// Handles of the calls that were up on a line before us; each is ours to give back.
///
/// # Errors
/// As TAPI refused it.
pub fn existing(telephony: &mut impl Telephony, line: u32) -> Result<Vec<u32>, Refusal> {
    let record = Record::filled(|room| telephony.new_calls(line, room))?;
    Ok(record.numbers(LIST_SIZE, LIST_OFFSET).collect())
}

/// `LINECALLSTATUS`.
pub const STATUS_STATE: usize = 12;
pub const STATUS_MODE: usize = 16;
/// `LINECALLLIST`.
pub const LIST_SIZE: usize = 16;
pub const LIST_OFFSET: usize = 20;

const INACTIVE: u32 = 2;
const INACTIVEHELD: u32 = 8;

pub const LINECALLSTATE_IDLE: u32 = 0x1;
pub const LINECALLSTATE_OFFERING: u32 = 0x2;
pub const LINECALLSTATE_ACCEPTED: u32 = 0x4;
pub const LINECALLSTATE_DIALTONE: u32 = 0x8;
pub const LINECALLSTATE_DIALING: u32 = 0x10;
pub const LINECALLSTATE_RINGBACK: u32 = 0x20;
pub const LINECALLSTATE_BUSY: u32 = 0x40;
pub const LINECALLSTATE_SPECIALINFO: u32 = 0x80;
pub const LINECALLSTATE_CONNECTED: u32 = 0x100;
pub const LINECALLSTATE_PROCEEDING: u32 = 0x200;
pub const LINECALLSTATE_ONHOLD: u32 = 0x400;
pub const LINECALLSTATE_CONFERENCED: u32 = 0x800;
pub const LINECALLSTATE_ONHOLDPENDCONF: u32 = 0x1000;
pub const LINECALLSTATE_ONHOLDPENDTRANSFER: u32 = 0x2000;
pub const LINECALLSTATE_DISCONNECTED: u32 = 0x4000;
pub const LINECALLSTATE_UNKNOWN: u32 = 0x8000;

#[cfg(test)]
mod tests {
    use super::*;
    use CallState::{Conference, Connected, Dialling, Held, Ringing};

    #[test]
    fn every_row_of_the_table() {
        for (state, wanted) in [
            (0x1, Judged::Idle),
            (0x2, Judged::Up(Ringing)),
            (0x4, Judged::Up(Ringing)),
            (0x8, Judged::Not),
            (0x10, Judged::Up(Dialling)),
            (0x20, Judged::Up(Dialling)),
            (0x40, Judged::Not),
            (0x80, Judged::Not),
            (0x100, Judged::Up(Connected)),
            (0x200, Judged::Up(Dialling)),
            (0x400, Judged::Up(Held)),
            (0x800, Judged::Up(Conference)),
            (0x1000, Judged::Up(Held)),
            (0x2000, Judged::Up(Held)),
            (0x4000, Judged::Disconnected),
            (0x8000, Judged::Nothing),
            (0, Judged::Nothing),
            (0x0100_0000, Judged::Nothing),
        ] {
            assert_eq!(judge(state, 0), wanted, "{state:#x}");
        }
    }

    #[test]
    fn somebody_elses_talk_on_a_shared_line_is_not_ours() {
        for (mode, wanted) in [
            (1, Judged::Up(Connected)),
            (2, Judged::Not),
            (4, Judged::Up(Connected)),
            (8, Judged::Not),
            (0x10, Judged::Up(Connected)),
        ] {
            assert_eq!(judge(LINECALLSTATE_CONNECTED, mode), wanted, "mode {mode:#x}");
        }
    }
}
