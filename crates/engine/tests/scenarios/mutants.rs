//! Behaviour that small faults in the engine could change without any other test noticing. docs/MUTANTS.md says how
//! they were found.

use crate::common::*;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use offhook_engine::profile::ForwardRule;
use offhook_engine::teams::PreferredPair;
use offhook_engine::{Effect, Input, Notice, NoticeKind};
use offhook_protocol::command::Pause;

fn sets_of_preferred(w: &World) -> usize {
    w.count(|e| matches!(e, Effect::SetPreferred { .. }))
}

#[test]
fn r5_a_preferred_presence_that_ran_out_and_is_set_anew_has_its_new_end_on_disk() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    let first = w.disk.preferred.clone().unwrap();
    assert_eq!(first.pair, PreferredPair::Busy);
    w.after(24.0 * 3600.0 + 60.0);
    assert_eq!(sets_of_preferred(&w), 2, "a day is what it lives for");
    let second = w.disk.preferred.clone().unwrap();
    assert!(
        second.until > w.now.wall && second.until > first.until,
        "{second:?}"
    );
}

#[test]
fn r5_a_preferred_presence_that_graph_refuses_is_not_asked_for_again_while_the_phone_shows_the_same() {
    let mut w = World::new("innovaphone");
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(3600.0);
    assert_eq!(sets_of_preferred(&w), 1);
    w.presence_by_hand(None);
    w.after(600.0);
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(600.0);
    assert_eq!(
        sets_of_preferred(&w),
        2,
        "set by hand once more, asked for once more"
    );
}

#[test]
fn r9_a_phone_system_that_was_not_reached_yet_is_probably_the_one_of_before() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    let held: Vec<Field> = w.disk.holds.iter().map(|hold| hold.wrote.field()).collect();
    assert_eq!(held, [Field::Dnd]);
    let mut next = World::cold(w.rules.clone(), w.disk.clone());
    next.now = w.now;
    next.teams_is("DoNotDisturb", "DoNotDisturb");
    for input in [Input::PhoneConfigured(true), Input::SignIn(next.sign_in.clone())] {
        next.input(input);
    }
    next.after(5.0);
    next.input(Input::PutBack);
    assert_eq!(
        next.disk.yielded, held,
        "what is held, though nothing is connected"
    );
}

/// The simulated world judges the engine by it.
#[test]
fn r2_what_the_rules_want_can_be_asked_for() {
    let mut w = World::new("recommended");
    assert_eq!(w.engine.desired().session, None);
    w.answer("1");
    let wanted = w.engine.desired().session.as_ref().map(|wish| wish.pair);
    assert_eq!(wanted, CALL);
}

#[test]
fn r22_a_note_of_the_persons_own_is_explained_and_an_empty_one_is_none() {
    let mut w = World::new("recommended");
    let without = w.why();
    w.by_hand(FieldValue::Note("Lunch".into()));
    assert!(w.why().contains("Lunch"), "{}", w.why());
    w.by_hand(FieldValue::Note(String::new()));
    assert_eq!(w.why(), without);
}

#[test]
fn r22_a_state_that_the_phones_presence_gives_has_that_for_its_reason() {
    for (presence, word) in [(PhonePresence::Busy, "busy"), (PhonePresence::Away, "away")] {
        let mut w = World::new("recommended");
        w.presence_by_hand(Some(presence));
        let reason = format!("Your presence on the phone system: {word}.");
        assert!(w.why().contains(&reason), "{}", w.why());
    }
}

