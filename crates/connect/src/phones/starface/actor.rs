//! The task: connects, serves commands and polls; [`crate::phones::keep`] tries again.

use super::config::StarfaceConfig;
use super::error::Error;
use super::http::Http;
use super::session::{Session, UciDue};
use crate::clock::Alarm;
use crate::phones::keep::{Adapter, Desk, Over};
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::{debug, info};

pub(super) struct Actor {
    config: StarfaceConfig,
    /// Made once: it reads all certificates of the system.
    http: Option<Http>,
    password: SecretString,
    alarm: Alarm,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Uci(UciDue),
    Dnd,
    Fields,
}

impl Actor {
    pub(super) fn new(config: StarfaceConfig, password: SecretString) -> Self {
        Self {
            config,
            http: None,
            password,
            alarm: Alarm::new(),
        }
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let http = match &self.http {
            Some(http) => http.clone(),
            None => self.http.insert(Http::new(&self.config)?).clone(),
        };
        Session::open(&self.config, http, &self.password, events).await
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
        matches!(error, Error::WrongPassword(_) | Error::OtherLogin(_))
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Error, Over> {
        let timing = self.config.timing;
        if let Err(error) = read_all(session).await {
            return Ok(error);
        }
        let mut fields_at = Instant::now();
        let mut dnd_at = fields_at;
        loop {
            let dues = [
                session.uci_due().map(|(at, due)| (at, Due::Uci(due))),
                Some((dnd_at + timing.dnd, Due::Dnd)),
                Some((fields_at + timing.fields, Due::Fields)),
            ];
            let Some((at, due)) = dues.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                // There is always a next look at the fields.
                return Err(Over);
            };
            let wait = at.saturating_duration_since(Instant::now());
            let outcome = tokio::select! {
                biased;
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        fields_at = Instant::now();
                        dnd_at = fields_at;
                        read_all(session).await
                    }
                    PhoneCommand::Write(value) => write(session, &value).await,
                },
                () = self.alarm.ring(Some(wait)) => match due {
                    Due::Uci(due) => session.serve_uci(due).await,
                    Due::Dnd => {
                        dnd_at = Instant::now();
                        read(session, &[Field::Dnd]).await
                    }
                    Due::Fields => {
                        fields_at = Instant::now();
                        dnd_at = fields_at;
                        read(session, &Field::ALL).await
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
    // An account that can read nothing has answered too.
    session.tell(PhoneEvent::Seen(values));
}

/// One write with its read-back: what is there now is told in any case, and then how it went.
async fn write(session: &mut Session, value: &FieldValue) -> Result<(), Error> {
    let field = value.field();
    let told = |outcome: Result<(), Fault>| PhoneEvent::Written { field, outcome };
    match session.write(value).await {
        Ok(()) => {
            debug!(?field, "written");
            session.tell(PhoneEvent::Seen(vec![value.clone()]));
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
