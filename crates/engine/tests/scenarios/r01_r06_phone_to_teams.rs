//! R1 to R6: what the phone does reaches Teams, and how often Teams is read.

use crate::common::{ON, World, account, fault, rules, secs, throttled, unreachable};
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::ledger::{Ledger, SessionRecord};
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::teams::{PreferredPair, SessionPair, SignIn};
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;
use offhook_protocol::status::{Owner, State};
use std::time::Duration;

const CALL: Option<SessionPair> = Some(SessionPair::BusyInACall);

// R1

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

// R2

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

// R3

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

// R4

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

// R5

#[test]
fn r5_starface_dnd_by_the_person_shows_as_a_call_and_ends_with_it() {
    let mut w = World::new("starface-9");
    w.dnd_by_hand(true);
    assert_eq!(w.session(), CALL);
    w.after(60.0);
    w.dnd_by_hand(false);
    w.after(3.0);
    assert_eq!((w.session(), w.clears()), (None, 1));
    let available = |e: &Effect| {
        matches!(
            e,
            Effect::SetSession {
                pair: SessionPair::Available,
                ..
            }
        )
    };
    assert_eq!(w.count(available), 0, "never set Available: it fades");
}

#[test]
fn r5_starface_dnd_set_by_us_is_not_the_persons() {
    let mut w = World::new("starface-9");
    w.teams("Busy", "InAMeeting");
    w.after(30.0);
    assert!(w.dnd());
    assert_eq!(w.sets(), 0);
}

#[test]
fn r5_dnd_on_a_phone_itself_is_the_persons_press() {
    let mut w = World::new("starface-9");
    w.line("deskphone", LineEvent::Dnd { on: true });
    assert_eq!(w.session(), CALL);
    let status = w.status();
    assert_eq!(
        (status.phone.dnd.value, status.phone.dnd.owner),
        (Some(true), Some(Owner::Person))
    );
    assert_eq!(status.state, State::DoNotDisturb);
    w.after(60.0);
    w.line("deskphone", LineEvent::Dnd { on: false });
    w.after(3.0);
    assert_eq!((w.session(), w.clears()), (None, 1));
    assert_eq!(w.status().phone.dnd.value, Some(false));
}

#[test]
fn r5_dnd_on_a_phone_itself_ends_with_its_source() {
    let mut w = World::new("starface-9");
    w.line("deskphone", LineEvent::Dnd { on: true });
    w.after(60.0);
    w.input(Input::LineGone(SourceId::new("deskphone")));
    w.after(3.0);
    assert_eq!(w.session(), None);
}

#[test]
fn r5_a_phone_that_follows_our_own_dnd_is_no_press() {
    let mut w = World::new("starface-9");
    w.teams("Busy", "InAMeeting");
    w.after(30.0);
    assert!(w.dnd());
    w.line("deskphone", LineEvent::Dnd { on: true });
    w.after(30.0);
    // Ours goes, and the phone is a moment late.
    w.teams("Available", "Available");
    w.after(30.0);
    assert!(!w.dnd());
    w.line("deskphone", LineEvent::Dnd { on: false });
    w.after(30.0);
    assert_eq!(w.sets(), 0);
    // The next press is one again.
    w.line("deskphone", LineEvent::Dnd { on: true });
    assert_eq!(w.session(), CALL);
}

#[test]
fn r5_dnd_found_on_at_start_counts_as_the_persons() {
    let mut w = World::cold(rules("starface-9"), Ledger::default());
    w.phone.fields.insert(Field::Dnd, ON);
    w.begin();
    w.after(10.0);
    assert_eq!(w.session(), CALL);
}

#[test]
fn r5_a_short_break_of_the_phone_system_changes_nothing_in_teams_a_long_one_does() {
    let mut w = World::new("starface-9");
    w.dnd_by_hand(true);
    w.phone_down();
    w.after(50.0);
    assert_eq!(w.clears(), 0);
    w.after(20.0);
    assert_eq!(w.clears(), 1);
}

#[test]
fn r5_innovaphone_presence_by_the_person_sets_the_preferred_one() {
    use PhonePresence as P;
    let day = Duration::from_secs(24 * 3600);
    let rows = [
        (P::Busy, PreferredPair::Busy, day),
        (P::Meeting, PreferredPair::Busy, day),
        (P::Dnd, PreferredPair::DoNotDisturb, day),
        (P::Away, PreferredPair::Away, 7 * day),
    ];
    for (presence, pair, lifetime) in rows {
        let mut w = World::new("innovaphone");
        w.presence_by_hand(Some(presence));
        let set = Effect::SetPreferred { pair, lifetime };
        assert_eq!(w.count(|e| *e == set), 1, "{presence:?}");
        assert!(w.disk.preferred.is_some(), "a hold");
        assert_eq!(w.sets(), 0);
        w.after(60.0);
        w.presence_by_hand(None);
        w.after(3.0);
        assert_eq!(w.graph.preferred, None, "{presence:?}: online clears it");
        assert_eq!(w.disk.preferred, None);
    }
}

