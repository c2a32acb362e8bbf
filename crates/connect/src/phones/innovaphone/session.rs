//! A signed-in connection: hears, reads, writes. [`super::actor`] says when.

use super::apps::{Apps, Waiting};
use super::calls::Calls;
use super::config::{Activities, Endpoint, InnovaphoneConfig};
use super::error::Error;
use super::presence::{Own, Shown, words};
use super::sign_in::SignedIn;
use super::socket::{Heard, Socket};
use super::wire::{self, AppLogin, Message, User};
use crate::phones::keep::Fields;
use crate::port::{NewSecret, PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, PhonePresence};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, info};

/// How long a good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// The second socket's side of the connection.
#[derive(Debug)]
enum Second {
    /// Not wanted, by the settings.
    Off,
    Up(Box<Apps>),
    /// Tried again at that time.
    Down(Instant),
}

/// One sign-in and what follows from it.
pub struct Session {
    config: InnovaphoneConfig,
    socket: Socket,
    at: Endpoint,
    events: PhoneEvents,
    second: Second,
    second_asked: u64,
    /// A login for the second socket that has come.
    app_login: Option<AppLogin>,
    user: User,
    identity: PhoneIdentity,
    own: Own,
    calls: Calls,
    /// A call that we have added for one in Teams.
    alien: Option<Value>,
    /// The forward can be read there.
    can_forward: bool,
    /// A write is under way: what is pushed meanwhile is told when it has ended.
    is_writing: bool,
    told: Option<Abilities>,
    line_up: bool,
    pings: u64,
    pinged: Option<Instant>,
    heard_at: Instant,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("at", &self.at)
            .field("second", &self.second)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Learns who is signed in and what can be done. Writes nothing.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn open(
        config: &InnovaphoneConfig,
        signed_in: SignedIn,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let mut session = Self {
            config: config.clone(),
            socket: signed_in.socket,
            at: signed_in.at,
            events,
            second: match config.app {
                Some(_) => Second::Down(Instant::now()),
                None => Second::Off,
            },
            second_asked: 0,
            app_login: None,
            user: User::default(),
            identity: PhoneIdentity {
                key: config.key(),
                system: "innovaphone".into(),
                names: Vec::new(),
            },
            own: Own::default(),
            calls: Calls::default(),
            alien: None,
            can_forward: false,
            is_writing: false,
            told: None,
            line_up: false,
            pings: 0,
            pinged: None,
            heard_at: Instant::now(),
        };
        session.learn().await?;
        Ok(session)
    }

    /// The phone system tells of the person by itself; then the calls are asked for.
    async fn learn(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.config.timing.answer;
        while self.user.sip.is_empty() {
            if !self.hear_until(deadline).await? {
                return Err(Error::NotUnderstood(self.at.host.clone()));
            }
        }
        let names = [&self.user.dn, &self.user.email].into_iter();
        self.identity.names = names.filter(|name| !name.is_empty()).cloned().collect();
        let subscribe = json!({ "mt": "SubscribeDialog", "sip": self.user.sip, "num": self.user.num });
        self.socket.send(subscribe.to_string()).await?;
        self.settle().await?;
        if let Second::Down(_) = self.second {
            self.try_second().await?;
        }
        Ok(())
    }

    // --- hearing

    /// The next thing that comes at either socket, taken in. May be given up at any time.
    ///
    /// # Errors
    /// What became of the first socket; the second's end is borne.
    pub async fn hear(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let second = async {
            match &mut self.second {
                Second::Up(apps) => apps.hear().await,
                Second::Off | Second::Down(_) => std::future::pending().await,
            }
        };
        let heard = tokio::select! {
            biased;
            heard = self.socket.next() => heard?,
            heard = second => {
                if let Err(error) = heard {
                    self.second_fell(&error);
                    self.tell_up();
                }
                return Ok(None);
            }
        };
        self.heard_at = Instant::now();
        match heard {
            Heard::Text(text) => self.take(&text).map(|()| None),
            Heard::Pong(carries) => {
                self.pinged = None;
                Ok(Some(carries))
            }
            Heard::Nothing => Ok(None),
        }
    }

