//! R7 to R13: what Teams says reaches the phone, and goes away again.

use crate::common::{Crash, OFF, ON, World, fault, rules, secs, unreachable};
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::ledger::{Ledger, Stage};
use offhook_engine::phone::{Can, Field, FieldValue, PhonePresence, PresenceWords};
use offhook_engine::profile::{ForwardRule, Row};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Presence, SessionPair};
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;
use offhook_protocol::status::{NotDoneReason, Owner, State};

/// `recommended`, with forwards for two states: no document has one.
fn forwarding() -> Rules {
    let mut rules = rules("recommended");
    let to = |row: &mut Row, target: &str| row.forward = ForwardRule::To(target.into());
    for row in &mut rules.profile.rows {
        match row.when.as_str() {
            "Busy" => to(row, "100"),
            "Away" => to(row, "200"),
            _ => {}
        }
    }
    rules
}

fn forward(target: &str) -> FieldValue {
    FieldValue::Forward(Some(target.into()))
}

// R6

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

// R7

#[test]
fn r7_unknown_words_leave_everything_alone_and_are_shown_by_name() {
    let mut w = World::new("recommended");
    w.teams("Busy", "Juggling");
    w.teams("Curious", "Juggling");
    w.after(30.0);
    assert_eq!(w.changes(), []);
    assert!(w.why().contains("Curious/Juggling"), "{}", w.why());
    assert!(w.engine.tray(w.now).tooltip.contains("Juggling"));
}

#[test]
fn r7_an_unknown_word_ends_what_a_known_one_caused() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    w.teams("Curious", "Juggling");
    w.after(2.0);
    assert!(!w.dnd());
}

#[test]
fn r7_either_word_may_come_in_either_field_in_any_case() {
    for (availability, activity) in [("donotdisturb", "Whatever"), ("Whatever", "DONOTDISTURB")] {
        let mut w = World::new("recommended");
        w.teams(availability, activity);
        assert!(w.dnd(), "{availability}/{activity}");
    }
}

#[test]
fn r7_a_failed_read_is_no_reading() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.graph_fails(FaultKind::Unreachable);
    w.after(500.0);
    assert!(w.dnd());
    assert_eq!(w.status().teams.seen.unwrap().activity, "DoNotDisturb");
}

#[test]
fn r7_offline_ends_a_cause_only_after_three_equal_reads_thirty_seconds_apart() {
    for word in ["Offline", "OffWork", "PresenceUnknown"] {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.teams(word, word);
        w.after(58.0);
        assert!(w.dnd(), "{word}");
        w.after(45.0);
        assert!(!w.dnd(), "{word}");
    }
}

#[test]
fn r7_another_reading_in_between_starts_the_count_anew() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.teams("Offline", "Offline");
    w.after(55.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.teams("Offline", "Offline");
    w.after(50.0);
    assert!(w.dnd());
}

#[test]
fn r7_innovaphone_unset_ends_it_at_once() {
    for word in ["Offline", "OffWork", "PresenceUnknown"] {
        let mut w = World::new("innovaphone");
        w.teams("Busy", "Busy");
        assert_eq!(w.presence(), Some(PhonePresence::Busy));
        w.teams(word, word);
        w.after(1.0);
        assert_eq!(w.presence(), None, "{word}");
    }
}

#[test]
fn r7_offline_and_its_like_never_set_anything() {
    let mut rules = rules("recommended");
    for row in &mut rules.profile.rows {
        if ["Offline", "OffWork", "PresenceUnknown"].contains(&row.when.as_str()) {
            row.dnd = offhook_engine::profile::DndRule::On;
        }
    }
    let mut w = World::with(rules);
    w.teams("Offline", "OffWork");
    w.after(300.0);
    assert_eq!(w.changes(), []);
}

// R8