#[test]
fn r5_innovaphone_on_the_phone_is_a_session() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    assert_eq!(w.session(), CALL);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r5_online_never_clears_what_we_did_not_set() {
    let mut w = World::new("innovaphone");
    w.graph.preferred = Some(PreferredPair::Away);
    w.presence_by_hand(Some(PhonePresence::Available));
    w.presence_by_hand(None);
    w.after(60.0);
    assert_eq!(w.count(|e| *e == Effect::ClearPreferred), 0);
}

#[test]
fn r5_a_preferred_presence_outlives_a_restart_and_is_not_cleared_before_the_phone_is_read() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.up = false;
    w.phone.reads_fail = Some(unreachable());
    w.restart();
    w.after(30.0);
    assert_eq!(w.count(|e| *e == Effect::ClearPreferred), 0);
    w.phone.reads_fail = None;
    w.phone_up();
    w.after(30.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
    w.presence_by_hand(None);
    w.after(3.0);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r5_a_preferred_presence_is_asked_for_only_when_the_ledger_on_disk_says_so() {
    let sets = |w: &World| w.count(|e| matches!(e, Effect::SetPreferred { .. }));
    let mut w = World::new("innovaphone");
    w.disk_silent = true;
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(20.0);
    assert_eq!(sets(&w), 0);
    w.disk_answers();
    assert_eq!(sets(&w), 1);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
    // Not wanted any more when the disk has answered.
    w.presence_by_hand(None);
    w.after(30.0);
    w.disk_silent = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(1.0);
    w.presence_by_hand(None);
    w.disk_answers();
    w.after(60.0);
    assert_eq!((sets(&w), w.graph.preferred), (1, None));
    assert_eq!(w.disk.preferred, None);
    // A full disk.
    w.disk_full = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    assert_eq!(sets(&w), 1);
    w.disk_full = false;
    w.after(120.0);
    assert_eq!((sets(&w), w.graph.preferred), (2, Some(PreferredPair::Busy)));
}

#[test]
fn r5_a_preferred_presence_nobody_confirmed_is_sent_again() {
    let mut w = World::new("innovaphone");
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.graph.writes_fail = None;
    w.after(60.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
}

#[test]
fn r5_procall_and_recommended_tell_teams_nothing_of_manual_states() {
    for profile in ["procall", "recommended"] {
        let mut w = World::new(profile);
        w.dnd_by_hand(true);
        for presence in PhonePresence::ALL {
            w.presence_by_hand(Some(presence));
        }
        w.after(60.0);
        assert_eq!(w.changes(), [], "{profile}");
    }
}

// R6

#[test]
fn r6_teams_is_polled_every_ten_seconds_with_jitter() {
    let mut w = World::new("recommended");
    w.after(60.0);
    let from = w.now.mono;
    w.after(400.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| (9.0..=11.0).contains(s)), "{spans:?}");
    assert!(spans.iter().any(|s| (s - 10.0).abs() > 0.1));
}

#[test]
fn r6_faster_for_thirty_seconds_after_a_change() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.teams("Busy", "Busy");
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    let fast = spans.iter().take_while(|s| **s < 4.0).count();
    assert!((8..=11).contains(&fast), "{spans:?}");
    assert!(spans[fast + 1..].iter().all(|s| *s > 8.9), "{spans:?}");
}

#[test]
fn r6_slower_when_away_and_nothing_has_changed_for_ten_minutes() {
    for (state, slow) in [("Away", true), ("Offline", true), ("Available", false)] {
        let mut w = World::new("recommended");
        w.teams(state, state);
        w.after(590.0);
        let from = w.now.mono;
        w.after(60.0);
        w.log.retain(|(at, _)| *at >= from + secs(60.0));
        let from = w.now.mono;
        w.after(300.0);
        let spans = w.poll_spans(from);
        let range = if slow { 27.0..=33.0 } else { 9.0..=11.0 };
        assert!(spans.iter().all(|s| range.contains(s)), "{state}: {spans:?}");
    }
}

