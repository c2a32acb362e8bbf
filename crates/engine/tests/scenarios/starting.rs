//! R21: what the start finds and does, also after one crash upon another.

use crate::common::*;
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;
use offhook_engine::teams::SignIn;
use offhook_protocol::status::State;

#[test]
fn r21_at_start_what_is_ours_and_no_longer_wanted_is_put_back() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.teams_is("Available", "Available");
    w.restart_after(3600.0);
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r21_at_start_what_is_still_wanted_is_kept_without_a_gap() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.restart();
    w.after(60.0);
    assert_eq!(w.writes(), []);
    assert!(w.dnd());
}

#[test]
fn r21_nothing_is_given_back_before_the_sign_in_is_known() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    let disk = w.disk.clone();
    let mut w = World::cold(rules("recommended"), disk);
    w.phone.fields.insert(Field::Dnd, ON);
    w.input(Input::PhoneConfigured(true));
    w.phone_up();
    w.after(20.0);
    assert_eq!(w.writes(), []);
    assert_ne!(w.state(), State::SignedOut, "not known is not signed out");
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(1.0);
    assert!(!w.dnd());
}

#[test]
fn r21_a_locked_keyring_is_attention_never_signed_out() {
    for code in [Code::KeyringLocked, Code::KeyringAbsent, Code::KeyringLate] {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.sign_in = SignIn::Waiting(Fault::new(FaultKind::Unreachable, code));
        w.restart();
        w.after(30.0);
        let status = w.status();
        assert_ne!(status.state, State::SignedOut);
        assert!(status.attention);
        assert!(w.dnd(), "nothing is overwritten");
        assert_eq!(w.changes(), []);
        assert_eq!(w.disk.holds.len(), 1);
        w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
        w.after(10.0);
        assert!(!w.status().attention);
        assert_eq!(w.writes(), []);
    }
}

#[test]
fn r21_signed_out_releases_what_teams_caused() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(2.0);
    assert!(!w.dnd());
    assert_eq!(w.state(), State::SignedOut);
}

#[test]
fn r9_and_r20_twenty_crashes_in_a_row_leave_the_phone_as_it_should_be() {
    let mut w = World::new("recommended");
    for round in 0..20 {
        let on = round % 2 == 0;
        w.crash = Some([Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite][round % 3]);
        if on {
            w.teams_is("DoNotDisturb", "DoNotDisturb");
        } else {
            w.teams_is("Available", "Available");
        }
        w.after(20.0);
        w.restart();
        w.after(40.0);
        assert_eq!(w.dnd(), on, "round {round}");
        w.phone_down();
        w.input(Input::PhoneDown(unreachable()));
        w.phone_up();
    }
}
