//! A signed-in connection: both interfaces, the fields, the calls. [`super::actor`] says when.

mod writes;

use super::config::{LoginType, StarfaceConfig};
use super::error::Error;
use super::http::{Answer, Http, Request};
use super::logins;
use super::rest::{Odd, login, me, phone_config, redirects};
use super::uci::calls::Calls;
use super::uci::methods::{self, Generation, Method};
use super::uci::xml::{self, Response, Value};
use crate::backoff::Backoff;
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::facts::Prepared;
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

/// More calls than any person has; what lists more is not a phone system's answer.
const MOST_CALLS: usize = 200;
/// How long a good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

struct Rest {
    token: HeaderValue,
    since: Instant,
    user: i64,
}

/// UCI's side of the connection.
#[derive(Debug)]
enum Uci {
    /// Not used, by the settings.
    Off,
    Up {
        generation: Generation,
        kept: Instant,
        polled: Instant,
    },
    /// Tried again at that time; `refused`: not for a network's reasons.
    Down { again: Instant, refused: bool },
}

/// What this account turned out not to be allowed.
#[derive(Debug, Clone, Copy, Default)]
struct Denied {
    dnd_read: bool,
    dnd_by_rest: bool,
    dnd_by_uci: bool,
    redirects_read: bool,
    redirects_write: bool,
    note_write: bool,
}

/// One sign-in and what follows from it.
pub struct Session {
    http: Http,
    config: StarfaceConfig,
    password: SecretString,
    events: PhoneEvents,
    uci_login: Option<SecretString>,
    rest: Option<Rest>,
    uci: Uci,
    uci_pace: Backoff,
    uci_refused: Backoff,
    calls: Calls,
    identity: PhoneIdentity,
    denied: Denied,
    /// The user state has a message.
    has_note: bool,
    /// There is a redirection that could be switched.
    has_redirects: bool,
    told: Option<Abilities>,
    /// The prepared forward that was told last.
    prepared: Prepared,
    line_up: bool,
    /// UCI was signed in to since the calls were told whole.
    uci_anew: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("http", &self.http)
            .field("uci", &self.uci)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Signs in at both interfaces, as far as they let this account, and learns what can be done. Writes nothing.
    ///
    /// # Errors
    /// Where neither lets the account in, or nothing answers.
    pub async fn open(
        config: &StarfaceConfig,
        http: Http,
        password: &SecretString,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let mut session = Self::new(config, http, password, events);
        session.sign_in().await?;
        Ok(session)
    }

    /// Before any sign-in.
    pub fn new(
        config: &StarfaceConfig,
        mut http: Http,
        password: &SecretString,
        events: PhoneEvents,
    ) -> Self {
        http.forget();
        let now = Instant::now();
        Self {
            http,
            uci_login: config.uci.map(|kind| logins::uci(kind, &config.user, password)),
            uci: match config.uci {
                None => Uci::Off,
                Some(_) => Uci::Down {
                    again: now,
                    refused: false,
                },
            },
            uci_pace: Backoff::new(Duration::from_secs(1), config.timing.uci_again),
            uci_refused: Backoff::refused(),
            config: config.clone(),
            password: password.clone(),
            events,
            rest: None,
            calls: Calls::default(),
            identity: PhoneIdentity {
                key: config.key(),
                system: "STARFACE".into(),
                names: Vec::new(),
            },
            denied: Denied::default(),
            has_note: false,
            has_redirects: false,
            told: None,
            prepared: Prepared::Unknown,
            line_up: false,
            uci_anew: false,
        }
    }

    async fn sign_in(&mut self) -> Result<(), Error> {
        match self.sign_in_rest().await {
            Ok(()) => {}
            Err(Error::NotPermitted(_)) => debug!("REST does not let the account in"),
            Err(error) => return Err(error),
        }
        let uci = self.sign_in_uci().await;
        match (uci, self.rest.is_some()) {
            (Ok(()), _) => {}
            (Err(error), _) if error.is_silence() => return Err(error),
            (Err(error), true) => info!(%error, "UCI does not let the account in"),
            (Err(Error::Refused(_) | Error::NotPermitted(_) | Error::UciEnded), false) => {
                return Err(Error::WrongPassword(self.config.host.clone()));
            }
            (Err(error), false) => return Err(error),
        }
        self.read(&Field::ALL).await?;
        Ok(())
    }

    // --- REST

