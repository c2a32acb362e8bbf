//! The world: its clocks and its disk, how time passes in it, and how it is killed and started again.

use super::calendar::Calendar;
use super::graph::Graph;
use super::phone::Phone;
use super::values::{account, at, rules, secs};
use jiff::SignedDuration;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState};
use offhook_engine::rules::{Role, Rules};
use offhook_engine::teams::SignIn;
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use offhook_protocol::command::Pause;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// So long before each deadline the engine is asked whether it has something to do.
const PROBE: Duration = Duration::from_millis(1);

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
    pub(super) disk_owes: Vec<Input>,
    /// It could not be written, and has not been since.
    pub(super) disk_behind: bool,
    pub(super) clock_was_set: bool,
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
    pub(super) has_phone: bool,
    pub(super) seed: u64,
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
        Self {
            now,
            engine: Engine::new(rules.clone(), ledger.clone(), 7, now),
            rules,
            graph: Graph::new(),
            phone: Phone::new(),
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

    pub fn input(&mut self, input: Input) {
        if self.dead {
            return;
        }
        self.clock_was_set = false;
        self.engine.handle_input(input, self.now);
        self.drain();
    }

    /// Answers every effect at once, in order.
    pub(super) fn drain(&mut self) {
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

    /// Time passes until the wall clock shows that.
    pub fn until(&mut self, wall: &str) {
        let seconds = at(wall).duration_since(self.now.wall).as_secs_f64();
        assert!(seconds >= 0.0, "{wall} is past");
        self.after(seconds);
    }

    pub fn pause(&mut self, pause: Pause) {
        self.input(Input::Pause(pause));
    }

    pub fn set_rules(&mut self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.rules);
        self.input(Input::Rules(Box::new(self.rules.clone())));
    }

    pub fn watch_only(&mut self) {
        self.set_rules(|rules| rules.role = Role::Watch);
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

    /// What the disk has written meanwhile, and from now on at once.
    pub fn disk_answers(&mut self) {
        self.disk_silent = false;
        for saved in std::mem::take(&mut self.disk_owes) {
            self.input(saved);
        }
    }
}
