//! R2 to R4: what a call tells Teams, how long that is renewed, and when it is taken back.

use crate::common::*;
use offhook_engine::fault::Code;
use offhook_engine::ledger::{Ledger, SessionRecord};
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::teams::SessionPair;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;
use offhook_protocol::status::State;
use std::time::Duration;

#[test]
fn r2_a_call_sets_busy_in_a_call_for_five_minutes_at_once() {
    let mut w = World::new("recommended");
    w.ring("1");
    w.after(4.0);
    let from = w.now.mono;
    w.answer("1");
    let set = Effect::SetSession {
        pair: SessionPair::BusyInACall,
        lifetime: Duration::from_secs(300),
    };
    assert_eq!(w.first(|e| *e == set, from), Some(0.0));
    assert_eq!(w.state(), State::InCall);
}

#[test]
fn r2_connection_and_token_are_made_ready_while_it_rings() {
    let mut w = World::new("recommended");
    w.ring("1");
    w.after(10.0);
    assert_eq!(w.count(|e| *e == Effect::WarmUp), 1);
}

#[test]
fn r2_a_conference_is_what_a_source_says_not_a_count_of_calls() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.answer("2");
    w.call_on("phone", "same", CallState::Connected);
    assert_eq!(w.session(), CALL);
    w.call_on("baresip", "2", CallState::Conference);
    assert_eq!(w.session(), Some(SessionPair::BusyInAConferenceCall));
    w.hang_up("2");
    assert_eq!(w.session(), CALL);
    assert_eq!(w.clears(), 0);
}

#[test]
fn r2_hold_is_still_a_call_and_of_two_calls_one_may_end() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.call_on("baresip", "1", CallState::Held);
    w.answer("2");
    w.hang_up("1");
    w.after(30.0);
    assert_eq!((w.sets(), w.clears()), (1, 0));
}

#[test]
fn r2_the_reason_knows_since_when_the_person_talks() {
    let mut w = World::new("recommended");
    w.ring("1");
    w.after(10.0);
    w.answer("1");
    w.after(60.0);
    w.call_on("baresip", "1", CallState::Held);
    let why = w.status().why;
    assert_eq!(why[0].since, "2026-03-10T09:00:10Z");
}

#[test]
fn r3_the_session_is_renewed_about_every_150_seconds() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(1200.0);
    let times: Vec<f64> = w
        .log
        .iter()
        .filter(|(_, e)| matches!(e, Effect::SetSession { .. }))
        .map(|(at, _)| at.since_origin().as_secs_f64())
        .collect();
    assert!(times.len() >= 7, "{times:?}");
    for pair in times.windows(2) {
        let span = pair[1] - pair[0];
        assert!((135.0..=165.0).contains(&span), "{span}");
    }
    assert!(
        times.windows(2).any(|p| (p[1] - p[0] - 150.0).abs() > 0.5),
        "jitter"
    );
}

#[test]
fn r3_no_hour_holds_more_than_25_renewals() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.line(
        "baresip",
        LineEvent::Snapshot(vec![(CallId::new("1"), CallState::Connected)]),
    );
    w.after(150.0 * 3600.0);
    let sets: Vec<offhook_engine::Instant> = w
        .log
        .iter()
        .filter(|(_, e)| matches!(e, Effect::SetSession { .. }))
        .map(|(at, _)| *at)
        .collect();
    assert!(sets.len() > 150 * 23, "{}", sets.len());
    for (n, from) in sets.iter().enumerate() {
        let later = sets[n..].iter();
        let within = later.take_while(|at| at.since(*from) < secs(3600.0)).count();
        assert!(within <= 25, "{within} in an hour");
    }
}

#[test]
fn r3_cleared_within_a_second_after_the_debounce() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(30.0);
    let from = w.now.mono;
    w.hang_up("1");
    w.after(10.0);
    let after = w.first(|e| *e == Effect::ClearSession, from).unwrap();
    assert!((1.5..=2.5).contains(&after), "{after}");
}

#[test]
fn r3_a_call_that_follows_within_the_debounce_never_shows_a_gap() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(30.0);
    w.hang_up("1");
    w.after(1.4);
    w.answer("2");
    w.after(60.0);
    assert_eq!((w.sets(), w.clears()), (1, 0));
}

#[test]
fn r3_cleared_at_once_on_quit_sign_out_and_pause() {
    for input in [Input::Quit, Input::SignOut, Input::Pause(Pause::UntilResumed)] {
        let mut w = World::new("recommended");
        w.answer("1");
        let from = w.now.mono;
        w.input(input.clone());
        assert_eq!(
            w.first(|e| *e == Effect::ClearSession, from),
            Some(0.0),
            "{input:?}"
        );
        w.after(5.0);
        assert_eq!((w.sets(), w.session()), (1, None), "{input:?}");
    }
}

#[test]
fn r3_nothing_is_cleared_blindly_at_start() {
    let mut w = World::new("recommended");
    w.after(600.0);
    assert_eq!(w.clears(), 0);
}

