//! The rule table: profile and the person's differences, what they do, how they are shown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use crate::common::{Crash, World, rules};
use offhook_engine::Effect;
use offhook_engine::fault::FaultKind;
use offhook_engine::jiff;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::CallState;
use offhook_engine::phone::{Can, Field, FieldValue, PhonePresence};
use offhook_engine::profile::{NAMES, Profile};
use offhook_engine::rules::{Rules, WorkingHours};
use offhook_engine::table::{Cell, TeamsState};
use offhook_engine::teams::{PreferredPair, SessionPair};
use offhook_engine::text::Language;
use offhook_engine::view::pages::Desk;
use offhook_engine::view::preview::preview;
use offhook_engine::view::rules::{RulesForm, compare_profiles, compare_with_profile, page};
use offhook_protocol::command::Situation;
use offhook_protocol::pages::{RulesCell, RulesPage, RulesRow};
use offhook_protocol::status::NotDoneReason;

/// A profile with cells of the person's own, as `key = text` without `rules.`.
pub(crate) fn with_own(profile: &str, own: &[(&str, &str)]) -> Rules {
    let mut rules = rules(profile);
    for (key, text) in own {
        let key = format!("rules.{key}");
        let cell = Cell::all().find(|cell| cell.key() == key).unwrap();
        assert!(rules.own.set(cell, text), "{key} = {text}");
    }
    rules
}

fn shown(rules: &Rules) -> RulesPage {
    page(rules, &RulesForm::default(), None)
}

fn row<'a>(page: &'a RulesPage, key: &str) -> &'a RulesRow {
    let key = format!("rules.{key}");
    let mut rows = page.tables.iter().flat_map(|table| &table.rows);
    rows.find(|row| row.key == key).unwrap()
}

fn cell<'a>(page: &'a RulesPage, key: &str) -> &'a RulesCell {
    let key = format!("rules.{key}");
    let rows = page.tables.iter().flat_map(|table| &table.rows);
    rows.flat_map(|row| &row.cells)
        .find(|cell| cell.key == key)
        .unwrap()
}

#[test]
fn r22_every_word_is_a_row_of_every_profile_and_fits_one_line_of_the_socket() {
    for name in NAMES {
        for language in [Language::De, Language::En] {
            let rules = Rules {
                language,
                ..rules(name)
            };
            let page = shown(&rules);
            assert_eq!(page.tables[0].rows.len(), TeamsState::ALL.len());
            assert_eq!((page.tables[1].rows.len(), page.tables[2].rows.len()), (2, 8));
            for table in &page.tables {
                for row in &table.rows {
                    assert_eq!(row.cells.len(), table.columns.len(), "{}", row.key);
                    for cell in &row.cells {
                        assert!(!cell.text.is_empty() && !cell.differs, "{}", cell.key);
                    }
                }
            }
            assert_eq!(page.back, None);
            let size = serde_json::to_string(&page).unwrap().len();
            assert!(size < 60_000, "{name}: {size}");
        }
    }
}

#[test]
fn r22_a_row_that_the_profile_lacks_shows_what_other_rows_do() {
    let page = shown(&with_own("starface-9", &[("states.anything-else.dnd", "on")]));
    let focusing = row(&page, "states.Focusing");
    assert!(focusing.inherited && !focusing.differs);
    let dnd = cell(&page, "states.Focusing.dnd");
    assert_eq!(
        (dnd.value.as_str(), dnd.inherited, dnd.differs),
        ("on", true, false)
    );
    assert!(cell(&page, "states.anything-else.dnd").differs);
    assert!(page.summary.contains("one change"), "{}", page.summary);
}

#[test]
fn r22_a_cell_of_the_persons_own_says_what_the_profile_says() {
    let page = shown(&with_own("starface-9", &[("states.Busy.dnd", "leave")]));
    let dnd = cell(&page, "states.Busy.dnd");
    assert_eq!(
        (dnd.text.as_str(), dnd.profile.as_deref()),
        ("left alone", Some("on"))
    );
    assert!(row(&page, "states.Busy").differs && page.back.is_some());
    assert!(!row(&page, "states.InACall").differs);
}

