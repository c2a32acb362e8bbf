//! What the person does.

use super::desk::{Desk, Event, PHONE, secs};
use super::model::{CELLS, Own};
use offhook_engine::Input;
use offhook_engine::line::CallState;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::profile::{NAMES, Profile};
use offhook_engine::rules::{Role, Rules};
use offhook_engine::table::{Cell, Differences};
use offhook_engine::teams::Presence;
use offhook_protocol::command::Pause;

/// A profile with the person's own cells over it.
pub fn rules(name: &str, own: &[Own], rules: Rules) -> Rules {
    let mut differences = Differences::default();
    for (key, text, _) in CELLS.iter().filter(|(_, _, cell)| own.contains(cell)) {
        let cell = Cell::all().find(|cell| cell.key() == *key).unwrap();
        assert!(differences.set(cell, text), "{key} = {text}");
    }
    Rules {
        profile: Profile::named(name).unwrap(),
        own: differences,
        ..rules
    }
}

impl Desk {
    fn span(&mut self, from: f64, to: f64) -> f64 {
        self.chance.between(from, to)
    }

    pub fn person(&mut self) {
        let wait = self.span(20.0, 480.0);
        self.later(wait, Event::Person);
        self.watch.change(self.now.mono);
        let runs = self.engine.is_some() && !self.asleep;
        if self.now.mono < self.evening_until {
            return;
        }
        let what = (self.chance.draw() % 100) as u32;
        match what {
            0..=21 => self.calls(),
            22..=43 => self.uses_teams(),
            44..=55 => self.presses(),
            56..=58 if runs => self.pauses(),
            59..=66 if runs => self.resumes(),
            67..=70 if runs => self.edits_rules(),
            71..=72 if runs => {
                self.story.happens("quit");
                self.says(|| "quits".into());
                self.input(Input::Quit);
            }
            73..=74 if runs && self.signed_in => {
                self.story.happens("signed out");
                self.says(|| "signs out".into());
                self.input(Input::SignOut);
                let wait = self.span(60.0, 1800.0);
                self.later(wait, Event::SignsIn);
            }
            75..=76 if runs => {
                self.story.happens("reboot");
                let wait = self.span(20.0, 400.0);
                self.gone("reboot", wait);
            }
            77 if runs => self.closes_the_lid(),
            78 if runs => {
                self.story.happens("asleep without a word");
                self.says(|| "asleep without a word".into());
                self.asleep = true;
                let wait = self.span(30.0, 4000.0);
                self.later(wait, Event::Wakes);
            }
            79..=80 => {
                self.story.happens("the clock jumps");
                let seconds = self.chance.pick(&[-7200, -600, -40, 40, 600, 7200]);
                self.jump(seconds);
                let wait = self.span(200.0, 2000.0);
                self.later(wait, Event::ClockBack(seconds));
            }
            81..=86 if runs => {
                let point = self.chance.pick(&[
                    "killed before the ledger",
                    "killed after the ledger",
                    "killed with a write on its way",
                    "killed after the write",
                    "killed after the answer",
                    "killed with a request to Graph on its way",
                    "killed after Graph's answer",
                ]);
                self.armed = Some(point);
                self.stirs(15.0);
            }
            87..=88 if runs && self.signed_in && !self.expired => {
                self.story.happens("the sign-in expires");
                self.says(|| "the sign-in expires".into());
                self.expired = true;
                self.tells_sign_in(0.1);
                let wait = self.span(120.0, 2400.0);
                self.later(wait, Event::SignsIn);
            }
            89..=91 => self.second_desk(),
            92..=94 if runs => self.wants_the_phone_back(),
            95..=97 if runs => self.is_one_person(),
            _ => {}
        }
    }

    /// Something that most rules act on, and its end.
    pub fn stirs(&mut self, wait: f64) {
        let presence = self
            .chance
            .pick(&[("DoNotDisturb", "Presenting"), ("Busy", "InACall")]);
        self.stirs_with(wait, presence);
    }

    pub fn stirs_with(&mut self, wait: f64, presence: (&str, &str)) {
        self.later(wait, Event::OwnIs(Presence::new(presence.0, presence.1)));
        self.later(wait + 60.0, Event::OwnIs(Presence::new("Available", "Available")));
    }

