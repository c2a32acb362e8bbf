//! UCI's side of a connection: signing in, asking, and listening for calls.

use super::super::error::Error;
use super::super::uci::methods::{self, Generation, Method};
use super::super::uci::xml::{self, Response, Value};
use super::{MOST_CALLS, Session, Uci, UciDue};
use crate::port::PhoneEvent;
use offhook_engine::line::LineEvent;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

impl Session {
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
                self.have_reported(generation).await;
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

    /// Where a door is open. A phone system that reports nothing is looked at as always.
    async fn have_reported(&mut self, generation: Generation) {
        if self.news.is_none() {
            return;
        }
        let wanted = methods::reports(generation);
        match self.ask(generation, Method::Subscribe, &[wanted]).await {
            Ok(_) => debug!("calls are to be reported"),
            Err(error) => debug!(%error, "calls will not be reported"),
        }
    }

    /// The phone system has reported something: calls are looked at as soon as the pace allows.
    pub fn look_soon(&mut self) {
        self.reported = true;
    }

    /// One method. Statuses and faults are unknown in their detail (section 1.8): a fault is a refusal, whatever it
    /// says, unless it names one of the two exceptions.
    async fn ask(
        &mut self,
        generation: Generation,
        method: Method,
        parameters: &[Value],
    ) -> Result<Value, Error> {
        self.renew_if_due().await?;
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

    pub(super) const fn generation(&self) -> Option<Generation> {
        match self.uci {
            Uci::Up { generation, .. } => Some(generation),
            Uci::Off | Uci::Down { .. } => None,
        }
    }

    /// A method of the session as it is; a session that has ended is begun anew once.
    pub(super) async fn uci(&mut self, method: Method, parameters: &[Value]) -> Result<Value, Error> {
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
                let pace = if self.reported {
                    timing.calls_reported
                } else if self.calls.any() {
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

    pub(super) fn judge_uci(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
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
        // What was reported may be of any call.
        let again = if std::mem::take(&mut self.reported) {
            Duration::ZERO
        } else {
            self.config.timing.call_again
        };
        let ids = self.hear_calls(again).await?;
        self.end_code(&ids).await?;
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
    pub(super) async fn resync(&mut self) -> Result<(), Error> {
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
            let text = |name: &str| state.member(name).and_then(Value::text).unwrap_or_default();
            self.calls.heard(&id, text("state"), Instant::now());
            let codes = self.config.star_codes.as_ref();
            if codes.is_some_and(|codes| codes.has(text("calledNumber"))) {
                self.calls.is_code(&id);
            }
        }
        if let Uci::Up { polled, .. } = &mut self.uci {
            *polled = Instant::now();
        }
        Ok(ids)
    }
}
