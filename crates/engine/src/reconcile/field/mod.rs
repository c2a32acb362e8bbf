//! One field of the phone system: hold, echo, ownership, release (R9, R10, R11, R13). The same code for all four.

mod held;
mod outcome;
#[cfg(test)]
mod tests;

use super::doubts::Doubts;
use super::{Chance, Pace};
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::desired::{Insist, Want, Wish};
use crate::effect::Effect;
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Hold, Late, Ledger, Stage};
use crate::phone::{Can, Field, FieldValue};
use offhook_protocol::status::NotDoneReason;
use std::time::Duration;

/// A value read longer ago than this is read again before it decides over a write.
const FRESH: Duration = Duration::from_secs(2);
/// R10: how long the rules must have wanted nothing before a field the person took back is touched again.
const QUIET: Duration = Duration::from_secs(30);
/// Another value so soon after our write is a program's work, not a person's.
const AT_ONCE: Duration = Duration::from_secs(10);
/// So often until the field is left to the other program.
const TWICE: u32 = 2;
/// After a refusal that will be repeated.
const REFUSED: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(crate) struct FieldState {
    field: Field,
    step: Step,
    /// Since when the rules have wanted nothing.
    quiet_since: Option<Instant>,
    retry_at: Option<Instant>,
    pace: Pace,
    /// Why the last write failed, until one succeeds or the wish ends.
    pub(crate) failed: Option<Fault>,
    not_done: Option<NotDoneReason>,
    /// The wish that the field met without us. If it is changed away from that by hand, the person wins as
    /// with a hold (R10).
    met: Option<FieldValue>,
    written_at: Option<Instant>,
    /// How often another value came back at once after our write.
    undone: u32,
    /// Until then a write of ours that nobody answered may still be carried out.
    doubt_until: Option<Instant>,
    /// What the field may still come to show by writes of ours that nobody answered.
    doubts: Doubts,
}

/// What is under way. One write at most.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Idle,
    /// The ledger must hold that revision before the write.
    Saving {
        revision: u64,
        write: FieldValue,
    },
    Writing(FieldValue),
}

/// What a field may look at and change.
pub(crate) struct Context<'a> {
    pub ledger: &'a mut Ledger,
    /// Counts up with each change of the ledger; the engine saves it once per round.
    pub revision: &'a mut u64,
    pub saved: u64,
    pub known: Option<(&'a FieldValue, Instant)>,
    pub can: Can,
    /// Nothing tells how the field stands: `known` is what the hold says.
    pub unconfirmed: bool,
    /// The phone system in use; `None` while it is not reachable.
    pub phone: Option<&'a str>,
    pub chance: &'a mut Chance,
    pub effects: &'a mut Vec<Effect>,
    /// Set when a fresh reading is needed.
    pub read: &'a mut bool,
}

impl Context<'_> {
    fn hold(&self, field: Field) -> Option<&Hold> {
        self.ledger.hold_on(field, self.phone?)
    }

    fn put(&mut self, field: Field, hold: Option<Hold>) -> u64 {
        self.ledger.put(field, self.phone.unwrap_or_default(), hold);
        *self.revision += 1;
        *self.revision
    }

    fn late(&self) -> Option<&Late> {
        let late = self.ledger.late.as_ref()?;
        (Some(late.phone.as_str()) == self.phone).then_some(late)
    }

    fn put_late(&mut self, late: Option<Late>) {
        if self.ledger.late != late {
            self.ledger.late = late;
            *self.revision += 1;
        }
    }

    fn keep(&mut self, doubts: &Doubts) {
        if doubts.keep(self.ledger, self.phone.unwrap_or_default()) {
            *self.revision += 1;
        }
    }

    fn contest(&mut self, field: Field) {
        if !self.ledger.contested.contains(&field) {
            self.ledger.contested.push(field);
            *self.revision += 1;
        }
    }

    fn yield_field(&mut self, field: Field, yielded: bool) {
        if self.ledger.yielded.contains(&field) != yielded {
            self.ledger.yielded.retain(|f| *f != field);
            if yielded {
                self.ledger.yielded.push(field);
            }
            *self.revision += 1;
        }
    }
}

impl FieldState {
    pub(crate) fn new(field: Field, ledger: &Ledger, now: Now) -> Self {
        Self {
            field,
            step: Step::Idle,
            quiet_since: None,
            retry_at: None,
            pace: Pace::new(Duration::from_secs(2), Duration::from_secs(60)),
            failed: None,
            not_done: None,
            met: None,
            written_at: None,
            undone: 0,
            doubt_until: None,
            doubts: Doubts::recalled(field, ledger, now),
        }
    }

    pub(crate) const fn field(&self) -> Field {
        self.field
    }

    pub(crate) const fn not_done(&self) -> Option<NotDoneReason> {
        self.not_done
    }

    pub(crate) const fn is_writing(&self) -> bool {
        self.being_written().is_some()
    }

