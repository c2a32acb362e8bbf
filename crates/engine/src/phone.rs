//! The phone system's words: four fields, one code path.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A field of the phone system that Offhook may read and set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Dnd,
    Forward,
    Presence,
    Note,
}

impl Field {
    pub const ALL: [Self; 4] = [Self::Dnd, Self::Forward, Self::Presence, Self::Note];

    /// Not set: off, nowhere, none.
    pub const fn at_rest(self) -> FieldValue {
        match self {
            Self::Dnd => FieldValue::Dnd(false),
            Self::Forward => FieldValue::Forward(None),
            Self::Presence => FieldValue::Presence(None),
            Self::Note => FieldValue::Note(String::new()),
        }
    }
}

/// A field with its value. `Debug` hides the number of a forward and the text of a note.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldValue {
    Dnd(bool),
    /// The target of the always-forward, or none.
    Forward(Option<String>),
    /// `None`: unset, no presence of its own.
    Presence(Option<PhonePresence>),
    /// Empty: no note.
    Note(String),
}

impl FieldValue {
    pub const fn field(&self) -> Field {
        match self {
            Self::Dnd(_) => Field::Dnd,
            Self::Forward(_) => Field::Forward,
            Self::Presence(_) => Field::Presence,
            Self::Note(_) => Field::Note,
        }
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dnd(on) => write!(f, "Dnd({on})"),
            Self::Forward(None) => f.write_str("Forward(None)"),
            Self::Forward(Some(_)) => f.write_str("Forward(Some(…))"),
            Self::Presence(presence) => write!(f, "Presence({presence:?})"),
            Self::Note(note) if note.is_empty() => f.write_str("Note(\"\")"),
            Self::Note(_) => f.write_str("Note(…)"),
        }
    }
}

/// Presence on the phone system, by R12's order: the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhonePresence {
    Dnd,
    OnThePhone,
    Meeting,
    Busy,
    /// The Exchange Status Sync document's "Extended away".
    ExtendedAway,
    Away,
    Available,
}

impl PhonePresence {
    pub const ALL: [Self; 7] = [
        Self::Dnd,
        Self::OnThePhone,
        Self::Meeting,
        Self::Busy,
        Self::ExtendedAway,
        Self::Away,
        Self::Available,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dnd => "dnd",
            Self::OnThePhone => "on-the-phone",
            Self::Meeting => "meeting",
            Self::Busy => "busy",
            Self::ExtendedAway => "extended-away",
            Self::Away => "away",
            Self::Available => "available",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }
}

/// The presences that a phone system has a word for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceWords(u8);

impl PresenceWords {
    pub const ALL: Self = Self::of(&PhonePresence::ALL);

    pub const fn of(words: &[PhonePresence]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < words.len() {
            bits |= 1 << words[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    pub const fn has(self, word: PhonePresence) -> bool {
        self.0 & 1 << word as u8 != 0
    }

    /// The word itself, else one that says less and nothing wrong; `None`: no presence at all is nearest.
    pub fn nearest(self, word: PhonePresence) -> Option<PhonePresence> {
        let instead: &[PhonePresence] = match word {
            PhonePresence::Dnd | PhonePresence::OnThePhone | PhonePresence::Meeting => &[PhonePresence::Busy],
            PhonePresence::ExtendedAway => &[PhonePresence::Away],
            PhonePresence::Busy | PhonePresence::Away | PhonePresence::Available => &[],
        };
        std::iter::once(&word)
            .chain(instead)
            .copied()
            .find(|word| self.has(*word))
    }
}

impl Default for PresenceWords {
    fn default() -> Self {
        Self::ALL
    }
}

/// What this phone system and account can do with a field (R13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Can {
    pub read: bool,
    pub write: bool,
}

/// Per field; what is not listed cannot be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    pub dnd: Can,
    pub forward: Can,
    pub presence: Can,
    pub note: Can,
    /// Whether the phone system itself reports the calls of the person's extension (R24).
    pub calls: bool,
    /// The account could change other people's phones too; the page says so.
    pub could_change_others: bool,
    /// For others the nearest is set.
    pub presence_words: PresenceWords,
    /// Do not disturb is a presence that colleagues see; whether calls are stopped is the phone system's affair.
    pub dnd_is_presence: bool,
    /// It keeps a forward that the person has prepared and switched off; where it goes comes by itself
    /// ([`crate::Input::ForwardPrepared`]).
    pub prepared_forward: bool,
    /// It can forward calls from outside alone (R14).
    pub tells_internal_apart: bool,
    pub note_length: NoteLength,
    pub unconfirmed: Unconfirmed,
}

/// Fields that can be set and of which nothing tells how they stand. Their [`Can`] says that they can be read, since
/// they have a value that Offhook goes by: what it has set and not put back, else that they are at rest. The adapter
/// tells no values of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unconfirmed {
    pub dnd: bool,
    pub forward: bool,
}

impl Unconfirmed {
    pub const fn has(self, field: Field) -> bool {
        match field {
            Field::Dnd => self.dnd,
            Field::Forward => self.forward,
            Field::Presence | Field::Note => false,
        }
    }
}

/// So many characters of a note are taken at most. Signs that mean something to a phone system are its adapter's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteLength(pub u16);

impl Default for NoteLength {
    /// What Teams' own client takes, where a phone system's limit is not known.
    fn default() -> Self {
        Self(280)
    }
}

impl Abilities {
    pub const fn of(&self, field: Field) -> Can {
        match field {
            Field::Dnd => self.dnd,
            Field::Forward => self.forward,
            Field::Presence => self.presence,
            Field::Note => self.note,
        }
    }
}

/// What the phone system says of itself and of the person after sign-in. `Debug` hides the names.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneIdentity {
    /// Stable name of this extension on this system, for the ledger: a hold is put back only there.
    pub key: String,
    /// For people, for example `Asterisk 16.28.0`.
    pub system: String,
    /// The person's names and addresses there, to compare with the Microsoft account (R24). Personal.
    pub names: Vec<String>,
}

impl fmt::Debug for PhoneIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneIdentity")
            .field("system", &self.system)
            .finish_non_exhaustive()
    }
}
