//! A signed-in connection. [`asking`] has questions and answers, [`subscriptions`] and [`hearing`] bring what the server
//! tells, [`writes`] and [`publishing`] change something. [`super::actor`] says when.

mod asking;
mod hearing;
mod publishing;
mod subscriptions;
mod writes;

use super::calls::Calls;
use super::config::{Extent, SipConfig};
use super::dialogue::{Dialogue, Here};
use super::error::Error;
use super::features;
use super::socket::Socket;
use crate::phones::keep::Fields;
use crate::port::{PhoneEvent, PhoneEvents};
use asking::{Question, Who};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, Unconfirmed};
pub use publishing::Memory;
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tracing::debug;
use writes::Own;

/// Of a field that is set and that nobody reads: it has a value that Offhook goes by.
const BLIND: Can = Can {
    read: true,
    write: true,
};
/// How long a good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What is subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// The dialogs of the own extension.
    Calls,
    /// What shows do not disturb.
    Dnd,
    /// `as-feature-event`.
    Features,
}

impl Watch {
    const fn package(self) -> &'static str {
        match self {
            Self::Calls | Self::Dnd => "dialog",
            Self::Features => features::PACKAGE,
        }
    }

    const fn accept(self) -> &'static str {
        match self {
            Self::Calls | Self::Dnd => "application/dialog-info+xml",
            Self::Features => features::CONTENT_TYPE,
        }
    }

    /// What it is called where it is refused.
    const fn name(self) -> &'static str {
        match self {
            Self::Calls => "dialog",
            Self::Dnd => "dnd_state",
            Self::Features => features::PACKAGE,
        }
    }
}

#[derive(Debug)]
struct Subscription {
    watch: Watch,
    dialogue: Dialogue,
    renew_at: Instant,
    /// A notification has come since it was asked for.
    is_fresh: bool,
    /// The server has ended it.
    is_over: bool,
}

/// What `as-feature-event` has told.
#[derive(Debug, Default)]
struct Features {
    /// Anything at all.
    heard: bool,
    dnd: Option<bool>,
    /// Whether it is on, and where it goes.
    forward: Option<(bool, String)>,
}

pub struct Session {
    /// `None` once good-bye is being said.
    socket: Option<Socket>,
    here: Here,
    config: SipConfig,
    password: SecretString,
    events: PhoneEvents,
    identity: PhoneIdentity,
    subscriptions: Vec<Subscription>,
    /// Why what is wanted is not subscribed to.
    refused: Vec<(Watch, Error)>,
    calls: Calls,
    /// By what is watched for it.
    dnd: Option<bool>,
    features: Option<Features>,
    publishes: Result<(), Error>,
    pub(super) memory: Memory,
    /// A feature code that is being dialled, or was a moment ago.
    own: Option<Own>,
    /// The conversation of one question.
    once: Option<Dialogue>,
    told: Option<Abilities>,
    line_up: bool,
    pub(super) heard_at: Instant,
    /// The server has taken the password, or wants none.
    pub(super) is_signed_in: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects; nothing is asked yet.
    ///
    /// # Errors
    /// Everything that keeps a connection from being made.
    pub async fn open(
        config: &SipConfig,
        password: &SecretString,
        memory: Memory,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let socket = Socket::open(config).await?;
        let here = Here {
            transport: config.transport.as_str(),
            address: socket.local.to_string(),
        };
        Ok(Self {
            socket: Some(socket),
            here,
            config: config.clone(),
            password: password.clone(),
            events,
            identity: PhoneIdentity {
                key: config.key(),
                system: "SIP".into(),
                names: Vec::new(),
            },
            subscriptions: Vec::new(),
            refused: Vec::new(),
            calls: Calls::new(memory.dialled_dnd),
            dnd: None,
            features: None,
            publishes: Err(Error::NotOffered {
                what: "PUBLISH",
                status: 0,
            }),
            memory,
            own: None,
            once: None,
            told: None,
            line_up: false,
            heard_at: Instant::now(),
            is_signed_in: false,
        })
    }

