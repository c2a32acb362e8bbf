//! R1: what counts as a call, and when one that nobody speaks of any more is over.

use crate::common::*;
use offhook_engine::Effect;
use offhook_engine::line::{CallId, CallState, LineEvent};

#[test]
fn r1_ringing_never_counts() {
    let mut w = World::new("recommended");
    w.ring("1");
    w.after(60.0);
    assert_eq!(w.sets(), 0);
    w.hang_up("1");
    w.after(5.0);
    assert_eq!((w.sets(), w.clears()), (0, 0));
}

#[test]
fn r1_connected_held_and_conference_count() {
    for state in [CallState::Connected, CallState::Held, CallState::Conference] {
        let mut w = World::new("recommended");
        w.call_on("baresip", "1", state);
        assert_eq!(w.sets(), 1, "{state:?}");
    }
}

#[test]
fn r1_dialling_counts_after_two_seconds() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", CallState::Dialling);
    w.after(1.9);
    assert_eq!(w.sets(), 0);
    w.after(0.2);
    assert_eq!(w.session(), CALL);
}

#[test]
fn r1_dialling_does_not_count_where_outgoing_calls_do_not() {
    let mut w = World::new("recommended");
    w.set_rules(|rules| rules.outgoing_counts = false);
    w.call_on("baresip", "1", CallState::Dialling);
    w.after(30.0);
    assert_eq!(w.sets(), 0);
    w.answer("1");
    assert_eq!(w.sets(), 1);
}

#[test]
fn r1_unknown_and_repeated_ends_are_harmless() {
    let mut w = World::new("recommended");
    w.hang_up("never");
    w.answer("1");
    w.hang_up("other");
    w.after(5.0);
    assert_eq!(w.session(), CALL);
    w.hang_up("1");
    w.hang_up("1");
    w.after(5.0);
    assert_eq!((w.sets(), w.clears()), (1, 1));
}

#[test]
fn r1_calls_are_told_apart_by_source_and_id() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", CallState::Connected);
    w.call_on("hook", "1", CallState::Connected);
    w.hang_up("1");
    w.after(10.0);
    assert_eq!(w.session(), CALL, "the hook's call is still up");
}

#[test]
fn r1_a_hook_call_nobody_speaks_of_ends_after_four_hours() {
    let mut w = World::new("recommended");
    w.call_on("hook", "1", CallState::Connected);
    w.after(4.0 * 3600.0 - 10.0);
    assert_eq!(w.session(), CALL);
    w.after(20.0);
    assert_eq!(w.session(), None);
}

#[test]
fn r1_with_heartbeats_a_call_ends_after_three_missed_ones() {
    let mut w = World::new("recommended");
    w.call_on("hook", "1", CallState::Connected);
    let beat = || LineEvent::Heartbeat { id: CallId::new("1") };
    for _ in 0..4 {
        w.line("hook", beat());
        w.after(10.0);
    }
    w.after(18.0);
    assert_eq!(w.session(), CALL, "28 s after the last one");
    w.after(6.0);
    assert_eq!(w.session(), None);
}

#[test]
fn r1_a_source_that_lists_its_calls_needs_no_lease() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    w.after(5.0 * 3600.0);
    assert_eq!(w.session(), CALL);
}

#[test]
fn r1_a_disconnected_source_keeps_its_calls_sixty_seconds() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    w.line("baresip", LineEvent::Down(unreachable()));
    w.after(59.0);
    assert_eq!(w.clears(), 0);
    w.after(4.0);
    assert_eq!(w.clears(), 1);
}

#[test]
fn r1_a_resync_that_shows_the_call_keeps_it() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    w.line("baresip", LineEvent::Down(unreachable()));
    w.after(20.0);
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.line(
        "baresip",
        LineEvent::Snapshot(vec![(CallId::new("1"), CallState::Connected)]),
    );
    w.after(120.0);
    assert_eq!(w.clears(), 0);
}

#[test]
fn r1_a_source_that_comes_back_without_a_list_loses_what_it_no_longer_speaks_of() {
    let mut w = World::new("recommended");
    w.line("hook", LineEvent::Up { resyncs: false });
    w.call_on("hook", "1", CallState::Connected);
    w.call_on("hook", "2", CallState::Connected);
    w.line("hook", LineEvent::Down(unreachable()));
    w.after(5.0);
    w.line("hook", LineEvent::Up { resyncs: false });
    w.call_on("hook", "2", CallState::Held);
    w.after(60.0);
    let left: Vec<String> = w.status().calls.into_iter().map(|call| call.id).collect();
    assert_eq!(left, ["2"]);
}

#[test]
fn r1_a_resync_that_shows_nothing_ends_the_calls() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.line("baresip", LineEvent::Snapshot(Vec::new()));
    w.after(2.0);
    assert_eq!(w.clears(), 1);
}

#[test]
fn r1_after_a_resume_sources_are_read_before_the_session_is_renewed_or_cleared() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    // The source answers only after a moment.
    w.sleep(170.0);
    let woke = w.now.mono;
    w.wake();
    assert_eq!(w.count(|e| matches!(e, Effect::Resync(_))), 1);
    w.after(1.0);
    assert_eq!(w.sets(), 1, "not renewed before the source has spoken");
    w.line(
        "baresip",
        LineEvent::Snapshot(vec![(CallId::new("1"), CallState::Connected)]),
    );
    assert_eq!(w.sets(), 2);
    assert!(w.first(|e| matches!(e, Effect::SetSession { .. }), woke).unwrap() < 3.0);
}

#[test]
fn r1_a_source_that_stays_silent_after_a_resume_is_waited_for_three_seconds() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    w.sleep(170.0);
    w.wake();
    w.after(2.9);
    assert_eq!(w.sets(), 1);
    w.after(0.2);
    assert_eq!(w.sets(), 2);
}

#[test]
fn r1_a_session_that_ran_out_in_sleep_is_not_set_again_for_a_call_that_ended() {
    let mut w = World::new("recommended");
    w.lists.insert("baresip".into(), Vec::new());
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("1");
    w.after(10.0);
    w.log.clear();
    w.sleep(900.0);
    w.wake();
    w.after(30.0);
    assert_eq!(w.sets(), 0);
}