#[test]
fn r8_our_own_session_read_back_is_no_cause() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(120.0);
    assert_eq!(w.status().teams.seen.unwrap().activity, "InACall");
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_the_last_other_reading_stays_in_force() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.read("Busy", "InACall");
    w.after(2.0);
    assert!(w.dnd(), "the echo does not end it");
}

#[test]
fn r8_the_session_counts_as_up_from_the_moment_the_request_is_sent() {
    let mut w = World::new("recommended");
    w.graph.silent = true;
    w.answer("1");
    w.read("Busy", "InACall");
    w.after(5.0);
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_the_echo_lasts_until_fifteen_seconds_after_the_clear() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(20.0);
    w.hang_up("1");
    w.after(1.6);
    assert_eq!(w.clears(), 1);
    w.after(14.5);
    w.read("Busy", "InACall");
    w.after(0.1);
    assert_eq!(w.writes(), [], "still our own words");
    w.teams("Busy", "InACall");
    w.after(2.0);
    assert!(w.dnd(), "now it is a call in Teams");
}

#[test]
fn r8_every_other_reading_counts_at_once() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.teams("DoNotDisturb", "Presenting");
    assert!(w.dnd());
}

#[test]
fn r8_the_echo_lasts_fifteen_seconds_after_a_session_ran_out() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.after(20.0);
    w.graph.fails = Some(unreachable());
    w.hang_up("1");
    w.after(285.0);
    assert!(w.status().teams.session.is_none(), "ran out");
    w.read("Busy", "InACall");
    w.after(1.0);
    assert_eq!(w.writes(), []);
    w.after(14.0);
    w.read("Busy", "InACall");
    w.after(1.0);
    assert_eq!(w.writes(), [ON]);
}

#[test]
fn r8_a_session_of_the_run_before_is_an_echo_too() {
    let mut w = World::new("recommended");
    w.answer("1");
    w.restart();
    w.read("Busy", "InACall");
    w.after(0.5);
    assert_eq!(w.writes(), []);
}

#[test]
fn r8_a_preferred_presence_of_ours_is_an_echo() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(60.0);
    assert_eq!(w.status().teams.seen.unwrap().activity, "Away");
    assert_eq!(w.writes(), []);
    w.presence_by_hand(None);
    w.after(60.0);
    assert_eq!(w.writes(), [], "nor does it come back after the clear");
}

// R9

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

/// A world whose phone does not tell whether it is on do not disturb.
fn unconfirmed() -> World {
    let mut w = World::new("recommended");
    w.phone.abilities.unconfirmed.dnd = true;
    w.phone_up();
    w.after(60.0);
    w
}

#[test]
fn r9_what_nothing_reads_is_set_and_put_back_by_what_was_set() {
    let mut w = unconfirmed();
    assert_eq!(w.engine.status(w.now).phone.dnd.value, None, "nobody knows");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd());
    let shown = w.engine.status(w.now).phone.dnd;
    assert_eq!((shown.value, shown.owner), (Some(true), Some(Owner::Offhook)));
    // Nobody can see what the person does there meanwhile.
    w.by_hand(OFF);
    w.after(60.0);
    assert_eq!(w.disk.holds.len(), 1);
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!((w.dnd(), w.disk.holds.len()), (false, 0));
    assert_eq!(w.writes(), [ON, OFF]);
}

#[test]
fn r9_what_nothing_reads_comes_right_after_a_crash_at_every_step() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        for still in [true, false] {
            let mut w = unconfirmed();
            w.crash = Some(crash);
            w.teams("DoNotDisturb", "DoNotDisturb");
            w.after(1.0);
            assert!(w.dead, "{crash:?}");
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
        }
        // While it is put back.
        let mut w = unconfirmed();
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(10.0);
        w.crash = Some(crash);
        w.teams("Available", "Available");
        w.after(2.0);
        w.restart();
        w.after(60.0);
        assert!(!w.dnd(), "{crash:?} while it is put back");
        assert_eq!(w.disk.holds, []);
    }
}

