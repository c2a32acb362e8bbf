//! The engine: one input or time-out in, effects and a view out.

use crate::clock::{Instant, Now};
use crate::desired::{self, Desired, Want, Wish};
use crate::effect::{Effect, Input, Notice};
use crate::facts::teams::Reading;
use crate::facts::{Facts, Link};
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Ledger, PauseRecord, Reason};
use crate::line::{LineEvent, SourceId};
use crate::phone::{Field, FieldValue};
use crate::reconcile::field::{self, FieldState};
use crate::reconcile::poll::Poll;
use crate::reconcile::preferred::{self, Preferred};
use crate::reconcile::session::{self, Session};
use crate::reconcile::{Chance, Pace};
use crate::rules::{Role, Rules};
use crate::teams::{Presence, Right, SignIn};
use crate::trouble;
use offhook_protocol::command::Pause;
use offhook_protocol::status::{Cause, NotDoneReason};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// R20: quit and sign-out release within this.
const LEAVE: Duration = Duration::from_secs(2);
/// R1: how long a source is given to list its calls.
const RESYNC: Duration = Duration::from_secs(3);
/// No answer to a reading of the phone system.
const PHONE_READ: Duration = Duration::from_secs(15);
/// Between readings of the phone system that the field states ask for.
const PHONE_READ_SPACING: Duration = Duration::from_millis(250);

/// Decides. See the crate's documentation for the loop around it.
#[derive(Debug)]
pub struct Engine {
    pub(crate) rules: Rules,
    pub(crate) facts: Facts,
    pub(crate) ledger: Ledger,
    pub(crate) desired: Desired,
    pub(crate) fields: [FieldState; 4],
    pub(crate) session: Session,
    pub(crate) preferred: Preferred,
    pub(crate) phase: Phase,
    pub(crate) ledger_fault: Option<Fault>,
    poll: Poll,
    phone_read: PhoneRead,
    resync: Resync,
    warmed: bool,
    told: BTreeSet<crate::fault::Code>,
    /// Revision of the ledger in memory, handed to the disk, and safe on it.
    revision: u64,
    handed: u64,
    saved: u64,
    chance: Chance,
    effects: VecDeque<Effect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// Released before sleep or log-off, until the machine wakes.
    Asleep,
    Leaving {
        then: Leaving,
        deadline: Instant,
    },
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    Quit,
    SignOut,
}

/// Why everything is released, whatever the rules want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Released {
    Paused,
    OutsideHours,
    Watching,
    Leaving,
}

#[derive(Debug)]
struct PhoneRead {
    in_flight: Option<Instant>,
    not_before: Option<Instant>,
    pace: Pace,
}

#[derive(Debug, Default)]
struct Resync {
    pending: BTreeSet<SourceId>,
    until: Option<Instant>,
}

impl Engine {
    /// `ledger`: what the last run left. `seed` is for jitter alone.
    pub fn new(rules: Rules, ledger: Ledger, seed: u64, now: Now) -> Self {
        let mut facts = Facts::default();
        let session = Session::new(&ledger, &mut facts.teams, now);
        let preferred = Preferred::new(&ledger, &mut facts.teams);
        facts.person.pause.clone_from(&ledger.pause);
        let mut engine = Self {
            rules,
            facts,
            ledger,
            desired: Desired::default(),
            fields: Field::ALL.map(FieldState::new),
            session,
            preferred,
            phase: Phase::Running,
            ledger_fault: None,
            poll: Poll::new(),
            phone_read: PhoneRead {
                in_flight: None,
                not_before: None,
                pace: Pace::new(PHONE_READ_SPACING, Duration::from_secs(60)),
            },
            resync: Resync {
                pending: BTreeSet::new(),
                until: Some(now.mono + RESYNC),
            },
            warmed: false,
            told: BTreeSet::new(),
            revision: 0,
            handed: 0,
            saved: 0,
            chance: Chance::new(seed),
            effects: VecDeque::new(),
        };
        engine.round(now);
        engine
    }

    /// Takes one piece of news. Drain [`Engine::poll_effect`] after it.
    pub fn handle_input(&mut self, input: Input, now: Now) {
        self.take(input, now);
        self.round(now);
    }

