//! The task: signs in, reads at its pace, serves commands; [`crate::phones::keep`] tries again.

use super::WIRE;
use super::config::FreepbxConfig;
use super::error::Error;
use super::session::Session;
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Fields as _, Over};
use crate::phones::web::Web;
use crate::port::PhoneEvents;
use offhook_engine::fault::Fault;
use secrecy::SecretString;
use tracing::info;

pub(super) struct Actor {
    config: FreepbxConfig,
    /// Made once: it reads all certificates of the system.
    web: Option<Web>,
    password: SecretString,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: FreepbxConfig, password: SecretString) -> Self {
        Self {
            config,
            web: None,
            password,
            alarm: Alarm::new(),
        }
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let web = match &self.web {
            Some(web) => web.clone(),
            None => {
                let (place, timing) = (&self.config.place, &self.config.timing);
                let web = Web::new(WIRE, &place.host, &place.tls, timing.connect, timing.answer)?;
                self.web.insert(web).clone()
            }
        };
        let mut session = Session::new(&self.config, web, &self.password, events);
        session.sign_in().await?;
        session.look().await?;
        Ok(session)
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        info!("signed in to the phone system");
        let every = self.config.timing.read;
        Box::pin(keep::serve_polled(&mut session, desk, every, &self.alarm)).await
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn waits_for_person(&mut self, error: &Error) -> bool {
        error.needs_a_person()
    }
}
