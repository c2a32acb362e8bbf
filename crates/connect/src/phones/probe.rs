//! What the Test button finds, for every phone system: steps in order, each with a word or with what is wrong.

use offhook_engine::fault::Fault;

/// What is looked at. The sentences are in `offhook_engine::text::probe_step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The host takes a connection, encrypted if so set.
    Reach,
    /// It is the phone system that was set. Detail: the protocol's version, or what it says of itself.
    Greeting,
    /// Name and secret are right. Detail: the system and its version.
    SignIn,
    /// The extension is known there.
    Extension,
    /// Detail: `on` or `off`.
    DndRead,
    /// Detail: the ways, the first one used first, with a comma between: `code`, `dbput`, `rest`, `uci`; `command`; `offered`; `portal`; `unconfirmed`
    /// where nothing reads it back.
    DndWrite,
    /// Detail: `on`, `off`; `line-on`, `line-off` where the target is set along with it; `command-on`, `command-off`,
    /// `unconfirmed`.
    Forward,
    /// Detail: `ends` where what is set ends by itself.
    Presence,
    /// Detail: `yes` where it can be read and set.
    Note,
    /// Detail: `channels`, `devices`, `events`, `none`, or a protocol's version where it is polled.
    Calls,
    /// Detail: `nobody` or `everybody`.
    Others,
    /// Detail: `none`.
    OwnTeams,
}

impl Step {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Greeting => "greeting",
            Self::SignIn => "sign-in",
            Self::Extension => "extension",
            Self::DndRead => "dnd-read",
            Self::DndWrite => "dnd-write",
            Self::Forward => "forward",
            Self::Presence => "presence",
            Self::Note => "note",
            Self::Calls => "calls",
            Self::Others => "others",
            Self::OwnTeams => "own-teams",
        }
    }
}

/// One step and how it went: a word for the sentence (see [`Step`]; may be empty), or what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub step: Step,
    pub outcome: Result<String, Fault>,
}
