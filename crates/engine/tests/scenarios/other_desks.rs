//! R24: another desk of the same person, and two accounts.

use crate::common::*;
use offhook_engine::fault::Code;
use offhook_engine::ledger::Ledger;
use offhook_engine::rules::Role;
use offhook_engine::{Effect, Input};
use offhook_protocol::status::State;

/// The rule also names a session that appears without us. Nothing tells it: what a reading shows of another desk's
/// session is what it shows of a call in Teams, see the next test.
#[test]
fn r24_a_session_that_vanishes_twice_in_an_hour_is_shared() {
    let mut rules = rules("recommended");
    rules.notices.insert(offhook_engine::NoticeKind::Others);
    let mut w = World::with(rules);
    w.answer("1");
    w.after(20.0);
    for times in 1..=2 {
        w.graph.session = None;
        w.poll();
        assert_eq!(w.notices().contains(&Code::OtherDesk), times == 2);
        w.after(200.0);
    }
    assert!(w.status().attention);
    w.hang_up("1");
    w.after(3700.0);
    assert!(!w.status().attention, "an hour later it is history");
}

#[test]
fn r24_a_call_in_teams_is_never_taken_for_another_desk() {
    let mut w = World::new("recommended");
    for call in ["1", "2"] {
        w.answer(call);
        w.after(20.0);
        w.hang_up(call);
        w.after(5.0);
        // The person goes on talking in Teams, or another desk has a session: the reading is the same.
        w.teams("Busy", "InACall");
        w.after(300.0);
        w.teams("Available", "Available");
        w.after(60.0);
    }
    assert!(!w.notices().contains(&Code::OtherDesk));
    assert!(!w.status().attention);
}

#[test]
fn r24_a_watching_desk_writes_nothing() {
    let mut rules = rules("starface-9");
    rules.role = Role::Watch;
    let mut w = World::with(rules);
    w.teams("Busy", "InAMeeting");
    w.answer("1");
    w.dnd_by_hand(true);
    w.after(3600.0);
    assert_eq!(w.changes(), []);
    assert_eq!(w.state(), State::InCall, "but shows everything");
}

#[test]
fn r24_a_desk_that_begins_to_watch_gives_back_what_is_its_own_first() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.watch_only();
    w.after(5.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    w.log.clear();
    w.after(3600.0);
    assert_eq!(w.changes(), []);
}

#[test]
fn r24_two_accounts_that_do_not_agree_are_asked_about_once() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.names = vec!["Bernd Beispiel".into(), "2001".into()];
    w.begin();
    assert_eq!(w.notices(), [Code::AccountsDiffer]);
    let detail = w.log.iter().find_map(|(_, effect)| {
        if let Effect::Notify(notice) = effect {
            notice.detail.clone()
        } else {
            None
        }
    });
    let detail = detail.unwrap();
    assert!(
        detail.contains("Anna Muster") && detail.contains("Bernd Beispiel"),
        "{detail}"
    );
    assert!(w.status().attention);
    w.after(3600.0);
    w.phone_down();
    w.phone_up();
    assert_eq!(w.notices().len(), 1);
    w.restart();
    w.after(60.0);
    assert_eq!(w.notices(), [], "not again in the next run");
    assert!(!w.status().attention);
    w.phone.key = "pbx/2002".into();
    w.phone_down();
    w.phone_up();
    assert_eq!(
        w.notices(),
        [Code::AccountsDiffer],
        "another extension is another question"
    );
}

#[test]
fn r24_that_two_accounts_are_one_persons_is_said_once_and_kept() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.names = vec!["Bernd Beispiel".into()];
    w.begin();
    assert!(w.status().attention);
    w.input(Input::OnePerson);
    assert!(!w.status().attention);
    w.after(3600.0);
    w.restart();
    w.after(60.0);
    assert_eq!((w.notices(), w.status().attention), (vec![], false));
    w.phone.key = "pbx/2002".into();
    w.phone_down();
    w.phone_up();
    assert!(w.status().attention, "another extension is another question");
}

#[test]
fn r24_accounts_that_agree_or_have_no_names_are_not_asked_about() {
    for names in [
        vec![],
        vec!["2001".to_owned()],
        vec!["Muster, Anna".to_owned()],
        vec!["a.muster@pbx.local".to_owned()],
    ] {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        w.phone.names = names.clone();
        w.begin();
        w.after(10.0);
        assert_eq!(w.notices(), [], "{names:?}");
    }
}
