//! Behaviour that small faults in the engine could change without any other test noticing. docs/MUTANTS.md says how
//! they were found.

mod common;

use common::*;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::PreferredPair;
use offhook_engine::{Effect, Notice, NoticeKind};

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
fn r22_a_note_of_the_persons_own_is_explained_and_an_empty_one_is_none() {
    let mut w = World::new("recommended");
    let without = w.why();
    w.by_hand(FieldValue::Note("Lunch".into()));
    assert!(w.why().contains("Lunch"), "{}", w.why());
    w.by_hand(FieldValue::Note(String::new()));
    assert_eq!(w.why(), without);
}

#[test]
fn r23_what_is_written_into_logs_hides_numbers_texts_and_names_and_still_says_what_it_is() {
    let note = |text: &str| format!("{:?}", FieldValue::Note(text.into()));
    assert_eq!(note("Lunch"), "Note(…)");
    assert_eq!(note(""), "Note(\"\")", "none is nothing personal");
    let forward = FieldValue::Forward(Some("+49 30 1".into()));
    assert_eq!(format!("{forward:?}"), "Forward(Some(…))");
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
