//! Our one session in Teams: set, renew, clear (R2, R3), what to make of the read-back (R4), other desks (R24).

use super::Chance;
use super::tries::{Tries, end_replaced};
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::effect::Effect;
use crate::facts::TeamsFacts;
use crate::facts::teams::{ECHO_AFTER, OwnEnd};
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Ledger, SessionRecord};
use crate::teams::{Presence, SessionPair};
use jiff::Timestamp;
use std::time::Duration;

/// What we ask for while a call is up: a crash is wrong for at most this long. Renewed at half of it.
pub(crate) const LIFETIME: Duration = Duration::from_secs(300);
const FALLING_EDGE: Duration = Duration::from_millis(1500);
/// From here on a read that still shows something weaker is the person's own choice in Teams.
const READ_BACK: Duration = Duration::from_secs(60);
const READ_BACK_READS: u32 = 2;
/// A request that is not answered by then is given up.
const ON_ITS_WAY: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);
/// A renewal is put off or brought forward by at most this share of half the lifetime, so that between two of them
/// the span is that half ±10 %.
const JITTER: f64 = 0.05;

#[derive(Debug, Clone)]
pub(crate) struct Session {
    up: Option<Up>,
    op: Option<Op>,
    /// When the last request left.
    asked_at: Instant,
    /// By which share the last renewal was put off. The next one makes up for it, so that no hour holds more than 25,
    /// however the jitter falls.
    put_off: f64,
    /// It ended by itself while it was wanted: the machine slept, or nothing could be sent.
    ran_out: bool,
    /// Set before what is wanted now, and until when they may still stand: as long as no answer says that they
    /// were replaced, their words are ours.
    replaced: Vec<(SessionRecord, Instant)>,
    /// The end of the debounce.
    falls_at: Option<Instant>,
    tries: Tries,
    vanished: Vec<Instant>,
    not_shown: u32,
    /// What the last step was allowed to do: a deadline that cannot be acted upon is none.
    may: May,
}

#[derive(Debug, Clone, Copy, Default)]
struct May {
    renew: bool,
    clear: bool,
    /// Another one is wanted than the one that is up.
    replace: bool,
}

/// From the moment the request leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Up {
    pub(crate) pair: SessionPair,
    lifetime: Duration,
    ends: Instant,
    pub(crate) ends_wall: Timestamp,
    renew_at: Instant,
    confirmed_at: Option<Instant>,
    was_read: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Op {
    Setting { before: Option<Up> },
    Clearing,
}

pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    pub revision: &'a mut u64,
    pub teams: &'a mut TeamsFacts,
    pub chance: &'a mut Chance,
    pub effects: &'a mut Vec<Effect>,
    /// The account, while requests can be made and the right is there.
    pub account: Option<&'a str>,
    /// Calls are being read again: neither renew nor clear yet (R1).
    pub resyncing: bool,
    /// No debounce: quit, sign-out, pause.
    pub urgent: bool,
}

impl Session {
    /// From the ledger: a session of ours may still be open (R3).
    pub(crate) fn new(ledger: &Ledger, teams: &mut TeamsFacts, now: Now) -> Self {
        let replaced = ledger.replaced_sessions.iter();
        let replaced = replaced.filter_map(|record| Some((record.clone(), inherited(record, teams, now)?)));
        let replaced = replaced.collect();
        let up = ledger.session.as_ref().and_then(|record| {
            Some(Up {
                pair: record.pair,
                lifetime: Duration::from_secs(record.lifetime),
                ends: inherited(record, teams, now)?,
                ends_wall: record.until,
                renew_at: now.mono,
                confirmed_at: None,
                was_read: false,
            })
        });
        Self {
            up,
            op: None,
            asked_at: now.mono,
            put_off: 0.0,
            ran_out: false,
            replaced,
            falls_at: None,
            tries: Tries::new(),
            vanished: Vec::new(),
            not_shown: 0,
            may: May::default(),
        }
    }

    pub(crate) const fn refused(&self) -> Option<&Fault> {
        self.tries.refused()
    }