    /// A fresh nonce, its answer, the token, and whose it is.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where REST is not there for this account.
    pub async fn sign_in_rest(&mut self) -> Result<(), Error> {
        let challenge = self.challenge().await?;
        if challenge.login == LoginType::ActiveDirectory && self.config.login == LoginType::Internal {
            // The password itself would be sent: only by the person's own choice.
            return Err(Error::OtherLogin(self.config.host.clone()));
        }
        let proof = login::prove(&challenge, &self.config.user, &self.password);
        let answer = self.http.send(proof).await?;
        let token = match answer.status.as_u16() {
            200..=299 => login::parse_token(&answer).map_err(|Odd| self.odd())?,
            400 | 401 => return Err(Error::WrongPassword(self.config.host.clone())),
            _ => return Err(self.unsigned(&answer)),
        };
        let known = self.rest.as_ref().map(|rest| rest.user);
        let mut rest = Rest {
            token,
            since: Instant::now(),
            user: known.unwrap_or_default(),
        };
        if known.is_none() {
            let answer = self.http.send(login::with_token(me::ask(), &rest.token)).await?;
            if !answer.status.is_success() {
                return Err(self.unsigned(&answer));
            }
            let me = me::parse(&answer).map_err(|Odd| self.odd())?;
            self.identity.names = me.names;
            rest.user = me.id;
        }
        self.rest = Some(rest);
        Ok(())
    }

    /// The first answer of the phone system.
    ///
    /// # Errors
    /// See [`Session::sign_in_rest`].
    pub async fn challenge(&mut self) -> Result<login::Challenge, Error> {
        let answer = self.http.send(login::ask()).await?;
        if !answer.status.is_success() {
            return Err(self.unsigned(&answer));
        }
        login::parse_challenge(&answer).map_err(|Odd| self.odd())
    }

    fn unsigned(&self, answer: &Answer) -> Error {
        match answer.status.as_u16() {
            401 | 403 | 404 | 405 | 501 => Error::NotPermitted("REST"),
            _ => self.unusual(answer.status),
        }
    }

    fn unusual(&self, status: StatusCode) -> Error {
        let host = self.config.host.clone();
        if status.is_server_error() {
            Error::Failing {
                host,
                status: status.as_u16(),
            }
        } else {
            Error::NotUnderstood(host)
        }
    }

    fn odd(&self) -> Error {
        Error::NotUnderstood(self.config.host.clone())
    }

    /// One request with the token; a token that is not taken any more is replaced once.
    async fn rest(&mut self, request: Request) -> Result<Answer, Error> {
        let Some(rest) = &self.rest else {
            return Err(Error::NotPermitted("REST"));
        };
        let mut is_fresh = false;
        if rest.since.elapsed() >= self.config.timing.renew {
            self.sign_in_rest().await?;
            // Rights may have come since.
            self.denied = Denied::default();
            is_fresh = true;
        }
        let answer = self.with_token(&request).await?;
        let answer = if answer.status == StatusCode::UNAUTHORIZED && !is_fresh {
            self.sign_in_rest().await?;
            self.with_token(&request).await?
        } else {
            answer
        };
        match answer.status.as_u16() {
            200..=299 => Ok(answer),
            401 | 403 => Err(Error::NotPermitted(request.what)),
            400 | 404 | 405 | 409 | 415 | 422 => Err(Error::Refused(request.what)),
            _ => Err(self.unusual(answer.status)),
        }
    }

    async fn with_token(&mut self, request: &Request) -> Result<Answer, Error> {
        let Some(rest) = &self.rest else {
            return Err(Error::NotPermitted("REST"));
        };
        let request = login::with_token(request.clone(), &rest.token);
        self.http.send(request).await
    }

    fn user(&self) -> i64 {
        self.rest.as_ref().map(|rest| rest.user).unwrap_or_default()
    }

    async fn phone_config(&mut self) -> Result<phone_config::PhoneConfig, Error> {
        let answer = self.rest(phone_config::read(self.user())).await?;
        phone_config::parse(&answer).map_err(|Odd| self.odd())
    }

    async fn redirects(&mut self) -> Result<Vec<redirects::Redirection>, Error> {
        let answer = self.rest(redirects::list()).await?;
        redirects::parse(&answer).map_err(|Odd| self.odd())
    }

    // --- UCI

