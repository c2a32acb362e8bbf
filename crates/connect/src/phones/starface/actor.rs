//! The task: connects, serves commands and polls, and tries again by the one pace.

use super::config::StarfaceConfig;
use super::error::Error;
use super::http::Http;
use super::session::{Session, UciDue};
use crate::backoff::Backoff;
use crate::clock::Alarm;
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

/// A connection that lasted this long was a good one: the pace starts anew.
const LASTED: Duration = Duration::from_secs(10);

/// The inbox is closed or nobody listens: the program ends.
struct Over;

pub(super) async fn run(
    config: StarfaceConfig,
    password: SecretString,
    inbox: UnboundedReceiver<PhoneCommand>,
    events: PhoneEvents,
) {
    let fault = Fault::new(FaultKind::Unreachable, Code::PhoneUnreachable).about(&config.host);
    let actor = Actor {
        config,
        http: None,
        password,
        inbox,
        events,
        fault,
        alarm: Alarm::new(),
    };
    let Over = actor.run().await;
}

struct Actor {
    config: StarfaceConfig,
    /// Made once: it reads all certificates of the system.
    http: Option<Http>,
    password: SecretString,
    inbox: UnboundedReceiver<PhoneCommand>,
    events: PhoneEvents,
    /// Why there is no connection.
    fault: Fault,
    alarm: Alarm,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Uci(UciDue),
    Dnd,
    Fields,
}

impl Actor {
    async fn run(mut self) -> Over {
        let mut pace = Backoff::connection();
        let mut refused = Backoff::refused();
        loop {
            let (error, lasted) = match self.open().await {
                Err(Over) => return Over,
                Ok(Err(error)) => (error, Duration::ZERO),
                Ok(Ok(session)) => {
                    refused.reset();
                    let since = Instant::now();
                    let Ok(error) = self.serve(session).await else {
                        return Over;
                    };
                    (error, since.elapsed())
                }
            };
            if lasted >= LASTED {
                pace.reset();
            }
            self.fault = error.fault();
            info!(code = ?self.fault.code, "no connection to the phone system");
            if self.events.send(PhoneEvent::Down(self.fault.clone())).is_err() {
                return Over;
            }
            // What a person has to mend is tried rarely, so that no account is locked out.
            let is_refused = matches!(error, Error::WrongPassword(_) | Error::OtherLogin(_));
            let wait = if is_refused { refused.wait() } else { pace.wait() };
            let Ok(()) = self.wait(wait, is_refused).await else {
                return Over;
            };
        }
    }

    /// Signs in; meanwhile commands are refused.
    async fn open(&mut self) -> Result<Result<Session, Error>, Over> {
        let http = match &self.http {
            Some(http) => http.clone(),
            None => match Http::new(&self.config) {
                Ok(http) => self.http.insert(http).clone(),
                Err(error) => return Ok(Err(error)),
            },
        };
        let events = self.events.clone();
        let mut opening = Box::pin(Session::open(&self.config, http, &self.password, events));
        loop {
            tokio::select! {
                opened = &mut opening => return Ok(opened),
                command = self.inbox.recv() => refuse(&command.ok_or(Over)?, &self.fault, &self.events),
            }
        }
    }

    /// Between two tries. Being asked for a reading is a reason to try now, for instance after a sleep; only what
    /// a person has to mend is not tried sooner.
    async fn wait(&mut self, wait: Duration, is_refused: bool) -> Result<(), Over> {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                () = self.events.closed() => return Err(Over),
                command = self.inbox.recv() => {
                    let command = command.ok_or(Over)?;
                    if command == PhoneCommand::Read && !is_refused {
                        return Ok(());
                    }
                    refuse(&command, &self.fault, &self.events);
                }
            }
        }
    }

    /// Until the connection ends.
    async fn serve(&mut self, mut session: Session) -> Result<Error, Over> {
        session.tell_up();
        info!(system = session.system(), "signed in to the phone system");
        let error = Box::pin(self.serve_on(&mut session)).await?;
        session.tell_line_down(&error);
        Ok(error)
    }

    async fn serve_on(&mut self, session: &mut Session) -> Result<Error, Over> {
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
                command = self.inbox.recv() => match command.ok_or(Over)? {
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
                () = self.events.closed() => return Err(Over),
            };
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}

fn refuse(command: &PhoneCommand, fault: &Fault, events: &PhoneEvents) {
    let event = match command {
        PhoneCommand::Write(value) => PhoneEvent::Written {
            field: value.field(),
            outcome: Err(fault.clone()),
        },
        PhoneCommand::Read => PhoneEvent::Down(fault.clone()),
    };
    // Nobody listens any more when the program ends.
    let _nobody = events.send(event);
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
