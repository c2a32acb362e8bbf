//! The task: connects, serves commands and pushes; [`crate::phones::keep`] tries again.

use super::config::InnovaphoneConfig;
use super::error::{Error, confirm};
use super::login::{Login, StoredSession};
use super::session::Session;
use super::sign_in::{SignedIn, sign_in};
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Over};
use crate::port::{NewSecret, PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::info;

/// So often the likeliest place is tried before the standby is.
const PATIENCE: usize = 3;

pub(super) struct Actor {
    config: InnovaphoneConfig,
    /// Until a sign-in has brought a session.
    secret: SecretString,
    session: Option<StoredSession>,
    /// How often in a row nobody answered.
    silent: usize,
    alarm: Alarm,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Ping,
    Second,
    Fields,
}

impl Actor {
    pub(super) fn new(config: InnovaphoneConfig, secret: SecretString) -> Self {
        Self {
            config,
            secret,
            session: None,
            silent: 0,
            alarm: Alarm::new(),
        }
    }

    fn login(&self) -> Result<Login, Error> {
        match &self.session {
            Some(session) => Ok(Login::Session(Box::new(session.clone()))),
            None => Login::parse(&self.secret, &self.config),
        }
    }

    async fn sign_in(&mut self, events: &PhoneEvents) -> Result<SignedIn, Error> {
        let login = self.login()?;
        let places = login.places(&self.config);
        // The standby has its turn after some tries, and then every other time: the other one may be back.
        let over = self.silent.saturating_sub(PATIENCE - 1);
        let Some(at) = places.get(over % places.len().max(1)) else {
            return Err(Error::OtherSession);
        };
        let tell = events.clone();
        let mut tell = move |code| {
            let _nobody = tell.send(PhoneEvent::Down(confirm(code)));
        };
        let signed_in = sign_in(&self.config, &login, at, &mut tell).await?;
        if let Some(session) = &signed_in.session {
            let kept = session.to_secret(&self.config);
            let _nobody = events.send(PhoneEvent::Secret(NewSecret(Some(kept))));
            self.session = Some(session.clone());
            // The password has done its work.
            self.secret = SecretString::default();
        }
        Ok(signed_in)
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let opened = async {
            let signed_in = Box::pin(self.sign_in(&events)).await?;
            Box::pin(Session::open(&self.config, signed_in, events.clone())).await
        };
        let opened = Box::pin(opened).await;
        match &opened {
            Err(error) if error.is_silence() => self.silent += 1,
            Ok(_) | Err(_) => self.silent = 0,
        }
        if let Err(Error::SessionOver(_)) = &opened {
            let _nobody = events.send(PhoneEvent::Secret(NewSecret(None)));
        }
        opened
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        info!(system = session.system(), "signed in to the phone system");
        let error = Box::pin(self.serve_on(&mut session, desk)).await?;
        session.tell_line_down(&error);
        Ok(error)
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        error.waits_for_person()
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Error, Over> {
        let timing = self.config.timing;
        if let Err(error) = keep::read_all(session).await {
            return Ok(error);
        }
        let mut fields_at = Instant::now();
        loop {
            let dues = [
                Some((session.ping_due(), Due::Ping)),
                session.second_due().map(|at| (at, Due::Second)),
                // Without the second socket nothing has to be asked for.
                session
                    .has_second()
                    .then_some((fields_at + timing.fields, Due::Fields)),
            ];
            let Some((at, due)) = dues.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                // There is always a next ping.
                return Err(Over);
            };
            let wait = at.saturating_duration_since(Instant::now());
            let outcome = tokio::select! {
                biased;
                heard = session.hear() => heard.map(|_pong| ()),
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        fields_at = Instant::now();
                        keep::read_all(session).await
                    }
                    PhoneCommand::Write(value) => keep::write(session, &value).await,
                },
                () = self.alarm.ring(Some(wait)) => match due {
                    Due::Ping => session.ping().await,
                    Due::Second => {
                        let tried = session.try_second().await;
                        session.tell_up();
                        tried
                    }
                    Due::Fields => {
                        fields_at = Instant::now();
                        keep::read_all(session).await
                    }
                },
                () = desk.events.closed() => return Err(Over),
            };
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}
