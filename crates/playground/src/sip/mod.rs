//! The same phone system once more, as a SIP server that lets a person's own account in (asterisk.md sections 4 to 6):
//! dialog subscriptions to extensions and to their do-not-disturb hints, dialled feature codes, and by choice
//! `as-feature-event` and PUBLISH as Kamailio has them. UDP and TCP on one port. Calls, feature codes and states are
//! those of `pbx`.
//!
//! Strict: a request that lacks what RFC 3261 demands is answered with 400, a digest that is not whole with another
//! challenge, a tag or number that does not fit with 481 or 412. Each nonce is good for one request.

mod serve;
mod talk;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::company::{Person, Shared};
use crate::faults::{Fault, Faults, Place};
use crate::pbx::Pbx;
use crate::requests::Requests;

pub(crate) use serve::{Ports, bind, datagrams, serve};

/// What a server of some kind, or in some mood, does otherwise.
#[derive(Clone, Debug)]
pub struct SipHabits {
    /// `as-feature-event`; without it 489.
    pub features: bool,
    /// It takes subscriptions to these and tells nothing.
    pub mute_features: bool,
    /// PUBLISH; without it 489.
    pub publish: bool,
    /// There is a hint for do not disturb, `*76` before the extension.
    pub dnd_hint: bool,
    /// There is a hint for each extension.
    pub hints: bool,
    /// Subscriptions shorter than this many seconds are answered with 423.
    pub least: u64,
    /// Requests within a subscription are challenged, too.
    pub challenges_all: bool,
    /// It grants no subscription longer than this many seconds.
    pub most: u64,
    /// Every second datagram that comes is lost.
    pub loses: bool,
}

impl Default for SipHabits {
    fn default() -> Self {
        Self {
            features: false,
            mute_features: false,
            publish: false,
            dnd_hint: true,
            hints: true,
            least: 1,
            challenges_all: false,
            most: 3600,
            loses: false,
        }
    }
}

/// A presence that somebody publishes.
#[derive(Clone, Debug)]
struct Publication {
    tag: String,
    body: String,
}

#[derive(Debug, Default)]
struct Inside {
    passwords: BTreeMap<String, String>,
    habits: SipHabits,
    nonces: Vec<String>,
    talks: Vec<talk::Subscription>,
    dials: Vec<talk::Dial>,
    published: BTreeMap<String, Publication>,
    last: u64,
    coin: bool,
}

/// The handle on it.
#[derive(Debug)]
pub struct Sip {
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    requests: Arc<Requests>,
    inside: Shared<Inside>,
}

impl Sip {
    pub(crate) fn new(
        people: &[Person],
        pbx: Arc<Pbx>,
        (clock, requests, faults): (Arc<Clock>, Arc<Requests>, Arc<Faults>),
    ) -> Self {
        let passwords = people
            .iter()
            .map(|person| (person.extension.clone(), format!("playground-{}", person.key)));
        let inside = Inside {
            passwords: passwords.collect(),
            ..Inside::default()
        };
        Self {
            pbx,
            clock,
            faults,
            requests,
            inside: Shared::new(inside),
        }
    }

    /// The password of an extension's own account.
    pub fn password(&self, extension: &str) -> Option<String> {
        self.inside.lock().passwords.get(extension).cloned()
    }

    pub fn set_password(&self, extension: &str, password: &str) {
        let mut inside = self.inside.lock();
        inside.passwords.insert(extension.to_owned(), password.to_owned());
    }

    pub fn change(&self, change: impl FnOnce(&mut SipHabits)) {
        change(&mut self.inside.lock().habits);
    }

    /// Subscriptions that are up.
    pub fn subscriptions(&self) -> usize {
        self.inside.lock().talks.len()
    }

    /// Forgets all subscriptions without a word, as a restart does.
    pub fn forget_subscriptions(&self) {
        self.inside.lock().talks.clear();
    }

    /// Ends all subscriptions, and says so.
    pub fn end_subscriptions(&self) {
        for one in &mut self.inside.lock().talks {
            one.ends = true;
        }
    }

    /// Notifications that have no answer yet.
    pub fn unanswered(&self) -> usize {
        let inside = self.inside.lock();
        inside.talks.iter().map(|one| one.unanswered.len()).sum()
    }

    /// Calls by SIP that are up: feature codes on the line.
    pub fn dials(&self) -> usize {
        self.inside.lock().dials.len()
    }

    /// The document that is published for an extension.
    pub fn published(&self, extension: &str) -> Option<String> {
        let inside = self.inside.lock();
        inside.published.get(extension).map(|one| one.body.clone())
    }

    /// Publications are forgotten, as by a restart.
    pub fn forget_publications(&self) {
        self.inside.lock().published.clear();
    }

    /// Everything that a restart forgets.
    pub(crate) fn stopped(&self) {
        let mut inside = self.inside.lock();
        inside.talks.clear();
        inside.dials.clear();
        inside.nonces.clear();
    }

    /// Writes are answered and change nothing.
    fn ignores(&self) -> bool {
        self.faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
    }

    fn is_silent(&self) -> bool {
        self.faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer)
            || self.faults.is_struck(Place::PbxConnect, &Fault::PbxMute)
    }
}

/// The state for the page: no passwords.
pub(crate) fn view(sip: &Sip) -> Value {
    let inside = sip.inside.lock();
    json!({ "subscriptions": inside.talks.len(), "published": inside.published.len() })
}
