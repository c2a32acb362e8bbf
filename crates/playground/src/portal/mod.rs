//! The same phone system once more, with what it has on the web: FreePBX's user portal ([`ucp`], facts/asterisk.md section
//! 2.4), and a plain gateway as companies write one themselves ([`gateway`]), for people's own commands. Do not disturb and
//! forwards are those of `pbx`, so that whoever is not to be disturbed really is not rung.

mod gateway;
mod ucp;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::clock::{Clock, Moment};
use crate::company::{Person, Shared};
use crate::faults::{Fault, Faults, Place};
use crate::pbx::Pbx;

/// PHP forgets a session that nobody uses.
const SESSION_LIFE: Duration = Duration::from_secs(24 * 60);

/// What a portal of some set-up does otherwise.
#[derive(Clone, Debug)]
pub struct PortalHabits {
    /// The module for do not disturb is installed.
    pub dnd: bool,
    /// The module for call forwarding is.
    pub forward: bool,
    /// The sign-in page is another one, as with a second factor.
    pub no_form: bool,
}

impl Default for PortalHabits {
    fn default() -> Self {
        Self {
            dnd: true,
            forward: true,
            no_form: false,
        }
    }
}

#[derive(Debug, Default)]
struct Inside {
    habits: PortalHabits,
    /// By login, which is the person's short name.
    passwords: BTreeMap<String, String>,
    /// By cookie.
    sessions: BTreeMap<String, Session>,
    logins: usize,
    writes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Session {
    /// Of the form.
    token: String,
    login: Option<String>,
    heard: Moment,
}

/// The handle on it.
#[derive(Debug)]
pub struct Portal {
    /// Extension by login.
    extensions: BTreeMap<String, String>,
    pbx: Arc<Pbx>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    inside: Shared<Inside>,
}

impl Portal {
    pub(crate) fn new(people: &[Person], pbx: Arc<Pbx>, clock: Arc<Clock>, faults: Arc<Faults>) -> Self {
        let passwords = people.iter().map(|person| {
            let password = format!("playground-{}", person.key);
            (person.key.clone(), password)
        });
        let inside = Inside {
            passwords: passwords.collect(),
            ..Inside::default()
        };
        let extensions = people
            .iter()
            .map(|person| (person.key.clone(), person.extension.clone()));
        Self {
            extensions: extensions.collect(),
            pbx,
            clock,
            faults,
            inside: Shared::new(inside),
        }
    }

    /// The password that goes with a login; the gateway takes it as its secret.
    pub fn password(&self, login: &str) -> Option<String> {
        self.inside.lock().passwords.get(login).cloned()
    }

    pub fn set_password(&self, login: &str, password: &str) {
        self.inside
            .lock()
            .passwords
            .insert(login.to_owned(), password.to_owned());
    }

    pub fn change(&self, change: impl FnOnce(&mut PortalHabits)) {
        change(&mut self.inside.lock().habits);
    }

    /// All sessions end, as after the server's restart.
    pub fn forget_sessions(&self) {
        self.inside.lock().sessions.clear();
    }

    /// How often somebody was let in.
    pub fn logins(&self) -> usize {
        self.inside.lock().logins
    }

    /// What was written, by its field and extension.
    pub fn writes(&self) -> Vec<String> {
        self.inside.lock().writes.clone()
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

    pub fn set_forward(&self, extension: &str, target: Option<&str>) {
        self.pbx.set_db("CF", extension, target);
    }

    fn forward(&self, extension: &str) -> Option<String> {
        self.pbx.db("CF", extension).filter(|target| !target.is_empty())
    }

    /// Writes that are answered and change nothing.
    fn write(&self, what: &str, extension: &str, write: impl FnOnce()) {
        if !self
            .faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
        {
            write();
            self.inside.lock().writes.push(format!("{what} {extension}"));
        }
    }
}

pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new().fallback(handle).with_state(portal)
}

async fn handle(
    State(portal): State<Arc<Portal>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(response) = crate::starface::disturbed(&portal.faults).await {
        return response;
    }
    match uri.path() {
        "/ucp/" | "/ucp/ajax.php" => ucp::answer(&portal, &method, uri.path(), &headers, &body),
        path if path.starts_with("/gateway/") => gateway::answer(&portal, &method, path, &headers, &body),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
