//! A signed-in connection: asks, hears events all the while, knows lines and presence. [`super::actor`] says when,
//! [`writes`] changes.

mod watch;
mod writes;

use super::config::ProcallConfig;
use super::error::Error;
use super::lines::{self, Change, shaped};
use super::presence::{self, Absent, Presence, Who};
use super::rose::{EVENT, Message, Odd, Operation, Told};
use super::sign_in::{Proof, Ticket, sign_in};
use super::socket::Socket;
use crate::phones::web::Web;
use crate::port::{PhoneEvent, PhoneEvents};
use jiff::{SignedDuration, Timestamp};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, PhonePresence, PresenceWords};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, info};
use watch::Line;

/// More lines, or more calls on one, than any person has.
const MOST: usize = 100;
/// Presence, absent state and note.
const FLAGS: i64 = 1 + 16 + 32;

/// What the absent state can say.
const WORDS: [PhonePresence; 4] = [
    PhonePresence::Dnd,
    PhonePresence::Busy,
    PhonePresence::Away,
    PhonePresence::Available,
];

/// What outlives a connection.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// In place of the password, for the next connection.
    token: Option<SecretString>,
    ours: Option<Ours>,
    /// A state that the person had set, to be put back as it was.
    replaced: Option<Absent>,
}

/// The absent state that we have set and renew.
#[derive(Debug, Clone, Copy)]
struct Ours {
    word: PhonePresence,
    absent: Absent,
    renew_at: Instant,
}

/// What the user turned out not to be allowed.
#[derive(Debug, Clone, Copy, Default)]
struct Denied {
    dnd: bool,
    forward: bool,
    presence: bool,
    note: bool,
    /// The server is from before the operation that resets.
    reset: bool,
}