#[test]
fn r12_a_cell_of_the_persons_own_decides() {
    let mut w = World::with(with_own("starface-9", &[("states.Busy.dnd", "leave")]));
    w.teams("Busy", "Busy");
    w.after(5.0);
    assert!(!w.dnd());
    w.teams("Busy", "InAMeeting");
    w.after(5.0);
    assert!(w.dnd(), "the other rows are the profile's");

    let own = [
        ("states.Away.forward", "0721 1234"),
        ("states.Away.note", "zu Tisch"),
        ("states.Away.presence", "away"),
    ];
    let mut w = World::with(with_own("recommended", &own));
    w.teams("Away", "Away");
    w.after(5.0);
    assert_eq!(w.forward().as_deref(), Some("07211234"));
    assert_eq!(w.presence(), Some(PhonePresence::Away));
    assert_eq!(w.phone.fields[&Field::Note], FieldValue::Note("zu Tisch".into()));
    assert_eq!(w.status().why[0].rule, "own: Away/Away");
    assert!(w.why().contains("(your own rule: Away/Away)"), "{}", w.why());
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!((w.forward(), w.presence()), (None, None));
}

/// Focusing has no row in `innovaphone`, DoNotDisturb beside it has.
#[test]
fn r7_a_cell_of_a_row_that_the_profile_lacks_changes_nothing_beside_it() {
    let mut w = World::with(with_own("innovaphone", &[("states.Focusing.note", "bis zehn")]));
    w.teams("DoNotDisturb", "Focusing");
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Dnd));
    assert_eq!(w.phone.fields[&Field::Note], FieldValue::Note("bis zehn".into()));
}

#[test]
fn r7_anything_else_is_a_row_that_can_be_changed() {
    let mut w = World::with(with_own("recommended", &[("states.anything-else.dnd", "on")]));
    w.teams("Curious", "Odd");
    w.after(5.0);
    assert!(w.dnd());
    assert_eq!(w.status().why[0].rule, "own: anything else (Curious/Odd)");
    w.set_rules(|rules| rules.language = Language::De);
    assert!(w.why().contains("alles andere (Curious/Odd)"), "{}", w.why());
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(!w.dnd(), "known words have rows");
}

#[test]
fn r7_what_ends_causes_can_be_given_nothing_to_set() {
    for state in ["Offline", "OffWork", "PresenceUnknown"] {
        for (field, value) in [
            ("dnd", "on"),
            ("presence", "busy"),
            ("forward", "100"),
            ("note", "x"),
        ] {
            let key = format!("rules.states.{state}.{field}");
            let cell = Cell::all().find(|cell| cell.key() == key).unwrap();
            assert_eq!(cell.parse(value), None, "{key}");
        }
    }
}

#[test]
fn r22_cells_refuse_what_they_cannot_hold() {
    let find = |key: &str| {
        Cell::all()
            .find(|cell| cell.key() == format!("rules.{key}"))
            .unwrap()
    };
    for (key, wrong) in [
        ("states.Busy.dnd", "maybe"),
        ("states.Busy.forward", "100 (home)"),
        ("states.Busy.forward", &"1".repeat(65)),
        ("states.Busy.presence", "online"),
        ("states.Busy.note", &"x".repeat(281)),
        ("states.Busy.note", "two\nlines"),
        ("states.Busy.icon", "blue"),
        ("states.Busy.says", "whatever"),
        ("calls.call.teams", "Busy/Busy"),
        ("phone.dnd-on.teams", "session:Busy/Busy"),
        ("phone.dnd-on.teams", "preferred:Busy/InACall"),
        ("phone.dnd-on.minutes", "4"),
        ("phone.dnd-on.minutes", "10081"),
    ] {
        assert_eq!(find(key).parse(wrong), None, "{key} = {wrong}");
    }
    for cell in Cell::all() {
        for value in cell.choices() {
            assert_eq!(
                cell.parse(&value.text()),
                Some(value.clone()),
                "{} = {}",
                cell.key(),
                value.text()
            );
        }
        assert!(!cell.allowed().is_empty());
    }
}

#[test]
fn r2_what_a_call_and_a_conference_tell_teams_can_be_chosen() {
    let own = [
        ("calls.call.teams", "DoNotDisturb/Presenting"),
        ("calls.conference.teams", "nothing"),
    ];
    let mut w = World::with(with_own("recommended", &own));
    w.answer("1");
    assert_eq!(w.session(), Some(SessionPair::DoNotDisturbPresenting));
    w.hang_up("1");
    w.after(5.0);
    w.call_on("baresip", "2", CallState::Conference);
    w.after(5.0);
    assert_eq!(w.session(), None);
}

