//! The task: connects, serves commands and polls; [`crate::phones::keep`] tries again.

use super::chat::Chat;
use super::config::StarfaceConfig;
use super::error::Error;
use super::http::Http;
use super::listener::Listener;
use super::session::{Session, UciDue};
use crate::clock::Alarm;
use crate::phones::keep::{self, Adapter, Desk, Fields, Over};
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{debug, info};

pub(super) struct Actor {
    config: StarfaceConfig,
    /// Made once: it reads all certificates of the system.
    http: Option<Http>,
    password: SecretString,
    alarm: Alarm,
    /// Begun after the first sign-in, so that a wrong password is tried in one place; it outlives the session.
    chat: Option<Chat>,
    /// It outlives the session as well.
    listener: Option<Listener>,
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
            chat: None,
            listener: None,
        }
    }

    /// Opens the door for reports, if the person wants one and it is not open yet.
    async fn listen(&mut self) {
        let Some(at) = self.config.listen.filter(|_| self.listener.is_none()) else {
            return;
        };
        match Listener::open(at, &self.config).await {
            Ok(listener) => self.listener = Some(listener),
            // The person is told once there is a connection.
            Err(why) => debug!(why, "the door for reports was not opened"),
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
        self.listen().await;
        let listener = self.listener.as_ref();
        let mut session = Session::open(&self.config, http, &self.password, listener, events).await?;
        if let Some(config) = &self.config.chat {
            let start = || Chat::start(config.clone(), self.password.clone());
            session.chat_by(self.chat.get_or_insert_with(start).clone());
        }
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
        matches!(
            error,
            Error::WrongPassword(_)
                | Error::OtherLogin(_)
                | Error::ClientSecret(_)
                // Of a sign-in alone: afterwards it ends nothing.
                | Error::NotPermitted(_)
        )
    }
}

impl Actor {
    async fn serve_on(&self, session: &mut Session, desk: &mut Desk) -> Result<Error, Over> {
        let timing = self.config.timing;
        if let Err(error) = keep::read_all(session).await {
            return Ok(error);
        }
        if let (Some(at), None) = (self.config.listen, &self.listener) {
            let fault = Fault::new(FaultKind::Rejected, Code::PhoneNotListening);
            let trouble = LineEvent::Trouble(fault.about(at.to_string()));
            session.tell(PhoneEvent::Line(trouble));
        }
        let news = session.news();
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
                        keep::read_all(session).await
                    }
                    PhoneCommand::Write(value) => keep::write(session, &value).await,
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
                () = rung(news.as_deref()) => {
                    session.look_soon();
                    Ok(())
                }
                () = session.chat_changed() => read(session, &[Field::Presence, Field::Note]).await,
                () = desk.events.closed() => return Err(Over),
            };
            if let Err(error) = outcome {
                return Ok(error);
            }
        }
    }
}

async fn rung(news: Option<&Notify>) {
    match news {
        Some(news) => news.notified().await,
        None => std::future::pending().await,
    }
}

async fn read(session: &mut Session, fields: &[Field]) -> Result<(), Error> {
    let values = session.read(fields).await?;
    session.tell_up();
    // An account that can read nothing has answered too.
    session.tell(PhoneEvent::Seen(values));
    Ok(())
}

impl Fields for Session {
    type Error = Error;

    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        Self::read_all(self).await
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        Self::write(self, value).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        // Of what nothing shows nothing is told.
        let is_told = !self.abilities().unconfirmed.has(value.field());
        Vec::from_iter(is_told.then(|| value.clone()))
    }

    fn tell_up(&mut self) {
        Self::tell_up(self);
    }

    fn tell(&self, event: PhoneEvent) {
        Self::tell(self, event);
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn ends_connection(error: &Error) -> bool {
        error.ends_connection()
    }
}