#[test]
fn r9_what_nothing_reads_is_tried_again_where_nobody_answered() {
    let mut w = unconfirmed();
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(!w.dnd());
    w.phone.writes_fail = None;
    w.after(60.0);
    assert!(w.dnd());
    // And may have had an effect when it is no longer wanted.
    let mut w = unconfirmed();
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    w.phone.fields.insert(Field::Dnd, ON);
    w.phone.writes_fail = None;
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!((w.dnd(), w.disk.holds.len()), (false, 0));
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
fn r9_in_intent_a_field_that_shows_before_was_never_written() {
    let mut w = World::new("recommended");
    w.crash = Some(Crash::AfterLedger);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(1.0);
    w.teams_is("Available", "Available");
    w.restart();
    w.after(10.0);
    assert_eq!(w.disk.holds.len(), 1, "the phone system may still come to it");
    w.after(30.0);
    assert_eq!(w.writes(), [], "nothing to put back");
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_write_that_is_carried_out_after_it_was_given_up_is_taken_back() {
    for crashes in [true, false] {
        let mut w = World::new("recommended");
        w.after(30.0);
        w.phone.loses_writes = true;
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.input(Input::PhoneWritten {
            field: Field::Dnd,
            outcome: Err(unreachable()),
        });
        w.phone.loses_writes = false;
        w.teams_is("Available", "Available");
        if crashes {
            w.restart();
        }
        w.after(20.0);
        assert!(!w.dnd());
        w.by_hand(ON);
        w.after(2.0);
        assert!(!w.dnd(), "carried out late, crashes: {crashes}");
        w.after(60.0);
        assert_eq!(w.disk.holds, []);
    }
}

/// The write under way is lost, or so it seems.
fn unanswered(w: &mut World, field: Field) {
    w.input(Input::PhoneWritten {
        field,
        outcome: Err(unreachable()),
    });
}

#[test]
fn r9_of_several_writes_that_are_carried_out_late_each_is_taken_back() {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.after(3.0);
    assert_eq!(w.writes().len(), 2, "tried once more");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.teams("Busy", "InAMeeting");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Meeting));
    w.phone.loses_writes = false;
    w.teams("Available", "Available");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(10.0);
    assert_eq!(w.presence(), None);
    w.after(60.0);
    assert_eq!(w.disk.holds, []);
    assert_eq!(w.disk.yielded, []);
}

#[test]
fn r9_a_release_that_is_carried_out_late_does_not_end_the_next_hold() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Available", "Available");
    unanswered(&mut w, Field::Dnd);
    w.phone.loses_writes = false;
    w.after(5.0);
    assert!(!w.dnd(), "released by the second try");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(1.0);
    assert!(w.dnd());
    w.dnd_by_hand(false);
    w.after(5.0);
    assert!(w.dnd(), "that was the first try");
    assert_eq!(w.disk.yielded, []);
}

#[test]
fn r9_what_the_person_chose_goes_back_when_an_earlier_write_is_carried_out_late() {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.loses_writes = false;
    w.after(10.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "the person wins");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "ours, late");
    w.after(60.0);
    assert_eq!(w.disk.holds, []);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(
        w.presence(),
        Some(PhonePresence::OnThePhone),
        "too late to be ours"
    );
}

/// A write without an answer, after which the person chose something else; that is on disk.
fn in_doubt() -> World {
    let mut w = World::new("innovaphone");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InACall");
    unanswered(&mut w, Field::Presence);
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.loses_writes = false;
    w.after(5.0);
    assert_eq!(w.disk.holds, []);
    w
}

