//! What has to be remembered to judge, and what is noted as news goes in. The invariants have their numbers in
//! docs/BEHAVIOUR.md ("What always holds"): [`super::held`] judges what stands, [`super::sent`] what leaves,
//! [`super::compare`] what is wanted.

use super::desk::{Desk, PHONE, Way, Write};
use super::held::Spell;
use offhook_engine::jiff::{SignedDuration, Timestamp};
use offhook_engine::ledger::Stage;
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::rules::Role;
use offhook_engine::teams::{PreferredPair, Presence, SessionPair, SignIn};
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub const HOUR: Duration = Duration::from_secs(3600);
/// A session lasts so long unless it is renewed (R3).
const LIFETIME: Duration = Duration::from_secs(300);
/// Five seconds until it is given up, what the news of that may take, and half a minute.
const UNANSWERED: Duration = Duration::from_secs(45);
/// A presence that shows itself so soon after its write was given up is that write (R9).
const GIVEN_UP: SignedDuration = SignedDuration::from_secs(20);
/// A start after a longer time knows of no such write any more.
const AWAY: SignedDuration = SignedDuration::from_mins(10);

/// What the program wants to hold, per target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wants {
    pub fields: [Option<FieldValue>; 4],
    pub session: Option<SessionPair>,
    pub preferred: Option<PreferredPair>,
}

#[derive(Debug)]
pub struct Watch {
    /// What the person, or another program, set last: the phone's own value.
    pub base: BTreeMap<Field, FieldValue>,
    /// A change by hand crossed a write of ours: nobody can tell whose value it is.
    pub crossed: BTreeSet<Field>,
    /// Set by hand during a hold; and when the program was told of it.
    pub by_hand: BTreeMap<Field, Option<Instant>>,
    /// Put back by the person, in the program: not to be set again before R10 says so.
    pub put_back: BTreeSet<Field>,
    /// Left to another program until the person says otherwise.
    pub contested: BTreeSet<Field>,
    hands: BTreeMap<Field, Instant>,
    /// Changed by hand, and the program was not told yet.
    pub untold: BTreeSet<Field>,
    pub quiet_since: BTreeMap<Field, Instant>,
    /// Holds that have had no cause for a while, as far as the world knows.
    pub idle: BTreeMap<Field, Spell>,
    /// What is wanted and does not show, as far as the world knows, and since when.
    pub missing: BTreeMap<Field, Spell>,
    pub untold_call: Option<(SessionPair, Instant)>,
    /// What happened may keep Teams without it until then.
    pub told_from: Instant,
    /// What shows has to be confirmed by further reads before it ends anything (R7).
    pub ending: Option<Presence>,
    pub echo_at: Instant,
    pub session_wanted_at: Instant,
    /// The session that was asked for last, with the end that the ledger has to say.
    pub session_asked: Option<(SessionPair, Timestamp)>,
    /// Values that a write may still bring, since nobody has answered it; and until when.
    unanswered: Vec<(FieldValue, Instant)>,
    pub in_flight: BTreeSet<&'static str>,
    pub changed_at: Instant,
    pub released: bool,
    /// Teams could not be read for ten minutes.
    pub stale: bool,
    /// Told to quit, to sign out or that the machine is about to sleep.
    leaving: bool,
    pub wants: Wants,
    /// What is wanted just now and can't be set as it is.
    pub lacking: BTreeSet<&'static str>,
    /// What the program has read of Teams last, and since when it has read that.
    pub seen: String,
    pub seen_since: Instant,
    /// One set or one clear for each real change: who may still send one.
    pub grants: BTreeMap<&'static str, u32>,
    pub session_sent: Option<SessionPair>,
    /// What Graph said last that it has done, and when: a renewal is no change, one that had run out is.
    session_done: Option<(SessionPair, Instant)>,
    /// When the preferred presence that was asked for last runs out.
    pub preferred_until: Option<Instant>,
    pub renewals: VecDeque<Instant>,
    pub reads: VecDeque<Instant>,
    pub changes: VecDeque<Instant>,
    pub phone_reads: VecDeque<Instant>,
    pub phone_changes: VecDeque<Instant>,
    /// Told so to this process.
    pub phone_linked: bool,
    pub teams_linked: bool,
    pub linked_at: Instant,
    pub offset: Option<i32>,
    /// The clock was set since that was looked at.
    pub jumped: bool,
}

