//! What is known now, each with its age.

pub mod calls;
pub mod teams;

use crate::clock::{Instant, Now};
use crate::fault::Fault;
use crate::ledger::PauseRecord;
use crate::phone::{Abilities, Field, FieldValue, PhoneIdentity};
use crate::teams::{Account, Right, SignIn};
pub use calls::Calls;
use jiff::Timestamp;
use std::collections::BTreeMap;
pub use teams::TeamsFacts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub calls: Calls,
    pub teams: TeamsFacts,
    pub phone: PhoneFacts,
    pub sign_in: SignIn,
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
            phone: PhoneFacts::default(),
            sign_in: SignIn::SignedOut,
            microsoft: Health::default(),
            refused_rights: Vec::new(),
            person: PersonFacts::default(),
        }
    }
}

impl Facts {
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
        match &self.sign_in {
            SignIn::SignedIn(account) => Some(account),
            SignIn::SignedOut
            | SignIn::Waiting(_)
            | SignIn::Browser { .. }
            | SignIn::DeviceCode { .. }
            | SignIn::Expired { .. } => None,
        }
    }

    pub fn has(&self, right: Right) -> bool {
        self.signed_in()
            .is_some_and(|account| account.rights.contains(&right))
            && !self.refused_rights.contains(&right)
    }
}

/// The phone system as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhoneFacts {
    /// Set while one is configured.
    pub link: Option<Link>,
    pub known: BTreeMap<Field, Known>,
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
    pub fn is_up(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.up)
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
}

impl Health {
    pub(crate) fn on(&mut self, outcome: Result<(), &Fault>, now: Timestamp) {
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
