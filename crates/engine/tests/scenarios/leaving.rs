//! R19, R20: what quitting, sleep and a pause wait for, and what they ask.

use crate::common::*;
use offhook_engine::calendar::Action;
use offhook_engine::ledger::Ledger;
use offhook_engine::phone::PhonePresence;
use offhook_engine::teams::PreferredPair;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;

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
    let all: [Held; 4] = [
        ("field", field),
        ("session", session),
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
