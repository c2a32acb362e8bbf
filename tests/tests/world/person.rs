//! What the person does, and what the weather is like.

use super::desk::{Desk, Event, secs};
use offhook_engine::Input;
use offhook_engine::line::CallState;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::profile::{ForwardRule, NAMES, Profile};
use offhook_engine::rules::Rules;
use offhook_engine::teams::Presence;
use offhook_protocol::command::Pause;

const TROUBLE: [&str; 16] = [
    "graph throttles",
    "graph fails",
    "graph loses the request",
    "graph loses the answer",
    "graph is slow",
    "phone disconnects",
    "phone refuses a write",
    "phone loses a write",
    "phone loses an answer",
    "phone is slow",
    "another program writes the phone",
    "line disconnects",
    "a hangup is lost",
    "an event comes twice",
    "events out of order",
    "the disk is full",
];

/// The profile, with two rows of the person's own where `own_rows` says so.
pub fn profile(name: &str, own_rows: bool) -> Profile {
    let mut profile = Profile::named(name).unwrap();
    if own_rows {
        for row in &mut profile.rows {
            match row.when.as_str() {
                "Away" => row.forward = ForwardRule::To(super::model::FORWARD.into()),
                "InAMeeting" => row.note = Some(super::model::NOTE.into()),
                _ => {}
            }
        }
    }
    profile
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
        let what = (self.chance.draw() % 100) as u32;
        match what {
            0..=21 => self.calls(),
            22..=45 => self.uses_teams(),
            46..=55 => self.presses(),
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
                    "killed after the write",
                ]);
                self.armed = Some(point);
                self.stirs();
            }
            _ => {}
        }
    }

    /// Something that most rules act on, and its end.
    fn stirs(&mut self) {
        let presence = self
            .chance
            .pick(&[("DoNotDisturb", "Presenting"), ("Busy", "InACall")]);
        self.later(15.0, Event::OwnIs(Presence::new(presence.0, presence.1)));
        self.later(75.0, Event::OwnIs(Presence::new("Available", "Available")));
    }

    fn calls(&mut self) {
        let line = (self.chance.draw() % 3) as usize;
        self.calls_made += 1;
        let id = format!("c{}", self.calls_made);
        let mut at = 0.0;
        let mut then = |desk: &mut Self, wait: f64, state: Option<CallState>| {
            at += wait;
            desk.later(at, Event::Call(line, id.clone(), state));
        };
        if self.chance.hits(0.6) {
            then(self, 0.0, Some(CallState::Ringing));
            let rings = self.span(1.0, 20.0);
            if self.chance.hits(0.3) {
                self.story.happens("a call is missed");
                then(self, rings, None);
                return;
            }
            self.story.happens("the person takes a call");
            then(self, rings, Some(CallState::Connected));
        } else {
            self.story.happens("the person dials");
            then(self, 0.0, Some(CallState::Dialling));
            let rings = self.span(0.5, 20.0);
            then(self, rings, Some(CallState::Connected));
        }
        let talks = self.span(3.0, 500.0);
        match self.chance.draw() % 5 {
            0 => {
                self.story.happens("a call is held");
                then(self, talks, Some(CallState::Held));
                then(self, 20.0, Some(CallState::Connected));
            }
            1 => {
                self.story.happens("a conference");
                then(self, talks, Some(CallState::Conference));
            }
            2 => {
                self.story.happens("a transfer");
                then(self, talks, Some(CallState::Held));
                let other = format!("{id}t");
                self.later(
                    talks + 10.0,
                    Event::Call(line, other.clone(), Some(CallState::Dialling)),
                );
                self.later(
                    talks + 18.0,
                    Event::Call(line, other.clone(), Some(CallState::Connected)),
                );
                self.later(talks + 40.0, Event::Call(line, other, None));
            }
            _ => {}
        }
        let talks = self.span(3.0, 600.0);
        then(self, talks, None);
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
        ]);
        self.story.happens(kind);
        let presence = Presence::new(presence.0, presence.1);
        let span = self.span(5.0, 1500.0);
        self.says(|| format!("{kind}: {presence} for {span:.0} s"));
        if kind == "a status picked in Teams" {
            self.graph.preferred = Some(super::graph::Preferred {
                presence,
                until: self.now.mono + secs(86400.0),
                ours: false,
            });
            self.later(span, Event::PickEnds);
        } else {
            self.graph.own = presence;
            self.later(span, Event::OwnIs(Presence::new("Available", "Available")));
        }
        self.graph.note(self.now.mono);
    }

    fn presses(&mut self) {
        let value = if self.chance.hits(0.6) {
            self.story.happens("do not disturb pressed on the phone");
            FieldValue::Dnd(self.fields[&Field::Dnd] != FieldValue::Dnd(true))
        } else {
            self.story.happens("presence chosen on the phone");
            FieldValue::Presence(self.chance.pick(&[
                None,
                None,
                Some(PhonePresence::Busy),
                Some(PhonePresence::Dnd),
                Some(PhonePresence::Away),
                Some(PhonePresence::OnThePhone),
            ]))
        };
        if self.fields[&value.field()] != value {
            self.by_hand(value);
        }
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
        self.own_rows = self.chance.hits(0.5);
        self.rules = Rules {
            profile: profile(name, self.own_rows),
            dnd_in_meetings: self.chance.hits(0.5),
            outgoing_counts: self.chance.hits(0.8),
            ..self.rules.clone()
        };
        self.says(|| format!("edits the rules: {name}"));
        self.input(Input::Rules(Box::new(self.rules.clone())));
    }

    fn closes_the_lid(&mut self) {
        self.story.happens("lid closed");
        self.says(|| "closes the lid".into());
        self.input(Input::Sleep);
        self.asleep = true;
        let night = self.span(1200.0, 20000.0);
        self.later(night, Event::Wakes);
    }

    pub fn weather(&mut self) {
        self.watch.change(self.now.mono);
        let count = if self.chance.hits(0.4) { 2 } else { 1 };
        for _ in 0..count {
            let kind = self.chance.pick(&TROUBLE);
            self.trouble.insert(kind);
        }
        let list = format!("{:?}", self.trouble);
        self.says(|| format!("trouble: {list}"));
        if self
            .trouble
            .iter()
            .any(|kind| kind.starts_with("phone") || kind.starts_with("the disk"))
        {
            self.stirs();
        }
        if self.trouble.contains("phone disconnects") {
            self.phone_goes();
        }
        if self.trouble.contains("another program writes the phone") {
            self.later(10.0, Event::OtherProgram);
        }
        if self.trouble.contains("line disconnects") {
            self.line_goes(1);
        }
        if ["a hangup is lost", "events out of order"]
            .iter()
            .any(|kind| self.trouble.contains(kind))
        {
            self.calls_made += 1;
            let id = format!("h{}", self.calls_made);
            self.later(5.0, Event::Call(2, id.clone(), Some(CallState::Connected)));
            self.later(60.0, Event::Call(2, id, None));
        }
        let span = self.span(180.0, 700.0);
        self.later(span, Event::Calm);
    }
}
