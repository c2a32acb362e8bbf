//! A signed-in connection: asks ([`asking`]), hears events all the while, reads the fields ([`writes`] writes them).

mod asking;
mod writes;

use super::calls::Calls;
use super::config::{AsteriskConfig, Device};
use super::connection::Connection;
use super::error::Error;
use super::fields;
use super::presence::Presence;
use super::rights::Rights;
use super::wire::{Action, HeaderError, Message};
use crate::port::{PhoneEvent, PhoneEvents};
use asking::{Answer, Question};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Field, FieldValue, PhoneIdentity, PhonePresence};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// What is due when, and what has been learned so far.
pub struct Session {
    connection: Connection,
    config: AsteriskConfig,
    events: PhoneEvents,
    rights: Rights,
    calls: Calls,
    identity: PhoneIdentity,
    /// What was told last; nothing before the session is up.
    told: Option<Abilities>,
    devices_known: bool,
    /// `Custom:DND<ext>` has a state.
    lamp_known: bool,
    /// An event of the call class came: the account's read classes have it.
    heard_calls: bool,
    /// Calls were seen that no event had told of.
    deaf: bool,
    listed: bool,
    /// Dialling the feature code had no effect where writing the database had one.
    code_in_vain: bool,
    /// A presence of Asterisk's that has no word of ours, to be put back as it was.
    replaced: Option<(Option<PhonePresence>, Presence)>,
    /// The presence that we wrote last.
    wrote: Option<Presence>,
    dialled: u32,
    /// Fields that a push told of.
    pub(super) dirty: BTreeSet<Field>,
    pub(super) dirty_since: Option<Instant>,
    /// The calls may be others than we think.
    pub(super) doubt_since: Option<Instant>,
    pub(super) heard_at: Instant,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects and signs in.
    ///
    /// # Errors
    /// Everything that keeps a connection from being made.
    pub async fn open(
        config: &AsteriskConfig,
        secret: &SecretString,
        events: PhoneEvents,
    ) -> Result<Self, Error> {
        let mut connection = Connection::open(config).await?;
        connection.greeting().await?;
        connection.sign_in(&config.user, secret).await?;
        Ok(Self::over(connection, config.clone(), events))
    }

    /// On a connection that is signed in.
    pub fn over(connection: Connection, config: AsteriskConfig, events: PhoneEvents) -> Self {
        let identity = PhoneIdentity {
            key: config.key(),
            system: "Asterisk".into(),
            names: Vec::new(),
        };
        Self {
            connection,
            calls: Calls::new(config.devices.clone(), config.codes.clone()),
            config,
            events,
            rights: Rights::default(),
            identity,
            told: None,
            devices_known: true,
            lamp_known: false,
            heard_calls: false,
            deaf: false,
            listed: false,
            code_in_vain: false,
            replaced: None,
            wrote: None,
            dialled: 0,
            dirty: BTreeSet::new(),
            dirty_since: None,
            doubt_since: None,
            heard_at: Instant::now(),
        }
    }

    pub const fn rights(&self) -> &Rights {
        &self.rights
    }

    pub fn abilities(&self) -> Abilities {
        let abilities = self
            .rights
            .abilities(&self.config, self.lamp_known, self.heard_calls);
        Abilities {
            calls: abilities.calls && self.devices_known,
            ..abilities
        }
    }

    pub fn system(&self) -> &str {
        &self.identity.system
    }

    /// How soon the calls should be listed anew. Until an event of the call class has come, the account may be one that
    /// is sent none; then the list is the sign of life as well.
    pub const fn calls_pace(&self) -> Duration {
        let timing = &self.config.timing;
        if self.deaf {
            timing.calls_deaf
        } else if self.heard_calls {
            timing.resync
        } else {
            timing.calls_unheard
        }
    }

    /// How soon the fields should be read anew. What tells of a change of do not disturb, forward and presence has the
    /// call class too (`Privilege: call,all` of `DeviceStateChange` and `PresenceStateChange`).
    pub const fn fields_pace(&self) -> Duration {
        let timing = &self.config.timing;
        if self.deaf {
            timing.fields_deaf
        } else if self.heard_calls {
            timing.resync
        } else {
            timing.fields_unheard
        }
    }

