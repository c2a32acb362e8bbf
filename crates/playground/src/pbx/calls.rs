//! Calls: placing, answering, holding and ending them, with the events that Asterisk sends for each
//! (asterisk-calls.txt, asterisk-hold-busy.txt).

use serde::Serialize;

use super::channels::{Switch, UNKNOWN};
use super::dialplan::{Route, route};
use super::wire::{Class, Message};
use crate::company::random_guid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    Ringing,
    Talking,
    /// One side, or both, have put the other on hold.
    Held,
}

/// A call as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallView {
    pub id: u64,
    /// Number of the caller.
    pub from: String,
    /// Number dialled.
    pub dialled: String,
    /// Extension or number where it rings or talks: differs from `dialled` after a forward.
    pub at: String,
    pub state: CallState,
}

/// What became of an attempt to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Placed {
    /// It rings at `at`.
    Ringing { call: u64, at: String },
    /// Answered at once, as by the echo test and by feature codes.
    Answered { call: u64 },
    /// Refused with a Q.850 cause: 17 busy or do not disturb, 20 not registered, 1 no such number.
    Refused { cause: u32, text: &'static str },
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) caller: String,
    pub(crate) callee: Option<String>,
    /// Local channels of a forward: they end with the call.
    pub(crate) between: Vec<String>,
    pub(crate) dialled: String,
    pub(crate) at: String,
    pub(crate) state: CallState,
    pub(crate) bridge: Option<String>,
    /// Channels whose phone pressed hold.
    pub(crate) holding: Vec<String>,
    /// Rings at the caller's own phone first, which then dials this (Originate of a phone).
    pub(crate) then: Option<String>,
}

pub(crate) fn cause_text(cause: u32) -> &'static str {
    match cause {
        1 => "Unallocated (unassigned) number",
        16 => "Normal Clearing",
        17 => "User busy",
        20 => "Subscriber absent",
        21 => "Call Rejected",
        _ => "Unknown",
    }
}

fn refused(cause: u32) -> Placed {
    Placed::Refused {
        cause,
        text: cause_text(cause),
    }
}

impl Switch {
    /// `from`, an extension or an outside number, dials `to`.
    pub(crate) fn place(&mut self, from: &str, to: &str) -> Placed {
        if matches!(route(self, to), Route::Nowhere) {
            return refused(1);
        }
        let inside = self.is_extension(from);
        if inside && self.unregistered.contains(from) {
            return refused(20);
        }
        let base = if inside {
            format!("PJSIP/{from}")
        } else {
            "PJSIP/trunk".to_owned()
        };
        let mut channel = self.open(&base, 4, to, None);
        channel.number = from.to_owned();
        channel.caller_name = if inside {
            self.name_of(from)
        } else {
            UNKNOWN.into()
        };
        let name = channel.name.clone();
        self.announce(channel);
        self.settle(Vec::new());
        self.dial(&name, to)
    }

    /// The dialplan for a channel that is there already.
    pub(crate) fn dial(&mut self, caller: &str, to: &str) -> Placed {
        let mut between = Vec::new();
        let mut at = to.to_owned();
        // Forwards in a circle end as busy.
        for _ in 0..5 {
            match route(self, &at) {
                Route::Nowhere => return self.refuse(caller, &between, 1),
                Route::Busy => return self.refuse(caller, &between, 17),
                Route::Absent => return self.refuse(caller, &between, 20),
                Route::Forward(next) => {
                    let linked = self.find(caller).map(|channel| channel.linkedid.clone());
                    let (one, two) = self.open_local(&next, linked.as_deref());
                    between.extend([one.name.clone(), two.name.clone()]);
                    self.announce(one);
                    self.announce(two);
                    at = next;
                }
                Route::Answers => return self.answered_at_once(caller, between, to, &at),
                Route::Code(code) => {
                    let placed = self.answered_at_once(caller, between, to, &at);
                    self.run_code(caller, &code);
                    return placed;
                }
                Route::Phone => {
                    let base = format!("PJSIP/{at}");
                    return self.ring(caller, between, to, &at, &base);
                }
                Route::Outside => return self.ring(caller, between, to, &at, "PJSIP/trunk"),
            }
        }
        self.refuse(caller, &between, 17)
    }

