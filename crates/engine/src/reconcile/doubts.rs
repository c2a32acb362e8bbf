//! Writes of one field that nobody answered: for half a minute the phone system may still carry them out (R9). What
//! shows itself by then is ours, in this run or the next.

use crate::clock::{Instant, Now};
use crate::ledger::{Hold, Ledger, Reason, Stage, Unanswered};
use crate::phone::{Field, FieldValue};
use jiff::SignedDuration;
use std::time::Duration;

/// A write that nobody answered may still be carried out.
pub(super) const DOUBT: Duration = Duration::from_secs(30);

/// What was carried out while no program ran is waited for so long at the next start,
const AFTER_START: Duration = Duration::from_secs(15);
/// which has to come so soon: later the same value may be the person's.
const AWAY: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone)]
pub(super) struct Doubts {
    field: Field,
    list: Vec<Doubt>,
    /// While there are some and no hold: what the field showed last that was none of them.
    stood: Option<FieldValue>,
}

#[derive(Debug, Clone)]
struct Doubt {
    value: FieldValue,
    why: Reason,
    until: Instant,
    until_wall: jiff::Timestamp,
    /// Its time was over when the program started: only what shows at the first reading can be it.
    past: bool,
}

impl Doubts {
    /// Those of the run before whose time is not over.
    pub(super) fn recalled(field: Field, ledger: &Ledger, now: Now) -> Self {
        let all = ledger.unanswered.iter().filter(|one| one.wrote.field() == field);
        let mut stood = None;
        let list = all.filter_map(|one| {
            let left = one.until.duration_since(now.wall);
            if left < -AWAY {
                return None;
            }
            let past = left <= SignedDuration::ZERO;
            // A clock that was set back meanwhile makes no longer wait.
            let left = Duration::try_from(left)
                .unwrap_or_default()
                .clamp(AFTER_START, DOUBT);
            let doubt = Doubt {
                value: one.wrote.clone(),
                why: one.why.clone(),
                until: now.mono + left,
                until_wall: one.until,
                past,
            };
            stood.clone_from(&one.stood);
            Some(doubt)
        });
        Self {
            field,
            list: list.collect(),
            stood,
        }
    }

    pub(super) fn add(&mut self, value: FieldValue, why: Reason, now: Now) {
        self.list.retain(|doubt| doubt.value != value);
        let until = now.after(DOUBT);
        self.list.push(Doubt {
            value,
            why,
            until: until.mono,
            until_wall: until.wall,
            past: false,
        });
    }

    pub(super) fn pass(&mut self, now: Instant) {
        self.list.retain(|doubt| now < doubt.until);
    }

    /// The field was read, and what it showed was judged.
    pub(super) fn on_judged(&mut self) {
        self.list.retain(|doubt| !doubt.past);
    }

    pub(super) fn ends(&self) -> impl Iterator<Item = Instant> {
        self.list.iter().map(|doubt| doubt.until)
    }

    /// A write that nobody answered would make the field show this.
    pub(super) fn has(&self, value: &FieldValue) -> bool {
        self.list.iter().any(|doubt| doubt.value == *value)
    }

    /// There is a hold, which knows by itself what was before.
    pub(super) fn on_held(&mut self) {
        self.stood = None;
    }

    /// Whether a write that nobody answered shows itself after its hold has ended: then the hold it should have, with
    /// which what stood there until now goes back.
    pub(super) fn on_shown(&mut self, known: &FieldValue, phone: &str) -> Option<Hold> {
        if self.list.is_empty() {
            self.stood = None;
            return None;
        }
        let doubt = self.list.iter().find(|doubt| doubt.value == *known);
        let stood = self.stood.take_if(|stood| stood != known && doubt.is_some());
        let (Some(doubt), Some(before)) = (doubt, stood) else {
            self.stood = Some(known.clone());
            return None;
        };
        Some(Hold {
            stage: Stage::Written,
            before,
            wrote: known.clone(),
            earlier: None,
            why: doubt.why.clone(),
            since: doubt.why.since,
            phone: phone.to_owned(),
        })
    }

    /// Notes them for the next run; whether that changed the ledger.
    pub(super) fn keep(&self, ledger: &mut Ledger, phone: &str) -> bool {
        let record = |doubt: &Doubt| Unanswered {
            wrote: doubt.value.clone(),
            stood: self.stood.clone(),
            why: doubt.why.clone(),
            until: doubt.until_wall,
            phone: phone.to_owned(),
        };
        let kept = ledger
            .unanswered
            .iter()
            .filter(|one| one.wrote.field() == self.field);
        if kept.cloned().eq(self.list.iter().map(record)) {
            return false;
        }
        ledger.unanswered.retain(|one| one.wrote.field() != self.field);
        ledger.unanswered.extend(self.list.iter().map(record));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_protocol::status::Cause;

    const ON: FieldValue = FieldValue::Dnd(true);
    const OFF: FieldValue = FieldValue::Dnd(false);
    const NANO: Duration = Duration::from_nanos(1);

    fn now() -> Now {
        Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: "2026-03-10T09:00:00Z".parse().unwrap(),
        }
    }

    fn why() -> Reason {
        Reason {
            cause: Cause::Teams,
            rule: "recommended: Away".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            until: None,
        }
    }

    fn doubting() -> Doubts {
        let mut doubts = Doubts::recalled(Field::Dnd, &Ledger::default(), now());
        doubts.add(ON, why(), now());
        doubts
    }

    #[test]
    fn r9_a_write_that_nobody_answered_is_over_after_exactly_half_a_minute() {
        for (after, is_there) in [(DOUBT - NANO, true), (DOUBT, false)] {
            let mut doubts = doubting();
            doubts.pass(now().mono + after);
            assert_eq!(doubts.has(&ON), is_there, "{after:?}");
        }
    }

    #[test]
    fn r9_what_a_hold_knows_is_not_known_beside_it() {
        for held in [false, true] {
            let mut doubts = doubting();
            assert_eq!(doubts.on_shown(&OFF, "pbx/2001"), None, "what stands there");
            if held {
                doubts.on_held();
            }
            let mut ledger = Ledger::default();
            assert!(doubts.keep(&mut ledger, "pbx/2001"));
            assert_eq!(ledger.unanswered[0].stood, (!held).then_some(OFF));
            let hold = doubts.on_shown(&ON, "pbx/2001");
            assert_eq!(hold.is_none(), held, "without, it is ours");
        }
    }

    #[test]
    fn r9_a_write_of_the_run_before_is_known_for_ten_minutes() {
        let mut ledger = Ledger::default();
        doubting().keep(&mut ledger, "pbx/2001");
        for (later, is_there) in [(AWAY, true), (AWAY + SignedDuration::from_nanos(1), false)] {
            let started = Now {
                mono: now().mono,
                wall: ledger.unanswered[0].until + later,
            };
            let doubts = Doubts::recalled(Field::Dnd, &ledger, started);
            assert_eq!(doubts.has(&ON), is_there, "{later:?}");
        }
    }
}
