//! A connection with its session and its monitor: asks and hears over one stream, reads, writes.

use super::calls::{Calls, Told};
use super::config::CstaConfig;
use super::error::Error;
use super::frame::{self, EVENT, Frame};
use super::messages::{self, Concerned, Family, Forwards, Message};
use crate::phones::keep::Fields;
use crate::phones::net::{self, NetError, Stream};
use crate::phones::xml::Element;
use crate::port::{PhoneEvent, PhoneEvents};
use crate::wire;
use bytes::BytesMut;
use offhook_engine::fault::Fault;
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity};
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep, timeout};
use tracing::debug;

const WIRE: &str = "CSTA";
/// Events that say a snapshot is out of date before it is there come rarely twice.
const SNAPSHOTS: usize = 3;

pub struct Session {
    config: CstaConfig,
    /// `None` once good-bye is being said.
    stream: Option<Box<dyn Stream>>,
    buffer: BytesMut,
    invoke: u16,
    edition: u8,
    /// Of ECMA-354, with the time of its next renewal.
    session: Option<(String, Option<Instant>)>,
    monitor: String,
    calls: Calls,
    /// Call events since the last snapshot was asked for.
    events_since: usize,
    /// Whether calls are told.
    tells: bool,
    dnd: Can,
    forward: Can,
    /// What was read last, where it can be.
    forwards: Forwards,
    told: Option<Abilities>,
    /// Since when something has changed that was not read again.
    pub(super) stale: Option<Instant>,
    events: PhoneEvents,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("place", &self.config.place)
            .field("edition", &self.edition)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects and begins a session, where the link has one.
    ///
    /// # Errors
    /// Everything that keeps a connection from being made.
    pub async fn open(
        config: &CstaConfig,
        password: &SecretString,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let place = &config.place;
        let stream = net::connect(&place.host, place.port, &place.tls, config.timing.connect).await?;
        let mut session = Self {
            config: config.clone(),
            stream: Some(stream),
            buffer: BytesMut::new(),
            invoke: 0,
            edition: config.edition,
            session: None,
            monitor: String::new(),
            calls: Calls::default(),
            events_since: 0,
            tells: false,
            dnd: Can::default(),
            forward: Can::default(),
            forwards: Forwards::default(),
            told: None,
            stale: None,
            events,
        };
        if config.has_session {
            session.begin(password).await?;
        }
        Ok(session)
    }

    async fn begin(&mut self, password: &SecretString) -> Result<(), Error> {
        let login = self.config.user.clone();
        let login = login.as_deref().map(|user| (user, password));
        let request = messages::start_session(self.edition, self.config.timing.session, login);
        let answer = self.ask(&request).await?;
        if let Some(refusal) = messages::refusal(&answer) {
            return Err(match &self.config.user {
                Some(_) => Error::WrongPassword(self.host()),
                None => Error::NoSession(refusal.to_string()),
            });
        }
        let granted = messages::granted(&answer).ok_or_else(|| self.not_understood())?;
        if let Some(edition) = granted.edition {
            self.edition = edition;
        }
        self.session = Some((granted.session, next_renewal(granted.duration)));
        Ok(())
    }

    /// Watches the own device, and finds out what can be read of it.
    ///
    /// # Errors
    /// As every question.
    pub async fn look(&mut self) -> Result<(), Error> {
        let request = messages::monitor_start(self.edition, &self.config.device);
        let answer = self.ask(&request).await?;
        if let Some(refusal) = messages::refusal(&answer) {
            debug!(%refusal, "no monitor");
            return Err(if refusal.is_limit() {
                Error::NoLicence { host: self.host() }
            } else if refusal.family == Family::Operation {
                Error::DeviceUnknown(self.config.device.clone())
            } else {
                Error::Refused {
                    what: "MonitorStart",
                    refusal,
                }
            });
        }
        let monitor = answer.word("monitorCrossRefID");
        if answer.name != "MonitorStartResponse" || monitor.is_empty() {
            return Err(self.not_understood());
        }
        monitor.clone_into(&mut self.monitor);
        for field in [Field::Dnd, Field::Forward] {
            let can = match self.read(field).await {
                // Whether it can be set shows at the first time.
                Ok(_) => Can {
                    read: true,
                    write: true,
                },
                Err(Error::Refused { what, refusal }) => {
                    debug!(what, %refusal, "not offered");
                    Can::default()
                }
                Err(error) => return Err(error),
            };
            match field {
                Field::Dnd => self.dnd = can,
                Field::Forward | Field::Presence | Field::Note => self.forward = can,
            }
        }
        self.snapshot().await
    }