    fn refuse(&mut self, caller: &str, between: &[String], cause: u32) -> Placed {
        for name in between {
            self.hang_up(name, cause);
        }
        self.hang_up(caller, cause);
        self.settle(Vec::new());
        refused(cause)
    }

    fn keep(&mut self, call: Call) -> u64 {
        self.last_call += 1;
        self.calls.push(Call {
            id: self.last_call,
            ..call
        });
        self.last_call
    }

    fn answered_at_once(&mut self, caller: &str, between: Vec<String>, dialled: &str, at: &str) -> Placed {
        if let Some(channel) = self.find_mut(caller) {
            channel.state = 6;
            channel.application = "Echo";
        }
        let event = self.channel_event("Newstate", caller);
        self.settle(vec![event]);
        let call = self.keep(Call {
            id: 0,
            caller: caller.into(),
            callee: None,
            between,
            dialled: dialled.into(),
            at: at.into(),
            state: CallState::Talking,
            bridge: None,
            holding: Vec::new(),
            then: None,
        });
        Placed::Answered { call }
    }

    fn ring(&mut self, caller: &str, between: Vec<String>, dialled: &str, at: &str, base: &str) -> Placed {
        let Some(from) = self.find(caller).cloned() else {
            return refused(16);
        };
        let mut callee = self.open(base, 0, "s", Some(&from.linkedid));
        let name = callee.name.clone();
        callee.application = "AppDial";
        self.announce(callee);
        let at_name = self.name_of(at);
        if let Some(callee) = self.find_mut(&name) {
            callee.number = at.into();
            callee.caller_name = if at_name == UNKNOWN {
                from.caller_name.clone()
            } else {
                at_name
            };
            callee.connected = from.number.clone();
            callee.connected_name = from.caller_name.clone();
            callee.exten = dialled.into();
        }
        let id = self
            .channel_event("NewCallerid", &name)
            .with("CID-CallingPres", "0 (Presentation Allowed, Not Screened)");
        self.emit(&id);
        let line = self.channel_event("NewConnectedLine", &name);
        self.emit(&line);
        if let Some(channel) = self.find_mut(caller) {
            channel.priority = 3;
            channel.application = "Dial";
        }
        let begin = self.dial_event("DialBegin", caller, &name).with("DialString", at);
        self.emit(&begin);
        if let Some(channel) = self.find_mut(caller) {
            channel.connected = at.into();
        }
        let line = self.channel_event("NewConnectedLine", caller);
        self.emit(&line);
        let state = self
            .dial_event("DialState", caller, &name)
            .with("DialStatus", "RINGING");
        self.emit(&state);
        if let Some(callee) = self.find_mut(&name) {
            callee.state = 5;
        }
        let event = self.channel_event("Newstate", &name);
        self.settle(vec![event]);
        let call = self.keep(Call {
            id: 0,
            caller: caller.into(),
            callee: Some(name),
            between,
            dialled: dialled.into(),
            at: at.into(),
            state: CallState::Ringing,
            bridge: None,
            holding: Vec::new(),
            then: None,
        });
        Placed::Ringing { call, at: at.into() }
    }

    /// Rings the caller's own phone, which dials on when it is answered.
    pub(crate) fn ring_back(&mut self, extension: &str, then: &str, number: &str, name: &str) -> u64 {
        let mut channel = self.open(&format!("PJSIP/{extension}"), 0, "s", None);
        channel.application = "AppDial2";
        let own = channel.name.clone();
        self.announce(channel);
        if let Some(channel) = self.find_mut(&own) {
            (channel.number, channel.caller_name) = (number.into(), name.into());
            (channel.connected, channel.connected_name) = (number.into(), name.into());
        }
        let line = self.channel_event("NewConnectedLine", &own);
        self.emit(&line);
        let begin = self.dest_event("DialBegin", &own).with("DialString", extension);
        self.emit(&begin);
        if let Some(channel) = self.find_mut(&own) {
            channel.state = 5;
        }
        let event = self.channel_event("Newstate", &own);
        self.settle(vec![event]);
        self.keep(Call {
            id: 0,
            caller: own,
            callee: None,
            between: Vec::new(),
            dialled: then.into(),
            at: extension.into(),
            state: CallState::Ringing,
            bridge: None,
            holding: Vec::new(),
            then: Some(then.into()),
        })
    }

