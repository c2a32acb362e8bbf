//! A small virtual world around the engine: clocks, a disk, Graph and one phone. No time passes but by `after`.
#![allow(dead_code, reason = "each test file uses its own part")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use jiff::{SignedDuration, Timestamp};
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::{Hold, Ledger};
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity, PhonePresence};
use offhook_engine::profile::Profile;
use offhook_engine::rules::{Role, Rules};
use offhook_engine::teams::{Account, PreferredPair, Presence, Right, SessionPair, SignIn, StatusMessage};
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use offhook_protocol::command::Pause;
use offhook_protocol::status::{State, Status};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub const ON: FieldValue = FieldValue::Dnd(true);
pub const OFF: FieldValue = FieldValue::Dnd(false);

/// So long before each deadline the engine is asked whether it has something to do.
const PROBE: Duration = Duration::from_millis(1);

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn secs(n: f64) -> Duration {
    Duration::from_secs_f64(n)
}

pub fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, Code::TimedOut)
}

pub fn unreachable() -> Fault {
    fault(FaultKind::Unreachable)
}

pub fn throttled(after: Option<f64>) -> Fault {
    fault(FaultKind::Throttled {
        retry_after: after.map(secs),
    })
}

pub fn account(key: &str) -> Account {
    Account {
        key: key.into(),
        name: "Anna Muster".into(),
        address: "anna.muster@example.com".into(),
        rights: vec![Right::PresenceRead, Right::PresenceWrite],
    }
}

/// On the day that every world begins on: `10:00`, or `2026-03-10T10:00:00Z` in full.
pub fn moment(text: &str) -> Timestamp {
    if text.len() == 5 {
        return at(&format!("2026-03-10T{text}:00Z"));
    }
    at(text)
}

pub fn appointment(show_as: &str, subject: &str, start: &str, end: &str) -> Appointment {
    Appointment {
        id: AppointmentId::new(format!("{show_as} {subject} {start}")),
        subject: subject.into(),
        show_as: ShowAs::parse(show_as),
        sensitivity: Sensitivity::Normal,
        answer: Answer::None,
        cancelled: false,
        draft: false,
        span: Span::Timed {
            start: moment(start),
            end: moment(end),
        },
    }
}

pub fn rules(profile: &str) -> Rules {
    Rules {
        profile: Profile::named(profile).unwrap(),
        ..Rules::default()
    }
}

/// What Graph holds for the person.
#[derive(Debug)]
pub struct Graph {
    /// What Teams itself says (meetings, Teams calls, picked by hand).
    pub teams: Presence,
    /// Picked by hand: outranks our session.
    pub by_hand: bool,
    pub session: Option<(SessionPair, Instant)>,
    pub preferred: Option<PreferredPair>,
    /// The status message, the person's own or ours.
    pub message: StatusMessage,
    /// For so many seconds after a write the one before it is still read.
    pub message_lag: f64,
    message_was: Option<(StatusMessage, Instant)>,
    /// So many seconds Teams' clock is before ours, or behind.
    pub clock_ahead: f64,
    /// It is there, and has something that Offhook can't read.
    pub message_unreadable: bool,
    /// Messages are carried out, but nobody answers.
    pub message_mute: bool,
    /// Every request fails so.
    pub fails: Option<Fault>,
    /// Only writes fail so.
    pub writes_fail: Option<Fault>,
    /// Requests are not answered until `answer_graph`.
    pub silent: bool,
}

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

/// Where the program is killed (issue 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// The ledger was not written yet.
    BeforeLedger,
    /// The ledger is on disk, the phone not written.
    AfterLedger,
    /// The phone is written, its answer not seen.
    AfterWrite,
}

pub struct World {
    pub now: Now,
    pub engine: Engine,
    pub rules: Rules,
    pub graph: Graph,
    pub phone: Phone,
    /// What is on the disk.
    pub disk: Ledger,
    pub disk_full: bool,
    /// The disk does not answer until `disk_answers`.
    pub disk_silent: bool,
    disk_owes: Vec<Input>,
    /// It could not be written, and has not been since.
    disk_behind: bool,
    clock_was_set: bool,
    /// What happens is chosen by chance: there are more ways than [`Self::nothing_is_due`] knows in which what has ended is
    /// noted with whatever comes next.
    pub by_chance: bool,
    /// Every effect with its time.
    pub log: Vec<(Instant, Effect)>,
    pub crash: Option<Crash>,
    pub dead: bool,
    pub sign_in: SignIn,
    /// Sources that answer `Resync`, with their calls; others stay silent.
    pub lists: BTreeMap<String, Vec<(CallId, CallState)>>,
    /// The person's calendar; `None`: none is in use.
    pub calendar: Option<Calendar>,
    has_phone: bool,
    seed: u64,
}