    pub fn abilities(&self) -> Abilities {
        let others = self.has_other_forwards();
        Abilities {
            dnd: self.dnd,
            forward: Can {
                write: self.forward.write && !others,
                ..self.forward
            },
            calls: true,
            tells_internal_apart: true,
            // It is a company's link: whatever it may do, it may do for every device.
            could_change_others: true,
            ..Abilities::default()
        }
    }

    pub(super) fn can_forward(&self) -> Can {
        self.forward
    }

    pub fn has_other_forwards(&self) -> bool {
        let half = self.forwards.target.is_some() && self.forwards.concerned == Concerned::External;
        self.forwards.others || (half && self.config.internal_too)
    }

    /// One that is set stays of its kind, also when what is written is what was there before.
    fn concerned(&self) -> Concerned {
        if self.forwards.target.is_some() {
            self.forwards.concerned
        } else if self.config.internal_too {
            Concerned::All
        } else {
            Concerned::External
        }
    }

    /// For people.
    pub fn system(&self) -> String {
        format!("CSTA III, edition {}", self.edition)
    }

    fn host(&self) -> String {
        self.config.place.host.clone()
    }

    fn not_understood(&self) -> Error {
        Error::NotUnderstood(self.host())
    }

    fn lost(&self) -> Error {
        NetError::Lost(self.host()).into()
    }

    fn timed_out(&self) -> Error {
        NetError::TimedOut(self.host()).into()
    }

    // --- over the stream

