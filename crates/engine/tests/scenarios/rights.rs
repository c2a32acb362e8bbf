//! R18: a right that is missing switches off its own job alone.

use crate::common::*;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::PhonePresence;
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::{Effect, Input};
use offhook_protocol::status::{Field as Shown, NotDoneReason};

#[test]
fn r18_a_right_that_was_not_granted_switches_off_its_own_job_alone() {
    let mut w = World::new("recommended");
    let mut reader = account("oid.tid");
    reader.rights = vec![Right::PresenceRead];
    w.input(Input::SignIn(SignIn::SignedIn(reader)));
    w.answer("1");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(10.0);
    assert_eq!(w.sets(), 0);
    assert!(w.dnd());
    let not_done = w.status().not_done;
    assert_eq!(
        (not_done[0].field, not_done[0].reason),
        (Shown::Teams, NotDoneReason::RightMissing)
    );
    let mut writer = account("oid.tid");
    writer.rights = vec![Right::PresenceWrite];
    let mut w = World::new("recommended");
    w.input(Input::SignIn(SignIn::SignedIn(writer)));
    w.log.clear();
    w.answer("1");
    w.after(60.0);
    assert_eq!(w.sets(), 1);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), 0);
}

#[test]
fn r18_a_right_refused_by_graph_names_itself() {
    let mut w = World::new("recommended");
    w.graph.writes_fail =
        Some(Fault::new(FaultKind::RightMissing, Code::GraphRightMissing).about("Presence.ReadWrite"));
    w.answer("1");
    w.after(600.0);
    assert_eq!(w.sets(), 1);
    assert_eq!(w.notices(), [Code::GraphRightMissing]);
    assert_eq!(w.presence(), None::<PhonePresence>);
}
