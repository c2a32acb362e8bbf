//! The same phone system once more, as an innovaphone: the web sockets of myApps and of the app services, and SOAP, over
//! one port (facts/innovaphone.md). Calls are those of `pbx`; what the presence does with calls is not known, so here
//! it does nothing.
//!
//! Strict: a wrong digest, a nonce that was used before, a message out of its turn or with another shape, somebody
//! else's name. What breaks the protocol is kept in [`Innovaphone::violations`], and the connection ends.

mod apps;
mod gate;
mod hashes;
mod myapps;
mod soap;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_websockets::{Config, Limits, ServerBuilder, WebSocketStream};

use crate::clock::Clock;
use crate::company::{Person, Shared, random_guid};
use crate::faults::{Fault, Faults, Place};
use crate::pbx::Pbx;
use crate::requests::{Requests, Service};
use crate::starface::{disturbed, page};
use gate::Gate;

const DOMAIN: &str = "contoso.example";
/// The app that lends `PbxApi` to everybody here.
pub const INNOVAPHONE_APP: &str = "offhook-api";

/// What an innovaphone of some firmware, or in some mood, does otherwise.
#[derive(Clone, Debug)]
pub struct InnovaphoneHabits {
    /// Firmware before 13: no web sockets at all.
    pub old: bool,
    /// `digest`, `ntlm` or `oauth2`.
    pub method: &'static str,
    /// The sign-in with a password waits for [`Innovaphone::confirm`].
    pub second_factor: bool,
    /// Somebody who does not know the password answers.
    pub false_digest: bool,
    /// `info` is sent with white space and escapes that its digest does not have.
    pub wordy: bool,
    /// Host and port of the phone system where everybody really lives.
    pub redirect: Option<(String, u16)>,
    /// `host:port/PBX0` of the standby, with TLS and without.
    pub standby: Option<String>,
    /// Takes any activity from a client.
    pub any_activity: bool,
    /// Knows forwards: firmware 14.
    pub diversions: bool,
    /// Has an app that lends `PbxApi`.
    pub app: bool,
    /// SOAP: knows the description of version 10.
    pub soap10: bool,
    /// SOAP: the user's rights do not reach.
    pub soap_right_missing: bool,
    /// SOAP: how long a poll without news waits.
    pub poll_wait: Duration,
    /// Messages are cut into frames of this many bytes.
    pub frame: usize,
}

impl Default for InnovaphoneHabits {
    fn default() -> Self {
        Self {
            old: false,
            method: "digest",
            second_factor: false,
            false_digest: false,
            wordy: false,
            redirect: None,
            standby: None,
            any_activity: false,
            diversions: true,
            app: true,
            soap10: true,
            soap_right_missing: false,
            poll_wait: Duration::from_secs(60),
            frame: 50,
        }
    }
}

/// The `tel:` item of a presence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InnovaphonePresence {
    pub activity: String,
    pub note: String,
}

#[derive(Debug)]
struct Desk {
    person: Person,
    password: String,
    presence: InnovaphonePresence,
    /// By type: `cfu`, `cfb`, `cfnr`; the target.
    diversions: BTreeMap<String, String>,
    aliens: BTreeSet<u64>,
}

/// A session that stands for a password.
#[derive(Clone, Debug)]
struct Kept {
    person: String,
    user: String,
    password: String,
}

#[derive(Debug, Default)]
struct Inside {
    /// By the SIP name.
    desks: BTreeMap<String, Desk>,
    habits: InnovaphoneHabits,
    nonces: BTreeSet<String>,
    sessions: Vec<Kept>,
    last: u64,
    /// Numbers that wait for a second factor, with the answer.
    asked: BTreeMap<u64, Option<bool>>,
    soap: soap::Soap,
    violations: Vec<String>,
    connected: usize,
}

/// What every connection is told to do.
#[derive(Clone, Debug)]
enum Order {
    /// Sends this to everybody who is signed in.
    Say(Value),
    /// And ends.
    SayAndEnd(Value),
}

/// The handle on it.
#[derive(Debug)]
pub struct Innovaphone {
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    requests: Arc<Requests>,
    inside: Shared<Inside>,
    orders: broadcast::Sender<Order>,
    /// Counts up with every change of a presence or of a question.
    changed: watch::Sender<u64>,
    connections: Shared<JoinSet<()>>,
}