impl Watch {
    pub fn new(base: BTreeMap<Field, FieldValue>, now: Now) -> Self {
        let now = now.mono;
        Self {
            base,
            crossed: BTreeSet::new(),
            by_hand: BTreeMap::new(),
            put_back: BTreeSet::new(),
            contested: BTreeSet::new(),
            hands: BTreeMap::new(),
            untold: BTreeSet::new(),
            quiet_since: BTreeMap::new(),
            idle: BTreeMap::new(),
            missing: BTreeMap::new(),
            untold_call: None,
            told_from: now,
            ending: None,
            echo_at: now,
            session_wanted_at: now,
            session_asked: None,
            unanswered: Vec::new(),
            in_flight: BTreeSet::new(),
            changed_at: now,
            released: false,
            stale: false,
            leaving: false,
            wants: Wants::default(),
            lacking: BTreeSet::new(),
            seen: String::new(),
            seen_since: now,
            grants: BTreeMap::new(),
            session_sent: None,
            session_done: None,
            preferred_until: None,
            renewals: VecDeque::new(),
            reads: VecDeque::new(),
            changes: VecDeque::new(),
            phone_reads: VecDeque::new(),
            phone_changes: VecDeque::new(),
            phone_linked: false,
            teams_linked: false,
            linked_at: now,
            offset: None,
            jumped: false,
        }
    }

    /// Something outside is different from now on.
    pub fn change(&mut self, now: Instant) {
        self.changed_at = now;
    }

    pub fn restarted(&mut self, now: Instant) {
        self.woke(now);
        self.phone_linked = false;
        self.teams_linked = false;
        self.session_sent = None;
        self.quiet_since.clear();
        self.wants = Wants::default();
    }

    pub fn woke(&mut self, now: Instant) {
        self.change(now);
        self.in_flight.clear();
        self.leaving = false;
        self.changes.push_back(now);
        self.phone_changes.push_back(now);
        self.grant_all();
    }

    /// One set and one clear for each target and real change; one more for a request that failed.
    pub fn grant(&mut self, target: &'static str) {
        let granted = self.grants.entry(target).or_default();
        *granted = (*granted + 1).min(2);
    }

    fn grant_all(&mut self) {
        for target in ["session", "preferred", "message"]
            .into_iter()
            .chain(Field::ALL.map(name))
        {
            self.grant(target);
        }
    }

    /// A request was refused or not answered: it may be sent again.
    pub fn fails(&mut self, effect: &Effect) {
        let session = matches!(effect, Effect::SetSession { .. } | Effect::ClearSession);
        self.grant(if session {
            "session"
        } else if matches!(effect, Effect::SetMessage(_)) {
            "message"
        } else {
            "preferred"
        });
    }

    pub fn fails_on(&mut self, field: Field) {
        self.grant(name(field));
    }

    /// That write is not answered within its time: for half a minute more it may be carried out.
    pub fn is_unanswered(&mut self, value: &FieldValue, now: Instant) {
        self.unanswered.retain(|(_, until)| now < *until);
        self.unanswered.push((value.clone(), now + UNANSWERED));
    }

    /// Whether a write of that field may still be carried out.
    pub fn may_come(&self, field: Field, now: Instant) -> bool {
        let mut unanswered = self.unanswered.iter();
        unanswered.any(|(value, until)| value.field() == field && now < *until)
    }

    /// Whether that may be a write of ours that is carried out late.
    pub fn may_bring(&self, value: &FieldValue, now: Instant) -> bool {
        let mut unanswered = self.unanswered.iter();
        unanswered.any(|(written, until)| written == value && now < *until)
    }

    /// When the person last changed it.
    pub fn hand_at(&self, field: Field) -> Option<Instant> {
        self.hands.get(&field).copied()
    }

    pub fn reads_phone(&mut self, now: Instant) {
        self.phone_reads.push_back(now);
    }
}

/// How many lie within the last hour; `changes` also a little before, since their effect lasts half a minute.
pub fn within(list: &mut VecDeque<Instant>, changes: bool, now: Instant) -> usize {
    let span = HOUR + Duration::from_secs(if changes { 40 } else { 0 });
    while list.front().is_some_and(|at| now.since(*at) >= span) {
        list.pop_front();
    }
    list.len()
}

