//! The second web socket, with `PbxApi`: forwards, and calls that the phone system does not carry (facts/innovaphone.md
//! section 3). The login is made by the phone system itself for the person who is signed in at the first socket; there
//! is no other secret.

use super::config::{Endpoint, InnovaphoneConfig};
use super::error::Error;
use super::socket::{Heard, Socket};
use super::wire::{Answer, AppLogin};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const PATH: &str = "APPS/websocket";

/// A socket that waits for its login.
#[derive(Debug)]
pub struct Waiting {
    socket: Socket,
    pub challenge: String,
    limit: Duration,
}

/// A socket that is signed in.
#[derive(Debug)]
pub struct Apps {
    socket: Socket,
    /// The person's name there; the API acts for nobody else.
    sip: String,
    asked: u64,
    limit: Duration,
}

/// The forward of all calls.
const ALWAYS: &str = "cfu";
/// Marks a target that is a name, not a number.
const BY_NAME: &str = "sip:";

impl Waiting {
    /// Asks for the challenge.
    ///
    /// # Errors
    /// Nobody there, or nothing that is understood.
    pub async fn open(config: &InnovaphoneConfig, at: &Endpoint) -> Result<Self, Error> {
        let mut socket = Socket::open(config, at, PATH).await?;
        let limit = config.timing.answer;
        socket.send(json!({ "mt": "AppChallenge" }).to_string()).await?;
        let answer = answer(&mut socket, limit, |answer| answer.mt == "AppChallengeResult").await?;
        let challenge = answer.word("challenge").to_owned();
        if challenge.is_empty() {
            return Err(Error::NotUnderstood(at.host.clone()));
        }
        Ok(Self {
            socket,
            challenge,
            limit,
        })
    }

    /// Signs in with what the phone system made.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where it does not let the person in.
    pub async fn sign_in(mut self, login: AppLogin) -> Result<Apps, Error> {
        let Some(mut members) = login.members else {
            return Err(Error::NotPermitted("AppGetLogin"));
        };
        let sip = members.get("sip").and_then(Value::as_str).unwrap_or_default();
        // Without a name the login would be an administrator's.
        if sip.is_empty() {
            return Err(Error::NotPermitted("AppGetLogin"));
        }
        let sip = sip.to_owned();
        for ours in ["mt", "info", "salt", "key", "error", "errorText"] {
            members.remove(ours);
        }
        members.insert("mt".into(), "AppLogin".into());
        let mut text = Value::Object(members).to_string();
        if let Some(info) = login.info {
            // Its very text is part of the digest.
            text.pop();
            text.push_str(",\"info\":");
            text.push_str(&info);
            text.push('}');
        }
        self.socket.send(text).await?;
        let is_result = |answer: &Answer| answer.mt == "AppLoginResult";
        let answer = answer(&mut self.socket, self.limit, is_result).await?;
        if answer.members.get("ok") != Some(&Value::Bool(true)) {
            return Err(Error::NotPermitted("AppLogin"));
        }
        Ok(Apps {
            socket: self.socket,
            sip,
            asked: 0,
            limit: self.limit,
        })
    }
}

impl Apps {
    /// Whatever comes unasked. May be given up at any time.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn hear(&mut self) -> Result<Heard, Error> {
        self.socket.next().await
    }

    /// The target of the always-forward: a number, or a name with `sip:` before it.
    ///
    /// # Errors
    /// [`Error::Refused`] where this phone system or account has no such thing.
    pub async fn forward(&mut self) -> Result<Option<String>, Error> {
        let answer = self
            .ask("GetDiversion", self.diversion(), "PbxApi GetDiversion")
            .await?;
        let (number, name) = (answer.word("num"), answer.word("sip"));
        Ok(if !number.is_empty() {
            Some(number.to_owned())
        } else if !name.is_empty() {
            Some(format!("{BY_NAME}{name}"))
        } else {
            None
        })
    }

    /// Sets or takes away the always-forward. One that is there is taken away first: whether it would be replaced is
    /// not known.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub async fn set_forward(&mut self, target: Option<&str>) -> Result<(), Error> {
        if self.forward().await?.is_some() {
            self.ask("DelDiversion", self.diversion(), "PbxApi DelDiversion")
                .await?;
        }
        let Some(target) = target else { return Ok(()) };
        let mut args = self.diversion();
        match target.strip_prefix(BY_NAME) {
            Some(name) => args.insert("ep-sip".into(), name.into()),
            None => args.insert("ep-num".into(), target.into()),
        };
        self.ask("AddDiversion", args, "PbxApi AddDiversion").await?;
        Ok(())
    }

    fn diversion(&self) -> Map<String, Value> {
        let mut args = Map::new();
        args.insert("sip".into(), self.sip.as_str().into());
        args.insert("type".into(), ALWAYS.into());
        args
    }

    /// Adds a call that another system carries: the person is busy and shows as on the phone.
    ///
    /// # Errors
    /// [`Error::Refused`], or no number to end it by.
    pub async fn add_call(&mut self) -> Result<Value, Error> {
        let answer = self
            .ask("AddAlienCall", Map::new(), "PbxApi AddAlienCall")
            .await?;
        match answer.members.get("id") {
            Some(id @ (Value::Number(_) | Value::String(_))) => Ok(id.clone()),
            Some(_) | None => Err(Error::Refused("PbxApi AddAlienCall")),
        }
    }

    /// # Errors
    /// [`Error::Refused`]
    pub async fn end_call(&mut self, id: Value) -> Result<(), Error> {
        let args = Map::from_iter([("id".to_owned(), id)]);
        self.ask("DelAlienCall", args, "PbxApi DelAlienCall").await?;
        Ok(())
    }

    async fn ask(
        &mut self,
        mt: &str,
        mut args: Map<String, Value>,
        what: &'static str,
    ) -> Result<Answer, Error> {
        self.asked += 1;
        let src = format!("o{}", self.asked);
        args.insert("mt".into(), mt.into());
        args.insert("api".into(), "PbxApi".into());
        args.insert("src".into(), src.as_str().into());
        self.socket.send(Value::Object(args).to_string()).await?;
        let wanted = format!("{mt}Result");
        let is_ours = |answer: &Answer| answer.src == src;
        let answer = answer(&mut self.socket, self.limit, is_ours).await?;
        // Another kind of answer means that the method is not known there.
        if answer.mt == wanted && answer.is_done() {
            Ok(answer)
        } else {
            Err(Error::Refused(what))
        }
    }
}

async fn answer(
    socket: &mut Socket,
    limit: Duration,
    is_wanted: impl Fn(&Answer) -> bool,
) -> Result<Answer, Error> {
    let deadline = Instant::now() + limit;
    loop {
        let Ok(text) = timeout_at(deadline, socket.text()).await else {
            return Err(socket.timed_out());
        };
        match Answer::parse(&text?) {
            Ok(answer) if is_wanted(&answer) => return Ok(answer),
            Ok(_) | Err(super::wire::Odd) => {}
        }
    }
}
