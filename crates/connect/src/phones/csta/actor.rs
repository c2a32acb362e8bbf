//! The task: serves commands and events; [`crate::phones::keep`] tries again.

use super::config::CstaConfig;
use super::error::Error;
use super::session::Session;
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Fields, Over};
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::Instant;
use tracing::info;

/// Several events about one change come together.
const SETTLE: Duration = Duration::from_millis(50);

pub(super) struct Actor {
    config: CstaConfig,
    password: SecretString,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: CstaConfig, password: SecretString) -> Self {
        Self {
            config,
            password,
            alarm: Alarm::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Everything,
    Stale,
    Renewal,
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let mut session = Session::open(&self.config, &self.password, events).await?;
        session.look().await?;
        Ok(session)
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
        error.needs_a_person()
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Error, Over> {
        let mut outcome = keep::read_all(session).await;
        let mut read_at = Instant::now();
        loop {
            match outcome {
                Ok(()) => {}
                Err(error) if error.ends_connection() => return Ok(error),
                Err(error) => session.tell(PhoneEvent::ReadFailed(error.fault())),
            }
            let dues = [
                Some((read_at + self.config.timing.fields, Due::Everything)),
                session.stale.map(|since| (since + SETTLE, Due::Stale)),
                session.renewal_due().map(|at| (at, Due::Renewal)),
            ];
            let Some((at, due)) = dues.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                // There is always a next reading.
                return Err(Over);
            };
            let wait = at.saturating_duration_since(Instant::now());
            outcome = tokio::select! {
                biased;
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        read_at = Instant::now();
                        keep::read_all(session).await
                    }
                    PhoneCommand::Write(value) => keep::write(session, &value).await,
                },
                heard = session.hear() => heard,
                () = self.alarm.ring(Some(wait)) => match due {
                    Due::Everything | Due::Stale => {
                        read_at = Instant::now();
                        keep::read_all(session).await
                    }
                    Due::Renewal => session.renew().await,
                },
                () = desk.events.closed() => return Err(Over),
            };
        }
    }
}