#[test]
fn r9_a_write_of_ours_that_comes_late_is_not_told_to_teams_as_the_persons() {
    let mut w = World::new("starface-9");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("Busy", "InAMeeting");
    unanswered(&mut w, Field::Dnd);
    w.phone.loses_writes = false;
    w.after(5.0);
    assert!(w.dnd(), "by the second try");
    w.dnd_by_hand(false);
    w.after(1.0);
    w.log.clear();
    w.by_hand(ON);
    w.after(5.0);
    assert!(!w.dnd(), "the first try, taken back");
    assert_eq!(w.sets(), 0);
    w.after(60.0);
    w.by_hand(ON);
    w.after(5.0);
    assert!(w.dnd());
    assert_eq!(w.sets(), 1, "and this was the person");
}

#[test]
fn r9_a_write_that_is_carried_out_after_a_restart_is_taken_back() {
    let mut w = in_doubt();
    w.restart();
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away));
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Away), "ours, late");
    w.after(60.0);
    assert_eq!(w.disk.unanswered, []);
    assert_eq!(w.disk.holds, []);
}

#[test]
fn r9_a_write_that_was_carried_out_while_the_program_was_away_is_taken_back() {
    for (away, back) in [(60.0, PhonePresence::Away), (3600.0, PhonePresence::OnThePhone)] {
        let mut w = in_doubt();
        let ours = FieldValue::Presence(Some(PhonePresence::OnThePhone));
        w.phone.fields.insert(Field::Presence, ours);
        w.restart_after(away);
        w.after(40.0);
        // After an hour it may be what the person has chosen meanwhile.
        assert_eq!(w.presence(), Some(back), "away for {away} s");
        assert_eq!(w.disk.unanswered, []);
    }
}

#[test]
fn r9_what_shows_itself_after_the_first_reading_of_a_later_run_is_the_persons() {
    let mut w = in_doubt();
    w.restart_after(60.0);
    w.after(3.0);
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::OnThePhone));
    assert_eq!(w.disk.unanswered, []);
}

#[test]
fn r9_a_refused_second_try_does_not_make_the_first_forgotten() {
    let mut w = World::new("recommended");
    w.after(30.0);
    w.phone.loses_writes = true;
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.phone.loses_writes = false;
    w.phone.writes_fail = Some(fault(FaultKind::Rejected));
    w.input(Input::PhoneWritten {
        field: Field::Dnd,
        outcome: Err(unreachable()),
    });
    w.after(5.0);
    assert_eq!(w.writes().len(), 2);
    w.phone.writes_fail = None;
    w.by_hand(ON);
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd(), "the first one was carried out late, and is taken back");
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
fn r9_a_release_is_kept_in_mind_while_an_earlier_write_may_still_come() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    assert_eq!(w.forward().as_deref(), Some("100"));
    let first = w.phone.fields[&Field::Forward].clone();
    w.phone.loses_writes = true;
    w.teams("Away", "Away");
    let second = w.writes().last().cloned().unwrap();
    assert_ne!(second, first);
    w.input(Input::PhoneWritten {
        field: Field::Forward,
        outcome: Err(unreachable()),
    });
    w.phone.loses_writes = false;
    w.teams("Available", "Available");
    w.after(10.0);
    assert_eq!(w.forward(), None);
    w.by_hand(second);
    w.after(2.0);
    assert_eq!(w.forward(), None, "carried out late");
    w.after(60.0);
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

// R10

#[test]
fn r10_the_person_wins_over_a_hold() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.after(600.0);
    assert!(!w.dnd());
    assert_eq!(w.hold(Field::Dnd), None);
    let not_done = w.status().not_done;
    assert_eq!(not_done[0].reason, NotDoneReason::Person);
}

#[test]
fn r10_left_alone_until_the_rules_wanted_nothing_for_thirty_seconds() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.teams("Available", "Available");
    w.after(20.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd(), "too short a pause");
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "wanted anew");
}

#[test]
fn r10_a_short_quiet_does_not_grow_while_the_phone_system_is_away() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.dnd_by_hand(false);
    w.phone_down();
    w.teams("Available", "Available");
    w.after(5.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.phone_up();
    w.after(60.0);
    assert!(!w.dnd(), "the person wins");
    w.phone_down();
    w.teams("Available", "Available");
    w.after(40.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.phone_up();
    w.after(5.0);
    assert!(w.dnd(), "it was quiet for long enough");
}

#[test]
fn r10_also_over_a_restart() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.restart_after(3600.0);
    w.after(120.0);
    assert!(!w.dnd());
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd());
}

