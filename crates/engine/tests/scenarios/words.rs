//! R7: words that nobody knows, readings that fail, and what merely ends a cause.

use crate::common::*;
use offhook_engine::fault::FaultKind;
use offhook_engine::phone::PhonePresence;

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
