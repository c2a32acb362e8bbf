//! Asking: what has left the engine, and what can be seen.

use super::values::ON;
use super::world::World;
use offhook_engine::fault::Code;
use offhook_engine::ledger::Hold;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::teams::SessionPair;
use offhook_engine::{Effect, Instant};
use offhook_protocol::status::{State, Status};

impl World {
    pub fn count(&self, what: impl Fn(&Effect) -> bool) -> usize {
        self.log.iter().filter(|(_, effect)| what(effect)).count()
    }

    pub fn sets(&self) -> usize {
        self.count(|e| matches!(e, Effect::SetSession { .. }))
    }

    pub fn clears(&self) -> usize {
        self.count(|e| *e == Effect::ClearSession)
    }

    pub fn writes(&self) -> Vec<FieldValue> {
        let mut writes = Vec::new();
        for (_, effect) in &self.log {
            if let Effect::WritePhone(value) = effect {
                writes.push(value.clone());
            }
        }
        writes
    }

    pub fn notices(&self) -> Vec<Code> {
        let mut codes = Vec::new();
        for (_, effect) in &self.log {
            if let Effect::Notify(notice) = effect {
                codes.push(notice.code);
            }
        }
        codes
    }

    /// Everything that changes something outside.
    pub fn changes(&self) -> Vec<Effect> {
        let is_change = |e: &Effect| {
            matches!(
                e,
                Effect::SetSession { .. }
                    | Effect::ClearSession
                    | Effect::SetPreferred { .. }
                    | Effect::ClearPreferred
                    | Effect::SetMessage(_)
                    | Effect::WritePhone(_)
            )
        };
        self.log
            .iter()
            .map(|(_, e)| e)
            .filter(|e| is_change(e))
            .cloned()
            .collect()
    }

    /// Seconds after `from` at which such an effect first left.
    pub fn first(&self, what: impl Fn(&Effect) -> bool, from: Instant) -> Option<f64> {
        let found = self.log.iter().find(|(at, e)| *at >= from && what(e));
        found.map(|(at, _)| at.since(from).as_secs_f64())
    }

    /// Seconds between the polls since `from`.
    pub fn poll_spans(&self, from: Instant) -> Vec<f64> {
        let polls: Vec<Instant> = self
            .log
            .iter()
            .filter(|(at, e)| *at >= from && *e == Effect::ReadTeams)
            .map(|(at, _)| *at)
            .collect();
        polls
            .windows(2)
            .map(|pair| pair[1].since(pair[0]).as_secs_f64())
            .collect()
    }

    pub fn dnd(&self) -> bool {
        self.phone.fields[&Field::Dnd] == ON
    }

    pub fn presence(&self) -> Option<PhonePresence> {
        if let FieldValue::Presence(presence) = &self.phone.fields[&Field::Presence] {
            *presence
        } else {
            None
        }
    }

    pub fn forward(&self) -> Option<String> {
        if let FieldValue::Forward(target) = &self.phone.fields[&Field::Forward] {
            target.clone()
        } else {
            None
        }
    }

    pub fn note(&self) -> String {
        let FieldValue::Note(note) = &self.phone.fields[&Field::Note] else {
            panic!("no note");
        };
        note.clone()
    }

    pub fn session(&self) -> Option<SessionPair> {
        self.graph.session.map(|(pair, _)| pair)
    }

    pub fn hold(&self, field: Field) -> Option<&Hold> {
        self.engine.ledger().hold_on(field, &self.phone.key)
    }

    pub fn status(&self) -> Status {
        self.engine.status(self.now)
    }

    pub fn state(&self) -> State {
        self.status().state
    }

    pub fn why(&self) -> String {
        self.engine.why(self.now).join("\n")
    }
}