    fn calls(&mut self) {
        let line = (self.chance.draw() % 3) as usize;
        self.calls_made += 1;
        let id = format!("c{}", self.calls_made);
        let mut at = self.span(0.5, 20.0);
        if self.chance.hits(0.6) {
            self.call(0.0, line, &id, Some(CallState::Ringing));
            if self.chance.hits(0.3) {
                self.story.happens("a call is missed");
                self.call(at, line, &id, None);
                return;
            }
            self.story.happens("the person takes a call");
        } else {
            self.story.happens("the person dials");
            self.call(0.0, line, &id, Some(CallState::Dialling));
        }
        self.call(at, line, &id, Some(CallState::Connected));
        let beats = line == 2 && self.chance.hits(0.6);
        if beats {
            self.story.happens("a call with heartbeats");
            let pace = self.span(10.0, 60.0);
            self.later(at + pace, Event::Heartbeat(id.clone(), pace));
        }
        at += self.span(3.0, 500.0);
        match self.chance.draw() % 6 {
            0 => {
                self.story.happens("a call is held");
                self.call(at, line, &id, Some(CallState::Held));
                self.call(at + 20.0, line, &id, Some(CallState::Connected));
            }
            1 => {
                self.story.happens("a conference");
                self.call(at, line, &id, Some(CallState::Conference));
            }
            2 => {
                self.story.happens("a transfer");
                let other = format!("{id}t");
                self.call(at, line, &id, Some(CallState::Held));
                self.call(at + 10.0, line, &other, Some(CallState::Dialling));
                self.call(at + 18.0, line, &other, Some(CallState::Connected));
                self.call(at + 40.0, line, &other, None);
                self.call(at + 40.1, line, &id, None);
                return;
            }
            3 => {
                self.story.happens("called while in a call");
                let other = format!("{id}s");
                let its_line = (self.chance.draw() % 3) as usize;
                self.call(at, its_line, &other, Some(CallState::Ringing));
                if self.chance.hits(0.5) {
                    self.call(at + 6.0, its_line, &other, Some(CallState::Connected));
                }
                self.call(at + 20.0, its_line, &other, None);
            }
            _ => {}
        }
        at += self.span(3.0, 600.0);
        if beats && self.chance.hits(0.5) {
            self.later(at, Event::FallsSilent(id));
        } else {
            self.call(at, line, &id, None);
        }
    }

    fn call(&mut self, at: f64, line: usize, id: &str, state: Option<CallState>) {
        self.later(at, Event::Call(line, id.to_owned(), state));
    }

    fn uses_teams(&mut self) {
        let (kind, presence) = self.chance.pick(&[
            ("a meeting in Teams", ("Busy", "InAMeeting")),
            ("a call in Teams", ("Busy", "InACall")),
            ("a call in Teams", ("Busy", "InAConferenceCall")),
            ("do not disturb in Teams", ("DoNotDisturb", "Presenting")),
            ("do not disturb in Teams", ("DoNotDisturb", "DoNotDisturb")),
            ("Teams goes offline", ("Offline", "Offline")),
            ("Teams goes offline", ("Away", "Away")),
            ("an unknown word", ("Busy", "Juggling")),
            ("an unknown word", ("Curious", "Odd")),
            ("a status picked in Teams", ("Available", "Available")),
            ("a status picked in Teams", ("DoNotDisturb", "DoNotDisturb")),
            ("a status picked in Teams", ("Away", "Away")),
            ("a word that Teams says seldom", ("BeRightBack", "BeRightBack")),
            (
                "a word that Teams says seldom",
                ("DoNotDisturb", "UrgentInterruptionsOnly"),
            ),
            ("a word that Teams says seldom", ("DoNotDisturb", "Focusing")),
            ("a word that Teams says seldom", ("Available", "Inactive")),
            ("a word that Teams says seldom", ("Offline", "OffWork")),
            (
                "a word that Teams says seldom",
                ("PresenceUnknown", "PresenceUnknown"),
            ),
        ]);
        self.story.happens(kind);
        let presence = Presence::new(presence.0, presence.1);
        let span = self.span(5.0, 1500.0);
        self.says(|| format!("{kind}: {presence} for {span:.0} s"));
        self.graph.note(self.now.mono);
        // Fields that only rows of the person's own set: changed by hand meanwhile.
        let held = [("Away", Field::Forward), ("InAMeeting", Field::Note)];
        let own = |word: &str| {
            let mut cells = self.own.iter();
            cells.any(|cell| matches!(cell, Own::Forward(when, _) | Own::Note(when, _) if *when == word))
        };
        let held = held
            .into_iter()
            .find(|(word, _)| presence.says(word) && own(word));
        if let Some((_, field)) = held
            && span > 60.0
        {
            self.later(20.0, Event::Presses(field));
            self.later(55.0, Event::Presses(field));
        }
        if kind == "a status picked in Teams" {
            self.graph.preferred = Some(super::graph::Preferred {
                presence,
                until: self.now.mono + secs(86400.0),
                by: None,
                jumped: false,
            });
            self.later(span, Event::PickEnds);
        } else {
            self.graph.own = presence;
            self.later(span, Event::OwnIs(Presence::new("Available", "Available")));
        }
        self.graph.note(self.now.mono);
    }

