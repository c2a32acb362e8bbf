//! The task: connects, serves commands and pushes, and tries again by the one pace.

use super::config::AsteriskConfig;
use super::error::Error;
use super::session::Session;
use crate::backoff::Backoff;
use crate::clock::Alarm;
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

/// A connection that lasted this long was a good one: the pace starts anew.
const LASTED: Duration = Duration::from_secs(10);
/// How often an extension may be unknown before that is taken for a mistake in the settings: an Asterisk that has
/// just started knows its devices only after a moment.
const DOUBTS: u32 = 3;

/// The inbox is closed or nobody listens: the program ends.
struct Over;

pub(super) async fn run(
    config: AsteriskConfig,
    secret: SecretString,
    inbox: UnboundedReceiver<PhoneCommand>,
    events: PhoneEvents,
) {
    let unreachable = Fault::new(FaultKind::Unreachable, Code::PhoneUnreachable).about(&config.host);
    let actor = Actor {
        config,
        secret,
        inbox,
        events,
        fault: unreachable,
        alarm: Alarm::new(),
    };
    let Over = actor.run().await;
}

struct Actor {
    config: AsteriskConfig,
    secret: SecretString,
    inbox: UnboundedReceiver<PhoneCommand>,
    events: PhoneEvents,
    /// Why there is no connection.
    fault: Fault,
    /// For the long waits of a connection at rest: one of the runtime's own timers wakes the program up to three
    /// times on its way down the timer wheel, and does not count sleep.
    alarm: Alarm,
}

impl Actor {
    async fn run(mut self) -> Over {
        let mut pace = Backoff::connection();
        let mut refused = Backoff::refused();
        let mut unknown = 0;
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
            unknown = if matches!(error, Error::ExtensionUnknown(_)) {
                unknown + 1
            } else {
                0
            };
            let is_refused = matches!(error, Error::WrongPassword(_)) || unknown > DOUBTS;
            let wait = if is_refused { refused.wait() } else { pace.wait() };
            let Ok(()) = self.wait(wait, is_refused).await else {
                return Over;
            };
        }
    }

    /// Connects and signs in; meanwhile commands are refused.
    async fn open(&mut self) -> Result<Result<Session, Error>, Over> {
        let events = self.events.clone();
        let opening = async {
            let mut session = Session::open(&self.config, &self.secret, events).await?;
            session.look().await?;
            Ok(session)
        };
        let mut opening = Box::pin(opening);
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
        session.tell_line_up();
        info!(system = session.system(), "signed in to the phone system");
        let Err(error) = self.serve_on(&mut session).await? else {
            return Err(Over);
        };
        session.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
        Ok(error)
    }

    async fn serve_on(&mut self, session: &mut Session) -> Result<Result<(), Error>, Over> {
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
                command = self.inbox.recv() => match command.ok_or(Over)? {
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
                () = self.events.closed() => return Err(Over),
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
