//! A field that we hold: what it shows against what was written, whether it is kept, changed, or given back (R9, R10).

use super::{AT_ONCE, Context, FieldState, Step, TWICE, fresh};
use crate::breaks::{self, Break};
use crate::clock::Now;
use crate::desired::{Want, Wish};
use crate::effect::Effect;
use crate::ledger::{Hold, Late, Reason, Stage};
use crate::phone::{Field, FieldValue};
use crate::reconcile::doubts::DOUBT;

impl FieldState {
    pub(super) fn step_held(&mut self, hold: Hold, wish: Option<&Wish>, context: &mut Context<'_>, now: Now) {
        let arrived = context.known.is_some_and(|(known, _)| *known == hold.wrote);
        if hold.stage == Stage::Intent && arrived {
            // An earlier try was carried out: there is nothing to wait for.
            self.retry_at = None;
        }
        if self.retry_at.is_some_and(|at| now.mono < at) {
            return;
        }
        let in_doubt = self.doubt_until.is_some_and(|until| now.mono < until);
        let unset =
            hold.stage != Stage::Written && context.known.is_some_and(|(known, _)| *known == hold.before);
        if in_doubt && unset && wish.is_none_or(|wish| wish.want != Want::Set(hold.wrote.clone())) {
            return;
        }
        match hold.stage {
            Stage::Intent => self.judge_intent(hold, wish, context, now),
            Stage::Written => self.keep_or_release(hold, wish, context, now),
            Stage::Releasing => self.resume_release(hold, wish, context, now),
        }
    }

    /// A write whose outcome nobody saw: the field itself tells. Where it shows what was there before the phone
    /// system may have lost the write, or still come to it.
    fn judge_intent(&mut self, mut hold: Hold, wish: Option<&Wish>, context: &mut Context<'_>, now: Now) {
        let Some(shows) = fresh(context, now.mono) else {
            return;
        };
        if context.unconfirmed {
            // Once more is no harm; and what may have been written must be taken back.
            self.doubt_until = None;
            let is_wanted = wish.is_some_and(|wish| wish.want == Want::Set(hold.wrote.clone()));
            let write = if is_wanted {
                hold.wrote.clone()
            } else {
                hold.stage = Stage::Releasing;
                hold.before.clone()
            };
            let revision = context.put(self.field, Some(hold));
            self.step = Step::Saving { revision, write };
            return;
        }
        if shows == hold.wrote {
            hold.stage = Stage::Written;
            hold.earlier = None;
            context.put(self.field, Some(hold));
            return;
        }
        if shows != hold.before && self.doubts.has(&shows) {
            hold.earlier = Some(shows.clone());
        }
        if hold.earlier.as_ref() != Some(&shows) && shows != hold.before && insists(wish, &hold.wrote, &shows)
        {
            self.write_over(hold, shows, context, now);
            return;
        }
        let earlier = hold.earlier.as_ref() == Some(&shows);
        // What was there before our first value comes back by hand alone while the second is being written.
        if !earlier && (shows != hold.before || hold.earlier.is_some()) {
            self.person_took_it(context, now);
            return;
        }
        let doubt_until = *self.doubt_until.get_or_insert(now.mono + DOUBT);
        if wish.is_some_and(|wish| wish.want == Want::Set(hold.wrote.clone())) {
            let write = hold.wrote.clone();
            let revision = context.put(self.field, Some(hold));
            self.step = Step::Saving { revision, write };
        } else if now.mono >= doubt_until {
            self.doubt_until = None;
            if self.field == Field::Presence && !earlier {
                context.put_late(Some(Late {
                    wrote: hold.wrote.clone(),
                    before: hold.before.clone(),
                    at: now.wall,
                    arrived: false,
                    phone: hold.phone.clone(),
                }));
            }
            self.drop_unwritten(hold, context);
        } else if earlier && wish.is_some_and(|wish| wish.want != Want::Set(shows.clone())) {
            self.release(hold, context, now);
        }
    }

