//! The task: serves commands and what is told; [`crate::phones::keep`] tries again.

use super::config::SipConfig;
use super::error::Error;
use super::session::{Memory, Session};
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Over};
use crate::port::{PhoneCommand, PhoneEvents};
use offhook_engine::fault::Fault;
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::info;

pub(super) struct Actor {
    config: SipConfig,
    password: SecretString,
    memory: Memory,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: SipConfig, password: SecretString) -> Self {
        Self {
            config,
            password,
            memory: Memory::default(),
            alarm: Alarm::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Alive,
    Renewal,
    Own,
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let memory = self.memory.clone();
        let mut session = Session::open(&self.config, &self.password, memory, events).await?;
        session.look().await?;
        Ok(session)
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        info!(system = session.system(), "signed in to the phone system");
        session.tell_first();
        let error = Box::pin(self.serve_on(&mut session, desk)).await;
        self.memory = session.memory.clone();
        let error = error?;
        session.tell_line_down(&error);
        Ok(error)
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        // It ends a connection only where nothing else is wanted of it.
        error.needs_a_person() || matches!(error, Error::NotOffered { .. })
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Error, Over> {
        let timing = self.config.timing;
        loop {
            let dues = [
                Some((session.heard_at + timing.keep_alive, Due::Alive)),
                session.renewal_due().map(|at| (at, Due::Renewal)),
                session.due().map(|at| (at, Due::Own)),
            ];
            let Some((at, due)) = dues.into_iter().flatten().min_by_key(|(at, _)| *at) else {
                // There is always a next sign of life.
                return Err(Over);
            };
            let wait = at.saturating_duration_since(Instant::now());
            let heard = tokio::select! {
                biased;
                command = desk.inbox.recv() => {
                    let outcome = match command.ok_or(Over)? {
                        PhoneCommand::Read => keep::read_all(session).await,
                        PhoneCommand::Write(value) => keep::write(session, &value).await,
                    };
                    if let Err(error) = outcome {
                        return Ok(error);
                    }
                    continue;
                }
                message = session.next() => Some(message),
                () = self.alarm.ring(Some(wait)) => None,
                () = desk.events.closed() => return Err(Over),
            };
            let outcome = match (heard, due) {
                // Answering must not be given up half-way.
                (Some(Ok(message)), _) => session.handle(message).await,
                (Some(Err(error)), _) => Err(error),
                (None, Due::Alive) => session.keep_alive().await,
                (None, Due::Renewal) => session.renew().await,
                (None, Due::Own) => session.on_due().await,
            };
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}