    /// Learns what the account may do, and whether the extension exists. Writes nothing.
    ///
    /// # Errors
    /// [`Error::ExtensionUnknown`], or what became of the connection.
    pub async fn look(&mut self) -> Result<(), Error> {
        let commands = self.ask(Action::new("ListCommands")).await?;
        self.rights = Rights::from_list(&commands);
        self.calls.set_listable(self.rights.channels);
        if self.rights.core_settings {
            let settings = self.ask(Action::new("CoreSettings")).await?;
            if let Some(version) = settings.value("AsteriskVersion") {
                self.identity.system = format!("Asterisk {version}");
            }
        }
        if self.rights.db_get {
            // FreePBX's name of the extension; elsewhere there is no such key.
            let key = format!("{}/cidname", self.config.extension.as_str());
            self.identity.names = self
                .db_get("AMPUSER", &key)
                .await?
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect();
        }
        if self.rights.get_var {
            let states = self.device_states().await?;
            self.devices_known = states.iter().any(|(_, state)| state != "INVALID");
            if !self.devices_known && !self.has_hint().await? {
                return Err(Error::ExtensionUnknown(self.config.extension.as_str().to_owned()));
            }
            self.lamp_known = self.dnd_by_lamp().await?.is_some();
        }
        Ok(())
    }

    /// The states of the person's devices.
    async fn device_states(&mut self) -> Result<Vec<(Device, String)>, Error> {
        let devices = self.config.devices.clone();
        let questions = devices.iter().map(device_state).collect::<Result<_, _>>()?;
        let answers = self.ask_all(questions).await?;
        devices
            .into_iter()
            .zip(answers)
            .map(|(device, answer)| Ok((device, value_of(answer)?)))
            .collect()
    }

    /// Whether the dialplan knows the extension; -1 is Asterisk's word for "no hint". Where it may not be asked,
    /// it is taken to be known.
    async fn has_hint(&mut self) -> Result<bool, Error> {
        if !self.rights.extension_state {
            return Ok(true);
        }
        let action = Action::new("ExtensionState")
            .with("Exten", self.config.extension.as_str())?
            .with("Context", self.config.context.clone())?;
        let answer = self.ask(action).await?;
        Ok(!matches!(answer.value("Status"), Some("-1" | "-2")))
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

    pub fn tell_line_up(&self) {
        let resyncs = self.rights.channels || self.rights.get_var;
        self.tell(PhoneEvent::Line(LineEvent::Up { resyncs }));
    }

    pub fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }

    /// Lists the calls anew and tells them.
    ///
    /// # Errors
    /// What became of the connection, or a missing right.
    pub async fn resync(&mut self) -> Result<(), Error> {
        self.survey(true, &[]).await.map(drop)
    }

    /// Reads fields. What may not be read is left out.
    ///
    /// # Errors
    /// What became of the connection, or a missing right.
    pub async fn read(&mut self, wanted: &[Field]) -> Result<Vec<FieldValue>, Error> {
        self.survey(false, wanted).await
    }

    /// Lists the calls anew if so asked, and reads fields, with all questions in one go: the answers come close
    /// together, and the program is woken by few of them. The calls are told; the fields are returned.
    ///
    /// # Errors
    /// What became of the connection, or a missing right.
    pub async fn survey(&mut self, calls: bool, wanted: &[Field]) -> Result<Vec<FieldValue>, Error> {
        let mut questions = if calls { self.about_calls()? } else { Vec::new() };
        questions.extend(self.about_fields(wanted)?);
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        if calls {
            self.calls.begin_list();
        }
        let (subjects, questions): (Vec<_>, Vec<_>) = questions.into_iter().unzip();
        let answers = self.ask_all(questions).await?;
        let (mut devices, mut values, mut broken) = (Vec::new(), Vec::new(), None);
        for (subject, answer) in subjects.into_iter().zip(answers) {
            let learned = match subject {
                Subject::Channels => answer.map(|list| self.on_list(&list.unwrap_or_default())),
                Subject::Device(device) => value_of(answer).map(|state| devices.push((device, state))),
                Subject::Dnd => self
                    .dnd_of(answer)
                    .map(|dnd| values.extend(dnd.map(FieldValue::Dnd))),
                Subject::Forward => entry_of(answer).map(|target| {
                    values.push(FieldValue::Forward(target.filter(|target| !target.is_empty())))
                }),
                Subject::Presence => presence_of(answer).map(|presence| {
                    let abilities = self.abilities();
                    let wants = |field| wanted.contains(&field) && abilities.of(field).read;
                    values.extend(wants(Field::Presence).then(|| FieldValue::Presence(presence.word())));
                    values.extend(wants(Field::Note).then_some(FieldValue::Note(presence.message)));
                }),
            };
            if let Err(error) = learned {
                broken.get_or_insert(error);
            }
        }
        if !devices.is_empty() {
            self.calls.finish_devices(&devices);
            self.tell_calls();
        }
        broken.map_or(Ok(values), Err)
    }