    /// False: the time is over.
    async fn hear_until(&mut self, deadline: Instant) -> Result<bool, Error> {
        match timeout_at(deadline, self.hear()).await {
            Ok(heard) => heard.map(|_| true),
            Err(_elapsed) => Ok(false),
        }
    }

    fn take(&mut self, text: &str) -> Result<(), Error> {
        let Ok(message) = wire::parse(text) else {
            debug!("a message that is not understood");
            return Ok(());
        };
        match message {
            Message::LogoutResult => {
                info!("the phone system has ended the session");
                self.tell(PhoneEvent::Secret(NewSecret(None)));
                return Err(Error::SessionOver(self.at.host.clone()));
            }
            Message::StandbyBack | Message::Disconnect => {
                debug!(?message, "the phone system ends the connection");
                return Err(self.socket.lost());
            }
            Message::User(user) => self.user = user,
            Message::OwnPresence(items) => {
                let was_known = self.own.shown().is_some();
                self.own.on_told(&items);
                if !self.is_writing && self.told.is_some() {
                    if !was_known {
                        self.tell_up();
                    }
                    self.tell_seen();
                }
            }
            Message::Dialog(dialog) => {
                let was_in_call = self.calls.in_call();
                if let Some(event) = self.calls.on(&dialog)
                    && self.line_up
                {
                    self.tell(PhoneEvent::Line(event));
                }
                if was_in_call != self.calls.in_call() && !self.is_writing && self.told.is_some() {
                    self.tell_seen();
                }
            }
            Message::AppLogin(login) => self.app_login = Some(login),
            Message::Authenticate(_)
            | Message::Authorize(_)
            | Message::LoginResult(_)
            | Message::LoginRefused
            | Message::Redirect(_)
            | Message::Other => {}
        }
        Ok(())
    }

    /// Whatever was pushed before is here when this returns: the answer to a ping comes after it.
    async fn settle(&mut self) -> Result<(), Error> {
        self.pings += 1;
        let carries = self.pings.to_be_bytes().to_vec();
        self.socket.ping(carries.clone()).await?;
        let deadline = Instant::now() + self.config.timing.answer;
        loop {
            let Ok(heard) = timeout_at(deadline, self.hear()).await else {
                return Err(self.socket.timed_out());
            };
            if heard?.as_ref() == Some(&carries) {
                return Ok(());
            }
        }
    }

    // --- signs of life

    /// When to ask for a sign of life, or to give up waiting for one.
    pub fn ping_due(&self) -> Instant {
        match self.pinged {
            Some(at) => at + self.config.timing.answer,
            None => self.heard_at + self.config.timing.ping,
        }
    }

    /// # Errors
    /// [`Error::Net`] when the last one was not answered.
    pub async fn ping(&mut self) -> Result<(), Error> {
        if self.pinged.is_some() {
            return Err(self.socket.timed_out());
        }
        self.pings += 1;
        self.pinged = Some(Instant::now());
        self.socket.ping(self.pings.to_be_bytes().to_vec()).await
    }

    // --- the second socket

    /// When to try it again.
    pub const fn second_due(&self) -> Option<Instant> {
        match self.second {
            Second::Down(at) => Some(at),
            Second::Off | Second::Up(_) => None,
        }
    }

    /// Signs in at the second socket. What goes wrong there leaves the first as it is.
    ///
    /// # Errors
    /// What became of the first socket.
    pub async fn try_second(&mut self) -> Result<(), Error> {
        match Box::pin(self.open_second()).await? {
            Ok(apps) => {
                self.second = Second::Up(Box::new(apps));
                self.read_forward().await;
            }
            Err(error) => self.second_fell(&error),
        }
        Ok(())
    }