    fn dial_event(&self, event: &str, caller: &str, callee: &str) -> Message {
        let lines = self
            .find(callee)
            .map(|channel| channel.lines("Dest"))
            .unwrap_or_default();
        self.channel_event(event, caller).and(lines)
    }

    pub(crate) fn dest_event(&self, event: &str, callee: &str) -> Message {
        let lines = self
            .find(callee)
            .map(|channel| channel.lines("Dest"))
            .unwrap_or_default();
        Message::event(event, Class::Call).and(lines)
    }

    /// The phone where it rings is picked up; whether there was such a call.
    pub(crate) fn answer(&mut self, id: u64) -> bool {
        let Some(at) = self
            .calls
            .iter()
            .position(|call| call.id == id && call.state == CallState::Ringing)
        else {
            return false;
        };
        if let Some(then) = self.calls[at].then.clone() {
            let call = self.calls.remove(at);
            if let Some(channel) = self.find_mut(&call.caller) {
                channel.state = 6;
                channel.exten.clone_from(&then);
            }
            let up = self.channel_event("Newstate", &call.caller);
            self.settle(vec![up]);
            let end = self
                .dest_event("DialEnd", &call.caller)
                .with("DialStatus", "ANSWER");
            self.emit(&end);
            self.dial(&call.caller, &then);
            return true;
        }
        let Some(callee) = self.calls[at].callee.clone() else {
            return false;
        };
        let caller = self.calls[at].caller.clone();
        let bridge = random_guid();
        self.calls[at].state = CallState::Talking;
        self.calls[at].bridge = Some(bridge.clone());
        let mut events = Vec::new();
        if let Some(channel) = self.find_mut(&callee) {
            channel.state = 6;
        }
        events.push(self.channel_event("Newstate", &callee));
        if self.find(&caller).is_some_and(|channel| channel.state != 6) {
            if let Some(channel) = self.find_mut(&caller) {
                channel.state = 6;
            }
            events.push(self.channel_event("Newstate", &caller));
        }
        // The device and the hint may tell before the bridge is there, never before the channel is up.
        self.settle(events);
        if let Some(channel) = self.find_mut(&callee) {
            channel.exten = String::new();
        }
        let end = self
            .dial_event("DialEnd", &caller, &callee)
            .with("DialStatus", "ANSWER");
        self.emit(&end);
        self.emit(&Message::event("BridgeCreate", Class::Call).and(bridge_lines(&bridge, 0)));
        for (number, name) in [&callee, &caller].into_iter().enumerate() {
            if let Some(channel) = self.find_mut(name) {
                channel.bridge.clone_from(&bridge);
            }
            self.bridge_event("BridgeEnter", &bridge, number + 1, name);
        }
        // Sent once more after the bridge was entered: nobody may derive ringing from it (asterisk.md 1.3).
        for name in [&callee, &caller] {
            let state = self.dest_event("DialState", name).with("DialStatus", "RINGING");
            self.emit(&state);
        }
        true
    }

    fn bridge_event(&mut self, event: &str, bridge: &str, channels: usize, channel: &str) {
        let lines = self
            .find(channel)
            .map(|channel| channel.lines(""))
            .unwrap_or_default();
        self.emit(
            &Message::event(event, Class::Call)
                .and(bridge_lines(bridge, channels))
                .and(lines),
        );
    }

    /// The channel of one side of a call, by its extension.
    fn side(&self, call: &Call, extension: &str) -> Option<String> {
        let sides = [Some(call.caller.clone()), call.callee.clone()];
        sides.into_iter().flatten().find(|name| {
            self.find(name)
                .is_some_and(|channel| channel.extension() == Some(extension) || channel.number == extension)
        })
    }

    /// One side presses hold or takes back. The *other* phone then shows ONHOLD (asterisk.md 1.3).
    pub(crate) fn hold(&mut self, id: u64, extension: &str, on: bool) -> bool {
        let Some(at) = self
            .calls
            .iter()
            .position(|call| call.id == id && call.state != CallState::Ringing)
        else {
            return false;
        };
        let call = self.calls[at].clone();
        let Some(own) = self.side(&call, extension) else {
            return false;
        };
        if call.holding.contains(&own) == on {
            return false;
        }
        let other = if own == call.caller {
            call.callee
        } else {
            Some(call.caller)
        };
        if on {
            self.calls[at].holding.push(own.clone());
        } else {
            self.calls[at].holding.retain(|name| *name != own);
        }
        self.calls[at].state = if self.calls[at].holding.is_empty() {
            CallState::Talking
        } else {
            CallState::Held
        };
        if let Some(other) = other.and_then(|other| self.find_mut(&other)) {
            other.held = on;
        }
        let event = self.channel_event(if on { "Hold" } else { "Unhold" }, &own);
        let event = if on {
            event.with("MusicClass", "default")
        } else {
            event
        };
        self.settle(vec![event]);
        true
    }

