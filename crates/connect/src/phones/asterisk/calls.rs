//! Channels to calls. Own calls are the channels of the person's own devices, never the hint, which do not disturb
//! turns Busy (facts/asterisk.md sections 0 and 1.3). Channels that dial a feature code are no calls.
//!
//! Device states are used in two ways: an idle device says that a call we still know may be a ghost; and where
//! the account may not list channels, a device in use at connect stands for the calls that were up already.

use super::config::{Codes, Device};
use super::wire::Message;
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many ended channels are remembered, so that a list that was made before their end does not revive them.
const REMEMBERED: usize = 64;

/// What follows from a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub events: Vec<LineEvent>,
    /// Something does not fit together: list the channels.
    pub doubt: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Channel {
    name: String,
    /// `ChannelState`, see [`Channel::state`].
    phase: u8,
    held: bool,
    conference: bool,
    /// Dials a feature code: stays no call, whatever becomes of it.
    code: bool,
}

impl Channel {
    /// `None`: nothing to report yet. 4 is Ring (we call), 5 Ringing (it rings here), 6 Up; the others occur on
    /// analogue lines (facts/asterisk.json `channel_states`).
    const fn state(&self) -> Option<CallState> {
        if self.code {
            return None;
        }
        match self.phase {
            2 | 3 | 4 | 8 => Some(CallState::Dialling),
            5 | 9 => Some(CallState::Ringing),
            6 if self.held => Some(CallState::Held),
            6 if self.conference => Some(CallState::Conference),
            6 => Some(CallState::Connected),
            _ => None,
        }
    }
}

/// The calls of the person's own devices.
#[derive(Debug)]
pub struct Calls {
    devices: Vec<Device>,
    codes: Codes,
    /// By `Uniqueid`, which outlives a change of name.
    channels: BTreeMap<String, Channel>,
    /// Own devices in use where channels can't be listed: one call stands for all.
    stand_ins: BTreeSet<String>,
    gone: VecDeque<String>,
    /// Channels that an event told of since the list that is under way was asked for.
    touched: BTreeSet<String>,
    heard_channels: bool,
    listable: bool,
}

impl Calls {
    pub const fn new(devices: Vec<Device>, codes: Codes) -> Self {
        Self {
            devices,
            codes,
            channels: BTreeMap::new(),
            stand_ins: BTreeSet::new(),
            gone: VecDeque::new(),
            touched: BTreeSet::new(),
            heard_channels: false,
            listable: false,
        }
    }

    /// Whether a doubt can be settled by a list of channels, so that no device has to stand in.
    pub const fn set_listable(&mut self, listable: bool) {
        self.listable = listable;
    }

    /// Whether events of own channels do come.
    pub const fn heard_channels(&self) -> bool {
        self.heard_channels
    }

    /// One event, in the order in which it came. Repeated, unknown and late ones are harmless.
    pub fn handle_event(&mut self, message: &Message) -> Heard {
        let id = message.value("Uniqueid").unwrap_or_default();
        let name = message.value("Channel").unwrap_or_default();
        match message.event().unwrap_or_default() {
            "Newchannel" | "Newstate" | "Newexten" => self.on_state(id, name, message),
            "Hold" => self.on_change(id, name, |channel| channel.held = true),
            "Unhold" => self.on_change(id, name, |channel| channel.held = false),
            "ConfbridgeJoin" | "MeetmeJoin" => self.on_change(id, name, |channel| channel.conference = true),
            "ConfbridgeLeave" | "MeetmeLeave" => {
                self.on_change(id, name, |channel| channel.conference = false)
            }
            "Rename" => self.on_rename(id, message),
            "Hangup" => self.on_hangup(id),
            "DeviceStateChange" => self.on_device(
                message.value("Device").unwrap_or_default(),
                message.value("State").unwrap_or_default(),
            ),
            _ => Heard::default(),
        }
    }

    /// A list of channels is asked for: what is told from now on is newer than the list.
    pub fn begin_list(&mut self) {
        self.touched.clear();
    }

