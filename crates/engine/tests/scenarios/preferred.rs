//! The preferred presence in Teams (R5): what becomes of each request, of its words, and of what the ledger says of it.

use crate::common::*;
use offhook_engine::fault::FaultKind;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::teams::PreferredPair;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;

fn sets(w: &World) -> usize {
    w.count(|e| matches!(e, Effect::SetPreferred { .. }))
}

fn clears(w: &World) -> usize {
    w.count(|e| *e == Effect::ClearPreferred)
}

fn finished(w: &World) -> usize {
    w.count(|e| *e == Effect::Finished)
}

/// The person has picked "busy" on the phone.
fn busy() -> World {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(30.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Busy));
    w
}

/// What the rules go by.
fn in_force(w: &World) -> String {
    let in_force = w.engine.facts().teams.in_force.as_ref();
    in_force.map_or_else(String::new, |in_force| in_force.presence.to_string())
}

#[test]
fn r5_r20_quit_waits_until_it_is_cleared_as_long_as_it_may() {
    let mut w = busy();
    w.graph.silent = true;
    w.input(Input::Quit);
    w.after(1.5);
    assert_eq!(finished(&w), 0, "Teams has not answered");
    w.after(1.0);
    assert_eq!(finished(&w), 1, "two seconds are all that it waits");
}

#[test]
fn r5_r20_quit_tries_again_to_clear_it() {
    let mut w = busy();
    w.graph.writes_fail = Some(unreachable());
    w.input(Input::Quit);
    w.after(0.2);
    assert_eq!((clears(&w), finished(&w)), (1, 0));
    w.graph.writes_fail = None;
    w.after(1.5);
    assert_eq!((w.graph.preferred, finished(&w)), (None, 1));
}

#[test]
fn r5_one_that_could_not_be_set_is_tried_again_soon_however_seldom_teams_is_read() {
    let mut rules = rules("innovaphone");
    rules.poll_floor = secs(300.0);
    let mut w = World::with(rules);
    w.after(400.0);
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(2.0);
    w.graph.writes_fail = None;
    w.after(15.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Busy));
}

#[test]
fn r5_one_that_runs_out_before_the_phone_was_read_is_neither_waited_for_nor_cleared() {
    let mut w = busy();
    w.phone.fields.insert(Field::Presence, FieldValue::Presence(None));
    w.phone.reads_fail = Some(unreachable());
    // Before the day that it lives for is over.
    w.restart_after(86_400.0 - 90.0);
    w.after(300.0);
    assert!(
        w.disk.preferred.is_some(),
        "nobody knows yet what the phone shows"
    );
    w.phone_down();
    w.phone.reads_fail = None;
    w.phone_up();
    w.after(30.0);
    assert_eq!((sets(&w), clears(&w)), (0, 0));
    assert_eq!(w.disk.preferred, None);
}

#[test]
fn r5_one_that_runs_out_while_it_cannot_be_cleared_is_not_on_disk_any_more() {
    let mut w = busy();
    w.graph.writes_fail = Some(unreachable());
    w.pause(Pause::UntilResumed);
    w.restart_after(86_400.0 - 90.0);
    w.after(300.0);
    assert!(clears(&w) > 0);
    assert_eq!(w.disk.preferred, None);
}

#[test]
fn r8_words_of_several_that_nobody_answered_are_the_persons_own_again_when_one_has_taken_their_place() {
    let mut w = busy();
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Dnd));
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(5.0);
    assert_eq!(
        w.disk.replaced_preferred,
        [PreferredPair::Busy, PreferredPair::DoNotDisturb]
    );
    w.graph.writes_fail = None;
    w.after(40.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
    assert_eq!(w.disk.replaced_preferred, []);
    for words in ["Busy", "DoNotDisturb"] {
        w.read(words, words);
        assert_eq!(in_force(&w), format!("{words}/{words}"));
    }
}

#[test]
fn r8_words_of_one_that_nobody_answered_are_remembered_also_when_the_next_is_not_sent() {
    let mut w = busy();
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Dnd));
    w.disk_silent = true;
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(5.0);
    // Back to the one before while the ledger is being written.
    w.presence_by_hand(Some(PhonePresence::Dnd));
    w.graph.writes_fail = None;
    w.disk_answers();
    w.after(40.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::DoNotDisturb));
    w.read("Busy", "Busy");
    assert_eq!(in_force(&w), "Busy/Busy");
}

#[test]
fn r5_what_the_disk_does_not_hold_is_not_announced() {
    let mut w = World::new("innovaphone");
    w.disk_full = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    assert_eq!((sets(&w), w.engine.ledger().preferred.clone()), (0, None));
}

#[test]
fn r5_an_older_ledger_that_could_not_be_written_stops_nothing() {
    let mut w = World::new("innovaphone");
    w.disk_silent = true;
    w.disk_full = true;
    w.answer("1");
    w.disk_full = false;
    w.presence_by_hand(Some(PhonePresence::Busy));
    assert_eq!(sets(&w), 0, "it is not on disk yet");
    w.disk_answers();
    assert_eq!(w.graph.preferred, Some(PreferredPair::Busy), "at once");
}

#[test]
fn r5_one_that_was_refused_is_not_cleared_by_the_next_run() {
    let mut w = World::new("innovaphone");
    w.graph.preferred = Some(PreferredPair::Away);
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.presence_by_hand(Some(PhonePresence::Busy));
    assert_eq!((sets(&w), w.disk.preferred.clone()), (1, None));
    w.graph.writes_fail = None;
    w.phone.fields.insert(Field::Presence, FieldValue::Presence(None));
    w.restart();
    w.after(60.0);
    assert_eq!((clears(&w), w.graph.preferred), (0, Some(PreferredPair::Away)));
}

#[test]
fn r5_a_request_that_sleep_has_cut_off_is_sent_again() {
    let mut w = World::new("innovaphone");
    w.graph.silent = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    assert_eq!(sets(&w), 1);
    w.sleep(60.0);
    w.graph.silent = false;
    w.wake();
    w.after(30.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Busy));
}

#[test]
fn r5_a_clock_that_is_set_neither_ends_it_nor_makes_it_last() {
    let mut w = busy();
    w.clock_jump(2 * 86_400);
    w.after(60.0);
    assert_eq!((sets(&w), clears(&w)), (1, 0), "it is up for another day");
    w.presence_by_hand(None);
    w.after(5.0);
    assert_eq!((clears(&w), w.graph.preferred), (1, None));
    let mut w = busy();
    w.clock_jump(-2 * 86_400);
    w.after(86_400.0);
    assert_eq!(sets(&w), 2, "it has run out, and is wanted still");
}
