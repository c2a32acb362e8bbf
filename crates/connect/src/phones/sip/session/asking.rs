//! Questions and answers: a transaction of RFC 3261 section 17 as a client, with the digest that a server asks for. What
//! is told meanwhile is handled.

use super::super::dialogue::{Dialogue, branch};
use super::super::digest::Challenge;
use super::super::error::Error;
use super::super::message::{Message, Start};
use super::{Session, Watch};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Datagrams are repeated at least this often (RFC 3261's T2).
const SLOWEST: Duration = Duration::from_secs(4);
/// A proxy and the server behind it may each want a sign-in, and each find the first answer too old.
const ROUNDS: usize = 5;

/// Whose conversation a question is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Watch(Watch),
    /// The feature code that is being dialled.
    Own,
    Once,
}

/// A request. `Debug` shows what kind it is.
pub(super) struct Question {
    pub who: Who,
    pub method: &'static str,
    pub headers: Vec<(&'static str, String)>,
    /// Media type and text.
    pub body: Option<(&'static str, String)>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Question({})", self.method)
    }
}

impl Session {
    fn dialogue(&mut self, who: Who) -> Option<&mut Dialogue> {
        match who {
            Who::Watch(watch) => self.subscription(watch).map(|one| &mut one.dialogue),
            Who::Own => self.own.as_mut().map(|own| &mut own.dialogue),
            Who::Once => self.once.as_mut(),
        }
    }

    /// Asks, and signs where the server wants it. The final answer, whatever it says.
    ///
    /// # Errors
    /// What became of the connection; a refused password; a kind of sign-in that is not known here.
    pub(super) async fn ask(&mut self, question: &Question) -> Result<Message, Error> {
        let mut signatures: Vec<(&'static str, String)> = Vec::new();
        for _ in 0..ROUNDS {
            let answer = self.exchange(question, &signatures).await?;
            let (asks, answers) = match answer.start {
                Start::Response { status: 401, .. } => ("www-authenticate", "Authorization"),
                Start::Response { status: 407, .. } => ("proxy-authenticate", "Proxy-Authorization"),
                Start::Response { .. } | Start::Request { .. } => {
                    self.is_signed_in = true;
                    return Ok(answer);
                }
            };
            let challenge = Challenge::choose(answer.headers(asks));
            let challenge = challenge.ok_or_else(|| Error::OtherMethod(self.config.host.clone()))?;
            let was_signed = signatures.iter().any(|(header, _)| *header == answers);
            if was_signed && !challenge.stale {
                return Err(Error::WrongPassword(self.config.host.clone()));
            }
            let dialogue = self.dialogue(question.who);
            let target = dialogue.map(|dialogue| dialogue.target().to_owned());
            let target = target.unwrap_or_default();
            let signature = challenge.answer(&self.config.user, &self.password, question.method, &target);
            signatures.retain(|(header, _)| *header != answers);
            signatures.push((answers, signature));
        }
        Err(Error::WrongPassword(self.config.host.clone()))
    }

    /// One transaction. A refused INVITE is acknowledged.
    ///
    /// # Errors
    /// What became of the connection.
    pub(super) async fn exchange(
        &mut self,
        question: &Question,
        signatures: &[(&'static str, String)],
    ) -> Result<Message, Error> {
        let (branch, here) = (branch(), self.here.clone());
        let gone = super::gone(&self.config);
        let dialogue = self.dialogue(question.who).ok_or(gone)?;
        let mut draft = dialogue.request(question.method, &here, &branch);
        let headers = question.headers.iter().chain(signatures);
        for (name, value) in headers {
            draft = draft.with(name, value);
        }
        if let Some((kind, text)) = &question.body {
            draft = draft.body(kind, text);
        }
        let bytes = draft.into_bytes();
        self.send(&bytes).await?;
        let answer = self.final_answer(question, &branch, &bytes).await?;
        let before = self.here.clone();
        self.here.learn(&answer);
        if self.here != before {
            // A router has given us another address: the server has to know it.
            for one in &mut self.subscriptions {
                one.renew_at = Instant::now();
            }
        }
        self.learn_system(&answer);
        let Start::Response { status, .. } = answer.start else {
            return Ok(answer);
        };
        if question.method == "INVITE" && status >= 300 {
            let here = self.here.clone();
            let gone = super::gone(&self.config);
            let dialogue = self.dialogue(question.who).ok_or(gone)?;
            dialogue.learn_refusal(&answer);
            let bytes = dialogue.acknowledgement(&here, &branch).into_bytes();
            dialogue.begin_anew();
            self.send(&bytes).await?;
        }
        Ok(answer)
    }

    async fn final_answer(
        &mut self,
        question: &Question,
        branch: &str,
        bytes: &[u8],
    ) -> Result<Message, Error> {
        let timing = self.config.timing;
        let mut deadline = Instant::now() + timing.answer;
        let mut wait = timing.again;
        let mut again = Some(Instant::now() + wait);
        let mut is_first = true;
        loop {
            let Some(socket) = self.socket.as_mut() else {
                return Err(super::gone(&self.config));
            };
            let until = match again.filter(|_| socket.loses()) {
                Some(at) => at.min(deadline),
                None => deadline,
            };
            let message = match timeout_at(until, socket.next()).await {
                Ok(message) => message?,
                Err(_elapsed) if Instant::now() >= deadline => return Err(socket.silent()),
                Err(_elapsed) => {
                    socket.send(bytes).await?;
                    wait = (wait * 2).min(SLOWEST);
                    again = Some(Instant::now() + wait);
                    continue;
                }
            };
            let Start::Response { status, .. } = message.start else {
                self.handle(message).await?;
                continue;
            };
            let is_mine = message.branch() == Some(branch)
                && message
                    .cseq()
                    .is_some_and(|(_, method)| method == question.method);
            if !is_mine {
                self.handle(message).await?;
                continue;
            }
            self.heard_at = Instant::now();
            if status >= 200 {
                return Ok(message);
            }
            // It has arrived: an INVITE needs no repeating then, and others less.
            if question.method == "INVITE" {
                again = None;
            }
            if std::mem::take(&mut is_first) {
                deadline = Instant::now() + timing.answer;
            }
        }
    }

    fn learn_system(&mut self, answer: &Message) {
        if self.identity.system != "SIP" {
            return;
        }
        let said = answer.header("server").or_else(|| answer.header("user-agent"));
        let name: String = said
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(60)
            .collect();
        if !name.trim().is_empty() {
            self.identity.system = name.trim().to_owned();
        }
    }
}
