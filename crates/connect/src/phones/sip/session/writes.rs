//! Writes one field and waits until it shows: by `as-feature-event` where the server has it, else by dialling a feature
//! code. A 200 does not mean done (facts/asterisk.md section 0).

use super::super::config::Codes;
use super::super::dialogue::{Dialogue, branch};
use super::super::error::Error;
use super::super::features;
use super::super::message::{Message, Start};
use super::{Question, Session, Watch, Who};
use crate::phones::keep::Fields as _;
use offhook_engine::phone::{Field, FieldValue};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

/// A feature code on the line.
#[derive(Debug)]
pub(super) struct Own {
    pub dialogue: Dialogue,
    stage: Stage,
    /// Where the server may say its text to; nobody listens.
    _ear: UdpSocket,
    /// The acknowledgement, for answers that are repeated.
    acknowledgement: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Until then the server is to have ended it.
    Up(Instant),
    /// Until then the extension may still look busy from it.
    Over(Instant),
}

impl Own {
    pub(super) const fn due(&self) -> Instant {
        match self.stage {
            Stage::Up(at) | Stage::Over(at) => at,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up(_))
    }
}

impl Session {
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; what the server does not offer; what became of the
    /// connection.
    pub async fn write_value(&mut self, value: &FieldValue) -> Result<(), Error> {
        let field = value.field();
        if !self.abilities().of(field).write {
            return Err(self.why_not(field));
        }
        if self.values(&[field]).contains(value) {
            return Ok(());
        }
        match value {
            FieldValue::Dnd(on) => match self.config.dnd.clone() {
                _ if self.features.is_some() => self.set_feature(features::set_dnd(*on)).await?,
                Some(Codes { on: code, .. }) if *on => self.dial(&code).await?,
                Some(Codes { off, .. }) => self.dial(&off).await?,
                None => return Err(self.why_not(field)),
            },
            FieldValue::Forward(target) => {
                if !target.as_deref().is_none_or(is_target) {
                    return Err(Error::Target);
                }
                match (self.config.forward.clone(), target) {
                    (_, Some(target)) if self.features.is_some() => {
                        self.set_feature(features::set_forward(true, target)).await?;
                    }
                    (_, None) if self.features.is_some() => {
                        let body = features::set_forward(false, &self.last_target());
                        self.set_feature(body).await?;
                    }
                    // Behind a code the sign for "abroad" is none.
                    (Some(_), Some(target)) if target.starts_with('+') => return Err(Error::Target),
                    (Some(codes), Some(target)) => self.dial(&format!("{}{target}", codes.on)).await?,
                    (Some(codes), None) => self.dial(&codes.off).await?,
                    (None, _) => return Err(self.why_not(field)),
                }
            }
            FieldValue::Presence(word) => return self.publish(*word, None).await,
            FieldValue::Note(note) => return self.publish(self.memory.word(), Some(note)).await,
        }
        if self.abilities().unconfirmed.has(field) {
            if let FieldValue::Dnd(on) = value {
                self.memory.dialled_dnd = *on;
                let events = self.calls.set_dnd(*on, Instant::now());
                self.tell_calls(events);
            }
            return Ok(());
        }
        if self.shows(value).await? {
            Ok(())
        } else {
            Err(Error::NotConfirmed(field))
        }
    }

    fn why_not(&self, field: Field) -> Error {
        let refused = match field {
            Field::Dnd => self.refused(Watch::Dnd),
            Field::Forward => self.refused(Watch::Features),
            Field::Presence | Field::Note => self.publishes().err(),
        };
        refused.cloned().unwrap_or(Error::NotOffered {
            what: crate::phones::net::word(field),
            status: 0,
        })
    }

    /// Where the forward goes that is on, or went.
    fn last_target(&self) -> String {
        let forward = self.features.as_ref().and_then(|known| known.forward.as_ref());
        forward.map_or_else(String::new, |(_, to)| to.clone())
    }

    async fn set_feature(&mut self, body: String) -> Result<(), Error> {
        let asked = self
            .ask_to_tell(Watch::Features, Some((features::CONTENT_TYPE, body)))
            .await;
        match asked {
            Err(Error::NotOffered { status: 481, .. }) => {
                Err(Error::SubscriptionEnded(self.config.host.clone()))
            }
            Err(Error::NotOffered { what, status }) => Err(Error::Refused { what, status }),
            asked => asked,
        }
    }

