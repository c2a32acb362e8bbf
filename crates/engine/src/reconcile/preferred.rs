//! The preferred presence, set only for a state the person chose on the phone (R5).

use super::Chance;
use super::tries::{Tries, end_replaced};
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::desired::PreferredWish;
use crate::effect::Effect;
use crate::facts::TeamsFacts;
use crate::facts::teams::OwnEnd;
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Ledger, PreferredRecord};
use crate::teams::PreferredPair;

#[derive(Debug, Clone)]
pub(crate) struct Preferred {
    op: Option<Op>,
    /// When what the ledger says runs out: in this run whatever becomes of the wall clock.
    ends: Option<Instant>,
    /// Set before what is wanted now: their words are ours until an answer says that they were replaced.
    replaced: Vec<PreferredPair>,
    /// When the last request left.
    asked_at: Option<Instant>,
    /// Nobody saw whether the last request arrived: it is sent again while it is wanted.
    unsure: bool,
    tries: Tries,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Op {
    /// As with a hold, the ledger on disk comes first: it may stay for days, and nobody else takes it back.
    Saving {
        revision: u64,
        wish: PreferredWish,
        before: Option<Before>,
    },
    Setting {
        before: Option<Before>,
    },
    Clearing,
}

/// What the ledger said before, and when that runs out.
type Before = (PreferredRecord, Option<Instant>);

pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    pub revision: &'a mut u64,
    /// The newest revision that is on disk.
    pub saved: u64,
    pub teams: &'a mut TeamsFacts,
    pub chance: &'a mut Chance,
    pub effects: &'a mut Vec<Effect>,
    pub account: Option<&'a str>,
}

impl Preferred {
    pub(crate) fn new(ledger: &Ledger, teams: &mut TeamsFacts, now: Now) -> Self {
        let current = ledger.preferred.iter().map(|record| record.pair);
        for pair in current.chain(ledger.replaced_preferred.iter().copied()) {
            teams.own_words(pair.presence());
        }
        Self {
            op: None,
            ends: ledger.preferred.as_ref().map(|record| now.mono_at(record.until)),
            replaced: ledger.replaced_preferred.clone(),
            asked_at: None,
            unsure: ledger.preferred.is_some(),
            tries: Tries::new(),
        }
    }

    pub(crate) const fn refused(&self) -> Option<&Fault> {
        self.tries.refused()
    }

    pub(crate) fn is_settled(&self, ledger: &Ledger) -> bool {
        self.op.is_none() && ledger.preferred.is_none()
    }

    pub(crate) fn next_change(&self, now: Instant) -> Option<Instant> {
        let ends = self.ends.into_iter();
        ends.chain(self.tries.retry_at())
            // What could not be acted upon when it was due is no deadline any more.
            .filter(|at| self.op.is_none() && *at > now)
            .min()
    }

    pub(crate) fn step(&mut self, want: Option<&PreferredWish>, context: &mut Context<'_>, now: Now) {
        match self.op.take() {
            None => {}
            Some(Op::Saving {
                revision,
                wish,
                before,
            }) if context.saved >= revision || breaks::is(Break::SkipsTheDiskForTeams) => {
                if context.account.is_some() && want.is_some_and(|want| want.pair == wish.pair) {
                    self.send(&wish, before, context, now);
                    return;
                }
                self.not_sent(before, context);
            }
            op @ Some(_) => {
                self.op = op;
                return;
            }
        }
        if let Some(record) = &context.ledger.preferred
            && self.ends.is_some_and(|ends| ends <= now.mono)
        {
            context
                .teams
                .own_words_end(&record.pair.presence(), OwnEnd::Over, now.mono, now.mono);
            context.ledger.preferred = None;
            self.ends = None;
            *context.revision += 1;
        }
        if !self.tries.may(now.mono) {
            return;
        }
        let Some(account) = context.account else { return };
        let ours = context
            .ledger
            .preferred
            .as_ref()
            .filter(|record| record.account == account);
        match want {
            Some(wish) if !self.unsure && ours.is_some_and(|record| record.pair == wish.pair) => {}
            Some(wish) if self.tries.refused().is_none() => {
                let before = context.ledger.preferred.take();
                let before = before.map(|record| (record, self.ends));
                if let Some((record, _)) = before.as_ref().filter(|(record, _)| record.pair != wish.pair) {
                    self.replaced.retain(|pair| *pair != record.pair);
                    self.replaced.push(record.pair);
                    context.ledger.replaced_preferred.clone_from(&self.replaced);
                }
                let ends = now.after(wish.lifetime);
                self.ends = Some(ends.mono);
                context.ledger.preferred = Some(PreferredRecord {
                    pair: wish.pair,
                    account: account.to_owned(),
                    until: ends.wall,
                });
                *context.revision += 1;
                self.op = Some(Op::Saving {
                    revision: *context.revision,
                    wish: wish.clone(),
                    before,
                });
            }
            Some(_) => {}
            None => {
                self.tries.on_no_wish();
                if ours.is_some() {
                    context.effects.push(Effect::ClearPreferred);
                    self.op = Some(Op::Clearing);
                    self.asked_at = Some(now.mono);
                }
            }
        }
    }