#[test]
fn r23_what_is_written_into_logs_hides_numbers_texts_and_names_and_still_says_what_it_is() {
    let note = |text: &str| format!("{:?}", FieldValue::Note(text.into()));
    assert_eq!(note("Lunch"), "Note(…)");
    assert_eq!(note(""), "Note(\"\")", "none is nothing personal");
    let forward = FieldValue::Forward(Some("+49 30 1".into()));
    assert_eq!(format!("{forward:?}"), "Forward(Some(…))");
    assert_eq!(format!("{:?}", ForwardRule::To("+49 30 1".into())), "To(…)");
    assert_eq!(format!("{:?}", ForwardRule::Leave), "Leave");
    let notice = Notice {
        kind: NoticeKind::SignIn,
        code: Code::AccountsDiffer,
        detail: Some("Anna Muster".into()),
    };
    let shown = format!("{notice:?}");
    assert!(
        shown.contains("AccountsDiffer") && !shown.contains("Anna"),
        "{shown}"
    );
}

#[test]
fn r6_the_pace_of_polls_is_spread_over_all_of_its_span() {
    let mut w = World::new("recommended");
    // Past the hurry of the start.
    w.after(60.0);
    let from = w.now.mono;
    w.after(4.0 * 3600.0);
    let spans = w.poll_spans(from);
    let share = |from: f64, to: f64| {
        let within = spans.iter().filter(|span| (from..to).contains(*span)).count();
        within * 100 / spans.len()
    };
    assert!(
        spans.iter().all(|span| (8.99..11.01).contains(span)),
        "10 s ± 10 %"
    );
    // Each read is put off by chance and the next one makes up for it: the middle comes three times as often.
    for (from, to, least) in [(9.0, 9.5, 8), (9.5, 10.0, 30), (10.0, 10.5, 30), (10.5, 11.0, 8)] {
        let found = share(from, to);
        assert!(found >= least, "{found} % between {from} and {to}");
    }
    assert!(
        (1_430..=1_450).contains(&spans.len()),
        "360 an hour: {}",
        spans.len()
    );
}

#[test]
fn r3_a_short_call_right_after_the_start_is_cleared_like_any_other() {
    let mut w = World::new("recommended");
    w.answer("a");
    w.after(0.2);
    let ended = w.now.mono;
    w.hang_up("a");
    w.after(10.0);
    let cleared = w.first(|e| *e == Effect::ClearSession, ended);
    // The falling edge waits 1.5 s, then a second is what it may take.
    assert!(cleared.is_some_and(|seconds| seconds <= 2.5), "{cleared:?}");
}

#[test]
fn r10_a_quiet_that_a_pause_cuts_short_is_begun_anew_after_it() {
    for (quiet, set_again) in [(10.0, false), (40.0, true)] {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(60.0);
        w.dnd_by_hand(false);
        w.after(5.0);
        w.teams("Available", "Available");
        w.after(quiet);
        w.pause(Pause::UntilResumed);
        w.after(60.0);
        w.teams_is("DoNotDisturb", "DoNotDisturb");
        w.after(30.0);
        w.input(Input::Resume);
        w.after(20.0);
        assert_eq!(w.dnd(), set_again, "quiet for {quiet} s before the pause");
    }
}

/// A message of ours in Teams, for an appointment that runs.
fn talking() -> World {
    let mut with_message = rules("recommended");
    with_message.calendar.title = true;
    with_message.calendar.teams_message = true;
    let mut w = World::with(with_message);
    w.calendar(vec![appointment("busy", "Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(w.message(), "Talk");
    w
}

#[test]
fn r10_a_message_that_the_person_took_back_is_theirs_on_disk_too() {
    let mut w = talking();
    w.message_by_hand("Back at four");
    w.after(120.0);
    assert_eq!(w.message(), "Back at four");
    assert!(w.disk.message_yielded && w.disk.message.is_none());
}

#[test]
fn r20_quit_waits_for_the_message_in_teams_as_long_as_it_may() {
    let mut w = talking();
    w.graph.message_mute = true;
    w.input(Input::Quit);
    let finished = |w: &World| w.count(|effect| *effect == Effect::Finished);
    w.after(1.5);
    assert_eq!(finished(&w), 0, "Teams has not answered");
    w.after(1.0);
    assert_eq!(finished(&w), 1, "two seconds are all that it waits");
}
