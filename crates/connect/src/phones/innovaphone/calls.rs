//! The person's own calls, from the messages of the dialog subscription (facts/innovaphone.md section 2.2). Pure.

use super::wire::Dialog;
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::collections::BTreeMap;

/// More than any person has; what tells of more is not believed.
const MOST: usize = 200;

#[derive(Debug, Clone, Default)]
pub struct Calls(BTreeMap<String, CallState>);

impl Calls {
    /// What is new by a message, if anything is.
    pub fn on(&mut self, dialog: &Dialog) -> Option<LineEvent> {
        let id = CallId::new(dialog.call.clone());
        if dialog.deleted {
            self.0.remove(&dialog.call)?;
            return Some(LineEvent::Ended { id });
        }
        if dialog.call.is_empty() || (self.0.len() >= MOST && !self.0.contains_key(&dialog.call)) {
            return None;
        }
        let state = state(dialog);
        let before = self.0.insert(dialog.call.clone(), state);
        (before != Some(state)).then_some(LineEvent::Call { id, state })
    }

    pub fn snapshot(&self) -> Vec<(CallId, CallState)> {
        let calls = self.0.iter();
        calls
            .map(|(id, state)| (CallId::new(id.clone()), *state))
            .collect()
    }

    /// Whether one is up, not merely ringing.
    pub fn in_call(&self) -> bool {
        self.0.values().any(|state| match state {
            CallState::Connected | CallState::Held | CallState::Conference => true,
            CallState::Dialling | CallState::Ringing => false,
        })
    }
}

/// The names of states are on no page: those that mean "not yet" are known by their parts, any other is a call.
fn state(dialog: &Dialog) -> CallState {
    let name = dialog.state.name.to_ascii_lowercase();
    let not_yet = ["alert", "setup", "proc"].iter().any(|part| name.contains(part));
    match (not_yet, dialog.state.outgoing) {
        (true, true) => CallState::Dialling,
        (true, false) => CallState::Ringing,
        (false, _) if dialog.state.hold => CallState::Held,
        (false, _) => CallState::Connected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::DialogState;
    use super::*;

    fn dialog(call: &str, name: &str, outgoing: bool) -> Dialog {
        Dialog {
            call: call.into(),
            state: DialogState {
                name: name.into(),
                outgoing,
                hold: false,
            },
            deleted: false,
        }
    }

    #[test]
    fn a_call_rings_is_answered_held_and_ends() {
        let mut calls = Calls::default();
        let mut told = |dialog: Dialog| calls.on(&dialog);
        let id = CallId::new("7");
        let call = |state| {
            Some(LineEvent::Call {
                id: CallId::new("7"),
                state,
            })
        };
        assert_eq!(told(dialog("7", "alert", false)), call(CallState::Ringing));
        assert_eq!(told(dialog("7", "alerting", false)), None);
        assert_eq!(told(dialog("7", "conn", false)), call(CallState::Connected));
        let mut held = dialog("7", "connected", false);
        held.state.hold = true;
        assert_eq!(told(held), call(CallState::Held));
        let mut over = dialog("7", "", false);
        over.deleted = true;
        assert_eq!(told(over.clone()), Some(LineEvent::Ended { id }));
        assert_eq!(told(over), None);
    }

    #[test]
    fn names_that_nobody_knows_are_calls() {
        for (name, outgoing, state) in [
            ("setup", true, CallState::Dialling),
            ("call-proc", true, CallState::Dialling),
            ("Alert", true, CallState::Dialling),
            ("setup-ack", false, CallState::Ringing),
            ("", false, CallState::Connected),
            ("something", true, CallState::Connected),
        ] {
            assert_eq!(super::state(&dialog("1", name, outgoing)), state, "{name}");
        }
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut calls = Calls::default();
        for n in 0..2 * MOST {
            calls.on(&dialog(&n.to_string(), "conn", false));
        }
        assert_eq!(calls.snapshot().len(), MOST);
        assert!(calls.in_call());
        assert_eq!(calls.on(&dialog("", "conn", false)), None);
    }
}
