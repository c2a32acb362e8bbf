//! The same phone system once more, as a STARFACE: REST and UCI over one port (facts/starface.md, section 9). Calls and
//! do not disturb are those of `pbx`, so that whoever is not to be disturbed really is not rung.
//!
//! Strict: it refuses a wrong hash, a missing header, an object that is not whole, a method of another generation, a
//! call before the login. Where the facts are silent it takes the stricter reading.

mod chat;
mod oauth;
mod reports;
mod rest;
mod uci;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::{Clock, Moment};
use crate::company::{Person, Shared};
use crate::faults::{Fault, Faults, Place};
use crate::pbx::Pbx;
use crate::server::Cut;

pub use chat::StarfaceChat;
pub(crate) use chat::serve as serve_chat;
pub use oauth::StarfaceOauth;
pub use reports::StarfaceCallback;
pub(crate) use reports::keep_telling;

/// Life of a REST token.
const TOKEN_LIFE: Duration = Duration::from_secs(4 * 3600);
/// Without a sign of life for so long, UCI forgets a session. The real limit is unknown; this is the shortest thinkable.
const SESSION_LIFE: Duration = Duration::from_secs(60);

/// Who checks passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum StarfaceLogin {
    Internal,
    ActiveDirectory,
}

/// What a STARFACE of some release, or in some mood, does otherwise.
#[derive(Clone, Debug)]
pub struct StarfaceHabits {
    pub login: StarfaceLogin,
    /// Generations of UCI that are served.
    pub generations: BTreeSet<&'static str>,
    /// 403 to everything under `/rest`.
    pub rest_forbidden: bool,
    /// 403 to a PUT of the phone configuration.
    pub phone_config_fixed: bool,
    /// 403 to a PUT of a redirection.
    pub redirects_fixed: bool,
    /// UCI lets nobody in.
    pub uci_refused: bool,
    /// `UciIllegalAccessException` to setting do not disturb and the message.
    pub uci_read_only: bool,
    /// `UciIllegalAccessException` to placing a call.
    pub places_no_calls: bool,
    /// A phone that is to place a call answers by itself.
    pub picks_up: bool,
    /// UCI's old login, before 6.4.2.
    pub md5: bool,
    /// States in lower case.
    pub lower_case: bool,
    /// UCI answers this instead.
    pub says: Option<StarfaceOddity>,
    /// It is a STARFACE 10 whose administrator has set a client up.
    pub oauth: Option<StarfaceOauth>,
    /// Behind the login in the addresses of its chat.
    pub chat_domain: String,
    /// The token's name in the answer to a login.
    pub token_name: &'static str,
    /// Takes subscriptions, and reports calls by itself.
    pub reports: bool,
}

impl Default for StarfaceHabits {
    fn default() -> Self {
        Self {
            login: StarfaceLogin::Internal,
            generations: BTreeSet::from(["v20", "v22", "v30"]),
            rest_forbidden: false,
            phone_config_fixed: false,
            redirects_fixed: false,
            uci_refused: false,
            uci_read_only: false,
            places_no_calls: false,
            picks_up: true,
            md5: false,
            lower_case: false,
            says: None,
            oauth: None,
            chat_domain: "127.0.0.1".into(),
            token_name: "token",
            reports: true,
        }
    }
}

/// What comes instead of an answer of UCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StarfaceOddity {
    BrokenXml,
    Html,
    /// A document type with an entity that names a file.
    DocumentType,
    Unavailable,
}

/// A write that was taken, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct StarfaceWrite {
    pub login: String,
    /// `phoneconfig`, `redirects/ID`, `setDoNotDisturbSetting`, `setChatPresenceMessage`, `placeCall`
    pub what: String,
    pub value: Value,
}

#[derive(Debug)]
struct Desk {
    id: i64,
    person: Person,
    password: String,
    /// Without do not disturb, which is the phone system's.
    phone_config: serde_json::Map<String, Value>,
    redirects: Vec<Value>,
    message: String,
}

