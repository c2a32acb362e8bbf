//! R12 and R24: which of the things that Teams says is a cause, and which cause wins.

use crate::common::*;
use offhook_engine::line::CallState;
use offhook_engine::phone::PhonePresence;
use offhook_protocol::status::{Field as Shown, NotDoneReason};

#[test]
fn r12_a_call_here_does_not_end_do_not_disturb() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.hang_up("1");
    w.after(30.0);
    assert!(w.dnd());
    assert_eq!(w.writes(), [ON]);
}

#[test]
fn r12_do_not_disturb_in_meetings_too_when_the_person_said_so() {
    for chosen in [true, false] {
        let mut w = World::new("recommended");
        w.set_rules(|rules| rules.dnd_in_meetings = chosen);
        w.teams("Busy", "InAMeeting");
        w.after(5.0);
        assert_eq!(w.dnd(), chosen);
    }
}

#[test]
fn r12_presence_has_an_order() {
    use PhonePresence as P;
    let order = [P::Dnd, P::OnThePhone, P::Meeting, P::Busy, P::Away, P::Available];
    assert!(order.is_sorted());
}

#[test]
fn r24_in_a_call_is_no_cause_while_the_phone_system_reports_the_call() {
    let mut w = World::new("recommended");
    w.call_on("phone", "1", CallState::Connected);
    // Another program's session: not equal to ours, so no echo.
    w.read("Busy", "InAConferenceCall");
    w.after(2.0);
    assert_eq!(w.writes(), []);
    let not_done = w.status().not_done;
    assert_eq!(
        (not_done[0].field, not_done[0].reason),
        (Shown::Dnd, NotDoneReason::Echo)
    );
    assert!(
        w.why().contains("only shows that you are on the phone"),
        "{}",
        w.why()
    );
}

#[test]
fn r24_in_a_call_is_a_cause_otherwise() {
    let mut w = World::new("recommended");
    w.teams("Busy", "InACall");
    assert!(w.dnd());
}

#[test]
fn r24_nothing_is_called_an_echo_where_the_rules_want_nothing() {
    let mut rules = rules("recommended");
    rules.profile.rows.retain(|row| !row.when.starts_with("InA"));
    let mut w = World::with(rules);
    w.call_on("phone", "1", CallState::Connected);
    w.read("Busy", "InAConferenceCall");
    assert_eq!(w.status().not_done, []);
}