    /// Subscribes to what there is, and waits for the first notifications. Changes nothing.
    ///
    /// # Errors
    /// What became of the connection; a refused password; [`Error::NotEnabled`] where everything is forbidden.
    pub async fn look(&mut self) -> Result<(), Error> {
        // What shows do not disturb comes before the calls, of which it may look like one.
        let wanted: &[Watch] = match self.config.extent {
            Extent::Everything => &[Watch::Dnd, Watch::Calls, Watch::Features],
            Extent::Calls => &[Watch::Dnd, Watch::Calls],
        };
        for watch in wanted.iter().copied() {
            if watch == Watch::Dnd && self.config.dnd_state.is_none() {
                continue;
            }
            match self.subscribe(watch).await {
                Ok(()) => {}
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => {
                    debug!(?watch, %error, "not here, or not for this user");
                    self.refused.push((watch, error));
                }
            }
        }
        let forbidden = |(_, error): &(Watch, Error)| matches!(error, Error::NotOffered { status: 403, .. });
        if self.subscriptions.is_empty() && self.refused.iter().any(forbidden) {
            return Err(Error::NotEnabled(self.config.host.clone()));
        }
        match self.config.extent {
            Extent::Everything => self.look_at_publishing().await?,
            Extent::Calls => {
                let refused = self.refused(Watch::Calls);
                refused.map_or(Ok(()), |refused| Err(refused.clone()))?;
            }
        }
        self.settle().await
    }

    // --- what is known

    /// As it was told last.
    pub fn values(&self, wanted: &[Field]) -> Vec<FieldValue> {
        let features = self.features.as_ref();
        let published = self.publishes.is_ok();
        let value = |field: &Field| match field {
            Field::Dnd => features
                .and_then(|known| known.dnd)
                .or(self.dnd)
                .map(FieldValue::Dnd),
            Field::Forward => features?
                .forward
                .as_ref()
                // One that goes nowhere that is known could not be put back.
                .filter(|(on, to)| !on || !to.is_empty())
                .map(|(on, to)| FieldValue::Forward(on.then(|| to.clone()))),
            Field::Presence => published.then(|| FieldValue::Presence(self.memory.word())),
            Field::Note => published.then(|| FieldValue::Note(self.memory.note().to_owned())),
        };
        wanted.iter().filter_map(value).collect()
    }

    pub fn abilities(&self) -> Abilities {
        let known = |field: Field| !self.values(&[field]).is_empty();
        let can = |field: Field, write: bool| Can {
            read: known(field),
            write: known(field) && write,
        };
        let by_features = self.features.as_ref();
        let dnd = by_features.is_some_and(|known| known.dnd.is_some())
            || self.dnd.is_some() && self.config.dnd.is_some();
        // By codes alone, and nobody can say how it stands.
        let blind = self.config.unconfirmed && by_features.is_none();
        let unconfirmed = Unconfirmed {
            dnd: blind && self.dnd.is_none() && self.config.dnd.is_some(),
            forward: blind && self.config.forward.is_some(),
        };
        let both = |is_blind: bool, seen: Can| if is_blind { BLIND } else { seen };
        let publishes = self.publishes.is_ok();
        Abilities {
            dnd: both(unconfirmed.dnd, can(Field::Dnd, dnd)),
            forward: both(unconfirmed.forward, can(Field::Forward, by_features.is_some())),
            presence: can(Field::Presence, publishes),
            note: can(Field::Note, publishes),
            calls: self.is_watching(Watch::Calls),
            could_change_others: false,
            presence_words: publishing::words(),
            dnd_is_presence: false,
            unconfirmed,
            ..Abilities::default()
        }
    }

    fn is_watching(&self, watch: Watch) -> bool {
        self.subscriptions.iter().any(|one| one.watch == watch)
    }

    pub fn system(&self) -> &str {
        &self.identity.system
    }

    /// Why something is not subscribed to.
    pub fn refused(&self, watch: Watch) -> Option<&Error> {
        let found = self.refused.iter().find(|(of, _)| *of == watch);
        found.map(|(_, error)| error)
    }

    pub fn has_features(&self) -> bool {
        self.features.is_some()
    }

    pub fn has_codes(&self) -> bool {
        self.config.dnd.is_some()
    }