    /// Ends a call: `by` is the extension that hangs up, or nobody. A ringing phone that hangs up has refused.
    pub(crate) fn end(&mut self, id: u64, by: Option<&str>) -> bool {
        let Some(at) = self.calls.iter().position(|call| call.id == id) else {
            return false;
        };
        let call = self.calls.remove(at);
        let ending = by
            .and_then(|by| self.side(&call, by))
            .unwrap_or_else(|| call.caller.clone());
        if let (CallState::Ringing, Some(callee)) = (call.state, &call.callee) {
            let rejected = ending == *callee;
            let cause = if rejected { 21 } else { 16 };
            let status = if rejected { "BUSY" } else { "CANCEL" };
            let end = self
                .dial_event("DialEnd", &call.caller, callee)
                .with("DialStatus", status);
            self.emit(&end);
            self.hang_up(callee, cause);
            self.finish(&call, if rejected { 17 } else { 16 });
            return true;
        }
        if let Some(bridge) = &call.bridge {
            let request = self.channel_event("HangupRequest", &ending).with("Cause", "16");
            self.emit(&request);
            let other = if ending == call.caller {
                call.callee.clone()
            } else {
                Some(call.caller.clone())
            };
            self.bridge_event("BridgeLeave", bridge, 1, &ending);
            if let Some(other) = other {
                self.bridge_event("BridgeLeave", bridge, 0, &other);
            }
            self.emit(&Message::event("BridgeDestroy", Class::Call).and(bridge_lines(bridge, 0)));
            if let Some(callee) = &call.callee {
                self.hang_up(callee, 16);
            }
            self.finish(&call, 16);
        } else {
            let request = self.channel_event("HangupRequest", &ending);
            self.emit(&request);
            let request = self
                .channel_event("SoftHangupRequest", &ending)
                .with("Cause", "16");
            self.emit(&request);
            self.finish(&call, 0);
        }
        true
    }

    fn finish(&mut self, call: &Call, cause: u32) {
        for name in &call.between {
            self.hang_up(name, cause);
        }
        self.hang_up(&call.caller, cause);
        self.settle(Vec::new());
    }

    pub(crate) fn hang_up(&mut self, name: &str, cause: u32) {
        if self.find(name).is_none() {
            return;
        }
        let event = self
            .channel_event("Hangup", name)
            .with("Cause", &cause.to_string())
            .with("Cause-txt", cause_text(cause));
        self.channels.retain(|channel| channel.name != name);
        self.emit(&event);
    }

    /// The call that a channel belongs to.
    pub(crate) fn call_of(&self, channel: &str) -> Option<u64> {
        let call = self
            .calls
            .iter()
            .find(|call| call.caller == channel || call.callee.as_deref() == Some(channel));
        call.map(|call| call.id)
    }

    pub(crate) fn views(&self) -> Vec<CallView> {
        let number = |name: &str| {
            self.find(name)
                .map(|channel| channel.number.clone())
                .unwrap_or_default()
        };
        self.calls
            .iter()
            .map(|call| CallView {
                id: call.id,
                from: number(&call.caller),
                dialled: call.dialled.clone(),
                at: call.at.clone(),
                state: call.state,
            })
            .collect()
    }
}

fn bridge_lines(bridge: &str, channels: usize) -> Vec<(String, String)> {
    let line = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    vec![
        line("BridgeUniqueid", bridge),
        line("BridgeType", "basic"),
        line("BridgeTechnology", "simple_bridge"),
        line("BridgeCreator", UNKNOWN),
        line("BridgeName", UNKNOWN),
        line("BridgeNumChannels", &channels.to_string()),
        line("BridgeVideoSourceMode", "none"),
    ]
}
