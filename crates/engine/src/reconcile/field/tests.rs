//! One field by itself, in states that are hard to come to from outside: what it does next, and what it keeps.

use super::{AT_ONCE, Context, FRESH, FieldState, REFUSED, Step};
use crate::clock::{Instant, Now};
use crate::desired::{Insist, Want, Wish};
use crate::effect::Effect;
use crate::fault::{Code, Fault, FaultKind};
use crate::ledger::{Hold, LATE, Late, Ledger, Reason, Stage};
use crate::phone::{Can, Field, FieldValue, PhonePresence};
use crate::reconcile::Chance;
use crate::reconcile::doubts::DOUBT;
use offhook_protocol::status::{Cause, NotDoneReason};
use std::time::Duration;

const PHONE: &str = "pbx/2001";
const NANO: Duration = Duration::from_nanos(1);

fn to(target: &str) -> FieldValue {
    FieldValue::Forward(Some(target.to_owned()))
}

const NOWHERE: FieldValue = FieldValue::Forward(None);
const ON: FieldValue = FieldValue::Dnd(true);
const OFF: FieldValue = FieldValue::Dnd(false);
const AWAY: FieldValue = FieldValue::Presence(Some(PhonePresence::Away));
const BUSY: FieldValue = FieldValue::Presence(Some(PhonePresence::Busy));
const NONE: FieldValue = FieldValue::Presence(None);

fn why() -> Reason {
    Reason {
        cause: Cause::Teams,
        rule: "recommended: Away".to_owned(),
        since: jiff::Timestamp::UNIX_EPOCH,
        until: None,
    }
}

fn wants(want: Want) -> Wish {
    Wish {
        want,
        why: why(),
        insist: Insist::No,
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, Code::TimedOut)
}

/// A field, the ledger and the phone.
struct Desk {
    state: FieldState,
    ledger: Ledger,
    revision: u64,
    saved: u64,
    known: Option<(FieldValue, Instant)>,
    unconfirmed: bool,
    now: Now,
    /// By the last call.
    effects: Vec<Effect>,
    read: bool,
}

impl Desk {
    fn new(field: Field) -> Self {
        let now = Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: "2026-03-10T09:00:00Z".parse().unwrap(),
        };
        Self {
            state: FieldState::new(field, &Ledger::default(), now),
            ledger: Ledger::default(),
            revision: 7,
            saved: 7,
            known: None,
            unconfirmed: false,
            now,
            effects: Vec::new(),
            read: false,
        }
    }

    /// A hold, and what the phone shows.
    fn held(stage: Stage, before: &FieldValue, wrote: &FieldValue, shows: &FieldValue) -> Self {
        let mut desk = Self::new(before.field());
        desk.ledger.holds.push(Hold {
            stage,
            before: before.clone(),
            wrote: wrote.clone(),
            earlier: None,
            why: why(),
            since: desk.now.wall,
            phone: PHONE.to_owned(),
        });
        desk.shows(shows);
        desk
    }

    fn shows(&mut self, value: &FieldValue) {
        self.known = Some((value.clone(), self.now.mono));
    }

    fn earlier(mut self, value: &FieldValue) -> Self {
        self.ledger.holds[0].earlier = Some(value.clone());
        self
    }

    /// In doubt about a write of ours until so long from now on.
    fn in_doubt(mut self, left: Duration) -> Self {
        self.state.doubt_until = Some(self.now.mono + left);
        self
    }

    /// A write of that value was not answered.
    fn unanswered(mut self, value: &FieldValue) -> Self {
        self.state.doubts.add(value.clone(), why(), self.now);
        self
    }

    fn hold(&self) -> Option<&Hold> {
        self.ledger.holds.first()
    }

    fn stage(&self) -> Option<Stage> {
        self.hold().map(|hold| hold.stage)
    }

    fn is_saving(&self, value: &FieldValue) -> bool {
        matches!(&self.state.step, Step::Saving { write, .. } if write == value)
    }

    fn with<R>(&mut self, act: impl FnOnce(&mut FieldState, &mut Context<'_>, Now) -> R) -> R {
        self.effects.clear();
        self.read = false;
        let known = self.known.clone();
        act(
            &mut self.state,
            &mut Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                saved: self.saved,
                known: known.as_ref().map(|(value, at)| (value, *at)),
                can: Can {
                    read: true,
                    write: true,
                },
                unconfirmed: self.unconfirmed,
                phone: Some(PHONE),
                chance: &mut Chance::new(7),
                effects: &mut self.effects,
                read: &mut self.read,
            },
            self.now,
        )
    }

    fn step(&mut self, wish: &Wish) {
        self.with(|state, context, now| state.step(Some(wish), false, context, now));
    }

    fn written(&mut self, outcome: Result<(), Fault>) {
        let write = self.hold().map(|hold| hold.wrote.clone());
        self.state.step = Step::Writing(write.unwrap_or(NOWHERE));
        self.with(|state, context, now| state.on_written(outcome, context, now));
    }
}

