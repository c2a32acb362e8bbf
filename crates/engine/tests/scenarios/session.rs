//! Our session in Teams: what becomes of each request and of its words. R2 to R4 and R8.

use crate::common::*;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::teams::{SessionPair, SignIn};
use offhook_engine::{Effect, Input};

const CONFERENCE: Option<SessionPair> = Some(SessionPair::BusyInAConferenceCall);

/// A call that Teams knows of.
fn calling() -> World {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(10.0);
    assert_eq!(w.session(), CALL);
    w
}

fn conference(w: &mut World) {
    w.call_on("baresip", "1", CallState::Conference);
}

/// The person's own call in Teams, with those words. `recommended` makes do not disturb of it, so the phone tells
/// whether it was taken for an echo of ours.
fn is_news(w: &mut World, activity: &str) -> bool {
    assert!(!w.dnd());
    w.teams("Busy", activity);
    w.after(0.5);
    w.dnd()
}

#[test]
fn r6_teams_is_read_faster_after_a_session_of_ours_was_set() {
    let mut w = World::new("recommended");
    w.after(60.0);
    let from = w.now.mono;
    w.answer("1");
    w.after(25.0);
    let spans = w.poll_spans(from);
    assert!(
        spans.len() >= 5 && spans.iter().all(|span| *span < 3.4),
        "{spans:?}"
    );
}

#[test]
fn r3_a_session_is_not_cleared_while_it_is_being_set() {
    let mut w = World::new("recommended");
    w.graph.silent = true;
    w.answer("1");
    w.hang_up("1");
    w.after(8.0);
    assert_eq!((w.sets(), w.clears()), (1, 0), "one request at a time");
    w.graph.silent = false;
    w.input(Input::SessionSet(Ok(())));
    w.after(2.0);
    assert_eq!((w.sets(), w.clears()), (1, 1));
}

#[test]
fn r3_what_is_wanted_instead_is_told_as_soon_as_it_may_be_tried_again_and_not_with_the_next_reading() {
    let mut w = calling();
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(2.0);
    assert_eq!(w.clears(), 1, "tried, and not answered");
    w.graph.writes_fail = None;
    // Readings would wake it as well.
    w.graph.silent = true;
    conference(&mut w);
    let from = w.now.mono;
    let sets = w.sets();
    w.after(60.0);
    assert!(w.sets() > sets);
    let told = w.first(|e| matches!(e, Effect::SetSession { .. }), from);
    assert!(told.is_some_and(|after| after < 6.0), "{told:?}");
}

#[test]
fn r3_a_renewal_that_falls_into_the_debounce_is_left_out() {
    let mut w = World::new("recommended");
    w.answer("1");
    let from = w.now.mono;
    while w.sets() < 2 {
        w.after(0.1);
    }
    let renewed = w.now.mono.since(from).as_secs_f64();
    // The same seed, so the same moment.
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(renewed - 0.8);
    w.hang_up("1");
    w.after(3.0);
    assert_eq!((w.sets(), w.clears(), w.session()), (1, 1, None));
}

#[test]
fn r3_a_renewal_that_is_refused_is_not_repeated_and_the_session_runs_out() {
    let mut w = calling();
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.after(600.0);
    assert_eq!(w.sets(), 2);
    assert_eq!(w.disk.session, None, "five minutes are what it lives for");
    w.graph.writes_fail = None;
    w.hang_up("1");
    w.after(5.0);
    w.answer("2");
    assert_eq!(w.session(), CALL, "the next call is asked for again");
}

#[test]
fn r3_a_call_that_ends_while_nobody_is_signed_in_is_cleared_afterwards() {
    let mut w = calling();
    w.input(Input::SignIn(SignIn::Waiting(unreachable())));
    w.hang_up("1");
    w.after(30.0);
    assert_eq!(w.clears(), 0);
    w.input(Input::SignIn(w.sign_in.clone()));
    w.after(1.0);
    assert_eq!((w.clears(), w.session()), (1, None));
}

#[test]
fn r3_renewals_are_spread_around_their_pace_and_never_drift_away_from_it() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    let from = w.now.mono;
    w.answer("1");
    w.after(10.0 * 3600.0);
    let sets: Vec<f64> = w
        .log
        .iter()
        .filter(|(_, e)| matches!(e, Effect::SetSession { .. }))
        .map(|(at, _)| at.since(from).as_secs_f64())
        .collect();
    assert!((239..=241).contains(&sets.len()), "{}", sets.len());
    // The nth comes 150 n seconds after the first one, 5 % of 150 s earlier or later.
    let off: Vec<f64> = (0..)
        .zip(&sets)
        .map(|(n, at)| at - 150.0 * f64::from(n))
        .collect();
    assert!(off.iter().all(|off| (-7.6..7.6).contains(off)), "{off:?}");
    for (from, to) in [(-7.6, -3.0), (-3.0, 0.0), (0.0, 3.0), (3.0, 7.6)] {
        let within = off.iter().filter(|off| (from..to).contains(*off)).count();
        assert!(within > 30, "{within} between {from} and {to}");
    }
}