    pub(crate) const fn up(&self) -> Option<&Up> {
        self.up.as_ref()
    }

    /// From an earlier run, by the ledger: nothing of this one has confirmed it yet.
    pub(crate) fn is_inherited(&self) -> bool {
        self.up.as_ref().is_some_and(|up| up.confirmed_at.is_none())
    }

    /// The request under way is more than a renewal.
    pub(crate) fn is_being_changed(&self) -> bool {
        match &self.op {
            Some(Op::Setting { before }) => {
                before.as_ref().map(|up| up.pair) != self.up.as_ref().map(|up| up.pair)
            }
            Some(Op::Clearing) => true,
            None => false,
        }
    }

    /// Nothing of ours is open and nothing is under way.
    pub(crate) const fn is_settled(&self) -> bool {
        self.up.is_none() && self.op.is_none()
    }

    /// Teams keeps showing something else, perhaps picked by hand (R4).
    pub(crate) const fn is_not_shown(&self) -> bool {
        self.up.is_some() && self.not_shown >= READ_BACK_READS
    }

    /// It vanished twice within an hour: another desk or program shares it (R24).
    pub(crate) const fn is_shared(&self) -> bool {
        self.vanished.len() >= 2
    }

    pub(crate) fn next_change(&self) -> Option<Instant> {
        if self.op.is_some() {
            return None;
        }
        let ends = self.up.as_ref().map(|up| up.ends);
        let renew = self.up.as_ref().map(|up| up.renew_at).filter(|_| self.may.renew);
        let falls = self.falls_at.filter(|_| self.may.clear);
        // While trying again is not allowed yet, only running out comes earlier.
        let replace = self.tries.retry_at().filter(|_| self.may.replace);
        let act = match (renew.into_iter().chain(falls).min(), self.tries.retry_at()) {
            (Some(at), Some(retry)) => Some(at.max(retry)),
            (at, retry) => at.or(retry),
        };
        ends.into_iter().chain(replace).chain(act).min()
    }

    pub(crate) fn step(
        &mut self,
        want: Option<(SessionPair, Duration)>,
        context: &mut Context<'_>,
        now: Now,
    ) {
        self.vanished.retain(|at| now.mono.since(*at) < HOUR);
        if self.op.is_some() && !breaks::is(Break::TwoAtOnce) {
            return;
        }
        let want = want.or_else(|| {
            let up = self.up.as_ref().filter(|_| breaks::is(Break::RenewsForEver));
            up.map(|up| (up.pair, LIFETIME))
        });
        let want = want.filter(|_| !breaks::is(Break::NeverTells));
        self.let_go(context, now);
        let may_set = want.is_some() && self.tries.refused().is_none() && context.account.is_some();
        let other = |up: &Up| want != Some((up.pair, up.lifetime));
        self.may = May {
            renew: may_set && !context.resyncing,
            clear: want.is_none() && context.account.is_some() && !context.resyncing,
            replace: may_set && self.up.as_ref().is_some_and(other),
        };
        if !self.tries.may(now.mono) {
            return;
        }
        match want {
            Some((pair, lifetime)) => {
                self.falls_at = None;
                let due = match &self.up {
                    None => !(self.ran_out && context.resyncing),
                    Some(up) if up.pair != pair || up.lifetime != lifetime => true,
                    Some(up) => now.mono >= up.renew_at && !context.resyncing,
                };
                if due && self.tries.refused().is_none() && context.account.is_some() {
                    self.set(pair, lifetime, context, now);
                }
            }
            None => {
                self.tries.on_no_wish();
                self.not_shown = 0;
                self.ran_out = false;
                if self.up.is_none() && !breaks::is(Break::ClearsBlindly) {
                    self.falls_at = None;
                    return;
                }
                let falls_at = *self.falls_at.get_or_insert(now.mono + FALLING_EDGE);
                let due = context.urgent || (now.mono >= falls_at && !context.resyncing);
                if due && context.account.is_some() {
                    context.effects.push(Effect::ClearSession);
                    self.op = Some(Op::Clearing);
                    self.asked_at = now.mono;
                }
            }
        }
    }