/// The calendar's service.
#[derive(Debug)]
pub struct Calendar {
    pub link: CalendarLink,
    pub appointments: Vec<Appointment>,
    pub fails: Option<Fault>,
    pub silent: bool,
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
    /// Signed in, phone connected, Teams available, everything read once.
    pub fn new(profile: &str) -> Self {
        Self::with(rules(profile))
    }

    pub fn with(rules: Rules) -> Self {
        let mut world = Self::cold(rules, Ledger::default());
        world.begin();
        world
    }

    /// Started, nothing told yet.
    pub fn cold(rules: Rules, ledger: Ledger) -> Self {
        let now = Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: at("2026-03-10T09:00:00Z"),
        };
        let mut fields = BTreeMap::new();
        fields.insert(Field::Dnd, OFF);
        fields.insert(Field::Forward, FieldValue::Forward(None));
        fields.insert(Field::Presence, FieldValue::Presence(None));
        fields.insert(Field::Note, FieldValue::Note(String::new()));
        Self {
            now,
            engine: Engine::new(rules.clone(), ledger.clone(), 7, now),
            rules,
            graph: Graph {
                teams: Presence::new("Available", "Available"),
                by_hand: false,
                session: None,
                preferred: None,
                message: StatusMessage::default(),
                message_lag: 0.0,
                message_was: None,
                clock_ahead: 0.0,
                message_unreadable: false,
                message_mute: false,
                fails: None,
                writes_fail: None,
                silent: false,
            },
            phone: Phone {
                fields,
                up: true,
                writes_fail: None,
                reads_fail: None,
                mute: false,
                loses_writes: false,
                key: "pbx/2001".into(),
                names: Vec::new(),
                abilities: able(),
            },
            disk: ledger,
            disk_full: false,
            disk_silent: false,
            disk_owes: Vec::new(),
            disk_behind: false,
            clock_was_set: false,
            by_chance: false,
            log: Vec::new(),
            crash: None,
            dead: false,
            sign_in: SignIn::SignedIn(account("oid.tid")),
            lists: BTreeMap::new(),
            calendar: None,
            has_phone: true,
            seed: 7,
        }
    }

    /// What the driver tells at start.
    pub fn begin(&mut self) {
        self.drain();
        if self.has_phone {
            self.input(Input::PhoneConfigured(true));
        }
        if let Some(calendar) = &self.calendar {
            self.input(Input::CalendarConfigured(calendar.link));
        }
        self.input(Input::SignIn(self.sign_in.clone()));
        self.phone_up();
        self.after(0.0);
    }

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

    pub fn input(&mut self, input: Input) {
        if self.dead {
            return;
        }
        self.clock_was_set = false;
        self.engine.handle_input(input, self.now);
        self.drain();
    }

    /// Answers every effect at once, in order.
    fn drain(&mut self) {
        let mut answers: VecDeque<Input> = VecDeque::new();
        for _ in 0..1000 {
            while let Some(effect) = self.engine.poll_effect() {
                self.log.push((self.now.mono, effect.clone()));
                answers.extend(self.message_seen(&effect));
                answers.extend(self.act(effect));
                if self.dead {
                    return;
                }
            }
            let Some(answer) = answers.pop_front() else {
                self.is_on_disk();
                return;
            };
            self.engine.handle_input(answer, self.now);
        }
        panic!(
            "the engine does not come to rest: {:?}",
            &self.log[self.log.len() - 6..]
        );
    }

    /// What is to outlive the program is on disk as soon as it is known.
    fn is_on_disk(&self) {
        if !self.disk_behind && !self.disk_silent {
            assert_eq!(*self.engine.ledger(), self.disk, "known, and not on disk");
        }
    }

    /// Where no deadline has come, time alone changes nothing.
    fn nothing_is_due(&mut self, now: Now) {
        // Of a clock that was set nobody tells; it is looked at with the next deadline.
        if self.clock_was_set || self.by_chance {
            return;
        }
        self.engine.handle_timeout(now);
        let Some(effect) = self.engine.poll_effect() else {
            return;
        };
        // That a write does not come any more, or that what was replaced has ended, is noted with whatever comes next.
        let forgets = matches!(&effect, Effect::SaveLedger { ledger, .. } if {
            let mut without = self.disk.clone();
            without.late.clone_from(&ledger.late);
            without.replaced_sessions.retain(|one| ledger.replaced_sessions.contains(one));
            (ledger.late.is_none() || self.disk.late == ledger.late) && **ledger == without
        });
        // A message that is there already, or can't be read, is looked at again whenever anything is looked at.
        let is_there = self.engine.desired().message.is_some() && self.disk.message.is_none();
        let looks = effect == Effect::ReadTeams && (is_there || self.graph.message_unreadable);
        let is_harmless = forgets || looks;
        assert!(is_harmless, "no deadline told of {effect:?}");
        self.log.push((now.mono, effect.clone()));
        for answer in self.message_seen(&effect).into_iter().chain(self.act(effect)) {
            self.engine.handle_input(answer, now);
        }
        self.drain();
    }

    /// Comes before the presence it is read with.
    fn message_seen(&self, effect: &Effect) -> Option<Input> {
        if *effect != Effect::ReadTeams || self.graph.silent || self.graph.fails.is_some() {
            return None;
        }
        let seen = (!self.graph.message_unreadable).then(|| self.message_shows());
        Some(Input::MessageSeen(seen))
    }

    fn message_shows(&self) -> StatusMessage {
        let was = self.graph.message_was.as_ref();
        let lags = was.filter(|(_, until)| self.now.mono < *until);
        let shown = lags.map_or(&self.graph.message, |(was, _)| was);
        shown.at(self.teams_clock())
    }

    fn teams_clock(&self) -> Timestamp {
        let ahead = SignedDuration::try_from_secs_f64(self.graph.clock_ahead).unwrap();
        self.now.wall.checked_add(ahead).unwrap()
    }

    /// What Teams shows people.
    pub fn message(&self) -> String {
        self.graph.message.at(self.teams_clock()).text
    }

    /// The person writes it in Teams; read at once.
    pub fn message_by_hand(&mut self, text: &str) {
        self.message_is(StatusMessage {
            text: text.into(),
            ..StatusMessage::default()
        });
    }

    pub fn message_is(&mut self, message: StatusMessage) {
        self.graph.message = message;
        self.graph.message_was = None;
        self.poll();
    }

    fn act(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::WarmUp | Effect::Notify(_) | Effect::ForgetTokens | Effect::Finished => None,
            Effect::ReadTeams => {
                if self.graph.silent {
                    return None;
                }
                Some(Input::TeamsRead(match &self.graph.fails {
                    Some(fault) => Err(fault.clone()),
                    None => Ok(self.teams_shows()),
                }))
            }
            Effect::SetSession { pair, lifetime } => {
                if self.graph.silent {
                    return None;
                }
                Some(Input::SessionSet(match self.graph_write() {
                    Ok(()) => {
                        self.graph.session = Some((pair, self.now.mono + lifetime));
                        Ok(())
                    }
                    Err(fault) => Err(fault),
                }))
            }
            Effect::ClearSession => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.session = None;
                }
                Some(Input::SessionCleared(outcome))
            }
            Effect::SetPreferred { pair, .. } => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.preferred = Some(pair);
                }
                Some(Input::PreferredSet(outcome))
            }
            Effect::ClearPreferred => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.preferred = None;
                }
                Some(Input::PreferredCleared(outcome))
            }
            Effect::SetMessage(message) => {
                if self.crash == Some(Crash::AfterLedger) {
                    self.dead = true;
                    return None;
                }
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    let until = self.now.mono + secs(self.graph.message_lag);
                    self.graph.message_was = Some((self.message_shows(), until));
                    self.graph.message = message;
                }
                if self.crash == Some(Crash::AfterWrite) {
                    self.dead = true;
                    return None;
                }
                if self.graph.message_mute {
                    return Some(Input::MessageSet(Err(unreachable())));
                }
                Some(Input::MessageSet(outcome))
            }
            Effect::ReadPhone => {
                if let Some(fault) = &self.phone.reads_fail {
                    return Some(Input::PhoneReadFailed(fault.clone()));
                }
                self.phone.up.then(|| {
                    let can = self.phone.abilities;
                    let fields = self
                        .phone
                        .fields
                        .iter()
                        .filter(|(field, _)| can.of(**field).read && !can.unconfirmed.has(**field));
                    Input::PhoneSeen(fields.map(|(_, value)| value.clone()).collect())
                })
            }
            Effect::WritePhone(value) => {
                let field = value.field();
                if self.crash == Some(Crash::AfterLedger) {
                    self.dead = true;
                    return None;
                }
                if !self.phone.up {
                    return None;
                }
                if let Some(fault) = &self.phone.writes_fail {
                    return Some(Input::PhoneWritten {
                        field,
                        outcome: Err(fault.clone()),
                    });
                }
                if self.phone.loses_writes {
                    return None;
                }
                self.phone.fields.insert(field, value);
                if self.crash == Some(Crash::AfterWrite) {
                    self.dead = true;
                    return None;
                }
                if self.phone.mute {
                    return None;
                }
                Some(Input::PhoneWritten {
                    field,
                    outcome: Ok(()),
                })
            }
            Effect::ReadCalendar { from, until } => {
                let zone = self.rules.zone.clone();
                let calendar = self.calendar.as_ref().unwrap();
                if calendar.silent {
                    return None;
                }
                Some(Input::CalendarRead(match &calendar.fails {
                    Some(fault) => Err(fault.clone()),
                    None => {
                        let mut all = calendar.appointments.clone();
                        all.retain(|a| {
                            let (start, end) = a.span.bounds(&zone);
                            start < until && end > from
                        });
                        Ok(all)
                    }
                }))
            }
            Effect::Resync(source) => self
                .lists
                .get(source.as_str())
                .map(|calls| Input::Line(source, LineEvent::Snapshot(calls.clone()))),
            Effect::SaveLedger { revision, ledger } => {
                let news = ledger.holds != self.disk.holds || ledger.message != self.disk.message;
                if self.crash == Some(Crash::BeforeLedger) && news {
                    self.dead = true;
                    return None;
                }
                self.disk_behind = self.disk_full;
                let outcome = if self.disk_full {
                    Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten))
                } else {
                    // What is on disk is what can be read back.
                    let text = serde_json::to_string(&*ledger).unwrap();
                    self.disk = serde_json::from_str(&text).unwrap();
                    Ok(())
                };
                let saved = Input::LedgerSaved { revision, outcome };
                if self.disk_silent {
                    self.disk_owes.push(saved);
                    return None;
                }
                Some(saved)
            }
        }
    }

    /// A calendar is in use from now on, and read at once.
    pub fn calendar(&mut self, appointments: Vec<Appointment>) {
        self.calendar = Some(Calendar {
            link: CalendarLink::Own,
            appointments,
            fails: None,
            silent: false,
        });
        self.input(Input::CalendarConfigured(CalendarLink::Own));
        self.after(0.0);
    }

    /// Other appointments from now on; the engine hears of them at its next reading, which comes now.
    pub fn appointments(&mut self, appointments: Vec<Appointment>) {
        self.calendar.as_mut().unwrap().appointments = appointments;
        self.after(331.0);
    }

    /// Time passes until the wall clock shows that.
    pub fn until(&mut self, wall: &str) {
        let seconds = at(wall).duration_since(self.now.wall).as_secs_f64();
        assert!(seconds >= 0.0, "{wall} is past");
        self.after(seconds);
    }

    pub fn note(&self) -> String {
        let FieldValue::Note(note) = &self.phone.fields[&Field::Note] else {
            panic!("no note");
        };
        note.clone()
    }

    pub fn note_by_hand(&mut self, note: &str) {
        self.by_hand(FieldValue::Note(note.into()));
    }

    /// What the disk has written meanwhile, and from now on at once.
    pub fn disk_answers(&mut self) {
        self.disk_silent = false;
        for saved in std::mem::take(&mut self.disk_owes) {
            self.input(saved);
        }
    }

    fn graph_write(&self) -> Result<(), Fault> {
        match self.graph.writes_fail.as_ref().or(self.graph.fails.as_ref()) {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    fn teams_shows(&self) -> Presence {
        let session = self.graph.session.filter(|(_, until)| self.now.mono < *until);
        if self.graph.by_hand {
            return self.graph.teams.clone();
        }
        let teams_busy =
            !self.graph.teams.availability.is("Available") && !self.graph.teams.availability.is("Away");
        if teams_busy {
            return self.graph.teams.clone();
        }
        let mut shows = match (session, self.graph.preferred) {
            (_, Some(pair)) => pair.presence(),
            (Some((pair, _)), None) => pair.presence(),
            (None, None) => self.graph.teams.clone(),
        };
        shows.out_of_office = self.graph.teams.out_of_office;
        shows
    }

    /// Lets time pass, every deadline in its order.
    pub fn after(&mut self, seconds: f64) {
        let end = self.now.mono + secs(seconds);
        let mut rounds = 0;
        while !self.dead {
            let due = self.engine.poll_timeout(self.now).filter(|(at, _)| *at <= end);
            let Some((at, name)) = due else { break };
            let step = at.since(self.now.mono);
            if step > PROBE {
                self.nothing_is_due(self.now.after(step - PROBE));
            }
            rounds = if step.is_zero() { rounds + 1 } else { 0 };
            assert!(rounds < 20, "the deadline {name:?} stays in the past");
            self.now = self.now.after(step);
            self.clock_was_set = false;
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = self.now.after(end.since(self.now.mono));
        if !self.dead {
            self.nothing_is_due(self.now);
        }
    }

    /// Teams itself says so from now on; the engine hears of it at its next poll.
    pub fn teams_is(&mut self, availability: &str, activity: &str) {
        self.graph.teams = Presence::new(availability, activity);
    }

    /// As `teams_is`, and polled at once.
    pub fn teams(&mut self, availability: &str, activity: &str) {
        self.teams_is(availability, activity);
        self.poll();
    }

    /// Waits for the next poll of Teams.
    pub fn poll(&mut self) {
        let before = self.count(|e| *e == Effect::ReadTeams);
        for _ in 0..4000 {
            if self.count(|e| *e == Effect::ReadTeams) > before {
                return;
            }
            let Some((at, _)) = self.engine.poll_timeout(self.now) else {
                break;
            };
            self.after(at.since(self.now.mono).as_secs_f64());
        }
        panic!("Teams is not polled any more");
    }

    /// A reading as Graph would give it, whatever it holds.
    pub fn read(&mut self, availability: &str, activity: &str) {
        self.input(Input::TeamsRead(Ok(Presence::new(availability, activity))));
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

    pub fn graph_fails(&mut self, kind: FaultKind) {
        self.graph.fails = Some(fault(kind));
    }

    pub fn pause(&mut self, pause: Pause) {
        self.input(Input::Pause(pause));
    }

    /// Killed and started again, with what the disk holds.
    pub fn restart(&mut self) {
        self.restart_after(1.0);
    }

    pub fn restart_after(&mut self, seconds: f64) {
        self.crash = None;
        self.dead = false;
        self.now = self.now.after(secs(seconds));
        self.seed += 1;
        self.log.clear();
        self.engine = Engine::new(self.rules.clone(), self.disk.clone(), self.seed, self.now);
        self.begin();
    }

    /// Asleep without a word to the program; the driver calls the time-out first, then says so.
    pub fn sleep(&mut self, seconds: f64) {
        self.now = self.now.after(secs(seconds));
    }

    pub fn wake(&mut self) {
        self.engine.handle_timeout(self.now);
        self.drain();
        self.input(Input::Woke);
    }

    pub fn clock_jump(&mut self, seconds: i64) {
        self.now.wall = self
            .now
            .wall
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap();
        self.clock_was_set = true;
    }

    pub fn set_rules(&mut self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.rules);
        self.input(Input::Rules(Box::new(self.rules.clone())));
    }

    pub fn watch_only(&mut self) {
        self.set_rules(|rules| rules.role = Role::Watch);
    }

    // what can be seen

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
