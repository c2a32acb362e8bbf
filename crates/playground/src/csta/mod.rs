//! The same phone system once more, behind a CSTA link: XML over TCP (facts/estos-csta.md part B, facts/csta.json). Calls
//! and do not disturb are those of `pbx`, so that whoever is not to be disturbed really is not rung.
//!
//! Strict: it ends the connection at a frame that is none; it refuses a request that it does not know, one in a namespace
//! that is none, one whose elements are missing or out of order, a device that nobody has, a second session, and
//! anything before the session. Where the facts are silent it takes the stricter reading.

mod link;
mod story;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::company::{Person, Shared};
use crate::faults::Faults;
use crate::pbx::Pbx;
use crate::requests::Requests;

/// How often what has changed is looked at.
const TICK: Duration = Duration::from_millis(5);

/// What a phone system of some maker, or in some mood, does otherwise.
#[derive(Clone, Debug)]
pub struct CstaHabits {
    /// The link begins with a session.
    pub session: bool,
    /// The session carries a login.
    pub login: bool,
    /// How long a session lasts at most.
    pub session_life: Duration,
    /// The edition that it answers in.
    pub edition: u8,
    /// Requests that it does not offer.
    pub refuses: BTreeSet<&'static str>,
    /// So many monitors at once, of all connections together.
    pub monitors: usize,
    /// Devices are written as `N<1001>`.
    pub decorates: bool,
    /// Asks for the system's status as soon as somebody is there.
    pub asks_status: bool,
    /// Calls have no number.
    pub nameless_calls: bool,
    /// Nothing is told of do not disturb and forwards.
    pub silent_features: bool,
    /// Do not disturb can't be changed during a call.
    pub dnd_not_in_call: bool,
}

impl Default for CstaHabits {
    fn default() -> Self {
        Self {
            session: true,
            login: true,
            session_life: Duration::from_secs(60),
            edition: 4,
            refuses: BTreeSet::new(),
            monitors: 8,
            decorates: false,
            asks_status: true,
            nameless_calls: false,
            silent_features: false,
            dnd_not_in_call: false,
        }
    }
}

#[derive(Debug, Default)]
struct Inside {
    habits: CstaHabits,
    password: String,
    /// Forwards of other kinds than all calls, by extension: type and target.
    other_forwards: BTreeMap<String, Vec<(String, String)>>,
    /// Monitors of all connections.
    monitors: usize,
    /// Monitors of a generation before are stopped.
    generation: u64,
    connections: usize,
    sessions: usize,
    /// Sessions that ended in good order.
    stopped: usize,
    /// Names of the requests that changed something.
    writes: Vec<String>,
}

/// The handle on it.
#[derive(Debug)]
pub struct Csta {
    extensions: Vec<String>,
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    requests: Arc<Requests>,
    inside: Shared<Inside>,
}

impl Csta {
    pub(crate) fn new(
        people: &[Person],
        pbx: Arc<Pbx>,
        (clock, requests, faults): (Arc<Clock>, Arc<Requests>, Arc<Faults>),
    ) -> Self {
        Self {
            extensions: people.iter().map(|person| person.extension.clone()).collect(),
            pbx,
            clock,
            faults,
            requests,
            inside: Shared::new(Inside {
                password: "playground-csta".into(),
                ..Inside::default()
            }),
        }
    }

    /// The link's user.
    pub const fn user(&self) -> &'static str {
        "offhook"
    }

    pub fn password(&self) -> String {
        self.inside.lock().password.clone()
    }

    pub fn set_password(&self, password: &str) {
        password.clone_into(&mut self.inside.lock().password);
    }

    pub fn change(&self, change: impl FnOnce(&mut CstaHabits)) {
        change(&mut self.inside.lock().habits);
    }

    /// Names of the requests that changed something, in order.
    pub fn writes(&self) -> Vec<String> {
        self.inside.lock().writes.clone()
    }

    /// Sessions begun, and those of them that ended in good order.
    pub fn sessions(&self) -> (usize, usize) {
        let inside = self.inside.lock();
        (inside.sessions, inside.stopped)
    }

    /// Monitors that are there now.
    pub fn monitors(&self) -> usize {
        self.inside.lock().monitors
    }

    /// The administrator takes all monitors away.
    pub fn stop_monitors(&self) {
        self.inside.lock().generation += 1;
    }

    pub fn dnd(&self, extension: &str) -> bool {
        self.pbx
            .db("DND", extension)
            .is_some_and(|value| !value.is_empty())
    }

    /// The person presses the key.
    pub fn press_dnd(&self, extension: &str, on: bool) {
        self.pbx.set_db("DND", extension, on.then_some("YES"));
    }

    /// The person sets, or takes away, the forward of all calls.
    pub fn set_forward(&self, extension: &str, target: Option<&str>) {
        self.pbx.set_db("CF", extension, target);
    }

    /// The person sets a forward of another kind, by the standard's word.
    pub fn add_forward(&self, extension: &str, kind: &str, target: &str) {
        self.set_forward_of(extension, kind, Some(target));
    }

    fn set_forward_of(&self, extension: &str, kind: &str, target: Option<&str>) {
        let mut inside = self.inside.lock();
        let forwards = inside.other_forwards.entry(extension.to_owned()).or_default();
        forwards.retain(|(other, _)| other != kind);
        forwards.extend(target.map(|target| (kind.to_owned(), target.to_owned())));
    }

    /// Where calls of that kind alone go.
    pub fn forward_of(&self, extension: &str, kind: &str) -> Option<String> {
        let inside = self.inside.lock();
        let mut forwards = inside.other_forwards.get(extension)?.iter();
        forwards
            .find(|(other, _)| other == kind)
            .map(|(_, target)| target.clone())
    }

    fn is_device(&self, device: &str) -> bool {
        self.extensions.iter().any(|extension| extension == device)
    }
}

/// Serves until the future is dropped; its connections end with it.
pub(crate) async fn serve(csta: Arc<Csta>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(link::serve(Arc::clone(&csta), stream));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The state for the page: no passwords.
pub(crate) fn view(csta: &Csta) -> Value {
    let inside = csta.inside.lock();
    json!({ "connections": inside.connections, "monitors": inside.monitors, "sessions": inside.sessions })
}