    /// The newest generation that takes the login.
    ///
    /// # Errors
    /// Where none does.
    pub async fn sign_in_uci(&mut self) -> Result<(), Error> {
        if matches!(self.uci, Uci::Off) {
            return Err(Error::NotPermitted("UCI"));
        }
        self.http.forget();
        let outcome = self.climb().await;
        let now = Instant::now();
        match outcome {
            Ok(generation) => {
                debug!(generation = generation.as_str(), "signed in to UCI");
                self.uci = Uci::Up {
                    generation,
                    kept: now,
                    // The first look is due at once.
                    polled: now - self.config.timing.calls_idle.min(Duration::from_secs(1)),
                };
                self.uci_pace.reset();
                self.uci_refused.reset();
                self.calls.forget();
                self.uci_anew = true;
                self.learn_version(generation).await;
                Ok(())
            }
            Err(error) => {
                self.uci_fell(&error);
                Err(error)
            }
        }
    }

    async fn climb(&mut self) -> Result<Generation, Error> {
        for generation in Generation::ALL {
            match self.ask(generation, Method::Login, &[]).await {
                Ok(answer) if answer.is_yes() => return Ok(generation),
                Ok(_no) => break,
                // A fault says only that it is one: perhaps this generation is unknown there.
                Err(Error::Refused(_) | Error::NotPermitted(_)) => {}
                Err(Error::UciEnded) => break,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Refused("UCI login"))
    }

    /// For people only; a phone system that does not say it is called by its name.
    async fn learn_version(&mut self, generation: Generation) {
        if generation != Generation::V30 {
            return;
        }
        if let Ok(Value::Text(version)) = self.ask(generation, Method::ServerVersion, &[]).await {
            let version: String = version.chars().filter(|c| !c.is_control()).take(40).collect();
            if !version.trim().is_empty() {
                self.identity.system = format!("STARFACE {}", version.trim());
            }
        }
    }

    /// One method. Statuses and faults are unknown in their detail (section 1.8): a fault is a refusal, whatever it
    /// says, unless it names one of the two exceptions.
    async fn ask(
        &mut self,
        generation: Generation,
        method: Method,
        parameters: &[Value],
    ) -> Result<Value, Error> {
        let Some(login) = &self.uci_login else {
            return Err(Error::NotPermitted("UCI"));
        };
        let request = methods::request(method, generation, parameters, login);
        let request = request.ok_or(Error::NotPermitted(method.what()))?;
        let answer = self.http.send(request).await?;
        match answer.status.as_u16() {
            200..=299 => {}
            401 | 403 => return Err(Error::UciEnded),
            _ => return Err(self.unusual(answer.status)),
        }
        let host = || self.config.host.clone();
        match xml::parse(&answer.body).map_err(|error| Error::Xml { host: host(), error })? {
            Response::Value(value) => Ok(value),
            Response::Fault(text) if text.contains("UcpNotConnected") => Err(Error::UciEnded),
            Response::Fault(text) if text.contains("UciIllegalAccess") => {
                Err(Error::NotPermitted(method.what()))
            }
            Response::Fault(_) => Err(Error::Refused(method.what())),
        }
    }

    const fn generation(&self) -> Option<Generation> {
        match self.uci {
            Uci::Up { generation, .. } => Some(generation),
            Uci::Off | Uci::Down { .. } => None,
        }
    }

    /// A method of the session as it is; a session that has ended is begun anew once.
    async fn uci(&mut self, method: Method, parameters: &[Value]) -> Result<Value, Error> {
        let Some(generation) = self.generation() else {
            return Err(Error::NotPermitted("UCI"));
        };
        match self.ask(generation, method, parameters).await {
            Err(Error::UciEnded) => {
                self.sign_in_uci().await?;
                let generation = self.generation().unwrap_or(generation);
                self.ask(generation, method, parameters).await
            }
            other => other,
        }
    }

    fn uci_fell(&mut self, error: &Error) {
        let refused = !error.ends_connection() || matches!(error, Error::NotUnderstood(_));
        let pace = if refused {
            &mut self.uci_refused
        } else {
            &mut self.uci_pace
        };
        self.uci = Uci::Down {
            again: Instant::now() + pace.wait(),
            refused,
        };
        self.calls.forget();
    }

    // --- what is due

    /// When UCI wants something, and what.
    pub fn uci_due(&self) -> Option<(Instant, UciDue)> {
        let timing = &self.config.timing;
        match self.uci {
            Uci::Off => None,
            Uci::Down { again, .. } => Some((again, UciDue::SignIn)),
            Uci::Up { kept, polled, .. } => {
                let pace = if self.calls.any() {
                    timing.calls_busy
                } else {
                    timing.calls_idle
                };
                let (keep, poll) = (kept + timing.keep_alive, polled + pace);
                Some(if keep <= poll {
                    (keep, UciDue::KeepAlive)
                } else {
                    (poll, UciDue::Poll)
                })
            }
        }
    }

    /// Does what is due at UCI. Only silence ends the connection; a UCI that answers oddly is left for a while.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn serve_uci(&mut self, due: UciDue) -> Result<(), Error> {
        let outcome = match due {
            UciDue::SignIn => self.sign_in_uci().await,
            UciDue::KeepAlive => self.keep_alive().await,
            UciDue::Poll if self.line_up => self.poll().await,
            UciDue::Poll => self.resync().await,
        };
        self.judge_uci(outcome)
    }