    /// Early or repeated calls are harmless.
    pub fn handle_timeout(&mut self, now: Now) {
        self.round(now);
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next moment at which time alone changes something, and what.
    pub fn poll_timeout(&self, now: Now) -> Option<(Instant, &'static str)> {
        crate::timer::next(self, now)
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn desired(&self) -> &Desired {
        &self.desired
    }

    fn take(&mut self, input: Input, now: Now) {
        match input {
            Input::SignIn(sign_in) => self.on_sign_in(sign_in, now),
            Input::TeamsRead(outcome) => self.on_teams_read(outcome, now),
            Input::SessionSet(outcome) => {
                self.note_write(&outcome, now);
                self.with_session(now, |session, context| session.on_set(outcome, context, now));
                self.poll.hurry(now.mono);
            }
            Input::SessionCleared(outcome) => {
                self.note_write(&outcome, now);
                self.with_session(now, |session, context| session.on_cleared(outcome, context, now));
                self.poll.hurry(now.mono);
            }
            Input::PreferredSet(outcome) => {
                self.note_write(&outcome, now);
                self.with_preferred(|preferred, context| preferred.on_set(outcome, context, now));
            }
            Input::PreferredCleared(outcome) => {
                self.note_write(&outcome, now);
                self.with_preferred(|preferred, context| preferred.on_cleared(outcome, context, now));
            }
            Input::PhoneConfigured(false) => {
                self.facts.phone = crate::facts::PhoneFacts::default();
                self.phone_read.in_flight = None;
                self.fields.iter_mut().for_each(FieldState::on_down);
            }
            Input::PhoneConfigured(true) => {
                self.facts.phone.known.clear();
                self.facts.phone.link = Some(Link {
                    identity: None,
                    abilities: crate::phone::Abilities::default(),
                    up: false,
                    since: now.wall,
                    down_at: Some(now.mono),
                    fault: None,
                });
                self.fields.iter_mut().for_each(FieldState::on_down);
            }
            Input::PhoneUp { identity, abilities } => self.on_phone_up(identity, abilities, now),
            Input::PhoneSeen(values) => self.on_phone_seen(values, now),
            Input::PhoneReadFailed(fault) => {
                self.phone_read.in_flight = None;
                self.phone_read.not_before = Some(now.mono + self.phone_read.pace.wait(&mut self.chance));
                if let Some(link) = &mut self.facts.phone.link {
                    link.fault = Some(fault);
                }
            }
            Input::PhoneWritten { field, outcome } => self.on_phone_written(field, outcome, now),
            Input::PhoneDown(fault) => {
                self.phone_read.in_flight = None;
                self.phone_read.not_before = None;
                if let Some(link) = &mut self.facts.phone.link {
                    if link.up {
                        link.since = now.wall;
                    }
                    link.up = false;
                    link.down_at.get_or_insert(now.mono);
                    link.fault = Some(fault);
                }
                self.fields.iter_mut().for_each(FieldState::on_down);
            }
            Input::Line(source, event) => self.on_line(&source, event, now),
            Input::LineGone(source) => {
                self.facts.calls.forget(&source);
                self.resync.pending.remove(&source);
            }
            Input::LedgerSaved { revision, outcome } => self.on_saved(revision, outcome, now),
            Input::Rules(rules) => {
                self.rules = *rules;
                self.poll.hurry(now.mono);
            }
            Input::Pause(pause) => self.set_pause(Some(PauseRecord {
                until: self.pause_end(pause, now),
            })),
            Input::Resume => self.set_pause(None),
            Input::Quit => self.leave(Leaving::Quit, now),
            Input::SignOut => self.leave(Leaving::SignOut, now),
            Input::Sleep => {
                if self.phase == Phase::Running {
                    self.phase = Phase::Asleep;
                }
            }
            Input::Woke => self.on_woke(now),
        }
    }

    fn on_sign_in(&mut self, sign_in: SignIn, now: Now) {
        let before = self.facts.account().map(|account| account.key.clone());
        match &sign_in {
            SignIn::SignedIn(account) => {
                if before.as_ref().is_some_and(|key| *key != account.key) {
                    self.facts.teams.forget();
                }
                if self.facts.signed_in().is_none_or(|now_in| *now_in != *account) {
                    self.facts.refused_rights.clear();
                    self.session.forget_requests();
                    self.preferred.forget_requests();
                    self.poll.reset(now.mono);
                }
                self.facts.microsoft.on(Ok(()), now.wall);
            }
            SignIn::SignedOut => self.facts.teams.forget(),
            SignIn::Waiting(fault) | SignIn::Expired { fault, .. } => {
                self.facts.teams.on_failed_read(now.mono);
                self.facts.microsoft.on(Err(fault), now.wall);
            }
            SignIn::Browser { .. } | SignIn::DeviceCode { .. } => {}
        }
        self.facts.sign_in = sign_in;
    }

    fn on_teams_read(&mut self, outcome: Result<Presence, Fault>, now: Now) {
        match outcome {
            Ok(presence) => {
                let at_once = desired::ends_at_once(&presence, &self.rules);
                let reading = self.facts.teams.on_read(presence.clone(), at_once, now);
                self.session
                    .on_read(&presence, reading == Reading::Echo, now.mono);
                self.poll.on_read(reading == Reading::Changed, now.mono);
                self.facts.microsoft.on(Ok(()), now.wall);
            }
            Err(fault) => {
                self.facts.teams.on_failed_read(now.mono);
                self.poll.on_failed(&fault, &mut self.chance, now.mono);
                self.facts.microsoft.on(Err(&fault), now.wall);
                if fault.kind == FaultKind::RightMissing {
                    self.facts.refused_rights.push(Right::PresenceRead);
                }
            }
        }
    }

    fn note_write(&mut self, outcome: &Result<(), Fault>, now: Now) {
        self.facts.microsoft.on(outcome.as_ref().map(|()| ()), now.wall);
        if let Err(fault) = outcome
            && fault.kind == FaultKind::RightMissing
        {
            self.facts.refused_rights.push(Right::PresenceWrite);
        }
    }

    fn on_phone_up(
        &mut self,
        identity: crate::phone::PhoneIdentity,
        abilities: crate::phone::Abilities,
        now: Now,
    ) {
        let again = self.facts.phone.is_up();
        let since = self
            .facts
            .phone
            .link
            .as_ref()
            .filter(|_| again)
            .map_or(now.wall, |link| link.since);
        self.facts.phone.link = Some(Link {
            identity: Some(identity),
            abilities,
            up: true,
            since,
            down_at: None,
            fault: None,
        });
        if !again {
            self.facts.phone.known.clear();
            self.fields.iter_mut().for_each(FieldState::on_up);
            self.phone_read.pace.reset();
            self.phone_read.not_before = None;
            self.read_phone(now);
        }
    }

    fn on_phone_seen(&mut self, values: Vec<FieldValue>, now: Now) {
        self.phone_read.in_flight = None;
        if let Some(link) = &mut self.facts.phone.link {
            link.fault = None;
        }
        for value in values {
            // What arrives while our own write of that field is under way is older than its outcome.
            let busy = self
                .fields
                .iter()
                .any(|f| f.field() == value.field() && f.is_writing());
            if !busy {
                self.facts.phone.on_seen(value, now);
            }
        }
    }

    fn on_phone_written(&mut self, field: Field, outcome: Result<(), Fault>, now: Now) {
        let value = self
            .fields
            .iter()
            .find(|f| f.field() == field)
            .and_then(FieldState::being_written)
            .cloned();
        if let (Ok(()), Some(value)) = (&outcome, value) {
            self.facts.phone.on_seen(value, now);
        }
        if outcome.is_err() {
            // What it shows now is anybody's guess until it is read again.
            if let Some(known) = self.facts.phone.known.get_mut(&field) {
                known.at = known.at - Duration::from_secs(3600);
            }
        }
        self.with_field(field, now, |state, context| {
            state.on_written(outcome, context, now)
        });
    }

    fn on_line(&mut self, source: &SourceId, event: LineEvent, now: Now) {
        match &event {
            LineEvent::Snapshot(_) | LineEvent::Down(_) => {
                self.resync.pending.remove(source);
            }
            LineEvent::Up { .. }
            | LineEvent::Call { .. }
            | LineEvent::Ended { .. }
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset
            | LineEvent::Trouble(_) => {}
        }
        self.facts.calls.handle(source, event, now);
    }

    fn on_saved(&mut self, revision: u64, outcome: Result<(), Fault>, now: Now) {
        match outcome {
            Ok(()) => {
                self.saved = self.saved.max(revision);
                self.ledger_fault = None;
            }
            Err(fault) => {
                for field in Field::ALL {
                    self.with_field(field, now, |state, context| {
                        state.on_not_saved(&fault, context, now)
                    });
                }
                self.ledger_fault = Some(fault);
            }
        }
    }

    fn set_pause(&mut self, pause: Option<PauseRecord>) {
        if self.ledger.pause != pause {
            self.ledger.pause.clone_from(&pause);
            self.facts.person.pause = pause;
            self.revision += 1;
        }
    }

    fn pause_end(&self, pause: Pause, now: Now) -> Option<jiff::Timestamp> {
        match pause {
            Pause::Minutes(minutes) => Some(now.after(Duration::from_secs(u64::from(minutes) * 60)).wall),
            Pause::Tomorrow => {
                let local = now.wall.to_zoned(self.rules.zone.clone());
                local
                    .tomorrow()
                    .and_then(|t| t.start_of_day())
                    .map(|midnight| midnight.timestamp())
                    .ok()
            }
            Pause::UntilResumed => None,
        }
    }

    fn leave(&mut self, then: Leaving, now: Now) {
        // Quitting goes before signing out, and neither is begun twice.
        match (self.phase, then) {
            (Phase::Left, _)
            | (
                Phase::Leaving {
                    then: Leaving::Quit, ..
                },
                _,
            )
            | (
                Phase::Leaving {
                    then: Leaving::SignOut,
                    ..
                },
                Leaving::SignOut,
            ) => {}
            (Phase::Running | Phase::Asleep | Phase::Leaving { .. }, then) => {
                self.phase = Phase::Leaving {
                    then,
                    deadline: now.mono + LEAVE,
                };
            }
        }
    }

    fn on_woke(&mut self, now: Now) {
        if self.phase == Phase::Asleep {
            self.phase = Phase::Running;
        }
        self.poll.reset(now.mono);
        self.session.forget_requests();
        self.preferred.forget_requests();
        self.warmed = false;
        let sources: Vec<SourceId> = self
            .facts
            .calls
            .sources()
            .filter(|(_, s)| s.up && s.resyncs)
            .map(|(id, _)| id.clone())
            .collect();
        for source in sources {
            self.effects.push_back(Effect::Resync(source.clone()));
            self.resync.pending.insert(source);
        }
        self.resync.until = Some(now.mono + RESYNC);
        if self.facts.phone.is_up() {
            self.phone_read.in_flight = None;
            self.read_phone(now);
        }
    }

    /// Everything again, from facts to effects. Level-triggered: nothing depends on what brought us here.
    fn round(&mut self, now: Now) {
        self.facts.calls.expire(now.mono);
        if self
            .facts
            .person
            .pause
            .as_ref()
            .and_then(|p| p.until)
            .is_some_and(|until| until <= now.wall)
        {
            self.set_pause(None);
        }
        if self.resync.until.is_some_and(|until| now.mono >= until) {
            self.resync = Resync::default();
        }
        if self
            .phone_read
            .in_flight
            .is_some_and(|at| now.mono.since(at) >= PHONE_READ)
        {
            self.phone_read.in_flight = None;
        }
        self.warm_up();
        let mut read = false;
        // A step that changed the ledger may make the next one possible at once.
        for _ in 0..4 {
            let revision = self.revision;
            self.desired = desired::desired(&self.facts, &self.rules, &self.ledger, now);
            self.step_teams(now);
            read = self.step_fields(now);
            if self.revision == revision {
                break;
            }
        }
        if read {
            self.read_phone(now);
        } else {
            self.phone_read.pace.reset();
        }
        self.save();
        self.poll_teams(now);
        self.finish(now);
        self.tell(now);
    }

    fn warm_up(&mut self) {
        let starting = self.facts.calls.is_any_starting() && self.facts.has(Right::PresenceWrite);
        if starting && !self.warmed {
            self.effects.push_back(Effect::WarmUp);
        }
        self.warmed = starting;
    }

    /// Why everything is to be released now, whatever the rules want.
    pub(crate) fn released(&self, now: Now) -> Option<Released> {
        match self.phase {
            Phase::Running => {}
            Phase::Asleep | Phase::Leaving { .. } | Phase::Left => return Some(Released::Leaving),
        }
        if self.facts.person.pause.is_some() {
            return Some(Released::Paused);
        }
        if self.rules.role == Role::Watch {
            return Some(Released::Watching);
        }
        let outside = self
            .rules
            .working_hours
            .as_ref()
            .is_some_and(|h| !h.at(now.wall, &self.rules.zone).0);
        outside.then_some(Released::OutsideHours)
    }

    fn step_teams(&mut self, now: Now) {
        let released = self.released(now).is_some();
        let session = self
            .desired
            .session
            .as_ref()
            .filter(|_| !released)
            .map(|wish| wish.pair);
        let preferred = self.desired.preferred.clone().filter(|_| !released);
        self.with_session(now, |state, context| state.step(session, context, now));
        self.with_preferred(|state, context| state.step(preferred.as_ref(), context, now));
    }

    fn step_fields(&mut self, now: Now) -> bool {
        let released = self.released(now);
        let mut read = false;
        for field in Field::ALL {
            let wish = match released {
                Some(why) => Some(release(why, now)),
                None => self.desired.of(field).cloned(),
            };
            read |= self.with_field(field, now, |state, context| {
                state.step(wish.as_ref(), context, now)
            });
        }
        read
    }

    fn read_phone(&mut self, now: Now) {
        let wait = self.phone_read.not_before.is_some_and(|at| now.mono < at);
        if self.phone_read.in_flight.is_some() || wait || !self.facts.phone.is_up() {
            return;
        }
        self.phone_read.in_flight = Some(now.mono);
        self.phone_read.not_before = Some(now.mono + self.phone_read.pace.wait(&mut self.chance));
        self.effects.push_back(Effect::ReadPhone);
    }

    fn save(&mut self) {
        if self.revision > self.handed {
            self.handed = self.revision;
            // Before anything that was decided in the same round.
            self.effects.push_front(Effect::SaveLedger {
                revision: self.revision,
                ledger: Box::new(self.ledger.clone()),
            });
        }
    }

    fn poll_teams(&mut self, now: Now) {
        if self.teams_poll_due(now).is_some_and(|due| due <= now.mono) {
            self.poll.on_sent(&mut self.chance, now.mono);
            self.effects.push_back(Effect::ReadTeams);
        }
    }

    pub(crate) fn teams_poll_due(&self, now: Now) -> Option<Instant> {
        match self.phase {
            Phase::Running => {}
            Phase::Asleep | Phase::Leaving { .. } | Phase::Left => return None,
        }
        if !self.facts.has(Right::PresenceRead) {
            return None;
        }
        let away = self.facts.teams.seen.as_ref().is_some_and(|seen| {
            crate::facts::teams::is_ending(&seen.presence) || seen.presence.availability.is("Away")
        });
        let idle = away && !self.facts.calls.is_any_up();
        self.poll.due(self.rules.poll_floor, idle, now.mono)
    }

    pub(crate) fn phone_read_due(&self) -> Option<Instant> {
        match self.phone_read.in_flight {
            Some(at) => Some(at + PHONE_READ),
            None => self.phone_read.not_before,
        }
    }

    pub(crate) fn resync_until(&self) -> Option<Instant> {
        self.resync.until
    }

    fn finish(&mut self, now: Now) {
        let Phase::Leaving { then, deadline } = self.phase else {
            return;
        };
        let held = self.facts.phone.is_up() && !self.ledger.holds.is_empty();
        let teams = self.facts.signed_in().is_some()
            && !(self.session.is_settled() && self.preferred.is_settled(&self.ledger));
        if now.mono < deadline && (held || teams || self.saved < self.handed) {
            return;
        }
        match then {
            Leaving::Quit => {
                self.phase = Phase::Left;
                self.effects.push_back(Effect::Finished);
            }
            Leaving::SignOut => {
                self.phase = Phase::Running;
                self.effects.push_back(Effect::ForgetTokens);
            }
        }
    }

    fn tell(&mut self, now: Now) {
        let problems = trouble::problems(self, now);
        self.told
            .retain(|code| problems.iter().any(|p| p.code == *code && p.notify));
        for problem in problems.into_iter().filter(|p| p.notify) {
            if self.told.insert(problem.code) {
                self.effects.push_back(Effect::Notify(Notice {
                    code: problem.code,
                    detail: problem.detail,
                }));
            }
        }
    }

    fn with_session<R>(
        &mut self,
        now: Now,
        act: impl FnOnce(&mut Session, &mut session::Context<'_>) -> R,
    ) -> R {
        let account = self
            .facts
            .has(Right::PresenceWrite)
            .then(|| self.facts.signed_in().map(|a| a.key.clone()));
        // A session of another account is none of ours to renew or clear; it runs out by itself.
        let foreign = |key: &String| {
            self.ledger
                .session
                .as_ref()
                .is_some_and(|record| record.account != *key)
        };
        let account = account.flatten().filter(|key| !foreign(key));
        let resyncing = self.resync.until.is_some_and(|until| now.mono < until)
            && (!self.resync.pending.is_empty() || self.saved == 0 && self.ledger.session.is_some());
        let mut effects = Vec::new();
        let urgent = self.released(now).is_some();
        let result = act(
            &mut self.session,
            &mut session::Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                teams: &mut self.facts.teams,
                chance: &mut self.chance,
                effects: &mut effects,
                account: account.as_deref(),
                resyncing: resyncing && !urgent,
                urgent,
            },
        );
        self.effects.extend(effects);
        result
    }

    fn with_preferred<R>(&mut self, act: impl FnOnce(&mut Preferred, &mut preferred::Context<'_>) -> R) -> R {
        let account = self
            .facts
            .has(Right::PresenceWrite)
            .then(|| self.facts.signed_in().map(|a| a.key.clone()));
        let mut effects = Vec::new();
        let result = act(
            &mut self.preferred,
            &mut preferred::Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                teams: &mut self.facts.teams,
                chance: &mut self.chance,
                effects: &mut effects,
                account: account.flatten().as_deref(),
            },
        );
        self.effects.extend(effects);
        result
    }

    /// Lets one field act; says whether it needs a fresh reading.
    fn with_field(
        &mut self,
        field: Field,
        now: Now,
        act: impl FnOnce(&mut FieldState, &mut field::Context<'_>),
    ) -> bool {
        let mut effects = Vec::new();
        let mut read = false;
        let link = self.facts.phone.link.as_ref().filter(|link| link.up);
        let phone = link
            .and_then(|link| link.identity.as_ref())
            .map(|identity| identity.key.as_str());
        let can = link.map_or_else(Default::default, |link| link.abilities.of(field));
        let known = self
            .facts
            .phone
            .known
            .get(&field)
            .map(|known| (&known.value, known.at));
        if let Some(state) = self.fields.iter_mut().find(|state| state.field() == field) {
            act(
                state,
                &mut field::Context {
                    ledger: &mut self.ledger,
                    revision: &mut self.revision,
                    saved: self.saved,
                    known,
                    can,
                    phone,
                    chance: &mut self.chance,
                    effects: &mut effects,
                    read: &mut read,
                },
            );
        }
        self.effects.extend(effects);
        if read {
            self.read_phone(now);
        }
        read
    }

    /// What the rules would want and that is not being done, with the reason.
    pub(crate) fn not_done(&self, now: Now) -> Vec<(offhook_protocol::status::Field, NotDoneReason)> {
        use offhook_protocol::status::Field as Shown;
        let shown = |field: Field| match field {
            Field::Dnd => Shown::Dnd,
            Field::Forward => Shown::Forward,
            Field::Presence => Shown::Presence,
            Field::Note => Shown::Note,
        };
        let mut list = Vec::new();
        let paused = self.released(now).is_some();
        for state in &self.fields {
            let wanted = self
                .desired
                .of(state.field())
                .is_some_and(|wish| matches!(wish.want, Want::Set(_)));
            if wanted && paused {
                list.push((shown(state.field()), NotDoneReason::Paused));
            } else if let Some(reason) = state.not_done() {
                list.push((shown(state.field()), reason));
            }
        }
        if self.desired.echo_of_phone {
            list.push((Shown::Dnd, NotDoneReason::Echo));
        }
        if self.desired.session.is_some() {
            if paused {
                list.push((Shown::Teams, NotDoneReason::Paused));
            } else if self.facts.signed_in().is_some() && !self.facts.has(Right::PresenceWrite) {
                list.push((Shown::Teams, NotDoneReason::RightMissing));
            }
        }
        list
    }
}

fn release(why: Released, now: Now) -> Wish {
    let rule = match why {
        Released::Paused => "paused",
        Released::OutsideHours => "outside-hours",
        Released::Watching => "watching",
        Released::Leaving => "leaving",
    };
    let why = Reason {
        cause: Cause::Person,
        rule: rule.into(),
        since: now.wall,
        until: None,
    };
    Wish {
        want: Want::Leave,
        why,
    }
}