#[test]
fn r5_each_state_of_the_phone_can_tell_teams_something_for_as_long_as_chosen() {
    let own = [
        ("phone.presence-away.teams", "preferred:BeRightBack/BeRightBack"),
        ("phone.presence-away.minutes", "90"),
        ("phone.dnd-on.teams", "session:DoNotDisturb/Presenting"),
        ("phone.dnd-on.minutes", "60"),
    ];
    let mut w = World::with(with_own("procall", &own));
    w.presence_by_hand(Some(PhonePresence::Away));
    assert_eq!(w.graph.preferred, Some(PreferredPair::BeRightBack));
    let until = w.disk.preferred.as_ref().unwrap().until;
    assert_eq!(until.duration_since(w.now.wall).as_mins(), 90);
    w.presence_by_hand(None);
    w.dnd_by_hand(true);
    assert_eq!(
        (w.graph.preferred, w.session()),
        (None, Some(SessionPair::DoNotDisturbPresenting))
    );
    let (_, ends) = w.graph.session.unwrap();
    assert_eq!(ends.since(w.now.mono).as_secs(), 3600);
    w.log.clear();
    w.after(3600.0);
    assert!((1..=3).contains(&w.sets()), "renewed at half: {}", w.sets());
    assert_eq!(w.session(), Some(SessionPair::DoNotDisturbPresenting));
}

#[test]
fn r5_a_call_after_a_long_session_is_five_minutes_again() {
    let own = [
        ("phone.dnd-on.teams", "session:Busy/InACall"),
        ("phone.dnd-on.minutes", "240"),
    ];
    let mut w = World::with(with_own("recommended", &own));
    w.dnd_by_hand(true);
    w.answer("1");
    w.after(1.0);
    let (_, ends) = w.graph.session.unwrap();
    assert!(ends.since(w.now.mono).as_secs() <= 300);
}

#[test]
fn r5_a_refused_preferred_presence_does_not_delay_taking_back_the_one_before() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    w.graph.writes_fail = Some(crate::common::fault(FaultKind::Rejected));
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(10.0);
    w.graph.writes_fail = None;
    w.presence_by_hand(None);
    w.after(5.0);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r5_a_lifetime_beyond_what_teams_is_told_now_is_the_usual_one() {
    let own = [
        ("phone.presence-away.teams", "session:Away/Away"),
        ("phone.presence-away.minutes", "10080"),
    ];
    let page = shown(&with_own("recommended", &own));
    let minutes = cell(&page, "phone.presence-away.minutes");
    assert_eq!((minutes.value.as_str(), minutes.range), ("5", Some((5, 240))));
}

#[test]
fn r5_the_page_says_that_the_status_before_cannot_be_put_back_where_one_is_set() {
    let told = ("phone.dnd-on.teams", "preferred:DoNotDisturb/DoNotDisturb");
    for (own, said) in [(&[][..], false), (&[told][..], true)] {
        let mut rules = with_own("recommended", own);
        for (language, words) in [
            (
                Language::En,
                "can't be read, so it can be removed but not put back",
            ),
            (Language::De, "er kann entfernt, aber nicht zurückgesetzt werden"),
        ] {
            rules.language = language;
            let notes = shown(&rules).notes;
            assert_eq!(notes.iter().any(|note| note.contains(words)), said, "{notes:?}");
        }
    }
    let notes = shown(&rules("innovaphone")).notes;
    assert!(
        notes.iter().any(|note| note.contains("not put back")),
        "{notes:?}"
    );
}

#[test]
fn r9_off_ends_ours_and_never_what_the_person_pressed() {
    let mut w = World::with(with_own("recommended", &[("states.Busy.dnd", "off")]));
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    w.teams("Busy", "Busy");
    w.after(5.0);
    assert!(!w.dnd(), "ours");
    w.dnd_by_hand(true);
    w.teams("Available", "Available");
    w.after(60.0);
    w.teams("Busy", "Busy");
    w.after(60.0);
    assert!(w.dnd(), "theirs");
    assert!(w.disk.holds.is_empty());
}

// Unset and leave

/// Killed between ledger and write; the phone system carries the write out late, after the next run has looked.
fn late(own: &[(&str, &str)], seconds: f64) -> World {
    let mut w = World::with(with_own("innovaphone", own));
    w.crash = Some(Crash::AfterLedger);
    w.teams("Busy", "InAMeeting");
    assert!(w.dead);
    w.teams_is("Available", "Available");
    w.restart();
    assert_eq!(w.presence(), None);
    w.after(seconds);
    w.presence_by_hand(Some(PhonePresence::Meeting));
    w.after(30.0);
    w
}

