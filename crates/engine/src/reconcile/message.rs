//! The status message in Teams, set for appointments (R16). As with a field of the phone: the ledger comes first and
//! the person's own goes back afterwards (R9), and the person wins (R10). Two things are otherwise: ours ends by itself
//! with the appointment, also while no program of ours runs, and Graph may show for a while what was there before.

use super::Chance;
use super::tries::Tries;
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::desired::{Insist, MessageWish};
use crate::effect::Effect;
use crate::facts::teams::KnownMessage;
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Ledger, MessageRecord, Stage};
use crate::teams::StatusMessage;
use offhook_protocol::status::NotDoneReason;
use std::time::Duration;

/// A message read longer ago than this is read again before it decides over a write.
const FRESH: Duration = Duration::from_secs(5);
/// For so long after a write a reading may show what was there before it: clients and services poll
/// (`facts/graph.md`, section 1.3, point 7).
const LAG: Duration = Duration::from_secs(60);
/// A request that nobody answered may be carried out for so long.
const DOUBT: Duration = Duration::from_secs(30);
/// R10: how long the rules must have wanted nothing before a message the person wrote over ours is touched again.
const QUIET: Duration = Duration::from_secs(30);
/// Teams' clock may be so far before ours.
const CLOCKS: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);
/// What leads (R16) is not written over another program's faster than this.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What the rules say of the message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word<'a> {
    /// The calendar has not been read yet, or the person wants ours left there while Offhook does nothing.
    Keep,
    /// Nothing of ours.
    Leave,
    Set(&'a MessageWish),
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    op: Option<Op>,
    /// When the last write succeeded. One of an earlier run may have succeeded a moment ago.
    written_at: Option<Instant>,
    /// Until then a request that nobody answered may still be carried out.
    doubt_until: Option<Instant>,
    /// When a reading can tell whether what was read last was the person's.
    lags_until: Option<Instant>,
    /// Texts of ours that were taken back: a reading may lag behind.
    lingering: Vec<(String, Instant)>,
    /// The text that was met without us. If it is changed by hand, the person wins as with one of ours.
    met: Option<String>,
    quiet_since: Option<Instant>,
    tries: Tries,
    not_done: Option<NotDoneReason>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Op {
    /// The ledger must hold that revision before the write.
    Saving {
        revision: u64,
    },
    Setting {
        what: StatusMessage,
    },
}

pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    pub revision: &'a mut u64,
    /// The newest revision that is on disk.
    pub saved: u64,
    pub known: &'a mut KnownMessage,
    pub chance: &'a mut Chance,
    pub effects: &'a mut Vec<Effect>,
    /// Set when a fresh reading is needed.
    pub read: &'a mut bool,
    pub account: Option<&'a str>,
    /// Everything is released: a word of the rules says nothing about their quiet.
    pub released: bool,
}

impl Context<'_> {
    fn put(&mut self, record: Option<MessageRecord>) -> u64 {
        self.ledger.message = record;
        *self.revision += 1;
        *self.revision
    }

    fn yields(&mut self, yielded: bool) {
        if self.ledger.message_yielded != yielded {
            self.ledger.message_yielded = yielded;
            *self.revision += 1;
        }
    }

    /// What is there, if it was read just now; otherwise asks for a reading.
    fn fresh(&mut self, now: Instant) -> Option<Option<StatusMessage>> {
        match self.known {
            Some((seen, at)) if now.since(*at) <= FRESH => Some(seen.clone()),
            Some(_) | None => {
                *self.read = true;
                None
            }
        }
    }
}

/// Whose message a reading shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Ours,
    /// One of ours that was replaced.
    Earlier,
    Before,
    /// None at all, since ours has ended by itself.
    Ended,
    Other,
}