#[test]
fn r9_a_write_in_doubt_is_waited_for_exactly_as_long_as_it_may_come() {
    for (left, waits) in [(NANO, true), (Duration::ZERO, false)] {
        for stage in [Stage::Intent, Stage::Releasing] {
            let mut desk = Desk::held(stage, &NOWHERE, &to("1"), &NOWHERE).in_doubt(left);
            desk.step(&wants(Want::Leave));
            assert_eq!(desk.hold().is_some(), waits, "{stage:?}, {left:?} left");
            assert!(!desk.read && desk.effects.is_empty());
        }
    }
}

#[test]
fn r9_while_a_write_is_in_doubt_nothing_is_read_for_it() {
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &NOWHERE).in_doubt(NANO);
    desk.now = desk.now.after(Duration::from_nanos(0));
    desk.known = Some((NOWHERE, desk.now.mono - FRESH - NANO));
    desk.step(&wants(Want::Leave));
    assert!(!desk.read);
    assert_eq!(desk.state.next_try(desk.now.mono), Some(desk.now.mono + NANO));
}

#[test]
fn r9_a_field_that_nobody_can_read_is_not_written_back_while_its_write_is_in_doubt() {
    for (left, writes_back) in [(NANO, false), (Duration::ZERO, true)] {
        let mut desk = Desk::held(Stage::Intent, &OFF, &ON, &OFF).in_doubt(left);
        desk.unconfirmed = true;
        desk.step(&wants(Want::Leave));
        assert_eq!(desk.is_saving(&OFF), writes_back);
    }
}

#[test]
fn r10_what_stood_and_is_put_back_by_hand_is_the_persons_also_while_an_old_write_is_in_doubt() {
    let mut desk = Desk::held(Stage::Written, &NOWHERE, &to("1"), &NOWHERE).in_doubt(DOUBT);
    desk.step(&wants(Want::Leave));
    assert_eq!(desk.hold(), None);
    assert_eq!(desk.ledger.yielded, [Field::Forward]);
}

#[test]
fn r9_an_intended_write_is_judged_by_what_the_field_shows() {
    // Another write of ours, which nobody answered: ours, and written over.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &to("2")).unanswered(&to("2"));
    desk.step(&wants(Want::Set(to("1"))));
    assert!(desk.is_saving(&to("1")));
    assert_eq!(desk.hold().unwrap().earlier, Some(to("2")));

    // What was there before, which was also written once and not answered: never written.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &NOWHERE).unanswered(&NOWHERE);
    desk.step(&wants(Want::Set(to("1"))));
    assert!(desk.is_saving(&to("1")));
    assert_eq!(desk.hold().unwrap().earlier, None);

    // The first value still shows, and is not wanted any more either: everything goes back.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("2"), &to("1")).earlier(&to("1"));
    desk.step(&wants(Want::Leave));
    assert_eq!(desk.stage(), Some(Stage::Releasing));
    assert!(desk.is_saving(&NOWHERE));

    // It is wanted again: it stays, and the write of the second is waited for.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("2"), &to("1")).earlier(&to("1"));
    desk.step(&wants(Want::Set(to("1"))));
    assert_eq!(desk.stage(), Some(Stage::Intent));
    assert_eq!(desk.state.step, Step::Idle);

    // A value that is none of ours, and that of before instead of our first: the person's.
    for shows in [to("3"), NOWHERE] {
        let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("2"), &shows).earlier(&to("1"));
        desk.step(&wants(Want::Set(to("2"))));
        assert_eq!(desk.hold(), None, "{shows:?}");
        assert_eq!(desk.ledger.yielded, [Field::Forward]);
    }
}