    fn presses(&mut self) {
        // Rather a field that the program holds, where there is one.
        let ledger = self.engine.as_ref().map(|engine| engine.ledger());
        let held: Vec<Field> = Field::ALL
            .into_iter()
            .filter(|field| ledger.is_some_and(|ledger| ledger.hold_on(*field, PHONE).is_some()))
            .collect();
        let any = [
            Field::Dnd,
            Field::Dnd,
            Field::Presence,
            Field::Forward,
            Field::Note,
        ];
        let field = if held.is_empty() || self.chance.hits(0.5) {
            self.chance.pick(&any)
        } else {
            self.chance.pick(&held)
        };
        self.presses_on(field);
    }

    pub fn presses_on(&mut self, field: Field) {
        let value = match field {
            Field::Dnd => FieldValue::Dnd(self.fields[&Field::Dnd] != FieldValue::Dnd(true)),
            Field::Presence => FieldValue::Presence(self.chance.pick(&[
                None,
                None,
                Some(PhonePresence::Busy),
                Some(PhonePresence::Dnd),
                Some(PhonePresence::Away),
                Some(PhonePresence::OnThePhone),
                Some(PhonePresence::Meeting),
            ])),
            Field::Forward => FieldValue::Forward(self.chance.pick(&[
                None,
                Some("+49 30 5550199".to_owned()),
                Some("0170 5550123".to_owned()),
                Some(super::model::FORWARD.to_owned()),
            ])),
            Field::Note => FieldValue::Note(self.chance.pick(&[
                String::new(),
                "at Frau Sommer's".to_owned(),
                super::model::NOTE.to_owned(),
            ])),
        };
        let known = match &value {
            FieldValue::Presence(Some(word)) => self.abilities.presence_words.has(*word),
            FieldValue::Presence(None)
            | FieldValue::Dnd(_)
            | FieldValue::Forward(_)
            | FieldValue::Note(_) => true,
        };
        if self.fields[&field] == value || !known {
            return;
        }
        self.story.happens(match field {
            Field::Dnd => "do not disturb pressed on the phone",
            Field::Presence => "presence chosen on the phone",
            Field::Forward => "forward changed by hand",
            Field::Note => "note changed by hand",
        });
        self.by_hand(value);
    }

    fn pauses(&mut self) {
        self.story.happens("a pause");
        let pause = self.chance.pick(&[
            Pause::Minutes(15),
            Pause::Minutes(60),
            Pause::Tomorrow,
            Pause::UntilResumed,
        ]);
        self.says(|| format!("pauses: {pause:?}"));
        self.input(Input::Pause(pause));
    }

    fn resumes(&mut self) {
        if self.engine.as_ref().is_some_and(|e| e.ledger().pause.is_some()) {
            self.story.happens("resumed");
            self.says(|| "resumes".into());
            self.input(Input::Resume);
        }
    }

