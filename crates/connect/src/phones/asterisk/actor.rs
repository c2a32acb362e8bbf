//! The task: connects, serves commands and pushes; [`crate::phones::keep`] tries again.

use super::config::AsteriskConfig;
use super::error::Error;
use super::session::Session;
use crate::clock::Alarm;
use crate::phones::keep::{Adapter, Desk, Over};
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

/// How often an extension may be unknown before that is taken for a mistake in the settings: an Asterisk that has
/// just started knows its devices only after a moment.
const DOUBTS: u32 = 3;

pub(super) struct Actor {
    config: AsteriskConfig,
    secret: SecretString,
    /// How often in a row the extension was unknown.
    unknown: u32,
    /// For the long waits of a connection at rest: one of the runtime's own timers wakes the program up to three
    /// times on its way down the timer wheel, and does not count sleep.
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: AsteriskConfig, secret: SecretString) -> Self {
        Self {
            config,
            secret,
            unknown: 0,
            alarm: Alarm::new(),
        }
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let mut session = Session::open(&self.config, &self.secret, events).await?;
        session.look().await?;
        Ok(session)
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        session.tell_line_up();
        info!(system = session.system(), "signed in to the phone system");
        let Err(error) = self.serve_on(&mut session, desk).await? else {
            return Err(Over);
        };
        session.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
        Ok(error)
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        self.unknown = if matches!(error, Error::ExtensionUnknown(_)) {
            self.unknown + 1
        } else {
            0
        };
        matches!(error, Error::WrongPassword(_)) || self.unknown > DOUBTS
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Result<(), Error>, Over> {
        let timing = self.config.timing;
        if let Err(error) = survey(session, true, &Field::ALL).await {
            return Ok(Err(error));
        }
        let (mut listed_at, mut read_at) = (Instant::now(), Instant::now());
        let mut look_at = Some(read_at + timing.look_again);
        loop {
            let settled = |since: Option<Instant>| since.map(|since| since + timing.settle);
            let due = [
                Some((session.heard_at + timing.ping, Due::Ping)),
                Some((listed_at + session.calls_pace(), Due::Survey)),
                Some((read_at + session.fields_pace(), Due::Survey)),
                look_at.map(|at| (at, Due::Look)),
                settled(session.dirty_since).map(|at| (at, Due::Dirty)),
                settled(session.doubt_since).map(|at| (at, Due::Doubt)),
            ];
            let Some((at, what)) = due.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                return Ok(Ok(()));
            };
            let outcome = tokio::select! {
                biased;
                heard = session.hear() => heard,
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        (listed_at, read_at) = (Instant::now(), Instant::now());
                        survey(session, true, &Field::ALL).await
                    }
                    PhoneCommand::Write(value) => write(session, &value).await,
                },
                () = self.alarm.ring(Some(at.saturating_duration_since(Instant::now()))) => match what {
                    Due::Ping => session.ping().await,
                    Due::Survey => {
                        let now = Instant::now();
                        // One awakening for both where they are due about now.
                        let is_due = |since: Instant, pace: Duration| now >= since + pace - pace / 10;
                        let calls = is_due(listed_at, session.calls_pace());
                        let fields = is_due(read_at, session.fields_pace());
                        if calls {
                            listed_at = now;
                        }
                        if fields {
                            read_at = now;
                        }
                        survey(session, calls, if fields { &Field::ALL } else { &[] }).await
                    }
                    Due::Look => { look_at = None; look_again(session).await }
                    Due::Dirty => read_dirty(session).await,
                    Due::Doubt => {
                        session.doubt_since = None;
                        listed_at = Instant::now();
                        session.resync().await
                    }
                },
                () = desk.events.closed() => return Err(Over),
            };
            if let Err(error) = outcome {
                return Ok(Err(error));
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Ping,
    Survey,
    Look,
    Dirty,
    Doubt,
}

/// The calls if so asked, and these fields where they can be read.
async fn survey(session: &mut Session, calls: bool, fields: &[Field]) -> Result<(), Error> {
    let outcome = session.survey(calls, fields).await;
    tell_read(outcome, session)
}

async fn read_dirty(session: &mut Session) -> Result<(), Error> {
    session.dirty_since = None;
    let dirty: Vec<Field> = std::mem::take(&mut session.dirty).into_iter().collect();
    if dirty.is_empty() {
        return Ok(());
    }
    session.tell_up();
    let outcome = session.read(&dirty).await;
    tell_read(outcome, session)
}

/// Rights and devices may have changed since the sign-in.
async fn look_again(session: &mut Session) -> Result<(), Error> {
    match session.look().await {
        Err(error) if error.ends_connection() => return Err(error),
        Err(error) => debug!(%error, "could not look again"),
        Ok(()) => {}
    }
    session.tell_up();
    Ok(())
}

fn tell_read(outcome: Result<Vec<FieldValue>, Error>, session: &Session) -> Result<(), Error> {
    match outcome {
        Ok(values) if values.is_empty() => {}
        Ok(values) => session.tell(PhoneEvent::Seen(values)),
        Err(error) if error.ends_connection() => return Err(error),
        Err(error) => session.tell(PhoneEvent::ReadFailed(error.fault())),
    }
    Ok(())
}

/// One write with its read-back: what is there now is told in any case, and then how it went.
async fn write(session: &mut Session, value: &FieldValue) -> Result<(), Error> {
    let field = value.field();
    let written = session.write(value).await;
    let told = |outcome: Result<(), Fault>| PhoneEvent::Written { field, outcome };
    let broken = match written {
        Err(error) if error.ends_connection() => {
            session.tell(told(Err(error.fault())));
            return Err(error);
        }
        Ok(()) => {
            debug!(?field, "written");
            session.tell(PhoneEvent::Seen(vec![value.clone()]));
            session.tell(told(Ok(())));
            return Ok(());
        }
        Err(error) => error,
    };
    debug!(?field, error = %broken, "not written");
    let seen = session.read(&[field]).await;
    let broken = told(Err(broken.fault()));
    let outcome = tell_read(seen, session);
    session.tell(broken);
    outcome
}
