//! How often the phone system is asked, what is believed of its answers, and what its calls make the engine wait for.

use crate::common::*;
use crate::rules_table::with_own;
use offhook_engine::fault::FaultKind;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::{Effect, Input};

fn reads(w: &World) -> usize {
    w.count(|effect| *effect == Effect::ReadPhone)
}

/// What it shows was read a minute ago.
fn settled(profile: &str) -> World {
    let mut w = World::new(profile);
    w.after(60.0);
    w.log.clear();
    w
}

#[test]
fn r9_a_phone_system_that_cannot_be_read_is_asked_less_and_less_often() {
    let mut w = settled("recommended");
    w.phone.reads_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    let asked = reads(&w);
    assert!((8..=30).contains(&asked), "{asked} in ten minutes");
    assert_eq!(w.writes(), []);
    // Other news do not make it be asked sooner.
    w.ring("1");
    w.hang_up("1");
    assert_eq!(reads(&w), asked);
    w.phone.reads_fail = None;
    w.after(60.0);
    assert!(w.dnd());
}

#[test]
fn r9_a_phone_system_that_does_not_answer_is_asked_again_after_fifteen_seconds() {
    let mut w = settled("recommended");
    w.phone.up = false;
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(59.0);
    let asked = reads(&w);
    assert!((4..=5).contains(&asked), "{asked} in a minute");
    w.phone.up = true;
    w.after(16.0);
    assert!(w.dnd());
}

#[test]
fn r9_a_field_that_the_phone_system_does_not_tell_is_asked_for_less_and_less_often() {
    let mut w = World::cold(
        with_own("recommended", &[("states.Busy.note", "Later")]),
        Ledger::default(),
    );
    w.phone.fields.remove(&Field::Note);
    w.begin();
    w.after(60.0);
    w.log.clear();
    w.teams("Busy", "Busy");
    w.after(600.0);
    let asked = reads(&w);
    assert!((8..=40).contains(&asked), "{asked} in ten minutes");
    assert_eq!(w.writes(), []);
}

#[test]
fn r9_after_a_failed_write_nothing_is_written_before_the_field_has_been_read() {
    let mut w = settled("recommended");
    w.phone.reads_fail = Some(unreachable());
    w.phone.writes_fail = Some(unreachable());
    w.input(Input::PhoneSeen(vec![OFF]));
    w.teams_is("DoNotDisturb", "DoNotDisturb");
    w.read("DoNotDisturb", "DoNotDisturb");
    w.after(120.0);
    assert_eq!(w.writes(), [ON]);
    w.phone.reads_fail = None;
    w.phone.writes_fail = None;
    w.after(120.0);
    assert!(w.dnd());
}

#[test]
fn r9_what_arrives_while_a_field_is_being_written_is_old_news_of_that_field_alone() {
    let mut w = settled("recommended");
    w.phone.mute = true;
    w.teams("DoNotDisturb", "DoNotDisturb");
    let note = FieldValue::Note("Lunch".into());
    w.input(Input::PhoneSeen(vec![OFF, note.clone()]));
    assert_eq!(w.engine.facts().phone.value(Field::Note), Some(&note));
}

#[test]
fn r5_a_value_read_again_is_as_old_as_it_was() {
    let mut w = settled("starface-9");
    w.dnd_by_hand(true);
    let since = |w: &World| w.engine.facts().phone.known[&Field::Dnd].since;
    let begun = since(&w);
    assert_eq!(begun, w.now.wall);
    w.after(60.0);
    w.input(Input::PhoneSeen(vec![ON]));
    assert_eq!(since(&w), begun);
}

#[test]
fn r5_a_press_that_the_phone_repeats_while_we_hold_do_not_disturb_stays_the_persons() {
    let mut w = settled("starface-9");
    w.line("deskphone", LineEvent::Dnd { on: true });
    assert!(w.session().is_some());
    w.teams("Busy", "InAMeeting");
    w.after(30.0);
    assert!(w.hold(Field::Dnd).is_some());
    w.line("deskphone", LineEvent::Dnd { on: true });
    w.after(30.0);
    assert!(w.session().is_some());
}

#[test]
fn r1_a_call_that_is_heard_of_while_its_source_is_away_outlives_the_others_grace() {
    let mut w = settled("recommended");
    w.call_on("desk", "a", CallState::Connected);
    w.line("desk", LineEvent::Down(unreachable()));
    w.after(10.0);
    w.call_on("desk", "b", CallState::Connected);
    w.after(49.0);
    assert_eq!(w.status().calls.len(), 2);
    w.after(60.0);
    let left: Vec<String> = w.status().calls.into_iter().map(|call| call.id).collect();
    assert_eq!(left, ["b"]);
}

#[test]
fn r1_a_call_of_a_source_that_lists_them_makes_nothing_be_waited_for() {
    let mut w = settled("recommended");
    w.line("desk", LineEvent::Up { resyncs: true });
    for (state, outgoing_counts, waited) in [
        (CallState::Connected, true, false),
        (CallState::Dialling, false, false),
        (CallState::Dialling, true, true),
    ] {
        w.call_on("desk", "a", state);
        let next = w.engine.facts().calls.next_change(outgoing_counts, w.now.mono);
        assert_eq!(next.is_some(), waited, "{state:?}");
        w.line("desk", LineEvent::Reset);
    }
}

#[test]
fn r2_connection_and_token_are_made_ready_for_a_call_alone_and_where_one_may_be_told() {
    for (right, ready) in [(Right::PresenceWrite, 1), (Right::PresenceRead, 0)] {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        let mut person = account("oid.tid");
        person.rights = vec![right];
        w.sign_in = SignIn::SignedIn(person);
        w.begin();
        let made = |w: &World| w.count(|effect| *effect == Effect::WarmUp);
        assert_eq!(made(&w), 0);
        w.ring("1");
        assert_eq!(made(&w), ready);
        w.answer("1");
        w.after(5.0);
        assert_eq!(made(&w), ready);
    }
}

#[test]
fn r11_everything_that_teams_has_caused_goes_back_when_it_is_silent_or_nobody_is_signed_in() {
    let own = [
        ("states.Busy.dnd", "on"),
        ("states.Busy.forward", "4711"),
        ("states.Busy.presence", "busy"),
        ("states.Busy.note", "Later"),
    ];
    for silent in [true, false] {
        let mut w = World::with(with_own("recommended", &own));
        w.after(60.0);
        let at_rest = w.phone.fields.clone();
        w.teams("Busy", "Busy");
        w.after(30.0);
        for (field, value) in &w.phone.fields {
            assert_ne!(*value, at_rest[field]);
        }
        if silent {
            w.graph_fails(FaultKind::Unreachable);
            w.after(700.0);
        } else {
            w.input(Input::SignIn(SignIn::SignedOut));
            w.after(5.0);
        }
        assert_eq!(w.phone.fields, at_rest, "silent: {silent}");
    }
}
