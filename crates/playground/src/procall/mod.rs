//! The same phone system once more, behind a UCServer: its WebService over one port (facts/estos-csta.md part A). Calls
//! and do not disturb are those of `pbx`, so that whoever is not to be disturbed really is not rung.
//!
//! Strict: it refuses a missing header, an operation it does not know, an argument that is not whole, a line that is
//! somebody else's. Where the facts are silent it takes the stricter reading. All it sends comes in arrays, with what
//! has happened before an answer in one frame with it.

mod operations;
mod sign_in;
mod socket;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::clock::{Clock, Moment};
use crate::company::{Person, Shared};
use crate::faults::{Fault, Faults, Place};
use crate::pbx::Pbx;
use crate::requests::Requests;

/// Life of a token for signing in.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);
/// A session that nobody opens is forgotten.
const SESSION_LIFE: Duration = Duration::from_secs(60);
/// How often what happens by itself is looked at.
const TICK: Duration = Duration::from_millis(10);

const NOT_SET: i64 = 4;
const DO_NOT_DISTURB: i64 = 3;

/// What a UCServer of some release, or in some mood, does otherwise.
#[derive(Clone, Debug)]
pub struct ProcallHabits {
    /// Refuses every sign-in with this number.
    pub refuses: Option<i64>,
    /// Operations that it does not know.
    pub unknown: BTreeSet<&'static str>,
    /// Operations that the user may not use: error 2.
    pub denied: BTreeSet<&'static str>,
    /// Feature bits of the lines.
    pub line_features: i64,
    pub forward_features: i64,
    /// `AsnCtiLineOpenStatus` of the lines.
    pub line_status: i64,
    /// Everybody has a second line, without calls.
    pub second_line: bool,
    /// ProCall's option that do not disturb of the presence and of the line go together.
    pub coupled: bool,
    /// The end of an absent state is kept to the minute.
    pub whole_minutes: bool,
    /// A socket that says nothing for so long is closed.
    pub idle: Duration,
    /// Events have the names from before the schema of August 2024.
    pub old_events: bool,
    /// No events at all.
    pub mute: bool,
    /// A forward shows another target than was asked for.
    pub rewrites_targets: bool,
    /// How far its clock is ahead.
    pub clock_ahead: jiff::SignedDuration,
}

impl Default for ProcallHabits {
    fn default() -> Self {
        Self {
            refuses: None,
            unknown: BTreeSet::new(),
            denied: BTreeSet::new(),
            line_features: 1 | 2 | 4,
            forward_features: 1 | 2 | 4,
            line_status: 2,
            second_line: false,
            coupled: false,
            whole_minutes: false,
            idle: Duration::from_secs(60),
            old_events: false,
            mute: false,
            rewrites_targets: false,
            clock_ahead: jiff::SignedDuration::ZERO,
        }
    }
}

/// A write that was taken, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcallWrite {
    pub login: String,
    /// The operation's name.
    pub what: String,
    pub argument: Value,
}

#[derive(Clone, Debug, PartialEq)]
struct Absent {
    state: i64,
    until: Option<Timestamp>,
    reachability: i64,
}

impl Absent {
    const fn not_set() -> Self {
        Self {
            state: NOT_SET,
            until: None,
            reachability: 0,
        }
    }
}

#[derive(Debug)]
struct Desk {
    person: Person,
    password: String,
    absent: Absent,
    note: String,
    /// ProCall's own Teams integration serves the person.
    own_teams: bool,
    /// Forwards of the first line, as they are told.
    forwards: Vec<Value>,
    /// Wrong passwords in a row.
    wrong: u32,
}

#[derive(Debug, Default)]
struct Inside {
    desks: BTreeMap<String, Desk>,
    habits: ProcallHabits,
    /// By session: whose, and since when.
    sessions: BTreeMap<String, (String, Moment)>,
    tokens: BTreeMap<String, (String, Moment)>,
    sockets: Vec<AbortHandle>,
    /// Monitors of a generation before are stopped.
    monitors: u64,
    writes: Vec<ProcallWrite>,
    logins: u64,
    by_token: u64,
}

