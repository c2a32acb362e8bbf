//! The calls of the own device (facts/csta.json, `state_machine` and `traps`). Pure.
//!
//! Whatever an event is about, its `localConnectionInfo` is how the own device stands in that call: it decides.

use super::messages::plain;
use crate::phones::xml::Element;
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::collections::BTreeMap;

/// No device has as many.
const MOST: usize = 64;

/// What an event brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// About calls; may be nothing.
    Calls(Vec<LineEvent>),
    /// Do not disturb or a forward has changed.
    Field,
    /// What is known of calls may be wrong.
    Again,
    /// The monitor is gone.
    MonitorGone,
    /// Nothing of use here.
    Other,
}

/// By the call's number at the phone system. Another device's call may have the same number; only the own device is
/// watched.
#[derive(Debug, Default)]
pub struct Calls {
    known: BTreeMap<String, Call>,
    count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    id: CallId,
    state: CallState,
    conference: bool,
}

impl Calls {
    pub fn list(&self) -> Vec<(CallId, CallState)> {
        self.known
            .values()
            .map(|call| (call.id.clone(), call.state))
            .collect()
    }

    /// An event of the own monitor.
    pub fn on_event(&mut self, event: &Element, device: &str) -> Told {
        let local = event.word("localConnectionInfo");
        let call = |name: &str| event.child(name).map(call_number);
        let told = match event.name.as_str() {
            // Off the hook is no call yet.
            "ServiceInitiatedEvent" => Vec::new(),
            "OriginatedEvent" => self.set(call("originatedConnection"), local, CallState::Dialling),
            "DeliveredEvent" => self.set(call("connection"), local, CallState::Dialling),
            "EstablishedEvent" => self.set(call("establishedConnection"), local, CallState::Connected),
            "HeldEvent" => self.set(call("heldConnection"), local, CallState::Connected),
            "RetrievedEvent" => self.set(call("retrievedConnection"), local, CallState::Connected),
            "ConnectionClearedEvent" => {
                let dropped = event.child("droppedConnection");
                let is_own = dropped.is_some_and(|dropped| is_device(dropped, device));
                self.on_end(call("droppedConnection"), local == "null" || is_own)
            }
            "FailedEvent" => self.on_end(call("failedConnection"), matches!(local, "null" | "fail")),
            "DivertedEvent" => self.on_end(call("connection"), local == "null"),
            "TransferedEvent" => self.on_joined(event, device, local, "transferredConnections", false),
            "ConferencedEvent" => self.on_joined(event, device, local, "conferenceConnections", true),
            "DoNotDisturbEvent" | "ForwardingEvent" => return Told::Field,
            "BackInServiceEvent" => return Told::Again,
            "OutOfServiceEvent" => {
                let is_any = !std::mem::take(&mut self.known).is_empty();
                return Told::Calls(is_any.then_some(LineEvent::Reset).into_iter().collect());
            }
            "MonitorStop" => return Told::MonitorGone,
            _ => return Told::Other,
        };
        Told::Calls(told)
    }

    /// `when_connected`: what it means that the own device is connected to it.
    fn set(&mut self, number: Option<String>, local: &str, when_connected: CallState) -> Vec<LineEvent> {
        let Some(number) = number else {
            return Vec::new();
        };
        let state = match local {
            "null" => return self.end(&number),
            "alerting" => CallState::Ringing,
            "hold" => CallState::Held,
            // Some systems say so until the other side answers.
            "initiated" => CallState::Dialling,
            "connected" => when_connected,
            // Queued, failed, or a word to come.
            _ => return Vec::new(),
        };
        self.put(number, state)
    }

    fn put(&mut self, number: String, state: CallState) -> Vec<LineEvent> {
        if self.known.len() >= MOST && !self.known.contains_key(&number) {
            return Vec::new();
        }
        let count = &mut self.count;
        let call = self.known.entry(number).or_insert_with(|| {
            *count += 1;
            Call {
                id: CallId::new(format!("csta-{count}")),
                // Whatever it is, it is news.
                state: CallState::Ringing,
                conference: false,
            }
        });
        call.state = match state {
            CallState::Conference => {
                call.conference = true;
                state
            }
            CallState::Connected if call.conference => CallState::Conference,
            CallState::Dialling | CallState::Ringing | CallState::Connected | CallState::Held => state,
        };
        vec![LineEvent::Call {
            id: call.id.clone(),
            state: call.state,
        }]
    }