    fn about_calls(&self) -> Result<Vec<(Subject, Question)>, HeaderError> {
        if self.rights.channels {
            let list = Question::list(Action::new("CoreShowChannels"), "CoreShowChannel");
            return Ok(vec![(Subject::Channels, list)]);
        }
        let devices = self.config.devices.iter().filter(|_| self.rights.get_var);
        devices
            .map(|device| Ok((Subject::Device(device.clone()), device_state(device)?)))
            .collect()
    }

    fn about_fields(&self, wanted: &[Field]) -> Result<Vec<(Subject, Question)>, HeaderError> {
        let abilities = self.abilities();
        let wants = |field| wanted.contains(&field) && abilities.of(field).read;
        let mut questions = Vec::new();
        if wants(Field::Dnd) {
            let question = if self.rights.db_get {
                self.entry("DND")?
            } else {
                self.lamp()?
            };
            questions.push((Subject::Dnd, question));
        }
        if wants(Field::Forward) {
            questions.push((Subject::Forward, self.entry("CF")?));
        }
        if wants(Field::Presence) || wants(Field::Note) {
            questions.push((Subject::Presence, self.about_presence()?));
        }
        Ok(questions)
    }

    fn on_list(&mut self, list: &[Message]) {
        let unheard = self.calls.finish_list(list);
        if unheard && self.listed && !self.deaf {
            self.deaf = true;
            warn!("the account is not sent the events of its calls; they are polled");
            let fault = Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about("read=call");
            self.tell(PhoneEvent::Line(LineEvent::Trouble(fault)));
        }
        self.listed = true;
        self.tell_calls();
    }

