//! One person's desk on virtual time: the real engine, everything around it simulated.

use super::calendar::Entry;
use super::chance::Chance;
use super::graph::{Graph, Shown, Who};
use super::message::Board;
use super::model::Own;
use super::pbx;
use super::second::{self, Second};
use super::story::Story;
use super::told::Told;
use super::watch::Watch;
use offhook_engine::fault::Fault;
use offhook_engine::jiff::{SignedDuration, Timestamp};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::CallState;
use offhook_engine::phone::{Abilities, Field, FieldValue};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Presence, StatusMessage};
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// However far apart refusals have driven the reads (R6).
const READINGS: Duration = Duration::from_secs(450);

pub const PHONE: &str = "pbx/2001";

#[derive(Debug, Clone)]
pub enum Event {
    /// News on its way to the program; lost when that process is gone.
    Tell(u64, Input),
    TellsSignIn(u64),
    TeamsSays(u64, Shown, Option<StatusMessage>),
    WritesMessage,
    CalendarSays(u64, Result<Vec<Entry>, Fault>),
    CalendarChanges,
    GraphActs(Request),
    PhoneActs(Write),
    /// What shows by then, as one more piece of news.
    PhonePushes(u64, Field),
    PhoneAnswers(u64),
    Lists(u64, usize),
    /// The disk has got so far with that ledger.
    Saves(u64, u64, Box<Ledger>),
    Person,
    Presses(Field),
    PutsBack,
    SetsAgain,
    Evening,
    Weather,
    Calm,
    /// The call's true state; `None`: it is over.
    Call(usize, String, Option<CallState>),
    /// The hook says that the call is still up, and will so at that pace.
    Heartbeat(String, f64),
    /// The call is over, and its program does not say so.
    FallsSilent(String),
    PhoneBack,
    LineBack(usize),
    Starts,
    Wakes,
    SignsIn,
    OwnIs(Presence),
    /// Nobody touches the keyboard: what Teams shows then, if it still shows this.
    Fades(Presence),
    PickEnds,
    /// Automatic replies are switched on, or off.
    AutomaticReplies,
    ClockBack(i64),
    OtherProgram,
    /// It takes back what we have written.
    OtherUndoes,
    Second(second::Event),
    Look,
}

/// A request on its way to Graph.
#[derive(Debug, Clone)]
pub struct Request {
    pub effect: Effect,
    pub by: Who,
    /// In the order in which they were sent.
    pub number: u64,
    pub sent: Instant,
}

/// A write on its way to the phone system.
#[derive(Debug, Clone)]
pub struct Write {
    pub value: FieldValue,
    pub sent: Instant,
    pub way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Usual,
    /// The phone system has carried it out before.
    Again,
    /// The program was told that nobody answered.
    Late,
}

#[derive(Debug)]
pub struct Line {
    pub name: &'static str,
    pub resyncs: bool,
    pub up: bool,
    pub calls: BTreeMap<String, CallState>,
}

/// What was broken, and the story that led there.
#[derive(Debug, Clone)]
pub struct Failure {
    pub invariant: u32,
    pub text: String,
}

