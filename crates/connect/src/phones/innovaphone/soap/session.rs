//! A session of SOAP: initialised, polled all the while, asked and written to beside the poll.

use super::http_digest::Challenge;
use super::methods::{self, Dialect, User};
use super::xml::{self, Answer, Element};
use crate::phones::innovaphone::config::InnovaphoneConfig;
use crate::phones::innovaphone::digest;
use crate::phones::innovaphone::error::Error;
use crate::phones::innovaphone::presence::Own;
use crate::phones::innovaphone::wire::Item;
use crate::phones::keep::Fields;
use crate::phones::net::{self, NetError};
use crate::phones::tls::Tls;
use crate::phones::web::{NoAnswer, Web};
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, PhonePresence, PresenceWords};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const MOST_CALLS: usize = 200;
const LOOK: Duration = Duration::from_millis(250);
const GOODBYE: Duration = Duration::from_secs(2);

/// The way to one box, with what it asked for last.
#[derive(Clone)]
struct Door {
    web: Web,
    address: Url,
    path: String,
    host: String,
    user: String,
    password: SecretString,
    is_secure: bool,
    challenge: Option<(Challenge, u32)>,
}

impl Door {
    fn new(config: &InnovaphoneConfig, web: Web, password: &SecretString) -> Result<Self, Error> {
        let at = &config.endpoint;
        let scheme = if config.tls == Tls::Off { "http" } else { "https" };
        let path = format!("/{}/user.soap", at.module);
        let address = format!("{scheme}://{}:{}{path}", net::in_address(&at.host), at.port);
        Ok(Self {
            web,
            address: Url::parse(&address).map_err(|_| Error::NotUnderstood(at.host.clone()))?,
            path,
            host: at.host.clone(),
            user: config.user.clone(),
            password: password.clone(),
            is_secure: config.tls != Tls::Off,
            challenge: None,
        })
    }