    async fn send(&mut self, invoke: u16, xml: &str) -> Result<(), Error> {
        let frame = frame::write(invoke, xml).ok_or_else(|| self.not_understood())?;
        wire::sent(WIRE, wire::Root(xml), frame.len());
        let limit = self.config.timing.answer;
        let Some(stream) = &mut self.stream else {
            return Err(self.lost());
        };
        match timeout(limit, async {
            stream.write_all(&frame).await?;
            stream.flush().await
        })
        .await
        {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_gone)) => Err(self.lost()),
            Err(_elapsed) => Err(self.timed_out()),
        }
    }

    /// The next frame. May be given up at any time without losing one.
    async fn next(&mut self) -> Result<Frame, Error> {
        loop {
            let taken = frame::take(&mut self.buffer);
            if let Some(frame) = taken.map_err(|frame::NoFrame| self.not_understood())? {
                wire::heard(WIRE, wire::Root(&frame.xml), frame.length());
                return Ok(frame);
            }
            let Some(stream) = &mut self.stream else {
                return Err(self.lost());
            };
            match stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(self.lost()),
                Ok(_) => {}
            }
        }
    }

    /// Asks and waits for the answer; what comes in between is heard.
    async fn ask(&mut self, xml: &str) -> Result<Element, Error> {
        self.invoke = self.invoke % (EVENT - 1) + 1;
        let invoke = self.invoke;
        self.send(invoke, xml).await?;
        let until = Instant::now() + self.config.timing.answer;
        loop {
            let wait = until.saturating_duration_since(Instant::now());
            let frame = match timeout(wait, self.next()).await {
                Ok(frame) => frame?,
                Err(_elapsed) => return Err(self.timed_out()),
            };
            let message = self.message(&frame)?;
            // The phone system counts its own requests; an answer is no request.
            if frame.invoke == invoke && message.root.name != "SystemStatus" {
                return Ok(message.root);
            }
            self.on_message(frame.invoke, &message).await?;
        }
    }

    fn message(&mut self, frame: &Frame) -> Result<Message, Error> {
        let message = messages::parse(&frame.xml).map_err(|_odd| self.not_understood())?;
        if let Some(edition) = message.edition {
            self.edition = edition;
        }
        Ok(message)
    }

    /// Hears one message that nobody asked for. May be given up while it waits for one.
    pub(super) async fn hear(&mut self) -> Result<(), Error> {
        let frame = self.next().await?;
        let message = self.message(&frame)?;
        self.on_message(frame.invoke, &message).await
    }

    async fn on_message(&mut self, invoke: u16, message: &Message) -> Result<(), Error> {
        let root = &message.root;
        match root.name.as_str() {
            "SystemStatus" => {
                if root.word("systemStatus") == "messagesLost" {
                    self.stale = Some(Instant::now());
                }
                if invoke != EVENT {
                    let answer = messages::system_status(self.edition);
                    self.send(invoke, &answer).await?;
                }
                return Ok(());
            }
            "ApplicationSessionTerminated" => return Err(Error::SessionEnded(self.host())),
            _ => {}
        }
        let monitor = root.word("monitorCrossRefID");
        // Before the answer to its own request an event is of a monitor that has no name yet; the snapshot tells all.
        if monitor.is_empty() || monitor != self.monitor {
            return Ok(());
        }
        match self.calls.on_event(root, &self.config.device) {
            Told::Calls(events) => {
                self.events_since += 1;
                if self.tells {
                    for event in events {
                        self.tell(PhoneEvent::Line(event));
                    }
                }
            }
            Told::Field | Told::Again => self.stale = Some(Instant::now()),
            Told::MonitorGone => return Err(Error::SessionEnded(self.host())),
            Told::Other => {}
        }
        Ok(())
    }

    /// All calls as they are now.
    async fn snapshot(&mut self) -> Result<(), Error> {
        for _ in 0..SNAPSHOTS {
            self.events_since = 0;
            let answer = self
                .ask(&messages::snapshot(self.edition, &self.config.device))
                .await?;
            if let Some(refusal) = messages::refusal(&answer) {
                debug!(%refusal, "no snapshot");
                // What has begun since is told all the same.
                return Ok(());
            }
            self.calls
                .on_snapshot(&answer)
                .ok_or_else(|| self.not_understood())?;
            // What an event told meanwhile may be newer than the answer.
            if self.events_since == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    // --- the session's life

    pub(super) fn renewal_due(&self) -> Option<Instant> {
        self.session.as_ref().and_then(|(_, at)| *at)
    }

    pub(super) async fn renew(&mut self) -> Result<(), Error> {
        let Some((session, _)) = self.session.clone() else {
            return Ok(());
        };
        let wanted = self.config.timing.session;
        let answer = self.ask(&messages::renew_session(&session, wanted)).await?;
        if messages::refusal(&answer).is_some() {
            return Err(Error::SessionEnded(self.host()));
        }
        let lasts = messages::duration(&answer).or(Some(wanted));
        self.session = Some((session, next_renewal(lasts)));
        Ok(())
    }

    // --- fields

    async fn asked(&mut self, what: &'static str, xml: &str) -> Result<Element, Error> {
        let answer = self.ask(xml).await?;
        match messages::refusal(&answer) {
            Some(refusal) => Err(Error::Refused { what, refusal }),
            None => Ok(answer),
        }
    }

    pub(super) async fn read(&mut self, field: Field) -> Result<Option<FieldValue>, Error> {
        let (edition, device) = (self.edition, self.config.device.clone());
        match field {
            Field::Dnd => {
                let request = messages::dnd_of(edition, &device);
                let answer = self.asked("GetDoNotDisturb", &request).await?;
                let on = messages::dnd(&answer).ok_or_else(|| self.not_understood())?;
                Ok(Some(FieldValue::Dnd(on)))
            }
            Field::Forward => {
                let request = messages::forwards_of(edition, &device);
                let answer = self.asked("GetForwarding", &request).await?;
                self.forwards = messages::forwards(&answer).ok_or_else(|| self.not_understood())?;
                Ok(Some(FieldValue::Forward(self.forwards.target.clone())))
            }
            Field::Presence | Field::Note => Ok(None),
        }
    }

    /// What can be read now, one after the other.
    pub(super) async fn read_fields(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.stale = None;
        let mut values = Vec::new();
        if self.dnd.read {
            values.extend(self.read(Field::Dnd).await?);
        }
        if self.forward.read {
            values.extend(self.read(Field::Forward).await?);
        }
        Ok(values)
    }

    async fn set(&mut self, value: &FieldValue) -> Result<(), Error> {
        let (edition, device) = (self.edition, self.config.device.clone());
        match value {
            FieldValue::Dnd(on) => {
                let request = messages::set_dnd(edition, &device, *on);
                self.asked("SetDoNotDisturb", &request).await.map(|_done| ())
            }
            FieldValue::Forward(target) => {
                if self.forwards.others {
                    return Err(Error::OtherForwards);
                }
                // One that is taken away is named as it stands there.
                let number = target.clone().or_else(|| self.forwards.target.clone());
                let number = number.unwrap_or_default();
                let (on, concerned) = (target.is_some(), self.concerned());
                let request = messages::set_forward(edition, &device, concerned, on, &number);
                self.asked("SetForwarding", &request).await.map(|_done| ())
            }
            FieldValue::Presence(_) | FieldValue::Note(_) => Err(Error::NotConfirmed(value.field())),
        }
    }

    async fn confirm(&mut self, value: &FieldValue) -> Result<(), Error> {
        let until = Instant::now() + self.config.timing.confirm;
        loop {
            if self.read(value.field()).await?.as_ref() == Some(value) {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(self.config.timing.look).await;
        }
    }

    /// What can't be set is not attempted again.
    fn learn(&mut self, field: Field, error: &Error) {
        let Error::Refused { refusal, .. } = error else {
            return;
        };
        if !matches!(refusal.family, Family::Security | Family::Operation) {
            return;
        }
        match field {
            Field::Dnd => self.dnd.write = false,
            Field::Forward => self.forward.write = false,
            Field::Presence | Field::Note => {}
        }
    }

    /// The calls are told from now on, first of all those that are up.
    pub(super) fn tell_calls(&mut self) {
        if !std::mem::replace(&mut self.tells, true) {
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
        }
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(self.calls.list())));
    }

    pub(super) fn tell_line_down(&self, error: &Error) {
        self.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
    }
}

