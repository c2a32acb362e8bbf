//! The task: reads at its pace, serves commands; [`crate::phones::keep`] tries again.

use super::config::CommandConfig;
use super::error::Error;
use super::session::{Session, Webs};
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Fields as _, Over};
use crate::port::PhoneEvents;
use offhook_engine::fault::Fault;
use secrecy::SecretString;

pub(super) struct Actor {
    config: CommandConfig,
    secret: SecretString,
    webs: Webs,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: CommandConfig, secret: SecretString) -> Self {
        Self {
            config,
            secret,
            webs: Webs::new(),
            alarm: Alarm::new(),
        }
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    /// There is nothing to sign in to: whatever can be read is read once.
    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let webs = self.webs.clone();
        let mut session = Session::new(self.config.clone(), self.secret.clone(), events, webs);
        let read = session.read_all().await;
        self.webs.clone_from(&session.webs);
        read.map(|_values| session)
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        let every = self.config.timing.read;
        Box::pin(keep::serve_polled(&mut session, desk, every, &self.alarm)).await
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        matches!(error, Error::WrongPassword(_))
    }
}