    pub fn publishes(&self) -> Result<(), &Error> {
        match &self.publishes {
            Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    // --- time

    /// When something happens by itself: a call, or the end of a dialled code.
    pub fn due(&self) -> Option<Instant> {
        let own = self.own.as_ref().map(Own::due);
        let renewal = self.memory.renewal_due().filter(|_| self.publishes.is_ok());
        [self.calls.due(), own, renewal].into_iter().flatten().min()
    }

    /// # Errors
    /// What became of the connection.
    pub async fn on_due(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let events = self.calls.on_due(now);
        self.tell_calls(events);
        if self.own.as_ref().is_some_and(|own| own.due() <= now) {
            self.on_own_due().await?;
        }
        if self.publishes.is_ok() && self.memory.renewal_due().is_some_and(|at| at <= now) {
            self.renew_publication().await?;
        }
        Ok(())
    }

    /// A sign of life in both directions: any answer is one.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn keep_alive(&mut self) -> Result<(), Error> {
        self.once = Some(self.dialogue_with(&self.config.extension));
        let question = Question {
            who: Who::Once,
            method: "OPTIONS",
            headers: Vec::new(),
            body: None,
        };
        self.exchange(&question, &[]).await.map(drop)
    }

    // --- telling

    /// For the first time: what can be done, the calls, and everything that is known.
    pub fn tell_first(&mut self) {
        self.tell_up();
        if self.is_watching(Watch::Calls) {
            self.line_up = true;
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
            self.tell_snapshot();
        }
        self.tell(PhoneEvent::Seen(self.values(&Field::ALL)));
    }

    fn tell_snapshot(&self) {
        if self.line_up {
            self.tell(PhoneEvent::Line(LineEvent::Snapshot(self.calls.snapshot())));
        }
    }

    fn tell_calls(&self, events: Vec<LineEvent>) {
        if self.line_up {
            events
                .into_iter()
                .for_each(|event| self.tell(PhoneEvent::Line(event)));
        }
    }

    fn tell_values(&mut self, fields: &[Field]) {
        if self.told.is_some() && !fields.is_empty() {
            self.tell_up();
            self.tell(PhoneEvent::Seen(self.values(fields)));
        }
    }

    fn tell_odd(&self, what: &'static str) {
        debug!(what, "a notification that can't be read");
        if self.line_up {
            let fault = Fault::new(FaultKind::Rejected, Code::PhoneNotOffered).about(what);
            self.tell(PhoneEvent::Line(LineEvent::Trouble(fault)));
        }
    }

    pub fn tell_line_down(&mut self, error: &Error) {
        if std::mem::take(&mut self.line_up) {
            self.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
        }
    }
}

fn gone(config: &SipConfig) -> Error {
    crate::phones::net::NetError::Lost(config.host.clone()).into()
}

impl Fields for Session {
    type Error = Error;

    /// Asks for every subscription again, which brings what is there now.
    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        for one in &mut self.subscriptions {
            one.renew_at = Instant::now();
        }
        self.renew().await?;
        if self.subscriptions.is_empty() {
            self.keep_alive().await?;
        }
        self.tell_snapshot();
        Ok(self.values(&Field::ALL))
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        Self::write_value(self, value).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        self.values(&[value.field()])
    }

    fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) == Some(abilities) {
            return;
        }
        self.tell(PhoneEvent::Up {
            identity: self.identity.clone(),
            abilities,
        });
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

/// Ends the subscriptions and a code that is still being dialled, so that the server need not find out by itself. Nobody
/// waits for it.
impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut socket) = self.socket.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let mut last = Vec::new();
        for one in self.subscriptions.iter_mut().filter(|one| !one.is_over) {
            let draft = one
                .dialogue
                .request("SUBSCRIBE", &self.here, &super::dialogue::branch());
            let draft = draft.with("Event", one.watch.package()).with("Expires", "0");
            last.push(draft.into_bytes());
        }
        if let Some(own) = self.own.as_mut().filter(|own| own.is_up()) {
            let draft = own
                .dialogue
                .request("BYE", &self.here, &super::dialogue::branch());
            last.push(draft.into_bytes());
        }
        if last.is_empty() {
            return;
        }
        runtime.spawn(async move {
            let goodbye = async {
                for bytes in last {
                    if socket.send(&bytes).await.is_err() {
                        return;
                    }
                }
            };
            let _late = timeout(GOODBYE, goodbye).await;
        });
    }
}