/// Half of it is over by then.
fn next_renewal(duration: Option<Duration>) -> Option<Instant> {
    duration.map(|duration| Instant::now() + duration / 2)
}

impl Fields for Session {
    type Error = Error;

    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        let values = self.read_fields().await?;
        self.snapshot().await?;
        self.tell_calls();
        Ok(values)
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        let field = value.field();
        if let Err(error) = self.set(value).await {
            self.learn(field, &error);
            return Err(error);
        }
        self.confirm(value).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        vec![value.clone()]
    }

    fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) != Some(abilities) {
            let identity = PhoneIdentity {
                key: self.config.key(),
                system: self.system(),
                names: Vec::new(),
            };
            self.tell(PhoneEvent::Up { identity, abilities });
        }
    }

    fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn ends_connection(error: &Error) -> bool {
        error.ends_connection()
    }
}

/// Ends the session, so that its monitor's licence is free. Nobody waits for it.
impl Drop for Session {
    fn drop(&mut self) {
        let (Some(mut stream), Some((session, _))) = (self.stream.take(), self.session.take()) else {
            return;
        };
        let Some(frame) = frame::write(self.invoke % (EVENT - 1) + 1, &messages::stop_session(&session))
        else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            wire::sent(WIRE, "StopApplicationSession", frame.len());
            let goodbye = async {
                if stream.write_all(&frame).await.is_ok() {
                    let _gone = stream.shutdown().await;
                }
            };
            let _late = timeout(Duration::from_secs(2), goodbye).await;
        });
    }
}