/// The handle on it.
#[derive(Debug)]
pub struct Procall {
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    requests: Arc<Requests>,
    inside: Shared<Inside>,
}

impl Procall {
    pub(crate) fn new(
        people: &[Person],
        pbx: Arc<Pbx>,
        (clock, requests, faults): (Arc<Clock>, Arc<Requests>, Arc<Faults>),
    ) -> Self {
        let desks = people.iter().map(|person| {
            let desk = Desk {
                person: person.clone(),
                password: format!("playground-{}", person.key),
                absent: Absent::not_set(),
                note: String::new(),
                own_teams: false,
                forwards: Vec::new(),
                wrong: 0,
            };
            (person.key.clone(), desk)
        });
        let inside = Inside {
            desks: desks.collect(),
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

    /// The password that goes with a login, which is the person's short name.
    pub fn password(&self, login: &str) -> Option<String> {
        self.with(login, |desk| desk.password.clone())
    }

    pub fn set_password(&self, login: &str, password: &str) {
        self.with(login, |desk| password.clone_into(&mut desk.password));
    }

    fn with<T>(&self, login: &str, look: impl FnOnce(&mut Desk) -> T) -> Option<T> {
        self.settle();
        self.inside.lock().desks.get_mut(login).map(look)
    }

    pub fn change(&self, change: impl FnOnce(&mut ProcallHabits)) {
        change(&mut self.inside.lock().habits);
    }

    /// All writes that were taken so far.
    pub fn writes(&self) -> Vec<ProcallWrite> {
        self.inside.lock().writes.clone()
    }

    /// How often somebody was let in, and how often of that by a token.
    pub fn logins(&self) -> (u64, u64) {
        let inside = self.inside.lock();
        (inside.logins, inside.by_token)
    }

    /// Open sockets.
    pub fn sockets(&self) -> usize {
        let mut inside = self.inside.lock();
        inside.sockets.retain(|socket| !socket.is_finished());
        inside.sockets.len()
    }

    /// Ends all sessions, as a restart does; tokens stay.
    pub fn forget_sessions(&self) {
        let mut inside = self.inside.lock();
        inside.sessions.clear();
        for socket in inside.sockets.drain(..) {
            socket.abort();
        }
    }

    /// Tokens are not taken any more: 130.
    pub fn forget_tokens(&self) {
        self.inside.lock().tokens.clear();
    }

    /// The administrator changes something: all monitors are stopped.
    pub fn stop_monitors(&self) {
        self.inside.lock().monitors += 1;
    }

    pub fn dnd(&self, login: &str) -> bool {
        self.with(login, |desk| self.has_dnd(desk)).unwrap_or_default()
    }

    fn has_dnd(&self, desk: &Desk) -> bool {
        self.pbx
            .db("DND", &desk.person.extension)
            .is_some_and(|value| !value.is_empty())
    }

    /// The person presses the key.
    pub fn press_dnd(&self, login: &str, on: bool) {
        self.with(login, |desk| self.set_dnd(desk, on));
    }

    fn set_dnd(&self, desk: &Desk, on: bool) {
        self.pbx
            .set_db("DND", &desk.person.extension, on.then_some("YES"));
    }

    /// The target of the forward of all calls.
    pub fn forward(&self, login: &str) -> Option<String> {
        self.with(login, |desk| {
            let all = desk.forwards.iter().find(|forward| forward["iForwardMode"] == 1);
            all.and_then(|forward| forward["u8sDestination"].as_str().map(str::to_owned))
        })?
    }

    /// The person sets, or takes away, the forward of all calls.
    pub fn set_forward(&self, login: &str, target: Option<&str>) {
        self.with(login, |desk| {
            desk.forwards.retain(|forward| forward["iForwardMode"] != 1);
            desk.forwards
                .extend(target.map(|target| operations::forward(1, target)));
            self.apply_forward(desk);
        });
    }

    /// The person sets a forward of another kind, for example 2 when busy.
    pub fn add_forward(&self, login: &str, mode: i64, target: &str) {
        self.with(login, |desk| {
            desk.forwards.push(operations::forward(mode, target))
        });
    }

    /// How many forwards there are of any kind.
    pub fn forwards(&self, login: &str) -> usize {
        self.with(login, |desk| desk.forwards.len()).unwrap_or_default()
    }

    /// What the switch does with calls to the person.
    fn apply_forward(&self, desk: &Desk) {
        let all = desk.forwards.iter().find(|forward| forward["iForwardMode"] == 1);
        let target = all.and_then(|forward| forward["u8sDestination"].as_str());
        self.pbx.set_db("CF", &desk.person.extension, target);
    }

    /// The absent state (4: not set) and when it ends.
    pub fn absent(&self, login: &str) -> (i64, Option<Timestamp>) {
        self.with(login, |desk| (desk.absent.state, desk.absent.until))
            .unwrap_or((NOT_SET, None))
    }

    /// The person sets it in the client, with an end or without, and with a reachability.
    pub fn set_absent(&self, login: &str, state: i64, until: Option<Timestamp>, reachability: i64) {
        let coupled = self.inside.lock().habits.coupled;
        self.with(login, |desk| {
            self.become_absent(
                desk,
                Absent {
                    state,
                    until,
                    reachability,
                },
                coupled,
            );
        });
    }

    pub fn reachability(&self, login: &str) -> i64 {
        self.with(login, |desk| desk.absent.reachability)
            .unwrap_or_default()
    }

    fn become_absent(&self, desk: &mut Desk, absent: Absent, coupled: bool) {
        let (before, now) = (desk.absent.state, absent.state);
        desk.absent = absent;
        if coupled && (before == DO_NOT_DISTURB) != (now == DO_NOT_DISTURB) {
            self.set_dnd(desk, now == DO_NOT_DISTURB);
        }
    }

    pub fn note(&self, login: &str) -> Option<String> {
        self.with(login, |desk| desk.note.clone())
    }

    pub fn set_note(&self, login: &str, text: &str) {
        self.with(login, |desk| text.clone_into(&mut desk.note));
    }

    /// The administrator has ProCall's own Teams integration serve the person, or not.
    pub fn set_own_teams(&self, login: &str, on: bool) {
        self.with(login, |desk| desk.own_teams = on);
    }

    /// The server's time.
    pub fn time(&self) -> Timestamp {
        let ahead = self.inside.lock().habits.clock_ahead;
        self.clock.wall() + ahead
    }

    /// What ends by itself.
    fn settle(&self) {
        let now = self.time();
        let mut inside = self.inside.lock();
        let coupled = inside.habits.coupled;
        for desk in inside.desks.values_mut() {
            if desk.absent.until.is_some_and(|until| until <= now) {
                self.become_absent(desk, Absent::not_set(), coupled);
            }
        }
    }

    /// Writes are answered and change nothing.
    fn ignores(&self) -> bool {
        self.faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
    }
}

/// What happens by itself while the server runs.
pub(crate) async fn live(procall: Arc<Procall>) {
    loop {
        tokio::time::sleep(TICK).await;
        procall.settle();
    }
}

pub(crate) fn router(procall: Arc<Procall>) -> Router {
    Router::new().fallback(handle).with_state(procall)
}

async fn handle(State(procall): State<Arc<Procall>>, request: Request) -> Response {
    if let Some(response) = crate::starface::disturbed(&procall.faults).await {
        return response;
    }
    match (request.method().as_str(), request.uri().path()) {
        ("POST", "/ws/client/createsession") => sign_in::answer(&procall, request).await,
        ("GET", "/ws/client/websocket") => socket::open(procall, request),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The state for the page: no passwords.
pub(crate) fn view(procall: &Procall) -> Value {
    let sockets = procall.sockets();
    json!({ "sockets": sockets, "logins": procall.logins().0 })
}
