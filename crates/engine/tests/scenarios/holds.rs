//! R9: what is on disk before each step, what goes back afterwards, and a crash at each step.

use crate::common::*;
use offhook_engine::ledger::Stage;
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::teams::Presence;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;

#[test]
fn r9_each_step_is_on_disk_before_the_next() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.log.clear();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(1.0);
    w.teams("Available", "Available");
    w.after(1.0);
    let steps: Vec<String> = w
        .log
        .iter()
        .filter_map(|(_, effect)| {
            if let Effect::SaveLedger { ledger, .. } = effect {
                let stage = ledger.holds.first().map(|hold| hold.stage);
                Some(format!("save {stage:?}"))
            } else if let Effect::WritePhone(value) = effect {
                Some(format!("write {value:?}"))
            } else {
                (*effect == Effect::ReadPhone).then(|| "read".to_owned())
            }
        })
        .collect();
    assert_eq!(
        steps,
        [
            "read",
            "save Some(Intent)",
            "write Dnd(true)",
            "save Some(Written)",
            "read",
            "save Some(Releasing)",
            "write Dnd(false)",
            "save None",
        ]
    );
}

#[test]
fn r9_nothing_is_written_before_the_disk_has_answered() {
    let mut engine = {
        let mut w = World::new("recommended");
        w.after(60.0);
        w
    };
    // By hand instead of by the world: the answer of the disk is held back.
    let w = &mut engine;
    w.engine.handle_input(
        Input::TeamsRead(Ok(Presence::new("DoNotDisturb", "DoNotDisturb"))),
        w.now,
    );
    assert_eq!(w.engine.poll_effect(), Some(Effect::ReadPhone));
    w.engine.handle_input(Input::PhoneSeen(vec![OFF]), w.now);
    let Some(Effect::SaveLedger { revision, ledger }) = w.engine.poll_effect() else {
        panic!("the ledger comes first")
    };
    assert_eq!(ledger.holds[0].stage, Stage::Intent);
    for _ in 0..5 {
        w.engine.handle_timeout(w.now);
        assert_eq!(w.engine.poll_effect(), None);
    }
    let outcome = Ok(());
    w.engine
        .handle_input(Input::LedgerSaved { revision, outcome }, w.now);
    assert_eq!(w.engine.poll_effect(), Some(Effect::WritePhone(ON)));
}

#[test]
fn r9_a_field_that_already_shows_it_is_not_held_and_not_restored() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.hold(Field::Dnd), None);
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!(w.writes(), []);
    assert!(w.dnd());
}

#[test]
fn r9_before_is_what_was_there_and_comes_back() {
    let mut w = World::with(forwarding());
    w.by_hand(forward("555"));
    w.teams("Busy", "Busy");
    assert_eq!(w.forward().as_deref(), Some("100"));
    assert_eq!(w.hold(Field::Forward).unwrap().before, forward("555"));
    w.teams("Available", "Available");
    w.after(2.0);
    assert_eq!(w.forward().as_deref(), Some("555"));
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_changed_wanted_value_keeps_the_first_before() {
    let mut w = World::with(forwarding());
    w.by_hand(forward("555"));
    w.teams("Busy", "Busy");
    w.after(10.0);
    w.teams("Away", "Away");
    w.after(2.0);
    assert_eq!(w.forward().as_deref(), Some("200"));
    assert_eq!(w.hold(Field::Forward).unwrap().before, forward("555"));
    w.teams("Available", "Available");
    w.after(2.0);
    assert_eq!(w.forward().as_deref(), Some("555"));
}

#[test]
fn r9_a_change_of_the_wanted_value_survives_a_crash_at_every_step() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        let mut w = World::with(forwarding());
        w.by_hand(forward("555"));
        w.teams("Busy", "Busy");
        w.after(10.0);
        w.crash = Some(crash);
        w.teams("Away", "Away");
        w.after(2.0);
        assert!(w.dead);
        w.restart();
        w.after(10.0);
        assert_eq!(w.forward().as_deref(), Some("200"), "{crash:?}");
        w.teams("Available", "Available");
        w.after(5.0);
        assert_eq!(w.forward().as_deref(), Some("555"), "{crash:?}");
    }
}

#[test]
fn r9_a_wish_for_what_was_there_before_is_a_release() {
    let mut w = World::with(forwarding());
    w.by_hand(forward("200"));
    w.teams("Busy", "Busy");
    w.after(5.0);
    w.teams("Away", "Away");
    w.after(5.0);
    assert_eq!(w.forward().as_deref(), Some("200"));
    assert_eq!(w.hold(Field::Forward), None);
}

