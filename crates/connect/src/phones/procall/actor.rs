//! The task: serves commands and events; [`crate::phones::keep`] tries again.

use super::WIRE;
use super::config::ProcallConfig;
use super::error::Error;
use super::session::{Memory, Session};
use crate::clock::Alarm;
use crate::phones::keep::{Adapter, Desk, Over};
use crate::phones::net::NetError;
use crate::phones::web::Web;
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

/// A connection that ended sooner ended for another reason than its silence.
const SILENT: Duration = Duration::from_secs(6);

pub(super) struct Actor {
    config: ProcallConfig,
    /// Made once: it reads all certificates of the system.
    web: Option<Web>,
    password: SecretString,
    memory: Memory,
    /// The server has ended a connection that was at rest: it wants signs of life more often.
    often: bool,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: ProcallConfig, password: SecretString) -> Self {
        Self {
            config,
            web: None,
            password,
            memory: Memory::default(),
            often: false,
            alarm: Alarm::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Alive,
    Fields,
    Renewal,
    Stale,
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let web = match &self.web {
            Some(web) => web.clone(),
            None => {
                let timing = &self.config.timing;
                let web = Web::new(
                    WIRE,
                    &self.config.host,
                    &self.config.tls,
                    timing.connect,
                    timing.answer,
                )?
                .giving_data();
                self.web.insert(web).clone()
            }
        };
        let ticket = Session::sign_in(&self.config, &web, &self.password, &mut self.memory).await?;
        let mut session = Session::open(&self.config, &ticket, self.memory.clone(), events).await?;
        session.look().await?;
        Ok(session)
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        info!(system = session.system(), "signed in to the phone system");
        let mut rested = Instant::now();
        let error = Box::pin(self.serve_on(&mut session, desk, &mut rested)).await;
        self.memory = session.memory.clone();
        let error = error?;
        if matches!(error, Error::Net(NetError::Lost(_))) && rested.elapsed() >= SILENT {
            self.often = true;
        }
        session.tell_line_down(&error);
        Ok(error)
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        error.needs_a_person()
    }
}

impl Actor {
    /// `rested`: since when we have sent nothing.
    async fn serve_on(
        &mut self,
        session: &mut Session,
        desk: &mut Desk,
        rested: &mut Instant,
    ) -> Result<Error, Over> {
        let timing = self.config.timing;
        let pace = if self.often {
            timing.keep_alive_often
        } else {
            timing.keep_alive
        };
        if let Err(error) = read_all(session).await {
            return Ok(error);
        }
        let mut fields_at = Instant::now();
        let mut alive_at = fields_at;
        *rested = fields_at;
        loop {
            let dues = [
                Some((alive_at + pace, Due::Alive)),
                Some((fields_at + timing.fields, Due::Fields)),
                session.renewal_due().map(|at| (at, Due::Renewal)),
                session
                    .stale_since
                    .map(|since| (since + timing.settle, Due::Stale)),
            ];
            let Some((at, due)) = dues.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                // There is always a next sign of life.
                return Err(Over);
            };
            let wait = at.saturating_duration_since(Instant::now());
            let mut asked = true;
            let outcome = tokio::select! {
                biased;
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        fields_at = Instant::now();
                        read_all(session).await
                    }
                    PhoneCommand::Write(value) => write(session, &value).await,
                },
                heard = session.hear() => {
                    asked = false;
                    heard
                }
                () = self.alarm.ring(Some(wait)) => match due {
                    Due::Alive => {
                        alive_at = Instant::now();
                        session.keep_alive().await
                    }
                    Due::Fields => {
                        fields_at = Instant::now();
                        read(session, &[Field::Presence, Field::Note]).await
                    }
                    Due::Renewal => session.renew().await,
                    Due::Stale => match session.read_stale().await {
                        Ok(values) => {
                            tell_seen(session, values);
                            Ok(())
                        }
                        Err(error) => Err(error),
                    },
                },
                () = desk.events.closed() => return Err(Over),
            };
            if asked {
                *rested = Instant::now();
            }
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}

async fn read_all(session: &mut Session) -> Result<(), Error> {
    let values = session.read_all().await?;
    tell_seen(session, values);
    Ok(())
}

async fn read(session: &mut Session, fields: &[Field]) -> Result<(), Error> {
    let values = session.read(fields).await?;
    tell_seen(session, values);
    Ok(())
}

fn tell_seen(session: &mut Session, values: Vec<FieldValue>) {
    session.tell_up();
    // A user who can read nothing has answered too.
    session.tell(PhoneEvent::Seen(values));
}

/// One write with its read-back: what is there now is told in any case, and then how it went.
async fn write(session: &mut Session, value: &FieldValue) -> Result<(), Error> {
    let field = value.field();
    let told = |outcome: Result<(), Fault>| PhoneEvent::Written { field, outcome };
    match session.write(value).await {
        Ok(()) => {
            debug!(?field, "written");
            let values = session.values(&[field]);
            tell_seen(session, values);
            session.tell(told(Ok(())));
            Ok(())
        }
        Err(error) if error.ends_connection() => {
            session.tell(told(Err(error.fault())));
            Err(error)
        }
        Err(error) => {
            debug!(?field, %error, "not written");
            let seen = read(session, &[field]).await;
            session.tell(told(Err(error.fault())));
            seen
        }
    }
}