    pub(crate) const fn being_written(&self) -> Option<&FieldValue> {
        match &self.step {
            Step::Writing(value) => Some(value),
            Step::Idle | Step::Saving { .. } => None,
        }
    }

    pub(crate) fn next_try(&self, now: Instant) -> Option<Instant> {
        let doubts = self.doubts.ends();
        let waits = self.retry_at.into_iter().chain(self.doubt_until).chain(doubts);
        waits.filter(|at| *at > now).min()
    }

    /// The person resumed or changed the rules: try again.
    pub(crate) fn on_told(&mut self) {
        self.undone = 0;
    }

    /// The connection is gone: the outcome of a write under way will be judged by reading.
    pub(crate) fn on_down(&mut self) {
        self.step = Step::Idle;
        self.retry_at = None;
        self.met = None;
        self.pace.reset();
    }

    /// Signed in again: what was refused before may be allowed now.
    pub(crate) fn on_up(&mut self) {
        self.on_down();
        self.failed = None;
    }

    /// Looks at wish, hold and reading and takes the next step, if there is one to take.
    /// `released`: the wish is none of the rules' (pause, quit), so it says nothing about their quiet.
    pub(crate) fn step(&mut self, wish: Option<&Wish>, released: bool, context: &mut Context<'_>, now: Now) {
        if released {
            // A quiet that a pause cuts short is begun anew after it.
            self.quiet_since = self.quiet_since.filter(|since| now.mono.since(*since) >= QUIET);
        } else {
            self.note_quiet(wish, context.ledger.yielded.contains(&self.field), now.mono);
        }
        self.not_done = None;
        if context.phone.is_none() {
            return;
        }
        // The person put it back in Offhook: released although the rules go on wanting it.
        let hold = context.hold(self.field);
        let put_back = hold.filter(|_| context.ledger.yielded.contains(&self.field));
        let given_up = put_back.map(|hold| Wish {
            want: Want::Leave,
            why: hold.why.clone(),
            insist: Insist::No,
        });
        let wish = given_up.as_ref().or(wish);
        match &self.step {
            Step::Idle => {}
            Step::Saving { revision, .. } if context.saved < *revision => return,
            Step::Saving { write, .. } => {
                let write = write.clone();
                self.step = Step::Idle;
                if self.still_right(&write, wish, context) {
                    context.effects.push(Effect::WritePhone(write.clone()));
                    self.step = Step::Writing(write);
                    return;
                }
            }
            Step::Writing(_) => return,
        }
        self.judge_late(context, now);
        self.doubts.pass(now.mono);
        match context.hold(self.field).cloned() {
            Some(hold) => {
                self.doubts.on_held();
                if given_up.is_some() {
                    self.not_done = Some(NotDoneReason::Person);
                }
                self.step_held(hold, wish, context, now);
            }
            None if self.comes_late(context) => {}
            None => self.step_free(wish, context, now),
        }
        if context.known.is_some() {
            self.doubts.on_judged();
        }
        context.keep(&self.doubts);
    }

    /// A write that nobody answered shows itself after its hold has ended: it is ours.
    fn comes_late(&mut self, context: &mut Context<'_>) -> bool {
        let hold = context
            .known
            .and_then(|(known, _)| self.doubts.on_shown(known, context.phone.unwrap_or_default()));
        let Some(hold) = hold else { return false };
        context.put(self.field, Some(hold));
        true
    }

    /// What an unanswered write of the presence has become.
    fn judge_late(&self, context: &mut Context<'_>, now: Now) {
        if self.field != Field::Presence {
            return;
        }
        let (Some(late), Some((known, _))) = (context.late(), context.known) else {
            return;
        };
        let mut late = late.clone();
        if late.is(known, now.wall) {
            late.arrived = true;
            context.put_late(Some(late));
        } else if *known != late.before || !late.is_soon(now.wall) {
            context.put_late(None);
        }
    }

    /// Unset also removes a presence that an earlier run of ours left: the hold it should have had is taken, and
    /// released as any other.
    fn take_over(&self, wish: &Wish, context: &mut Context<'_>) {
        let Some(late) = context.late().filter(|late| late.arrived).cloned() else {
            return;
        };
        if wish.want != Want::Unset || !context.can.write || late.wrote.field() != self.field {
            return;
        }
        let hold = Hold {
            stage: Stage::Written,
            before: late.before,
            wrote: late.wrote,
            earlier: None,
            why: wish.why.clone(),
            since: late.at,
            phone: late.phone,
        };
        context.put_late(None);
        context.put(self.field, Some(hold));
    }

