//! R8: our own words read back say nothing new.

use crate::common::*;
use offhook_engine::phone::PhonePresence;
use offhook_engine::teams::SessionPair;

#[test]
fn r8_our_own_session_read_back_is_no_cause() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(120.0);
    assert_eq!(w.status().teams.seen.unwrap().activity, "InACall");
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_the_last_other_reading_stays_in_force() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.read("Busy", "InACall");
    w.after(2.0);
    assert!(w.dnd(), "the echo does not end it");
}

#[test]
fn r8_the_session_counts_as_up_from_the_moment_the_request_is_sent() {
    let mut w = World::new("recommended");
    w.graph.silent = true;
    w.answer("1");
    w.read("Busy", "InACall");
    w.after(5.0);
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_the_echo_lasts_until_fifteen_seconds_after_the_clear() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(20.0);
    w.hang_up("1");
    w.after(1.6);
    assert_eq!(w.clears(), 1);
    w.after(14.5);
    w.read("Busy", "InACall");
    w.after(0.1);
    assert_eq!(w.writes(), [], "still our own words");
    w.teams("Busy", "InACall");
    w.after(2.0);
    assert!(w.dnd(), "now it is a call in Teams");
}

#[test]
fn r8_every_other_reading_counts_at_once() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.teams("DoNotDisturb", "Presenting");
    assert!(w.dnd());
}

#[test]
fn r8_the_echo_lasts_fifteen_seconds_after_a_session_ran_out() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(20.0);
    w.graph.fails = Some(unreachable());
    w.hang_up("1");
    w.after(285.0);
    assert!(w.status().teams.session.is_none(), "ran out");
    w.read("Busy", "InACall");
    w.after(1.0);
    assert_eq!(w.writes(), []);
    w.after(14.0);
    w.read("Busy", "InACall");
    w.after(1.0);
    assert_eq!(w.writes(), [ON]);
}

#[test]
fn r8_a_session_of_the_run_before_is_an_echo_too() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.restart();
    w.read("Busy", "InACall");
    w.after(0.5);
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_a_preferred_presence_of_ours_is_an_echo() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(60.0);
    assert_eq!(w.status().teams.seen.unwrap().activity, "Away");
    assert_eq!(w.writes(), []);
    w.presence_by_hand(None);
    w.after(60.0);
    assert_eq!(w.writes(), [], "nor does it come back after the clear");
}

#[test]
fn r8_a_session_that_could_not_be_replaced_yet_is_still_ours() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", offhook_engine::line::CallState::Conference);
    w.answer("2");
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(120.0);
    assert!(!w.dnd());
    assert!(w.writes().is_empty());
}

#[test]
fn r8_a_session_that_could_not_be_replaced_yet_is_still_ours_after_a_restart() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", offhook_engine::line::CallState::Conference);
    w.answer("2");
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(20.0);
    w.restart();
    w.answer("2");
    w.read("Busy", "InAConferenceCall");
    w.after(60.0);
    assert!(w.writes().is_empty(), "{:?}", w.writes());
    w.graph.writes_fail = None;
    w.after(200.0);
    assert!(w.disk.replaced_sessions.is_empty(), "{:?}", w.disk);
}

#[test]
fn r8_a_preferred_presence_that_could_not_be_replaced_yet_is_still_ours_after_a_restart() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(60.0);
    w.restart();
    w.after(120.0);
    assert!(w.writes().is_empty(), "{:?}", w.writes());
    w.graph.writes_fail = None;
    w.after(200.0);
    assert!(w.disk.replaced_preferred.is_empty(), "{:?}", w.disk);
}

#[test]
fn r8_a_preferred_presence_that_could_not_be_replaced_yet_is_still_ours() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(120.0);
    assert!(w.writes().is_empty());
}

#[test]
fn r8_a_refused_request_does_not_cut_the_echo_short() {
    use offhook_engine::facts::teams::{OwnEnd, TeamsFacts};
    let now = World::new("recommended").now.mono;
    let words = SessionPair::BusyInACall.presence();
    let mut teams = TeamsFacts::default();
    teams.own_words(words.clone());
    teams.own_words_end(&words, OwnEnd::Over, now, now);
    teams.own_words(words.clone());
    teams.own_words_end(&words, OwnEnd::Refused, now, now);
    assert!(teams.is_echo(&words, now + secs(14.0)));
    assert!(!teams.is_echo(&words, now + secs(16.0)));
}