    /// One method; the first answer may be a challenge.
    async fn ask(&mut self, what: &'static str, body: String, limit: Duration) -> Result<Element, Error> {
        for is_last in [false, true] {
            let mut request = self
                .web
                .request(Method::POST, self.address.clone())
                .timeout(limit)
                .header(CONTENT_TYPE, "text/xml; charset=utf-8")
                .header("SOAPAction", format!("\"http://innovaphone.com/pbx#{what}\""))
                .body(body.clone());
            if let Some((challenge, count)) = &mut self.challenge {
                *count += 1;
                let cnonce = digest::nonce().map_err(|_| Error::NoRandomness(self.host.clone()))?;
                let answer = challenge.answer(&self.user, &self.password, &self.path, &cnonce, *count);
                let mut value = HeaderValue::from_bytes(answer.expose_secret().as_bytes())
                    .map_err(|_| Error::WrongPassword(self.host.clone()))?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            let response = self.web.send(request).await.map_err(|error| self.silent(error))?;
            let status = response.status.as_u16();
            if status == 401 && !is_last {
                let headers = response.headers.get_all(WWW_AUTHENTICATE);
                let offered = headers.iter().filter_map(|value| value.to_str().ok());
                let chosen = Challenge::choose(offered);
                let may = match &chosen {
                    Some(Challenge::Basic) => self.is_secure,
                    Some(Challenge::Digest { .. }) => true,
                    None => false,
                };
                if !may {
                    return Err(Error::OtherMethod {
                        host: self.host.clone(),
                        method: "HTTP".to_owned(),
                    });
                }
                self.challenge = chosen.map(|challenge| (challenge, 0));
                continue;
            }
            return match status {
                200..=299 | 500 => self.read(what, &response.body),
                401 | 403 => Err(Error::WrongPassword(self.host.clone())),
                501..=599 => Err(NetError::Lost(self.host.clone()).into()),
                _ => Err(Error::NotUnderstood(self.host.clone())),
            };
        }
        Err(Error::WrongPassword(self.host.clone()))
    }

    fn read(&self, what: &'static str, body: &[u8]) -> Result<Element, Error> {
        match xml::parse(body) {
            Ok(Answer::Done(answer)) => Ok(answer),
            Ok(Answer::Fault) => Err(Error::Refused(what)),
            Err(xml::Odd) => Err(Error::NotUnderstood(self.host.clone())),
        }
    }

    fn silent(&self, error: NoAnswer) -> Error {
        match error {
            NoAnswer::Net(error) => error.into(),
            NoAnswer::TooLarge => Error::NotUnderstood(self.host.clone()),
        }
    }
}

/// One sign-in and what follows from it.
pub struct Session {
    config: InnovaphoneConfig,
    door: Door,
    dialect: Dialect,
    session: i64,
    user: User,
    own: Own,
    can_set: bool,
    calls: BTreeMap<CallId, CallState>,
    polled: mpsc::UnboundedReceiver<Result<Element, Error>>,
    poll: tokio::task::JoinHandle<()>,
    events: PhoneEvents,
    told: Option<Abilities>,
    line_up: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Signs in and learns what can be done. Writes nothing.
    ///
    /// # Errors
    /// Nobody there, or not for this account.
    pub async fn open(
        config: &InnovaphoneConfig,
        web: Web,
        password: &SecretString,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let mut door = Door::new(config, web, password)?;
        let limit = config.timing.answer;
        let mut opened = None;
        for dialect in [Dialect::V10, Dialect::V8] {
            let body = methods::initialize(dialect, &config.user);
            match door.ask("Initialize", body, limit).await {
                Ok(answer) => {
                    opened = answer
                        .number("return")
                        .filter(|id| *id > 0)
                        .map(|id| (dialect, id));
                }
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
            if opened.is_some() {
                break;
            }
        }
        let Some((dialect, session)) = opened else {
            // The password was right: the user lacks the right, or is called otherwise.
            return Err(Error::NoRight);
        };
        let (tell, polled) = mpsc::unbounded_channel();
        let poll = tokio::spawn(keep_polling(door.clone(), session, config.timing.poll, tell));
        let mut found = Self {
            config: config.clone(),
            door,
            dialect,
            session,
            user: User::default(),
            own: Own::default(),
            can_set: dialect == Dialect::V10,
            calls: BTreeMap::new(),
            polled,
            poll,
            events,
            told: None,
            line_up: false,
        };
        let body = methods::user_initialize(session, &config.user);
        let answer = found.ask("UserInitialize", body).await?;
        if answer.number("return").is_none_or(|handle| handle <= 0) {
            return Err(Error::NoRight);
        }
        found.look().await?;
        Ok(found)
    }

    fn lost(&self) -> Error {
        NetError::Lost(self.config.endpoint.host.clone()).into()
    }

    /// What every session may do is refused to one that is over.
    fn without_session(&self, error: Error) -> Error {
        if matches!(error, Error::Refused(_)) {
            self.lost()
        } else {
            error
        }
    }

    async fn ask(&mut self, what: &'static str, body: String) -> Result<Element, Error> {
        self.door.ask(what, body, self.config.timing.answer).await
    }

    /// What the poll has brought. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn hear(&mut self) -> Result<(), Error> {
        let answer = self.polled.recv().await.ok_or_else(|| self.lost())?;
        let answer = answer.map_err(|error| self.without_session(error))?;
        let Some(any) = answer.child("return") else {
            return Ok(());
        };
        for info in any.items("call") {
            if let Some((id, state)) = methods::call(info) {
                self.on_call(id, state);
            }
        }
        let own = any.items("user").map(User::parse);
        if let Some(user) = own.filter(|user| user.cn == self.config.user).last() {
            self.learn(user);
            self.tell(PhoneEvent::Seen(self.values()));
        }
        Ok(())
    }

    fn on_call(&mut self, id: CallId, state: Option<CallState>) {
        let event = match state {
            None => self.calls.remove(&id).map(|_| LineEvent::Ended { id }),
            Some(_) if self.calls.len() >= MOST_CALLS && !self.calls.contains_key(&id) => None,
            Some(state) => {
                let before = self.calls.insert(id.clone(), state);
                (before != Some(state)).then_some(LineEvent::Call { id, state })
            }
        };
        if let (Some(event), true) = (event, self.line_up) {
            self.tell(PhoneEvent::Line(event));
        }
    }

    fn learn(&mut self, user: User) {
        if let Some((activity, note)) = &user.presence {
            self.own.on_told(&[Item {
                contact: "tel:".into(),
                activity: activity.clone(),
                note: note.clone(),
            }]);
        }
        self.user = user;
    }

