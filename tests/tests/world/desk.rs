//! One person's desk on virtual time: the real engine, everything around it simulated.

use super::chance::Chance;
use super::graph::{Graph, Shown};
use super::story::Story;
use super::watch::Watch;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Account, Presence, Right, SignIn};
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub const PHONE: &str = "pbx/2001";

#[derive(Debug, Clone)]
pub enum Event {
    /// News on its way to the program; lost when that process is gone.
    Tell(u64, Input),
    TeamsSays(u64, Shown),
    GraphActs(Effect),
    PhoneActs(FieldValue),
    PhoneAnswers(u64),
    Lists(u64, usize),
    Person,
    Weather,
    Calm,
    /// The call's true state; `None`: it is over.
    Call(usize, String, Option<CallState>),
    PhoneBack,
    LineBack(usize),
    Starts,
    Wakes,
    SignsIn,
    OwnIs(Presence),
    PickEnds,
    ClockBack(i64),
    OtherProgram,
    Look,
}

#[derive(Debug)]
pub struct Line {
    pub name: &'static str,
    pub resyncs: bool,
    pub up: bool,
    pub calls: BTreeMap<String, CallState>,
}

#[derive(Debug)]
pub struct Desk {
    pub name: String,
    pub now: Now,
    pub chance: Chance,
    pub story: Story,
    queue: BTreeMap<(Instant, u64), Event>,
    sequence: u64,
    pub engine: Option<Engine>,
    pub epoch: u64,
    pub rules: Rules,
    pub own_rows: bool,
    /// The ledger as the file holds it.
    pub disk: String,
    pub signed_in: bool,
    pub graph: Graph,
    pub fields: BTreeMap<Field, FieldValue>,
    pub phone_up: bool,
    pub lines: [Line; 3],
    pub trouble: BTreeSet<&'static str>,
    pub calm_since: Instant,
    pub asleep: bool,
    /// Killed at the next such moment.
    pub armed: Option<&'static str>,
    pub watch: Watch,
    pub calls_made: u64,
}

pub fn secs(n: f64) -> Duration {
    Duration::from_secs_f64(n)
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, Code::TimedOut)
}

fn account() -> Account {
    Account {
        key: "oid.tid".into(),
        name: "Anna Muster".into(),
        address: "anna.muster@example.com".into(),
        rights: vec![Right::PresenceRead, Right::PresenceWrite],
    }
}

impl Desk {
    pub fn new(name: String, seed: u64, begins: &str, rules: Rules, own_rows: bool) -> Self {
        let now = Now {
            mono: Instant::from_origin(secs(10_000.0)),
            wall: begins.parse().unwrap(),
        };
        let fields = BTreeMap::from([
            (Field::Dnd, FieldValue::Dnd(false)),
            (Field::Forward, FieldValue::Forward(None)),
            (Field::Presence, FieldValue::Presence(None)),
            (Field::Note, FieldValue::Note(String::new())),
        ]);
        let line = |name, resyncs| Line {
            name,
            resyncs,
            up: true,
            calls: BTreeMap::new(),
        };
        let mut desk = Self {
            name,
            now,
            chance: Chance::new(seed),
            story: Story::default(),
            queue: BTreeMap::new(),
            sequence: 0,
            engine: None,
            epoch: 0,
            rules,
            own_rows,
            disk: serde_json::to_string(&Ledger::default()).unwrap(),
            signed_in: true,
            graph: Graph::new(),
            watch: Watch::new(fields.clone(), now),
            fields,
            phone_up: true,
            lines: [line("phone", true), line("baresip", true), line("hook", false)],
            trouble: BTreeSet::new(),
            calm_since: now.mono,
            asleep: false,
            armed: None,
            calls_made: 0,
        };
        desk.graph.note(now.mono);
        for (event, at) in [
            (Event::Starts, 0.0),
            (Event::Person, 60.0),
            (Event::Weather, 1500.0),
            (Event::Look, 20.0),
        ] {
            desk.later(at, event);
        }
        desk
    }