#[test]
fn r10_a_move_between_rows_that_want_the_same_is_no_change() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.teams("DoNotDisturb", "Presenting");
    w.after(30.0);
    assert_eq!(w.writes(), [ON]);
    assert!(w.why().contains("Presenting"));
    w.dnd_by_hand(false);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd(), "nor a new wish after the person took it");
}

#[test]
fn r10_a_pause_is_not_the_rules_wanting_nothing() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.pause(offhook_protocol::command::Pause::Minutes(15));
    w.after(16.0 * 60.0);
    assert!(!w.dnd());
}

#[test]
fn r10_a_wish_that_was_met_without_us_may_be_ended_by_hand() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.dnd_by_hand(false);
    w.after(120.0);
    assert!(!w.dnd());
}

#[test]
fn r10_the_value_before_chosen_by_hand_is_a_choice_too() {
    let mut w = World::with(forwarding());
    w.teams("Busy", "Busy");
    w.after(30.0);
    w.by_hand(forward("300"));
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!(w.forward().as_deref(), Some("300"), "not put back over it");
}

#[test]
fn r10_the_phone_can_be_put_back_while_the_rules_go_on_wanting_it() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "Presenting");
    w.after(30.0);
    assert!(w.dnd());
    w.input(Input::PutBack);
    w.after(1.0);
    assert!(!w.dnd(), "at once");
    assert_eq!(w.hold(Field::Dnd), None);
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::Person);
    // A move between rows that want the same is still the same cause.
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(3600.0);
    assert!(!w.dnd());
    w.teams("Available", "Available");
    w.after(31.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "the next cause counts");
    assert_eq!(w.notices(), [], "nobody else wrote anything");
}

#[test]
fn r10_putting_back_gives_what_was_before_and_outlives_a_restart() {
    let mut w = World::with(forwarding());
    w.by_hand(forward("300"));
    w.teams("Busy", "Busy");
    w.after(30.0);
    assert_ne!(w.forward().as_deref(), Some("300"));
    w.phone_down();
    w.input(Input::PutBack);
    w.restart_after(5.0);
    w.after(60.0);
    assert_eq!(w.forward().as_deref(), Some("300"));
    assert_eq!(w.hold(Field::Forward), None);
}

#[test]
fn r10_what_was_put_back_may_be_set_again_at_once() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.input(Input::PutBack);
    w.after(10.0);
    w.input(Input::SetAgain);
    w.after(1.0);
    assert!(w.dnd());
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r10_putting_back_with_nothing_held_changes_nothing() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.log.clear();
    w.input(Input::PutBack);
    w.after(60.0);
    assert!(w.dnd(), "the person's own");
    assert_eq!(w.changes(), []);
    w.teams("Available", "Available");
    w.dnd_by_hand(false);
    w.after(5.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd(), "nor is the next cause given up");
}

// R11

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

// R12

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

// R13

#[test]
fn r13_what_cannot_be_written_is_not_attempted_and_named() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.abilities.dnd = Can {
        read: true,
        write: false,
    };
    w.begin();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.writes(), []);
    let not_done = w.status().not_done;
    assert_eq!(not_done[0].reason, NotDoneReason::Capability);
    let pages = w
        .engine
        .pages(&offhook_engine::view::pages::Desk::default(), w.now);
    assert_eq!(pages.phone.abilities[0].can, Some(false));
}

