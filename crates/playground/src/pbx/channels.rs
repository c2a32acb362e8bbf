//! Channels and what follows from them: the state of devices and of hints (asterisk.md 1.3).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::calls::Call;
use super::wire::{Account, Class, Message};
use crate::clock::Clock;
use crate::company::Dice;
use crate::faults::Faults;
use crate::requests::{Requests, Service};

pub(crate) const UNKNOWN: &str = "<unknown>";
pub(crate) const CONTEXT: &str = "from-internal";

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) name: String,
    /// 0 Down, 4 Ring (we call), 5 Ringing (it rings here), 6 Up.
    pub(crate) state: u8,
    pub(crate) number: String,
    pub(crate) caller_name: String,
    pub(crate) connected: String,
    pub(crate) connected_name: String,
    pub(crate) exten: String,
    pub(crate) priority: u32,
    pub(crate) uniqueid: String,
    pub(crate) linkedid: String,
    pub(crate) application: &'static str,
    /// The other side has put this channel on hold.
    pub(crate) held: bool,
    pub(crate) bridge: String,
    pub(crate) since_us: u64,
}

impl Channel {
    pub(crate) fn state_word(&self) -> &'static str {
        match self.state {
            0 => "Down",
            4 => "Ring",
            5 => "Ringing",
            _ => "Up",
        }
    }

    /// The lines that every channel event carries.
    pub(crate) fn lines(&self, prefix: &str) -> Vec<(String, String)> {
        let line = |key: &str, value: &str| (format!("{prefix}{key}"), value.to_owned());
        vec![
            line("Channel", &self.name),
            line("ChannelState", &self.state.to_string()),
            line("ChannelStateDesc", self.state_word()),
            line("CallerIDNum", &self.number),
            line("CallerIDName", &self.caller_name),
            line("ConnectedLineNum", &self.connected),
            line("ConnectedLineName", &self.connected_name),
            line("Language", "en"),
            line("AccountCode", ""),
            line("Context", CONTEXT),
            line("Exten", &self.exten),
            line("Priority", &self.priority.to_string()),
            line("Uniqueid", &self.uniqueid),
            line("Linkedid", &self.linkedid),
        ]
    }

    /// The extension whose device this channel belongs to.
    pub(crate) fn extension(&self) -> Option<&str> {
        self.name
            .strip_prefix("PJSIP/")
            .and_then(|rest| rest.rsplit_once('-'))
            .map(|(extension, _)| extension)
    }
}

/// An AMI connection after its login.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) out: UnboundedSender<String>,
    pub(crate) account: Option<Account>,
    pub(crate) challenge: Option<String>,
    pub(crate) events_on: bool,
}

/// Everything the phone system knows. Survives its restart: the database, custom states and presence.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) extensions: Vec<(String, String)>,
    pub(crate) db: BTreeMap<(String, String), String>,
    pub(crate) custom: BTreeMap<String, String>,
    /// State, subtype, message by provider.
    pub(crate) presence: BTreeMap<String, (String, String, String)>,
    pub(crate) globals: BTreeMap<String, String>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) calls: Vec<Call>,
    pub(crate) listeners: BTreeMap<u64, Listener>,
    pub(crate) unregistered: BTreeSet<String>,
    pub(crate) last_call: u64,
    pub(crate) last_listener: u64,
    last_channel: u32,
    last_local: u32,
    last_unique: u64,
    devices: BTreeMap<String, &'static str>,
    hints: BTreeMap<String, &'static str>,
    /// `device_state_busy_at`: as many channels as this make a device BUSY; 0 when unset.
    pub(crate) busy_at: usize,
    /// What `Custom:DND…` says when do not disturb is off: UNAVAILABLE on FreePBX, NOT_INUSE elsewhere.
    pub(crate) dnd_off: String,
    pub(crate) dice: Dice,
    pub(crate) clock: Arc<Clock>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) faults: Arc<Faults>,
}

impl Switch {
    pub(crate) fn new(
        extensions: Vec<(String, String)>,
        dice: Dice,
        clock: Arc<Clock>,
        requests: Arc<Requests>,
        faults: Arc<Faults>,
    ) -> Self {
        let mut switch = Self {
            extensions,
            db: BTreeMap::new(),
            custom: BTreeMap::new(),
            presence: BTreeMap::new(),
            globals: BTreeMap::new(),
            channels: Vec::new(),
            calls: Vec::new(),
            listeners: BTreeMap::new(),
            unregistered: BTreeSet::new(),
            last_call: 0,
            last_listener: 0,
            last_channel: 0,
            last_local: 0,
            last_unique: 0,
            devices: BTreeMap::new(),
            hints: BTreeMap::new(),
            busy_at: 0,
            dnd_off: "UNAVAILABLE".into(),
            dice,
            clock,
            requests,
            faults,
        };
        switch.settle(Vec::new());
        switch
    }