    pub fn later(&mut self, seconds: f64, event: Event) {
        self.sequence += 1;
        self.queue
            .insert((self.now.mono + secs(seconds), self.sequence), event);
    }

    /// News that reaches the program if it still runs then.
    pub fn tell(&mut self, seconds: f64, input: Input) {
        self.later(seconds, Event::Tell(self.epoch, input));
    }

    pub fn says(&mut self, line: impl FnOnce() -> String) {
        let wall = self.now.wall;
        let line = line();
        self.story.tell(format!("{wall:.1}  {line}"));
    }

    pub fn fail(&self, number: u32, what: &str) -> ! {
        panic!(
            "{}\n{}, invariant {number}: {what}\nledger: {:?}\nphone: {:?}\n",
            self.story.text(),
            self.name,
            self.engine.as_ref().map(|e| e.ledger().clone()),
            self.fields
        );
    }

    pub fn run(&mut self, hours: f64) {
        let end = self.now.mono + secs(hours * 3600.0);
        let mut still = 0;
        loop {
            let due = self
                .engine
                .as_ref()
                .filter(|_| !self.asleep)
                .and_then(|engine| engine.poll_timeout(self.now));
            let next = self.queue.keys().next().map(|(at, _)| *at).unwrap_or(end);
            let engine_first = due.filter(|(at, _)| *at <= next);
            let at = engine_first.map_or(next, |(at, _)| at);
            if at >= end {
                return;
            }
            let step = at.since(self.now.mono);
            still = if step.is_zero() { still + 1 } else { 0 };
            if still > 60 {
                self.fail(12, &format!("no rest: {due:?}"));
            }
            self.now = self.now.after(step);
            if engine_first.is_some() {
                if let Some(engine) = &mut self.engine {
                    engine.handle_timeout(self.now);
                }
                self.drain();
            } else if let Some((_, event)) = self.queue.pop_first() {
                self.happens(event);
            }
            self.check();
        }
    }

    pub fn input(&mut self, input: Input) {
        if self.asleep {
            return;
        }
        self.note_answer(&input);
        if let Some(engine) = &mut self.engine {
            engine.handle_input(input, self.now);
            self.drain();
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Tell(epoch, input) => {
                if epoch == self.epoch {
                    self.input(input);
                }
            }
            Event::TeamsSays(epoch, shown) => {
                if epoch == self.epoch {
                    self.teams_says(shown);
                }
            }
            Event::GraphActs(effect) => self.graph_acts(effect),
            Event::PhoneActs(value) => {
                self.says(|| format!("the phone shows {value:?}, by us"));
                self.fields.insert(value.field(), value.clone());
                if self.armed == Some("killed after the write") {
                    self.killed("killed after the write");
                } else {
                    self.tell_phone(value);
                }
            }
            Event::PhoneAnswers(epoch) => {
                if epoch == self.epoch && self.phone_up {
                    self.input(Input::PhoneSeen(self.fields.values().cloned().collect()));
                }
            }
            Event::Lists(epoch, line) => {
                if epoch == self.epoch && self.lines[line].up {
                    self.lists(line);
                }
            }
            Event::Person => self.person(),
            Event::Weather => self.weather(),
            Event::Calm => {
                self.trouble.clear();
                self.calm_since = self.now.mono;
                self.says(|| "everything works".into());
                let span = self.chance.between(900.0, 3600.0);
                self.later(span, Event::Weather);
            }
            Event::Call(line, id, state) => self.call_is(line, id, state),
            Event::PhoneBack => self.phone_back(),
            Event::LineBack(line) => self.line_back(line),
            Event::Starts => self.starts(),
            Event::Wakes => self.wakes(),
            Event::SignsIn => {
                self.signed_in = true;
                self.watch.change(self.now.mono);
                self.says(|| "signs in".into());
                self.input(Input::SignIn(SignIn::SignedIn(account())));
            }
            Event::OwnIs(presence) => {
                self.watch.change(self.now.mono);
                self.says(|| format!("Teams itself is {presence}"));
                self.graph.own = presence;
                self.graph.note(self.now.mono);
            }
            Event::PickEnds => {
                if self.graph.preferred.as_ref().is_some_and(|p| !p.ours) {
                    self.story.happens("a picked status is taken back");
                    self.watch.change(self.now.mono);
                    self.graph.preferred = None;
                    self.graph.note(self.now.mono);
                }
            }
            Event::ClockBack(seconds) => self.jump(-seconds),
            Event::OtherProgram => {
                if self.trouble.contains("another program writes the phone") {
                    self.story.happens("another program writes the phone");
                    let on = self.fields[&Field::Dnd] == FieldValue::Dnd(true);
                    self.by_hand(FieldValue::Dnd(!on));
                    let wait = self.chance.between(5.0, 90.0);
                    self.later(wait, Event::OtherProgram);
                }
            }
            Event::Look => {
                self.graph.note(self.now.mono);
                self.look_at_clocks();
                self.later(20.0, Event::Look);
            }
        }
    }