#[derive(Debug)]
pub struct Desk {
    pub name: String,
    pub now: Now,
    pub chance: Chance,
    pub story: Story,
    queue: BTreeMap<(Instant, u64), Event>,
    pub sequence: u64,
    /// Everything that happened: events, deadlines, effects.
    pub events: u64,
    pub engine: Option<Engine>,
    pub epoch: u64,
    pub rules: Rules,
    /// Cells of the person's own, as they are in `rules`.
    pub own: Vec<Own>,
    /// The ledger as the file holds it.
    pub disk_ledger: Ledger,
    pub disk_free_at: Instant,
    pub signed_in: bool,
    /// The tokens are there and no longer taken.
    pub expired: bool,
    pub token_until: Instant,
    pub graph: Graph,
    pub board: Board,
    pub graph_requests: u64,
    /// The newest request that Graph has carried out: for sessions, for the preferred presence.
    pub graph_did: [u64; 2],
    /// Requests up to that one were sent by a process that died before its ledger was on disk.
    pub lost_until: u64,
    pub fields: BTreeMap<Field, FieldValue>,
    pub phone_up: bool,
    /// What the phone system and the account can do (R13).
    pub abilities: Abilities,
    /// News of the phone system comes in order.
    pub phone_news_at: Instant,
    pub lines: [Line; 3],
    pub told: Told,
    pub trouble: BTreeSet<&'static str>,
    /// The other program takes back what we write; otherwise it writes when it likes.
    pub fights: bool,
    /// The field that it takes back.
    pub fought: Field,
    /// It writes any field, not do not disturb alone. With a chance of its own, so that other days are as they were.
    pub other: Option<Chance>,
    pub hindered_until: Instant,
    pub asleep: bool,
    pub evening_until: Instant,
    /// The person's appointments; empty on most days.
    pub calendar: Vec<Entry>,
    /// As the program has read them last.
    pub told_calendar: Vec<Entry>,
    /// Since when that is something else although it can be read.
    pub calendar_differs: Option<Instant>,
    pub calendar_chance: Chance,
    /// Up to when their borders have been looked at.
    pub bordered: Timestamp,
    /// Killed at the next such moment.
    pub armed: Option<&'static str>,
    pub second: Second,
    pub watch: Watch,
    pub calls_made: u64,
    /// The first of each invariant.
    pub failures: Vec<Failure>,
    /// Goes on after a failure, for those who want to know them all.
    pub goes_on: bool,
    /// Keeps the story. A day that fails is gone through once more with it.
    pub tells: bool,
    pub logged: String,
}

pub fn secs(n: f64) -> Duration {
    Duration::from_secs_f64(n)
}

impl Desk {
    pub fn new(name: String, seed: u64, begins: &str, rules: Rules, own: Vec<Own>) -> Self {
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
            events: 0,
            engine: None,
            epoch: 0,
            rules,
            own,
            disk_ledger: Ledger::default(),
            disk_free_at: now.mono,
            signed_in: true,
            expired: false,
            token_until: now.mono + secs(3600.0),
            graph: Graph::new(),
            board: Board::new(seed, now.mono),
            graph_requests: 0,
            graph_did: [0, 0],
            lost_until: 0,
            watch: Watch::new(fields.clone(), now),
            fields,
            phone_up: true,
            abilities: pbx::ALL,
            phone_news_at: now.mono,
            lines: [line("phone", true), line("baresip", true), line("hook", false)],
            told: Told::default(),
            trouble: BTreeSet::new(),
            fights: false,
            fought: Field::Dnd,
            other: None,
            hindered_until: now.mono,
            asleep: false,
            evening_until: now.mono,
            calendar: Vec::new(),
            told_calendar: Vec::new(),
            calendar_differs: None,
            calendar_chance: Chance::new(seed),
            bordered: now.wall,
            armed: None,
            second: Second::default(),
            calls_made: 0,
            failures: Vec::new(),
            goes_on: false,
            tells: false,
            logged: String::new(),
        };
        desk.graph.note(now.mono);
        let evening = desk.chance.between(2.0, 18.0) * 3600.0;
        for (event, at) in [
            (Event::Starts, 0.0),
            (Event::Person, 60.0),
            (Event::Weather, 1500.0),
            (Event::Evening, evening),
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

    /// One line of the story, where somebody is going to read it.
    pub fn says(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let wall = self.now.wall;
            let line = line();
            self.story.tell(format!("{wall:.1}  {line}"));
        }
    }

    pub fn fail(&mut self, invariant: u32, what: &str) {
        if self.failures.iter().any(|failure| failure.invariant == invariant) {
            return;
        }
        let ledger = self.engine.as_ref().map(|engine| engine.ledger().clone());
        let text = format!(
            "{}{:.1}  {}, invariant {invariant}: {what}\nledger: {ledger:?}\nphone: {:?}\n",
            self.story.text(),
            self.now.wall,
            self.name,
            self.fields
        );
        self.failures.push(Failure { invariant, text });
    }

    pub fn is_over(&self) -> bool {
        !self.failures.is_empty() && !self.goes_on
    }