/// `lags`: a reading may still be one from before the last write.
fn shows(record: &MessageRecord, seen: &StatusMessage, lags: bool, now: Now) -> Shows {
    let over = |message: &StatusMessage| is_over(message, now);
    // With the same text it is the end that tells one of ours from the next.
    let is_earlier = || record.earlier.iter().any(|earlier| earlier.is_same(seen));
    if seen.says(&record.wrote.text) && (record.wrote.is_same(seen) || !is_earlier()) {
        Shows::Ours
    } else if record.earlier.iter().any(|earlier| {
        let ended = lags && seen.is_none() && over(earlier);
        ended || seen.says(&earlier.text)
    }) {
        Shows::Earlier
    } else if seen.is_none() && (over(&record.wrote) || over(&record.before)) {
        Shows::Ended
    } else if seen.says(&record.before.text) {
        if over(&record.wrote) {
            Shows::Ended
        } else {
            Shows::Before
        }
    } else {
        Shows::Other
    }
}

/// It has ended by itself, by one clock or the other.
fn is_over(message: &StatusMessage, now: Now) -> bool {
    message
        .until
        .is_some_and(|until| until.duration_since(now.wall) <= CLOCKS)
}

/// Another message is wanted now, and need not be there at once.
fn is_another(record: &MessageRecord, word: Word<'_>) -> bool {
    match word {
        Word::Set(wish) => wish.insist != Insist::Always && !record.wrote.is_same(&wish.message),
        Word::Keep | Word::Leave => false,
    }
}

impl Message {
    pub(crate) fn new(ledger: &Ledger, now: Now) -> Self {
        let record = ledger.message.as_ref();
        let stage = record.map(|record| record.stage);
        Self {
            op: None,
            written_at: record.map(|_| now.mono),
            doubt_until: stage
                .filter(|stage| *stage == Stage::Intent)
                .map(|_| now.mono + DOUBT),
            lags_until: None,
            lingering: Vec::new(),
            met: None,
            quiet_since: None,
            tries: Tries::new(),
            not_done: None,
        }
    }

    pub(crate) const fn refused(&self) -> Option<&Fault> {
        self.tries.refused()
    }

    pub(crate) const fn not_done(&self) -> Option<NotDoneReason> {
        self.not_done
    }

    pub(crate) fn is_settled(&self, ledger: &Ledger) -> bool {
        self.op.is_none() && ledger.message.is_none()
    }

    pub(crate) fn next_change(&self, now: Instant) -> Option<Instant> {
        let waits = self.tries.retry_at().into_iter();
        let waits = waits.chain(self.doubt_until).chain(self.lags_until);
        waits.filter(|at| self.op.is_none() && *at > now).min()
    }

    /// A reading of the message; `None`: it cannot be read. What arrives while ours is being written is older.
    pub(crate) fn on_read(&mut self, seen: Option<StatusMessage>, known: &mut KnownMessage, now: Instant) {
        self.lingering.retain(|(_, until)| now < *until);
        let lags = |seen: &StatusMessage| self.lingering.iter().any(|(text, _)| seen.says(text));
        let writing = matches!(self.op, Some(Op::Setting { .. }));
        if !writing && !seen.as_ref().is_some_and(lags) {
            *known = Some((seen, now));
        } else if let Some((_, at)) = known
            // None at all may be the person's doing: what is known gets older until a reading can tell.
            && (writing || !seen.as_ref().is_some_and(StatusMessage::is_none))
        {
            // An answer all the same: nothing new.
            *at = now;
        }
    }