    fn end(&mut self, number: &str) -> Vec<LineEvent> {
        let ended = self.known.remove(number);
        ended
            .map(|call| LineEvent::Ended { id: call.id })
            .into_iter()
            .collect()
    }

    fn on_end(&mut self, number: Option<String>, is_over: bool) -> Vec<LineEvent> {
        match number {
            Some(number) if is_over => self.end(&number),
            Some(_) | None => Vec::new(),
        }
    }

    /// Two calls become one, perhaps under another number.
    fn on_joined(
        &mut self,
        event: &Element,
        device: &str,
        local: &str,
        list: &str,
        conference: bool,
    ) -> Vec<LineEvent> {
        let old = ["primaryOldCall", "secondaryOldCall"];
        let old: Vec<String> = old
            .iter()
            .filter_map(|name| event.child(name).map(call_number))
            .collect();
        let new = match local {
            "null" => None,
            _ => own_call(event.child(list), device),
        };
        let mut told = Vec::new();
        let state = match local {
            "alerting" => Some(CallState::Ringing),
            "hold" => Some(CallState::Held),
            "connected" if conference => Some(CallState::Conference),
            "connected" => Some(CallState::Connected),
            _ => None,
        };
        // The new one first, so that no moment is without a call.
        if let (Some(new), Some(state)) = (&new, state) {
            told.extend(self.put(new.clone(), state));
        }
        for number in old.iter().filter(|number| new.as_ref() != Some(*number)) {
            told.extend(self.end(number));
        }
        told
    }

    /// The answer to a question for all calls. `None`: it is none.
    pub fn on_snapshot(&mut self, root: &Element) -> Option<()> {
        if root.name != "SnapshotDeviceResponse" {
            return None;
        }
        let mut before = std::mem::take(&mut self.known);
        let below = root.below();
        for info in below
            .into_iter()
            .filter(|info| info.name == "snapshotDeviceResponseInfo")
        {
            let number = info.child("connectionIdentifier").map(call_number);
            let (Some(number), Some(state)) = (number, info.child("localCallState").and_then(snapshot_state))
            else {
                continue;
            };
            if let Some(call) = before.remove(&number) {
                self.known.insert(number.clone(), call);
            }
            let _told = self.put(number, state);
        }
        Some(())
    }
}

/// The own device's state is the first of those in the call, the others' come after it.
fn snapshot_state(state: &Element) -> Option<CallState> {
    let mut words = vec![state.text.trim()];
    words.extend(state.below().iter().map(|word| word.text.trim()));
    words.retain(|word| !word.is_empty());
    let others_ring = words.get(1..).is_some_and(|others| others.contains(&"alerting"));
    match *words.first()? {
        "connected" if others_ring => Some(CallState::Dialling),
        "connected" => Some(CallState::Connected),
        "alerting" => Some(CallState::Ringing),
        "hold" => Some(CallState::Held),
        _ => None,
    }
}

/// The call that a connection belongs to. A system that names no call has one at most.
fn call_number(connection: &Element) -> String {
    let named = connection.word("callID");
    if !named.is_empty() {
        return named.to_owned();
    }
    let below = connection.below();
    let named = below.iter().find(|element| element.name == "callID");
    named.map_or_else(String::new, |named| named.text.trim().to_owned())
}

fn is_device(connection: &Element, device: &str) -> bool {
    let mut below = connection.below().into_iter();
    below.any(|element| element.name == "deviceID" && plain(&element.text) == plain(device))
}

/// Of the connections after two calls became one, the own device's, else the first.
fn own_call(list: Option<&Element>, device: &str) -> Option<String> {
    let items = &list?.children;
    let own = items.iter().find(|item| is_device(item, device));
    own.or(items.first()).map(call_number)
}

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and names whatever else comes"
)]
mod tests {
    use super::super::messages::parse;
    use super::*;

