//! What TAPI tells by itself (facts/call-sources.md, section 1.4).

use crate::refusal::Refusal;

/// As it comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Raw {
    pub device: u32,
    pub id: u32,
    /// What was given when the line was opened.
    pub instance: usize,
    pub first: usize,
    pub second: usize,
    pub third: usize,
}

/// What it says. Lines and calls by their handles, devices by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    NewCall {
        line: u32,
        call: u32,
    },
    CallState {
        call: u32,
        state: u32,
        mode: u32,
    },
    CallInfo {
        call: u32,
    },
    AddressState {
        line: u32,
        what: u32,
    },
    LineState {
        line: u32,
        what: u32,
    },
    /// The line and its calls are gone at once.
    Closed {
        line: u32,
    },
    Created {
        device: u32,
    },
    Removed {
        device: u32,
    },
    /// Everything is to be started anew.
    Again,
    Reply {
        request: u32,
        outcome: Result<(), Refusal>,
    },
    /// Of a kind that says nothing here.
    Other,
    /// No message at all: a telephony that does nothing says so without an end.
    Hollow,
}

impl Message {
    pub fn of(raw: &Raw) -> Self {
        // Handles, states and codes have 32 bits; the places are as wide as pointers.
        let narrow = |wide: usize| u32::try_from(wide & 0xFFFF_FFFF).unwrap_or_default();
        let (first, second) = (narrow(raw.first), narrow(raw.second));
        if *raw == Raw::default() {
            return Self::Hollow;
        }
        match raw.id {
            LINE_ADDRESSSTATE => Self::AddressState {
                line: raw.device,
                what: second,
            },
            LINE_CALLINFO => Self::CallInfo { call: raw.device },
            LINE_CALLSTATE => Self::CallState {
                call: raw.device,
                state: first,
                mode: second,
            },
            LINE_CLOSE => Self::Closed { line: raw.device },
            // With a second number it stands for a message that older programs don't know, and that comes by itself.
            LINE_LINEDEVSTATE if first & LINEDEVSTATE_REINIT != 0 && second == 0 => Self::Again,
            LINE_LINEDEVSTATE => Self::LineState {
                line: raw.device,
                what: first,
            },
            LINE_REPLY => Self::Reply {
                request: first,
                outcome: match second {
                    0 => Ok(()),
                    code => Err(Refusal::of(code)),
                },
            },
            LINE_CREATE => Self::Created { device: first },
            LINE_APPNEWCALL => Self::NewCall {
                line: raw.device,
                call: second,
            },
            LINE_REMOVE => Self::Removed { device: first },
            _ => Self::Other,
        }
    }
}

pub const LINE_ADDRESSSTATE: u32 = 0;
pub const LINE_CALLINFO: u32 = 1;
pub const LINE_CALLSTATE: u32 = 2;
pub const LINE_CLOSE: u32 = 3;
pub const LINE_LINEDEVSTATE: u32 = 8;
pub const LINE_REPLY: u32 = 12;
pub const LINE_CREATE: u32 = 19;
pub const LINE_APPNEWCALL: u32 = 23;
pub const LINE_REMOVE: u32 = 25;

pub const LINEDEVSTATE_CONNECTED: u32 = 0x4;
pub const LINEDEVSTATE_DISCONNECTED: u32 = 0x8;
pub const LINEDEVSTATE_INSERVICE: u32 = 0x40;
pub const LINEDEVSTATE_OUTOFSERVICE: u32 = 0x80;
pub const LINEDEVSTATE_NUMCALLS: u32 = 0x800;
pub const LINEDEVSTATE_REINIT: u32 = 0x4_0000;
pub const LINEDEVSTATE_REMOVED: u32 = 0x100_0000;

pub const LINEADDRESSSTATE_INUSEZERO: u32 = 0x4;
pub const LINEADDRESSSTATE_INUSEONE: u32 = 0x8;
pub const LINEADDRESSSTATE_INUSEMANY: u32 = 0x10;
pub const LINEADDRESSSTATE_NUMCALLS: u32 = 0x20;
pub const LINEADDRESSSTATE_FORWARD: u32 = 0x40;
pub const LINEADDRESSSTATE_CAPSCHANGE: u32 = 0x100;

/// What is asked to be told of lines and addresses: without asking none of it comes.
pub const LINE_STATES: u32 = LINEDEVSTATE_CONNECTED
    | LINEDEVSTATE_DISCONNECTED
    | LINEDEVSTATE_INSERVICE
    | LINEDEVSTATE_OUTOFSERVICE
    | LINEDEVSTATE_NUMCALLS
    | LINEDEVSTATE_REINIT
    | LINEDEVSTATE_REMOVED;
pub const ADDRESS_STATES: u32 =
    LINEADDRESSSTATE_NUMCALLS | LINEADDRESSSTATE_FORWARD | LINEADDRESSSTATE_CAPSCHANGE;

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(device: u32, id: u32, first: usize, second: usize) -> Raw {
        Raw {
            device,
            id,
            instance: 3,
            first,
            second,
            third: 2,
        }
    }

    #[test]
    fn every_message_is_told_apart() {
        for (raw, wanted) in [
            (raw(7, 23, 0, 9), Message::NewCall { line: 7, call: 9 }),
            (
                raw(9, 2, 0x100, 1),
                Message::CallState {
                    call: 9,
                    state: 0x100,
                    mode: 1,
                },
            ),
            (raw(9, 1, 0x8000, 0), Message::CallInfo { call: 9 }),
            (raw(7, 0, 0, 64), Message::AddressState { line: 7, what: 64 }),
            (raw(7, 8, 0x80, 0), Message::LineState { line: 7, what: 0x80 }),
            (raw(0, 8, 0x4_0000, 0), Message::Again),
            (
                raw(0, 8, 0x4_0000, 19),
                Message::LineState {
                    line: 0,
                    what: 0x4_0000,
                },
            ),
            (raw(7, 3, 0, 0), Message::Closed { line: 7 }),
            (raw(0, 19, 4, 0), Message::Created { device: 4 }),
            (raw(0, 25, 4, 0), Message::Removed { device: 4 }),
            (
                raw(0, 12, 5, 0),
                Message::Reply {
                    request: 5,
                    outcome: Ok(()),
                },
            ),
            (raw(0, 4, 5, 0), Message::Other),
            (Raw::default(), Message::Hollow),
        ] {
            assert_eq!(Message::of(&raw), wanted);
        }
        let refused = raw(0, 12, 5, 0x8000_0049);
        assert_eq!(
            Message::of(&refused),
            Message::Reply {
                request: 5,
                outcome: Err(Refusal::Code(0x8000_0049)),
            }
        );
        // A negative number in a place as wide as a pointer.
        let widened = raw(0, 12, 5, 0x8000_0049_u32.cast_signed() as usize);
        assert_eq!(Message::of(&widened), Message::of(&refused));
    }
}
