//! R11: what becomes of everything while Teams or the phone system can't be reached.

use crate::common::*;
use offhook_engine::Effect;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::phone::Field;
use offhook_protocol::status::State;

#[test]
fn r11_holds_are_released_when_teams_cannot_be_read_for_ten_minutes() {
    for kind in [
        FaultKind::Unreachable,
        FaultKind::Throttled { retry_after: None },
        FaultKind::SignInRequired,
    ] {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.graph_fails(kind);
        w.poll();
        w.after(595.0);
        assert!(w.dnd());
        w.after(6.0);
        assert!(!w.dnd(), "{kind:?}");
        assert!(w.status().attention);
        w.graph.fails = None;
        w.after(610.0);
        assert!(w.dnd(), "and taken again when it is back");
    }
}

#[test]
fn r11_the_time_is_a_setting() {
    let mut w = World::new("recommended");
    w.set_rules(|rules| rules.release_after = secs(120.0));
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.graph_fails(FaultKind::Unreachable);
    w.poll();
    w.after(121.0);
    assert!(!w.dnd());
}

#[test]
fn r11_a_locked_keyring_releases_after_the_same_time() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.sign_in = offhook_engine::teams::SignIn::Waiting(offhook_engine::Fault::new(
        FaultKind::Unreachable,
        Code::KeyringLocked,
    ));
    w.restart();
    w.after(590.0);
    assert!(w.dnd());
    w.after(20.0);
    assert!(!w.dnd());
}

#[test]
fn r11_an_unreachable_phone_system_is_judged_anew_on_reconnect() {
    let mut w = World::new("recommended");
    w.after(30.0);
    w.phone_down();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.writes(), []);
    w.teams("Available", "Available");
    w.phone_up();
    w.after(60.0);
    assert_eq!(w.writes(), [], "not replayed");
    w.phone_down();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(10.0);
    w.phone_up();
    w.after(1.0);
    assert!(w.dnd(), "but done when it is still wanted");
}

#[test]
fn r11_days_without_a_network_lose_nothing_and_ask_rarely() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    w.graph_fails(FaultKind::Unreachable);
    w.phone_down();
    let from = w.now.mono;
    w.log.clear();
    w.after(3.0 * 24.0 * 3600.0);
    let reads = w.count(|effect| *effect == Effect::ReadTeams);
    assert!((700..1_800).contains(&reads), "{reads} tries in three days");
    let others = w
        .log
        .iter()
        .filter(|(_, effect)| *effect != Effect::ReadTeams)
        .count();
    assert!(others < 20, "{others} other effects in three days");
    assert!(w.hold(Field::Dnd).is_some() && w.dnd(), "nobody could be told");
    w.teams_is("Available", "Available");
    w.phone_up();
    w.after(5.0);
    assert!(!w.dnd(), "put back as soon as the phone system is there");
    w.graph.fails = None;
    w.after(320.0);
    assert_eq!(w.status().state, State::Free);
    assert!(w.now.mono.since(from) > secs(250_000.0));
}

#[test]
fn r11_a_connection_lost_during_a_write_is_judged_by_reading() {
    for arrived in [true, false] {
        let mut w = World::new("recommended");
        w.after(30.0);
        w.phone.mute = true;
        w.teams("DoNotDisturb", "DoNotDisturb");
        if !arrived {
            w.phone.fields.insert(Field::Dnd, OFF);
        }
        w.phone_down();
        w.phone.mute = false;
        w.after(10.0);
        w.phone_up();
        w.after(5.0);
        assert!(w.dnd(), "arrived: {arrived}");
        assert_eq!(w.writes().len(), if arrived { 1 } else { 2 });
        w.teams("Available", "Available");
        w.after(5.0);
        assert!(!w.dnd());
    }
}

#[test]
fn r11_the_person_may_have_changed_it_while_the_phone_system_was_away() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.phone_down();
    w.dnd_by_hand(false);
    w.after(30.0);
    w.phone_up();
    w.after(60.0);
    assert!(!w.dnd());
}