    fn look_at_clocks(&mut self) {
        let offset = self.rules.zone.to_offset(self.now.wall).seconds();
        match self.watch.offset.replace(offset) {
            Some(before) if before < offset => self.story.happens("clocks go forward"),
            Some(before) if before > offset => self.story.happens("clocks go back"),
            Some(_) | None => {}
        }
    }

    pub fn jump(&mut self, seconds: i64) {
        self.watch.change(self.now.mono);
        self.says(|| format!("the clock jumps by {seconds} s"));
        let by = Duration::from_secs(seconds.unsigned_abs());
        self.now.wall = if seconds < 0 {
            self.now.wall - by
        } else {
            self.now.wall + by
        };
    }

    // the program

    fn starts(&mut self) {
        self.epoch += 1;
        self.watch.restarted(self.now.mono);
        let ledger: Ledger = serde_json::from_str(&self.disk).unwrap();
        self.says(|| format!("the program starts with {ledger:?}"));
        self.engine = Some(Engine::new(self.rules.clone(), ledger, self.sequence, self.now));
        self.drain();
        self.tell(0.0, Input::PhoneConfigured(true));
        if !self.signed_in {
            self.tell(0.01, Input::SignIn(SignIn::SignedOut));
        } else if self.chance.hits(0.2) {
            self.story.happens("the keyring is late");
            let late = Fault::new(FaultKind::Unreachable, Code::KeyringLate);
            self.tell(0.01, Input::SignIn(SignIn::Waiting(late)));
            let wait = self.chance.between(1.0, 40.0);
            self.tell(wait, Input::SignIn(SignIn::SignedIn(account())));
        } else {
            self.tell(0.02, Input::SignIn(SignIn::SignedIn(account())));
        }
        self.connects();
    }

    /// What the adapters say after they are started or the machine woke.
    fn connects(&mut self) {
        let wait = self.chance.between(0.05, 2.0);
        if self.phone_up {
            self.tell(wait, phone_up());
        }
        for line in 0..self.lines.len() {
            if self.lines[line].resyncs && self.lines[line].up {
                let up = LineEvent::Up { resyncs: true };
                self.tell(wait, Input::Line(SourceId::new(self.lines[line].name), up));
                self.later(wait + 0.2, Event::Lists(self.epoch, line));
            }
        }
    }

    pub fn gone(&mut self, how: &str, seconds: f64) {
        self.says(|| format!("the program is gone: {how}"));
        self.engine = None;
        self.epoch += 1;
        self.armed = None;
        self.later(seconds, Event::Starts);
    }

    fn killed(&mut self, how: &'static str) {
        self.story.happens(how);
        let wait = self.chance.between(5.0, 400.0);
        self.gone(how, wait);
    }