#[test]
fn r16_an_appointment_that_leads_goes_over_the_persons_word_alone() {
    let insists = Wish {
        insist: Insist::Always,
        ..wants(Want::Set(to("1")))
    };
    // What the person set while it was being written.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &to("3"));
    desk.step(&insists);
    assert!(desk.is_saving(&to("1")));
    assert_eq!(desk.hold().unwrap().earlier, Some(to("3")));
    assert_eq!(desk.state.doubt_until, None);

    // What was there before, or our own of before: as without.
    for (earlier, shows) in [(None, NOWHERE), (Some(to("2")), to("2"))] {
        let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &shows);
        desk.ledger.holds[0].earlier.clone_from(&earlier);
        desk.state.written_at = Some(desk.now.mono);
        desk.step(&insists);
        assert!(desk.is_saving(&to("1")), "{shows:?}");
        assert_eq!(desk.hold().unwrap().earlier, earlier);
        assert_eq!(desk.state.doubt_until, Some(desk.now.mono + DOUBT));
    }

    // Another wish than the one being written does not go over it.
    let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &to("3"));
    desk.step(&Wish {
        want: Want::Set(to("2")),
        ..insists
    });
    assert_eq!(desk.hold(), None);
}

#[test]
fn r16_what_is_written_over_is_written_over_no_sooner_than_a_program_is_fought() {
    let insists = Wish {
        insist: Insist::Always,
        ..wants(Want::Set(to("1")))
    };
    for (ago, waits) in [(AT_ONCE - NANO, true), (AT_ONCE, false)] {
        let mut desk = Desk::held(Stage::Written, &NOWHERE, &to("1"), &to("3"));
        let written = desk.now.mono - ago;
        desk.state.written_at = Some(written);
        desk.step(&insists);
        assert_eq!(desk.is_saving(&to("1")), !waits, "{ago:?}");
        assert_eq!(desk.state.retry_at, waits.then_some(written + AT_ONCE));
    }
}

#[test]
fn r10_a_value_taken_back_ten_seconds_after_our_write_was_not_taken_back_at_once() {
    for (ago, counted) in [(AT_ONCE - NANO, 1), (AT_ONCE, 0)] {
        let mut desk = Desk::held(Stage::Written, &NOWHERE, &to("1"), &to("3"));
        desk.state.written_at = Some(desk.now.mono - ago);
        desk.step(&wants(Want::Set(to("1"))));
        assert_eq!(desk.state.undone, counted);
        assert_eq!(desk.hold(), None);
    }
}

#[test]
fn r10_the_person_who_speaks_about_it_begins_the_count_of_another_program_anew() {
    let mut desk = Desk::new(Field::Dnd);
    desk.state.undone = 1;
    desk.state.on_told();
    assert_eq!(desk.state.undone, 0);
}