    pub(crate) fn step(&mut self, word: Word<'_>, context: &mut Context<'_>, now: Now) {
        self.note_quiet(word, context, now.mono);
        self.not_done = None;
        let yielded = context.ledger.message_yielded;
        // The person put it back in Offhook: it goes although the rules go on wanting it.
        let word = if yielded && context.ledger.message.is_some() {
            Word::Leave
        } else {
            word
        };
        match self.op {
            Some(Op::Setting { .. }) => return,
            Some(Op::Saving { revision }) if context.saved < revision => return,
            Some(Op::Saving { .. }) => {
                self.op = None;
                self.on_saved(word, context);
                if self.op.is_some() {
                    return;
                }
            }
            None => {}
        }
        if matches!(word, Word::Leave) {
            self.tries.on_no_wish();
        }
        if !self.tries.may(now.mono) {
            return;
        }
        let Some(account) = context.account else {
            return;
        };
        let foreign = |record: &MessageRecord| {
            record.account != account && record.wrote.until.is_some_and(|until| until <= now.wall)
        };
        if context.ledger.message.as_ref().is_some_and(foreign) {
            // Another person's has ended by itself, and nobody can put theirs back any more.
            context.put(None);
        }
        match context.ledger.message.clone() {
            Some(record) if record.account != account => {}
            Some(record) => match record.stage {
                Stage::Intent => self.judge_intent(record, word, context, now),
                Stage::Written => self.keep_or_release(record, word, context, now),
                Stage::Releasing => self.release(record, word, context, now),
            },
            None => self.take(account, word, context, now),
        }
    }

    /// The ledger is on disk: what it announces is done, if it is still right.
    fn on_saved(&mut self, word: Word<'_>, context: &mut Context<'_>) {
        let Some(record) = context.ledger.message.clone() else {
            return;
        };
        match record.stage {
            Stage::Intent => {
                let right = match word {
                    Word::Set(wish) => record.wrote.is_same(&wish.message),
                    Word::Keep => true,
                    Word::Leave => false,
                };
                if right && context.account == Some(record.account.as_str()) {
                    self.send(record.wrote, context);
                } else {
                    Self::undo(record, context);
                }
            }
            Stage::Releasing => self.send(record.before, context),
            Stage::Written => {}
        }
    }

    fn send(&mut self, what: StatusMessage, context: &mut Context<'_>) {
        context.effects.push(Effect::SetMessage(what.clone()));
        self.op = Some(Op::Setting { what });
    }

    /// What the ledger announced was never carried out: it says what it said before.
    fn undo(mut record: MessageRecord, context: &mut Context<'_>) {
        let earlier = record.earlier.pop();
        context.put(earlier.map(|earlier| {
            record.wrote = earlier;
            record.stage = Stage::Written;
            record
        }));
    }

    fn take(&mut self, account: &str, word: Word<'_>, context: &mut Context<'_>, now: Now) {
        let Word::Set(wish) = word else {
            if matches!(word, Word::Leave) {
                self.met = None;
            }
            return;
        };
        if context.ledger.message_yielded {
            let long = self
                .quiet_since
                .is_some_and(|since| now.mono.since(since) >= QUIET);
            if !long && !breaks::is(Break::SetsAgainAtOnce) {
                self.quiet_since = None;
                self.not_done = Some(NotDoneReason::Person);
                return;
            }
            context.yields(false);
        }
        self.quiet_since = None;
        if self.tries.refused().is_some() {
            self.not_done = Some(NotDoneReason::Capability);
            return;
        }
        let nothing_to_write =
            |seen: &Option<StatusMessage>| seen.as_ref().is_none_or(|seen| seen.says(&wish.message.text));
        let last = context.known.as_ref().map(|(seen, _)| seen);
        // Then the next reading is soon enough.
        let Some(seen) = last
            .filter(|seen| nothing_to_write(seen))
            .cloned()
            .or_else(|| context.fresh(now.mono))
        else {
            return;
        };
        let Some(before) = seen else {
            self.not_done = Some(NotDoneReason::Capability);
            return;
        };
        // Already as wanted: nothing to put back (R9).
        if before.says(&wish.message.text) {
            self.met = Some(wish.message.text.clone());
            return;
        }
        let changed = self.met.take().is_some_and(|met| met == wish.message.text);
        if changed && !before.is_none() && wish.insist != Insist::Always {
            context.yields(true);
            self.not_done = Some(NotDoneReason::Person);
            return;
        }
        let wrote = StatusMessage {
            pinned: before.pinned,
            ..wish.message.clone()
        };
        let revision = context.put(Some(MessageRecord {
            stage: Stage::Intent,
            account: account.to_owned(),
            before,
            wrote,
            earlier: Vec::new(),
            why: wish.why.clone(),
            since: now.wall,
        }));
        self.op = Some(Op::Saving { revision });
    }