#[test]
fn r9_a_crash_at_every_step_of_taking_a_hold() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        for still in [true, false] {
            let mut w = World::new("recommended");
            w.after(60.0);
            w.crash = Some(crash);
            w.teams("DoNotDisturb", "DoNotDisturb");
            w.after(1.0);
            assert!(w.dead, "{crash:?}");
            let stage = w.disk.holds.first().map(|hold| hold.stage);
            match crash {
                Crash::BeforeLedger => assert_eq!(stage, None),
                Crash::AfterLedger | Crash::AfterWrite => assert_eq!(stage, Some(Stage::Intent)),
            }
            if !still {
                w.teams_is("Available", "Available");
            }
            w.restart();
            w.after(10.0);
            assert_eq!(w.dnd(), still, "{crash:?}, Teams still says so: {still}");
            w.teams_is("Available", "Available");
            w.after(60.0);
            assert!(!w.dnd(), "{crash:?}");
            assert_eq!(w.disk.holds, []);
            assert_eq!(w.disk.yielded, []);
        }
    }
}

#[test]
fn r9_a_crash_at_every_step_of_releasing() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        for again in [false, true] {
            let mut w = World::new("recommended");
            w.teams("DoNotDisturb", "DoNotDisturb");
            w.after(30.0);
            w.crash = Some(crash);
            w.teams("Available", "Available");
            w.after(3.0);
            assert!(w.dead, "{crash:?}");
            let stage = w.disk.holds.first().map(|hold| hold.stage);
            match crash {
                Crash::BeforeLedger => assert_eq!(stage, Some(Stage::Written)),
                Crash::AfterLedger | Crash::AfterWrite => assert_eq!(stage, Some(Stage::Releasing)),
            }
            if again {
                w.teams_is("DoNotDisturb", "DoNotDisturb");
            }
            w.restart();
            w.after(10.0);
            assert_eq!(w.dnd(), again, "{crash:?}");
            w.teams_is("Available", "Available");
            w.after(60.0);
            assert!(!w.dnd());
            assert_eq!(w.disk.holds, []);
        }
    }
}

#[test]
fn r9_the_value_before_chosen_by_hand_while_another_is_being_written_is_the_persons() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Away", "Away");
    w.input(Input::PhoneWritten {
        field: Field::Forward,
        outcome: Err(unreachable()),
    });
    w.phone.loses_writes = false;
    w.by_hand(FieldValue::Forward(None));
    w.after(60.0);
    assert_eq!(w.forward(), None);
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_what_changes_while_the_ledger_is_written_is_judged_anew() {
    // The person presses the key.
    let mut w = World::new("recommended");
    w.after(30.0);
    w.disk_silent = true;
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert_eq!(w.writes(), []);
    w.dnd_by_hand(true);
    w.disk_answers();
    w.after(60.0);
    assert_eq!(w.writes(), [], "as wanted already");
    w.teams("Available", "Available");
    w.after(60.0);
    assert!(w.dnd(), "the person's own stays");
    assert_eq!(w.disk.holds, []);
    // The wish ends.
    let mut w = World::new("recommended");
    w.after(30.0);
    w.disk_silent = true;
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.pause(Pause::Minutes(15));
    w.disk_answers();
    w.after(60.0);
    assert_eq!(w.writes(), [], "paused before anything was written");
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_release_that_is_not_wanted_any_more_is_not_written() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.disk_silent = true;
    w.teams("Available", "Available");
    w.teams("DoNotDisturb", "Presenting");
    w.disk_answers();
    w.after(30.0);
    assert_eq!(w.writes(), [ON]);
    assert!(w.dnd());
}

#[test]
fn r9_given_back_only_if_it_still_shows_what_we_wrote() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    // Changed behind our back: only the reading before the release tells.
    w.phone.fields.insert(Field::Forward, forward("777"));
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!(w.forward().as_deref(), Some("777"));
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_disk_that_cannot_be_written_stops_new_holds_but_not_a_release() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.disk_full = true;
    w.teams("Available", "Available");
    w.after(3.0);
    assert!(!w.dnd(), "the release goes on");
    w.after(30.0);
    w.log.clear();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    assert_eq!(w.writes(), []);
    assert!(w.status().attention);
    w.disk_full = false;
    w.after(120.0);
    assert!(w.dnd(), "and goes on by itself");
    assert!(!w.status().attention);
}

#[test]
fn r9_a_ledger_that_could_not_be_written_is_written_again() {
    let mut w = World::new("recommended");
    w.disk_full = true;
    w.answer("1");
    w.after(5.0);
    assert!(w.status().attention);
    w.disk_full = false;
    w.after(70.0);
    assert!(w.disk.session.is_some());
    assert!(!w.status().attention);
}

#[test]
fn r9_a_hold_waits_for_its_own_phone_system() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    // Another phone system is set up, with its own do not disturb.
    w.input(Input::PhoneConfigured(true));
    w.phone.key = "other/7".into();
    w.phone.fields.insert(Field::Dnd, OFF);
    w.phone_up();
    w.after(5.0);
    assert!(w.dnd(), "the new one is served");
    w.teams("Available", "Available");
    w.after(30.0);
    assert!(!w.dnd());
    assert_eq!(w.disk.holds.len(), 1, "the old one is remembered");
    w.input(Input::PhoneConfigured(true));
    w.phone.key = "pbx/2001".into();
    w.phone.fields.insert(Field::Dnd, ON);
    w.phone_up();
    w.after(5.0);
    assert!(!w.dnd(), "and put back");
    assert_eq!(w.disk.holds, []);
}
