//! What comes in and what goes out.

use crate::appointment::{Appointment, AppointmentId};
use crate::facts::{CalendarLink, Prepared};
use crate::fault::{Code, Fault};
use crate::ledger::Ledger;
use crate::line::{LineEvent, SourceId};
use crate::phone::{Abilities, Field, FieldValue, PhoneIdentity};
use crate::rules::Rules;
use crate::teams::{PreferredPair, Presence, SessionPair, SignIn, StatusMessage};
use crate::view::tray::Page;
use jiff::Timestamp;
use offhook_protocol::command::Pause;
use std::fmt;
use std::time::Duration;

/// News. The outcome of an effect is news, too.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    SignIn(SignIn),
    TeamsRead(Result<Presence, Fault>),
    SessionSet(Result<(), Fault>),
    SessionCleared(Result<(), Fault>),
    PreferredSet(Result<(), Fault>),
    PreferredCleared(Result<(), Fault>),
    /// The status message that came with a presence; `None`: there is one that could not be put back as it is.
    MessageSeen(Option<StatusMessage>),
    MessageSet(Result<(), Fault>),
    /// A phone system is configured (and will be tried), or none is.
    PhoneConfigured(bool),
    PhoneUp {
        identity: PhoneIdentity,
        abilities: Abilities,
    },
    PhoneSeen(Vec<FieldValue>),
    PhoneReadFailed(Fault),
    PhoneWritten {
        field: Field,
        outcome: Result<(), Fault>,
    },
    PhoneDown(Fault),
    /// The forward of all calls that the person has prepared there, on or off. Told by systems that say [`Abilities::prepared_forward`], at first before their fields.
    ForwardPrepared(Prepared),
    /// Where appointments come from now; what was read before is forgotten.
    CalendarConfigured(CalendarLink),
    /// Everything within the window that was asked for, of series each occurrence. The fault of a missing right is
    /// [`crate::FaultKind::RightMissing`].
    CalendarRead(Result<Vec<Appointment>, Fault>),
    /// What is read has changed: it is read at once, and not when its time has come.
    CalendarChanged,
    /// The person wants nothing done for this one, or wants it again after all.
    SkipAppointment {
        id: AppointmentId,
        skip: bool,
    },
    Line(SourceId, LineEvent),
    /// A line source was switched off.
    LineGone(SourceId),
    LedgerSaved {
        revision: u64,
        outcome: Result<(), Fault>,
    },
    Rules(Box<Rules>),
    Pause(Pause),
    Resume,
    /// Put the phone back, whatever the rules want: each field we hold is the person's as after a change by hand,
    /// until the rules have wanted nothing for it for a while (R10).
    PutBack,
    /// The other way round: fields the person took back may be set again at once.
    SetAgain,
    /// The two accounts whose names differ are one person's (R24).
    OnePerson,
    /// Release everything, keep the sign-in, then [`Effect::Finished`] (R20).
    Quit,
    /// Release, clear, then [`Effect::ForgetTokens`] (R20).
    SignOut,
    /// The machine is about to sleep, or the person logs off: release as far as there is time.
    Sleep,
    /// The machine was asleep. `handle_timeout` comes first.
    Woke,
}

/// Something to do. Each one but `SaveLedger`'s order is independent: at most one is in flight per target.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make connection and token ready: a call is being set up (R2).
    WarmUp,
    ReadTeams,
    SetSession {
        pair: SessionPair,
        lifetime: Duration,
    },
    ClearSession,
    SetPreferred {
        pair: PreferredPair,
        lifetime: Duration,
    },
    ClearPreferred,
    /// An empty one removes what is there.
    SetMessage(StatusMessage),
    /// Everything that touches the time from `from` to `until`.
    ReadCalendar {
        from: Timestamp,
        until: Timestamp,
    },
    ReadPhone,
    WritePhone(FieldValue),
    /// List your calls (R1).
    Resync(SourceId),
    /// Must be on disk, synced, before [`Input::LedgerSaved`] says so.
    SaveLedger {
        revision: u64,
        ledger: Box<Ledger>,
    },
    Notify(Notice),
    ForgetTokens,
    /// Everything is released, or the time for it is over.
    Finished,
}

/// Something the person should be told once. The detail may name people, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub code: Code,
    pub detail: Option<String>,
}

/// What a notification is about: each kind has a switch of its own. Few are on unless asked for (issue "the
/// desk", item 6); the tray and the pages say all of it in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// A sign-in is needed, or the two accounts seem to be different people.
    SignIn,
    /// The phone system is away for two minutes, or refuses.
    Phone,
    /// Something the rules want could not be done.
    Rule,
    /// Teams keeps showing the person's own status.
    TeamsKeeps,
    /// Microsoft could not be read for so long that holds are released (R11).
    Microsoft,
    /// Another desk or program shares the session (R24).
    Others,
}

impl NoticeKind {
    pub const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Phone,
        Self::Rule,
        Self::TeamsKeeps,
        Self::Microsoft,
        Self::Others,
    ];

    /// Its key in `settings.toml`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "notify.sign_in",
            Self::Phone => "notify.phone",
            Self::Rule => "notify.rule",
            Self::TeamsKeeps => "notify.teams_keeps",
            Self::Microsoft => "notify.microsoft",
            Self::Others => "notify.others",
        }
    }

    /// Whether it is shown unless the person has chosen otherwise.
    pub const fn usual(self) -> bool {
        match self {
            Self::SignIn | Self::Phone | Self::Rule | Self::TeamsKeeps => true,
            Self::Microsoft | Self::Others => false,
        }
    }

    /// The page that helps.
    pub const fn page(self) -> Page {
        match self {
            Self::SignIn => Page::Account,
            Self::Phone => Page::Phone,
            Self::Rule | Self::TeamsKeeps | Self::Microsoft | Self::Others => Page::Now,
        }
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