    pub fn run(&mut self, hours: f64) {
        let end = self.now.mono + secs(hours * 3600.0);
        let mut still = 0;
        while !self.is_over() {
            let due = self
                .engine
                .as_ref()
                .filter(|_| !self.asleep)
                .and_then(|engine| engine.poll_timeout(self.now));
            let seconds = self.second.due(self.now);
            let next = self.queue.keys().next().map_or(end, |(at, _)| *at);
            let engine_first =
                due.filter(|(at, _)| *at <= next && seconds.is_none_or(|second| *at <= second));
            let second_first = seconds.filter(|at| engine_first.is_none() && *at <= next);
            let at = engine_first.map(|(at, _)| at).or(second_first).unwrap_or(next);
            if at >= end {
                return;
            }
            let step = at.since(self.now.mono);
            still = if step.is_zero() { still + 1 } else { 0 };
            if still > 80 {
                self.fail(12, &format!("no rest: {due:?}"));
                return;
            }
            self.now = self.now.after(step);
            self.note_borders();
            self.events += 1;
            if engine_first.is_some() {
                self.hear();
                if let Some(engine) = &mut self.engine {
                    engine.handle_timeout(self.now);
                }
                self.drain();
            } else if second_first.is_some() {
                self.second_time_out();
            } else if let Some((_, event)) = self.queue.pop_first() {
                self.happens(event);
            }
            self.check();
        }
    }

    pub fn input(&mut self, input: Input) {
        if self.asleep || self.engine.is_none() {
            return;
        }
        self.check_input_log(&input);
        if let Input::Line(source, event) = &input {
            self.told.hear(source, event, self.now.mono);
        }
        self.hear();
        self.note_answer(&input);
        let answered = if matches!(input, Input::PhoneWritten { outcome: Ok(()), .. }) {
            Some("killed after the answer")
        } else if matches!(
            input,
            Input::SessionSet(Ok(())) | Input::PreferredSet(Ok(())) | Input::MessageSet(Ok(()))
        ) {
            Some("killed after Graph's answer")
        } else {
            None
        };
        if let Some(engine) = &mut self.engine {
            engine.handle_input(input, self.now);
        }
        match answered {
            Some(point) if self.armed == Some(point) => self.killed(point),
            Some(_) | None => self.drain(),
        }
    }

    /// Time passes for what the program was told.
    fn hear(&mut self) {
        for how in self.told.pass(self.now.mono) {
            match how {
                super::told::RanOut::Lease => self.story.happens("a lease of four hours runs out"),
                super::told::RanOut::Heartbeats => self.story.happens("heartbeats stop"),
                super::told::RanOut::SourceGone => {}
            }
            self.says(|| format!("a call runs out: {how:?}"));
            self.watch.change(self.now.mono);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Tell(epoch, input) => {
                if epoch == self.epoch {
                    self.input(input);
                }
            }
            Event::TellsSignIn(epoch) => {
                if epoch == self.epoch {
                    if !self.signed_in {
                        self.told_calendar.clear();
                    }
                    self.input(Input::SignIn(self.sign_in()));
                }
            }
            Event::TeamsSays(epoch, shown, message) => {
                if epoch == self.epoch {
                    if let Some(message) = message {
                        self.message_says(message);
                    }
                    self.teams_says(shown);
                }
            }
            Event::WritesMessage => self.writes_message(),
            Event::CalendarSays(epoch, outcome) => {
                if epoch == self.epoch {
                    self.calendar_says(outcome);
                }
            }
            Event::CalendarChanges => self.calendar_changes(),
            Event::GraphActs(request) => self.graph_acts(request),
            Event::PhoneActs(write) => self.phone_acts(write),
            Event::PhonePushes(epoch, field) => self.phone_pushes(epoch, field),
            Event::PhoneAnswers(epoch) => self.phone_answers(epoch),
            Event::Lists(epoch, line) => {
                if epoch == self.epoch && self.lines[line].up {
                    self.lists(line);
                }
            }
            Event::Saves(epoch, revision, ledger) => self.saves(epoch, revision, *ledger),
            Event::Person => self.person(),
            Event::Presses(field) => self.presses_on(field),
            Event::PutsBack => self.puts_back(),
            Event::SetsAgain => self.sets_again(),
            Event::Evening => self.evening(),
            Event::Weather => self.weather(),
            Event::Calm => self.calm(),
            Event::Call(line, id, state) => self.call_is(line, id, state),
            Event::Heartbeat(id, pace) => self.beats(id, pace),
            Event::FallsSilent(id) => {
                self.says(|| format!("call {id} is over, and nobody says so"));
                self.lines[2].calls.remove(&id);
            }
            Event::PhoneBack => self.phone_back(),
            Event::LineBack(line) => self.line_back(line),
            Event::Starts => self.starts(),
            Event::Wakes => self.wakes(),
            Event::SignsIn => {
                (self.signed_in, self.expired) = (true, false);
                self.token_until = self.now.mono + secs(3600.0);
                self.watch.change(self.now.mono);
                self.says(|| "signs in".into());
                self.tells_sign_in(0.0);
            }
            Event::OwnIs(presence) => {
                self.watch.change(self.now.mono);
                self.says(|| format!("Teams itself is {presence}"));
                self.graph.note(self.now.mono);
                if presence.says("Available") && self.chance.hits(0.2) {
                    self.later(300.0, Event::Fades(presence.clone()));
                }
                self.graph.own = presence;
                self.graph.note(self.now.mono);
            }
            Event::Fades(presence) => self.fades(&presence),
            Event::PickEnds => {
                if self.graph.preferred.as_ref().is_some_and(|p| p.by.is_none()) {
                    self.story.happens("a picked status is taken back");
                    self.watch.change(self.now.mono);
                    self.graph.note(self.now.mono);
                    self.graph.preferred = None;
                    self.graph.note(self.now.mono);
                }
            }
            Event::AutomaticReplies => self.automatic_replies(),
            Event::ClockBack(seconds) => self.jump(-seconds),
            Event::OtherProgram => {
                if self.trouble.contains("another program writes the phone") {
                    self.other_writes();
                    let wait = self.chance.between(5.0, 90.0);
                    self.later(wait, Event::OtherProgram);
                }
            }
            Event::OtherUndoes => self.other_undoes(),
            Event::Second(event) => self.second_happens(event),
            Event::Look => {
                self.graph.note(self.now.mono);
                self.look_at_clocks();
                self.check_calendar();
                self.later(20.0, Event::Look);
            }
        }
    }