    /// The list has come. Returns whether it has calls that no event had told of.
    pub fn finish_list(&mut self, list: &[Message]) -> bool {
        let mut listed = BTreeSet::new();
        let mut unheard = false;
        for entry in list {
            let (Some(id), Some(name)) = (entry.value("Uniqueid"), entry.value("Channel")) else {
                continue;
            };
            if !self.owns(name) || self.gone.iter().any(|gone| gone == id) {
                continue;
            }
            listed.insert(id.to_owned());
            unheard |= !self.channels.contains_key(id) && lasted(entry.value("Duration"));
            if !self.touched.contains(id) {
                let known = self.channels.remove(id).unwrap_or_default();
                let mut channel = self.updated(known, name, entry);
                channel.conference = matches!(entry.value("Application"), Some("ConfBridge" | "MeetMe"));
                self.channels.insert(id.to_owned(), channel);
            }
        }
        let touched = &self.touched;
        self.channels
            .retain(|id, _| listed.contains(id) || touched.contains(id));
        self.stand_ins.clear();
        unheard
    }

    /// Device states instead of a list, for an account that may not list channels. A device that is idle ends
    /// what we knew of it, unless an event told of it meanwhile.
    pub fn finish_devices(&mut self, states: &[(Device, String)]) {
        for (device, state) in states {
            if is_in_call(state) {
                let known = self.channels.values().any(|channel| device.owns(&channel.name));
                if known {
                    self.stand_ins.remove(device.as_str());
                } else {
                    self.stand_ins.insert(device.as_str().to_owned());
                }
            } else if !is_ringing(state) {
                self.stand_ins.remove(device.as_str());
                let touched = &self.touched;
                self.channels
                    .retain(|id, channel| !device.owns(&channel.name) || touched.contains(id));
            }
        }
    }

    pub fn snapshot(&self) -> Vec<(CallId, CallState)> {
        let channels = self
            .channels
            .iter()
            .filter_map(|(id, channel)| Some((CallId::new(id), channel.state()?)));
        let stand_ins = self
            .stand_ins
            .iter()
            .map(|device| (stand_in(device), CallState::Connected));
        channels.chain(stand_ins).collect()
    }

    fn owns(&self, channel: &str) -> bool {
        self.devices.iter().any(|device| device.owns(channel))
    }

    fn updated(&self, mut channel: Channel, name: &str, message: &Message) -> Channel {
        name.clone_into(&mut channel.name);
        channel.code |= message
            .value("Exten")
            .is_some_and(|dialled| self.codes.is_code(dialled));
        if let Some(phase) = message.value("ChannelState").and_then(|state| state.parse().ok()) {
            channel.phase = phase;
        }
        channel
    }

    fn on_state(&mut self, id: &str, name: &str, message: &Message) -> Heard {
        if id.is_empty() || !self.owns(name) {
            return Heard::default();
        }
        let before = self.channels.get(id).cloned().unwrap_or_default();
        let after = self.updated(before, name, message);
        self.put(id, after)
    }

    fn on_change(&mut self, id: &str, name: &str, change: impl FnOnce(&mut Channel)) -> Heard {
        if id.is_empty() || !self.owns(name) {
            return Heard::default();
        }
        let Some(known) = self.channels.get(id) else {
            // It is up, or nobody could hold it; the list says more.
            let mut channel = Channel {
                name: name.to_owned(),
                phase: 6,
                ..Channel::default()
            };
            change(&mut channel);
            return Heard {
                doubt: true,
                ..self.put(id, channel)
            };
        };
        let mut channel = known.clone();
        change(&mut channel);
        self.put(id, channel)
    }

    /// A transfer puts one channel in the place of another by changing names: the id that gets our device's name
    /// carries our call on.
    fn on_rename(&mut self, id: &str, message: &Message) -> Heard {
        let Some(new) = message.value("Newname") else {
            return Heard::default();
        };
        let old = message.value("Channel").unwrap_or_default();
        if self.owns(new) {
            let carried = self.channels.get(id).cloned().or_else(|| {
                self.channels
                    .values()
                    .find(|channel| bare(&channel.name) == new)
                    .cloned()
            });
            let doubt = carried.is_none();
            let carried = carried.unwrap_or_else(|| Channel {
                phase: 6,
                ..Channel::default()
            });
            return Heard {
                doubt,
                ..self.put(
                    id,
                    Channel {
                        name: new.to_owned(),
                        ..carried
                    },
                )
            };
        }
        let Some(channel) = self.channels.get_mut(id) else {
            return Heard::default();
        };
        if bare(new) == old {
            // On its way out: the other half of the exchange follows at once.
            new.clone_into(&mut channel.name);
            return Heard {
                doubt: true,
                ..Heard::default()
            };
        }
        Heard {
            doubt: true,
            ..self.on_hangup(id)
        }
    }

