//! The older interface, which every box has: for firmware before 13 (facts/innovaphone.md section 4).
//!
//! | module | what |
//! |---|---|
//! | [`http_digest`] | HTTP's own sign-in; pure |
//! | [`xml`] | the bytes: calls out, answers in; pure |
//! | [`methods`] | parameters in their order, and what answers mean; pure |
//! | [`session`] | a session: polled all the while, asked and written to beside the poll |
//!
//! It knows the person's calls, and from the description of version 10 on it sets presence and note. Do not disturb is
//! no activity of either description, and nothing forwards. It signs each request, so the password itself stays
//! stored.

pub mod http_digest;
pub mod methods;
pub mod session;
pub mod xml;

use super::config::InnovaphoneConfig;
use super::error::Error;
use super::login::Login;
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Over};
use crate::phones::probe::{Finding, Step};
use crate::phones::web::Web;
use crate::port::{PhoneCommand, PhoneEvents};
use offhook_engine::fault::{Code, Fault, FaultKind};
use secrecy::SecretString;
use session::Session;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::info;

pub(super) struct Actor {
    config: InnovaphoneConfig,
    secret: SecretString,
    /// Made once: it reads all certificates of the system.
    web: Option<Web>,
    alarm: Alarm,
}

impl Actor {
    pub(super) fn new(config: InnovaphoneConfig, secret: SecretString) -> Self {
        Self {
            config,
            secret,
            web: None,
            alarm: Alarm::new(),
        }
    }
}

fn web(config: &InnovaphoneConfig) -> Result<Web, Error> {
    let timing = &config.timing;
    let web = Web::new(
        "innovaphone",
        &config.endpoint.host,
        &config.tls,
        timing.connect,
        timing.answer,
    )?;
    Ok(web.giving_data())
}

/// The password; a session of myApps is none.
fn password(config: &InnovaphoneConfig, secret: &SecretString) -> Result<SecretString, Error> {
    match Login::parse(secret, config)? {
        Login::Password(password) => Ok(password),
        Login::Session(_) => Err(Error::OtherSession),
    }
}

impl Adapter for Actor {
    type Session = Session;
    type Error = Error;

    async fn open(&mut self, events: PhoneEvents) -> Result<Session, Error> {
        let password = password(&self.config, &self.secret)?;
        let web = match &self.web {
            Some(web) => web.clone(),
            None => self.web.insert(web(&self.config)?).clone(),
        };
        Box::pin(Session::open(&self.config, web, &password, events)).await
    }

    async fn serve(&mut self, mut session: Session, desk: &mut Desk) -> Result<Error, Over> {
        session.tell_up();
        info!("signed in to the phone system by SOAP");
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
        let mut read_at = Instant::now();
        loop {
            let wait = (read_at + timing.fields).saturating_duration_since(Instant::now());
            let outcome = tokio::select! {
                biased;
                heard = session.hear() => heard,
                command = desk.inbox.recv() => match command.ok_or(Over)? {
                    PhoneCommand::Read => {
                        read_at = Instant::now();
                        keep::read_all(session).await
                    }
                    PhoneCommand::Write(value) => keep::write(session, &value).await,
                },
                () = self.alarm.ring(Some(wait)) => {
                    read_at = Instant::now();
                    keep::read_all(session).await
                }
                () = desk.events.closed() => return Err(Over),
            };
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}

/// The Test button: looks at everything that will be needed, step by step, and changes nothing.
pub(super) async fn test_step_by_step(
    config: &InnovaphoneConfig,
    secret: &SecretString,
    mut tell: impl FnMut(Finding),
) {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let password = match password(config, secret) {
        Ok(password) => password,
        Err(error) => return found(Step::SignIn, Err(error.fault())),
    };
    let (nobody, _listens) = mpsc::unbounded_channel();
    let web = match web(config) {
        Ok(web) => web,
        Err(error) => return found(Step::Reach, Err(error.fault())),
    };
    let session = match Box::pin(Session::open(config, web, &password, nobody)).await {
        Ok(session) => session,
        Err(error) if error.is_silence() => return found(Step::Reach, Err(error.fault())),
        Err(error) => {
            found(Step::Reach, Ok(String::new()));
            let is_other = matches!(error, Error::NotUnderstood(_));
            let step = if is_other { Step::Greeting } else { Step::SignIn };
            return found(step, Err(error.fault()));
        }
    };
    found(Step::Reach, Ok(String::new()));
    found(Step::SignIn, Ok("innovaphone (SOAP)".to_owned()));
    let lacks = |what: &str| Err(Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what));
    found(Step::DndWrite, lacks("SOAP"));
    found(Step::Forward, lacks("SOAP"));
    found(
        Step::Note,
        if session.abilities().note.write {
            Ok("yes".to_owned())
        } else {
            lacks("SetPresence")
        },
    );
    found(Step::Calls, Ok("dialogs".to_owned()));
}