impl Innovaphone {
    pub(crate) fn new(
        people: &[Person],
        pbx: Arc<Pbx>,
        clock: Arc<Clock>,
        faults: Arc<Faults>,
        requests: Arc<Requests>,
    ) -> Self {
        let desks = people.iter().map(|person| {
            let desk = Desk {
                person: person.clone(),
                password: format!("playground-{}", person.extension),
                presence: InnovaphonePresence::default(),
                diversions: BTreeMap::new(),
                aliens: BTreeSet::new(),
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
            orders: broadcast::Sender::new(16),
            changed: watch::Sender::new(0),
            connections: Shared::default(),
        }
    }

    /// The password that goes with a SIP name, which is the person's key.
    pub fn password(&self, sip: &str) -> Option<String> {
        let inside = self.inside.lock();
        inside.desks.get(sip).map(|desk| desk.password.clone())
    }

    pub fn change(&self, change: impl FnOnce(&mut InnovaphoneHabits)) {
        change(&mut self.inside.lock().habits);
    }

    pub fn presence(&self, sip: &str) -> Option<InnovaphonePresence> {
        let inside = self.inside.lock();
        inside.desks.get(sip).map(|desk| desk.presence.clone())
    }

    /// The person sets it on another client, or another program does.
    pub fn set_presence(&self, sip: &str, activity: &str, note: &str) {
        if let Some(desk) = self.inside.lock().desks.get_mut(sip) {
            desk.presence = InnovaphonePresence {
                activity: activity.to_owned(),
                note: note.to_owned(),
            };
        }
        self.touch();
    }

    /// The target of a diversion: `cfu`, `cfb` or `cfnr`.
    pub fn diversion(&self, sip: &str, kind: &str) -> Option<String> {
        let inside = self.inside.lock();
        inside.desks.get(sip)?.diversions.get(kind).cloned()
    }

    /// The person sets a diversion, or takes it away.
    pub fn set_diversion(&self, sip: &str, kind: &str, target: Option<&str>) {
        if let Some(desk) = self.inside.lock().desks.get_mut(sip) {
            self.divert(desk, kind, target);
        }
    }

    fn divert(&self, desk: &mut Desk, kind: &str, target: Option<&str>) {
        match target {
            Some(target) => desk.diversions.insert(kind.to_owned(), target.to_owned()),
            None => desk.diversions.remove(kind),
        };
        if kind == "cfu" {
            self.pbx.set_db("CF", &desk.person.extension, target);
        }
    }

    /// Calls that somebody has added for the person.
    pub fn alien_calls(&self, sip: &str) -> usize {
        let inside = self.inside.lock();
        inside.desks.get(sip).map_or(0, |desk| desk.aliens.len())
    }

    /// Sessions that could sign in.
    pub fn sessions(&self) -> usize {
        self.inside.lock().sessions.len()
    }

    /// How many digests of SOAP were wrong.
    pub fn soap_refused(&self) -> usize {
        self.inside.lock().soap.refused()
    }

    /// Sessions of SOAP.
    pub fn soap_sessions(&self) -> usize {
        self.inside.lock().soap.sessions()
    }

    /// Connections that are signed in at myApps.
    pub fn connected(&self) -> usize {
        self.inside.lock().connected
    }

    /// What somebody did that the protocol forbids.
    pub fn violations(&self) -> Vec<String> {
        self.inside.lock().violations.clone()
    }

    /// The numbers of sign-ins that wait for a second factor.
    pub fn waiting(&self) -> Vec<u64> {
        let inside = self.inside.lock();
        let waiting = inside.asked.iter().filter(|(_, answer)| answer.is_none());
        waiting.map(|(code, _)| *code).collect()
    }

    /// The person confirms or declines a sign-in on another device.
    pub fn confirm(&self, code: u64, yes: bool) {
        self.inside.lock().asked.insert(code, Some(yes));
        self.touch();
    }

    /// Every session is deleted: who is signed in is told so.
    pub fn log_everybody_out(&self) {
        self.inside.lock().sessions.clear();
        self.order(Order::SayAndEnd(json!({ "mt": "LogoutResult" })));
    }

    /// Sessions end in silence, as when they have grown old.
    pub fn expire_sessions(&self) {
        self.inside.lock().sessions.clear();
    }

    /// The phone system goes, or the one it stood in for comes back.
    pub fn end_connections(&self, mt: &str) {
        self.order(Order::SayAndEnd(json!({ "mt": mt })));
    }

    /// Sends a message to everybody who is signed in.
    pub fn say(&self, message: Value) {
        self.order(Order::Say(message));
    }

    fn order(&self, order: Order) {
        // Nobody may be there.
        let _ = self.orders.send(order);
    }

    fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// All web sockets end.
    pub(crate) fn stopped(&self) {
        self.connections.lock().abort_all();
        let mut inside = self.inside.lock();
        inside.soap.stopped();
        for desk in inside.desks.values_mut() {
            desk.aliens.clear();
        }
    }

    fn ignores(&self) -> bool {
        self.faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
    }

    fn violated(&self, what: impl Into<String>) {
        self.inside.lock().violations.push(what.into());
    }

    fn arrived(&self, about: &str, message: &Value) -> u64 {
        let mt = message["mt"].as_str().unwrap_or_default();
        let body = message.to_string();
        self.requests
            .arrived(Service::Innovaphone, mt, about, body, self.clock.micros())
    }

    fn answered(&self, number: u64, status: u16) {
        self.requests.answered(number, status, self.clock.micros());
    }
}

pub(crate) fn router(innovaphone: Arc<Innovaphone>) -> Router {
    Router::new().fallback(handle).with_state(innovaphone)
}

/// Which of the two sockets.
#[derive(Clone, Copy, Debug)]
enum Door {
    MyApps,
    Apps,
}

async fn handle(State(innovaphone): State<Arc<Innovaphone>>, request: Request) -> Response {
    if let Some(response) = disturbed(&innovaphone.faults).await {
        return response;
    }
    if request.uri().path() == "/PBX0/user.soap" {
        let (head, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, 64 * 1024).await else {
            return (StatusCode::BAD_REQUEST, page("400")).into_response();
        };
        return soap::answer(&innovaphone, &head.method, &head.headers, &body).await;
    }
    let is_old = innovaphone.inside.lock().habits.old;
    let door = match request.uri().path() {
        "/PBX0/APPCLIENT/130000/websocket" if !is_old => Door::MyApps,
        "/PBX0/APPS/websocket" if !is_old => Door::Apps,
        _ => return (StatusCode::NOT_FOUND, page("404")).into_response(),
    };
    let Some(accept) = upgrade_key(request.method(), request.headers()) else {
        return (StatusCode::BAD_REQUEST, page("400")).into_response();
    };
    let upgrading = hyper::upgrade::on(request);
    let frame = innovaphone.inside.lock().habits.frame;
    let serving = Arc::clone(&innovaphone);
    let task = async move {
        let Ok(upgraded) = upgrading.await else { return };
        let io = Gate::new(TokioIo::new(upgraded), Arc::clone(&serving.faults));
        let socket = ServerBuilder::new()
            .config(Config::default().frame_size(frame))
            .limits(Limits::default().max_payload_len(Some(64 * 1024)))
            .serve(io);
        match door {
            Door::MyApps => myapps::serve(&serving, socket).await,
            Door::Apps => apps::serve(&serving, socket).await,
        }
    };
    let mut connections = innovaphone.connections.lock();
    // Those that have ended are let go.
    while connections.try_join_next().is_some() {}
    connections.spawn(task);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

type Socket = WebSocketStream<Gate<TokioIo<hyper::upgrade::Upgraded>>>;

/// `Sec-WebSocket-Accept`, for a request that asks for a web socket as RFC 6455 section 4.1 has it.
fn upgrade_key(method: &Method, headers: &HeaderMap) -> Option<String> {
    let is = |name: header::HeaderName, wanted: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    let asks = *method == Method::GET
        && is(header::UPGRADE, "websocket")
        && is(header::CONNECTION, "upgrade")
        && is(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let engine = &base64::engine::general_purpose::STANDARD;
    let fits = asks && engine.decode(key).is_ok_and(|bytes| bytes.len() == 16);
    fits.then(|| {
        let mut digest = ring::digest::Context::new(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY);
        digest.update(key.as_bytes());
        digest.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        engine.encode(digest.finish())
    })
}

/// The state for the page: no passwords.
pub(crate) fn view(innovaphone: &Innovaphone) -> Value {
    let inside = innovaphone.inside.lock();
    let presences = inside
        .desks
        .iter()
        .map(|(sip, desk)| (sip.clone(), json!([desk.presence.activity, desk.presence.note])));
    json!({
        "connected": inside.connected,
        "sessions": inside.sessions.len(),
        "presences": presences.collect::<serde_json::Map<_, _>>(),
    })
}

/// A GUID as this phone system writes them.
fn guid(person: &Person) -> String {
    person.oid.replace('-', "")
}

fn fresh() -> String {
    random_guid().replace('-', "")[..16].to_owned()
}