    fn on_hangup(&mut self, id: &str) -> Heard {
        let Some(channel) = self.channels.remove(id) else {
            return Heard::default();
        };
        if self.gone.len() == REMEMBERED {
            self.gone.pop_front();
        }
        self.gone.push_back(id.to_owned());
        let ended = channel.state().map(|_| LineEvent::Ended { id: CallId::new(id) });
        Heard {
            events: ended.into_iter().collect(),
            doubt: false,
        }
    }

    fn on_device(&mut self, device: &str, state: &str) -> Heard {
        let Some(own) = self
            .devices
            .iter()
            .find(|own| own.as_str().eq_ignore_ascii_case(device))
        else {
            return Heard::default();
        };
        let known = self.channels.values().any(|channel| own.owns(&channel.name));
        if is_in_call(state) {
            // The order of the events is not fixed, and this one also comes while dialling: where channels are
            // heard of, they say it better.
            if known || self.heard_channels {
                return Heard::default();
            }
            if self.listable {
                return Heard {
                    events: Vec::new(),
                    doubt: true,
                };
            }
            if !self.stand_ins.insert(own.as_str().to_owned()) {
                return Heard::default();
            }
            let event = LineEvent::Call {
                id: stand_in(own.as_str()),
                state: CallState::Connected,
            };
            return Heard {
                events: vec![event],
                doubt: true,
            };
        }
        if is_ringing(state) {
            return Heard::default();
        }
        let ended = self.stand_ins.remove(own.as_str()).then(|| LineEvent::Ended {
            id: stand_in(own.as_str()),
        });
        Heard {
            events: ended.into_iter().collect(),
            doubt: known,
        }
    }

    /// Stores a channel and tells what changed.
    fn put(&mut self, id: &str, channel: Channel) -> Heard {
        self.heard_channels = true;
        self.touched.insert(id.to_owned());
        let after = channel.state();
        let before = self
            .channels
            .insert(id.to_owned(), channel)
            .and_then(|channel| channel.state());
        let call = CallId::new(id);
        let event = match (before, after) {
            (before, Some(state)) if before != after => Some(LineEvent::Call { id: call, state }),
            (Some(_), None) => Some(LineEvent::Ended { id: call }),
            (Some(_) | None, Some(_) | None) => None,
        };
        Heard {
            events: event.into_iter().collect(),
            doubt: false,
        }
    }
}

fn stand_in(device: &str) -> CallId {
    CallId::new(format!("device:{device}"))
}

/// Without the mark that Asterisk puts behind a name while channels change places.
fn bare(name: &str) -> &str {
    name.split_once('<').map_or(name, |(bare, _)| bare)
}

/// These four alike: which of them is shown depends on version and settings (facts/test-parts.md section 1.4).
fn is_in_call(state: &str) -> bool {
    matches!(state, "INUSE" | "BUSY" | "ONHOLD" | "RINGINUSE")
}

fn is_ringing(state: &str) -> bool {
    state == "RINGING"
}

/// Longer than an event may take to come: `HH:MM:SS`.
fn lasted(duration: Option<&str>) -> bool {
    duration.is_some_and(|duration| duration > "00:00:02")
}

#[cfg(test)]
mod tests {
    use super::super::config::{AsteriskConfig, AsteriskSettings};
    use super::*;

    fn calls() -> Calls {
        let settings = AsteriskSettings {
            host: "h".into(),
            user: "u".into(),
            extension: "1001".into(),
            ..AsteriskSettings::default()
        };
        let config = AsteriskConfig::parse(&settings).unwrap();
        Calls::new(config.devices, config.codes)
    }