    /// A session that ran out, or that belongs to another account, is none of ours any more.
    fn let_go(&mut self, context: &mut Context<'_>, now: Now) {
        let foreign = matches!(
            (&context.ledger.session, context.account),
            (Some(record), Some(account)) if record.account != account
        );
        let ended = self.up.as_ref().filter(|up| foreign || now.mono >= up.ends);
        if let Some(up) = ended {
            let at = up.ends.min(now.mono);
            context
                .teams
                .own_words_end(&up.pair.presence(), OwnEnd::Over, at, now.mono);
            self.up = None;
            self.ran_out = true;
        }
        let over = |ends: Instant| foreign || now.mono >= ends;
        for (record, ends) in self.replaced.iter().filter(|(_, ends)| over(*ends)) {
            if self.up.as_ref().is_none_or(|up| up.pair != record.pair) {
                let at = (*ends).min(now.mono);
                context
                    .teams
                    .own_words_end(&record.pair.presence(), OwnEnd::Over, at, now.mono);
            }
        }
        self.replaced.retain(|(_, ends)| !over(*ends));
        self.note_replaced(context);
        if self.up.is_none() {
            self.drop_record(context);
        }
    }

    fn set(&mut self, pair: SessionPair, lifetime: Duration, context: &mut Context<'_>, now: Now) {
        let Some(account) = context.account else { return };
        let before = self.up.take();
        let same = before.as_ref().filter(|up| up.pair == pair);
        if let Some(other) = before.as_ref().filter(|up| up.pair != pair) {
            let record = SessionRecord {
                pair: other.pair,
                account: account.to_owned(),
                until: other.ends_wall,
                lifetime: other.lifetime.as_secs(),
            };
            self.replaced.retain(|(earlier, _)| earlier.pair != record.pair);
            self.replaced.push((record, other.ends));
            self.note_replaced(context);
        }
        let ends = now.after(lifetime);
        let times = if breaks::is(Break::RenewsTooOften) { 4 } else { 2 };
        let span = lifetime / times;
        let put_off = JITTER * (2.0 * context.chance.share() - 1.0);
        let last = std::mem::replace(&mut self.put_off, put_off);
        let up = Up {
            pair,
            lifetime,
            ends: ends.mono,
            ends_wall: ends.wall,
            renew_at: now.mono + span.mul_f64(1.0 + put_off - last),
            confirmed_at: same.and_then(|up| up.confirmed_at),
            was_read: same.is_some_and(|up| up.was_read),
        };
        context.teams.own_words(pair.presence());
        context.ledger.session = Some(SessionRecord {
            pair,
            account: account.to_owned(),
            until: ends.wall,
            lifetime: lifetime.as_secs(),
        });
        *context.revision += 1;
        context.effects.push(Effect::SetSession { pair, lifetime });
        self.up = Some(up);
        self.op = Some(Op::Setting { before });
        self.asked_at = now.mono;
        self.ran_out = false;
    }

    pub(crate) fn on_set(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        let Some(Op::Setting { before }) = self.op.take() else {
            return;
        };
        match outcome {
            Ok(()) => {
                self.tries.on_success();
                self.end_replaced(context, now);
                if let Some(up) = &mut self.up {
                    up.confirmed_at.get_or_insert(now.mono);
                }
            }
            Err(fault) => {
                if fault.kind != FaultKind::Unreachable {
                    // It did not happen: what was before is still there.
                    self.take_back(before, context, now);
                }
                if fault.kind == FaultKind::Unreachable
                    && let Some(up) = &mut self.up
                {
                    // It may have arrived; the next try says so again.
                    up.renew_at = now.mono;
                }
                self.tries.on_set_failed(fault, context.chance, now.mono);
            }
        }
    }