    /// Asks for the own user.
    async fn look(&mut self) -> Result<(), Error> {
        let body = methods::find_user(self.dialect, &self.config.user);
        let answer = match self.ask("FindUser", body).await {
            Err(error) if error.ends_connection() => return Err(error),
            Err(_) => return Ok(()),
            Ok(answer) => answer,
        };
        let mut users = answer.items("return").map(User::parse);
        if let Some(user) = users.find(|user| user.cn == self.config.user) {
            self.learn(user);
        }
        Ok(())
    }

    /// Calls and presence, asked for.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.look().await?;
        let body = methods::calls(self.session, &self.config.user);
        let answer = self.ask("Calls", body).await;
        let answer = answer.map_err(|error| self.without_session(error))?;
        let calls = answer.items("return").filter_map(methods::call);
        self.calls = calls
            .filter_map(|(id, state)| Some((id, state?)))
            .take(MOST_CALLS)
            .collect();
        if !std::mem::replace(&mut self.line_up, true) {
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
        }
        let snapshot = self.calls.iter().map(|(id, state)| (id.clone(), *state));
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(snapshot.collect())));
        Ok(self.values())
    }

    /// Presence and note: no description names do not disturb.
    fn values(&self) -> Vec<FieldValue> {
        let in_call = self.calls.values().any(|state| match state {
            CallState::Connected | CallState::Held | CallState::Conference => true,
            CallState::Dialling | CallState::Ringing => false,
        });
        let mut values = self.own.values(in_call);
        values.retain(|value| value.field() != Field::Dnd);
        values
    }

    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        let wanted = match value {
            FieldValue::Presence(_) | FieldValue::Note(_) if self.can_set => self.own.with(value, false),
            FieldValue::Presence(_) | FieldValue::Note(_) | FieldValue::Dnd(_) | FieldValue::Forward(_) => {
                None
            }
        };
        let Some((next, wanted)) = wanted else {
            return Err(Error::NotPermitted("SetPresence"));
        };
        if self.own.shown() == Some(&wanted) {
            self.own = next;
            return Ok(());
        }
        let body = methods::set_presence(&wanted.activity, &wanted.note, &self.user);
        match self.ask("SetPresence", body).await {
            Ok(answer) if answer.number("return") == Some(1) => {}
            Ok(_no) => return Err(Error::NotPermitted("SetPresence")),
            Err(Error::Refused(what)) => {
                // This firmware has no such method.
                self.can_set = false;
                self.tell_up();
                return Err(Error::NotPermitted(what));
            }
            Err(error) => return Err(error),
        }
        let deadline = Instant::now() + self.config.timing.confirm;
        loop {
            self.look().await?;
            if self.own.shown() == Some(&wanted) {
                self.own = next;
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(LOOK.min(self.config.timing.confirm / 8)).await;
        }
    }

    pub fn abilities(&self) -> Abilities {
        use PhonePresence::{Away, Busy, Meeting, OnThePhone};
        let can = Can {
            read: self.own.shown().is_some(),
            write: self.own.shown().is_some() && self.can_set,
        };
        Abilities {
            presence: can,
            note: can,
            calls: true,
            presence_words: PresenceWords::of(&[Away, Busy, Meeting, OnThePhone]),
            ..Abilities::default()
        }
    }

    /// Says what can be done, if that is new.
    pub fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) == Some(abilities) {
            return;
        }
        self.tell(PhoneEvent::Up {
            identity: PhoneIdentity {
                key: self.config.key(),
                system: "innovaphone".into(),
                names: [&self.user.dn, &self.user.cn]
                    .into_iter()
                    .filter(|name| !name.is_empty())
                    .cloned()
                    .collect(),
            },
            abilities,
        });
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
        Self::write(self, value).await
    }

    fn after(&self, _: &FieldValue) -> Vec<FieldValue> {
        self.values()
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

/// The phone system answers when there is something, or after about a minute; a session without a pending request
/// ends.
async fn keep_polling(
    mut door: Door,
    session: i64,
    limit: Duration,
    tell: mpsc::UnboundedSender<Result<Element, Error>>,
) {
    loop {
        let answer = door.ask("Poll", methods::poll(session), limit).await;
        let is_over = answer.is_err();
        if tell.send(answer).is_err() || is_over {
            return;
        }
    }
}

/// Ends the session there. Nobody waits for it.
impl Drop for Session {
    fn drop(&mut self) {
        self.poll.abort();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (mut door, body) = (self.door.clone(), methods::end(self.session));
        runtime.spawn(async move {
            let _late = tokio::time::timeout(GOODBYE, door.ask("End", body, GOODBYE)).await;
        });
    }
}
