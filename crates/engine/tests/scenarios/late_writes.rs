//! R9: writes that nobody answered and that are carried out later.

use crate::common::*;
use offhook_engine::Input;
use offhook_engine::fault::FaultKind;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};

#[test]
fn r9_in_intent_a_field_that_shows_before_was_never_written() {
    let mut w = World::new("recommended");
    w.crash = Some(Crash::AfterLedger);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(1.0);
    w.teams_is("Available", "Available");
    w.restart();
    w.after(10.0);
    assert_eq!(w.disk.holds.len(), 1, "the phone system may still come to it");
    w.after(30.0);
    assert_eq!(w.writes(), [], "nothing to put back");
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_write_that_is_carried_out_after_it_was_given_up_is_taken_back() {
    for crashes in [true, false] {
        let mut w = World::new("recommended");
        w.after(30.0);
        w.phone.loses_writes = true;
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.input(Input::PhoneWritten {
            field: Field::Dnd,
            outcome: Err(unreachable()),
        });
        w.phone.loses_writes = false;
        w.teams_is("Available", "Available");
        if crashes {
            w.restart();
        }
        w.after(20.0);
        assert!(!w.dnd());
        w.by_hand(ON);
        w.after(2.0);
        assert!(!w.dnd(), "carried out late, crashes: {crashes}");
        w.after(60.0);
        assert_eq!(w.disk.holds, []);
    }
}

/// The write under way is lost, or so it seems.
fn unanswered(w: &mut World, field: Field) {
    w.input(Input::PhoneWritten {
        field,
        outcome: Err(unreachable()),
    });
}

#[test]
fn r9_of_several_writes_that_are_carried_out_late_each_is_taken_back() {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.after(3.0);
    assert_eq!(w.writes().len(), 2, "tried once more");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.teams("Busy", "InAMeeting");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Meeting));
    w.phone.loses_writes = false;
    w.teams("Available", "Available");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(10.0);
    assert_eq!(w.presence(), None);
    w.after(60.0);
    assert_eq!(w.disk.holds, []);
    assert_eq!(w.disk.yielded, []);
}

#[test]
fn r9_a_release_that_is_carried_out_late_does_not_end_the_next_hold() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Available", "Available");
    unanswered(&mut w, Field::Dnd);
    w.phone.loses_writes = false;
    w.after(5.0);
    assert!(!w.dnd(), "released by the second try");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(1.0);
    assert!(w.dnd());
    w.dnd_by_hand(false);
    w.after(5.0);
    assert!(w.dnd(), "that was the first try");
    assert_eq!(w.disk.yielded, []);
}

#[test]
fn r9_what_the_person_chose_goes_back_when_an_earlier_write_is_carried_out_late() {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.loses_writes = false;
    w.after(10.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "the person wins");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "ours, late");
    w.after(60.0);
    assert_eq!(w.disk.holds, []);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(
        w.presence(),
        Some(PhonePresence::OnThePhone),
        "too late to be ours"
    );
}

/// A write without an answer, after which the person chose something else; that is on disk.
fn in_doubt() -> World {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.loses_writes = false;
    w.after(5.0);
    assert_eq!(w.disk.holds, []);
    w
}

#[test]
fn r9_a_write_of_ours_that_comes_late_is_not_told_to_teams_as_the_persons() {
    let mut w = World::new("starface-9");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InAMeeting");
    unanswered(&mut w, Field::Dnd);
    w.phone.loses_writes = false;
    w.after(5.0);
    assert!(w.dnd(), "by the second try");
    w.dnd_by_hand(false);
    w.after(1.0);
    w.log.clear();
    w.by_hand(ON);
    w.after(5.0);
    assert!(!w.dnd(), "the first try, taken back");
    assert_eq!(w.sets(), 0);
    w.after(60.0);
    w.by_hand(ON);
    w.after(5.0);
    assert!(w.dnd());
    assert_eq!(w.sets(), 1, "and this was the person");
}

#[test]
fn r9_a_write_that_is_carried_out_after_a_restart_is_taken_back() {
    let mut w = in_doubt();
    w.restart();
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away));
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "ours, late");
    w.after(60.0);
    assert_eq!(w.disk.unanswered, []);
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_write_that_was_carried_out_while_the_program_was_away_is_taken_back() {
    for (away, back) in [(60.0, PhonePresence::Away), (3600.0, PhonePresence::OnThePhone)] {
        let mut w = in_doubt();
        let ours = FieldValue::Presence(Some(PhonePresence::OnThePhone));
        w.phone.fields.insert(Field::Presence, ours);
        w.restart_after(away);
        w.after(40.0);
        // After an hour it may be what the person has chosen meanwhile.
        assert_eq!(w.presence(), Some(back), "away for {away} s");
        assert_eq!(w.disk.unanswered, []);
    }
}

#[test]
fn r9_what_shows_itself_after_the_first_reading_of_a_later_run_is_the_persons() {
    let mut w = in_doubt();
    w.restart_after(60.0);
    w.after(3.0);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::OnThePhone));
    assert_eq!(w.disk.unanswered, []);
}

#[test]
fn r9_a_refused_second_try_does_not_make_the_first_forgotten() {
    let mut w = World::new("recommended");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.phone.loses_writes = false;
    w.phone.writes_fail = Some(fault(FaultKind::Rejected));
    w.input(Input::PhoneWritten {
        field: Field::Dnd,
        outcome: Err(unreachable()),
    });
    w.after(5.0);
    assert_eq!(w.writes().len(), 2);
    w.phone.writes_fail = None;
    w.by_hand(ON);
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd(), "the first one was carried out late, and is taken back");
}

#[test]
fn r9_a_release_is_kept_in_mind_while_an_earlier_write_may_still_come() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    assert_eq!(w.forward().as_deref(), Some("100"));
    let first = w.phone.fields[&Field::Forward].clone();
    w.phone.loses_writes = true;
    w.teams("Away", "Away");
    let second = w.writes().last().cloned().unwrap();
    assert_ne!(second, first);
    w.input(Input::PhoneWritten {
        field: Field::Forward,
        outcome: Err(unreachable()),
    });
    w.phone.loses_writes = false;
    w.teams("Available", "Available");
    w.after(10.0);
    assert_eq!(w.forward(), None);
    w.by_hand(second);
    w.after(2.0);
    assert_eq!(w.forward(), None, "carried out late");
    w.after(60.0);
    assert_eq!(w.disk.holds, []);
}