    /// While the ledger was being written the wish may have ended, or the person may have changed the field: then
    /// it is judged anew.
    fn still_right(&self, write: &FieldValue, wish: Option<&Wish>, context: &mut Context<'_>) -> bool {
        let Some(mut hold) = context.hold(self.field).cloned() else {
            return false;
        };
        let known = context.known.map(|(known, _)| known);
        match hold.stage {
            Stage::Intent => {
                let shown = hold.earlier.as_ref().unwrap_or(&hold.before);
                let right = wish.is_some_and(|wish| wish.want == Want::Set(write.clone()))
                    && known.is_none_or(|known| known == shown);
                // In doubt about an earlier try, the hold stays until that is over.
                if !right && self.doubt_until.is_none() {
                    self.drop_unwritten(hold, context);
                }
                right
            }
            Stage::Releasing => {
                let ours =
                    known.is_none_or(|known| *known == hold.wrote || hold.earlier.as_ref() == Some(known));
                let again = wish.is_some_and(|wish| wish.want == Want::Set(hold.wrote.clone()));
                if ours && again && hold.earlier.is_none() {
                    hold.stage = Stage::Written;
                    context.put(self.field, Some(hold));
                    return false;
                }
                ours
            }
            Stage::Written => false,
        }
    }

    fn step_free(&mut self, wish: Option<&Wish>, context: &mut Context<'_>, now: Now) {
        let Some((wish, value)) = wish.and_then(|w| match &w.want {
            Want::Set(value) => Some((w, value)),
            Want::Leave | Want::Unset => None,
        }) else {
            self.failed = None;
            self.met = None;
            if let Some(wish) = wish {
                self.take_over(wish, context);
            }
            return;
        };
        if context.ledger.contested.contains(&self.field) && !breaks::is(Break::FightsTheOther) {
            self.not_done = Some(NotDoneReason::OtherWriter);
            return;
        }
        if context.ledger.yielded.contains(&self.field) {
            // A quiet that was too short is not noted any more.
            if self.quiet_since.is_none() && !breaks::is(Break::SetsAgainAtOnce) {
                self.not_done = Some(NotDoneReason::Person);
                return;
            }
            context.yield_field(self.field, false);
        }
        self.quiet_since = None;
        let can = context.can.write && context.can.read || breaks::is(Break::WritesWhatIsNotTaken);
        if !can || breaks::is(Break::NeverSets) {
            self.not_done = Some(NotDoneReason::Capability);
            return;
        }
        if let Some(fault) = &self.failed {
            self.not_done = match fault.kind {
                FaultKind::RightMissing => Some(NotDoneReason::RightMissing),
                FaultKind::Rejected => Some(NotDoneReason::Capability),
                FaultKind::SignInRequired | FaultKind::Throttled { .. } | FaultKind::Unreachable => None,
            };
        }
        if self.retry_at.is_some_and(|at| now.mono < at) {
            return;
        }
        // Already as wanted: no hold, nothing to put back (R9).
        if context.known.is_some_and(|(known, _)| known == value) {
            self.met = Some(value.clone());
            return;
        }
        let shown = context.known.map(|(known, _)| known);
        let insists = shown.is_some_and(|shown| wish.insist.is_over(shown));
        if shown.is_some() && self.met.take().as_ref() == Some(value) && !insists {
            self.person_took_it(context, now);
            return;
        }
        let Some(before) = fresh(context, now.mono) else {
            return;
        };
        let hold = Hold {
            stage: Stage::Intent,
            before,
            wrote: value.clone(),
            earlier: None,
            why: wish.why.clone(),
            since: now.wall,
            phone: context.phone.unwrap_or_default().to_owned(),
        };
        if self.field == Field::Presence {
            context.put_late(None);
        }
        let revision = context.put(self.field, Some(hold));
        self.step = Step::Saving {
            revision,
            write: value.clone(),
        };
    }

    /// The field shows neither what was there nor what we wrote: the person wins (R10).
    fn person_took_it(&mut self, context: &mut Context<'_>, now: Now) {
        context.put(self.field, None);
        self.doubt_until = None;
        context.yield_field(self.field, true);
        self.not_done = Some(NotDoneReason::Person);
        self.quiet_since = self.quiet_since.map(|_| now.mono);
    }

    fn note_quiet(&mut self, wish: Option<&Wish>, yielded: bool, now: Instant) {
        match wish.map(|w| &w.want) {
            Some(Want::Leave | Want::Unset) => {
                self.quiet_since.get_or_insert(now);
                self.met = None;
            }
            Some(Want::Set(_)) => {
                // Of a field the person took back a quiet that was long enough is kept until it is looked at, which
                // an unreachable phone system delays.
                let long = self.quiet_since.is_some_and(|since| now.since(since) >= QUIET);
                self.quiet_since = self.quiet_since.filter(|_| yielded && long);
            }
            None => {}
        }
    }
}

/// The value if it was read just now; otherwise asks for a reading.
fn fresh(context: &mut Context<'_>, now: Instant) -> Option<FieldValue> {
    match context.known {
        Some((value, at)) if now.since(at) <= FRESH => Some(value.clone()),
        Some(_) | None => {
            *context.read = true;
            None
        }
    }
}