    fn judge_uci(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
        let Err(error) = outcome else {
            if self.generation().is_some() {
                self.tell_up();
            }
            return Ok(());
        };
        if error.is_silence() || (error.ends_connection() && self.rest.is_none()) {
            return Err(error);
        }
        debug!(%error, "UCI is left for a while");
        if self.generation().is_some() {
            self.uci_fell(&error);
        }
        self.tell_line_down(&error);
        self.tell_up();
        Ok(())
    }

    /// False: the phone system has forgotten us, and what it told is worth nothing.
    async fn keep_alive(&mut self) -> Result<(), Error> {
        let is_kept = self.uci(Method::KeepAlive, &[]).await?.is_yes();
        if !is_kept {
            info!("the phone system has ended the session of UCI");
            self.sign_in_uci().await?;
            return self.resync().await;
        }
        if let Uci::Up { kept, .. } = &mut self.uci {
            *kept = Instant::now();
        }
        Ok(())
    }

    /// Looks at the calls and tells what is new.
    async fn poll(&mut self) -> Result<(), Error> {
        let ids = self.hear_calls(self.config.timing.call_again).await?;
        if std::mem::take(&mut self.uci_anew) {
            // Of the session before nothing is known any more: what has ended meanwhile shows only in the whole.
            let calls = self.calls.snapshot(&ids);
            self.tell(PhoneEvent::Line(LineEvent::Snapshot(calls)));
            return Ok(());
        }
        for event in self.calls.news(&ids) {
            self.tell(PhoneEvent::Line(event));
        }
        Ok(())
    }

