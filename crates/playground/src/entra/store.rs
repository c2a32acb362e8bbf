//! What Entra remembers: codes, tokens, device codes, consents, and sign-ins that wait in a browser.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::scopes::Scope;
use crate::clock::Moment;

/// An authorize request that passed its checks and waits for the person.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) person: String,
    pub(crate) waiting: Waiting,
    pub(crate) expires: Moment,
    pub(crate) used: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) person: String,
    /// 90 days after the last use of it (graph.md 4.4).
    pub(crate) expires: Moment,
    pub(crate) revoked: bool,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) person: String,
    pub(crate) client_id: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) expires: Moment,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeviceAnswer {
    Waiting,
    SignedIn(String),
    Declined,
    /// Its tokens were fetched.
    Done,
}

#[derive(Clone, Debug)]
pub(crate) struct DeviceCode {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) expires: Moment,
    pub(crate) answer: DeviceAnswer,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) waiting: HashMap<String, Waiting>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh: HashMap<String, Refresh>,
    pub(crate) access: HashMap<String, Access>,
    pub(crate) devices: Vec<DeviceCode>,
    /// By person.
    pub(crate) consents: BTreeMap<String, BTreeSet<String>>,
    /// For everybody, by the administrator.
    pub(crate) admin_consents: BTreeSet<String>,
    /// Whom an authorize request signs in without asking.
    pub(crate) unattended: Option<String>,
}

impl Store {
    pub(crate) fn is_consented(&self, person: &str, scope: &str) -> bool {
        self.admin_consents.contains(scope)
            || self.consents.get(person).is_some_and(|all| all.contains(scope))
    }

    pub(crate) fn consent(&mut self, person: &str, scopes: &[Scope]) {
        let all = self.consents.entry(person.to_owned()).or_default();
        all.extend(scopes.iter().map(|scope| scope.short.clone()));
    }

    /// Ends all grants of a person; with `access_too`, the access tokens that are out as well (as continuous access
    /// evaluation does).
    pub(crate) fn revoke(&mut self, person: &str, access_too: bool) {
        for refresh in self
            .refresh
            .values_mut()
            .filter(|refresh| refresh.person == person)
        {
            refresh.revoked = true;
        }
        if access_too {
            for access in self.access.values_mut().filter(|access| access.person == person) {
                access.revoked = true;
            }
        }
    }
}