    async fn open_second(&mut self) -> Result<Result<Apps, Error>, Error> {
        let Some(app) = self.config.app.clone() else {
            return Ok(Err(Error::NotPermitted("AppGetLogin")));
        };
        let waiting = match Waiting::open(&self.config, &self.at).await {
            Ok(waiting) => waiting,
            Err(error) => return Ok(Err(error)),
        };
        self.second_asked += 1;
        let src = format!("a{}", self.second_asked);
        let ask = json!({ "mt": "AppGetLogin", "src": src, "app": app, "challenge": waiting.challenge });
        self.socket.send(ask.to_string()).await?;
        let deadline = Instant::now() + self.config.timing.answer;
        let login = loop {
            if let Some(login) = self.app_login.take_if(|login| login.src == src) {
                break login;
            }
            if !self.hear_until(deadline).await? {
                return Ok(Err(Error::NotPermitted("AppGetLogin")));
            }
        };
        Ok(waiting.sign_in(login).await)
    }

    fn second_fell(&mut self, error: &Error) {
        debug!(%error, "no PbxApi");
        self.second = Second::Down(Instant::now() + self.config.timing.app_again);
        self.can_forward = false;
        // Whether the call has ended with the socket is not known; the next one adds its own.
        self.alien = None;
    }

    /// One question at the second socket. A refusal is an answer; anything else ends it.
    async fn at_second<T>(
        &mut self,
        what: &'static str,
        ask: impl AsyncFnOnce(&mut Apps) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Second::Up(apps) = &mut self.second else {
            return Err(Error::NotPermitted(what));
        };
        match ask(apps).await {
            Err(error) if error.ends_connection() => {
                self.second_fell(&error);
                Err(Error::NotPermitted(what))
            }
            answered => answered,
        }
    }

    /// `None` where it can't be read.
    async fn read_forward(&mut self) -> Option<FieldValue> {
        let target = self.at_second("PbxApi", async |apps| apps.forward().await).await;
        self.can_forward = target.is_ok();
        match target {
            Ok(target) => Some(FieldValue::Forward(target)),
            Err(error) => {
                debug!(%error, "no forwards");
                None
            }
        }
    }

    // --- reading

