//! What stands, judged at every step: holds, the person's values, the session (invariants 1, 2, 3, 5).

use super::desk::{Desk, PHONE};
use super::graph::Who;
use super::model::{self, Choices};
use super::watch::{Wants, name};
use offhook_engine::desired::Want;
use offhook_engine::ledger::Stage;
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::teams::{Presence, SessionPair};
use offhook_engine::{Engine, Instant};
use std::time::Duration;

/// A hold without a cause, or a wish that does not show.
#[derive(Debug, Clone)]
pub struct Spell {
    since: Instant,
    /// The longest of all that held since then: a call may end meanwhile, after which reads are further apart.
    limit: Duration,
    /// Another value had another cause, which may have ended a moment ago.
    value: FieldValue,
}

const AT_MOST: Duration = Duration::from_secs(15);
/// 10 s and 30 s with their jitter (R6).
const INTERVAL: Duration = Duration::from_secs(11);
const SLOW_INTERVAL: Duration = Duration::from_secs(33);
/// However far refusals drive them apart.
const WIDEST: Duration = Duration::from_secs(495);
/// Two more readings of Offline, each at least 30 s after the one before (R7).
const CONFIRMED: Duration = Duration::from_secs(30);
/// How long after the beginning of a call, at the latest, Teams has its session.
const TOLD: Duration = Duration::from_secs(15);
/// 15 s after the clear was confirmed (R8), and the way of its answer.
const ECHO: Duration = Duration::from_millis(15_600);