#[test]
fn r9_a_release_that_was_begun_goes_on_as_the_field_shows() {
    let releasing = |shows: &FieldValue| Desk::held(Stage::Releasing, &NOWHERE, &to("1"), shows);

    // Wanted again before it was written: kept.
    let mut desk = releasing(&to("1"));
    desk.step(&wants(Want::Set(to("1"))));
    assert_eq!(desk.stage(), Some(Stage::Written));
    assert_eq!(desk.state.step, Step::Idle);

    // Wanted again, but a write of ours may still come: given back first. So it is up to the moment.
    for (left, kept) in [(DOUBT, false), (NANO, false), (Duration::ZERO, true)] {
        let mut desk = releasing(&to("1")).in_doubt(left);
        desk.step(&wants(Want::Set(to("1"))));
        assert_eq!(desk.is_saving(&NOWHERE), !kept, "{left:?}");
    }

    // Not wanted, or something else is: given back.
    for want in [Want::Leave, Want::Set(to("2"))] {
        let mut desk = releasing(&to("1"));
        desk.step(&wants(want));
        assert_eq!(desk.stage(), Some(Stage::Releasing));
        assert!(desk.is_saving(&NOWHERE));
        assert_eq!(desk.revision, 8, "said once");
    }

    // The value before the last, or one that nobody answered: ours.
    let mut desk = releasing(&to("2")).earlier(&to("2"));
    desk.step(&wants(Want::Leave));
    assert!(desk.is_saving(&NOWHERE));
    let mut desk = releasing(&to("2")).unanswered(&to("2"));
    desk.step(&wants(Want::Leave));
    assert!(desk.is_saving(&NOWHERE));
    assert_eq!(desk.hold().unwrap().earlier, Some(to("2")));

    // Any other: the person's.
    let mut desk = releasing(&to("3")).earlier(&to("2"));
    desk.step(&wants(Want::Leave));
    assert_eq!((desk.stage(), desk.state.step.clone()), (None, Step::Idle));
    assert_eq!(desk.ledger.yielded, [Field::Forward]);
}

#[test]
fn r9_a_release_names_no_earlier_value_where_the_last_one_shows() {
    let mut desk = Desk::held(Stage::Written, &NOWHERE, &to("1"), &to("1")).unanswered(&to("1"));
    desk.step(&wants(Want::Leave));
    assert_eq!(desk.stage(), Some(Stage::Releasing));
    assert_eq!(desk.hold().unwrap().earlier, None);
}

#[test]
fn r9_a_release_that_succeeds_ends_the_hold_unless_a_write_of_ours_may_still_come() {
    for (left, kept) in [
        (None, false),
        (Some(DOUBT), true),
        (Some(NANO), true),
        (Some(Duration::ZERO), false),
    ] {
        let mut desk = Desk::held(Stage::Releasing, &NOWHERE, &to("1"), &NOWHERE);
        desk.state.doubt_until = left.map(|left| desk.now.mono + left);
        desk.written(Ok(()));
        assert_eq!(desk.hold().is_some(), kept, "{left:?}");
    }
}

#[test]
fn r9_a_refused_write_ends_its_hold_unless_an_earlier_try_may_still_come() {
    for (left, kept) in [(NANO, true), (Duration::ZERO, false)] {
        let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &NOWHERE).in_doubt(left);
        desk.written(Err(fault(FaultKind::Rejected)));
        assert_eq!(desk.hold().is_some(), kept, "{left:?}");
        assert_eq!(desk.state.retry_at, Some(desk.now.mono + REFUSED));
    }
}

#[test]
fn r9_a_ledger_that_was_not_written_undoes_the_holds_that_were_in_it_and_no_later_one() {
    for (failed, kept) in [(8, true), (9, false), (10, false)] {
        let mut desk = Desk::held(Stage::Intent, &NOWHERE, &to("1"), &NOWHERE);
        let write = to("1");
        desk.state.step = Step::Saving { revision: 9, write };
        let full = fault(FaultKind::Unreachable);
        desk.with(|state, context, now| state.on_not_saved(failed, &full, context, now));
        assert_eq!(desk.hold().is_some(), kept, "9, failed {failed}");
        assert_eq!(desk.state.step == Step::Idle, !kept);
    }
}

#[test]
fn a_write_that_failed_is_tried_again_at_its_moment_not_after_it() {
    for (left, writes) in [(NANO, false), (Duration::ZERO, true)] {
        let mut desk = Desk::new(Field::Forward);
        desk.shows(&NOWHERE);
        desk.state.retry_at = Some(desk.now.mono + left);
        desk.step(&wants(Want::Set(to("1"))));
        assert_eq!(desk.is_saving(&to("1")), writes);
    }
}

#[test]
fn r13_what_was_refused_before_a_connection_was_lost_is_not_said_after_it() {
    let mut desk = Desk::new(Field::Dnd);
    desk.state.failed = Some(fault(FaultKind::Rejected));
    desk.shows(&ON);
    desk.step(&wants(Want::Set(ON)));
    assert_eq!(desk.state.not_done(), Some(NotDoneReason::Capability));
    desk.state.on_up();
    desk.step(&wants(Want::Set(ON)));
    assert_eq!(desk.state.not_done(), None);
}