    pub(crate) fn is_extension(&self, number: &str) -> bool {
        self.extensions.iter().any(|(extension, _)| extension == number)
    }

    pub(crate) fn name_of(&self, number: &str) -> String {
        let found = self.extensions.iter().find(|(extension, _)| extension == number);
        found.map_or_else(|| UNKNOWN.to_owned(), |(_, name)| name.clone())
    }

    /// A new channel, not announced yet. `base` is what stands before the running number, as `PJSIP/1001`.
    pub(crate) fn open(&mut self, base: &str, state: u8, exten: &str, linkedid: Option<&str>) -> Channel {
        let name = format!("{base}-{:08x}", self.last_channel);
        self.last_channel += 1;
        self.channel(name, state, exten, linkedid)
    }

    /// The two halves of a Local channel.
    pub(crate) fn open_local(&mut self, exten: &str, linkedid: Option<&str>) -> (Channel, Channel) {
        let base = format!("Local/{exten}@{CONTEXT}-{:08x}", self.last_local);
        self.last_local += 1;
        let one = self.channel(format!("{base};1"), 0, exten, linkedid);
        let linked = one.linkedid.clone();
        let two = self.channel(format!("{base};2"), 4, exten, Some(&linked));
        (one, two)
    }

    fn channel(&mut self, name: String, state: u8, exten: &str, linkedid: Option<&str>) -> Channel {
        let uniqueid = format!("{}.{}", self.clock.wall().as_second(), self.last_unique);
        self.last_unique += 1;
        Channel {
            name,
            state,
            number: UNKNOWN.into(),
            caller_name: UNKNOWN.into(),
            connected: UNKNOWN.into(),
            connected_name: UNKNOWN.into(),
            exten: exten.into(),
            priority: 1,
            linkedid: linkedid.unwrap_or(&uniqueid).to_owned(),
            uniqueid,
            application: "",
            held: false,
            bridge: String::new(),
            since_us: self.clock.micros(),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.name == name)
    }

    /// Announces a channel and keeps it.
    pub(crate) fn announce(&mut self, channel: Channel) {
        self.emit(&Message::event("Newchannel", Class::Call).and(channel.lines("")));
        self.channels.push(channel);
    }

    pub(crate) fn channel_event(&self, name: &str, channel: &str) -> Message {
        let lines = self
            .find(channel)
            .map(|channel| channel.lines(""))
            .unwrap_or_default();
        Message::event(name, Class::Call).and(lines)
    }

    /// Sends an event to everybody who may see it, and notes it.
    pub(crate) fn emit(&mut self, event: &Message) {
        self.emit_as(Class::Call, event);
    }

    pub(crate) fn emit_as(&mut self, class: Class, event: &Message) {
        let text = event.text();
        let name = event.value("Event");
        let about = ["Channel", "DestChannel", "Device", "Exten", "Presentity"];
        let about = about
            .into_iter()
            .map(|key| event.value(key))
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        self.requests
            .arrived(Service::AmiEvent, name, about, text.clone(), self.clock.micros());
        // A stray empty line before HangupRequest was seen in the captures.
        let stray = name == "HangupRequest" && self.dice.below(2) == 0;
        for listener in self.listeners.values() {
            let sees = listener
                .account
                .as_ref()
                .is_some_and(|account| account.sees(class, event));
            if sees && listener.events_on {
                let text = if stray {
                    format!("\r\n{text}")
                } else {
                    text.clone()
                };
                // A listener that has gone is taken out by its own connection.
                let _ = listener.out.send(text);
            }
        }
    }

    /// Sends events whose order among each other is not fixed, with the changes of devices and hints that the present
    /// channels bring about (asterisk.md 1.3, test-parts.md 1.3).
    pub(crate) fn settle(&mut self, mut events: Vec<Message>) {
        for (extension, _) in self.extensions.clone() {
            let device = self.device(&extension);
            if self.devices.insert(extension.clone(), device) != Some(device) && !self.listeners.is_empty() {
                events.push(device_event(&format!("PJSIP/{extension}"), device));
            }
            let hint = self.hint(&extension);
            if self.hints.insert(extension.clone(), hint) != Some(hint) && !self.listeners.is_empty() {
                events.push(
                    Message::event("ExtensionStatus", Class::Call).and(self.extension_lines(&extension)),
                );
            }
        }
        self.dice.shuffle(&mut events);
        for event in events {
            self.emit(&event);
        }
    }