#[test]
fn r3_a_session_that_the_ledger_names_is_cleared_at_start() {
    let mut w = World::new("recommended");
    w.answer("1");
    assert!(w.disk.session.is_some(), "recorded as it leaves");
    w.restart();
    w.after(10.0);
    assert_eq!((w.clears(), w.session()), (1, None));
    assert_eq!(w.disk.session, None);
}

#[test]
fn r3_a_call_that_is_still_up_after_a_restart_keeps_its_session() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.restart();
    // Sources have three seconds to speak before a session is cleared.
    w.after(2.5);
    w.line(
        "baresip",
        LineEvent::Snapshot(vec![(CallId::new("1"), CallState::Connected)]),
    );
    w.after(20.0);
    assert_eq!((w.clears(), w.session()), (0, CALL));
}

#[test]
fn r3_a_session_that_ran_out_long_ago_is_left_alone() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.restart_after(400.0);
    w.after(30.0);
    assert_eq!(w.clears(), 0);
    assert_eq!(w.disk.session, None);
}

#[test]
fn r3_another_accounts_session_is_neither_renewed_nor_cleared() {
    let ledger = Ledger {
        session: Some(SessionRecord {
            pair: SessionPair::BusyInACall,
            account: "someone.else".into(),
            until: crate::common::at("2026-03-10T09:04:00Z"),
            lifetime: 300,
        }),
        ..Ledger::default()
    };
    let mut w = World::cold(rules("recommended"), ledger);
    w.begin();
    w.after(30.0);
    assert_eq!(w.clears(), 0);
    w.answer("1");
    assert_eq!(w.session(), CALL, "and stands in nobody's way");
}

#[test]
fn r3_a_request_that_is_not_answered_is_sent_again() {
    let mut w = World::new("recommended");
    w.graph.writes_fail = Some(unreachable());
    w.answer("1");
    w.after(20.0);
    assert!(w.sets() >= 3);
    w.graph.writes_fail = None;
    w.after(40.0);
    assert_eq!(w.session(), CALL);
}

#[test]
fn r3_a_failed_clear_is_tried_again_and_the_record_kept_until_then() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(30.0);
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(10.0);
    assert!(w.clears() >= 2);
    assert!(w.disk.session.is_some());
    w.graph.writes_fail = None;
    w.after(70.0);
    assert_eq!(w.session(), None);
    assert_eq!(w.disk.session, None);
}

#[test]
fn r3_retry_after_is_obeyed_for_the_session() {
    let mut w = World::new("recommended");
    w.graph.writes_fail = Some(throttled(Some(7.5)));
    let from = w.now.mono;
    w.answer("1");
    w.after(7.0);
    assert_eq!(w.sets(), 1);
    w.graph.writes_fail = None;
    w.after(1.0);
    assert_eq!(w.session(), CALL);
    assert!(w.now.mono.since(from) < secs(8.5));
}

#[test]
fn r3_refusals_in_a_row_are_asked_again_less_and_less_often_however_short_the_wait_they_name() {
    let mut w = World::new("recommended");
    w.graph.writes_fail = Some(throttled(Some(1.0)));
    w.answer("1");
    w.after(600.0);
    let sets = w.sets();
    assert!((10..=25).contains(&sets), "{sets} in ten minutes");
}

#[test]
fn r4_teams_that_keeps_showing_something_weaker_is_told_once_and_not_fought() {
    for shown in [
        ("Available", "Available"),
        ("Away", "Away"),
        ("BeRightBack", "BeRightBack"),
        ("Offline", "OffWork"),
    ] {
        let mut w = World::new("recommended");
        w.teams(shown.0, shown.1);
        w.graph.by_hand = true;
        w.answer("1");
        w.after(55.0);
        assert_eq!(w.notices(), [], "not before a minute");
        w.after(45.0);
        assert_eq!(w.notices(), [Code::TeamsKeepsStatus], "{shown:?}");
        assert!(w.status().attention);
        w.after(600.0);
        assert_eq!(w.notices().len(), 1);
        assert!(w.sets() <= 7, "renewals only: {}", w.sets());
        assert_eq!(w.count(|e| matches!(e, Effect::SetPreferred { .. })), 0);
    }
}

#[test]
fn r4_busy_or_do_not_disturb_with_another_activity_is_fine() {
    for shown in [
        ("Busy", "InAMeeting"),
        ("DoNotDisturb", "Presenting"),
        ("Busy", "Busy"),
    ] {
        let mut w = World::new("procall");
        w.teams(shown.0, shown.1);
        w.answer("1");
        w.after(600.0);
        assert_eq!(w.notices(), [], "{shown:?}");
    }
}

#[test]
fn r4_a_single_weak_reading_is_not_enough() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(100.0);
    w.read("Available", "Available");
    w.after(200.0);
    assert!(!w.notices().contains(&Code::TeamsKeepsStatus));
}

#[test]
fn r3_what_the_time_out_after_a_sleep_has_sent_is_not_sent_twice() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(10.0);
    w.log.clear();
    w.graph.silent = true;
    w.sleep(900.0);
    w.wake();
    assert_eq!(w.sets(), 1);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), 1);
}