#[test]
fn r4_what_teams_keeps_showing_is_told_a_minute_after_the_session_that_it_does_not_show() {
    let mut w = World::new("recommended");
    w.graph.by_hand = true;
    w.answer("1");
    w.after(50.0);
    conference(&mut w);
    w.after(45.0);
    assert_eq!(w.notices(), [], "the conference has been there for 45 s");
    w.after(45.0);
    assert_eq!(w.notices(), [Code::TeamsKeepsStatus]);
}

#[test]
fn r8_words_of_a_session_that_was_replaced_are_the_persons_own_again_after_fifteen_seconds() {
    let mut w = calling();
    conference(&mut w);
    assert_eq!(w.session(), CONFERENCE);
    assert_eq!(w.disk.replaced_sessions, [], "the next run knows it, too");
    w.after(20.0);
    assert!(is_news(&mut w, "InACall"));
}

#[test]
fn r8_words_of_a_session_that_ran_out_are_the_persons_own_again_though_the_next_was_never_answered() {
    let mut w = calling();
    w.after(90.0);
    w.graph.writes_fail = Some(unreachable());
    conference(&mut w);
    // The first one ran out forty seconds ago.
    w.after(240.0);
    assert!(is_news(&mut w, "InACall"));
}

#[test]
fn r8_words_of_a_session_that_ran_out_before_the_start_are_the_persons_own_fifteen_seconds_later() {
    let mut w = calling();
    // Twenty seconds ago, or ten where its last request was on its way.
    w.restart_after(310.0);
    w.after(6.0);
    assert!(is_news(&mut w, "InACall"));
}

#[test]
fn r8_words_of_a_session_that_ran_out_a_moment_before_the_start_are_still_ours() {
    let mut w = calling();
    w.restart_after(300.0);
    assert!(!is_news(&mut w, "InACall"));
}

#[test]
fn r8_words_of_a_session_that_was_refused_are_the_persons_own_at_once() {
    let mut w = calling();
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    conference(&mut w);
    assert_eq!(w.session(), CALL);
    assert!(is_news(&mut w, "InAConferenceCall"));
}

#[test]
fn r8_words_of_a_session_that_stands_are_ours_though_setting_it_anew_is_refused() {
    let mut w = calling();
    w.graph.writes_fail = Some(unreachable());
    conference(&mut w);
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.call_on("baresip", "1", CallState::Connected);
    w.after(60.0);
    assert_eq!(w.session(), CALL, "the first one, which nothing has replaced");
    assert_eq!(w.writes(), [], "no session of ours writes at the phone");
}

#[test]
fn r3_a_request_that_sleep_has_cut_off_is_not_waited_for() {
    let mut w = World::new("recommended");
    w.graph.silent = true;
    w.answer("1");
    w.after(1.0);
    w.sleep(60.0);
    w.graph.silent = false;
    w.wake();
    w.after(5.0);
    w.hang_up("1");
    w.after(3.0);
    assert_eq!(w.clears(), 1);
}

#[test]
fn r3_a_request_that_sleep_has_cut_off_is_sent_again_as_soon_as_the_machine_wakes() {
    let mut w = World::new("recommended");
    w.graph.silent = true;
    w.answer("1");
    w.after(1.0);
    assert_eq!(w.sets(), 1, "and nobody knows whether it arrived");
    w.sleep(60.0);
    w.graph.silent = false;
    w.wake();
    w.after(5.0);
    assert_eq!((w.sets(), w.session()), (2, CALL));
}

#[test]
fn r3_a_session_that_stands_is_not_sent_again_after_sleep() {
    let mut w = calling();
    w.sleep(60.0);
    w.wake();
    w.after(5.0);
    assert_eq!((w.sets(), w.session()), (1, CALL));
}

#[test]
fn r3_a_session_that_is_wanted_as_it_is_wakes_nobody_before_its_renewal() {
    let mut w = calling();
    w.graph.writes_fail = Some(throttled(Some(30.0)));
    w.hang_up("1");
    w.after(2.0);
    assert_eq!(w.clears(), 1, "tried, and refused");
    // Readings would wake it as well.
    w.graph.silent = true;
    w.answer("2");
    w.after(1.5);
    let next = w.engine.poll_timeout(w.now).map(|(_, name)| name);
    assert_ne!(next, Some("session"), "there is nothing to be tried again");
}
