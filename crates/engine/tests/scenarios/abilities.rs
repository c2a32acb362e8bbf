//! R13: what the phone system or its account can't do.

use crate::common::*;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::phone::{Can, Field, FieldValue, PhonePresence, PresenceWords};
use offhook_engine::teams::SessionPair;
use offhook_protocol::status::{NotDoneReason, Owner, State};

#[test]
fn r13_what_cannot_be_written_is_not_attempted_and_named() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.abilities.dnd = Can {
        read: true,
        write: false,
    };
    w.begin();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.writes(), []);
    let not_done = w.status().not_done;
    assert_eq!(not_done[0].reason, NotDoneReason::Capability);
    let pages = w
        .engine
        .pages(&offhook_engine::view::pages::Desk::default(), w.now);
    assert_eq!(pages.phone.abilities[0].can, Some(false));
}

#[test]
fn r13_a_presence_without_a_word_is_set_as_the_nearest_one_and_put_back_after_a_crash() {
    let mut w = World::cold(rules("innovaphone"), Ledger::default());
    let known = [PhonePresence::Dnd, PhonePresence::Busy, PhonePresence::Away];
    w.phone.abilities.presence_words = PresenceWords::of(&known);
    w.phone.abilities.dnd_is_presence = true;
    w.begin();
    let set = |word: PhonePresence| FieldValue::Presence(Some(word));
    w.teams("Busy", "InAMeeting");
    w.after(10.0);
    assert_eq!(w.writes(), [set(PhonePresence::Busy)]);
    let pages = w
        .engine
        .pages(&offhook_engine::view::pages::Desk::default(), w.now);
    assert!(pages.phone.abilities[0].text.contains("colleagues"));
    assert!(
        pages.phone.abilities[2]
            .text
            .contains("do not disturb, busy, away")
    );
    // Another row with the same nearest word is no change.
    w.teams("Busy", "InACall");
    w.after(60.0);
    assert_eq!(w.writes(), [set(PhonePresence::Busy)]);
    w.restart();
    w.after(10.0);
    assert_eq!(w.presence(), Some(PhonePresence::Busy));
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!(w.presence(), None);
}

#[test]
fn r13_what_cannot_be_read_is_not_written_either() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.abilities.dnd = Can {
        read: false,
        write: true,
    };
    w.begin();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.writes(), []);
}

#[test]
fn r13_a_refused_write_is_told_once_and_not_hammered() {
    for kind in [FaultKind::Rejected, FaultKind::RightMissing] {
        let mut w = World::new("recommended");
        w.phone.writes_fail = Some(fault(kind));
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(290.0);
        assert_eq!(w.writes().len(), 1, "{kind:?}");
        assert_eq!(w.notices(), [Code::RuleNotApplied]);
        assert_eq!(w.hold(Field::Dnd), None);
        w.phone.writes_fail = None;
        w.after(60.0);
        assert!(w.dnd());
    }
}

#[test]
fn r13_a_write_that_is_not_answered_is_tried_again_with_a_longer_wait() {
    let mut w = World::new("recommended");
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    let tries = w.writes().len();
    assert!((5..=25).contains(&tries), "{tries}");
    w.phone.writes_fail = None;
    w.after(61.0);
    assert!(w.dnd());
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r13_the_state_shows_do_not_disturb_by_anyone() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    assert_eq!(w.state(), State::DoNotDisturb);
    assert_eq!(w.status().phone.dnd.owner, Some(Owner::Person));
    assert_eq!(SessionPair::ALL.len(), 5);
}