pub const fn name(field: Field) -> &'static str {
    match field {
        Field::Dnd => "do not disturb",
        Field::Forward => "forward",
        Field::Presence => "presence",
        Field::Note => "note",
    }
}

impl Desk {
    pub fn outside_hours(&self) -> bool {
        let hours = self.rules.working_hours.as_ref();
        hours.is_some_and(|hours| !hours.are_at(self.now.wall, &self.rules.zone))
    }

    /// Whatever the rules want, nothing is to be held.
    pub fn is_released(&self, engine: &Engine) -> bool {
        engine.ledger().pause.is_some()
            || self.watch.leaving
            || !self.signed_in
            || self.rules.role == Role::Watch
            || self.outside_hours()
    }

    pub fn note_answer(&mut self, input: &Input) {
        let now = self.now.mono;
        let watch = &mut self.watch;
        match input {
            Input::SessionSet(outcome) => {
                watch.in_flight.remove("session");
                if outcome.is_ok() {
                    let before = watch.session_done.filter(|(_, at)| now.since(*at) < LIFETIME);
                    if before.map(|(pair, _)| pair) != watch.session_sent {
                        watch.changes.push_back(now);
                    }
                    watch.session_done = watch.session_sent.map(|pair| (pair, now));
                }
            }
            Input::SessionCleared(outcome) => {
                watch.in_flight.remove("session");
                if outcome.is_ok() {
                    watch.session_asked = None;
                    watch.session_done = None;
                    watch.changes.push_back(now);
                }
            }
            Input::PreferredSet(_) | Input::PreferredCleared(_) => {
                watch.in_flight.remove("preferred");
            }
            Input::MessageSet(outcome) => {
                watch.in_flight.remove("message");
                if outcome.is_ok() {
                    watch.changes.push_back(now);
                }
            }
            Input::TeamsRead(outcome) => {
                watch.in_flight.remove("read");
                if let Ok(presence) = outcome {
                    let replies = presence.out_of_office.unwrap_or_default();
                    let seen = format!("{presence}, automatic replies: {replies}");
                    if watch.seen != seen {
                        watch.seen = seen;
                        watch.seen_since = now;
                        watch.change(now);
                        watch.changes.push_back(now);
                    }
                }
            }
            Input::CalendarRead(_) => {
                watch.in_flight.remove("calendar");
            }
            Input::PhoneWritten { field, .. } => {
                watch.in_flight.remove(name(*field));
                watch.phone_changes.push_back(now);
            }
            Input::PhoneUp { .. } => {
                watch.change(now);
                watch.phone_changes.push_back(now);
                if !watch.phone_linked {
                    watch.phone_linked = true;
                    watch.linked_at = now;
                }
                for field in Field::ALL {
                    watch.grant(name(field));
                }
            }
            Input::PhoneDown(_) | Input::PhoneConfigured(_) => {
                for field in Field::ALL {
                    watch.in_flight.remove(name(field));
                }
                watch.phone_linked = false;
                watch.change(now);
            }
            Input::SignIn(sign_in) => {
                for what in ["session", "preferred", "message", "read", "calendar"] {
                    watch.in_flight.remove(what);
                    watch.grant(what);
                }
                watch.leaving = false;
                let linked = matches!(sign_in, SignIn::SignedIn(_));
                if linked != watch.teams_linked {
                    watch.teams_linked = linked;
                    watch.linked_at = now;
                }
                watch.change(now);
                watch.changes.push_back(now);
            }
            Input::Woke => {
                for what in ["session", "preferred", "message", "read"] {
                    watch.in_flight.remove(what);
                }
            }
            Input::Rules(_) => {
                watch.contested.clear();
                watch.changes.push_back(now);
                watch.grant_all();
            }
            Input::Resume => {
                watch.contested.clear();
                watch.changes.push_back(now);
                watch.grant_all();
            }
            Input::PutBack => {
                self.message_put_back();
                let watch = &mut self.watch;
                watch.grant_all();
                watch.change(now);
                let held = self.engine.as_ref().map(Engine::ledger);
                for (field, want) in Field::ALL.into_iter().zip(&watch.wants.fields) {
                    let held = held.is_some_and(|ledger| ledger.hold_on(field, PHONE).is_some());
                    if want.is_some() && held {
                        watch.put_back.insert(field);
                    }
                }
            }
            Input::SetAgain => {
                self.message_set_again();
                let watch = &mut self.watch;
                watch.grant_all();
                watch.change(now);
                watch.put_back.clear();
                watch.contested.clear();
                watch.by_hand.clear();
            }
            Input::PhoneSeen(values) => {
                for value in values {
                    if watch.base.get(&value.field()) == Some(value) {
                        watch.untold.remove(&value.field());
                    }
                    if let Some(told @ None) = watch.by_hand.get_mut(&value.field()) {
                        *told = Some(now);
                    }
                }
            }
            Input::LedgerSaved { outcome: Err(_), .. } => watch.grant_all(),
            Input::LedgerSaved { outcome: Ok(()), .. }
            | Input::PhoneReadFailed(_)
            | Input::ForwardPrepared(_)
            | Input::MessageSeen(_)
            | Input::CalendarConfigured(_)
            | Input::CalendarChanged
            | Input::SkipAppointment { .. }
            | Input::Line(..)
            | Input::LineGone(_)
            | Input::OnePerson
            | Input::Pause(_) => {}
            Input::Quit | Input::SignOut | Input::Sleep => watch.leaving = true,
        }
    }