#[test]
fn r13_a_presence_without_a_word_is_set_as_the_nearest_one_and_put_back_after_a_crash() {
    let mut w = World::cold(rules("innovaphone"), Ledger::default());
    let known = [PhonePresence::Dnd, PhonePresence::Busy, PhonePresence::Away];
    w.phone.abilities.presence_words = PresenceWords::of(&known);
    w.phone.abilities.dnd_is_presence = true;
    w.begin();
    let set = |word: PhonePresence| FieldValue::Presence(Some(word));
    w.teams("Busy", "InAMeeting");
    w.after(10.0);
    assert_eq!(w.writes(), [set(PhonePresence::Busy)]);
    let pages = w
        .engine
        .pages(&offhook_engine::view::pages::Desk::default(), w.now);
    assert!(pages.phone.abilities[0].text.contains("colleagues"));
    assert!(
        pages.phone.abilities[2]
            .text
            .contains("do not disturb, busy, away")
    );
    // Another row with the same nearest word is no change.
    w.teams("Busy", "InACall");
    w.after(60.0);
    assert_eq!(w.writes(), [set(PhonePresence::Busy)]);
    w.restart();
    w.after(10.0);
    assert_eq!(w.presence(), Some(PhonePresence::Busy));
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!(w.presence(), None);
}

#[test]
fn r13_what_cannot_be_read_is_not_written_either() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.abilities.dnd = Can {
        read: false,
        write: true,
    };
    w.begin();
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert_eq!(w.writes(), []);
}

#[test]
fn r13_a_refused_write_is_told_once_and_not_hammered() {
    for kind in [FaultKind::Rejected, FaultKind::RightMissing] {
        let mut w = World::new("recommended");
        w.phone.writes_fail = Some(fault(kind));
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(290.0);
        assert_eq!(w.writes().len(), 1, "{kind:?}");
        assert_eq!(w.notices(), [Code::RuleNotApplied]);
        assert_eq!(w.hold(Field::Dnd), None);
        w.phone.writes_fail = None;
        w.after(60.0);
        assert!(w.dnd());
    }
}

#[test]
fn r13_a_write_that_is_not_answered_is_tried_again_with_a_longer_wait() {
    let mut w = World::new("recommended");
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    let tries = w.writes().len();
    assert!((5..=25).contains(&tries), "{tries}");
    w.phone.writes_fail = None;
    w.after(61.0);
    assert!(w.dnd());
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r13_the_state_shows_do_not_disturb_by_anyone() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    assert_eq!(w.state(), State::DoNotDisturb);
    assert_eq!(w.status().phone.dnd.owner, Some(Owner::Person));
    assert_eq!(SessionPair::ALL.len(), 5);
}

#[test]
fn r10_a_quiet_that_a_pause_cuts_short_does_not_count() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.teams("Available", "Available");
    w.after(5.0);
    w.pause(offhook_protocol::command::Pause::UntilResumed);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(120.0);
    w.input(offhook_engine::Input::Resume);
    w.after(60.0);
    assert!(!w.dnd());
}

#[test]
fn r8_a_session_that_could_not_be_replaced_yet_is_still_ours() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", offhook_engine::line::CallState::Conference);
    w.answer("2");
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(120.0);
    assert!(!w.dnd());
    assert!(w.writes().is_empty());
}

#[test]
fn r8_a_session_that_could_not_be_replaced_yet_is_still_ours_after_a_restart() {
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", offhook_engine::line::CallState::Conference);
    w.answer("2");
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.hang_up("1");
    w.after(20.0);
    w.restart();
    w.answer("2");
    w.read("Busy", "InAConferenceCall");
    w.after(60.0);
    assert!(w.writes().is_empty(), "{:?}", w.writes());
    w.graph.writes_fail = None;
    w.after(200.0);
    assert!(w.disk.replaced_sessions.is_empty(), "{:?}", w.disk);
}

#[test]
fn r8_a_preferred_presence_that_could_not_be_replaced_yet_is_still_ours_after_a_restart() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(60.0);
    w.restart();
    w.after(120.0);
    assert!(w.writes().is_empty(), "{:?}", w.writes());
    w.graph.writes_fail = None;
    w.after(200.0);
    assert!(w.disk.replaced_preferred.is_empty(), "{:?}", w.disk);
}