impl Desk {
    pub fn choices(&self) -> Choices<'_> {
        Choices {
            profile: &self.rules.profile.name,
            meetings: self.rules.dnd_in_meetings,
            own: &self.own,
        }
    }

    /// At every step.
    pub fn check(&mut self) {
        let now = self.now.mono;
        let shows = self.graph.shows(now).presence;
        if self.is_own(&shows) {
            self.watch.echo_at = now;
        }
        self.check_session(now);
        if self.asleep || self.engine.is_none() {
            self.watch.idle.clear();
            self.watch.missing.clear();
            self.watch.untold_call = None;
            return;
        }
        self.note_wants();
        self.check_fields(&shows);
        self.check_told();
        self.check_board();
    }

    /// Equal to what is ours in Teams, or may be: an echo, whoever says it (R8).
    fn is_own(&self, shows: &Presence) -> bool {
        let now = self.now.mono;
        let ledger = self.engine.as_ref().map_or(&self.disk_ledger, Engine::ledger);
        let same = |own: Presence| own.availability == shows.availability && own.activity == shows.activity;
        let session = self
            .graph
            .session(now)
            .filter(|s| s.by == Who::Desk && !s.revived);
        let preferred = self.graph.preferred.as_ref().filter(|p| p.by == Some(Who::Desk));
        session.is_some_and(|session| same(session.pair.presence()))
            || preferred.is_some_and(|preferred| same(preferred.presence.clone()))
            || ledger
                .session
                .as_ref()
                .is_some_and(|record| same(record.pair.presence()))
            || ledger
                .preferred
                .as_ref()
                .is_some_and(|record| same(record.pair.presence()))
    }

    /// What is wanted of each target, and who may send something because that has changed.
    pub fn note_wants(&mut self) {
        self.note_session_wanted();
        let Some(engine) = &self.engine else { return };
        let now = self.now.mono;
        let released = self.is_released(engine);
        let desired = engine.desired();
        let stale = engine.facts().teams.is_stale(self.rules.release_after, now);
        if stale != self.watch.stale {
            // R11
            self.watch.stale = stale;
            self.watch.change(now);
        }
        for field in &engine.ledger().contested {
            if self.watch.contested.insert(*field) {
                self.story.happens("a field is left to another program");
            }
        }
        if released != self.watch.released {
            self.watch.released = released;
            self.watch.change(now);
        }
        let session = desired
            .session
            .as_ref()
            .map(|wish| wish.pair)
            .filter(|_| !released);
        if session != self.watch.wants.session {
            self.watch.wants.session = session;
            self.watch.grant("session");
            self.watch.change(now);
        }
        let preferred = desired
            .preferred
            .as_ref()
            .map(|wish| wish.pair)
            .filter(|_| !released);
        let unknown = preferred.is_none() && desired.preferred_unknown && !released;
        if preferred != self.watch.wants.preferred && !unknown {
            self.watch.wants.preferred = preferred;
            self.watch.grant("preferred");
            self.watch.change(now);
        }
        // A pause says nothing about the rules.
        let paused = engine.ledger().pause.is_some() || self.rules.role != Default::default();
        let paused = paused || self.outside_hours();
        self.note_message_wanted(paused);
        let Some(engine) = &self.engine else { return };
        let desired = engine.desired();
        for (n, field) in Field::ALL.into_iter().enumerate() {
            let wish = desired.of(field).map(|wish| &wish.want);
            if matches!(wish, Some(Want::Leave | Want::Unset)) && !paused {
                self.watch.quiet_since.entry(field).or_insert(now);
            } else if wish.is_none() {
                // Nothing is known: that ends no quiet.
            } else if let Some(since) = self.watch.quiet_since.remove(&field)
                && now.since(since) >= Duration::from_secs(30)
            {
                // R10: from now on the rules may set it again.
                self.watch.by_hand.remove(&field);
                self.watch.put_back.remove(&field);
            }
            let value = match wish {
                Some(Want::Set(value)) if !released => Some(value),
                Some(Want::Set(_) | Want::Leave | Want::Unset) => None,
                // Nothing is known: what is there is kept.
                None if !released => continue,
                None => None,
            };
            let Wants { fields, .. } = &mut self.watch.wants;
            if fields[n].as_ref() != value {
                fields[n] = value.cloned();
                self.watch.grant(name(field));
                self.watch.change(now);
            }
        }
    }

    /// How long it may be until what begins is read, whatever was read before.
    fn slowest(&self) -> Duration {
        AT_MOST + self.interval(SLOW_INTERVAL)
    }

    /// Refusals drive the reads apart, which the ledger says, though a little later (R6).
    fn apart(&self) -> f64 {
        let engine = self.engine.as_ref();
        let apart = engine.and_then(|engine| engine.ledger().reads_apart);
        apart.map_or(1.0, |percent| f64::from(percent) / 100.0 * 1.3)
    }

    fn interval(&self, alone: Duration) -> Duration {
        alone.mul_f64(self.apart()).min(WIDEST)
    }

    /// How long after the end of a cause the phone may still show it.
    pub fn limit(&self, released: bool) -> Duration {
        if released {
            return AT_MOST;
        }
        let apart = self.apart();
        // Seldom, if it comes to that before the reading that would be next.
        let seldom = ["Offline", "Away", "PresenceUnknown"]
            .iter()
            .any(|word| self.watch.seen.contains(word))
            && self.now.mono.since(self.watch.seen_since) + INTERVAL.mul_f64(apart)
                > Duration::from_secs(570).div_f64(apart)
            && !self.told.any_call();
        let interval = self.interval(if seldom { SLOW_INTERVAL } else { INTERVAL });
        let confirmed = if self.watch.ending.is_some() {
            2 * (CONFIRMED + interval)
        } else {
            Duration::ZERO
        };
        AT_MOST + interval + confirmed
    }

    fn check_fields(&mut self, shows: &Presence) {
        let now = self.now.mono;
        let released = self.watch.released;
        let outgoing = self.rules.outgoing_counts;
        let truth = model::wants(self.choices(), shows, self.told.on_the_phone(outgoing, now));
        let mut truth = self.with_appointments(shows, truth);
        self.in_words_of_the_phone(&mut truth);
        let ending = ["Offline", "OffWork", "PresenceUnknown"]
            .iter()
            .any(|word| shows.says(word))
            .then(|| shows.clone());
        // Different words of an ending do not confirm each other (R7).
        if self.watch.ending != ending {
            self.watch.ending = ending;
            self.watch.idle.clear();
        }
        let settled = self.is_settled() && self.phone_up;
        let reachable = settled && self.watch.phone_linked && (released || self.watch.teams_linked);
        let echo = now.since(self.watch.echo_at) < ECHO;
        let mut found = Vec::new();
        for (field, want) in Field::ALL.into_iter().zip(truth) {
            let Some(engine) = &self.engine else { return };
            let shown = &self.fields[&field];
            let hold = engine.ledger().hold_on(field, PHONE);
            let unanswered = engine.ledger().unanswered.iter();
            let late = engine.ledger().late.as_ref();
            let unanswered = unanswered
                .map(|one| &one.wrote)
                .chain(late.map(|late| &late.wrote))
                .any(|wrote| wrote.field() == field);
            let over = hold.filter(|hold| {
                let put_back = self.watch.put_back.contains(&field);
                *shown != hold.before && (released || put_back || !echo && want.as_ref() != Some(shown))
            });
            if let Some(hold) = over.filter(|_| reachable) {
                let limit = self.limit(released);
                let before = self.watch.idle.get(&field);
                let before = before.filter(|idle| idle.value == hold.wrote);
                let idle = Spell {
                    since: before.map_or(now, |idle| idle.since),
                    limit: before.map_or(limit, |idle| idle.limit.max(limit)),
                    value: hold.wrote.clone(),
                };
                if now.since(idle.since) > idle.limit {
                    let why = format!(
                        "{field:?} is still held {:?} after its cause",
                        now.since(idle.since)
                    );
                    found.push((1, why));
                }
                self.watch.idle.insert(field, idle);
            } else {
                self.watch.idle.remove(&field);
            }
            let left = echo || released || self.is_left(engine, field) || !self.abilities.of(field).write;
            let missing = want.filter(|want| reachable && !left && want != shown);
            if let Some(want) = missing {
                let before = self.watch.missing.remove(&field);
                let before = before.filter(|missing| missing.value == want);
                // What was read last may have been something to read seldom after.
                let limit = self
                    .limit(false)
                    .max(before.as_ref().map_or(self.slowest(), |missing| missing.limit));
                let since = before.map_or(now, |missing| missing.since);
                if now.since(since) > limit {
                    let why = format!(
                        "{want:?} is wanted for {:?}, and the phone shows {shown:?}",
                        now.since(since)
                    );
                    found.push((18, why));
                }
                self.watch.missing.insert(
                    field,
                    Spell {
                        since,
                        limit,
                        value: want,
                    },
                );
            } else {
                self.watch.missing.remove(&field);
            }
            if self.watch.in_flight.contains(name(field)) {
                continue;
            }
            match hold {
                None if self.watch.crossed.contains(&field) => {
                    if !unanswered && !self.watch.may_come(field, now) {
                        self.watch.crossed.remove(&field);
                    }
                    self.watch.base.insert(field, shown.clone());
                }
                // It comes late, and the program is about to hear of it; judged when the time for that is over.
                None if self.watch.may_bring(shown, now) => {}
                None if *shown != self.watch.base[&field] => {
                    let why = format!(
                        "nothing is held, and the phone shows {shown:?} instead of the person's {:?}",
                        self.watch.base[&field]
                    );
                    found.push((3, why));
                }
                Some(hold)
                    if hold.stage == Stage::Written
                        && hold.before != self.watch.base[&field]
                        && *shown == hold.wrote
                        && !self.watch.crossed.contains(&field) =>
                {
                    found.push((3, format!("the hold would give back {:?}", hold.before)));
                }
                Some(_) | None => {}
            }
        }
        for (invariant, why) in found {
            self.fail(invariant, &why);
        }
    }

    /// Counts what is wanted and can't be set as it is.
    fn in_words_of_the_phone(&mut self, wants: &mut [Option<FieldValue>; 4]) {
        let lacks = |desk: &Self, n: usize| wants[n].as_ref().is_some_and(|want| !desk.takes(want));
        let (note, presence) = (lacks(self, 3), lacks(self, 2));
        for (lacks, kind) in [
            (note, "a field that the phone does not take"),
            (presence, "a presence that the phone has no word for"),
        ] {
            if !lacks {
                self.watch.lacking.remove(kind);
            } else if self.watch.lacking.insert(kind) {
                self.story.happens(kind);
            }
        }
        model::in_words(wants, self.abilities.presence_words);
    }

    /// The person, or another program, has the last word on that field, or nobody can tell whose it is.
    fn is_left(&self, engine: &Engine, field: Field) -> bool {
        let watch = &self.watch;
        watch.by_hand.contains_key(&field)
            || [&watch.put_back, &watch.contested, &watch.crossed, &watch.untold]
                .iter()
                .any(|left| left.contains(&field))
            || engine.ledger().yielded.contains(&field)
    }

    /// The session that tables alone want.
    fn session_wanted(&self) -> Option<SessionPair> {
        let engine = self.engine.as_ref().filter(|engine| !self.is_released(engine))?;
        let call = self.told.session(self.rules.outgoing_counts, self.now.mono);
        model::tells_teams(self.choices(), call, self.set_by_hand(engine)).0
    }

    fn note_session_wanted(&mut self) {
        if !self.asleep && self.session_wanted().is_some() {
            self.watch.session_wanted_at = self.now.mono;
        }
    }

    /// A call is told to Teams, and stays so.
    fn check_told(&mut self) {
        let now = self.now.mono;
        let wanted = self.session_wanted();
        let up = self.graph.session(now).map(|session| session.pair);
        // Both desks have one session between them, and the other one may clear it.
        let alone = self.second.engine.is_none() && self.second.session_wanted_at.is_none();
        let reachable = alone && self.is_settled() && self.watch.teams_linked && now >= self.watch.told_from;
        let Some(pair) = wanted.filter(|pair| reachable && up != Some(*pair)) else {
            self.watch.untold_call = None;
            return;
        };
        let before = self.watch.untold_call.filter(|(what, _)| *what == pair);
        let since = before.map_or(now, |(_, since)| since);
        self.watch.untold_call = Some((pair, since));
        if now.since(since) > TOLD {
            self.fail(
                18,
                &format!("{pair:?} is not told to Teams, which has the session {up:?}"),
            );
        }
    }

    fn check_session(&mut self, now: Instant) {
        self.note_session_wanted();
        let Some(session) = self.graph.session(now) else {
            return;
        };
        let wanted_at = match session.by {
            Who::Desk => Some(self.watch.session_wanted_at),
            Who::Second => self.second.session_wanted_at,
        };
        let limit = Duration::from_secs(300) + session.way + Duration::from_millis(10);
        if wanted_at.is_none_or(|at| now.since(at) > limit) {
            self.fail(5, "a session outlives its call by more than five minutes");
        }
    }
}
