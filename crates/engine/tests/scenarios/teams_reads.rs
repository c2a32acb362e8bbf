//! R6: how often Teams is read.

use crate::common::*;
use offhook_engine::fault::FaultKind;
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::teams::SignIn;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;
use std::time::Duration;

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
        w.after(60.0);
        let from = w.now.mono;
        w.after(520.0);
        let spans = w.poll_spans(from);
        assert!(
            spans.iter().all(|s| (9.0..=11.0).contains(s)),
            "{state}: {spans:?}"
        );
        w.after(10.0);
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
fn r6_no_hour_holds_more_than_360_reads() {
    let mut w = World::new("recommended");
    w.after(120.0);
    let from = w.now.mono;
    w.after(6.0 * 3600.0);
    let reads: Vec<_> = w
        .log
        .iter()
        .filter(|(at, effect)| *at >= from && *effect == Effect::ReadTeams)
        .map(|(at, _)| *at)
        .collect();
    assert!(reads.len() > 2000);
    for hour in reads.windows(361) {
        assert!(hour[360].since(hour[0]) >= secs(3600.0));
    }
}