#[test]
fn r8_a_preferred_presence_that_could_not_be_replaced_yet_is_still_ours() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(120.0);
    assert!(w.writes().is_empty());
}

/// Another program takes back what we set, seconds after it, `times` times.
pub(crate) fn contested(times: u32) -> World {
    let mut w = World::new("recommended");
    for _ in 0..times {
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(3.0);
        w.dnd_by_hand(false);
        w.teams("Available", "Available");
        w.after(60.0);
    }
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w
}

#[test]
fn r10_a_value_taken_back_at_once_twice_is_another_programs_work() {
    let w = contested(2);
    assert!(!w.dnd());
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::OtherWriter);
    assert_eq!(w.notices(), [Code::OtherWriter]);
}

#[test]
fn r10_once_is_a_persons() {
    let w = contested(1);
    assert!(w.dnd());
    assert_eq!(w.notices(), []);
}

#[test]
fn r10_a_field_left_to_another_program_is_tried_again_when_the_person_says_so() {
    for told in [true, false] {
        let mut w = contested(2);
        // Another language is nothing that the person says about this.
        w.set_rules(|rules| rules.language = offhook_engine::text::Language::De);
        if told {
            w.set_rules(|rules| rules.dnd_in_meetings = true);
        }
        w.teams("Available", "Available");
        w.after(60.0);
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(60.0);
        assert_eq!(w.dnd(), told);
    }
}

#[test]
fn r10_a_field_left_to_another_program_is_tried_again_after_a_resume() {
    let mut w = contested(2);
    w.pause(offhook_protocol::command::Pause::UntilResumed);
    w.input(Input::Resume);
    w.teams("Available", "Available");
    w.after(60.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(w.dnd());
}

#[test]
fn r10_a_field_left_to_another_program_stays_so_over_a_restart() {
    let mut w = contested(2);
    w.restart();
    w.teams("Available", "Available");
    w.after(60.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd());
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::OtherWriter);
}

#[test]
fn r10_another_program_is_named_in_tray_status_and_why() {
    let mut w = contested(2);
    w.dnd_by_hand(true);
    assert!(w.why().contains("another program writes it"), "{}", w.why());
    assert_eq!(w.status().phone.dnd.owner, Some(Owner::Unknown));
    w.set_rules(|rules| rules.language = offhook_engine::text::Language::De);
    let tray = w.engine.tray(w.now);
    assert!(
        tray.attention && tray.tooltip.contains("„Nicht stören“"),
        "{}",
        tray.tooltip
    );
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(
        w.why().contains("vielleicht von einem anderen Programm"),
        "{}",
        w.why()
    );
}

#[test]
fn r10_a_write_that_stood_is_no_part_of_another_programs_count() {
    let mut w = World::new("recommended");
    for undone in [true, false, true] {
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(3.0);
        if undone {
            w.dnd_by_hand(false);
        } else {
            // Read again later: it still stands.
            w.after(20.0);
            w.dnd_by_hand(true);
        }
        w.teams("Available", "Available");
        w.after(60.0);
    }
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(w.dnd());
}

#[test]
fn r8_a_refused_request_does_not_cut_the_echo_short() {
    use offhook_engine::facts::teams::{OwnEnd, TeamsFacts};
    let now = World::new("recommended").now.mono;
    let words = SessionPair::BusyInACall.presence();
    let mut teams = TeamsFacts::default();
    teams.own_words(words.clone());
    teams.own_words_end(&words, OwnEnd::Over, now, now);
    teams.own_words(words.clone());
    teams.own_words_end(&words, OwnEnd::Refused, now, now);
    assert!(teams.is_echo(&words, now + secs(14.0)));
    assert!(!teams.is_echo(&words, now + secs(16.0)));
}