    fn end_replaced(&mut self, context: &mut Context<'_>, now: Now) {
        let current = self.up.as_ref().map(|up| up.pair.presence());
        let replaced = std::mem::take(&mut self.replaced);
        let replaced = replaced.into_iter().map(|(record, _)| record.pair.presence());
        end_replaced(context.teams, replaced, current.as_ref(), now.mono);
        self.note_replaced(context);
    }

    /// What the ledger says of them, for the next run.
    fn note_replaced(&self, context: &mut Context<'_>) {
        let records = || self.replaced.iter().map(|(record, _)| record);
        if !records().eq(&context.ledger.replaced_sessions) {
            context.ledger.replaced_sessions = records().cloned().collect();
            *context.revision += 1;
        }
    }

    fn take_back(&mut self, before: Option<Up>, context: &mut Context<'_>, now: Now) {
        if let Some(up) = self.up.take()
            && self.replaced.iter().all(|(record, _)| record.pair != up.pair)
        {
            context
                .teams
                .own_words_end(&up.pair.presence(), OwnEnd::Refused, now.mono, now.mono);
        }
        match before {
            Some(mut up) => {
                up.renew_at = now.mono;
                context.teams.own_words(up.pair.presence());
                self.up = Some(up);
            }
            None => self.drop_record(context),
        }
    }

    pub(crate) fn on_cleared(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        if self.op != Some(Op::Clearing) {
            return;
        }
        self.op = None;
        match outcome {
            Ok(()) => {
                self.tries.on_success();
                self.falls_at = None;
                if let Some(up) = self.up.take() {
                    context
                        .teams
                        .own_words_end(&up.pair.presence(), OwnEnd::Over, now.mono, now.mono);
                }
                self.end_replaced(context, now);
                self.drop_record(context);
            }
            // It ends by itself at the latest when it runs out.
            Err(fault) => self.tries.on_clear_failed(&fault, context.chance, now.mono),
        }
    }

    /// The answers of requests that sleep or sign-out cut off are not waited for. What left at `since` or later
    /// was not cut off.
    pub(crate) fn forget_requests(&mut self, since: Instant) {
        if self.op.is_some() && self.asked_at >= since {
            return;
        }
        if let Some(Op::Setting { .. }) = self.op.take()
            && let Some(up) = &mut self.up
        {
            // It may have arrived; the next try says so again.
            up.renew_at = up.renew_at.min(since);
        }
        self.tries.forget();
    }

    pub(crate) fn on_read(&mut self, presence: &Presence, echo: bool, now: Instant) {
        let Some(up) = &mut self.up else { return };
        if echo {
            up.was_read = true;
            self.not_shown = 0;
            return;
        }
        let weaker = ["Available", "Away", "BeRightBack", "Offline"]
            .iter()
            .any(|word| presence.availability.is(word));
        if !weaker {
            self.not_shown = 0;
            return;
        }
        if self.op.is_some() {
            return;
        }
        if up.was_read {
            up.was_read = false;
            self.vanished.push(now);
        }
        if up.confirmed_at.is_some_and(|at| now.since(at) >= READ_BACK) {
            self.not_shown += 1;
        }
    }

    fn drop_record(&self, context: &mut Context<'_>) {
        if context.ledger.session.take().is_some() {
            *context.revision += 1;
        }
    }
}

/// Until when a session of the run before may still be up. Its words are ours until then, and for a while after.
fn inherited(record: &SessionRecord, teams: &mut TeamsFacts, now: Now) -> Option<Instant> {
    let left = record.until.duration_since(now.wall);
    let Ok(left) = Duration::try_from(left) else {
        let gone = Duration::try_from(-left).unwrap_or(Duration::MAX);
        // The last request may have been on its way when the run before ended.
        let gone = gone.saturating_sub(ON_ITS_WAY);
        if gone < ECHO_AFTER {
            let presence = record.pair.presence();
            teams.own_words(presence.clone());
            teams.own_words_end(&presence, OwnEnd::Over, now.mono - gone, now.mono);
        }
        return None;
    };
    teams.own_words(record.pair.presence());
    Some(now.mono + left.min(Duration::from_secs(record.lifetime)))
}
