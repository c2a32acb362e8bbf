//! What is known now, each with its age.

pub mod calendar;
pub mod calls;
mod names;
pub mod teams;

use crate::clock::{Instant, Now};
use crate::fault::Fault;
use crate::ledger::PauseRecord;
use crate::phone::{Abilities, Field, FieldValue, PhoneIdentity};
use crate::teams::{Account, Right, SignIn};
pub use calendar::{CalendarFacts, CalendarLink};
pub use calls::Calls;
use jiff::Timestamp;
use std::collections::BTreeMap;
pub use teams::TeamsFacts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub calls: Calls,
    pub teams: TeamsFacts,
    pub calendar: CalendarFacts,
    pub phone: PhoneFacts,
    pub sign_in: SignIn,
    /// The sign-in's store has answered; before that `sign_in` is no knowledge (R21).
    pub sign_in_told: bool,
    /// Reading and writing at Graph, as the last answers were.
    pub microsoft: Health,
    /// Rights that were refused although the sign-in has them, until the next sign-in.
    pub refused_rights: Vec<Right>,
    pub person: PersonFacts,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            calls: Calls::default(),
            teams: TeamsFacts::default(),
            calendar: CalendarFacts::default(),
            phone: PhoneFacts::default(),
            sign_in: SignIn::SignedOut,
            sign_in_told: false,
            microsoft: Health::default(),
            refused_rights: Vec::new(),
            person: PersonFacts::default(),
        }
    }
}

impl Facts {
    /// Nobody is signed in, and that is known.
    pub fn is_signed_out(&self) -> bool {
        match &self.sign_in {
            SignIn::SignedOut => self.sign_in_told,
            SignIn::Waiting(_)
            | SignIn::Browser { .. }
            | SignIn::DeviceCode { .. }
            | SignIn::SignedIn(_)
            | SignIn::Expired { .. } => false,
        }
    }

    pub fn account(&self) -> Option<&Account> {
        match &self.sign_in {
            SignIn::SignedIn(account) => Some(account),
            SignIn::Expired { account, .. } => account.as_ref(),
            SignIn::SignedOut | SignIn::Waiting(_) | SignIn::Browser { .. } | SignIn::DeviceCode { .. } => {
                None
            }
        }
    }

    /// The account, where requests can be made for it now.
    pub fn signed_in(&self) -> Option<&Account> {
        self.sign_in.account()
    }

    /// R24: the two accounts, when both have names and none of them agree.
    pub fn differing_accounts(&self) -> Option<(&Account, &PhoneIdentity)> {
        let (account, identity) = self.both_accounts()?;
        differ(account, identity).then_some((account, identity))
    }

    /// Microsoft's account and the phone system's, while both are there.
    pub(crate) fn both_accounts(&self) -> Option<(&Account, &PhoneIdentity)> {
        let account = self.signed_in()?;
        let link = self.phone.link.as_ref().filter(|link| link.up)?;
        Some((account, link.identity.as_ref()?))
    }

    pub fn has(&self, right: Right) -> bool {
        has(&self.sign_in, &self.refused_rights, right)
    }
}

/// Whether that sign-in has a right that nobody has refused since.
pub(crate) fn has(sign_in: &SignIn, refused: &[Right], right: Right) -> bool {
    let account = sign_in.account();
    account.is_some_and(|account| account.rights.contains(&right)) && !refused.contains(&right)
}

/// Both have names, and none of them agree (R24).
pub(crate) fn differ(account: &Account, identity: &PhoneIdentity) -> bool {
    !names::agree([&account.name, &account.address], &identity.names)
}

/// The phone system as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhoneFacts {
    /// Set while one is configured.
    pub link: Option<Link>,
    pub known: BTreeMap<Field, Known>,
    pub prepared: Prepared,
    pub past: Past,
}

/// The forward of all calls that the person has set up on the phone system, on or off. `Debug` hides the number.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Prepared {
    /// Not told yet.
    #[default]
    Unknown,
    Nothing,
    /// What the field shows once it is on.
    To(String),
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Nothing => "Nothing",
            Self::To(_) => "To(…)",
        })
    }
}

/// When a connection last worked and last failed: what its light tells beside the present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    pub worked: Option<Timestamp>,
    pub failed: Option<(Timestamp, Fault)>,
}

impl Past {
    pub(crate) fn on(&mut self, outcome: Result<(), &Fault>, now: Timestamp) {
        match outcome {
            Ok(()) => self.worked = Some(now),
            Err(fault) => self.failed = Some((now, fault.clone())),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub identity: Option<PhoneIdentity>,
    pub abilities: Abilities,
    pub up: bool,
    pub since: Timestamp,
    pub down_at: Option<Instant>,
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub value: FieldValue,
    /// When it was read.
    pub at: Instant,
    /// Since when it has had this value.
    pub since: Timestamp,
}

impl PhoneFacts {
    /// The key of the phone system in use, also while it is not reachable.
    pub fn key(&self) -> Option<&str> {
        let identity = self.link.as_ref()?.identity.as_ref()?;
        Some(identity.key.as_str())
    }

    pub fn is_up(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.up)
    }

    /// What the phone system shows, or showed until a moment ago: a short break of the connection changes
    /// nothing.
    pub fn recent(&self, field: Field, now: Instant) -> Option<&Known> {
        let down_at = self.link.as_ref().and_then(|link| link.down_at);
        let gone = down_at.is_some_and(|at| now.since(at) >= calls::GRACE);
        self.known.get(&field).filter(|_| !gone)
    }

    pub fn value(&self, field: Field) -> Option<&FieldValue> {
        self.known.get(&field).map(|known| &known.value)
    }

    pub fn abilities(&self) -> Abilities {
        self.link
            .as_ref()
            .map_or_else(Abilities::default, |link| link.abilities)
    }

    pub(crate) fn on_seen(&mut self, value: FieldValue, now: Now) {
        let field = value.field();
        match self.known.get_mut(&field) {
            Some(known) if known.value == value => known.at = now.mono,
            _ => {
                self.known.insert(
                    field,
                    Known {
                        value,
                        at: now.mono,
                        since: now.wall,
                    },
                );
            }
        }
    }
}

/// How the last answers of a service were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    pub since: Option<Timestamp>,
    pub fault: Option<Fault>,
    pub past: Past,
}

impl Health {
    pub(crate) fn on(&mut self, outcome: Result<(), &Fault>, now: Timestamp) {
        self.past.on(outcome, now);
        let fault = outcome.err().cloned();
        if self.since.is_none() || self.fault.is_some() != fault.is_some() {
            self.since = Some(now);
        }
        self.fault = fault;
    }
}

/// What the person said to Offhook itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonFacts {
    pub pause: Option<PauseRecord>,
}