    fn message(pairs: &[(&str, &str)]) -> Message {
        Message::from_pairs(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn channel(event: &str, name: &str, state: &str, exten: &str, id: &str) -> Message {
        message(&[
            ("Event", event),
            ("Channel", name),
            ("ChannelState", state),
            ("Exten", exten),
            ("Uniqueid", id),
        ])
    }

    const OWN: &str = "PJSIP/1001-00000001";

    fn call(id: &str, state: CallState) -> LineEvent {
        LineEvent::Call {
            id: CallId::new(id),
            state,
        }
    }

    fn ended(id: &str) -> LineEvent {
        LineEvent::Ended { id: CallId::new(id) }
    }

    fn run(calls: &mut Calls, messages: &[Message]) -> Vec<LineEvent> {
        messages
            .iter()
            .flat_map(|message| calls.handle_event(message).events)
            .collect()
    }

    #[test]
    fn a_call_from_ring_to_end() {
        let mut calls = calls();
        let story = [
            channel("Newchannel", OWN, "0", "s", "1.1"),
            channel("Newstate", OWN, "5", "s", "1.1"),
            channel("Newstate", OWN, "5", "s", "1.1"),
            channel("Newstate", OWN, "6", "s", "1.1"),
            channel("Hold", OWN, "6", "s", "1.1"),
            channel("Unhold", OWN, "6", "s", "1.1"),
            channel("Hangup", OWN, "6", "s", "1.1"),
            channel("Hangup", OWN, "6", "s", "1.1"),
        ];
        let wanted = [
            call("1.1", CallState::Ringing),
            call("1.1", CallState::Connected),
            call("1.1", CallState::Held),
            call("1.1", CallState::Connected),
            ended("1.1"),
        ];
        assert_eq!(run(&mut calls, &story), wanted);
    }

    #[test]
    fn neighbours_are_not_mine() {
        let mut calls = calls();
        for name in [
            "PJSIP/10011-00000001",
            "PJSIP/1001-lab-00000001",
            "SIP/1001-00000001",
            "Local/1001@from-internal-00000001;2",
        ] {
            let heard = calls.handle_event(&channel("Newchannel", name, "6", "s", "1.1"));
            assert_eq!(heard, Heard::default(), "{name}");
        }
        assert!(!calls.heard_channels());
    }

    #[test]
    fn a_dialled_feature_code_is_no_call_to_its_end() {
        for code in ["*78", "*79", "*72600", "*73", "*76"] {
            let mut calls = calls();
            let story = [
                channel("Newchannel", OWN, "4", code, "1.1"),
                channel("Newstate", OWN, "6", code, "1.1"),
                // FreePBX goes on in other extensions of its dialplan.
                channel("Newexten", OWN, "6", "s", "1.1"),
                channel("Hangup", OWN, "6", "s", "1.1"),
            ];
            assert_eq!(run(&mut calls, &story), [], "{code}");
            assert_eq!(calls.snapshot(), []);
        }
    }

    #[test]
    fn do_not_disturb_is_no_call() {
        let mut calls = calls();
        let lamp = message(&[
            ("Event", "DeviceStateChange"),
            ("Device", "Custom:DND1001"),
            ("State", "BUSY"),
        ]);
        let hint = message(&[
            ("Event", "ExtensionStatus"),
            ("Exten", "1001"),
            ("Status", "2"),
            ("StatusText", "Busy"),
        ]);
        assert_eq!(run(&mut calls, &[lamp, hint]), []);
    }

    #[test]
    fn a_conference_is_one_when_asterisk_says_so() {
        let mut calls = calls();
        let story = [
            channel("Newchannel", OWN, "4", "700", "1.1"),
            channel("Newstate", OWN, "6", "700", "1.1"),
            channel("ConfbridgeJoin", OWN, "6", "700", "1.1"),
            channel("ConfbridgeLeave", OWN, "6", "700", "1.1"),
        ];
        let wanted = [
            CallState::Dialling,
            CallState::Connected,
            CallState::Conference,
            CallState::Connected,
        ];
        assert_eq!(run(&mut calls, &story), wanted.map(|state| call("1.1", state)));
    }

    #[test]
    fn a_list_ends_ghosts_and_keeps_what_happened_meanwhile() {
        let mut calls = calls();
        run(
            &mut calls,
            &[
                channel("Newchannel", OWN, "6", "600", "ghost"),
                channel("Newchannel", OWN, "6", "6", "old"),
            ],
        );
        calls.begin_list();
        let meanwhile = [
            channel("Newchannel", "PJSIP/1001-00000003", "4", "600", "new"),
            channel("Hangup", OWN, "6", "6", "old"),
        ];
        run(&mut calls, &meanwhile);
        let list = [
            channel("CoreShowChannel", OWN, "6", "6", "old"),
            channel("CoreShowChannel", "PJSIP/1001-00000004", "6", "*78", "code"),
            channel("CoreShowChannel", "PJSIP/1001-00000005", "5", "s", "rings"),
            channel("CoreShowChannel", "PJSIP/1002-00000006", "6", "s", "other"),
        ];
        assert!(!calls.finish_list(&list));
        let wanted = [
            (CallId::new("new"), CallState::Dialling),
            (CallId::new("rings"), CallState::Ringing),
        ];
        assert_eq!(calls.snapshot(), wanted);
    }

    #[test]
    fn a_list_keeps_hold_and_knows_conferences() {
        let mut calls = calls();
        run(
            &mut calls,
            &[
                channel("Newchannel", OWN, "6", "600", "1.1"),
                channel("Hold", OWN, "6", "600", "1.1"),
            ],
        );
        calls.begin_list();
        let conference = message(&[
            ("Channel", "PJSIP/1001-00000002"),
            ("ChannelState", "6"),
            ("Exten", "700"),
            ("Uniqueid", "1.2"),
            ("Application", "ConfBridge"),
            ("Duration", "00:10:00"),
        ]);
        assert!(calls.finish_list(&[channel("CoreShowChannel", OWN, "6", "600", "1.1"), conference]));
        let wanted = [
            (CallId::new("1.1"), CallState::Held),
            (CallId::new("1.2"), CallState::Conference),
        ];
        assert_eq!(calls.snapshot(), wanted);
    }

    /// The order of Asterisk's own code for such an exchange; not captured from a real one.
    #[test]
    fn a_transferred_call_goes_on_under_its_new_id() {
        let mut calls = calls();
        run(&mut calls, &[channel("Newchannel", OWN, "6", "600", "clone")]);
        let rename = |old: &str, new: &str, id: &str| {
            message(&[
                ("Event", "Rename"),
                ("Channel", old),
                ("Newname", new),
                ("Uniqueid", id),
            ])
        };
        let masked = format!("{OWN}<MASQ>");
        let story = [
            rename(OWN, &masked, "clone"),
            rename("Local/x@y-1;1", OWN, "original"),
            rename(&masked, "Local/x@y-1;1<ZOMBIE>", "clone"),
            channel("Hangup", "Local/x@y-1;1<ZOMBIE>", "6", "600", "clone"),
        ];
        assert_eq!(
            run(&mut calls, &story),
            [call("original", CallState::Connected), ended("clone")]
        );
    }

    #[test]
    fn a_device_stands_in_where_channels_cannot_be_listed() {
        let mut calls = calls();
        let own = Device::parse("PJSIP/1001").unwrap();
        for state in ["INUSE", "BUSY", "ONHOLD", "RINGINUSE"] {
            calls.begin_list();
            calls.finish_devices(&[(own.clone(), state.to_owned())]);
            assert_eq!(
                calls.snapshot(),
                [(stand_in("PJSIP/1001"), CallState::Connected)],
                "{state}"
            );
            let idle = message(&[
                ("Event", "DeviceStateChange"),
                ("Device", "PJSIP/1001"),
                ("State", "NOT_INUSE"),
            ]);
            assert_eq!(calls.handle_event(&idle).events, [ended("device:PJSIP/1001")]);
        }
        calls.finish_devices(&[(own, "RINGING".to_owned())]);
        assert_eq!(calls.snapshot(), []);
    }

    #[test]
    fn only_device_events_come_through_a_filter() {
        let mut calls = calls();
        let device = |state| {
            message(&[
                ("Event", "DeviceStateChange"),
                ("Device", "PJSIP/1001"),
                ("State", state),
            ])
        };
        let story = [
            device("RINGING"),
            device("INUSE"),
            device("INUSE"),
            device("NOT_INUSE"),
        ];
        let wanted = [
            call("device:PJSIP/1001", CallState::Connected),
            ended("device:PJSIP/1001"),
        ];
        assert_eq!(run(&mut calls, &story), wanted);
    }

    #[test]
    fn an_idle_device_casts_doubt_on_a_call() {
        let mut calls = calls();
        run(&mut calls, &[channel("Newchannel", OWN, "6", "600", "ghost")]);
        let device = |state| {
            message(&[
                ("Event", "DeviceStateChange"),
                ("Device", "PJSIP/1001"),
                ("State", state),
            ])
        };
        assert_eq!(calls.handle_event(&device("INUSE")), Heard::default());
        assert_eq!(
            calls.handle_event(&device("NOT_INUSE")),
            Heard {
                events: vec![],
                doubt: true
            }
        );
    }
}