    fn wakes(&mut self) {
        self.asleep = false;
        self.watch.restarted(self.now.mono);
        self.says(|| "wakes".into());
        if let Some(engine) = &mut self.engine {
            engine.handle_timeout(self.now);
            self.drain();
        }
        self.input(Input::Woke);
        // Connections did not outlive the night.
        self.input(Input::PhoneDown(fault(FaultKind::Unreachable)));
        for line in 0..self.lines.len() {
            if self.lines[line].resyncs {
                let down = LineEvent::Down(fault(FaultKind::Unreachable));
                self.input(Input::Line(SourceId::new(self.lines[line].name), down));
            }
        }
        self.connects();
    }

    fn drain(&mut self) {
        let mut answers: VecDeque<Input> = VecDeque::new();
        for _ in 0..200 {
            while let Some(effect) = self.engine.as_mut().and_then(Engine::poll_effect) {
                self.check_effect(&effect);
                answers.extend(self.act(effect));
            }
            self.model_check();
            let Some(answer) = answers.pop_front() else { return };
            if let Some(engine) = &mut self.engine {
                engine.handle_input(answer, self.now);
            }
        }
        self.fail(12, "effects without end");
    }

    fn act(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::WarmUp => {}
            Effect::Notify(notice) => self.says(|| format!("notice {:?}", notice.code)),
            Effect::ForgetTokens => {
                self.signed_in = false;
                self.tell(0.05, Input::SignIn(SignIn::SignedOut));
            }
            Effect::Finished => {
                let wait = self.chance.between(5.0, 2000.0);
                self.gone("finished", wait);
            }
            Effect::ReadTeams => self.reads_teams(),
            Effect::SetSession { .. }
            | Effect::ClearSession
            | Effect::SetPreferred { .. }
            | Effect::ClearPreferred => self.writes_graph(effect),
            Effect::ReadPhone => {
                let wait = self.chance.between(0.02, 0.3);
                self.later(wait, Event::PhoneAnswers(self.epoch));
            }
            Effect::WritePhone(value) => self.writes_phone(value),
            Effect::Resync(source) => {
                let line = self.lines.iter().position(|l| l.name == source.as_str());
                let wait = self.chance.between(0.05, 1.0);
                if let Some(line) = line {
                    self.later(wait, Event::Lists(self.epoch, line));
                }
            }
            Effect::SaveLedger { revision, ledger } => {
                let old: Ledger = serde_json::from_str(&self.disk).unwrap();
                let holds = old.holds != ledger.holds;
                if holds && self.armed == Some("killed before the ledger") {
                    self.killed("killed before the ledger");
                    return None;
                }
                if self.trouble.contains("the disk is full") {
                    self.story.happens("the disk is full");
                    let outcome = Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten));
                    return Some(Input::LedgerSaved { revision, outcome });
                }
                self.disk = serde_json::to_string(&*ledger).unwrap();
                if holds && self.armed == Some("killed after the ledger") {
                    self.killed("killed after the ledger");
                    return None;
                }
                return Some(Input::LedgerSaved {
                    revision,
                    outcome: Ok(()),
                });
            }
        }
        None
    }

    // Graph

    /// What goes wrong with this request, and how long an answer takes.
    fn graph_fate(&mut self) -> (f64, Option<Fault>, bool) {
        let mut delay = self.chance.between(0.03, 0.5);
        let bad = self.chance.hits(0.6);
        let hit = |desk: &mut Self, kind: &'static str| {
            let hit = bad && desk.trouble.contains(kind);
            if hit {
                desk.story.happens(kind);
            }
            hit
        };
        if hit(self, "graph is slow") {
            delay = self.chance.between(1.0, 4.0);
        }
        if hit(self, "graph throttles") {
            let retry_after = self
                .chance
                .hits(0.6)
                .then(|| secs(self.chance.between(0.5, 120.0)));
            return (delay, Some(fault(FaultKind::Throttled { retry_after })), false);
        }
        if hit(self, "graph fails") {
            return (delay, Some(fault(FaultKind::Unreachable)), false);
        }
        if hit(self, "graph loses the request") {
            return (10.0, Some(fault(FaultKind::Unreachable)), false);
        }
        if hit(self, "graph loses the answer") {
            return (10.0, Some(fault(FaultKind::Unreachable)), true);
        }
        (delay, None, true)
    }

    fn reads_teams(&mut self) {
        let (delay, fault, _) = self.graph_fate();
        if let Some(fault) = fault {
            self.tell(delay, Input::TeamsRead(Err(fault)));
            return;
        }
        let lag = secs(self.chance.between(0.0, 3.0));
        self.graph.note(self.now.mono);
        let shown = self.graph.showed(lag, self.now.mono);
        self.later(delay, Event::TeamsSays(self.epoch, shown));
    }

    fn teams_says(&mut self, shown: Shown) {
        let in_force = |desk: &Self| {
            let facts = desk.engine.as_ref().map(|e| &e.facts().teams);
            facts.and_then(|t| t.in_force.clone()).map(|f| f.presence)
        };
        let before = in_force(self);
        self.input(Input::TeamsRead(Ok(shown.presence.clone())));
        let after = in_force(self);
        if shown.ours && before.is_some() && after != before && after.as_ref() == Some(&shown.presence) {
            self.fail(
                4,
                &format!("our own words {} were taken for news", shown.presence),
            );
        }
    }

    fn writes_graph(&mut self, effect: Effect) {
        let (delay, fault, arrives) = self.graph_fate();
        self.says(|| format!("{effect:?} {}", if fault.is_some() { "fails" } else { "" }));
        if fault.is_some() {
            self.watch.failed.push_back(self.now.mono);
        }
        let outcome = fault.map_or(Ok(()), Err);
        let answer = if matches!(effect, Effect::SetSession { .. }) {
            Input::SessionSet(outcome)
        } else if effect == Effect::ClearSession {
            Input::SessionCleared(outcome)
        } else if effect == Effect::ClearPreferred {
            Input::PreferredCleared(outcome)
        } else {
            Input::PreferredSet(outcome)
        };
        if arrives {
            self.later(delay.min(4.0) / 2.0, Event::GraphActs(effect));
        }
        self.tell(delay, answer);
    }

    fn graph_acts(&mut self, effect: Effect) {
        let now = self.now.mono;
        if let Effect::SetSession { pair, lifetime } = effect {
            self.graph.session = Some((pair, now + lifetime));
        } else if let Effect::SetPreferred { pair, lifetime } = effect {
            self.graph.prefer(pair, now + lifetime);
        } else if effect == Effect::ClearSession {
            self.graph.session = None;
        } else {
            self.graph.preferred = None;
        }
        self.watch.change(now);
        self.graph.note(now);
    }

    // the phone system

    fn writes_phone(&mut self, value: FieldValue) {
        self.says(|| format!("writes {value:?}"));
        let field = value.field();
        let hit = |desk: &mut Self, kind: &'static str| {
            let hit = desk.trouble.contains(kind) && desk.chance.hits(0.7);
            if hit {
                desk.story.happens(kind);
            }
            hit
        };
        let mut delay = self.chance.between(0.02, 0.3);
        let mut outcome = Ok(());
        let mut arrives = true;
        if !self.phone_up {
            return;
        }
        if hit(self, "phone is slow") {
            delay = self.chance.between(1.0, 3.0);
        }
        if hit(self, "phone refuses a write") {
            (outcome, arrives) = (Err(fault(FaultKind::Rejected)), false);
        } else if hit(self, "phone loses a write") {
            (delay, outcome, arrives) = (5.0, Err(fault(FaultKind::Unreachable)), false);
        } else if hit(self, "phone loses an answer") {
            (delay, outcome) = (5.0, Err(fault(FaultKind::Unreachable)));
        }
        if arrives {
            self.later(delay.min(3.0) / 2.0, Event::PhoneActs(value));
        }
        self.tell(delay, Input::PhoneWritten { field, outcome });
    }

    fn tell_phone(&mut self, value: FieldValue) {
        if self.phone_up {
            self.tell(0.05, Input::PhoneSeen(vec![value]));
        }
    }

    /// The person, or another program, changes the phone.
    pub fn by_hand(&mut self, value: FieldValue) {
        self.says(|| format!("by hand on the phone: {value:?}"));
        self.note_hand(&value);
        self.fields.insert(value.field(), value.clone());
        self.tell_phone(value);
    }

    pub fn phone_goes(&mut self) {
        if !self.phone_up {
            return;
        }
        self.story.happens("phone disconnects");
        self.says(|| "phone disconnects".into());
        self.phone_up = false;
        self.lines[0].up = false;
        self.tell(0.1, Input::PhoneDown(fault(FaultKind::Unreachable)));
        let down = LineEvent::Down(fault(FaultKind::Unreachable));
        self.tell(0.1, Input::Line(SourceId::phone(), down));
        let wait = self.chance.between(8.0, 150.0);
        self.later(wait, Event::PhoneBack);
    }

    fn phone_back(&mut self) {
        self.says(|| "phone is back".into());
        self.watch.change(self.now.mono);
        self.phone_up = true;
        self.input(phone_up());
        self.line_back(0);
    }

    // lines

    fn line_back(&mut self, line: usize) {
        self.watch.change(self.now.mono);
        self.lines[line].up = true;
        let up = LineEvent::Up { resyncs: true };
        self.input(Input::Line(SourceId::new(self.lines[line].name), up));
        self.later(0.2, Event::Lists(self.epoch, line));
    }

    fn lists(&mut self, line: usize) {
        let calls = &self.lines[line].calls;
        let list = calls
            .iter()
            .map(|(id, state)| (CallId::new(id), *state))
            .collect();
        let source = SourceId::new(self.lines[line].name);
        self.input(Input::Line(source, LineEvent::Snapshot(list)));
    }

    fn call_is(&mut self, line: usize, id: String, state: Option<CallState>) {
        self.watch.change(self.now.mono);
        self.says(|| format!("call {id} on line {line}: {state:?}"));
        match state {
            Some(state) => self.lines[line].calls.insert(id.clone(), state),
            None => self.lines[line].calls.remove(&id),
        };
        if !self.lines[line].up {
            return;
        }
        let source = SourceId::new(self.lines[line].name);
        let id = CallId::new(id);
        let event = match state {
            Some(state) => LineEvent::Call { id, state },
            None => LineEvent::Ended { id },
        };
        let mut delay = 0.02;
        // Only the hook's reports travel each by itself.
        let hook = !self.lines[line].resyncs;
        if hook && state.is_none() && self.trouble.contains("a hangup is lost") {
            self.story.happens("a hangup is lost");
            let wait = self.chance.between(100.0, 900.0);
            self.tell(wait, Input::Line(source, LineEvent::Reset));
            return;
        }
        if hook && self.trouble.contains("events out of order") {
            self.story.happens("events out of order");
            delay = self.chance.between(0.0, 8.0);
            self.tell(30.0, Input::Line(source.clone(), LineEvent::Reset));
        }
        if self.trouble.contains("an event comes twice") {
            self.story.happens("an event comes twice");
            self.tell(delay, Input::Line(source.clone(), event.clone()));
        }
        self.tell(delay, Input::Line(source, event));
    }

    pub fn line_goes(&mut self, line: usize) {
        if !self.lines[line].up || line == 0 {
            return;
        }
        self.story.happens("line disconnects");
        self.lines[line].up = false;
        let down = LineEvent::Down(fault(FaultKind::Unreachable));
        self.tell(0.1, Input::Line(SourceId::new(self.lines[line].name), down));
        let wait = self.chance.between(2.0, 120.0);
        self.later(wait, Event::LineBack(line));
    }
}

fn phone_up() -> Input {
    let both = Can {
        read: true,
        write: true,
    };
    Input::PhoneUp {
        identity: PhoneIdentity {
            key: PHONE.into(),
            system: "Pretend 1.0".into(),
            names: Vec::new(),
        },
        abilities: Abilities {
            dnd: both,
            forward: both,
            presence: both,
            note: both,
            calls: true,
            could_change_others: false,
        },
    }
}
