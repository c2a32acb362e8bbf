//! R22: why, in sentences, and previews that touch nothing.

use crate::common::*;
use offhook_engine::text::Language;
use offhook_engine::view::preview::preview;
use offhook_protocol::command::{Pause, Situation};
use offhook_protocol::status::Field as Shown;

#[test]
fn r22_what_is_set_is_explained_with_rule_cause_since_and_what_ends_it() {
    let mut w = World::new("starface-9");
    w.teams("Busy", "InAMeeting");
    w.after(2.0);
    let why = w.status().why;
    assert_eq!(why.len(), 1);
    assert_eq!(why[0].rule, "starface-9: Busy/InAMeeting");
    assert_eq!(why[0].value, serde_json::json!(true));
    let text = w.why();
    assert!(
        text.contains("Do not disturb: on since 09:00, set by Offhook because of Teams (starface-9: Busy/InAMeeting). When that ends it goes back to: off."),
        "{text}"
    );
    w.set_rules(|rules| rules.language = Language::De);
    let text = w.why();
    assert!(
        text.contains("Nicht stören: an seit 09:00, von Offhook gesetzt wegen Teams (starface-9: Busy/InAMeeting). Danach gilt wieder: aus."),
        "{text}"
    );
}

#[test]
fn r22_what_was_not_done_is_explained_in_both_languages() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    assert!(w.why().contains("you took it back"), "{}", w.why());
    w.set_rules(|rules| rules.language = Language::De);
    assert!(w.why().contains("Sie haben es zurückgenommen"), "{}", w.why());
    w.pause(Pause::UntilResumed);
    assert!(w.why().contains("pausiert"), "{}", w.why());
}

#[test]
fn r22_a_session_says_until_when_at_the_latest() {
    let mut w = World::new("recommended");
    w.answer("1");
    assert!(
        w.why().contains(
            "Teams: “Busy, in a call” since 09:00 because of a call (a call on baresip); renewed while that lasts, cleared with it, at the latest 09:05."
        ),
        "{}",
        w.why()
    );
}

#[test]
fn r22_every_state_has_a_reason() {
    let mut w = World::new("recommended");
    for presence in [
        "Available",
        "Busy",
        "Away",
        "DoNotDisturb",
        "InACall",
        "Odd",
        "Offline",
    ] {
        w.teams(presence, presence);
        w.after(2.0);
        let why = w.engine.why(w.now);
        assert!(why[0].len() > 5 && why[0].ends_with('.'), "{presence}: {why:?}");
    }
}

#[test]
fn r22_a_preview_touches_nothing() {
    let mut w = World::new("recommended");
    w.after(60.0);
    w.log.clear();
    let (ledger, facts) = (w.engine.ledger().clone(), w.engine.facts().clone());
    assert!(facts.signed_in().is_some());
    let situation = Situation {
        availability: Some("DoNotDisturb".into()),
        activity: Some("Presenting".into()),
        calls: 1,
        ..Situation::default()
    };
    let wished = preview(&situation, w.engine.rules(), Some(&w.engine.facts().phone), w.now).unwrap();
    assert_eq!((wished[0].field, wished[0].wish.as_str()), (Shown::Dnd, "on"));
    assert_eq!(wished[0].rule, "recommended: DoNotDisturb/Presenting");
    assert_eq!(
        (wished[4].field, wished[4].wish.as_str()),
        (Shown::Teams, "Busy/InACall")
    );
    assert_eq!((w.engine.ledger(), w.engine.facts()), (&ledger, &facts));
    assert_eq!(w.engine.poll_effect(), None);
}

#[test]
fn r22_a_preview_of_nothing_known_promises_nothing() {
    let w = World::new("innovaphone");
    let wished = preview(&Situation::default(), w.engine.rules(), None, w.now).unwrap();
    assert!(wished[..4].iter().all(|wish| wish.cause.is_none()));
    let situation = Situation {
        phone_presence: Some("away".into()),
        ..Situation::default()
    };
    let wished = preview(&situation, w.engine.rules(), Some(&w.engine.facts().phone), w.now).unwrap();
    assert_eq!(wished[4].wish, "Away/Away");
}
