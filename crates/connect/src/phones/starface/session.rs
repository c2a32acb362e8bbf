//! A signed-in connection: both interfaces, the fields, the calls. [`super::actor`] says when.

mod signing;
mod uci;
mod writes;

use super::chat::{self, Chat};
use super::config::StarfaceConfig;
use super::error::Error;
use super::http::{Answer, Http, Request, UciPass};
use super::listener::Listener;
use super::logins;
use super::oauth::Tokens;
use super::rest::{Odd, login, phone_config, redirects};
use super::uci::calls::Calls;
use super::uci::methods::{self, Generation, Method};
use super::uci::xml::Value;
use crate::backoff::Backoff;
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::facts::Prepared;
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, Unconfirmed};
use reqwest::StatusCode;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{debug, info};

/// More calls than any person has; what lists more is not a phone system's answer.
const MOST_CALLS: usize = 200;
/// How long a good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

struct Rest {
    pass: login::RestPass,
    /// Another one is asked for from then on.
    due: Instant,
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
    dnd_by_code: bool,
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
    uci_login: Option<UciPass>,
    /// By OAuth.
    tokens: Option<Tokens>,
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
    /// The call of the code that was dialled last, and when it is ended if it is still there.
    code: Option<(String, Instant)>,
    chat: Option<Chat>,
    /// Rings when the phone system has reported something.
    news: Option<Arc<Notify>>,
    /// It has, and nobody has looked since.
    reported: bool,
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
        listener: Option<&Listener>,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let mut session = Self::new(config, http, password, events);
        if let Some(listener) = listener {
            session.http.reports_to(listener.callback().clone());
            session.news = Some(listener.news());
        }
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
            uci_login: config
                .uci
                .and_then(|kind| logins::uci(kind, &config.user, password))
                .map(UciPass::Proof),
            tokens: None,
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
            code: None,
            chat: None,
            news: None,
            reported: false,
        }
    }

    async fn sign_in(&mut self) -> Result<(), Error> {
        match self.sign_in_rest().await {
            Ok(()) => {}
            // One token serves both.
            Err(Error::NotPermitted(_)) if self.config.oauth.is_none() => {
                debug!("REST does not let the account in");
            }
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
        if Instant::now() >= rest.due {
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
        let request = login::with_pass(request.clone(), &rest.pass);
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
                Field::Presence => self.shown().map(|shown| FieldValue::Presence(shown.presence)),
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
        if self.chat.is_some() {
            // Shown together with the status, or not at all.
            return Ok(self.shown().map(|shown| FieldValue::Note(shown.note)));
        }
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

    // --- the chat status

    /// Where the chat status goes from now on.
    pub fn chat_by(&mut self, chat: Chat) {
        self.chat = Some(chat);
    }

    /// What is shown there; `None` without a connection.
    fn shown(&self) -> Option<chat::Shown> {
        let chat = self.chat.as_ref().filter(|chat| chat.is_up())?;
        Some(chat.shown())
    }

    /// Until the chat's connection comes or goes, or shows something else.
    pub async fn chat_changed(&mut self) {
        match &mut self.chat {
            Some(chat) => chat.changed().await,
            None => std::future::pending().await,
        }
    }

    /// What rings when the phone system has reported something.
    pub fn news(&self) -> Option<Arc<Notify>> {
        self.news.clone()
    }

    // --- telling

    pub fn abilities(&self) -> Abilities {
        let by_uci =
            matches!(self.generation(), Some(Generation::V30 | Generation::V22)) && !self.denied.dnd_by_uci;
        let rest = self.rest.is_some();
        let dnd_read = rest && !self.denied.dnd_read;
        let forward_read = rest && !self.denied.redirects_read;
        let has_note = self.has_note && self.generation().is_some();
        let has_chat = self.shown().is_some();
        let by_code =
            self.config.star_codes.is_some() && self.generation().is_some() && !self.denied.dnd_by_code;
        Abilities {
            dnd: Can {
                read: dnd_read || by_code,
                write: by_code || by_uci || (dnd_read && !self.denied.dnd_by_rest),
            },
            unconfirmed: Unconfirmed {
                dnd: by_code && !dnd_read,
                forward: false,
            },
            forward: Can {
                read: forward_read,
                write: forward_read && self.has_redirects && !self.denied.redirects_write,
            },
            presence: Can {
                read: has_chat,
                write: has_chat,
            },
            presence_words: self.chat.as_ref().map_or_else(Default::default, |_| chat::WORDS),
            note: match self.chat {
                Some(_) => Can {
                    read: has_chat,
                    write: has_chat,
                },
                None => Can {
                    read: has_note,
                    write: has_note && !self.denied.note_write,
                },
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
        let rest = self.rest.take().and_then(|rest| match &rest.pass {
            login::RestPass::Token(_) => Some(login::with_pass(login::end(), &rest.pass)),
            // It ends by itself, in minutes.
            login::RestPass::Bearer(_) => None,
        });
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