const LEAVE: (&str, &str) = ("states.Available.presence", "leave");

#[test]
fn r9_a_write_that_comes_while_it_is_still_waited_for_is_put_back_by_leave_and_unset_alike() {
    assert_eq!(late(&[], 3.0).presence(), None);
    assert_eq!(late(&[LEAVE], 3.0).presence(), None);
}

/// Unanswered writes are waited for 30 s.
#[test]
fn r9_unset_removes_a_presence_that_an_earlier_run_left() {
    assert_eq!(late(&[], 40.0).presence(), None);
}

#[test]
fn r9_leave_does_not_remove_it() {
    let w = late(&[LEAVE], 40.0);
    assert_eq!(w.presence(), Some(PhonePresence::Meeting));
}

#[test]
fn r9_unset_never_removes_what_comes_too_late_to_be_ours_and_says_that_it_cannot_know() {
    let w = late(&[], 60.0);
    assert_eq!(w.presence(), Some(PhonePresence::Meeting));
    assert!(w.why().contains("can't be known"), "{}", w.why());
}

#[test]
fn r9_a_presence_that_is_removed_since_it_may_be_ours_is_not_told_to_teams_as_the_persons() {
    for (own, told) in [(&[][..], 0), (&[LEAVE][..], 1)] {
        let w = late(own, 40.0);
        let sets = w.count(|e| matches!(e, Effect::SetPreferred { .. }));
        assert_eq!(sets, told, "{own:?}");
    }
}

#[test]
fn r9_it_is_not_told_to_teams_either_while_the_phone_system_takes_its_time_to_remove_it() {
    for (own, told) in [(&[][..], 0), (&[LEAVE][..], 1)] {
        let mut w = World::with(with_own("innovaphone", own));
        w.crash = Some(Crash::AfterLedger);
        w.teams("Busy", "InAMeeting");
        w.teams_is("Available", "Available");
        w.restart();
        w.after(40.0);
        w.phone.loses_writes = true;
        w.presence_by_hand(Some(PhonePresence::Meeting));
        w.after(2.0);
        let sets = w.count(|e| matches!(e, Effect::SetPreferred { .. }));
        assert_eq!(sets, told, "{own:?}");
    }
}

// R13, R22: the page and the preview

#[test]
fn r13_what_the_phone_system_cannot_do_stands_beside_the_cell() {
    let mut w = World::cold(with_own("innovaphone", &[]), Ledger::default());
    w.phone.abilities.presence = Can {
        read: true,
        write: false,
    };
    w.begin();
    let page = w.engine.rules_page(&Desk::default());
    assert!(cell(&page, "states.Busy.presence").cannot.is_some());
    assert!(
        cell(&page, "states.Available.presence").cannot.is_none(),
        "unset sets nothing"
    );
    assert!(cell(&page, "states.Busy.dnd").cannot.is_none());
    let column = |name: &str| page.tables[0].columns.iter().find(|c| c.name == name).unwrap();
    assert!(column("presence").cannot.is_some() && column("dnd").cannot.is_none());
}

#[test]
fn r22_two_profiles_stand_side_by_side() {
    let rules = rules("recommended");
    let compared = compare_profiles(
        Profile::named("recommended").unwrap(),
        Profile::named("starface-9").unwrap(),
        &rules,
    );
    let find = |key: &str| compared.changes.iter().find(|change| change.key == key);
    let busy = find("rules.states.Busy.dnd").unwrap();
    assert_eq!((busy.from.as_str(), busy.to.as_str()), ("left alone", "on"));
    assert_eq!(find("rules.states.InACall.dnd"), None, "the same in both");
    assert!(find("rules.phone.dnd-on.teams").is_some());
    let same = compare_profiles(
        Profile::named("procall").unwrap(),
        Profile::named("procall").unwrap(),
        &rules,
    );
    assert_eq!(same.changes, []);
}

#[test]
fn r22_another_profile_keeps_the_differences_that_still_differ() {
    let own = [("states.Busy.dnd", "on"), ("states.Away.dnd", "on")];
    let rules = with_own("recommended", &own);
    let compared = compare_with_profile(&rules, Profile::named("starface-9").unwrap());
    assert!(
        compared.own.contains("1 stay; 1 say the same"),
        "{}",
        compared.own
    );
    let changed = |key: &str| compared.changes.iter().any(|change| change.key == key);
    assert!(!changed("rules.states.Away.dnd") && !changed("rules.states.Busy.dnd"));
}