    /// The person changes a field: from now on that is the phone's own value.
    pub fn note_hand(&mut self, value: &FieldValue) {
        let field = value.field();
        let now = self.now.mono;
        self.watch.change(now);
        self.watch.phone_changes.push_back(now);
        self.watch.hands.insert(field, now);
        let ledger = self.engine.as_ref().map_or(&self.disk_ledger, Engine::ledger);
        let flight = self.watch.in_flight.contains(name(field));
        let hold = ledger.hold_on(field, PHONE);
        // One that shows what we wrote, or may still come to, can't be told from ours.
        let like_ours = hold.is_some_and(|hold| *value == hold.wrote || hold.earlier.as_ref() == Some(value))
            || self.watch.may_bring(value, now)
            || ledger.late.as_ref().is_some_and(|late| {
                late.wrote == *value && self.now.wall.duration_since(late.at) <= GIVEN_UP
            })
            || self.engine.is_none() && self.may_have_brought(value);
        // A hold that was not written yet, or is just given back, does not show on the phone.
        let holds =
            hold.is_some_and(|hold| self.fields[&field] == hold.wrote && hold.stage == Stage::Written);
        self.watch.crossed.remove(&field);
        self.watch.by_hand.remove(&field);
        if like_ours {
            // It is taken back as a late write of ours would be (R9).
            self.watch.grant(name(field));
        }
        if flight || like_ours {
            self.watch.crossed.insert(field);
        } else if holds {
            self.story.happens(match field {
                Field::Dnd => "do not disturb changed during a hold",
                Field::Presence => "presence changed during a hold",
                Field::Forward => "forward changed during a hold",
                Field::Note => "note changed during a hold",
            });
            self.watch.by_hand.insert(field, None);
        }
        self.watch.base.insert(field, value.clone());
        self.watch.untold.insert(field);
    }

    /// A write that nobody had answered when the program went: at its next start, which may follow within ten minutes,
    /// nobody can tell whether it brought that value or the person set it.
    fn may_have_brought(&self, value: &FieldValue) -> bool {
        let mut unanswered = self.disk_ledger.unanswered.iter();
        unanswered.any(|one| one.wrote == *value && self.now.wall.duration_since(one.until) <= AWAY)
    }

    /// The phone system carries out a write of ours.
    pub fn note_act(&mut self, write: &Write) {
        let field = write.value.field();
        self.watch.change(self.now.mono);
        self.watch.phone_changes.push_back(self.now.mono);
        match write.way {
            Way::Usual => {}
            Way::Again => {
                // Of a value that was given back, or changed by hand, in between nobody can tell whose it is now.
                if self.fields[&field] != write.value {
                    self.watch.crossed.insert(field);
                    self.watch.by_hand.remove(&field);
                }
                self.watch.grant(name(field));
            }
            Way::Late => {
                // The person was quicker than the phone system.
                let hand = self.watch.hand_at(field);
                if hand.is_some_and(|at| at >= write.sent) {
                    self.watch.crossed.insert(field);
                    self.watch.by_hand.remove(&field);
                }
                self.watch.grant(name(field));
            }
        }
    }
}
