//! What became of a write, and of the ledger that had to come before it.

use super::{Context, FieldState, REFUSED, Step};
use crate::breaks::{self, Break};
use crate::clock::Now;
use crate::effect::Effect;
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Hold, Stage};
use crate::reconcile::doubts::DOUBT;

impl FieldState {
    /// The outcome of the write under way.
    pub(crate) fn on_written(&mut self, outcome: Result<(), Fault>, context: &mut Context<'_>, now: Now) {
        if !self.is_writing() {
            return;
        }
        self.step = Step::Idle;
        let Some(mut hold) = context.hold(self.field).cloned() else {
            return;
        };
        match outcome {
            Ok(()) => {
                self.pace.reset();
                self.retry_at = None;
                self.failed = None;
                match hold.stage {
                    Stage::Intent => {
                        self.written_at = Some(now.mono);
                        if breaks::is(Break::ForgetsBefore) {
                            hold.before = self.field.at_rest();
                        }
                        hold.stage = Stage::Written;
                        hold.earlier = None;
                        context.put(self.field, Some(hold));
                    }
                    // A write that may still come would find nobody to take it back.
                    Stage::Releasing if self.doubt_until.is_some_and(|until| now.mono < until) => {}
                    Stage::Releasing => {
                        self.doubt_until = None;
                        context.put(self.field, None);
                    }
                    Stage::Written => {}
                }
            }
            Err(fault) => {
                let wait = match fault.kind {
                    FaultKind::Rejected | FaultKind::RightMissing => REFUSED,
                    FaultKind::Throttled {
                        retry_after: Some(wait),
                    } => wait,
                    FaultKind::Throttled { retry_after: None }
                    | FaultKind::SignInRequired
                    | FaultKind::Unreachable => self.pace.wait(context.chance),
                };
                if fault.kind == FaultKind::Unreachable {
                    let until = now.mono + DOUBT;
                    let value = match hold.stage {
                        Stage::Intent => {
                            self.doubt_until = Some(until);
                            hold.wrote.clone()
                        }
                        Stage::Releasing | Stage::Written => hold.before.clone(),
                    };
                    self.doubts.add(value, hold.why.clone(), now);
                    context.keep(&self.doubts);
                }
                // A hold that was not taken is judged by what the field shows, at once.
                self.retry_at = Some(now.mono + wait);
                let in_doubt = self.doubt_until.is_some_and(|until| now.mono < until);
                if hold.stage == Stage::Intent
                    && !in_doubt
                    && matches!(fault.kind, FaultKind::Rejected | FaultKind::RightMissing)
                {
                    self.doubt_until = None;
                    self.drop_unwritten(hold, context);
                }
                self.failed = Some(fault);
                *context.read = true;
            }
        }
    }

    pub(super) fn drop_unwritten(&self, mut hold: Hold, context: &mut Context<'_>) {
        match hold.earlier.take() {
            Some(earlier) => {
                hold.wrote = earlier;
                hold.stage = Stage::Written;
                context.put(self.field, Some(hold));
            }
            None => {
                context.put(self.field, None);
            }
        }
    }

    /// The ledger could not be written. Nothing new is taken without it; a release goes on, since a phone must
    /// not stay silent because a disk is full.
    pub(crate) fn on_not_saved(&mut self, failed: u64, fault: &Fault, context: &mut Context<'_>, now: Now) {
        let Step::Saving { write, revision } = &self.step else {
            return;
        };
        if *revision > failed {
            return;
        }
        let Some(hold) = context.hold(self.field).cloned() else {
            return;
        };
        if hold.stage == Stage::Releasing {
            let write = write.clone();
            context.effects.push(Effect::WritePhone(write.clone()));
            self.step = Step::Writing(write);
            return;
        }
        self.step = Step::Idle;
        if self.doubt_until.is_none() {
            self.drop_unwritten(hold, context);
        }
        self.retry_at = Some(now.mono + self.pace.wait(context.chance));
        self.failed = Some(fault.clone());
    }
}