    /// Everything that is known, after whatever was on its way has come.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.settle().await?;
        self.resync();
        let forward = self.read_forward().await;
        let mut values = self.values();
        values.extend(forward);
        Ok(values)
    }

    fn values(&self) -> Vec<FieldValue> {
        let mut values = self.own.values(self.calls.in_call());
        if self.alien.is_some() {
            let presence = values.iter_mut().find(|value| value.field() == Field::Presence);
            if let Some(presence) = presence {
                *presence = FieldValue::Presence(Some(PhonePresence::OnThePhone));
            }
        }
        values
    }

    fn resync(&mut self) {
        if !std::mem::replace(&mut self.line_up, true) {
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
        }
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(self.calls.snapshot())));
    }

    // --- writing

    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        match value {
            FieldValue::Forward(target) => self.write_forward(target.as_deref()).await,
            FieldValue::Presence(Some(PhonePresence::OnThePhone)) if self.adds_calls() => {
                if self.alien.is_none() {
                    let id = self
                        .at_second("PbxApi AddAlienCall", async |apps| apps.add_call().await)
                        .await?;
                    self.alien = Some(id);
                }
                Ok(())
            }
            FieldValue::Presence(_) => {
                self.end_alien().await;
                self.write_own(value).await
            }
            FieldValue::Dnd(_) | FieldValue::Note(_) => self.write_own(value).await,
        }
    }

    const fn adds_calls(&self) -> bool {
        self.config.alien_calls && matches!(self.second, Second::Up(_))
    }

    async fn end_alien(&mut self) {
        let Some(id) = self.alien.take() else {
            return;
        };
        let ended = self
            .at_second("PbxApi DelAlienCall", async |apps| apps.end_call(id).await)
            .await;
        if let Err(error) = ended {
            // One that is not known there any more has ended.
            debug!(%error, "the added call was not taken back");
        }
    }

    async fn write_forward(&mut self, target: Option<&str>) -> Result<(), Error> {
        self.at_second("PbxApi", async |apps| apps.set_forward(target).await)
            .await?;
        if self.read_forward().await == Some(FieldValue::Forward(target.map(str::to_owned))) {
            Ok(())
        } else {
            Err(Error::NotConfirmed(Field::Forward))
        }
    }

    async fn write_own(&mut self, value: &FieldValue) -> Result<(), Error> {
        let Some((next, wanted)) = self.own.with(value, self.calls.in_call()) else {
            return Err(Error::NotPermitted("SetOwnPresence"));
        };
        if self.show(&wanted).await? {
            self.own = next;
            return Ok(());
        }
        if !wanted.is_documented() && self.config.activities == Activities::Documented {
            // Something that another program had set can't be put back by this one: better nothing than ours for ever.
            let nothing = Shown {
                activity: String::new(),
                ..wanted
            };
            self.show(&nothing).await?;
        }
        Err(Error::NotConfirmed(value.field()))
    }

    /// Whether it comes to be shown in time.
    async fn show(&mut self, wanted: &Shown) -> Result<bool, Error> {
        if self.own.shown() == Some(wanted) {
            return Ok(true);
        }
        let set = json!({ "mt": "SetOwnPresence", "activity": wanted.activity, "note": wanted.note });
        self.is_writing = true;
        let shown = Box::pin(self.shows(set.to_string(), wanted)).await;
        self.is_writing = false;
        shown
    }

    async fn shows(&mut self, set: String, wanted: &Shown) -> Result<bool, Error> {
        self.socket.send(set).await?;
        let deadline = Instant::now() + self.config.timing.confirm;
        while self.own.shown() != Some(wanted) {
            if !self.hear_until(deadline).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    // --- telling

    pub fn abilities(&self) -> Abilities {
        let all = |yes: bool| Can {
            read: yes,
            write: yes,
        };
        let own = all(self.own.shown().is_some());
        Abilities {
            dnd: own,
            forward: all(self.can_forward),
            presence: own,
            note: own,
            calls: true,
            could_change_others: false,
            presence_words: words(self.config.activities, self.adds_calls()),
            dnd_is_presence: true,
            ..Abilities::default()
        }
    }

    pub fn system(&self) -> &str {
        &self.identity.system
    }

    /// Whether the second socket is signed in.
    pub const fn has_second(&self) -> bool {
        matches!(self.second, Second::Up(_))
    }

    /// Says what can be done, if that is new.
    pub fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) == Some(abilities) {
            return;
        }
        self.tell(PhoneEvent::Up {
            identity: self.identity.clone(),
            abilities,
        });
    }

    fn tell_seen(&self) {
        self.tell(PhoneEvent::Seen(self.values()));
    }

    /// Ends the session for good. Whoever stored it can't use it any more.
    pub async fn log_out(&mut self) {
        let said = self.socket.send(json!({ "mt": "Logout" }).to_string());
        if tokio::time::timeout(GOODBYE, said).await.is_err() {
            debug!("no good-bye");
        }
    }

    pub fn tell_line_down(&mut self, error: &Error) {
        if std::mem::take(&mut self.line_up) {
            self.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
        }
    }

    pub fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }
}

impl Fields for Session {
    type Error = Error;

    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        Self::read_all(self).await
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        Box::pin(Self::write(self, value)).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        match value {
            FieldValue::Forward(_) => vec![value.clone()],
            FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_) => self.values(),
        }
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

/// Takes back a call that we have added. Nobody waits for it.
impl Drop for Session {
    fn drop(&mut self) {
        let (Some(id), Second::Up(mut apps)) = (
            self.alien.take(),
            std::mem::replace(&mut self.second, Second::Off),
        ) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let _late = tokio::time::timeout(GOODBYE, apps.end_call(id)).await;
        });
    }
}