fn wished(situation: &Situation, rules: &Rules) -> Vec<offhook_protocol::command::Wished> {
    preview(situation, rules, None, World::new("recommended").now).unwrap()
}

#[test]
fn r22_a_preview_takes_a_time_and_knows_the_working_hours() {
    let mut rules = rules("recommended");
    rules.zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    rules.working_hours = Some(WorkingHours {
        days: vec![jiff::civil::Weekday::Monday],
        from: jiff::civil::time(8, 0, 0, 0),
        to: jiff::civil::time(18, 0, 0, 0),
    });
    let at = |at: &str| Situation {
        availability: Some("DoNotDisturb".into()),
        calls: 1,
        at: Some(at.into()),
        ..Situation::default()
    };
    let reason = |text: &str| {
        let wished = wished(&at(text), &rules);
        (wished[0].not_done, wished[4].not_done)
    };
    // A Monday.
    assert_eq!(reason("2026-11-23T08:00"), (None, None));
    let paused = Some(NotDoneReason::Paused);
    assert_eq!(reason("2026-11-23T07:59"), (paused, paused));
    assert_eq!(reason("2026-11-23T17:30:00Z"), (paused, paused), "18:30 there");
    assert!(
        wished(&at("2026-11-23T20:15"), &rules)[0]
            .sentence
            .contains("outside your working hours")
    );
    assert!(preview(&at("tomorrow"), &rules, None, World::new("recommended").now).is_err());
    let nobody = Situation {
        phone_presence: Some("sleepy".into()),
        ..Situation::default()
    };
    assert!(preview(&nobody, &rules, None, World::new("recommended").now).is_err());
}

#[test]
fn r22_a_preview_says_every_field_and_teams_in_whole_sentences() {
    let words = TeamsState::ALL.map(TeamsState::word);
    for name in NAMES {
        for language in [Language::De, Language::En] {
            let rules = Rules {
                language,
                ..rules(name)
            };
            for word in words {
                for (calls, phone) in [(0, None), (1, None), (0, Some("away")), (0, Some("on-the-phone"))] {
                    for on_phone in [false, true] {
                        let situation = Situation {
                            activity: Some(word.into()),
                            calls,
                            calls_on_phone: on_phone,
                            phone_presence: phone.map(str::to_owned),
                            paused: calls == 1,
                            ..Situation::default()
                        };
                        let wished = wished(&situation, &rules);
                        assert!(wished.len() >= 5);
                        for wish in wished {
                            let text = &wish.sentence;
                            assert!(text.ends_with('.') && !text.contains(['{', '}']), "{text}");
                            assert!(!text.contains("()") && !text.contains("  "), "{text}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn r22_a_preview_tells_unset_from_left_alone_and_echo_from_cause() {
    let available = Situation {
        availability: Some("Available".into()),
        ..Situation::default()
    };
    let unset = wished(&available, &rules("innovaphone"))[2].clone();
    let left = wished(&available, &rules("recommended"))[2].clone();
    assert_eq!((unset.wish.as_str(), left.wish.as_str()), ("unset", "left alone"));
    assert!(unset.sentence != left.sentence);
    let call = Situation {
        activity: Some("InACall".into()),
        calls: 1,
        calls_on_phone: true,
        ..Situation::default()
    };
    let echo = wished(&call, &rules("recommended"))[0].clone();
    assert_eq!(echo.not_done, Some(NotDoneReason::Echo));
}

#[test]
fn r22_every_field_and_teams_have_a_sentence_in_why() {
    let names = [
        ("Do not disturb", "Nicht stören"),
        ("Forwarding", "Umleitung"),
        ("Presence on the phone system", "Präsenz in der Telefonanlage"),
        ("Note on the phone system", "Notiz in der Telefonanlage"),
        ("Teams", "Teams"),
    ];
    for profile in NAMES {
        let mut w = World::new(profile);
        w.answer("1");
        for word in TeamsState::ALL.map(TeamsState::word) {
            w.teams(word, word);
            w.after(2.0);
            for (german, language) in [(false, Language::En), (true, Language::De)] {
                w.set_rules(|rules| rules.language = language);
                let lines = w.engine.why(w.now);
                for (en, de) in names {
                    let name = if german { de } else { en };
                    let found = lines[1..].iter().any(|line| line.starts_with(name));
                    assert!(found, "{profile} {word}: {name} in {lines:#?}");
                }
                for line in lines {
                    assert!(line.ends_with('.') && !line.contains(['{', '}']), "{line}");
                }
            }
        }
    }
}