    fn keep_or_release(&mut self, mut hold: Hold, wish: Option<&Wish>, context: &mut Context<'_>, now: Now) {
        let Some((known, read_at)) = context.known else {
            *context.read = true;
            return;
        };
        if *known != hold.wrote && self.doubts.has(known) {
            // An earlier write of ours has come after a later one.
            hold.wrote = known.clone();
            context.put(self.field, Some(hold));
            return;
        }
        if *known != hold.wrote
            && let Some(wish) = wish
            && let Want::Set(value) = &wish.want
            && wish.insist.is_over(known)
        {
            let shows = known.clone();
            hold.why = wish.why.clone();
            hold.wrote = value.clone();
            self.write_over(hold, shows, context, now);
            return;
        }
        if *known != hold.wrote {
            if self.written_at.is_some_and(|at| now.mono.since(at) < AT_ONCE) {
                self.undone += 1;
            }
            if breaks::is(Break::WritesOverThePerson) {
                self.write_again(hold, context);
                return;
            }
            if self.undone >= TWICE {
                context.contest(self.field);
            }
            self.person_took_it(context, now);
            return;
        }
        // One that stood was not undone: the count begins anew.
        if self.written_at.is_some_and(|at| read_at.since(at) >= AT_ONCE) {
            self.undone = 0;
        }
        let Some(wish) = wish else { return };
        let long_ago = self.written_at.is_some_and(|at| now.mono.since(at) > 10 * DOUBT);
        if breaks::is(Break::NeverQuiet) && long_ago {
            self.write_again(hold, context);
            return;
        }
        match &wish.want {
            Want::Set(value) if *value == hold.wrote => {
                let told = |why: &Reason| (why.cause, why.rule.clone(), why.until);
                if told(&wish.why) != told(&hold.why) {
                    hold.why = wish.why.clone();
                    context.put(self.field, Some(hold));
                }
            }
            Want::Set(value) if *value != hold.before => {
                if fresh(context, now.mono).is_none() {
                    return;
                }
                let earlier = std::mem::replace(&mut hold.wrote, value.clone());
                hold.earlier = Some(earlier);
                hold.stage = Stage::Intent;
                hold.why = wish.why.clone();
                let revision = context.put(self.field, Some(hold));
                self.step = Step::Saving {
                    revision,
                    write: value.clone(),
                };
            }
            Want::Set(_) | Want::Leave | Want::Unset if breaks::is(Break::KeepsHolds) => {}
            Want::Set(_) | Want::Leave | Want::Unset => self.release(hold, context, now),
        }
    }

    /// The appointment leads (R16): what somebody set over it is overwritten, but not faster than a program that does
    /// the same would be fought.
    fn write_over(&mut self, mut hold: Hold, shows: FieldValue, context: &mut Context<'_>, now: Now) {
        if let Some(at) = self.written_at.filter(|at| now.mono.since(*at) < AT_ONCE) {
            self.retry_at = Some(at + AT_ONCE);
            return;
        }
        let write = hold.wrote.clone();
        if shows == write {
            hold.stage = Stage::Written;
            hold.earlier = None;
            context.put(self.field, Some(hold));
            return;
        }
        hold.earlier = Some(shows);
        hold.stage = Stage::Intent;
        let revision = context.put(self.field, Some(hold));
        self.step = Step::Saving { revision, write };
    }

    /// Only an engine that is broken on purpose does so.
    fn write_again(&mut self, mut hold: Hold, context: &mut Context<'_>) {
        hold.stage = Stage::Intent;
        let write = hold.wrote.clone();
        context.put(self.field, Some(hold));
        context.effects.push(Effect::WritePhone(write.clone()));
        self.step = Step::Writing(write);
    }

    fn release(&mut self, mut hold: Hold, context: &mut Context<'_>, now: Now) {
        // Only if it still shows what we wrote (R9): look once more.
        let Some(shows) = fresh(context, now.mono) else {
            return;
        };
        if shows != hold.wrote && self.doubts.has(&shows) {
            hold.earlier = Some(shows.clone());
        }
        if shows != hold.wrote && hold.earlier.as_ref() != Some(&shows) {
            self.person_took_it(context, now);
            return;
        }
        let before = hold.before.clone();
        hold.stage = Stage::Releasing;
        let revision = context.put(self.field, Some(hold));
        self.step = Step::Saving {
            revision,
            write: before,
        };
    }

    fn resume_release(&mut self, mut hold: Hold, wish: Option<&Wish>, context: &mut Context<'_>, now: Now) {
        let Some(shows) = fresh(context, now.mono) else {
            return;
        };
        let in_doubt = self.doubt_until.is_some_and(|until| now.mono < until);
        if shows == hold.before {
            if !in_doubt {
                self.doubt_until = None;
                context.put(self.field, None);
            }
        } else if shows != hold.wrote && hold.earlier.as_ref() != Some(&shows) && !self.doubts.has(&shows) {
            self.person_took_it(context, now);
        } else if !in_doubt && wish.is_some_and(|w| w.want == Want::Set(shows.clone())) {
            hold.stage = Stage::Written;
            hold.wrote = shows;
            hold.earlier = None;
            context.put(self.field, Some(hold));
        } else {
            self.release(hold, context, now);
        }
    }
}

/// Whether that wish is still the one being written, and goes over what shows.
fn insists(wish: Option<&Wish>, wrote: &FieldValue, shows: &FieldValue) -> bool {
    wish.is_some_and(|wish| wish.want == Want::Set(wrote.clone()) && wish.insist.is_over(shows))
}