    /// A write whose outcome nobody saw: the message itself tells.
    fn judge_intent(
        &mut self,
        mut record: MessageRecord,
        word: Word<'_>,
        context: &mut Context<'_>,
        now: Now,
    ) {
        let Some(Some(seen)) = context.fresh(now.mono) else {
            return;
        };
        let in_doubt = self.in_doubt(now.mono);
        match shows(&record, &seen, true, now) {
            Shows::Ours => {
                self.doubt_until = None;
                self.written_at = Some(now.mono);
                record.stage = Stage::Written;
                context.put(Some(record));
            }
            // It may still arrive, and end as it does.
            Shows::Ended if in_doubt && seen.says(&record.before.text) => {}
            Shows::Ended => self.release(record, word, context, now),
            Shows::Other => self.person_wrote(context, now),
            Shows::Before | Shows::Earlier => match word {
                Word::Set(wish) if record.wrote.is_same(&wish.message) && self.refused().is_none() => {
                    if seen.says(&record.before.text) && seen != record.before {
                        // The same text written anew: it may be pinned now, or end.
                        record.before = seen;
                        let revision = context.put(Some(record));
                        self.op = Some(Op::Saving { revision });
                    } else {
                        self.send(record.wrote, context);
                    }
                }
                Word::Set(_) | Word::Leave if !in_doubt => {
                    self.doubt_until = None;
                    Self::undo(record, context);
                }
                Word::Set(_) | Word::Leave | Word::Keep => {}
            },
        }
    }

    fn keep_or_release(
        &mut self,
        mut record: MessageRecord,
        word: Word<'_>,
        context: &mut Context<'_>,
        now: Now,
    ) {
        let Some((seen, at)) = context.known.clone() else {
            *context.read = true;
            return;
        };
        let since_write = self.written_at.map(|written| now.mono.since(written));
        let older = self.written_at.is_some_and(|written| at < written);
        let Some(seen) = seen.filter(|_| !older) else {
            self.follow(record, word, context, now);
            return;
        };
        // What counts is when it was read: the next reading may be a long time off.
        let lags = self.lags(at);
        let shown = shows(&record, &seen, lags, now);
        match shown {
            // Ours has ended, and they have written theirs anew: it may be pinned now, or end.
            Shows::Ended if seen.says(&record.before.text) => record.before = seen,
            Shows::Ours | Shows::Ended => {}
            // Read before ours was there, or written since: that shows when readings lag no more.
            Shows::Before | Shows::Earlier if lags => {
                let lags_until = self.written_at.map(|written| written + LAG);
                if lags_until.is_some_and(|until| until <= now.mono) {
                    *context.read = true;
                    return;
                }
                self.lags_until = lags_until;
                if shown == Shows::Before && is_another(&record, word) {
                    return;
                }
            }
            Shows::Earlier => {
                // An earlier write of ours has come after a later one.
                record.earlier.retain(|earlier| !seen.says(&earlier.text));
                record.earlier.push(std::mem::replace(&mut record.wrote, seen));
                context.put(Some(record.clone()));
            }
            Shows::Before | Shows::Other => match word {
                Word::Set(wish) if wish.insist == Insist::Always => {
                    if since_write.is_none_or(|since| since >= AT_ONCE) {
                        // What somebody wrote over it is not put back afterwards: the appointment leads.
                        self.rewrite(record, wish, context);
                    }
                    return;
                }
                Word::Set(_) | Word::Leave | Word::Keep if breaks::is(Break::WritesOverThePerson) => {
                    self.send(record.wrote, context);
                    return;
                }
                Word::Set(_) | Word::Leave | Word::Keep => {
                    self.person_wrote(context, now);
                    return;
                }
            },
        }
        self.follow(record, word, context, now);
    }