#[test]
fn r10_a_field_that_is_the_rules_again_is_so_on_disk_where_nothing_is_to_be_written() {
    let mut desk = Desk::new(Field::Dnd);
    desk.ledger.yielded.push(Field::Dnd);
    desk.shows(&ON);
    desk.step(&wants(Want::Leave));
    assert_eq!(desk.revision, 7);
    desk.now = desk.now.after(super::QUIET);
    desk.step(&wants(Want::Set(ON)));
    assert!(desk.ledger.yielded.is_empty() && desk.hold().is_none());
    assert_eq!(desk.revision, 8);
}

#[test]
fn r10_a_quiet_a_little_too_short_leaves_the_field_to_the_person() {
    let mut desk = Desk::new(Field::Dnd);
    desk.ledger.yielded.push(Field::Dnd);
    desk.shows(&OFF);
    desk.step(&wants(Want::Leave));
    desk.now = desk.now.after(super::QUIET - NANO);
    desk.step(&wants(Want::Set(ON)));
    assert_eq!(desk.ledger.yielded, [Field::Dnd]);
    assert_eq!(desk.state.not_done(), Some(NotDoneReason::Person));
}

/// A presence that was given up `ago` and what shows now: what is still known of it, and whether that was counted.
fn late(ago: jiff::SignedDuration, arrived: bool, shows: &FieldValue) -> (Option<bool>, u64) {
    let mut desk = Desk::new(Field::Presence);
    desk.ledger.late = Some(Late {
        wrote: BUSY,
        before: NONE,
        at: desk.now.wall - ago,
        arrived,
        phone: PHONE.to_owned(),
    });
    desk.shows(shows);
    desk.step(&wants(Want::Leave));
    let left = desk.ledger.late.as_ref().map(|late| late.arrived);
    (left, desk.revision - 7)
}

#[test]
fn r9_a_presence_that_was_given_up_is_ours_when_it_comes_soon_and_only_then() {
    let soon = LATE;
    let later = LATE + jiff::SignedDuration::from_nanos(1);
    assert_eq!(late(soon, false, &BUSY), (Some(true), 1), "it has arrived");
    assert_eq!(late(later, true, &BUSY), (Some(true), 0), "it had arrived");
    assert_eq!(late(later, false, &BUSY), (None, 1), "too late");
    assert_eq!(late(soon, false, &NONE), (Some(false), 0), "still waited for");
    assert_eq!(late(later, false, &NONE), (None, 1), "it did not come");
    assert_eq!(late(soon, false, &AWAY), (None, 1), "the person set another");
}

#[test]
fn r9_a_hold_on_another_field_forgets_no_presence_that_may_come_late() {
    for (field, before, value, forgotten) in
        [(Field::Dnd, OFF, ON, false), (Field::Presence, NONE, AWAY, true)]
    {
        let mut desk = Desk::new(field);
        desk.ledger.late = Some(Late {
            wrote: BUSY,
            before: NONE,
            at: desk.now.wall,
            arrived: false,
            phone: PHONE.to_owned(),
        });
        desk.shows(&before);
        desk.step(&wants(Want::Set(value)));
        assert_eq!(desk.stage(), Some(Stage::Intent));
        assert_eq!(desk.ledger.late.is_none(), forgotten);
    }
}

#[test]
fn r9_only_a_presence_that_was_given_up_is_waited_for_afterwards() {
    for (before, wrote, earlier, waited) in [
        (NONE, BUSY, None, true),
        (NONE, BUSY, Some(AWAY), false),
        (NOWHERE, to("1"), None, false),
    ] {
        let shows = earlier.clone().unwrap_or_else(|| before.clone());
        let mut desk = Desk::held(Stage::Intent, &before, &wrote, &shows).in_doubt(Duration::ZERO);
        desk.ledger.holds[0].earlier.clone_from(&earlier);
        desk.step(&wants(Want::Leave));
        assert_eq!(desk.ledger.late.is_some(), waited, "{wrote:?}, {earlier:?}");
    }
}
