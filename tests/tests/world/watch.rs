//! The invariants, each with its number (docs/BEHAVIOUR.md, "What always holds"). They look at the world from
//! outside: what the phone shows, what Graph holds, what the program sends.

use super::desk::{Desk, PHONE};
use super::model::{self, Choices};
use offhook_engine::Effect;
use offhook_engine::Input;
use offhook_engine::desired::Want;
use offhook_engine::ledger::{Ledger, Stage};
use offhook_engine::line::{CallState, SourceId};
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::teams::SessionPair;
use offhook_engine::{Engine, Instant, Now};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// After trouble the longest wait between two tries is over (five minutes).
const SETTLED: Duration = Duration::from_secs(330);
const HOUR: Duration = Duration::from_secs(3600);

/// What has to be remembered to judge.
#[derive(Debug)]
pub struct Watch {
    /// What the person, or another program, set last: the phone's own value.
    base: BTreeMap<Field, FieldValue>,
    /// A change by hand crossed a write of ours: nobody can tell whose value it is.
    crossed: BTreeSet<Field>,
    /// Set by hand during a hold.
    by_hand: BTreeMap<Field, Instant>,
    hand_at: BTreeMap<Field, Instant>,
    quiet_since: BTreeMap<Field, Instant>,
    /// Since when a hold has had no cause, as far as the world knows.
    idle_since: BTreeMap<Field, Instant>,
    /// What shows has to be confirmed by further reads before it ends anything (R7).
    ending: bool,
    ours_shown_at: Instant,
    session_wanted_at: Instant,
    in_flight: BTreeSet<&'static str>,
    changed_at: Instant,
    released_since: Option<Instant>,
    wants: String,
    seen: String,
    sets: VecDeque<Instant>,
    reads: VecDeque<Instant>,
    session_changes: VecDeque<Instant>,
    changes: VecDeque<Instant>,
    pub failed: VecDeque<Instant>,
    session: Option<SessionPair>,
    pub offset: Option<i32>,
    started_at: Instant,
}

impl Watch {
    pub fn new(base: BTreeMap<Field, FieldValue>, now: Now) -> Self {
        let now = now.mono;
        Self {
            base,
            crossed: BTreeSet::new(),
            by_hand: BTreeMap::new(),
            hand_at: BTreeMap::new(),
            quiet_since: BTreeMap::new(),
            idle_since: BTreeMap::new(),
            ending: false,
            ours_shown_at: now,
            session_wanted_at: now,
            in_flight: BTreeSet::new(),
            changed_at: now,
            released_since: None,
            wants: String::new(),
            seen: String::new(),
            sets: VecDeque::new(),
            reads: VecDeque::new(),
            session_changes: VecDeque::new(),
            changes: VecDeque::new(),
            failed: VecDeque::new(),
            session: None,
            offset: None,
            started_at: now,
        }
    }

    /// Something outside is different from now on.
    pub fn change(&mut self, now: Instant) {
        self.changed_at = now;
    }

    pub fn restarted(&mut self, now: Instant) {
        self.change(now);
        self.started_at = now;
        self.in_flight.clear();
        self.quiet_since.clear();
        self.session_changes.push_back(now);
        self.changes.push_back(now);
    }
}

fn within(list: &mut VecDeque<Instant>, now: Instant) -> usize {
    while list.front().is_some_and(|at| now.since(*at) > HOUR) {
        list.pop_front();
    }
    list.len()
}

const fn name(field: Field) -> &'static str {
    match field {
        Field::Dnd => "do not disturb",
        Field::Forward => "forward",
        Field::Presence => "presence",
        Field::Note => "note",
    }
}

