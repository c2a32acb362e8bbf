//! The phone system: its fields, its news in order, and what goes wrong with a write.

use super::desk::{Desk, Event, Way, Write, secs};
use super::program::fault;
use offhook_engine::Input;
use offhook_engine::fault::FaultKind;
use offhook_engine::line::{LineEvent, SourceId};
use offhook_engine::phone::{
    Abilities, Can, Field, FieldValue, NoteLength, PhonePresence, PresenceWords, Unconfirmed,
};

const BOTH: Can = Can {
    read: true,
    write: true,
};

/// A phone system that can do all.
pub const ALL: Abilities = Abilities {
    dnd: BOTH,
    forward: BOTH,
    presence: BOTH,
    note: BOTH,
    calls: true,
    could_change_others: false,
    presence_words: PresenceWords::ALL,
    dnd_is_presence: false,
    prepared_forward: false,
    tells_internal_apart: false,
    note_length: NoteLength(280),
    unconfirmed: Unconfirmed {
        dnd: false,
        forward: false,
    },
};

/// One that has few words for presence and shows notes without taking any.
pub const FEW: Abilities = Abilities {
    note: Can {
        read: true,
        write: false,
    },
    presence_words: PresenceWords::of(&[PhonePresence::Dnd, PhonePresence::Busy, PhonePresence::Away]),
    ..ALL
};

impl Desk {
    /// When news that would come after `wait` is there: never before what was said earlier.
    fn in_order(&mut self, wait: f64) -> f64 {
        let at = (self.now.mono + secs(wait)).max(self.phone_news_at);
        self.phone_news_at = at;
        at.since(self.now.mono).as_secs_f64()
    }

    pub fn tell_in_order(&mut self, wait: f64, input: Input) {
        let wait = self.in_order(wait);
        self.tell(wait, input);
    }

    pub fn writes_phone(&mut self, value: FieldValue) {
        self.says(|| format!("writes {value:?}"));
        let field = value.field();
        if !self.takes(&value) {
            self.fail(
                19,
                &format!("{value:?} is written, which the phone system does not take"),
            );
        }
        let mut delay = self.chance.between(0.02, 0.3);
        let mut outcome = Ok(());
        let mut acts = true;
        if !self.phone_up {
            return;
        }
        if self.strikes("phone is slow", 0.7) {
            delay = self.chance.between(1.0, 3.0);
        }
        let write = |way| {
            Event::PhoneActs(Write {
                value: value.clone(),
                sent: self.now.mono,
                way,
            })
        };
        let (usual, again, late) = (write(Way::Usual), write(Way::Again), write(Way::Late));
        if self.strikes("phone refuses a write", 0.7) {
            (outcome, acts) = (Err(fault(FaultKind::Rejected)), false);
        } else if self.strikes("phone throttles", 0.7) {
            let known = self.chance.hits(0.5);
            let retry_after = known.then(|| secs(self.chance.between(0.5, 30.0)));
            (outcome, acts) = (Err(fault(FaultKind::Throttled { retry_after })), false);
        } else if self.strikes("phone loses a write", 0.7) {
            (delay, outcome, acts) = (5.0, Err(fault(FaultKind::Unreachable)), false);
        } else if self.strikes("phone loses an answer", 0.7) {
            (delay, outcome) = (5.0, Err(fault(FaultKind::Unreachable)));
        } else if self.strikes("phone does it late", 0.7) {
            let wait = 5.0 + self.chance.between(0.0, 20.0);
            self.later(wait, late);
            (delay, outcome, acts) = (5.0, Err(fault(FaultKind::Unreachable)), false);
        } else if self.strikes("phone does it twice", 0.7) {
            let wait = delay + self.chance.between(0.0, 2.5);
            self.later(wait, again);
        }
        if acts {
            self.later(delay.min(3.0) / 2.0, usual);
        }
        if outcome.is_err() {
            self.watch.fails_on(field);
        }
        if outcome == Err(fault(FaultKind::Unreachable)) {
            self.watch.is_unanswered(&value, self.now.mono);
        }
        if self.armed == Some("killed with a write on its way") {
            self.killed("killed with a write on its way");
            return;
        }
        self.tell_in_order(delay, Input::PhoneWritten { field, outcome });
    }

    pub fn phone_acts(&mut self, write: Write) {
        let (field, value) = (write.value.field(), write.value.clone());
        let way = match write.way {
            Way::Usual => "",
            Way::Again => ", once more",
            Way::Late => ", late",
        };
        self.says(|| format!("the phone shows {value:?}, by us{way}"));
        self.note_act(&write);
        let sets = field == self.fought && value != field.at_rest();
        if sets && self.fights && self.trouble.contains("another program writes the phone") {
            let wait = self.chance.between(1.0, 8.0);
            self.later(wait, Event::OtherUndoes);
        }
        self.fields.insert(field, value);
        if self.armed == Some("killed after the write") {
            self.killed("killed after the write");
        }
        self.push(field);
    }