    /// Ours is there, as far as anybody can tell.
    fn follow(&mut self, mut record: MessageRecord, word: Word<'_>, context: &mut Context<'_>, now: Now) {
        match word {
            Word::Keep => {}
            Word::Set(wish) if record.wrote.is_same(&wish.message) => {
                if record.why != wish.why {
                    record.why = wish.why.clone();
                    context.put(Some(record));
                }
            }
            Word::Set(wish) if !record.before.says(&wish.message.text) => {
                if self.refused().is_some() {
                    self.not_done = Some(NotDoneReason::Capability);
                } else if context.fresh(now.mono).is_some() {
                    self.rewrite(record, wish, context);
                }
            }
            Word::Set(_) | Word::Leave if breaks::is(Break::KeepsHolds) => {}
            Word::Set(_) | Word::Leave => self.release(record, word, context, now),
        }
    }

    fn rewrite(&mut self, mut record: MessageRecord, wish: &MessageWish, context: &mut Context<'_>) {
        let wrote = StatusMessage {
            pinned: record.wrote.pinned,
            ..wish.message.clone()
        };
        let earlier = std::mem::replace(&mut record.wrote, wrote);
        record.earlier.retain(|one| !one.says(&earlier.text));
        record.earlier.push(earlier);
        record.stage = Stage::Intent;
        record.why = wish.why.clone();
        let revision = context.put(Some(record));
        self.op = Some(Op::Saving { revision });
    }

    /// A reading of that moment may still show what was there before the last write.
    fn lags(&self, read_at: Instant) -> bool {
        self.written_at
            .is_some_and(|written| read_at.since(written) < LAG)
    }

    /// A request that nobody answered may still be carried out.
    fn in_doubt(&self, now: Instant) -> bool {
        self.doubt_until.is_some_and(|until| now < until)
    }

    /// The person's own comes back, if ours is still there or has ended by itself.
    fn release(&mut self, mut record: MessageRecord, word: Word<'_>, context: &mut Context<'_>, now: Now) {
        let over = record.wrote.until.is_some_and(|until| until <= now.wall);
        let nothing_left = record.before.at(now.wall).is_none();
        let Some(seen) = context.fresh(now.mono) else {
            return;
        };
        let Some(seen) = seen else {
            if over {
                self.forget(record, context, now);
            }
            return;
        };
        let (lags, in_doubt) = (self.lags(now.mono), self.in_doubt(now.mono));
        match (shows(&record, &seen, lags, now), word) {
            // Wanted again, or another one is: from ours to that, and not by way of theirs.
            (Shows::Ours, Word::Set(_)) if record.stage == Stage::Releasing => {
                record.stage = Stage::Written;
                context.put(Some(record));
                return;
            }
            (Shows::Ours | Shows::Earlier, _) => {}
            // What is seen is theirs: it may be pinned now, or end.
            (Shows::Before, _) if lags || in_doubt => record.before = seen,
            (Shows::Ended, _) if lags && !nothing_left && seen.says(&record.before.text) => {
                record.before = seen;
            }
            (Shows::Before, _) => {
                self.forget(record, context, now);
                return;
            }
            (Shows::Ended, _) if nothing_left || seen.says(&record.before.text) => {
                self.forget(record, context, now);
                return;
            }
            (Shows::Ended, _) => {}
            (Shows::Other, _) => {
                self.person_wrote(context, now);
                return;
            }
        }
        record.before = record.before.at(now.wall);
        if breaks::is(Break::ForgetsBefore) {
            record.before = StatusMessage::default();
        }
        record.stage = Stage::Releasing;
        let revision = context.put(Some(record));
        self.op = Some(Op::Saving { revision });
    }

