//! Runs the person's commands: reads, writes, looks whether a write shows.

use super::WIRE;
use super::action::{self, Action, Request};
use super::config::CommandConfig;
use super::error::Error;
use super::program;
use crate::phones::keep::Fields;
use crate::phones::net::NetError;
use crate::phones::tls::Tls;
use crate::phones::web::{NoAnswer, Web};
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, Unconfirmed};
use secrecy::SecretString;
use std::collections::BTreeMap;
use tokio::time::{Instant, sleep, timeout};

/// Made once for each host: it reads all certificates of the system.
pub(super) type Webs = BTreeMap<(String, bool), Web>;

#[derive(Debug)]
pub struct Session {
    config: CommandConfig,
    secret: SecretString,
    events: PhoneEvents,
    pub(super) webs: Webs,
    told_up: bool,
}

impl Session {
    pub(super) const fn new(
        config: CommandConfig,
        secret: SecretString,
        events: PhoneEvents,
        webs: Webs,
    ) -> Self {
        Self {
            config,
            secret,
            events,
            webs,
            told_up: false,
        }
    }

    pub fn abilities(&self) -> Abilities {
        let config = &self.config;
        // What is set by a command has a value to go by, also without one that reads it.
        let can = |write: bool, read: bool| Can {
            read: read || write,
            write,
        };
        let (dnd, forward) = (config.dnd.is_some(), config.forward.is_some());
        let (dnd_read, forward_read) = (config.dnd_read.is_some(), config.forward_read.is_some());
        Abilities {
            dnd: can(dnd, dnd_read),
            forward: can(forward, forward_read),
            unconfirmed: Unconfirmed {
                dnd: dnd && !dnd_read,
                forward: forward && !forward_read,
            },
            ..Abilities::default()
        }
    }

    /// `None`: there is no command for it.
    pub(super) async fn read(&mut self, field: Field) -> Result<Option<FieldValue>, Error> {
        let (what, action) = match field {
            Field::Dnd => ("dnd_read", self.config.dnd_read.clone()),
            Field::Forward => ("forward_read", self.config.forward_read.clone()),
            Field::Presence | Field::Note => return Ok(None),
        };
        let Some(action) = action else {
            return Ok(None);
        };
        let output = self.run(what, &action, "").await?;
        let value = match field {
            Field::Dnd => action::is_on(&output, &self.config.dnd_shows).map(FieldValue::Dnd),
            Field::Forward => action::target(&output).map(FieldValue::Forward),
            Field::Presence | Field::Note => None,
        };
        match (value, action) {
            (Some(value), _) => Ok(Some(value)),
            (None, Action::Program(_)) => Err(Error::Output(what)),
            (None, Action::Web(request)) => Err(Error::NotUnderstood(request.host)),
        }
    }

    async fn run(&mut self, what: &'static str, action: &Action, target: &str) -> Result<String, Error> {
        match action {
            // It would be read as an option.
            Action::Program(_) if target.starts_with('-') => Err(Error::NotFilled(what)),
            Action::Program(program) => {
                program::run(what, program, target, &self.secret, self.config.timing.limit).await
            }
            Action::Web(request) => self.ask(what, request, target).await,
        }
    }

    async fn ask(&mut self, what: &'static str, request: &Request, target: &str) -> Result<String, Error> {
        let limit = self.config.timing.limit;
        let place = (request.host.clone(), request.is_encrypted);
        let web = match self.webs.get(&place) {
            Some(web) => web.clone(),
            None => {
                let tls = if request.is_encrypted {
                    &self.config.tls
                } else {
                    &Tls::Off
                };
                let web = Web::new(WIRE, &request.host, tls, limit, limit)?;
                self.webs.entry(place).or_insert(web).clone()
            }
        };
        let filled = request.fill(target, &self.secret).ok_or(Error::NotFilled(what))?;
        let mut builder = web.request(request.method.clone(), filled.url);
        for (name, value) in filled.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = filled.body {
            builder = builder.body(body);
        }
        let answer = timeout(limit, web.send(builder))
            .await
            .map_err(|_elapsed| NetError::TimedOut(request.host.clone()))?;
        let answer = answer.map_err(|error| match error {
            NoAnswer::Net(error) => error.into(),
            NoAnswer::TooLarge => Error::NotUnderstood(request.host.clone()),
        })?;
        match answer.status.as_u16() {
            200..=299 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
            401 | 403 => Err(Error::WrongPassword(request.host.clone())),
            status => Err(Error::Status { what, status }),
        }
    }

    async fn set(&mut self, value: &FieldValue) -> Result<(), Error> {
        let config = &self.config;
        let no_command = || Error::NoCommand(value.field());
        let (what, action, target) = match value {
            FieldValue::Dnd(on) => {
                let switch = config.dnd.as_ref().ok_or_else(no_command)?;
                if *on {
                    ("dnd_on", &switch.on, "")
                } else {
                    ("dnd_off", &switch.off, "")
                }
            }
            FieldValue::Forward(target) => {
                let switch = config.forward.as_ref().ok_or_else(no_command)?;
                match target {
                    Some(target) => ("forward_on", &switch.on, target.as_str()),
                    None => ("forward_off", &switch.off, ""),
                }
            }
            FieldValue::Presence(_) | FieldValue::Note(_) => return Err(no_command()),
        };
        let action = action.clone();
        self.run(what, &action, target).await.map(|_output| ())
    }

    /// Waits until it shows; where nothing reads it, what the command said of itself is all there is.
    async fn confirm(&mut self, value: &FieldValue) -> Result<(), Error> {
        let until = Instant::now() + self.config.timing.confirm;
        loop {
            match self.read(value.field()).await? {
                None => return Ok(()),
                Some(shows) if shows == *value => return Ok(()),
                Some(_) if Instant::now() >= until => return Err(Error::NotConfirmed(value.field())),
                Some(_) => sleep(self.config.timing.look).await,
            }
        }
    }
}

impl Fields for Session {
    type Error = Error;

    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        let mut values = Vec::new();
        for field in [Field::Dnd, Field::Forward] {
            values.extend(self.read(field).await?);
        }
        Ok(values)
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        self.set(value).await?;
        self.confirm(value).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        if self.abilities().unconfirmed.has(value.field()) {
            Vec::new()
        } else {
            vec![value.clone()]
        }
    }

    fn tell_up(&mut self) {
        if !std::mem::replace(&mut self.told_up, true) {
            let identity = PhoneIdentity {
                // One phone system at a time: a hold outlives a command that is mended.
                key: "command".to_owned(),
                system: self.config.place(),
                names: Vec::new(),
            };
            let abilities = self.abilities();
            self.tell(PhoneEvent::Up { identity, abilities });
        }
    }

    fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn ends_connection(error: &Error) -> bool {
        error.ends_connection()
    }
}
