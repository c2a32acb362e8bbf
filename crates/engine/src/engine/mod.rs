//! The engine: one input or time-out in, effects and a view out.

mod calendar;
mod message;
mod round;

use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::desired::{self, Desired, Want};
use crate::effect::{Effect, Input};
use crate::facts::teams::Reading;
use crate::facts::{Facts, Link, Prepared};
use crate::fault::{Code, Fault, FaultKind};
use crate::ledger::{Ledger, PauseRecord};
use crate::line::{LineEvent, SourceId};
use crate::phone::{Field, FieldValue, PhoneIdentity};
use crate::reconcile::calendar::CalendarPace;
use crate::reconcile::field::FieldState;
use crate::reconcile::message::Message;
use crate::reconcile::poll::Poll;
use crate::reconcile::preferred::Preferred;
use crate::reconcile::session::Session;
use crate::reconcile::{Chance, Pace};
use crate::rules::Rules;
use crate::teams::{Account, Presence, Right, SignIn};
use offhook_protocol::command::Pause;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// R20: quit and sign-out release within this.
const LEAVE: Duration = Duration::from_secs(2);
/// R1: how long a source is given to list its calls.
const RESYNC: Duration = Duration::from_secs(3);
/// A deadline missed by this much: the machine was asleep.
const OVERSLEPT: Duration = Duration::from_secs(20);
/// Between waking and being told of it.
const AWAKE: Duration = Duration::from_secs(1);
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
    pub(crate) message: Message,
    pub(crate) phase: Phase,
    pub(crate) ledger_fault: Option<Fault>,
    poll: Poll,
    calendar_pace: CalendarPace,
    /// Up to when appointments' borders have been looked at.
    bordered: Option<jiff::Timestamp>,
    phone_read: PhoneRead,
    resync: Resync,
    save_again: SaveAgain,
    /// When the last round wanted to be called again: much later means that the machine slept.
    due: Option<Instant>,
    /// When everything was looked at last, the wall clock too.
    pub(crate) looked_at: Instant,
    warmed: bool,
    told: BTreeSet<Code>,
    /// The two accounts that seem to be different people, as found in this run (R24).
    pub(crate) accounts: Option<(String, String)>,
    /// The two that were compared last: names stay the same for days.
    compared: Option<Compared>,
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
    /// Signing out: everything is released, the tokens are being deleted.
    Forgetting,
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
    /// The program has just started: sources that have not spoken yet are waited for, too.
    starting: bool,
}

/// What came of comparing two accounts (R24).
#[derive(Debug)]
struct Compared {
    account: Account,
    phone: PhoneIdentity,
    differ: bool,
}

/// A ledger that could not be written is written again, also when nothing new happens.
#[derive(Debug)]
struct SaveAgain {
    at: Option<Instant>,
    pace: Pace,
}