    /// Looks at all calls and tells them all.
    async fn resync(&mut self) -> Result<(), Error> {
        let ids = self.hear_calls(Duration::ZERO).await?;
        self.uci_anew = false;
        let calls = self.calls.snapshot(&ids);
        if !self.line_up {
            self.line_up = true;
            self.tell_up();
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
        }
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(calls)));
        Ok(())
    }

    async fn hear_calls(&mut self, again: Duration) -> Result<Vec<String>, Error> {
        let Value::Array(list) = self.uci(Method::CallIds, &[]).await? else {
            return Err(self.odd());
        };
        let ids: Vec<String> = list.iter().filter_map(Value::text).map(str::to_owned).collect();
        if ids.len() != list.len() || ids.len() > MOST_CALLS {
            return Err(self.odd());
        }
        let due: Vec<String> = self
            .calls
            .due(&ids, again, Instant::now())
            .into_iter()
            .cloned()
            .collect();
        for id in due {
            let state = match self.uci(Method::CallState, &[Value::Text(id.clone())]).await {
                Ok(state) => state,
                // It has ended between the two questions.
                Err(Error::Refused(_) | Error::NotPermitted(_)) => Value::Nil,
                Err(error) => return Err(error),
            };
            let word = state.member("state").and_then(Value::text).unwrap_or_default();
            self.calls.heard(&id, word, Instant::now());
        }
        if let Uci::Up { polled, .. } = &mut self.uci {
            *polled = Instant::now();
        }
        Ok(ids)
    }

    // --- fields

    /// Calls, if they can be heard, and every readable field.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        if self.generation().is_some() {
            let outcome = self.resync().await;
            self.judge_uci(outcome)?;
        }
        self.read(&Field::ALL).await
    }

    /// Reads fields. What may not be read is left out.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read(&mut self, wanted: &[Field]) -> Result<Vec<FieldValue>, Error> {
        let mut values = Vec::new();
        for field in wanted {
            let value = match field {
                Field::Dnd => self.read_dnd().await?,
                Field::Forward => self.read_forward().await?,
                Field::Note => self.read_note().await?,
                Field::Presence => None,
            };
            values.extend(value);
        }
        Ok(values)
    }

    async fn read_dnd(&mut self) -> Result<Option<FieldValue>, Error> {
        if self.rest.is_none() || self.denied.dnd_read {
            return Ok(None);
        }
        let config = self.phone_config().await;
        Ok(allowed(config, &mut self.denied.dnd_read)?.map(|config| FieldValue::Dnd(config.dnd())))
    }

    async fn read_forward(&mut self) -> Result<Option<FieldValue>, Error> {
        if self.rest.is_none() || self.denied.redirects_read {
            return Ok(None);
        }
        let own = self.redirects().await;
        let own = allowed(own, &mut self.denied.redirects_read)?;
        self.has_redirects = own.as_ref().is_some_and(|own| !own.is_empty());
        if let Some(own) = &own {
            let prepared = redirects::prepared(own).map_or(Prepared::Nothing, Prepared::To);
            if self.prepared != prepared {
                self.prepared = prepared.clone();
                self.tell(PhoneEvent::Prepared(prepared));
            }
        }
        Ok(own.map(|own| FieldValue::Forward(redirects::forward(&own))))
    }

    async fn read_note(&mut self) -> Result<Option<FieldValue>, Error> {
        if !matches!(self.generation(), Some(Generation::V30 | Generation::V22)) {
            return Ok(None);
        }
        let state = match self.uci(Method::UserState, &[]).await {
            Ok(state) => state,
            Err(error) if error.is_silence() => return Err(error),
            // Likely only: a system without it has no note.
            Err(error) => {
                debug!(%error, "no user state");
                Value::Nil
            }
        };
        let note = state.member("chatPresenceMessage").and_then(Value::text);
        self.has_note = note.is_some();
        Ok(note.map(|note| FieldValue::Note(note.to_owned())))
    }

    // --- telling

    pub fn abilities(&self) -> Abilities {
        let by_uci =
            matches!(self.generation(), Some(Generation::V30 | Generation::V22)) && !self.denied.dnd_by_uci;
        let rest = self.rest.is_some();
        let dnd_read = rest && !self.denied.dnd_read;
        let forward_read = rest && !self.denied.redirects_read;
        let has_note = self.has_note && self.generation().is_some();
        Abilities {
            dnd: Can {
                read: dnd_read,
                write: by_uci || (dnd_read && !self.denied.dnd_by_rest),
            },
            forward: Can {
                read: forward_read,
                write: forward_read && self.has_redirects && !self.denied.redirects_write,
            },
            presence: Can::default(),
            note: Can {
                read: has_note,
                write: has_note && !self.denied.note_write,
            },
            calls: match self.uci {
                Uci::Up { .. } => true,
                Uci::Down { refused, .. } => !refused,
                Uci::Off => false,
            },
            could_change_others: false,
            prepared_forward: rest,
            ..Abilities::default()
        }
    }

    pub fn system(&self) -> &str {
        &self.identity.system
    }

    /// Which generation of UCI took the login.
    pub fn uci_generation(&self) -> Option<&'static str> {
        self.generation().map(Generation::as_str)
    }

    /// Whether REST took the login.
    pub const fn has_rest(&self) -> bool {
        self.rest.is_some()
    }

    /// Says what can be done, if that is new.
    pub fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) == Some(abilities) {
            return;
        }
        self.tell(PhoneEvent::Up {
            identity: self.identity.clone(),
            abilities,
        });
    }

    pub fn tell_line_down(&mut self, error: &Error) {
        if std::mem::take(&mut self.line_up) {
            self.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
        }
    }

    pub fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }
}

/// What UCI wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UciDue {
    SignIn,
    KeepAlive,
    Poll,
}

/// A right that is missing is remembered and no failure.
fn allowed<T>(outcome: Result<T, Error>, denied: &mut bool) -> Result<Option<T>, Error> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.ends_connection() => Err(error),
        Err(error) => {
            debug!(%error, "not for this account");
            *denied = true;
            Ok(None)
        }
    }
}

/// Says good-bye, so that the phone system keeps neither token nor session. Nobody waits for it.
impl Drop for Session {
    fn drop(&mut self) {
        let rest = self
            .rest
            .take()
            .map(|rest| login::with_token(login::end(), &rest.token));
        let uci = self.generation().and_then(|generation| {
            methods::request(Method::Logout, generation, &[], self.uci_login.as_ref()?)
        });
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let mut http = self.http.clone();
        runtime.spawn(async move {
            let goodbye = async {
                for request in [uci, rest].into_iter().flatten() {
                    if http.send(request).await.is_err() {
                        return;
                    }
                }
            };
            let _late = tokio::time::timeout(GOODBYE, goodbye).await;
        });
    }
}