    /// Sets a custom device state, with its events.
    pub(crate) fn set_custom(&mut self, name: &str, state: &str) {
        let changed = self.custom.insert(name.to_owned(), state.to_owned()).as_deref() != Some(state);
        let events = if changed {
            vec![device_event(&format!("Custom:{name}"), state)]
        } else {
            Vec::new()
        };
        self.settle(events);
    }

    pub(crate) fn set_presence(&mut self, provider: &str, value: (String, String, String)) {
        let lines = |status: Message| {
            status
                .with("Status", &value.0)
                .with("Subtype", &value.1)
                .with("Message", &value.2)
        };
        let mut events = Vec::new();
        let presentity = format!("CustomPresence:{provider}");
        events.push(lines(
            Message::event("PresenceStateChange", Class::Call).with("Presentity", &presentity),
        ));
        if self.is_extension(provider) {
            let event = Message::event("PresenceStatus", Class::Call)
                .with("Exten", provider)
                .with("Context", CONTEXT)
                .with("Hint", &hint_text(provider));
            events.push(lines(event));
        }
        self.presence.insert(provider.to_owned(), value);
        self.settle(events);
    }

    /// The state of a phone.
    pub(crate) fn device(&self, extension: &str) -> &'static str {
        let own: Vec<&Channel> = self
            .channels
            .iter()
            .filter(|channel| channel.extension() == Some(extension) && channel.state != 0)
            .collect();
        let ringing = own.iter().filter(|channel| channel.state == 5).count();
        let active = own.len() - ringing;
        let held = own
            .iter()
            .filter(|channel| channel.state == 6 && channel.held)
            .count();
        if self.unregistered.contains(extension) && own.is_empty() {
            "UNAVAILABLE"
        } else if own.is_empty() {
            "NOT_INUSE"
        } else if self.busy_at > 0 && own.len() >= self.busy_at {
            "BUSY"
        } else if active == 0 {
            "RINGING"
        } else if ringing > 0 {
            "RINGINUSE"
        } else if held == active {
            "ONHOLD"
        } else {
            "INUSE"
        }
    }

    /// The hint of an extension: its phone and its do-not-disturb state added up, so that do not disturb looks like a
    /// call (asterisk.md 1.3, "Aggregation").
    pub(crate) fn hint(&self, extension: &str) -> &'static str {
        let device = self.device(extension);
        let custom = self
            .custom
            .get(&format!("DND{extension}"))
            .map_or("UNKNOWN", String::as_str);
        let strongest = [
            "BUSY",
            "RINGINUSE",
            "INUSE",
            "RINGING",
            "ONHOLD",
            "NOT_INUSE",
            "UNAVAILABLE",
        ];
        strongest
            .into_iter()
            .find(|state| device == *state || custom == *state)
            .unwrap_or("UNAVAILABLE")
    }

    /// The lines of `ExtensionStatus` and of the answer to `ExtensionState`.
    pub(crate) fn extension_lines(&self, extension: &str) -> Vec<(String, String)> {
        let known = self.is_extension(extension);
        let (status, text) = if known {
            status(self.hint(extension))
        } else {
            (-1, "Unknown")
        };
        let hint = if known {
            hint_text(extension)
        } else {
            String::new()
        };
        let line = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        vec![
            line("Exten", extension),
            line("Context", CONTEXT),
            line("Hint", &hint),
            line("Status", &status.to_string()),
            line("StatusText", text),
        ]
    }
}

pub(crate) fn hint_text(extension: &str) -> String {
    format!("PJSIP/{extension}&Custom:DND{extension},CustomPresence:{extension}")
}

fn device_event(device: &str, state: &str) -> Message {
    Message::event("DeviceStateChange", Class::Call)
        .with("Device", device)
        .with("State", state)
}

/// Number and word of an extension's state (asterisk.json, `extension_status`).
fn status(state: &str) -> (i8, &'static str) {
    match state {
        "INUSE" => (1, "InUse"),
        "BUSY" => (2, "Busy"),
        "UNAVAILABLE" => (4, "Unavailable"),
        "RINGING" => (8, "Ringing"),
        "RINGINUSE" => (9, "InUse&Ringing"),
        "ONHOLD" => (16, "Hold"),
        _ => (0, "Idle"),
    }
}