/// One sign-in and what follows from it.
pub struct Session {
    socket: Socket,
    config: ProcallConfig,
    events: PhoneEvents,
    pub(super) memory: Memory,
    next_id: i64,
    identity: PhoneIdentity,
    who: Option<Who>,
    ahead: SignedDuration,
    lines: Vec<Line>,
    /// Why there are none.
    no_lines: Option<Error>,
    is_attached: bool,
    presence: Option<Presence>,
    denied: Denied,
    told: Option<Abilities>,
    line_up: bool,
    lines_stale: bool,
    presence_stale: bool,
    /// Since when there is something new to be read.
    pub(super) stale_since: Option<Instant>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Signs in, by the token of an earlier session where there is one. A token that is not taken any more is
    /// forgotten, and the password is sent.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn sign_in(
        config: &ProcallConfig,
        web: &Web,
        password: &SecretString,
        memory: &mut Memory,
    ) -> Result<Ticket, Error> {
        if let Some(token) = memory.token.take() {
            match sign_in(config, web, Proof::Token(&token)).await {
                Ok(ticket) => {
                    memory.token = Some(token);
                    return Ok(ticket);
                }
                Err(error) if error.needs_a_person() => debug!(%error, "the token is not taken any more"),
                // Whoever answered so is not to be sent a password at once.
                Err(error) => {
                    memory.token = Some(token);
                    return Err(error);
                }
            }
        }
        sign_in(config, web, Proof::Password(password)).await
    }

    /// Opens the web socket.
    ///
    /// # Errors
    /// Everything that keeps a connection from being made.
    pub async fn open(
        config: &ProcallConfig,
        ticket: &Ticket,
        memory: Memory,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let socket = Socket::open(config, ticket).await?;
        let identity = PhoneIdentity {
            key: config.key(),
            system: "UCServer".into(),
            names: Vec::new(),
        };
        Ok(Self {
            socket,
            config: config.clone(),
            events,
            memory,
            next_id: 1,
            identity,
            who: None,
            ahead: ticket.ahead,
            lines: Vec::new(),
            no_lines: None,
            is_attached: false,
            presence: None,
            denied: Denied::default(),
            told: None,
            line_up: false,
            lines_stale: false,
            presence_stale: false,
            stale_since: None,
        })
    }

    /// Learns who is signed in, what the presence is, and which lines there are. Writes nothing.
    ///
    /// # Errors
    /// What became of the connection; [`Error::OwnTeams`]; [`Error::LineUnknown`].
    pub async fn look(&mut self) -> Result<(), Error> {
        self.look_who().await?;
        self.read_presence().await?;
        self.take_token().await?;
        self.survey_lines().await
    }

    async fn look_who(&mut self) -> Result<(), Error> {
        let who = known(self.ask(Operation::WHO, json!({})).await)?;
        self.who = who.and_then(|value| presence::who(&value).ok());
        if let Some(who) = &self.who {
            self.identity.names.clone_from(&who.names);
        }
        if let Some(answer) = known(self.ask(Operation::CHECK, json!({})).await)? {
            let version = answer["u8sProductVersion"].as_str().unwrap_or_default();
            let version: String = version.chars().filter(|c| !c.is_control()).take(40).collect();
            if !version.trim().is_empty() {
                self.identity.system = format!("UCServer {}", version.trim());
            }
        }
        Ok(())
    }

    /// For the next connection, so that the password travels once.
    async fn take_token(&mut self) -> Result<(), Error> {
        // A token for signing in; its life is the server's choice, a day.
        let answer = known(self.ask(Operation::TOKEN, json!({ "iType": 1 })).await)?;
        let token = answer.as_ref().and_then(|answer| answer["sToken"].as_str());
        let is_token = |token: &&str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        self.memory.token = token.filter(is_token).map(SecretString::from);
        Ok(())
    }

    // --- asking and hearing

    /// One operation, and its answer.
    ///
    /// # Errors
    /// What became of the connection, or why it was refused.
    async fn ask(&mut self, operation: Operation, members: Value) -> Result<Value, Error> {
        let id = self.next_id;
        self.next_id = if id + 1 == EVENT { 1 } else { id + 1 };
        self.socket.send(operation.invoke(id, &members)).await?;
        let deadline = Instant::now() + self.config.timing.answer;
        loop {
            let message = timeout_at(deadline, self.socket.next()).await;
            match message.map_err(|_elapsed| self.socket.timed_out())?? {
                Message::Result { id: of, value } if of == id => return Ok(value),
                Message::Error { id: of, detail } if of == id => {
                    debug!(operation = operation.name, detail, "an error");
                    return Err(self.failed(operation, detail));
                }
                Message::Reject { id: of, problem } if of == id => {
                    debug!(operation = operation.name, problem, "rejected");
                    return Err(match problem {
                        1 => Error::Unknown(operation.name),
                        8 | 9 => Error::SessionEnded(self.config.host.clone()),
                        _ => Error::Refused(operation.name),
                    });
                }
                other @ (Message::Result { .. }
                | Message::Error { .. }
                | Message::Reject { .. }
                | Message::Event { .. }
                | Message::Other) => self.handle(other),
            }
        }
    }

    /// The numbers of the operations on lines are published, those of the others are not.
    fn failed(&mut self, operation: Operation, detail: i64) -> Error {
        let is_of_lines = (1200..1300).contains(&operation.id);
        match detail {
            2 if is_of_lines => Error::NotPermitted("CTI"),
            3 if is_of_lines => {
                self.soil(true, false);
                Error::Refused(operation.name)
            }
            _ => Error::Refused(operation.name),
        }
    }

    /// A sign of life in both directions. Every answer is one.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn keep_alive(&mut self) -> Result<(), Error> {
        let alive = Operation::KEEP_ALIVE.invoke(EVENT, &json!({ "dummy": null }));
        self.socket.send(alive).await?;
        known(self.ask(Operation::CHECK, json!({})).await).map(drop)
    }

    /// The next event, handled. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn hear(&mut self) -> Result<(), Error> {
        let message = self.socket.next().await?;
        self.handle(message);
        Ok(())
    }

    fn handle(&mut self, message: Message) {
        let Message::Event { told, argument } = message else {
            // An answer that came too late.
            return;
        };
        match told {
            Told::LineInfo | Told::Dnd | Told::Forwards | Told::Call => match shaped::<Change>(argument) {
                Ok(change) => self.on_change(change),
                Err(Odd) => self.soil(true, false),
            },
            Told::MonitorStopped => {
                for line in &mut self.lines {
                    if line.monitor.as_deref() == argument["u8sMonitorCrossRefID"].as_str() {
                        line.monitor = None;
                    }
                }
                self.soil(true, false);
            }
            Told::Lines => self.soil(true, false),
            Told::Presence => self.soil(false, true),
            Told::Other => {}
        }
    }

    fn soil(&mut self, lines: bool, presence: bool) {
        self.lines_stale |= lines;
        self.presence_stale |= presence;
        self.stale_since.get_or_insert_with(Instant::now);
    }

    // --- fields

    /// # Errors
    /// [`Error::OwnTeams`], or what became of the connection.
    async fn read_presence(&mut self) -> Result<(), Error> {
        self.presence_stale = false;
        let Some(contact) = self.who.as_ref().map(|who| who.contact.clone()) else {
            return Ok(());
        };
        let members = json!({
            "seqContactIDs": [contact],
            "iEventFlagsToSubscribe": FLAGS,
            "iContactDetailsReturnFilter": FLAGS,
            "bDontRequestPermissions": true,
        });
        let answer = known(self.ask(Operation::PRESENCE, members).await)?;
        self.presence = match answer {
            Some(value) => {
                Some(presence::parse(value, &contact).map_err(|Odd| self.socket.not_understood())?)
            }
            None => None,
        };
        if self.config.yields_to_teams && self.presence.as_ref().is_some_and(|presence| presence.own_teams) {
            info!("ProCall's own Teams integration serves the person");
            return Err(Error::OwnTeams);
        }
        Ok(())
    }

    /// Everything: lines with their calls, and every readable field. The calls are told; the fields are returned.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.stale_since = None;
        self.survey_lines().await?;
        self.tell_lines();
        self.read_presence().await?;
        Ok(self.values(&Field::ALL))
    }

    /// What events said to be new.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read_stale(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.stale_since = None;
        let mut fields = Vec::new();
        if self.lines_stale {
            self.survey_lines().await?;
            self.tell_lines();
            fields.extend([Field::Dnd, Field::Forward]);
        }
        if self.presence_stale {
            self.read_presence().await?;
            fields.extend([Field::Presence, Field::Note]);
        }
        Ok(self.values(&fields))
    }

    /// Reads fields anew. What may not be read is left out.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read(&mut self, wanted: &[Field]) -> Result<Vec<FieldValue>, Error> {
        if wanted
            .iter()
            .any(|field| matches!(field, Field::Dnd | Field::Forward))
        {
            self.read_line().await?;
        }
        if wanted
            .iter()
            .any(|field| matches!(field, Field::Presence | Field::Note))
        {
            self.read_presence().await?;
        }
        Ok(self.values(wanted))
    }

    /// As they were read last.
    pub fn values(&self, wanted: &[Field]) -> Vec<FieldValue> {
        let line = self.chosen().and_then(|at| self.lines.get(at));
        let value = |field: &Field| match field {
            Field::Dnd => line?.dnd.map(FieldValue::Dnd),
            Field::Forward => line?
                .forwards
                .as_deref()
                .map(|forwards| FieldValue::Forward(lines::forward_of(forwards))),
            Field::Presence => self
                .presence
                .as_ref()
                .map(|presence| FieldValue::Presence(presence.absent.word())),
            Field::Note => self
                .presence
                .as_ref()
                .map(|presence| FieldValue::Note(presence.note.0.clone())),
        };
        wanted.iter().filter_map(value).collect()
    }

    /// The server's time.
    fn server_time(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    // --- telling

    pub fn abilities(&self) -> Abilities {
        let line = self.chosen().and_then(|at| self.lines.get(at));
        let (dnd, forward) = line.map_or_else(Default::default, |line| {
            let others = line.forwards.as_deref().is_some_and(lines::has_others);
            let dnd = Can {
                read: line.dnd.is_some(),
                write: line.dnd.is_some() && line.info.can_dnd() && !self.denied.dnd,
            };
            let forward = Can {
                read: line.forwards.is_some(),
                write: line.forwards.is_some() && line.info.can_forward() && !others && !self.denied.forward,
            };
            (dnd, forward)
        });
        let read = self.presence.is_some();
        let can = |denied: bool| Can {
            read,
            write: read && !denied,
        };
        Abilities {
            dnd,
            forward,
            presence: can(self.denied.presence),
            note: can(self.denied.note),
            calls: self.is_watching(),
            could_change_others: false,
            presence_words: PresenceWords::of(&WORDS),
            dnd_is_presence: false,
            ..Abilities::default()
        }
    }

    fn is_watching(&self) -> bool {
        self.lines.iter().any(|line| line.monitor.is_some())
    }

    pub fn system(&self) -> &str {
        &self.identity.system
    }

    /// What keeps the lines from being watched, or the chosen one from being used.
    pub fn line_trouble(&self) -> Option<Error> {
        let Some(line) = self.chosen().and_then(|at| self.lines.get(at)) else {
            return Some(self.no_lines.clone().unwrap_or(Error::Refused("own lines")));
        };
        let trouble = line.info.trouble().map(Error::Line);
        trouble.or_else(|| line.monitor.is_none().then(|| self.no_lines.clone()).flatten())
    }

    pub fn has_other_forwards(&self) -> bool {
        let line = self.chosen().and_then(|at| self.lines.get(at));
        line.is_some_and(|line| line.forwards.as_deref().is_some_and(lines::has_others))
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

    fn tell_up_again(&mut self) {
        if self.told.is_some() {
            self.tell_up();
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

/// What a server does not know, or does not let this user have, is nothing.
fn known<T>(outcome: Result<T, Error>) -> Result<Option<T>, Error> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.ends_connection() => Err(error),
        Err(error) => {
            debug!(%error, "not here, or not for this user");
            Ok(None)
        }
    }
}