    /// Waits until it shows. What comes first may be what was there before (facts/asterisk.md section 6).
    async fn shows(&mut self, value: &FieldValue) -> Result<bool, Error> {
        let field = [value.field()];
        let deadline = Instant::now() + self.config.timing.confirm;
        while !self.values(&field).contains(value) {
            match timeout_at(deadline, self.next()).await {
                Ok(message) => {
                    let message = message?;
                    self.handle(message).await?;
                }
                Err(_elapsed) => {
                    // What tells of it may have got lost.
                    self.read_all().await?;
                    return Ok(self.values(&field).contains(value));
                }
            }
        }
        Ok(true)
    }

    /// Dials a code, as a call of our own that nobody hears. The server ends it after its text.
    async fn dial(&mut self, code: &str) -> Result<(), Error> {
        if self.own.as_ref().is_some_and(Own::is_up) {
            self.on_own_due().await?;
        }
        let timing = self.config.timing;
        let address = self.socket.as_ref().map(|socket| socket.local.ip());
        let address = address.ok_or_else(|| super::gone(&self.config))?;
        let lost = |_error| crate::phones::net::NetError::Lost(self.config.host.clone());
        let ear = UdpSocket::bind((address, 0)).await.map_err(lost)?;
        let port = ear.local_addr().map_err(lost)?.port();
        let dialogue = self.dialogue_with(code);
        let events = self.calls.set_own(Some(dialogue.call_id.clone()), Instant::now());
        self.tell_calls(events);
        self.own = Some(Own {
            dialogue,
            stage: Stage::Over(Instant::now() + timing.answer + timing.settle),
            _ear: ear,
            acknowledgement: Vec::new(),
        });
        let kind = if address.is_ipv4() { "IP4" } else { "IP6" };
        let offer = format!(
            "v=0\r\no=- 1 1 IN {kind} {address}\r\ns=-\r\nc=IN {kind} {address}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        );
        let question = Question {
            who: Who::Own,
            method: "INVITE",
            headers: Vec::new(),
            body: Some(("application/sdp", offer)),
        };
        let answered = self.ask(&question).await;
        let status = match answered.as_ref().map(|answer| &answer.start) {
            Ok(Start::Response { status, .. }) => *status,
            Ok(Start::Request { .. }) | Err(_) => 0,
        };
        if !(200..300).contains(&status) {
            self.own_is_over();
            answered?;
            debug!(status, "the feature code was refused");
            return Err(Error::Refused {
                what: "feature code",
                status,
            });
        }
        let (answer, here) = (answered?, self.here.clone());
        if let Some(own) = &mut self.own {
            own.dialogue.learn(&answer);
            own.acknowledgement = own.dialogue.acknowledgement(&here, &branch()).into_bytes();
            own.stage = Stage::Up(Instant::now() + timing.hang_up);
            let bytes = own.acknowledgement.clone();
            self.send(&bytes).await?;
        }
        Ok(())
    }

    pub(super) fn own_is_over(&mut self) {
        let until = Instant::now() + self.config.timing.settle;
        if let Some(own) = &mut self.own {
            own.stage = Stage::Over(until);
        }
    }

    /// # Errors
    /// What became of the connection.
    pub(super) async fn on_own_due(&mut self) -> Result<(), Error> {
        if self.own.as_ref().is_some_and(Own::is_up) {
            self.own_is_over();
            let question = Question {
                who: Who::Own,
                method: "BYE",
                headers: Vec::new(),
                body: None,
            };
            return self.ask(&question).await.map(drop);
        }
        self.own = None;
        let events = self.calls.set_own(None, Instant::now());
        self.tell_calls(events);
        Ok(())
    }

    /// An answer that nobody waits for any more. That of an INVITE is repeated until its acknowledgement arrives.
    pub(super) async fn on_late_answer(&mut self, answer: &Message) -> Result<(), Error> {
        let is_invite = answer.cseq().is_some_and(|(_, method)| method == "INVITE");
        let own = self.own.as_ref().filter(|own| {
            answer.header("call-id") == Some(&own.dialogue.call_id) && !own.acknowledgement.is_empty()
        });
        match (own.map(|own| own.acknowledgement.clone()), &answer.start) {
            (
                Some(bytes),
                Start::Response {
                    status: 200..=299, ..
                },
            ) if is_invite => self.send(&bytes).await,
            _ => Ok(()),
        }
    }
}

/// What can be dialled, with `+` only in front.
fn is_target(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_dialled = |byte: u8| matches!(byte, b'0'..=b'9' | b'*' | b'#');
    (1..=40).contains(&digits.len()) && digits.bytes().all(is_dialled)
}