    fn edits_rules(&mut self) {
        self.story.happens("rules edited");
        let name = self.chance.pick(&NAMES);
        self.own = self.own_cells();
        let role = if self.chance.hits(0.15) {
            self.story.happens("the desk only watches");
            Role::Watch
        } else {
            Role::Full
        };
        let mut calendar = super::calendar::rules(&mut self.calendar_chance);
        self.chooses_messages(&mut calendar);
        let others = Rules {
            role,
            calendar,
            dnd_in_meetings: self.chance.hits(0.5),
            outgoing_counts: self.chance.hits(0.8),
            ..self.rules.clone()
        };
        self.rules = rules(name, &self.own, others);
        self.says(|| format!("edits the rules: {name}"));
        self.input(Input::Rules(Box::new(self.rules.clone())));
    }

    /// Often a forward when away and a note in meetings, which no profile has; sometimes one or two of all others.
    fn own_cells(&mut self) -> Vec<Own> {
        let mut chosen: Vec<(&str, Own)> = Vec::new();
        if self.chance.hits(0.5) {
            chosen.extend(CELLS.iter().take(2).map(|(key, _, own)| (*key, *own)));
        }
        for _ in 0..self.chance.draw() % 3 {
            let (key, _, own) = self.chance.pick(CELLS);
            if chosen.iter().all(|(other, _)| *other != key) {
                self.story.happens("a cell of the person's own");
                chosen.push((key, own));
            }
        }
        chosen.into_iter().map(|(_, own)| own).collect()
    }

    /// While something is held; otherwise there is first something to be held.
    fn wants_the_phone_back(&mut self) {
        if self.holds_on_wish() {
            self.puts_back();
        } else {
            self.stirs(5.0);
            self.later(40.0, Event::PutsBack);
        }
        if self.chance.hits(0.5) {
            self.later(55.0, Event::SetsAgain);
        }
    }

    fn holds_on_wish(&self) -> bool {
        let Some(engine) = &self.engine else { return false };
        let wants = &self.watch.wants.fields;
        let mut fields = Field::ALL.into_iter().zip(wants);
        fields.any(|(field, want)| want.is_some() && engine.ledger().hold_on(field, PHONE).is_some())
    }

    pub fn puts_back(&mut self) {
        if !self.asleep && self.holds_on_wish() {
            self.story.happens("the phone is put back");
            self.says(|| "has the phone put back".into());
            self.input(Input::PutBack);
        }
    }

    pub fn sets_again(&mut self) {
        let yielded = self
            .engine
            .as_ref()
            .is_some_and(|engine| !engine.ledger().yielded.is_empty());
        if !self.asleep && yielded {
            self.story.happens("set again after that");
            self.says(|| "lets it set the phone again".into());
            self.input(Input::SetAgain);
        }
    }

    fn is_one_person(&mut self) {
        let differ = self
            .engine
            .as_ref()
            .is_some_and(|engine| engine.facts().differing_accounts().is_some());
        if differ {
            self.story.happens("both accounts are one person's");
            self.says(|| "says that both accounts are theirs".into());
            self.input(Input::OnePerson);
        }
    }

    /// The person goes home, the program stays on, and nobody tells it that a call has ended.
    pub fn evening(&mut self) {
        let runs = self.engine.is_some() && !self.asleep;
        if !runs {
            self.later(600.0, Event::Evening);
            return;
        }
        self.says(|| "the person goes home; a call's end is not told".into());
        self.armed = None;
        self.evening_until = self.now.mono + secs(4.0 * 3600.0 + 120.0);
        self.trouble.remove("a hangup is lost");
        self.trouble.remove("events out of order");
        self.calls_made += 1;
        let id = format!("e{}", self.calls_made);
        self.later(40.0, Event::Call(2, id, Some(CallState::Connected)));
    }

    fn closes_the_lid(&mut self) {
        self.story.happens("lid closed");
        self.says(|| "closes the lid".into());
        self.input(Input::Sleep);
        self.asleep = true;
        let mut shut = self.span(1200.0, 20000.0);
        if self.chance.hits(0.3) {
            self.story.happens("lid closed for a night");
            shut += 6.0 * 3600.0;
        }
        self.later(shut, Event::Wakes);
    }
}
