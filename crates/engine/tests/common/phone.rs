//! The phone system: its fields, the person's hand on them, and calls.

use super::values::{OFF, unreachable};
use super::world::World;
use offhook_engine::Input;
use offhook_engine::fault::Fault;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, PhonePresence};
use std::collections::BTreeMap;

/// The phone system.
#[derive(Debug)]
pub struct Phone {
    pub fields: BTreeMap<Field, FieldValue>,
    pub up: bool,
    pub writes_fail: Option<Fault>,
    pub reads_fail: Option<Fault>,
    /// Writes arrive but nobody answers.
    pub mute: bool,
    /// Writes do not arrive, and nobody answers.
    pub loses_writes: bool,
    pub key: String,
    pub names: Vec<String>,
    pub abilities: Abilities,
}

impl Phone {
    /// Connected, able to do all, and everything at rest.
    pub(super) fn new() -> Self {
        let mut fields = BTreeMap::new();
        fields.insert(Field::Dnd, OFF);
        fields.insert(Field::Forward, FieldValue::Forward(None));
        fields.insert(Field::Presence, FieldValue::Presence(None));
        fields.insert(Field::Note, FieldValue::Note(String::new()));
        Self {
            fields,
            up: true,
            writes_fail: None,
            reads_fail: None,
            mute: false,
            loses_writes: false,
            key: "pbx/2001".into(),
            names: Vec::new(),
            abilities: able(),
        }
    }
}

pub fn both() -> Can {
    Can {
        read: true,
        write: true,
    }
}

pub fn able() -> Abilities {
    Abilities {
        dnd: both(),
        forward: both(),
        presence: both(),
        note: both(),
        calls: true,
        could_change_others: false,
        ..Abilities::default()
    }
}

impl World {
    pub fn phone_up(&mut self) {
        self.phone.up = true;
        if self.has_phone {
            self.input(Input::PhoneUp {
                identity: PhoneIdentity {
                    key: self.phone.key.clone(),
                    system: "Pretend 1.0".into(),
                    names: self.phone.names.clone(),
                },
                abilities: self.phone.abilities,
            });
        }
    }

    pub fn phone_down(&mut self) {
        self.phone.up = false;
        self.input(Input::PhoneDown(unreachable()));
    }

    /// The person (or anybody else) changes a field at the phone.
    pub fn by_hand(&mut self, value: FieldValue) {
        self.phone.fields.insert(value.field(), value.clone());
        if self.phone.up {
            self.input(Input::PhoneSeen(vec![value]));
        }
    }

    pub fn dnd_by_hand(&mut self, on: bool) {
        self.by_hand(FieldValue::Dnd(on));
    }

    pub fn presence_by_hand(&mut self, presence: Option<PhonePresence>) {
        self.by_hand(FieldValue::Presence(presence));
    }

    pub fn note_by_hand(&mut self, note: &str) {
        self.by_hand(FieldValue::Note(note.into()));
    }

    pub fn call_on(&mut self, source: &str, id: &str, state: CallState) {
        let id = CallId::new(id);
        self.input(Input::Line(SourceId::new(source), LineEvent::Call { id, state }));
    }

    pub fn ring(&mut self, id: &str) {
        self.call_on("baresip", id, CallState::Ringing);
    }

    pub fn answer(&mut self, id: &str) {
        self.call_on("baresip", id, CallState::Connected);
    }

    pub fn hang_up(&mut self, id: &str) {
        self.line("baresip", LineEvent::Ended { id: CallId::new(id) });
    }

    pub fn line(&mut self, source: &str, event: LineEvent) {
        self.input(Input::Line(SourceId::new(source), event));
    }
}
