//! R19, R20: what quitting, sleep and a pause wait for, and what they ask.

use crate::common::*;
use offhook_engine::calendar::Action;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::{PreferredPair, SessionPair, SignIn};
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;
use offhook_protocol::status::State;

fn finished(w: &World) -> usize {
    w.count(|effect| *effect == Effect::Finished)
}

#[test]
fn r20_quit_waits_for_each_thing_that_nobody_has_confirmed_as_long_as_it_may() {
    let field = || {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(30.0);
        w.phone.mute = true;
        w
    };
    let session = || {
        let mut w = World::new("recommended");
        w.answer("1");
        w.after(30.0);
        w.graph.silent = true;
        w
    };
    // Nothing is under way: it is tried again in a moment.
    let uncleared = || {
        let mut w = World::new("recommended");
        w.answer("1");
        w.after(30.0);
        w.graph.writes_fail = Some(throttled(Some(20.0)));
        w.hang_up("1");
        w.after(3.0);
        assert_eq!(w.clears(), 1);
        w
    };
    let preferred = || {
        let mut w = World::new("innovaphone");
        w.presence_by_hand(Some(PhonePresence::Busy));
        w.after(30.0);
        w.graph.writes_fail = Some(unreachable());
        w
    };
    let disk = || {
        let mut w = World::new("recommended");
        w.after(30.0);
        w.disk_silent = true;
        w.pause(Pause::UntilResumed);
        w
    };
    type Held = (&'static str, fn() -> World);
    let all: [Held; 5] = [
        ("field", field),
        ("session", session),
        ("uncleared session", uncleared),
        ("preferred", preferred),
        ("disk", disk),
    ];
    for (what, held) in all {
        let mut w = held();
        w.input(Input::Quit);
        w.after(1.5);
        assert_eq!(finished(&w), 0, "{what}");
        w.after(0.6);
        assert_eq!(finished(&w), 1, "{what}");
    }
}

#[test]
fn r20_quit_ends_as_soon_as_the_disk_has_answered() {
    let mut w = World::new("recommended");
    w.after(30.0);
    w.disk_silent = true;
    w.pause(Pause::UntilResumed);
    w.input(Input::Quit);
    w.disk_answers();
    assert_eq!(finished(&w), 1);
}

#[test]
fn r20_a_forward_that_is_kept_is_not_waited_for() {
    let mut rules = rules("recommended");
    rules.calendar.busy = Action::Forward;
    rules.calendar.forward_to = Some("4711".into());
    rules.calendar.forward_when_off = true;
    let mut w = World::with(rules);
    w.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);
    w.after(30.0);
    assert_eq!(w.forward().as_deref(), Some("4711"));
    w.input(Input::Quit);
    assert_eq!(finished(&w), 1);
    assert_eq!(w.forward().as_deref(), Some("4711"));
}

#[test]
fn r20_asleep_teams_is_not_read() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.input(Input::Sleep);
    w.log.clear();
    w.after(600.0);
    assert_eq!(w.count(|effect| *effect == Effect::ReadTeams), 0);
}

#[test]
fn r20_before_a_message_is_taken_back_it_is_read_also_when_the_last_reading_is_a_while_ago() {
    for leaves in [Input::Quit, Input::Sleep] {
        let mut rules = rules("recommended");
        rules.calendar.title = true;
        rules.calendar.teams_message = true;
        let mut w = World::with(rules);
        w.message_by_hand("Mine");
        w.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);
        w.after(120.0);
        assert_eq!(w.message(), "Talk");
        w.poll();
        w.after(8.0);
        w.input(leaves);
        w.after(1.9);
        assert_eq!(w.message(), "Mine");
    }
}

#[test]
fn r19_a_pause_takes_a_preferred_presence_back_although_the_phone_has_told_nothing_yet() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    assert_eq!(w.graph.preferred, Some(PreferredPair::Busy));
    let disk: Ledger = w.disk.clone();
    let mut w = World::cold(rules("innovaphone"), disk);
    w.graph.preferred = Some(PreferredPair::Busy);
    w.phone.up = false;
    w.input(Input::PhoneConfigured(true));
    w.input(Input::SignIn(w.sign_in.clone()));
    w.after(30.0);
    assert_eq!(
        w.graph.preferred,
        Some(PreferredPair::Busy),
        "perhaps it is still wanted"
    );
    w.pause(Pause::UntilResumed);
    w.after(5.0);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r20_quit_releases_everything_and_keeps_the_sign_in() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    let from = w.now.mono;
    w.input(Input::Quit);
    w.after(2.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    assert!(w.first(|e| *e == Effect::Finished, from).unwrap() <= 2.0);
    assert_eq!(w.count(|e| *e == Effect::ForgetTokens), 0);
    assert_eq!((w.disk.holds.len(), w.disk.session.is_some()), (0, false));
}

#[test]
fn r20_quit_ends_within_two_seconds_when_nothing_answers() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.graph.silent = true;
    w.phone.mute = true;
    let from = w.now.mono;
    w.input(Input::Quit);
    w.after(10.0);
    let after = w.first(|e| *e == Effect::Finished, from).unwrap();
    assert!((1.9..=2.0).contains(&after), "{after}");
    assert_eq!(
        w.disk.holds.len(),
        1,
        "the ledger does the rest at the next start"
    );
    w.phone.mute = false;
    w.graph.silent = false;
    w.teams_is("Available", "Available");
    w.restart();
    w.after(30.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
}

#[test]
fn r20_quit_with_nothing_held_ends_at_once_and_nothing_is_begun_after_it() {
    let mut w = World::new("recommended");
    let from = w.now.mono;
    w.input(Input::Quit);
    assert_eq!(w.first(|e| *e == Effect::Finished, from), Some(0.0));
    w.log.clear();
    w.answer("1");
    w.read("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    assert_eq!(w.log, []);
}

#[test]
fn r20_sign_out_releases_and_clears_before_the_tokens_go() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.log.clear();
    w.input(Input::SignOut);
    w.after(3.0);
    let order: Vec<&Effect> = w
        .log
        .iter()
        .map(|(_, e)| e)
        .filter(|e| {
            matches!(
                e,
                Effect::WritePhone(_) | Effect::ClearSession | Effect::ForgetTokens
            )
        })
        .collect();
    assert_eq!(order.len(), 3);
    assert_eq!(order[2], &Effect::ForgetTokens);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
}

#[test]
fn r20_nothing_is_taken_again_while_the_tokens_are_being_deleted() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.input(Input::SignOut);
    w.after(3.0);
    w.log.clear();
    w.call_on("baresip", "1", CallState::Held);
    w.by_hand(FieldValue::Note("x".into()));
    w.after(20.0);
    assert_eq!(w.changes(), []);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), 0);
    w.input(Input::SignIn(SignIn::SignedOut));
    assert_eq!(w.state(), State::SignedOut);
    w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
    w.after(5.0);
    assert_eq!(w.session(), Some(SessionPair::BusyInACall));
}

#[test]
fn r20_sleep_releases_and_waking_takes_again() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    let list = vec![(CallId::new("1"), CallState::Connected)];
    w.lists.insert("baresip".into(), list);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.input(Input::Sleep);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    w.sleep(8.0 * 3600.0);
    w.wake();
    w.after(5.0);
    assert!(w.dnd());
    assert_eq!(w.session(), Some(SessionPair::BusyInACall));
}
