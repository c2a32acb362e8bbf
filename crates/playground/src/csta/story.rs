//! A call as one device is in it, and what is told of it on the way.

use super::CstaHabits;
use super::xml::escape;
use crate::pbx::CallState;

pub(super) fn id_of(device: &str, decorates: bool) -> String {
    if decorates && !device.is_empty() {
        escape(&format!("N<{device}>"))
    } else {
        escape(device)
    }
}

pub(super) fn number_of(call: u64, habits: &CstaHabits) -> String {
    if habits.nameless_calls {
        String::new()
    } else {
        format!("<callID>{}</callID>", 5000 + call)
    }
}

/// A call as one device is in it.
pub(super) struct Own {
    pub(super) id: u64,
    pub(super) device: String,
    pub(super) other: String,
    pub(super) outbound: bool,
    pub(super) state: CallState,
}

impl Own {
    pub(super) fn info(&self, decorates: bool) -> String {
        let (own, other) = match (self.state, self.outbound) {
            (CallState::Ringing, true) => ("connected", "alerting"),
            (CallState::Ringing, false) => ("alerting", "connected"),
            (CallState::Talking, _) => ("connected", "connected"),
            (CallState::Held, _) => ("hold", "connected"),
        };
        format!(
            "<snapshotDeviceResponseInfo><connectionIdentifier><callID>{}</callID><deviceID>{}</deviceID></connectionIdentifier><endpointDevice><deviceIdentifier>{}</deviceIdentifier></endpointDevice><localCallState><compoundCallState><localConnectionState>{own}</localConnectionState><localConnectionState>{other}</localConnectionState></compoundCallState></localCallState></snapshotDeviceResponseInfo>",
            5000 + self.id,
            id_of(&self.device, decorates),
            id_of(&self.other, decorates),
        )
    }

    /// What is told on the way from one phase to where the call is now.
    pub(super) fn story(&self, told: &str, habits: &CstaHabits) -> Vec<(&'static str, &'static str, String)> {
        let (own, other) = (
            id_of(&self.device, habits.decorates),
            id_of(&self.other, habits.decorates),
        );
        let number = number_of(self.id, habits);
        let at = |device: &str| format!("{number}<deviceID>{device}</deviceID>");
        let party = |name: &str, device: &str| {
            format!("<{name}><deviceIdentifier>{device}</deviceIdentifier></{name}>")
        };
        let (caller, called) = if self.outbound {
            (&own, &other)
        } else {
            (&other, &own)
        };
        let parties = format!(
            "{}{}",
            party("callingDevice", caller),
            party("calledDevice", called)
        );
        let local =
            |word: &str| format!("<localConnectionInfo>{word}</localConnectionInfo><cause>newCall</cause>");
        let mut events = Vec::new();
        let begins = told.is_empty();
        if begins && self.outbound {
            let inner = format!(
                "<initiatedConnection>{}</initiatedConnection>{}{}",
                at(&own),
                party("initiatingDevice", &own),
                local("initiated")
            );
            events.push(("ringing", "ServiceInitiatedEvent", inner));
            let inner = format!(
                "<originatedConnection>{}</originatedConnection>{parties}{}",
                at(&own),
                local("connected")
            );
            events.push(("ringing", "OriginatedEvent", inner));
        }
        if begins {
            let word = if self.outbound { "connected" } else { "alerting" };
            // The connection is that of the phone that rings.
            let rings = if self.outbound { &other } else { &own };
            let inner = format!(
                "<connection>{}</connection>{}{parties}{}",
                at(rings),
                party("alertingDevice", rings),
                local(word)
            );
            events.push(("ringing", "DeliveredEvent", inner));
        }
        if self.state != CallState::Ringing && (begins || told == "ringing") {
            let inner = format!(
                "<establishedConnection>{}</establishedConnection>{}{parties}{}",
                at(called),
                party("answeringDevice", called),
                local("connected")
            );
            events.push(("talking", "EstablishedEvent", inner));
        }
        match self.state {
            CallState::Held if told != "held" => {
                let inner = format!(
                    "<heldConnection>{}</heldConnection>{}{}",
                    at(&own),
                    party("holdingDevice", &own),
                    local("hold")
                );
                events.push(("held", "HeldEvent", inner));
            }
            CallState::Talking if told == "held" => {
                let inner = format!(
                    "<retrievedConnection>{}</retrievedConnection>{}{}",
                    at(&own),
                    party("retrievingDevice", &own),
                    local("connected")
                );
                events.push(("talking", "RetrievedEvent", inner));
            }
            CallState::Ringing | CallState::Talking | CallState::Held => {}
        }
        events
    }
}