impl Engine {
    /// `ledger`: what the last run left. `seed` is for jitter alone.
    pub fn new(rules: Rules, ledger: Ledger, seed: u64, now: Now) -> Self {
        let mut facts = Facts::default();
        let session = Session::new(&ledger, &mut facts.teams, now);
        let preferred = Preferred::new(&ledger, &mut facts.teams, now);
        let message = Message::new(&ledger, now);
        let poll = Poll::new(ledger.reads_apart);
        facts.person.pause.clone_from(&ledger.pause);
        let fields = Field::ALL.map(|field| FieldState::new(field, &ledger, now));
        let mut engine = Self {
            rules,
            facts,
            ledger,
            desired: Desired::default(),
            fields,
            session,
            preferred,
            message,
            phase: Phase::Running,
            ledger_fault: None,
            poll,
            calendar_pace: CalendarPace::new(),
            bordered: None,
            phone_read: PhoneRead {
                in_flight: None,
                not_before: None,
                pace: Pace::new(PHONE_READ_SPACING, Duration::from_secs(60)),
            },
            resync: Resync {
                pending: BTreeSet::new(),
                until: Some(now.mono + RESYNC),
                starting: true,
            },
            save_again: SaveAgain {
                at: None,
                pace: Pace::new(Duration::from_secs(2), Duration::from_secs(60)),
            },
            due: None,
            looked_at: now.mono,
            warmed: false,
            told: BTreeSet::new(),
            accounts: None,
            compared: None,
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
        self.notice_sleep(now);
        self.take(input, now);
        self.round(now);
    }

    /// Early or repeated calls are harmless.
    pub fn handle_timeout(&mut self, now: Now) {
        self.notice_sleep(now);
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

    /// Nobody said "woke" yet, but the deadline passed long ago: sources are read again before anything is
    /// renewed or cleared (R1).
    fn notice_sleep(&mut self, now: Now) {
        let slept = self.due.is_some_and(|due| now.mono.since(due) >= OVERSLEPT);
        if slept && self.phase == Phase::Running {
            self.read_sources_again(now);
        }
    }

    fn take(&mut self, input: Input, now: Now) {
        match input {
            Input::SignIn(sign_in) => self.on_sign_in(sign_in, now),
            Input::TeamsRead(outcome) => self.on_teams_read(outcome, now),
            Input::SessionSet(outcome) => {
                self.note_write(&outcome, now);
                // A renewal shows nothing new, and a failure nothing at all.
                let news = outcome.is_ok() && self.session.is_being_changed();
                self.with_session(now, |session, context| session.on_set(outcome, context, now));
                if news {
                    self.poll.hurry(now.mono);
                }
            }
            Input::SessionCleared(outcome) => {
                self.note_write(&outcome, now);
                let news = outcome.is_ok();
                self.with_session(now, |session, context| session.on_cleared(outcome, context, now));
                if news {
                    self.poll.hurry(now.mono);
                }
            }
            Input::PreferredSet(outcome) => {
                self.note_write(&outcome, now);
                self.with_preferred(|preferred, context| preferred.on_set(outcome, context, now));
            }
            Input::PreferredCleared(outcome) => {
                self.note_write(&outcome, now);
                self.with_preferred(|preferred, context| preferred.on_cleared(outcome, context, now));
            }
            Input::MessageSeen(seen) => self.on_message_seen(seen, now),
            Input::MessageSet(outcome) => {
                self.note_write(&outcome, now);
                self.with_message(now, |message, context| message.on_set(outcome, context, now));
            }
            Input::PhoneConfigured(false) => {
                self.facts.phone = crate::facts::PhoneFacts::default();
                self.phone_read.in_flight = None;
                self.fields.iter_mut().for_each(FieldState::on_down);
            }
            Input::PhoneConfigured(true) => {
                self.facts.phone.known.clear();
                self.facts.phone.prepared = Prepared::Unknown;
                self.facts.phone.past = crate::facts::Past::default();
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
                self.facts.phone.past.on(Err(&fault), now.wall);
                if let Some(link) = &mut self.facts.phone.link {
                    link.fault = Some(fault);
                }
            }
            Input::PhoneWritten { field, outcome } => self.on_phone_written(field, outcome, now),
            Input::PhoneDown(fault) => {
                self.phone_read.in_flight = None;
                self.phone_read.not_before = None;
                self.facts.phone.past.on(Err(&fault), now.wall);
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
            Input::ForwardPrepared(prepared) => self.facts.phone.prepared = prepared,
            Input::CalendarConfigured(link) => self.on_calendar_configured(link, now),
            Input::CalendarRead(outcome) => self.on_calendar_read(outcome, now),
            Input::CalendarChanged => self.calendar_pace.reset(),
            Input::SkipAppointment { id, skip } => self.skip_appointment(&id, skip),
            Input::Line(source, event) => self.on_line(&source, event, now),
            Input::LineGone(source) => {
                self.facts.calls.forget(&source);
                self.resync.pending.remove(&source);
            }
            Input::LedgerSaved { revision, outcome } => self.on_saved(revision, outcome, now),
            Input::Rules(rules) => {
                // Another language or pace says nothing about who may write what.
                let told = self.rules.profile != rules.profile
                    || self.rules.own != rules.own
                    || self.rules.dnd_in_meetings != rules.dnd_in_meetings
                    || self.rules.calendar != rules.calendar
                    || self.rules.role != rules.role;
                self.rules = *rules;
                self.facts.calendar.order(&self.rules.zone);
                if told {
                    self.on_told();
                }
                self.poll.hurry(now.mono);
            }
            Input::Pause(pause) => self.set_pause(Some(PauseRecord {
                until: self.pause_end(pause, now),
            })),
            Input::Resume => {
                self.set_pause(None);
                self.poll.hurry(now.mono);
                self.on_told();
            }
            Input::PutBack if breaks::is(Break::KeepsWhatIsPutBack) => {}
            Input::PutBack => self.put_back(),
            Input::SetAgain => {
                if !self.ledger.yielded.is_empty() {
                    self.ledger.yielded.clear();
                    self.revision += 1;
                }
                self.set_message_again();
                self.on_told();
            }
            Input::OnePerson => {
                if let Some((account, phone)) = self.facts.differing_accounts() {
                    let pair = Some((account.key.clone(), phone.key.clone()));
                    self.ledger.told_apart.clone_from(&pair);
                    self.ledger.one_person = pair;
                    self.accounts = None;
                    self.revision += 1;
                }
            }
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
                if breaks::is(Break::LogsNames) {
                    tracing::info!(name = account.name, "signed in");
                }
                let another = before.as_ref().is_some_and(|key| *key != account.key);
                if another {
                    self.facts.teams.forget();
                    self.poll.forget();
                }
                if self.facts.signed_in().is_none_or(|now_in| *now_in != *account) {
                    self.facts.refused_rights.clear();
                    self.session.forget_requests(now.mono);
                    self.preferred.forget_requests(now.mono);
                    self.message.forget_requests(now.mono);
                    self.poll.reset(now.mono, now.mono);
                    self.on_calendar_account(another);
                }
                self.facts.microsoft.on(Ok(()), now.wall);
            }
            SignIn::SignedOut => {
                self.facts.teams.forget();
                self.on_calendar_account(true);
            }
            SignIn::Waiting(fault) | SignIn::Expired { fault, .. } => {
                self.facts.teams.on_failed_read(now.mono);
                self.facts.microsoft.on(Err(fault), now.wall);
            }
            SignIn::Browser { .. } | SignIn::DeviceCode { .. } => {}
        }
        self.facts.sign_in = sign_in;
        self.facts.sign_in_told = true;
        if self.phase == Phase::Forgetting {
            self.phase = Phase::Running;
        }
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
        self.facts.microsoft.on(outcome.as_ref().copied(), now.wall);
        if let Err(fault) = outcome {
            self.poll.on_refused(fault, now.mono);
        }
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
        self.facts.phone.past.on(Ok(()), now.wall);
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
        self.facts.phone.past.on(Ok(()), now.wall);
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
        let unconfirmed = self.facts.phone.abilities().unconfirmed;
        for field in Field::ALL.into_iter().filter(|field| unconfirmed.has(*field)) {
            let value = self.by_hold(field);
            self.facts.phone.on_seen(value, now);
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
            LineEvent::Dnd { on } => {
                // Phones may show the phone system's do not disturb as their own: no echo of ours is the person's.
                let follows = *on && !self.facts.calls.has_dnd(source) && self.hold(Field::Dnd).is_some();
                self.facts.calls.handle(source, event, now);
                if follows {
                    self.facts.calls.dnd_follows(source);
                }
                return;
            }
        }
        self.facts.calls.handle(source, event, now);
    }

    fn on_saved(&mut self, revision: u64, outcome: Result<(), Fault>, now: Now) {
        match outcome {
            Ok(()) => {
                self.saved = self.saved.max(revision);
                self.ledger_fault = None;
                self.save_again.at = None;
                self.save_again.pace.reset();
            }
            Err(fault) => {
                for field in Field::ALL {
                    self.with_field(field, now, |state, context| {
                        state.on_not_saved(revision, &fault, context, now)
                    });
                }
                self.with_preferred(|state, context| state.on_not_saved(revision, &fault, context, now));
                self.with_message(now, |state, context| {
                    state.on_not_saved(revision, &fault, context, now)
                });
                self.save_again.at = Some(now.mono + self.save_again.pace.wait(&mut self.chance));
                self.ledger_fault = Some(fault);
            }
        }
    }

    /// The person resumed, changed a rule, or said so: what was left to another program is tried again.
    fn on_told(&mut self) {
        self.fields.iter_mut().for_each(FieldState::on_told);
        if !self.ledger.contested.is_empty() {
            self.ledger.contested.clear();
            self.revision += 1;
        }
    }

    fn set_pause(&mut self, pause: Option<PauseRecord>) {
        if self.ledger.pause != pause {
            self.ledger.pause.clone_from(&pause);
            self.facts.person.pause = pause;
            self.revision += 1;
        }
    }

    /// What can be put back goes the way of a field that was changed by hand: it is released and then left alone.
    fn put_back(&mut self) {
        for field in self.held_on_wish() {
            if !self.ledger.yielded.contains(&field) {
                self.ledger.yielded.push(field);
                self.revision += 1;
            }
        }
        self.put_message_back();
    }

    /// The fields that we hold because the rules want them now.
    pub(crate) fn held_on_wish(&self) -> Vec<Field> {
        let wanted = |field: Field| {
            self.desired
                .of(field)
                .is_some_and(|wish| matches!(wish.want, Want::Set(_)))
        };
        let mut fields = Field::ALL.to_vec();
        fields.retain(|field| self.hold(*field).is_some() && wanted(*field));
        fields
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
            | (Phase::Forgetting, Leaving::SignOut)
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
            (Phase::Running | Phase::Asleep | Phase::Forgetting | Phase::Leaving { .. }, then) => {
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
        // The time-out that came first has sent what was due: that is not cut off.
        let since = now.mono - AWAKE;
        self.poll.reset(since, now.mono);
        self.session.forget_requests(since);
        self.preferred.forget_requests(since);
        self.message.forget_requests(now.mono);
        self.warmed = false;
        self.calendar_pace.reset_before(since);
        self.read_sources_again(now);
        if self.facts.phone.is_up() {
            self.phone_read.in_flight = None;
            self.read_phone(now);
        }
    }

    fn read_sources_again(&mut self, now: Now) {
        let sources: Vec<SourceId> = self
            .facts
            .calls
            .sources()
            .filter(|(id, s)| s.up && s.resyncs && !self.resync.pending.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        for source in sources {
            self.effects.push_back(Effect::Resync(source.clone()));
            self.resync.pending.insert(source);
        }
        self.resync.until = Some(now.mono + RESYNC);
    }
}