    /// Nothing of ours is there any more; readings may show it for a while, or that it has ended.
    fn forget(&mut self, record: MessageRecord, context: &mut Context<'_>, now: Now) {
        let ended = is_over(&record.wrote, now) && !record.before.is_none();
        let none = ended.then(StatusMessage::default);
        let ours = record.earlier.into_iter().chain([record.wrote]).chain(none);
        self.lingering
            .extend(ours.map(|ours| (ours.text, now.mono + LAG)));
        self.doubt_until = None;
        context.put(None);
    }

    /// It shows neither what was there nor what we wrote: the person wins (R10).
    fn person_wrote(&mut self, context: &mut Context<'_>, now: Now) {
        context.put(None);
        context.yields(true);
        self.doubt_until = None;
        self.not_done = Some(NotDoneReason::Person);
        self.quiet_since = self.quiet_since.map(|_| now.mono);
    }

    /// The outcome of the request under way.
    pub(crate) fn on_set(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        let what = match self.op.take() {
            Some(Op::Setting { what }) => what,
            op @ (Some(Op::Saving { .. }) | None) => {
                self.op = op;
                return;
            }
        };
        let Some(mut record) = context.ledger.message.clone() else {
            return;
        };
        match (outcome, record.stage) {
            (Ok(()), stage) => {
                self.tries.on_success();
                self.doubt_until = None;
                self.written_at = Some(now.mono);
                *context.known = Some((Some(what), now.mono));
                if stage == Stage::Releasing {
                    self.forget(record, context, now);
                } else {
                    record.stage = Stage::Written;
                    context.put(Some(record));
                }
            }
            (Err(fault), Stage::Intent | Stage::Written) => {
                if fault.kind == FaultKind::Unreachable {
                    self.doubt_until = Some(now.mono + DOUBT);
                } else if matches!(fault.kind, FaultKind::Rejected | FaultKind::RightMissing)
                    && self.doubt_until.is_none()
                {
                    Self::undo(record, context);
                }
                self.tries.on_set_failed(fault, context.chance, now.mono);
            }
            (Err(fault), Stage::Releasing) => self.tries.on_clear_failed(&fault, context.chance, now.mono),
        }
    }

    /// The ledger could not be written. Nothing new is set without it; what was set is taken back all the same.
    pub(crate) fn on_not_saved(&mut self, failed: u64, fault: &Fault, context: &mut Context<'_>, now: Now) {
        match self.op {
            Some(Op::Saving { revision }) if revision <= failed => {}
            Some(Op::Saving { .. } | Op::Setting { .. }) | None => return,
        }
        self.op = None;
        let Some(record) = context.ledger.message.clone() else {
            return;
        };
        match record.stage {
            Stage::Releasing => self.send(record.before, context),
            Stage::Intent | Stage::Written => {
                Self::undo(record, context);
                self.tries.on_clear_failed(fault, context.chance, now.mono);
            }
        }
    }

    /// As for the session: what was cut off by sleep or another sign-in may have arrived.
    pub(crate) fn forget_requests(&mut self, now: Instant) {
        if self.op.take().is_some() {
            self.doubt_until = Some(now + DOUBT);
        }
        self.tries.forget();
    }

    fn note_quiet(&mut self, word: Word<'_>, context: &Context<'_>, now: Instant) {
        let long = |since: &Instant| now.since(*since) >= QUIET;
        if context.released {
            // A quiet that a pause cuts short is begun anew after it.
            self.quiet_since = self.quiet_since.filter(long);
            return;
        }
        match word {
            // Nothing is known: that adds nothing to a quiet.
            Word::Keep => self.quiet_since = self.quiet_since.filter(long),
            Word::Leave => {
                self.quiet_since.get_or_insert(now);
            }
            Word::Set(_) => {
                let yielded = context.ledger.message_yielded;
                self.quiet_since = self.quiet_since.filter(|since| yielded && long(since));
            }
        }
    }
}
