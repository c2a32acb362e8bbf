//! R10: a field that the person changed stays theirs, and what "put the phone back" does.

use crate::common::*;
use offhook_engine::Input;
use offhook_engine::phone::Field;
use offhook_protocol::status::NotDoneReason;

#[test]
fn r10_the_person_wins_over_a_hold() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.after(600.0);
    assert!(!w.dnd());
    assert_eq!(w.hold(Field::Dnd), None);
    let not_done = w.status().not_done;
    assert_eq!(not_done[0].reason, NotDoneReason::Person);
}

#[test]
fn r10_left_alone_until_the_rules_wanted_nothing_for_thirty_seconds() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.teams("Available", "Available");
    w.after(20.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd(), "too short a pause");
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "wanted anew");
}

#[test]
fn r10_a_short_quiet_does_not_grow_while_the_phone_system_is_away() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.dnd_by_hand(false);
    w.phone_down();
    w.teams("Available", "Available");
    w.after(5.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.phone_up();
    w.after(60.0);
    assert!(!w.dnd(), "the person wins");
    w.phone_down();
    w.teams("Available", "Available");
    w.after(40.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.phone_up();
    w.after(5.0);
    assert!(w.dnd(), "it was quiet for long enough");
}

#[test]
fn r10_also_over_a_restart() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.restart_after(3600.0);
    w.after(120.0);
    assert!(!w.dnd());
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd());
}

#[test]
fn r10_a_move_between_rows_that_want_the_same_is_no_change() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.teams("DoNotDisturb", "Presenting");
    w.after(30.0);
    assert_eq!(w.writes(), [ON]);
    assert!(w.why().contains("Presenting"));
    w.dnd_by_hand(false);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd(), "nor a new wish after the person took it");
}

#[test]
fn r10_a_pause_is_not_the_rules_wanting_nothing() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.pause(offhook_protocol::command::Pause::Minutes(15));
    w.after(16.0 * 60.0);
    assert!(!w.dnd());
}

#[test]
fn r10_a_wish_that_was_met_without_us_may_be_ended_by_hand() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.dnd_by_hand(false);
    w.after(120.0);
    assert!(!w.dnd());
}

#[test]
fn r10_the_value_before_chosen_by_hand_is_a_choice_too() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    w.by_hand(forward("300"));
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!(w.forward().as_deref(), Some("300"), "not put back over it");
}

#[test]
fn r10_the_phone_can_be_put_back_while_the_rules_go_on_wanting_it() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "Presenting");
    w.after(30.0);
    assert!(w.dnd());
    w.input(Input::PutBack);
    w.after(1.0);
    assert!(!w.dnd(), "at once");
    assert_eq!(w.hold(Field::Dnd), None);
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::Person);
    // A move between rows that want the same is still the same cause.
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(3600.0);
    assert!(!w.dnd());
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "the next cause counts");
    assert_eq!(w.notices(), [], "nobody else wrote anything");
}

#[test]
fn r10_putting_back_gives_what_was_before_and_outlives_a_restart() {
    let mut w = World::with(forwarding());
    w.by_hand(forward("300"));
    w.teams("Busy", "Busy");
    w.after(30.0);
    assert_ne!(w.forward().as_deref(), Some("300"));
    w.phone_down();
    w.input(Input::PutBack);
    w.restart_after(5.0);
    w.after(60.0);
    assert_eq!(w.forward().as_deref(), Some("300"));
    assert_eq!(w.hold(Field::Forward), None);
}

#[test]
fn r10_what_was_put_back_may_be_set_again_at_once() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.input(Input::PutBack);
    w.after(10.0);
    w.input(Input::SetAgain);
    w.after(1.0);
    assert!(w.dnd());
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r10_putting_back_with_nothing_held_changes_nothing() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.log.clear();
    w.input(Input::PutBack);
    w.after(60.0);
    assert!(w.dnd(), "the person's own");
    assert_eq!(w.changes(), []);
    w.teams("Available", "Available");
    w.dnd_by_hand(false);
    w.after(5.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "nor is the next cause given up");
}

#[test]
fn r10_a_quiet_that_a_pause_cuts_short_does_not_count() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.teams("Available", "Available");
    w.after(5.0);
    w.pause(offhook_protocol::command::Pause::UntilResumed);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(120.0);
    w.input(offhook_engine::Input::Resume);
    w.after(60.0);
    assert!(!w.dnd());
}