#[test]
fn r6_not_slower_while_a_call_is_up() {
    let mut w = World::new("recommended");
    w.teams("Away", "Away");
    w.graph.by_hand = true;
    w.answer("1");
    w.after(900.0);
    let from = w.now.mono;
    w.after(200.0);
    assert!(w.poll_spans(from).iter().all(|s| *s < 11.1));
}

#[test]
fn r6_retry_after_is_obeyed_to_the_fraction() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.graph.fails = Some(throttled(Some(42.25)));
    w.poll();
    w.graph.fails = None;
    let from = w.now.mono;
    w.after(42.2);
    assert_eq!(w.first(|e| *e == Effect::ReadTeams, from + secs(0.001)), None);
    // Then somewhere within the pace: not all desks at the same moment.
    w.after(20.1);
    assert!(w.first(|e| *e == Effect::ReadTeams, from + secs(0.001)).is_some());
}

#[test]
fn r6_retry_after_is_obeyed_over_a_resume() {
    let mut w = World::new("recommended");
    w.graph.fails = Some(throttled(Some(300.0)));
    w.poll();
    let before = w.count(|e| *e == Effect::ReadTeams);
    w.sleep(100.0);
    w.wake();
    w.after(100.0);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), before);
    w.after(120.0);
    assert!(w.count(|e| *e == Effect::ReadTeams) > before);
}

#[test]
fn r6_other_failures_back_off_to_five_minutes_at_most() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.graph.fails = Some(fault(FaultKind::Unreachable));
    let from = w.now.mono;
    w.after(7200.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s <= 301.0), "{spans:?}");
    assert!(spans.iter().any(|s| *s > 140.0), "{spans:?}");
    let tail = &spans[spans.len() - 4..];
    assert!(tail.iter().all(|s| *s >= 150.0), "{spans:?}");
    w.graph.fails = None;
    w.after(400.0);
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s < 11.1), "nothing was refused: {spans:?}");
}

#[test]
fn r6_refusals_without_end_leave_a_read_in_ten_minutes() {
    for after in [None, Some(1.0)] {
        let mut w = World::new("recommended");
        w.after(60.0);
        w.graph.fails = Some(throttled(after));
        let from = w.now.mono;
        w.after(4.0 * 3600.0);
        let spans = w.poll_spans(from);
        assert!(spans.iter().all(|s| *s <= 601.0), "{spans:?}");
        let tail = &spans[spans.len() - 4..];
        assert!(tail.iter().all(|s| *s >= 440.0), "{spans:?}");
        // The first answer ends that, but not what was learned.
        w.graph.fails = None;
        w.after(660.0);
        let from = w.now.mono;
        w.after(3600.0);
        let spans = w.poll_spans(from);
        assert!(spans.iter().all(|s| (200.0..=496.0).contains(s)), "{spans:?}");
    }
}

/// So many reads are refused, each of them once.
pub fn refused(w: &mut World, times: u32) {
    for _ in 0..times {
        w.graph.fails = Some(throttled(Some(1.0)));
        w.poll();
        w.graph.fails = None;
        w.poll();
    }
}

#[test]
fn r6_a_refusal_halves_the_pace_further_ones_take_less_and_answers_bring_it_back() {
    let mut w = World::new("recommended");
    w.after(60.0);
    for apart in [20.0, 28.0, 39.0] {
        refused(&mut w, 1);
        let from = w.now.mono;
        w.after(200.0);
        let spans = w.poll_spans(from);
        let range = 0.88 * apart..=1.11 * apart;
        assert!(spans.iter().all(|s| range.contains(s)), "{apart}: {spans:?}");
    }
    w.after(2.0 * 3600.0);
    let from = w.now.mono;
    w.after(200.0);
    let spans = w.poll_spans(from);
    assert!(
        spans.iter().all(|s| (11.0..=35.0).contains(s)),
        "on the way: {spans:?}"
    );
    w.after(3.0 * 3600.0);
    let from = w.now.mono;
    w.after(200.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| (8.9..=11.1).contains(s)), "{spans:?}");
}

#[test]
fn r6_one_refusal_is_forgotten_within_two_hours() {
    let mut w = World::new("recommended");
    w.after(60.0);
    refused(&mut w, 1);
    w.after(3600.0);
    let from = w.now.mono;
    w.after(200.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s < 18.0), "{spans:?}");
    w.after(3600.0);
    let from = w.now.mono;
    w.after(200.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s < 11.1), "{spans:?}");
    assert_eq!(w.disk.reads_apart, None);
}