    /// facts/csta-pyssimist-session.txt
    const SESSION: &str = include_str!("../../../tests/data/csta-pyssimist-session.txt");

    fn state(told: &Told) -> Vec<Option<CallState>> {
        match told {
            Told::Calls(events) => events
                .iter()
                .map(|event| match event {
                    LineEvent::Call { state, .. } => Some(*state),
                    _ => None,
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn event(
        calls: &mut Calls,
        name: &str,
        connection: &str,
        call: &str,
        at: &str,
        local: &str,
    ) -> Vec<Option<CallState>> {
        let text = format!(
            "<{name}><monitorCrossRefID>1</monitorCrossRefID><{connection}><callID>{call}</callID><deviceID>{at}</deviceID></{connection}><localConnectionInfo>{local}</localConnectionInfo><private><x/></private></{name}>"
        );
        state(&calls.on_event(&parse(&text).unwrap().root, "101"))
    }

    /// The session with an independent server: the caller is 1000, the called 1001, each with a monitor.
    #[test]
    fn the_captured_session_is_a_call_on_either_side() {
        use CallState::{Connected, Dialling, Ringing};
        for (device, monitor, wanted) in [
            (
                "1000",
                "1",
                vec![Some(Dialling), Some(Dialling), Some(Connected), None],
            ),
            ("1001", "2", vec![Some(Ringing), Some(Connected), None]),
        ] {
            let mut calls = Calls::default();
            let mut heard = Vec::new();
            for line in SESSION.lines().filter_map(|line| line.strip_prefix("< <?xml")) {
                let message = parse(&format!("<?xml{line}")).unwrap();
                if message.root.name.ends_with("Event") && message.root.word("monitorCrossRefID") == monitor {
                    heard.extend(state(&calls.on_event(&message.root, device)));
                }
            }
            assert_eq!(heard, wanted, "{device}");
            assert_eq!(calls.list(), []);
        }
    }

    #[test]
    fn a_call_is_held_and_comes_back_and_a_second_one_is_another() {
        use CallState::{Connected, Dialling, Held, Ringing};
        let mut calls = Calls::default();
        let mut on = |name, connection, call, at, local| event(&mut calls, name, connection, call, at, local);
        assert_eq!(
            on("DeliveredEvent", "connection", "7", "101", "alerting"),
            [Some(Ringing)]
        );
        assert_eq!(
            on(
                "EstablishedEvent",
                "establishedConnection",
                "7",
                "101",
                "connected"
            ),
            [Some(Connected)]
        );
        assert_eq!(
            on("HeldEvent", "heldConnection", "7", "101", "hold"),
            [Some(Held)]
        );
        assert_eq!(
            on("OriginatedEvent", "originatedConnection", "8", "101", "connected"),
            [Some(Dialling)]
        );
        // The far end rings.
        assert_eq!(
            on("DeliveredEvent", "connection", "8", "102", "connected"),
            [Some(Dialling)]
        );
        assert_eq!(
            on(
                "EstablishedEvent",
                "establishedConnection",
                "8",
                "102",
                "connected"
            ),
            [Some(Connected)]
        );
        assert_eq!(
            on("ConnectionClearedEvent", "droppedConnection", "8", "102", "null"),
            [None]
        );
        assert_eq!(
            on("RetrievedEvent", "retrievedConnection", "7", "101", "connected"),
            [Some(Connected)]
        );
        // The far end holds us: we are in the call.
        assert_eq!(
            on("HeldEvent", "heldConnection", "7", "102", "connected"),
            [Some(Connected)]
        );
        assert_eq!(
            on("ConnectionClearedEvent", "droppedConnection", "7", "101", ""),
            [None]
        );
        assert_eq!(
            on("ConnectionClearedEvent", "droppedConnection", "7", "101", "null").len(),
            0
        );
    }

    #[test]
    fn transfers_and_conferences_go_on_under_their_new_number() {
        use CallState::{Conference, Connected};
        let joined = |name: &str, list: &str, local: &str| {
            let text = format!(
                "<{name}><primaryOldCall><callID>7</callID><deviceID>101</deviceID></primaryOldCall><secondaryOldCall><callID>8</callID><deviceID>101</deviceID></secondaryOldCall><{list}><connectionListItem><newConnection><callID>9</callID><deviceID>102</deviceID></newConnection></connectionListItem><connectionListItem><newConnection><callID>9</callID><deviceID>N&lt;101&gt;</deviceID></newConnection></connectionListItem></{list}><localConnectionInfo>{local}</localConnectionInfo></{name}>"
            );
            parse(&text).unwrap().root
        };
        let two = || {
            let mut calls = Calls::default();
            for call in ["7", "8"] {
                event(
                    &mut calls,
                    "EstablishedEvent",
                    "establishedConnection",
                    call,
                    "101",
                    "connected",
                );
            }
            calls
        };
        // We hand the call over and are out of it.
        let mut calls = two();
        let told = calls.on_event(
            &joined("TransferedEvent", "transferredConnections", "null"),
            "101",
        );
        assert_eq!(state(&told), [None, None]);
        // Somebody hands one to us.
        let mut calls = two();
        let told = calls.on_event(
            &joined("TransferedEvent", "transferredConnections", "connected"),
            "101",
        );
        assert_eq!(state(&told), [Some(Connected), None, None]);
        let mut calls = two();
        let told = calls.on_event(
            &joined("ConferencedEvent", "conferenceConnections", "connected"),
            "101",
        );
        assert_eq!(state(&told), [Some(Conference), None, None]);
        assert_eq!(
            event(
                &mut calls,
                "RetrievedEvent",
                "retrievedConnection",
                "9",
                "101",
                "connected"
            ),
            [Some(Conference)]
        );
        assert_eq!(calls.list().len(), 1);
    }

    #[test]
    fn a_snapshot_is_all_there_is() {
        let mut calls = Calls::default();
        for call in ["7", "8"] {
            event(
                &mut calls,
                "DeliveredEvent",
                "connection",
                call,
                "101",
                "alerting",
            );
        }
        let before = calls.list();
        let info = |call: &str, states: &str| {
            format!(
                "<snapshotDeviceResponseInfo><connectionIdentifier><callID>{call}</callID><deviceID>101</deviceID></connectionIdentifier><localCallState><compoundCallState>{states}</compoundCallState></localCallState></snapshotDeviceResponseInfo>"
            )
        };
        let word = |word: &str| format!("<localConnectionState>{word}</localConnectionState>");
        let infos = [
            info("7", &(word("connected") + &word("connected"))),
            info("9", &(word("connected") + &word("alerting"))),
            info("10", &word("null")),
        ];
        let text = format!(
            "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>{}</snapshotData></crossRefIDorSnapshotData></SnapshotDeviceResponse>",
            infos.concat()
        );
        assert!(calls.on_snapshot(&parse(&text).unwrap().root).is_some());
        let states: Vec<CallState> = calls.list().into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [CallState::Connected, CallState::Dialling]);
        assert_eq!(calls.list()[0].0, before[0].0, "the same call keeps its name");
        assert!(
            calls
                .on_snapshot(&parse("<MonitorStartResponse/>").unwrap().root)
                .is_none()
        );
    }

    #[test]
    fn what_is_none_of_a_call_is_told_apart() {
        let mut calls = Calls::default();
        let mut told = |name: &str| calls.on_event(&parse(&format!("<{name}/>")).unwrap().root, "101");
        assert_eq!(told("DoNotDisturbEvent"), Told::Field);
        assert_eq!(told("ForwardingEvent"), Told::Field);
        assert_eq!(told("MonitorStop"), Told::MonitorGone);
        assert_eq!(told("BackInServiceEvent"), Told::Again);
        assert_eq!(told("OutOfServiceEvent"), Told::Calls(Vec::new()));
        assert_eq!(told("AgentBusyEvent"), Told::Other);
    }
}
