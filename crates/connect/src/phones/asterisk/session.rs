//! A signed-in connection: asks one thing at a time, hears events all the while, reads the fields ([`writes`] writes them).

mod writes;

use super::calls::Calls;
use super::config::{AsteriskConfig, Device};
use super::connection::Connection;
use super::error::Error;
use super::fields;
use super::presence::Presence;
use super::rights::Rights;
use super::wire::{Action, Message};
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Field, FieldValue, PhoneIdentity, PhonePresence};
use secrecy::SecretString;
use std::collections::BTreeSet;
use tokio::time::{Instant, timeout_at};
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

    /// How soon everything should be read anew.
    pub fn resync_pace(&self) -> std::time::Duration {
        let timing = &self.config.timing;
        if self.deaf {
            timing.resync_deaf
        } else if self.heard_calls {
            timing.resync
        } else {
            timing.resync_unheard
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
        let mut states = Vec::new();
        for device in self.config.devices.clone() {
            let state = self.get_var(format!("DEVICE_STATE({})", device.as_str())).await?;
            states.push((device, state));
        }
        Ok(states)
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
    /// What became of the connection.
    pub async fn resync(&mut self) -> Result<(), Error> {
        self.calls.begin_list();
        if self.rights.channels {
            let list = self
                .list(Action::new("CoreShowChannels"), "CoreShowChannel", true)
                .await?
                .unwrap_or_default();
            let unheard = self.calls.finish_list(&list);
            if unheard && self.listed && !self.deaf {
                self.deaf = true;
                warn!("the account is not sent the events of its calls; they are polled");
                let fault = Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about("read=call");
                self.tell(PhoneEvent::Line(LineEvent::Trouble(fault)));
            }
            self.listed = true;
        } else if self.rights.get_var {
            let states = self.device_states().await?;
            self.calls.finish_devices(&states);
        } else {
            return Ok(());
        }
        self.doubt_since = None;
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(self.calls.snapshot())));
        Ok(())
    }

    /// Reads fields. What may not be read is left out.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn read(&mut self, wanted: &[Field]) -> Result<Vec<FieldValue>, Error> {
        let abilities = self.abilities();
        let wants = |field| wanted.contains(&field) && abilities.of(field).read;
        let mut values = Vec::new();
        if wants(Field::Dnd) {
            values.extend(self.dnd().await?.map(FieldValue::Dnd));
        }
        if wants(Field::Forward) {
            let target = self.db_get("CF", &self.own_key()).await?;
            values.push(FieldValue::Forward(target.filter(|target| !target.is_empty())));
        }
        if wants(Field::Presence) || wants(Field::Note) {
            let presence = self.presence().await?;
            if wants(Field::Presence) {
                values.push(FieldValue::Presence(presence.word()));
            }
            if wants(Field::Note) {
                values.push(FieldValue::Note(presence.message));
            }
        }
        Ok(values)
    }

    async fn dnd(&mut self) -> Result<Option<bool>, Error> {
        if !self.rights.db_get {
            return self.dnd_by_lamp().await;
        }
        let value = self.db_get("DND", &self.own_key()).await?;
        Ok(Some(fields::dnd_from_db(
            value.as_deref(),
            &self.config.dnd_off_words,
        )))
    }

    async fn dnd_by_lamp(&mut self) -> Result<Option<bool>, Error> {
        let state = self
            .get_var(format!(
                "DEVICE_STATE(Custom:DND{})",
                self.config.extension.as_str()
            ))
            .await?;
        Ok(fields::dnd_from_lamp(&state, &self.config.lamp_off_words))
    }

    async fn presence(&mut self) -> Result<Presence, Error> {
        let provider = format!("CustomPresence:{}", self.config.extension.as_str());
        let answer = self
            .ask(Action::new("PresenceState").with("Provider", provider)?)
            .await?;
        succeeded(&answer, "PresenceState")?;
        Ok(Presence::from_answer(&answer))
    }

    fn own_key(&self) -> String {
        self.config.extension.as_str().to_owned()
    }

    /// `None`: there is no such entry.
    async fn db_get(&mut self, family: &'static str, key: &str) -> Result<Option<String>, Error> {
        let list = self
            .list(fields::db_get(family, key)?, "DBGetResponse", false)
            .await?;
        Ok(list.and_then(|list| list.first()?.value("Val").map(str::to_owned)))
    }

    async fn get_var(&mut self, variable: String) -> Result<String, Error> {
        let answer = self.ask(fields::get_var(variable)?).await?;
        Ok(answer.value("Value").unwrap_or_default().to_owned())
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

    /// Sends an action and waits for its response, hearing events all the while.
    async fn ask(&mut self, action: Action) -> Result<Message, Error> {
        let id = self.connection.send(&action).await?;
        let deadline = Instant::now() + self.config.timing.answer;
        loop {
            let message = self.next_before(deadline).await?;
            if message.is_response() && message.value("ActionID") == Some(&id) {
                if is_denied(&message) {
                    return Err(Error::NotPermitted(action.name()));
                }
                return Ok(message);
            }
            self.handle(&message);
        }
    }

    /// Sends an action that answers with a list, and collects it. `None`: it answered with an error, which for
    /// database entries means that there is none. `whole` waits for the list's end; without it the first item
    /// is enough, since old versions send no end after a single one.
    async fn list(&mut self, action: Action, item: &str, whole: bool) -> Result<Option<Vec<Message>>, Error> {
        let id = self.connection.send(&action).await?;
        let deadline = Instant::now() + self.config.timing.answer;
        let mut items = Vec::new();
        loop {
            let message = self.next_before(deadline).await?;
            if message.value("ActionID") != Some(&id) {
                self.handle(&message);
            } else if is_denied(&message) {
                return Err(Error::NotPermitted(action.name()));
            } else if message.value("Response") == Some("Error") {
                return Ok(None);
            } else if message.event() == Some(item) {
                items.push(message);
                if !whole {
                    return Ok(Some(items));
                }
            } else if matches!(message.value("EventList"), Some("Complete" | "Cancelled")) {
                return Ok(Some(items));
            }
        }
    }

    async fn next_before(&mut self, deadline: Instant) -> Result<Message, Error> {
        match timeout_at(deadline, self.connection.next()).await {
            Ok(message) => {
                self.heard_at = Instant::now();
                message
            }
            Err(_elapsed) => Err(self.connection.timed_out()),
        }
    }

    /// The next event, handled. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn hear(&mut self) -> Result<(), Error> {
        let message = self.connection.next().await?;
        self.heard_at = Instant::now();
        self.handle(&message);
        Ok(())
    }

    /// One message that nobody waited for.
    fn handle(&mut self, message: &Message) {
        let Some(event) = message.event() else { return };
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