#[test]
fn r6_nobody_hurries_where_many_are_refused() {
    let mut w = World::new("recommended");
    w.after(60.0);
    refused(&mut w, 1);
    w.teams("Busy", "Busy");
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s > 17.0), "{spans:?}");
}

#[test]
fn r6_a_refused_write_makes_reads_wait_and_drives_them_apart() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.graph.writes_fail = Some(throttled(Some(40.0)));
    let from = w.now.mono;
    w.answer("1");
    w.graph.writes_fail = None;
    w.after(39.0);
    let early = w.poll_spans(from + secs(0.001));
    assert!(early.is_empty(), "one at the most that was due: {early:?}");
    w.after(60.0);
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s > 17.0), "{spans:?}");
}

#[test]
fn r6_what_refusals_taught_outlives_a_restart_but_not_another_organisation() {
    let mut w = World::new("recommended");
    w.after(60.0);
    refused(&mut w, 1);
    w.after(1.0);
    let apart = w.disk.reads_apart;
    assert!(
        apart.is_some_and(|percent| (190..=200).contains(&percent)),
        "{apart:?}"
    );
    w.restart();
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s > 17.0), "{spans:?}");
    let says = |w: &World| w.status().health.microsoft.map(|light| (light.ok, light.text));
    let told = says(&w);
    assert!(
        told.as_ref()
            .is_some_and(|(ok, text)| *ok && text.contains("every 20 s")),
        "{told:?}"
    );
    w.input(Input::SignIn(SignIn::SignedIn(account("other.tenant"))));
    w.after(40.0);
    let from = w.now.mono;
    w.after(100.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s < 11.1), "{spans:?}");
    assert_eq!(w.disk.reads_apart, None);
    assert_eq!(says(&w), Some((true, "Connected.".to_owned())));
}

#[test]
fn r6_slower_in_a_pause_and_fast_again_after_it() {
    let mut w = World::new("recommended");
    w.pause(Pause::UntilResumed);
    w.after(700.0);
    let from = w.now.mono;
    w.after(300.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| (26.9..=33.1).contains(s)), "{spans:?}");
    let from = w.now.mono;
    w.input(Input::Resume);
    w.after(20.0);
    let first = w.first(|e| *e == Effect::ReadTeams, from);
    assert!(first.is_some_and(|s| s < 3.4), "{first:?}");
}

#[test]
fn r6_an_administrators_floor_is_never_undercut() {
    let mut rules = rules("recommended");
    rules.poll_floor = Duration::from_secs(20);
    let mut w = World::with(rules);
    let from = w.now.mono;
    w.teams("Busy", "Busy");
    w.answer("1");
    w.after(300.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s >= 20.0), "{spans:?}");
}

#[test]
fn r6_read_at_once_and_faster_after_a_resume() {
    let mut w = World::new("recommended");
    w.after(120.0);
    w.sleep(3600.0);
    let from = w.now.mono;
    w.wake();
    assert_eq!(w.first(|e| *e == Effect::ReadTeams, from), Some(0.0));
    w.after(20.0);
    let spans = w.poll_spans(from);
    assert!(spans.iter().all(|s| *s < 3.4), "{spans:?}");
}

#[test]
fn r6_nothing_is_polled_without_a_sign_in() {
    let mut w = World::new("recommended");
    w.input(Input::SignIn(SignIn::SignedOut));
    let before = w.count(|e| *e == Effect::ReadTeams);
    w.after(600.0);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), before);
    w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), before + 1);
}

#[test]
fn r6_the_field_values_are_read_only_when_needed() {
    let mut w = World::new("recommended");
    w.after(60.0);
    let before = w.count(|e| *e == Effect::ReadPhone);
    w.after(3600.0);
    assert_eq!(w.count(|e| *e == Effect::ReadPhone), before);
    assert_eq!(w.phone.fields[&Field::Note], FieldValue::Note(String::new()));
}

#[test]
fn r6_a_renewal_is_no_change() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(60.0);
    let from = w.now.mono;
    w.after(3600.0);
    let reads = w.poll_spans(from).len();
    assert!(reads <= 363, "{reads} reads in an hour of one call");
}

#[test]
fn r6_a_session_that_cannot_be_set_makes_no_reads() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.graph.writes_fail = Some(throttled(Some(20.0)));
    w.answer("1");
    w.after(60.0);
    let from = w.now.mono;
    w.after(3600.0);
    let reads = w.poll_spans(from).len();
    assert!(reads <= 363, "{reads} reads in an hour of failing sets");
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