#[derive(Debug, Default)]
struct Inside {
    desks: BTreeMap<String, Desk>,
    habits: StarfaceHabits,
    nonces: BTreeSet<String>,
    tokens: BTreeMap<String, (String, Moment)>,
    /// UCI, by login: generation and last sign of life.
    sessions: BTreeMap<String, (&'static str, Moment)>,
    writes: Vec<StarfaceWrite>,
    logins: u64,
    /// Connections of the chat, by login and resource, and what they show.
    chats: BTreeMap<(String, String), Option<StarfaceChat>>,
    chat_tries: u64,
    /// By OAuth: tokens, what renews them, and how often a password was sent.
    bearers: BTreeMap<String, (String, Moment)>,
    renewals: BTreeMap<String, (String, Moment)>,
    grants: u64,
    chat_is_silent: bool,
    /// Who is told of calls, by login: the generation and where.
    reports: BTreeMap<String, (&'static str, StarfaceCallback)>,
}

impl Inside {
    /// Nothing that is made of a password is taken.
    fn hash_is_gone(&self) -> bool {
        self.habits.oauth.as_ref().is_some_and(|oauth| oauth.hash_is_gone)
    }
}

/// The handle on it.
#[derive(Debug)]
pub struct Starface {
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    inside: Shared<Inside>,
}

impl Starface {
    pub(crate) fn new(people: &[Person], pbx: Arc<Pbx>, clock: Arc<Clock>, faults: Arc<Faults>) -> Self {
        let desks = people.iter().zip(70..).map(|(person, id)| {
            let desk = Desk {
                id,
                person: person.clone(),
                password: format!("playground-{}", person.extension),
                phone_config: rest::phone_config(),
                redirects: rest::redirects(&person.extension),
                message: String::new(),
            };
            (person.extension.clone(), desk)
        });
        let inside = Inside {
            desks: desks.collect(),
            ..Inside::default()
        };
        Self {
            pbx,
            clock,
            faults,
            inside: Shared::new(inside),
        }
    }

    /// The password that goes with a login, which is the extension.
    pub fn password(&self, login: &str) -> Option<String> {
        self.inside
            .lock()
            .desks
            .get(login)
            .map(|desk| desk.password.clone())
    }

    pub fn set_password(&self, login: &str, password: &str) {
        if let Some(desk) = self.inside.lock().desks.get_mut(login) {
            password.clone_into(&mut desk.password);
        }
    }

    pub fn change(&self, change: impl FnOnce(&mut StarfaceHabits)) {
        change(&mut self.inside.lock().habits);
    }

    /// All writes that were taken so far.
    pub fn writes(&self) -> Vec<StarfaceWrite> {
        self.inside.lock().writes.clone()
    }

    /// Tokens and sessions that are alive.
    pub fn signed_in(&self) -> (usize, usize) {
        let (now, inside) = (self.clock.now(), self.inside.lock());
        let tokens = inside.tokens.values().filter(|(_, until)| now < *until).count();
        (tokens, inside.sessions.len())
    }

    /// What the person's connections show in the chat.
    pub fn chats(&self, login: &str) -> Vec<StarfaceChat> {
        let inside = self.inside.lock();
        let own = inside.chats.iter().filter(|((of, _), _)| of == login);
        own.filter_map(|(_, shown)| shown.clone()).collect()
    }

    /// How often a password was sent for a token of OAuth.
    pub fn grants(&self) -> u64 {
        self.inside.lock().grants
    }

    /// No token of OAuth can be renewed any more.
    pub fn forget_renewals(&self) {
        self.inside.lock().renewals.clear();
    }

    /// The chat takes what it is sent and says nothing.
    pub fn chat_is_silent(&self, silent: bool) {
        self.inside.lock().chat_is_silent = silent;
    }

    /// How often somebody tried to sign in to the chat.
    pub fn chat_tries(&self) -> u64 {
        self.inside.lock().chat_tries
    }

    /// How often a login was taken, REST and UCI together.
    pub fn logins(&self) -> u64 {
        self.inside.lock().logins
    }

    /// Where calls of that login are reported.
    pub fn reports_to(&self, login: &str) -> Option<StarfaceCallback> {
        let inside = self.inside.lock();
        inside.reports.get(login).map(|(_, callback)| callback.clone())
    }

    /// Ends all tokens and sessions, as a restart of the web server does.
    pub fn forget_sessions(&self) {
        let mut inside = self.inside.lock();
        inside.tokens.clear();
        inside.sessions.clear();
        inside.reports.clear();
    }

    pub fn message(&self, login: &str) -> Option<String> {
        self.inside
            .lock()
            .desks
            .get(login)
            .map(|desk| desk.message.clone())
    }

    /// The person types another text.
    pub fn set_message(&self, login: &str, text: &str) {
        if let Some(desk) = self.inside.lock().desks.get_mut(login) {
            text.clone_into(&mut desk.message);
        }
    }

    pub fn dnd(&self, login: &str) -> bool {
        self.pbx.db("DND", login).is_some_and(|value| !value.is_empty())
    }

    /// The person presses the key.
    pub fn press_dnd(&self, login: &str, on: bool) {
        self.pbx.set_db("DND", login, on.then_some("YES"));
    }

    pub fn redirects(&self, login: &str) -> Vec<Value> {
        self.inside
            .lock()
            .desks
            .get(login)
            .map(|desk| desk.redirects.clone())
            .unwrap_or_default()
    }

    /// The person sets up redirections on the web page.
    pub fn set_redirects(&self, login: &str, redirects: Vec<Value>) {
        let mut inside = self.inside.lock();
        if let Some(desk) = inside.desks.get_mut(login) {
            desk.redirects = redirects;
            self.apply_forward(desk);
        }
    }

    /// The person switches one; whether there is one of that id.
    pub fn switch_redirect(&self, login: &str, id: &str, on: bool) -> bool {
        let mut inside = self.inside.lock();
        let Some(desk) = inside.desks.get_mut(login) else {
            return false;
        };
        let Some(redirect) = desk.redirects.iter_mut().find(|one| one["id"] == id) else {
            return false;
        };
        redirect["enabled"] = on.into();
        self.apply_forward(desk);
        true
    }

    pub fn phone_config(&self, login: &str) -> Value {
        let inside = self.inside.lock();
        inside
            .desks
            .get(login)
            .map(|desk| self.whole_config(desk))
            .unwrap_or_default()
    }

    /// The person changes another member on the web page.
    pub fn set_phone_config(&self, login: &str, member: &str, value: Value) {
        if let Some(desk) = self.inside.lock().desks.get_mut(login) {
            desk.phone_config.insert(member.to_owned(), value);
        }
    }

    fn whole_config(&self, desk: &Desk) -> Value {
        let mut whole = desk.phone_config.clone();
        whole.insert("doNotDisturb".into(), self.dnd(&desk.person.extension).into());
        Value::Object(whole)
    }

    /// Writes are answered and change nothing.
    fn ignores(&self) -> bool {
        self.faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
    }

    /// What the switch does with calls to the person.
    fn apply_forward(&self, desk: &Desk) {
        let on = desk.redirects.iter().find(|one| {
            one["enabled"] == true
                && one["groupNumber"] == false
                && one["redirectTrigger"]["redirectTriggerType"] == "ALWAYS"
        });
        let target = on.and_then(|one| one["redirectDestination"]["phoneNumber"].as_str());
        self.pbx.set_db("CF", &desk.person.extension, target);
    }
}

pub(crate) fn router(starface: Arc<Starface>) -> Router {
    Router::new().fallback(handle).with_state(starface)
}

async fn handle(
    State(starface): State<Arc<Starface>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(response) = disturbed(&starface.faults).await {
        return response;
    }
    let segments: Vec<String> = uri.path().trim_matches('/').split('/').map(unescaped).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["rest", path @ ..] => rest::answer(&starface, &method, path, uri.query(), &headers, &body),
        ["auth", "realms", "pbx", "oauth2", "token"] => oauth::answer(&starface, &method, &headers, &body),
        ["xml-rpc"] => uci::answer(
            &starface,
            &method,
            uri.query().unwrap_or_default(),
            &headers,
            &body,
        ),
        _ => (StatusCode::NOT_FOUND, page("404")).into_response(),
    }
}

/// The phone system's faults as they look over HTTP.
pub(crate) async fn disturbed(faults: &Faults) -> Option<Response> {
    let cut = || {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Cut);
        response
    };
    if faults.is_struck(Place::PbxConnect, &Fault::PbxRefuses)
        || faults.is_struck(Place::PbxAction, &Fault::PbxReset)
    {
        return Some(cut());
    }
    if faults.is_struck(Place::PbxConnect, &Fault::PbxMute)
        || faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer)
    {
        std::future::pending::<()>().await;
    }
    if faults.is_struck(Place::PbxConnect, &Fault::PbxNotAsterisk) {
        return Some((StatusCode::OK, page("Router")).into_response());
    }
    if let Some(delay) = faults.delay(Place::PbxAction) {
        tokio::time::sleep(delay).await;
    }
    None
}

pub(crate) fn page(title: &str) -> ([(header::HeaderName, &'static str); 1], String) {
    (
        [(header::CONTENT_TYPE, "text/html;charset=UTF-8")],
        format!(
            "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        ),
    )
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
        match byte {
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                let value = high.zip(low).map(|(high, low)| high * 16 + low);
                bytes.push(value.and_then(|value| u8::try_from(value).ok()).unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn sha512_hex(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha512::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The state for the page: no passwords.
pub(crate) fn view(starface: &Starface) -> Value {
    let (tokens, sessions) = starface.signed_in();
    let login = starface.inside.lock().habits.login;
    json!({ "tokens": tokens, "sessions": sessions, "login": login })
}