    fn tell_calls(&mut self) {
        self.doubt_since = None;
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(self.calls.snapshot())));
    }

    /// An entry of the database about the own extension.
    fn entry(&self, family: &'static str) -> Result<Question, HeaderError> {
        let action = fields::db_get(family, self.config.extension.as_str())?;
        Ok(Question::first(action, ENTRY))
    }

    fn lamp(&self) -> Result<Question, HeaderError> {
        let variable = format!("DEVICE_STATE(Custom:DND{})", self.config.extension.as_str());
        Ok(Question::one(fields::get_var(variable)?))
    }

    fn about_presence(&self) -> Result<Question, HeaderError> {
        let provider = format!("CustomPresence:{}", self.config.extension.as_str());
        let action = Action::new("PresenceState").with("Provider", provider)?;
        Ok(Question::one(action))
    }

    fn dnd_of(&self, answer: Answer) -> Result<Option<bool>, Error> {
        if self.rights.db_get {
            let value = entry_of(answer)?;
            return Ok(Some(fields::dnd_from_db(
                value.as_deref(),
                &self.config.dnd_off_words,
            )));
        }
        Ok(fields::dnd_from_lamp(
            &value_of(answer)?,
            &self.config.lamp_off_words,
        ))
    }

    async fn dnd_by_lamp(&mut self) -> Result<Option<bool>, Error> {
        let answer = self.ask_one(self.lamp()?).await;
        Ok(fields::dnd_from_lamp(
            &value_of(answer)?,
            &self.config.lamp_off_words,
        ))
    }

    async fn presence(&mut self) -> Result<Presence, Error> {
        presence_of(self.ask_one(self.about_presence()?).await)
    }

    /// `None`: there is no such entry.
    async fn db_get(&mut self, family: &'static str, key: &str) -> Result<Option<String>, Error> {
        let question = Question::first(fields::db_get(family, key)?, ENTRY);
        entry_of(self.ask_one(question).await)
    }

    async fn set_var(&mut self, variable: String, value: &str) -> Result<(), Error> {
        let answer = self.ask(fields::set_var(variable, value)?).await?;
        succeeded(&answer, "Setvar")
    }

    /// A sign of life.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.ask(Action::new("Ping")).await.map(|_pong| ())
    }

    /// The next event, handled. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn hear(&mut self) -> Result<(), Error> {
        let message = self.connection.next().await?;
        self.heard_at = Instant::now();
        self.handle(&message)
    }

    /// One message that nobody waited for.
    ///
    /// # Errors
    /// Asterisk is ending. What it still answers is not to be believed: its database may be closed already, and an entry
    /// that is there counts as missing.
    fn handle(&mut self, message: &Message) -> Result<(), Error> {
        let Some(event) = message.event() else {
            return Ok(());
        };
        if message
            .value("Privilege")
            .is_some_and(|classes| classes.split(',').any(|class| class == "call"))
        {
            self.on_call_class();
        }
        match event {
            "DeviceStateChange" => self.on_custom_state(message.value("Device").unwrap_or_default()),
            "PresenceStateChange" => self.on_presence(message.value("Presentity").unwrap_or_default()),
            // Told at sign-in too; after a start the commands and devices are complete only now.
            "FullyBooted" => self.soil(&Field::ALL),
            "Shutdown" => return Err(self.connection.lost()),
            _ => {}
        }
        let heard = self.calls.handle_event(message);
        if heard.doubt {
            self.doubt_since.get_or_insert_with(Instant::now);
        }
        if self.told.is_some() {
            for event in heard.events {
                self.tell(PhoneEvent::Line(event));
            }
        }
        Ok(())
    }

    fn on_call_class(&mut self) {
        let news = !self.heard_calls;
        self.heard_calls = true;
        if self.calls.heard_channels() {
            self.deaf = false;
        }
        if news && self.told.is_some() {
            self.tell_up();
        }
    }

    fn on_custom_state(&mut self, device: &str) {
        let Some(name) = device.strip_prefix("Custom:") else {
            return;
        };
        let extension = self.config.extension.as_str();
        if name.strip_prefix("DND") == Some(extension) {
            self.lamp_known = true;
            self.soil(&[Field::Dnd]);
        } else if name.strip_prefix("CF") == Some(extension) {
            self.soil(&[Field::Forward]);
        }
    }

    fn on_presence(&mut self, presentity: &str) {
        if presentity.strip_prefix("CustomPresence:") == Some(self.config.extension.as_str()) {
            self.soil(&[Field::Presence, Field::Note]);
        }
    }

    fn soil(&mut self, fields: &[Field]) {
        self.dirty.extend(fields);
        self.dirty_since.get_or_insert_with(Instant::now);
    }
}

/// The item that answers a question about the database.
const ENTRY: &str = "DBGetResponse";

/// What one of several questions is about.
enum Subject {
    Channels,
    Device(Device),
    Dnd,
    Forward,
    /// Presence and note.
    Presence,
}

fn device_state(device: &Device) -> Result<Question, HeaderError> {
    fields::get_var(format!("DEVICE_STATE({})", device.as_str())).map(Question::one)
}

/// The value of a variable.
fn value_of(answer: Answer) -> Result<String, Error> {
    let response = answer?.into_iter().flatten().next().unwrap_or_default();
    Ok(response.value("Value").unwrap_or_default().to_owned())
}

/// The value of a database entry; `None`: there is none.
fn entry_of(answer: Answer) -> Result<Option<String>, Error> {
    Ok(answer?.and_then(|items| items.first()?.value("Val").map(str::to_owned)))
}

fn presence_of(answer: Answer) -> Result<Presence, Error> {
    let response = answer?.into_iter().flatten().next().unwrap_or_default();
    succeeded(&response, "PresenceState")?;
    Ok(Presence::from_answer(&response))
}

fn is_denied(answer: &Message) -> bool {
    answer.value("Response") == Some("Error") && answer.value("Message") == Some("Permission denied")
}

fn succeeded(answer: &Message, action: &'static str) -> Result<(), Error> {
    if answer.value("Response") == Some("Success") {
        Ok(())
    } else {
        Err(Error::Refused(action))
    }
}