    fn look_at_clocks(&mut self) {
        let offset = self.rules.zone.to_offset(self.now.wall).seconds();
        let before = self.watch.offset.replace(offset);
        // A clock that was set across that night is another kind.
        let jumped = std::mem::take(&mut self.watch.jumped);
        match before.filter(|_| !jumped) {
            Some(before) if before < offset => self.story.happens("clocks go forward"),
            Some(before) if before > offset => self.story.happens("clocks go back"),
            Some(_) | None => {}
        }
    }

    pub fn jump(&mut self, seconds: i64) {
        if let Some(session) = &mut self.graph.session {
            session.jumped = true;
        }
        if let Some(preferred) = &mut self.graph.preferred {
            preferred.jumped = true;
        }
        self.watch.change(self.now.mono);
        self.watch.jumped = true;
        // That the working hours have begun is seen with the next reading.
        self.watch.told_from = self.now.mono + READINGS;
        self.says(|| format!("the clock jumps by {seconds} s"));
        self.board.ahead += SignedDuration::from_secs(seconds);
        let by = Duration::from_secs(seconds.unsigned_abs());
        let outside = self.outside_hours();
        self.now.wall = if seconds < 0 {
            self.now.wall - by
        } else {
            self.now.wall + by
        };
        if outside != self.outside_hours() {
            // The program hears of it later, and its quiet (R10) is not the world's.
            self.watch.by_hand.clear();
        }
    }

    pub fn drain(&mut self) {
        let mut answers: VecDeque<Input> = VecDeque::new();
        for _ in 0..200 {
            self.note_wants();
            while let Some(effect) = self.engine.as_mut().and_then(Engine::poll_effect) {
                self.events += 1;
                self.check_effect(&effect);
                answers.extend(self.act(effect));
            }
            self.model_check();
            let Some(answer) = answers.pop_front() else { return };
            self.note_answer(&answer);
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
                self.tells_sign_in(0.05);
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
            Effect::SetMessage(message) => self.sends_message(message),
            Effect::ReadCalendar { .. } => self.reads_calendar(),
            Effect::ReadPhone => self.reads_phone(),
            Effect::WritePhone(value) => self.writes_phone(value),
            Effect::Resync(source) => {
                let line = self.lines.iter().position(|l| l.name == source.as_str());
                let wait = self.chance.between(0.05, 1.0);
                if let Some(line) = line {
                    self.later(wait, Event::Lists(self.epoch, line));
                }
            }
            Effect::SaveLedger { revision, ledger } => return self.saves_ledger(revision, &ledger),
        }
        None
    }
}
