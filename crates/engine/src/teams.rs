//! Teams' words: what Graph reads, and the closed sets of what it takes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of Graph's two presence words: an open set, compared without case. Either word may come in either
/// field (`facts/graph.md`, section 1.4).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(String);

impl Word {
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Word {}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A presence as Graph reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub availability: Word,
    pub activity: Word,
    /// `outOfOfficeSettings.isOutOfOffice`; absent in some clouds.
    pub out_of_office: Option<bool>,
}

impl Presence {
    pub fn new(availability: &str, activity: &str) -> Self {
        Self {
            availability: Word::new(availability),
            activity: Word::new(activity),
            out_of_office: None,
        }
    }

    /// Whether either field holds that word.
    pub fn says(&self, word: &str) -> bool {
        self.activity.is(word) || self.availability.is(word)
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.availability, self.activity)
    }
}

/// The five pairs `setPresence` takes (`facts/graph.md`, section 1.2). Any other is refused with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionPair {
    Available,
    BusyInACall,
    BusyInAConferenceCall,
    Away,
    DoNotDisturbPresenting,
}

impl SessionPair {
    pub const ALL: [Self; 5] = [
        Self::Available,
        Self::BusyInACall,
        Self::BusyInAConferenceCall,
        Self::Away,
        Self::DoNotDisturbPresenting,
    ];

    /// `(availability, activity)`
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Available => ("Available", "Available"),
            Self::BusyInACall => ("Busy", "InACall"),
            Self::BusyInAConferenceCall => ("Busy", "InAConferenceCall"),
            Self::Away => ("Away", "Away"),
            Self::DoNotDisturbPresenting => ("DoNotDisturb", "Presenting"),
        }
    }

    /// From `availability/activity`.
    pub fn parse(words: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|pair| pair.presence().to_string() == words)
    }

    pub fn presence(self) -> Presence {
        let (availability, activity) = self.words();
        Presence::new(availability, activity)
    }
}

/// The six pairs `setUserPreferredPresence` takes (`facts/graph.md`, section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PreferredPair {
    Available,
    Busy,
    DoNotDisturb,
    BeRightBack,
    Away,
    OfflineOffWork,
}

impl PreferredPair {
    pub const ALL: [Self; 6] = [
        Self::Available,
        Self::Busy,
        Self::DoNotDisturb,
        Self::BeRightBack,
        Self::Away,
        Self::OfflineOffWork,
    ];

    /// `(availability, activity)`
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Available => ("Available", "Available"),
            Self::Busy => ("Busy", "Busy"),
            Self::DoNotDisturb => ("DoNotDisturb", "DoNotDisturb"),
            Self::BeRightBack => ("BeRightBack", "BeRightBack"),
            Self::Away => ("Away", "Away"),
            Self::OfflineOffWork => ("Offline", "OffWork"),
        }
    }

    pub fn presence(self) -> Presence {
        let (availability, activity) = self.words();
        Presence::new(availability, activity)
    }
}

/// The status message that people read beside the presence. `Debug` hides the text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusMessage {
    /// Empty: none. Without the mark of a pinned one.
    pub text: String,
    /// "Show when people message me".
    #[serde(default)]
    pub pinned: bool,
    /// When Teams takes it away by itself; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl StatusMessage {
    pub fn is_none(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether it has that text; Teams may have taken blanks off its ends.
    pub fn says(&self, text: &str) -> bool {
        self.text.trim() == text.trim()
    }

    /// The same text for the same time; whether it is pinned is the person's affair.
    pub fn is_same(&self, other: &Self) -> bool {
        self.says(&other.text) && self.until == other.until
    }

    /// What is left of it at that time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        if self.until.is_some_and(|until| until <= now) {
            Self::default()
        } else {
            self.clone()
        }
    }
}

impl fmt::Debug for StatusMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusMessage")
            .field("none", &self.is_none())
            .field("pinned", &self.pinned)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A right of the signed-in person that a job needs (R18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Right {
    PresenceRead,
    PresenceWrite,
    CalendarRead,
}

/// Who is signed in at Microsoft. All of it is personal except the ids; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// `oid.tid`: the account's key.
    pub key: String,
    pub name: String,
    /// `preferred_username`: for display, may change.
    pub address: String,
    pub rights: Vec<Right>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("key", &self.key)
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

/// Where the sign-in stands. `Debug` hides addresses and codes.
#[derive(Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Nothing is stored, as far as the store could be read.
    SignedOut,
    /// The store could not be asked yet (R21): attention, never "signed out".
    Waiting(crate::fault::Fault),
    /// A browser or a device code is waited for.
    Browser {
        url: String,
    },
    DeviceCode {
        user_code: String,
        url: String,
    },
    SignedIn(Account),
    /// Tokens are there but no longer taken; the settings are kept.
    Expired {
        account: Option<Account>,
        fault: crate::fault::Fault,
    },
}

impl SignIn {
    /// Where requests can be made for it now.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::SignedIn(account) => Some(account),
            Self::SignedOut
            | Self::Waiting(_)
            | Self::Browser { .. }
            | Self::DeviceCode { .. }
            | Self::Expired { .. } => None,
        }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut => f.write_str("SignedOut"),
            Self::Waiting(fault) => f.debug_tuple("Waiting").field(fault).finish(),
            // The address carries the request's secrets, the code signs in whoever types it.
            Self::Browser { .. } => f.debug_struct("Browser").finish_non_exhaustive(),
            Self::DeviceCode { .. } => f.debug_struct("DeviceCode").finish_non_exhaustive(),
            Self::SignedIn(account) => f.debug_tuple("SignedIn").field(account).finish(),
            Self::Expired { account, fault } => f
                .debug_struct("Expired")
                .field("account", account)
                .field("fault", fault)
                .finish(),
        }
    }
}