impl Desk {
    fn choices(&self) -> Choices<'_> {
        Choices {
            profile: &self.rules.profile.name,
            meetings: self.rules.dnd_in_meetings,
            own_rows: self.own_rows,
        }
    }

    fn outside_hours(&self) -> bool {
        let hours = self.rules.working_hours.as_ref();
        hours.is_some_and(|hours| !hours.at(self.now.wall, &self.rules.zone).0)
    }

    fn is_released(&self, engine: &Engine) -> bool {
        engine.ledger().pause.is_some() || !self.signed_in || self.outside_hours()
    }

    pub fn note_answer(&mut self, input: &Input) {
        let now = self.now.mono;
        let flight = &mut self.watch.in_flight;
        match input {
            Input::SessionSet(_) | Input::SessionCleared(_) => {
                flight.remove("session");
            }
            Input::PreferredSet(_) | Input::PreferredCleared(_) => {
                flight.remove("preferred");
            }
            Input::TeamsRead(outcome) => {
                flight.remove("read");
                if let Ok(presence) = outcome {
                    let seen = presence.to_string();
                    if self.watch.seen != seen {
                        self.watch.seen = seen;
                        self.watch.change(now);
                        self.watch.changes.push_back(now);
                    }
                }
            }
            Input::PhoneWritten { field, .. } => {
                flight.remove(name(*field));
            }
            Input::PhoneUp { .. } | Input::PhoneDown(_) | Input::PhoneConfigured(_) => {
                for field in Field::ALL {
                    flight.remove(name(field));
                }
                self.watch.change(now);
            }
            Input::SignIn(_) => {
                for what in ["session", "preferred", "read"] {
                    flight.remove(what);
                }
                self.watch.change(now);
                self.watch.changes.push_back(now);
            }
            Input::Woke => {
                for what in ["session", "preferred", "read"] {
                    flight.remove(what);
                }
            }
            Input::Rules(_) => self.watch.changes.push_back(now),
            Input::PhoneSeen(_)
            | Input::PhoneReadFailed(_)
            | Input::Line(..)
            | Input::LineGone(_)
            | Input::LedgerSaved { .. }
            | Input::Pause(_)
            | Input::Resume
            | Input::PutBack
            | Input::SetAgain
            | Input::OnePerson
            | Input::Quit
            | Input::SignOut
            | Input::Sleep => {}
        }
    }

    /// The person changes a field: from now on that is the phone's own value.
    pub fn note_hand(&mut self, value: &FieldValue) {
        let field = value.field();
        let now = self.now.mono;
        self.watch.change(now);
        let disk: Ledger = serde_json::from_str(&self.disk).unwrap();
        let ledger = self.engine.as_ref().map_or(&disk, Engine::ledger);
        let recent = self.watch.hand_at.insert(field, now);
        let unseen = self.asleep
            || self.engine.is_none()
            || !self.phone_up
            || recent.is_some_and(|at| now.since(at) < Duration::from_secs(20));
        let flight = self.watch.in_flight.contains(name(field));
        self.watch.crossed.remove(&field);
        match ledger.hold_on(field, PHONE) {
            Some(hold) if flight || hold.stage != Stage::Written || *value == hold.wrote => {
                self.watch.crossed.insert(field);
            }
            Some(_) if unseen && self.watch.by_hand.contains_key(&field) => {
                self.watch.crossed.insert(field);
            }
            Some(_) => {
                self.story.happens("changed by hand during a hold");
                self.watch.by_hand.insert(field, now);
            }
            None if flight => {
                self.watch.crossed.insert(field);
            }
            None => {}
        }
        if self.watch.crossed.contains(&field) {
            self.watch.by_hand.remove(&field);
        }
        self.watch.base.insert(field, value.clone());
    }

    /// What leaves the program.
    pub fn check_effect(&mut self, effect: &Effect) {
        let now = self.now.mono;
        let Some(engine) = &self.engine else { return };
        let released = self.is_released(engine);
        let renewal = matches!(effect, Effect::SetSession { pair, .. } if self.watch.session == Some(*pair));
        let changes = matches!(
            effect,
            Effect::ClearSession
                | Effect::SetPreferred { .. }
                | Effect::ClearPreferred
                | Effect::WritePhone(_)
        ) || (matches!(effect, Effect::SetSession { .. }) && !renewal);
        if changes
            && now.since(self.watch.changed_at.max(self.calm_since)) > SETTLED + Duration::from_secs(120)
        {
            self.fail(7, &format!("{effect:?} although nothing has changed for minutes"));
        }
        match effect {
            Effect::SetSession { pair, .. } => {
                if released {
                    self.fail(9, "a session was set while paused or signed out");
                }
                self.watch.session = Some(*pair);
                self.watch.session_wanted_at = now;
                self.flies("session");
                self.watch.sets.push_back(now);
                let allowed =
                    25 + within(&mut self.watch.session_changes, now) + within(&mut self.watch.failed, now);
                let sets = within(&mut self.watch.sets, now);
                if sets > allowed {
                    self.fail(
                        8,
                        &format!("{sets} sets of the session in an hour, {allowed} allowed"),
                    );
                }
            }
            Effect::ClearSession => {
                self.watch.session = None;
                self.flies("session");
            }
            Effect::SetPreferred { .. } => {
                if released {
                    self.fail(9, "a preferred presence was set while paused or signed out");
                }
                self.flies("preferred");
            }
            Effect::ClearPreferred => self.flies("preferred"),
            Effect::ReadTeams => {
                self.flies("read");
                self.watch.reads.push_back(now);
                let real =
                    within(&mut self.watch.changes, now) + within(&mut self.watch.session_changes, now);
                let allowed = 360 + 10 * real;
                let reads = within(&mut self.watch.reads, now);
                if reads > allowed {
                    self.fail(8, &format!("{reads} reads in an hour, {allowed} allowed"));
                }
            }
            Effect::WritePhone(value) => self.check_write(&value.clone(), released),
            Effect::WarmUp
            | Effect::ReadPhone
            | Effect::Resync(_)
            | Effect::SaveLedger { .. }
            | Effect::Notify(_)
            | Effect::ForgetTokens
            | Effect::Finished => {}
        }
    }

    fn flies(&mut self, what: &'static str) {
        if !self.watch.in_flight.insert(what) {
            self.fail(6, &format!("two requests in flight for {what}"));
        }
    }

    fn check_write(&mut self, value: &FieldValue, released: bool) {
        let now = self.now.mono;
        let field = value.field();
        let disk: Ledger = serde_json::from_str(&self.disk).unwrap();
        let hold = disk.hold_on(field, PHONE);
        let full = self.trouble.contains("the disk is full");
        let covered = hold.is_some_and(|hold| match hold.stage {
            Stage::Intent => hold.wrote == *value,
            Stage::Releasing => hold.before == *value,
            Stage::Written => false,
        });
        let restores = hold.is_some_and(|hold| hold.before == *value);
        let excused = full && restores;
        if !covered && !excused {
            self.fail(10, &format!("{value:?} is written, and the disk says {hold:?}"));
        }
        if released && !restores {
            self.fail(9, &format!("{value:?} is written while paused or signed out"));
        }
        // A change made within the last reading's age can cross the write.
        let hand = self.watch.hand_at.get(&field);
        if hand.is_some_and(|at| now.since(*at) < Duration::from_secs(3)) {
            self.watch.crossed.insert(field);
            self.watch.by_hand.remove(&field);
        }
        if self.watch.by_hand.contains_key(&field) {
            self.fail(
                2,
                &format!("{value:?} is written over what the person set during a hold"),
            );
        }
        self.flies(name(field));
    }

    /// The reference model against the engine, after each of its steps.
    pub fn model_check(&mut self) {
        let Some(engine) = &self.engine else { return };
        let facts = engine.facts();
        let stale = facts.teams.is_stale(self.rules.release_after, self.now.mono);
        let outgoing = self.rules.outgoing_counts;
        let on_phone = facts.calls.counts_on(&SourceId::phone(), outgoing, self.now.mono);
        let mut wants = [None, None, None, None];
        if !facts.is_signed_out()
            && !stale
            && let Some(in_force) = &facts.teams.in_force
        {
            wants = model::wants(self.choices(), &in_force.presence, on_phone);
        }
        for (field, want) in Field::ALL.into_iter().zip(&wants) {
            let got = engine.desired().of(field).and_then(|wish| match &wish.want {
                Want::Set(value) => Some(value),
                Want::Leave | Want::Unset => None,
            });
            if got != want.as_ref() {
                self.fail(11, &format!("the model wants {want:?}, the engine {got:?}"));
            }
        }
        let states = || {
            facts
                .calls
                .sources()
                .flat_map(|(_, s)| s.calls.values())
                .map(|c| c.state)
        };
        let pair = if states().any(|state| state == CallState::Conference) {
            Some(SessionPair::BusyInAConferenceCall)
        } else if states().any(|s| matches!(s, CallState::Connected | CallState::Held)) {
            Some(SessionPair::BusyInACall)
        } else {
            None
        };
        let got = engine.desired().session.as_ref().map(|wish| wish.pair);
        if pair.is_some() && pair != got {
            self.fail(
                11,
                &format!("the model wants the session {pair:?}, the engine {got:?}"),
            );
        }
    }

    /// At every step.
    pub fn check(&mut self) {
        let now = self.now.mono;
        let shows = self.graph.shows(now);
        // A reading equal to what we set is an echo, whoever says it (R8).
        let set = self.graph.session.is_some_and(|(_, until)| now < until)
            || self
                .graph
                .preferred
                .as_ref()
                .is_some_and(|preferred| preferred.ours);
        if set || shows.ours {
            self.watch.ours_shown_at = now;
        }
        self.check_session(now);
        if self.asleep {
            self.watch.idle_since.clear();
            return;
        }
        let Some(engine) = &self.engine else {
            self.watch.idle_since.clear();
            return;
        };
        let released = self.is_released(engine);
        let paused = engine.ledger().pause.is_some() || self.outside_hours();
        if released != self.watch.released_since.is_some() {
            self.watch.released_since = released.then_some(now);
            self.watch.change(now);
        }
        let session = engine.desired().session.as_ref().map(|wish| wish.pair);
        let desired = engine.desired();
        let wants = format!(
            "{:?}{session:?}{:?}",
            Field::ALL.map(|field| desired.of(field).map(|wish| &wish.want)),
            desired.preferred.as_ref().map(|wish| wish.pair)
        );
        let engine = self.engine.as_ref();
        let Some(engine) = engine else { return };
        if wants != self.watch.wants {
            self.watch.wants = wants;
            self.watch.changed_at = now;
            self.watch.session_changes.push_back(now);
        }
        let on_phone = engine
            .facts()
            .calls
            .counts_on(&SourceId::phone(), self.rules.outgoing_counts, now);
        let truth = model::wants(self.choices(), &shows.presence, on_phone);
        let ending = ["Offline", "Away"].iter().any(|w| shows.presence.says(w))
            || self.watch.seen.contains("Offline")
            || self.watch.seen.contains("Away");
        if std::mem::replace(&mut self.watch.ending, ending) != ending {
            self.watch.idle_since.clear();
        }
        // 15 s and the poll's interval, its jitter, the lag of a read and both sides' own pace.
        let limit = Duration::from_secs(if ending { 15 + 33 + 75 } else { 15 + 11 + 6 });
        let healthy = self.trouble.is_empty()
            && self.phone_up
            && now.since(self.calm_since) > SETTLED
            && now.since(self.watch.started_at) > Duration::from_secs(60);
        let ours = now.since(self.watch.ours_shown_at) < Duration::from_secs(20);
        for (field, want) in Field::ALL.into_iter().zip(truth) {
            let wish = engine.desired().of(field).map(|wish| &wish.want);
            match wish {
                // A pause says nothing about the rules.
                Some(Want::Leave | Want::Unset) if !paused => {
                    let since = *self.watch.quiet_since.entry(field).or_insert(now);
                    if now.since(since) >= Duration::from_secs(30) {
                        self.watch.by_hand.remove(&field);
                    }
                }
                Some(_) | None => {
                    self.watch.quiet_since.remove(&field);
                }
            }
            let hold = engine.ledger().hold_on(field, PHONE);
            let idle = hold.is_some() && healthy && (released || (want.is_none() && !ours));
            if idle {
                let since = *self.watch.idle_since.entry(field).or_insert(now);
                if now.since(since) > limit {
                    self.fail(
                        1,
                        &format!("{field:?} is still held {:?} after its cause", now.since(since)),
                    );
                }
            } else {
                self.watch.idle_since.remove(&field);
            }
            if self.watch.in_flight.contains(name(field)) {
                continue;
            }
            match hold {
                None if self.watch.crossed.contains(&field) => {
                    self.watch.crossed.remove(&field);
                    self.watch.base.insert(field, self.fields[&field].clone());
                }
                None if self.fields[&field] != self.watch.base[&field] => {
                    let base = &self.watch.base[&field];
                    self.fail(
                        3,
                        &format!(
                            "nothing is held, and the phone shows {:?} instead of the person's {base:?}",
                            self.fields[&field]
                        ),
                    );
                }
                Some(hold)
                    if hold.stage == Stage::Written
                        && hold.before != self.watch.base[&field]
                        && self.fields[&field] == hold.wrote
                        && !self.watch.crossed.contains(&field) =>
                {
                    self.fail(3, &format!("the hold would give back {:?}", hold.before));
                }
                Some(_) | None => {}
            }
        }
    }

    fn check_session(&mut self, now: Instant) {
        let wanted = self
            .engine
            .as_ref()
            .is_some_and(|e| e.desired().session.is_some());
        if wanted && !self.asleep {
            self.watch.session_wanted_at = now;
        }
        let up = self.graph.session.is_some_and(|(_, until)| now < until);
        if up && now.since(self.watch.session_wanted_at) > Duration::from_secs(315) {
            self.fail(5, "a session outlives its call by more than five minutes");
        }
    }
}