    fn send(&mut self, wish: &PreferredWish, before: Option<Before>, context: &mut Context<'_>, now: Now) {
        context.teams.own_words(wish.pair.presence());
        context.effects.push(Effect::SetPreferred {
            pair: wish.pair,
            lifetime: wish.lifetime,
        });
        self.op = Some(Op::Setting { before });
        self.asked_at = Some(now.mono);
    }

    /// What the ledger announced was never asked for: it says what it said before.
    fn not_sent(&mut self, before: Option<Before>, context: &mut Context<'_>) {
        if let Some((record, _)) = &before {
            self.replaced.retain(|pair| *pair != record.pair);
            context.ledger.replaced_preferred.clone_from(&self.replaced);
        }
        self.is_again(before, context);
        *context.revision += 1;
    }

    /// The ledger says what it said before; returns what it said until now.
    fn is_again(&mut self, before: Option<Before>, context: &mut Context<'_>) -> Option<PreferredRecord> {
        let (record, ends) = before.unzip();
        self.ends = ends.flatten();
        std::mem::replace(&mut context.ledger.preferred, record)
    }

    /// The ledger could not be written: nothing new is set without it.
    pub(crate) fn on_not_saved(&mut self, failed: u64, fault: &Fault, context: &mut Context<'_>, now: Now) {
        match self.op.take() {
            Some(Op::Saving { revision, before, .. }) if revision <= failed => {
                self.not_sent(before, context);
                self.tries.on_clear_failed(fault, context.chance, now.mono);
            }
            op => self.op = op,
        }
    }

    pub(crate) fn on_set(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        let before = match self.op.take() {
            Some(Op::Setting { before }) => before,
            op @ (Some(Op::Saving { .. } | Op::Clearing) | None) => {
                self.op = op;
                return;
            }
        };
        let Err(fault) = outcome else {
            self.tries.on_success();
            self.unsure = false;
            self.end_replaced(context, now);
            return;
        };
        self.unsure = fault.kind == FaultKind::Unreachable || before.is_some();
        if fault.kind != FaultKind::Unreachable {
            if let Some(record) = self.is_again(before, context) {
                context
                    .teams
                    .own_words_end(&record.pair.presence(), OwnEnd::Refused, now.mono, now.mono);
            }
            if let Some(record) = &context.ledger.preferred {
                context.teams.own_words(record.pair.presence());
            }
            *context.revision += 1;
        }
        self.tries.on_set_failed(fault, context.chance, now.mono);
    }

    pub(crate) fn on_cleared(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        if self.op != Some(Op::Clearing) {
            return;
        }
        self.op = None;
        match outcome {
            Ok(()) => {
                self.tries.on_success();
                self.unsure = false;
                self.ends = None;
                if let Some(record) = context.ledger.preferred.take() {
                    context
                        .teams
                        .own_words_end(&record.pair.presence(), OwnEnd::Over, now.mono, now.mono);
                    *context.revision += 1;
                }
                self.end_replaced(context, now);
            }
            Err(fault) => self.tries.on_clear_failed(&fault, context.chance, now.mono),
        }
    }

    fn end_replaced(&mut self, context: &mut Context<'_>, now: Now) {
        let current = context.ledger.preferred.as_ref().map(|r| r.pair.presence());
        let replaced = std::mem::take(&mut self.replaced);
        let replaced = replaced.into_iter().map(PreferredPair::presence);
        end_replaced(context.teams, replaced, current.as_ref(), now.mono);
        if !context.ledger.replaced_preferred.is_empty() {
            context.ledger.replaced_preferred.clear();
            *context.revision += 1;
        }
    }

    /// As for the session. Whether what was cut off arrived nobody knows.
    pub(crate) fn forget_requests(&mut self, since: Instant) {
        if self.op.is_some() && self.asked_at.is_some_and(|at| at >= since) {
            return;
        }
        self.unsure |= self.op.is_some();
        self.op = None;
        self.tries.forget();
    }
}
