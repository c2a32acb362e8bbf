//! Microsoft Graph: the signed-in person's own presence and calendar.
//!
//! One file per operation, each in three steps: `request` (pure) → [`Graph::send`] → `parse` (pure). The base
//! address, with `/v1.0`, is a parameter. Every method takes the access token it is to use; [`with_token`] asks
//! for one, and asks again once after a 401.
//!
//! Facts: `facts/graph.md`, sections 1, 2 and 7.

mod calendar_view;
mod clear_preferred;
mod clear_session;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod iso8601;
mod read_presence;
pub(crate) mod retry_after;
mod send;
mod set_message;
mod set_preferred;
mod set_session;
mod tokens;
mod warm_up;

#[cfg(test)]
mod double;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;

pub use error::GraphError;
pub use tokens::{Tokens, with_token};

use offhook_engine::teams::{PreferredPair, Presence, SessionPair, StatusMessage};
use reqwest::Url;
use secrecy::SecretString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The presence of one signed-in person. Cheap to make: the connections belong to the [`reqwest::Client`].
#[derive(Debug)]
pub struct Graph {
    http: reqwest::Client,
    base: Url,
    client_id: String,
    /// The person's object id, for `/users/{id}`.
    person: Option<String>,
    /// `/me` was answered with 404 where `/users/{id}` was not.
    by_id: AtomicBool,
    limit: Duration,
    last_answer: warm_up::LastAnswer,
}

/// What Graph tells of the person at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What Teams shows, aggregated over all sessions.
    pub presence: Presence,
    /// The status message beside it; `None`: there is one that could not be put back as it is.
    pub message: Option<StatusMessage>,
}

/// The whole of a request, from the first byte sent to the last one read.
const LIMIT: Duration = Duration::from_secs(10);

impl Graph {
    /// `base` is `https://graph.microsoft.com/v1.0` or another cloud's; `client_id` names our session, for
    /// setting and for clearing it (`facts/graph.md`, section 1.1).
    pub fn new(http: reqwest::Client, base: Url, client_id: String) -> Self {
        Self {
            http,
            base,
            client_id,
            person: None,
            by_id: AtomicBool::new(false),
            limit: LIMIT,
            last_answer: warm_up::LastAnswer::default(),
        }
    }

    /// Names the person by their object id (`oid`, the first half of `Account::key`), so that
    /// `/users/{oid}/presence/…`, the only form the reference pages list for setting, can stand in where
    /// `/me/presence/…` is answered with 404.
    #[must_use]
    pub fn for_person(mut self, oid: impl Into<String>) -> Self {
        self.person = Some(oid.into());
        self
    }

    /// The presence that Teams shows, aggregated over all sessions.
    ///
    /// # Errors
    /// See [`GraphError`]. A failed read is no reading (R7).
    pub async fn read_presence(&self, token: &SecretString) -> Result<Presence, GraphError> {
        self.read(token).await.map(|reading| reading.presence)
    }

    /// As [`Self::read_presence`], with the status message.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn read(&self, token: &SecretString) -> Result<Reading, GraphError> {
        let answer = self
            .send("read", read_presence::request(&self.base), Some(token))
            .await?;
        read_presence::parse(&answer)
    }

    /// Sets the status message; an empty one takes away what is there.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn set_message(&self, token: &SecretString, message: &StatusMessage) -> Result<(), GraphError> {
        self.write(token, "set-message", |whose| {
            set_message::request(&self.base, whose, message)
        })
        .await
    }

    /// Opens our session or renews it. `lifetime` is kept within Graph's limits of 5 minutes and 4 hours.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn set_session(
        &self,
        token: &SecretString,
        pair: SessionPair,
        lifetime: Duration,
    ) -> Result<(), GraphError> {
        self.write(token, "set", |whose| {
            set_session::request(&self.base, whose, &self.client_id, pair, lifetime)
        })
        .await
    }

    /// Closes our session. One that is not there is as good as closed: 404 is success.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn clear_session(&self, token: &SecretString) -> Result<(), GraphError> {
        let request = clear_session::request(&self.base, self.whose(), &self.client_id);
        let answer = self.send("clear", request, Some(token)).await?;
        clear_session::parse(&answer)
    }

    /// Sets the presence that outranks every session, ours and those of Teams itself.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn set_preferred(
        &self,
        token: &SecretString,
        pair: PreferredPair,
        lifetime: Duration,
    ) -> Result<(), GraphError> {
        self.write(token, "set-preferred", |whose| {
            set_preferred::request(&self.base, whose, pair, lifetime)
        })
        .await
    }

    /// Takes the preferred presence back, whoever set it.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn clear_preferred(&self, token: &SecretString) -> Result<(), GraphError> {
        self.write(token, "clear-preferred", |whose| {
            clear_preferred::request(&self.base, whose)
        })
        .await
    }

    /// Makes a connection ready, so that a set that follows does not wait for name, TCP and TLS (R2). Does
    /// nothing where one is ready already. Not a presence request: it carries no token, so it counts against no
    /// presence limit, and any answer to it is a good one.
    ///
    /// # Errors
    /// Where no connection can be made.
    pub async fn warm_up(&self) -> Result<(), GraphError> {
        if self.last_answer.is_fresh() {
            return Ok(());
        }
        self.send("warm-up", warm_up::request(&self.base), None)
            .await
            .map(drop)
    }

    /// A write whose 404 means that this form of the address is not served.
    async fn write(
        &self,
        token: &SecretString,
        name: &'static str,
        request: impl Fn(Whose<'_>) -> send::Request,
    ) -> Result<(), GraphError> {
        let whose = self.whose();
        let outcome = self
            .send(name, request(whose), Some(token))
            .await
            .and_then(|answer| answer.done());
        match (&outcome, whose, self.person.as_deref()) {
            (Err(GraphError::NotFound { .. }), Whose::Me, Some(oid)) => {
                self.send(name, request(Whose::Person(oid)), Some(token))
                    .await?
                    .done()?;
                self.by_id.store(true, Ordering::Relaxed);
                Ok(())
            }
            _ => outcome,
        }
    }

    fn whose(&self) -> Whose<'_> {
        match self.person.as_deref() {
            Some(oid) if self.by_id.load(Ordering::Relaxed) => Whose::Person(oid),
            Some(_) | None => Whose::Me,
        }
    }
}

/// The two forms of the person's own address. Another person's id would be answered with 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose<'a> {
    Me,
    Person(&'a str),
}

impl Whose<'_> {
    /// The address of an action on the presence.
    fn presence(self, base: &Url, action: &str) -> Url {
        match self {
            Self::Me => send::address(base, &["me", "presence", action]),
            Self::Person(oid) => send::address(base, &["users", oid, "presence", action]),
        }
    }
}