    /// The person, or another program, changes the phone.
    pub fn by_hand(&mut self, value: FieldValue) {
        self.says(|| format!("by hand on the phone: {value:?}"));
        self.note_hand(&value);
        let field = value.field();
        self.fields.insert(field, value);
        self.push(field);
    }

    /// Whether this phone system and account can set that.
    pub fn takes(&self, value: &FieldValue) -> bool {
        let words = self.abilities.presence_words;
        let word = match value {
            FieldValue::Presence(Some(presence)) => words.has(*presence),
            FieldValue::Presence(None)
            | FieldValue::Dnd(_)
            | FieldValue::Forward(_)
            | FieldValue::Note(_) => true,
        };
        word && self.abilities.of(value.field()).write
    }

    /// Another program writes what it likes, when it likes.
    pub fn other_writes(&mut self) {
        let field = match &mut self.other {
            Some(chance) => chance.pick(&Field::ALL),
            None => Field::Dnd,
        };
        let sets = self.fields[&field] == field.at_rest();
        self.other_sets(if sets { others(field) } else { field.at_rest() });
    }

    /// It takes back what we have written.
    pub fn other_undoes(&mut self) {
        let field = self.fought;
        if self.fields[&field] != field.at_rest() {
            self.other_sets(field.at_rest());
        }
    }

    fn other_sets(&mut self, value: FieldValue) {
        self.story.happens(match value.field() {
            Field::Dnd => "another program writes the phone",
            Field::Forward | Field::Presence | Field::Note => "another program writes another field",
        });
        self.by_hand(value);
    }

    /// Something to be fought over, more than once: each of these is set where the rules of the day set that field.
    pub fn begins_to_fight(&mut self) {
        self.fought = match &mut self.other {
            Some(chance) => chance.pick(&Field::ALL),
            None => Field::Dnd,
        };
        let field = self.fought;
        if self.fields[&field] != field.at_rest() {
            self.by_hand(field.at_rest());
        }
        let presence = match (field, self.rules.profile.name.as_str()) {
            (Field::Dnd, "starface-9") | (Field::Presence, _) => ("Busy", "InACall"),
            (Field::Dnd, _) => ("DoNotDisturb", "Presenting"),
            (Field::Forward, _) => ("Away", "Away"),
            (Field::Note, _) => ("Busy", "InAMeeting"),
        };
        for wait in [20.0, 125.0, 230.0] {
            self.stirs_with(wait, presence);
        }
    }

    /// Whoever listens hears what the field shows now.
    fn push(&mut self, field: Field) {
        self.second_hears(field);
        if !self.phone_up {
            return;
        }
        let late = self.strikes("phone's news is late", 0.7);
        let wait = if late { self.chance.between(0.3, 4.0) } else { 0.05 };
        let wait = self.in_order(wait);
        self.later(wait, Event::PhonePushes(self.epoch, field));
    }

    pub fn phone_pushes(&mut self, epoch: u64, field: Field) {
        if epoch == self.epoch && self.phone_up {
            self.input(Input::PhoneSeen(vec![self.fields[&field].clone()]));
        }
    }

    pub fn reads_phone(&mut self) {
        self.watch.reads_phone(self.now.mono);
        if self.strikes("phone cannot be read", 0.7) {
            let kind = self
                .chance
                .pick(&[FaultKind::Unreachable, FaultKind::Throttled { retry_after: None }]);
            self.tell_in_order(0.1, Input::PhoneReadFailed(fault(kind)));
            return;
        }
        let wait = self.chance.between(0.02, 0.3);
        let wait = self.in_order(wait);
        self.later(wait, Event::PhoneAnswers(self.epoch));
    }

    pub fn phone_answers(&mut self, epoch: u64) {
        if epoch == self.epoch && self.phone_up {
            self.input(Input::PhoneSeen(self.fields.values().cloned().collect()));
        }
    }

    pub fn phone_goes(&mut self) {
        if !self.phone_up {
            return;
        }
        self.story.happens("phone disconnects");
        self.says(|| "phone disconnects".into());
        self.phone_up = false;
        self.lines[0].up = false;
        // What was on its way is lost with the connection.
        self.phone_news_at = self.now.mono;
        self.tell(0.0, Input::PhoneDown(fault(FaultKind::Unreachable)));
        let down = LineEvent::Down(fault(FaultKind::Unreachable));
        self.tell(0.0, Input::Line(SourceId::phone(), down));
        let wait = self.chance.between(8.0, 150.0);
        self.later(wait, Event::PhoneBack);
    }

    pub fn phone_back(&mut self) {
        self.says(|| "phone is back".into());
        self.watch.change(self.now.mono);
        self.phone_up = true;
        let up = self.phone_is_up();
        self.input(up);
        self.line_back(0);
        self.second_phone_back();
    }
}

/// What another program sets.
fn others(field: Field) -> FieldValue {
    match field {
        Field::Dnd => FieldValue::Dnd(true),
        Field::Forward => FieldValue::Forward(Some("+49 30 5550177".into())),
        Field::Presence => FieldValue::Presence(Some(PhonePresence::Busy)),
        Field::Note => FieldValue::Note("in the canteen".into()),
    }
}
