//! What people and programs see: the contract's state order and JSON, tray and pages, both languages.

use crate::common::{World, account, rules, unreachable};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::SignIn;
use offhook_engine::text::Language;
use offhook_engine::view::pages::{Desk, IconPlace};
use offhook_engine::view::settings::KnownSource;
use offhook_engine::view::tray::{Action, Entry, Page};
use offhook_engine::{Input, NoticeKind};
use offhook_protocol::command::Pause;
use offhook_protocol::first_run::{FirstRunMove, FirstRunStep, Onward};
use offhook_protocol::pages::{AccountStep, NowPage};
use offhook_protocol::status::{Owner, State};
use serde_json::json;

/// Each cause of a state, from the strongest to the weakest: all of them together show the first, and with that one
/// gone the next.
#[test]
fn the_state_is_the_first_that_holds_in_the_contracts_order() {
    type Cause = (State, fn(&mut World), fn(&mut World));
    let causes: [Cause; 7] = [
        (
            State::SignedOut,
            |w| w.input(Input::SignIn(SignIn::SignedOut)),
            |w| w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid")))),
        ),
        (
            State::Paused,
            |w| w.pause(Pause::UntilResumed),
            |w| w.input(Input::Resume),
        ),
        (State::InCall, |w| w.answer("1"), |w| w.hang_up("1")),
        (
            State::DoNotDisturb,
            |w| w.dnd_by_hand(true),
            |w| w.dnd_by_hand(false),
        ),
        (
            State::Forwarded,
            |w| w.by_hand(FieldValue::Forward(Some("100".into()))),
            |w| w.by_hand(FieldValue::Forward(None)),
        ),
        (
            State::Busy,
            |w| w.presence_by_hand(Some(PhonePresence::Meeting)),
            |w| w.presence_by_hand(None),
        ),
        (
            State::Away,
            |w| w.presence_by_hand(Some(PhonePresence::Away)),
            |w| w.presence_by_hand(None),
        ),
    ];
    let mut w = World::new("recommended");
    for (_, begin, _) in causes.iter().take(6).rev() {
        begin(&mut w);
    }
    for (state, _, end) in causes.iter().take(6) {
        assert_eq!(w.state(), *state);
        end(&mut w);
    }
    causes[6].1(&mut w);
    assert_eq!(w.state(), State::Away);
    causes[6].2(&mut w);
    assert_eq!(w.state(), State::Free);
}

#[test]
fn the_state_by_what_teams_says() {
    let rows = [
        ("Busy", "InACall", State::InCall),
        ("Busy", "InAConferenceCall", State::InCall),
        ("DoNotDisturb", "DoNotDisturb", State::DoNotDisturb),
        ("DoNotDisturb", "Presenting", State::DoNotDisturb),
        ("Busy", "Busy", State::Busy),
        ("Busy", "InAMeeting", State::Busy),
        ("Away", "Away", State::Away),
        ("BeRightBack", "BeRightBack", State::Away),
        ("Available", "Available", State::Free),
        ("Offline", "Offline", State::Free),
        ("Curious", "Odd", State::Free),
    ];
    for (availability, activity, state) in rows {
        let mut w = World::cold(rules("procall"), Ledger::default());
        w.phone.abilities = offhook_engine::phone::Abilities::default();
        w.begin();
        w.teams(availability, activity);
        assert_eq!(w.state(), state, "{availability}/{activity}");
    }
}

#[test]
fn a_reading_that_is_too_old_is_no_state() {
    let mut w = World::new("recommended");
    w.teams("Busy", "Busy");
    assert_eq!(w.state(), State::Busy);
    w.graph_fails(FaultKind::Unreachable);
    w.after(700.0);
    assert_eq!(w.state(), State::Free);
    assert!(w.status().attention);
}

#[test]
fn the_status_is_exactly_the_contracts_json() {
    let mut w = World::new("starface-9");
    w.after(60.0);
    w.teams("Busy", "InAMeeting");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.answer("c1");
    w.after(1.0);
    let status = serde_json::to_value(w.status()).unwrap();
    let since = status["why"][0]["since"].clone();
    let seen = status["teams"]["seen"]["at"].clone();
    let call = status["calls"][0]["since"].clone();
    let session = status["why"][1]["since"].clone();
    let until = status["teams"]["session"]["until"].clone();
    for at in [&since, &seen, &call, &session, &until] {
        let text = at.as_str().unwrap();
        assert!(text.ends_with('Z') && text.len() == 20, "RFC 3339 in UTC: {text}");
    }
    assert_eq!(
        status,
        json!({"v": 1, "state": "in-call", "attention": false, "paused_until": null,
            "why": [
                {"field": "dnd", "value": true, "cause": "teams", "rule": "starface-9: Busy/InAMeeting",
                 "since": since, "until": null},
                {"field": "teams", "value": "Busy/InACall", "cause": "call", "rule": "call: baresip",
                 "since": session, "until": null}],
            "not_done": [],
            "teams": {"seen": {"availability": "Busy", "activity": "InAMeeting", "at": seen},
                      "session": {"availability": "Busy", "activity": "InACall", "until": until}},
            "phone": {"dnd": {"value": true, "owner": "offhook"}, "forward": {"value": null, "owner": null},
                      "presence": {"value": null, "owner": null}, "note": {"value": null, "owner": null}},
            "calls": [{"source": "baresip", "id": "c1", "state": "connected", "since": call}],
            "health": {"microsoft": {"ok": true, "since": "2026-03-10T09:00:00Z", "text": "Connected."},
                       "phone": {"ok": true, "since": "2026-03-10T09:00:00Z", "text": "Connected."},
                       "calendar": null,
                       "lines": {"baresip": {"ok": true, "since": call, "text": "Listening."}}}})
    );
}

#[test]
fn absent_knowledge_is_null() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.sign_in = SignIn::SignedOut;
    w.input(Input::SignIn(SignIn::SignedOut));
    let status = serde_json::to_value(w.status()).unwrap();
    let nothing = json!({"value": null, "owner": null});
    assert_eq!(
        status,
        json!({"v": 1, "state": "signed-out", "attention": false, "paused_until": null, "why": [], "not_done": [],
            "teams": {"seen": null, "session": null},
            "phone": {"dnd": nothing, "forward": nothing, "presence": nothing, "note": nothing},
            "calls": [],
            "health": {"microsoft": null, "phone": null, "calendar": null, "lines": {}}})
    );
}

#[test]
fn values_are_not_shown_while_the_phone_system_is_away() {
    let mut w = World::new("recommended");
    w.dnd_by_hand(true);
    w.phone_down();
    let status = w.status();
    assert_eq!(status.phone.dnd.value, None);
    assert!(!status.health.phone.unwrap().ok);
    assert_eq!(status.state, State::Free);
}

#[test]
fn the_tooltip_says_state_then_reason_and_fits() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    let tray = w.engine.tray(w.now);
    assert_eq!(
        tray.tooltip,
        "Do not disturb · Do not disturb is on, because Teams says do not disturb."
    );
    w.set_rules(|rules| rules.language = Language::De);
    let tray = w.engine.tray(w.now);
    assert_eq!(
        tray.tooltip,
        "Nicht stören · „Nicht stören“ ist an, denn Teams meldet: nicht stören."
    );
    let long = "x".repeat(300);
    for language in [Language::De, Language::En] {
        w.set_rules(|rules| rules.language = language);
        for code in Code::ALL {
            let fault = Fault::new(FaultKind::Rejected, *code).about(long.clone());
            w.input(Input::PhoneDown(fault));
            let tray = w.engine.tray(w.now);
            assert!(tray.attention);
            assert!(tray.tooltip.chars().count() <= 127, "{}", tray.tooltip);
        }
    }
}

fn actions(entries: &[Entry]) -> Vec<(String, Action)> {
    entries
        .iter()
        .flat_map(|entry| match entry {
            Entry::Item { label, action } => vec![(label.clone(), action.clone())],
            Entry::Separator => Vec::new(),
            Entry::Submenu { entries, .. } => actions(entries),
        })
        .collect()
}

#[test]
fn the_menu_says_what_teams_shows_unless_the_reason_has_said_it() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    let says = |w: &World| {
        let menu = actions(&w.engine.tray(w.now).menu);
        menu.iter()
            .any(|(label, _)| label == "Teams says: do not disturb")
    };
    assert!(!says(&w));
    w.pause(Pause::UntilResumed);
    assert!(says(&w));
}

#[test]
fn the_menu_has_state_why_pause_open_sign_in_diagnostics_and_quit() {
    let mut w = World::new("recommended");
    w.teams("Busy", "Busy");
    let menu = actions(&w.engine.tray(w.now).menu);
    let labels: Vec<&str> = menu.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "Busy",
            "Teams says busy.",
            "15 minutes",
            "1 hour",
            "Until tomorrow",
            "Until I resume",
            "Open Offhook",
            "Settings…",
            "Signed in as Anna Muster",
            "Help and diagnostics…",
            "Quit Offhook",
        ]
    );
    assert_eq!(menu[8].1, Action::Open(Page::Account));
    w.pause(Pause::UntilResumed);
    w.set_rules(|rules| rules.language = Language::De);
    let menu = actions(&w.engine.tray(w.now).menu);
    assert!(menu.contains(&("Fortsetzen".into(), Action::Resume)));
    assert!(!menu.iter().any(|(_, action)| matches!(action, Action::Pause(_))));
    w.input(Input::SignIn(SignIn::SignedOut));
    let menu = actions(&w.engine.tray(w.now).menu);
    assert!(menu.contains(&("Bei Microsoft anmelden…".into(), Action::SignIn)));
    assert!(menu.contains(&("Fortsetzen".into(), Action::Resume)));
    w.input(Input::Resume);
    let entries = w.engine.tray(w.now).menu;
    assert!(
        !actions(&entries)
            .iter()
            .any(|(_, action)| matches!(action, Action::Pause(_)))
    );
    let twice = entries
        .windows(2)
        .any(|two| matches!(two, [Entry::Separator, Entry::Separator]));
    assert!(!twice, "{entries:?}");
    w.input(Input::SignIn(SignIn::Browser {
        url: "https://x".into(),
    }));
    let menu = actions(&w.engine.tray(w.now).menu);
    assert!(menu.iter().any(|(_, action)| *action == Action::CancelSignIn));
}

#[test]
fn a_problem_stands_in_menu_tooltip_and_page_with_its_mend() {
    let mut w = World::new("recommended");
    w.input(Input::PhoneDown(
        Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("pbx.example"),
    ));
    let tray = w.engine.tray(w.now);
    assert!(
        tray.tooltip.contains("does not accept user or password"),
        "{}",
        tray.tooltip
    );
    assert!(
        actions(&tray.menu)
            .iter()
            .any(|(label, _)| label.starts_with('⚠'))
    );
    let page = w.engine.pages(&Desk::default(), w.now).now;
    let problem = page.attention.unwrap();
    assert_eq!(problem.code, "phone-wrong-password");
    assert_eq!(problem.mend, "Enter the password again on the phone page.");
    assert_eq!(
        w.notices(),
        [Code::PhoneWrongPassword],
        "only new settings can mend it: said at once"
    );
}

#[test]
fn a_phone_system_that_is_away_for_a_moment_is_no_notice() {
    let mut w = World::new("recommended");
    w.phone_down();
    w.after(110.0);
    assert_eq!(w.notices(), []);
    assert!(w.status().attention);
    w.after(20.0);
    assert_eq!(w.notices().len(), 1);
    w.phone_up();
    assert!(!w.status().attention);
}

#[test]
fn the_pages_follow_the_sign_in() {
    let mut w = World::new("recommended");
    let step = |w: &World| w.engine.pages(&Desk::default(), w.now).account.step;
    assert_eq!(
        step(&w),
        AccountStep::SignedIn {
            name: "Anna Muster".into(),
            address: "anna.muster@example.com".into()
        }
    );
    w.input(Input::SignIn(SignIn::Waiting(Fault::new(
        FaultKind::Unreachable,
        Code::KeyringLocked,
    ))));
    assert!(matches!(step(&w), AccountStep::Waiting { .. }));
    w.input(Input::SignIn(SignIn::Expired {
        account: Some(account("oid.tid")),
        fault: Fault::new(FaultKind::SignInRequired, Code::SignInRevoked),
    }));
    assert_eq!(step(&w), AccountStep::SignedOut);
    assert_eq!(w.notices(), [Code::SignInRevoked]);
    let light = w.status().health.microsoft.unwrap();
    assert!(!light.ok && light.text.contains("withdrawn"), "{}", light.text);
}

#[test]
fn the_now_page_shows_state_reason_calls_and_lights() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    w.call_on("baresip", "1", CallState::Ringing);
    let page = w.engine.pages(&Desk::default(), w.now).now;
    assert_eq!((page.state, page.title.as_str()), (State::Free, "Free"));
    assert_eq!(page.calls[0].text, "ringing · 09:00");
    let lights: Vec<&str> = page.lights.iter().map(|light| light.name.as_str()).collect();
    assert_eq!(lights, ["Microsoft Teams", "Phone system", "baresip"]);
    w.line("baresip", LineEvent::Down(unreachable()));
    let page = w.engine.pages(&Desk::default(), w.now).now;
    assert!(!page.lights[2].light.ok);
}

/// The control socket carries lines of 64 KiB, and what is longer is never sent. What grows with a desk (lines,
/// appointments, findings) needs most of that for itself.
#[test]
fn a_view_without_much_in_it_is_far_from_the_longest_line() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    let pages = w.engine.pages(&Desk::default(), w.now);
    let length = serde_json::to_vec(&pages).unwrap().len();
    assert!(length < offhook_protocol::MAX_LINE / 4, "{length} bytes");
}

fn now_page(w: &World) -> NowPage {
    w.engine.pages(&Desk::default(), w.now).now
}

#[test]
fn before_anything_is_known_the_page_and_the_tray_say_so_and_the_contract_keeps_its_word() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    assert_eq!(w.state(), State::Free, "the contract has no word for it");
    let page = now_page(&w);
    assert_eq!((page.waiting, page.title.as_str()), (true, "Starting…"));
    assert!(w.engine.tray(w.now).tooltip.starts_with("Starting…"));
    w.input(Input::SignIn(SignIn::Waiting(Fault::new(
        FaultKind::Unreachable,
        Code::KeyringLocked,
    ))));
    let page = now_page(&w);
    assert_eq!(
        (page.waiting, page.title.as_str()),
        (true, "Waiting for the keyring…")
    );
    assert!(page.why.contains("keyring"), "{}", page.why);
    // A call is known all the same.
    w.answer("1");
    assert_eq!(now_page(&w).title, "In a call");
    w.hang_up("1");
    w.begin();
    let page = now_page(&w);
    assert_eq!((page.waiting, page.title.as_str()), (false, "Free"));
    w.input(Input::SignIn(SignIn::SignedOut));
    assert_eq!(now_page(&w).title, "Signed out");
}

#[test]
fn each_field_of_the_phone_has_its_value_and_its_owner() {
    let mut w = World::new("recommended");
    w.by_hand(FieldValue::Forward(Some("300".into())));
    w.teams("DoNotDisturb", "Presenting");
    let page = now_page(&w);
    let line = |name: &str| page.fields.iter().find(|line| line.name == name).unwrap();
    let dnd = line("Do not disturb");
    assert_eq!(
        (dnd.value.as_str(), dnd.set, dnd.owner),
        ("on", true, Some(Owner::Offhook))
    );
    assert_eq!(
        dnd.text,
        "Set by Offhook at 09:00, because Teams says “presenting”. Afterwards it goes back to: off."
    );
    let forward = line("Forwarding");
    assert_eq!(
        (forward.value.as_str(), forward.owner),
        ("300", Some(Owner::Person))
    );
    let presence = line("Presence on the phone system");
    assert_eq!(
        (presence.set, presence.owner, presence.text.as_str()),
        (false, None, "")
    );
    w.phone_down();
    assert_eq!(now_page(&w).fields, []);
}

#[test]
fn what_is_held_can_be_put_back_and_set_again() {
    let mut w = World::new("recommended");
    w.set_rules(|rules| rules.dnd_in_meetings = true);
    assert_eq!(now_page(&w).put_back, None);
    w.teams("Busy", "InAMeeting");
    let offer = now_page(&w).put_back.unwrap();
    assert_eq!(offer.label, "Put the phone back for this meeting");
    let menu = |w: &World| actions(&w.engine.tray(w.now).menu);
    assert!(menu(&w).contains(&(offer.label, Action::PutBack)));
    w.input(Input::PutBack);
    w.after(1.0);
    let page = now_page(&w);
    assert_eq!((page.put_back, page.can_set_again), (None, true));
    assert!(menu(&w).contains(&("Let Offhook set it again".into(), Action::SetAgain)));
    assert!(page.reasons[0].contains("you took it back"), "{:?}", page.reasons);
    w.input(Input::SetAgain);
    w.after(1.0);
    let page = now_page(&w);
    assert!(page.put_back.is_some() && !page.can_set_again);
    w.teams("Available", "Available");
    let page = now_page(&w);
    assert_eq!((page.put_back, page.can_set_again), (None, false));
}

#[test]
fn what_offhook_told_teams_stands_beside_what_teams_says() {
    let mut w = World::new("recommended");
    w.answer("1");
    let teams = now_page(&w).teams.unwrap();
    assert!(
        teams.ours[0].contains("“in a call”") && teams.ours[0].contains("09:05"),
        "{:?}",
        teams.ours
    );
    w.hang_up("1");
    w.after(5.0);
    assert_eq!(now_page(&w).teams.unwrap().ours, Vec::<String>::new());
}

#[test]
fn a_light_knows_its_last_success_and_its_last_trouble() {
    let mut w = World::new("recommended");
    let last = |w: &World| now_page(w).lights[1].last.clone();
    assert_eq!(last(&w), None);
    w.after(600.0);
    w.phone_down();
    assert_eq!(last(&w).as_deref(), Some("Last worked at 09:00."));
    w.after(60.0);
    w.phone_up();
    let trouble = last(&w).unwrap();
    assert!(trouble.starts_with("Last trouble at 09:10: "), "{trouble}");
}

#[test]
fn two_accounts_that_differ_are_shown_by_name_until_answered() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.names = vec!["Bernd Beispiel".into()];
    w.begin();
    w.restart();
    let question = now_page(&w).question.unwrap();
    assert_eq!(question.microsoft, "Anna Muster (anna.muster@example.com)");
    assert_eq!(question.phone, "Bernd Beispiel");
    w.input(Input::OnePerson);
    assert_eq!(now_page(&w).question, None);
    w.restart();
    assert_eq!(now_page(&w).question, None, "the answer is kept");
}

#[test]
fn a_desk_where_nobody_signed_in_yet_needs_no_attention_for_want_of_a_password() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.input(Input::PhoneConfigured(true));
    w.input(Input::SignIn(SignIn::SignedOut));
    w.input(Input::PhoneDown(Fault::new(
        FaultKind::Rejected,
        Code::SecretMissing,
    )));
    assert!(!w.status().attention);
    assert_eq!(w.notices(), []);
    w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
    assert!(w.status().attention);
}

/// A desk on which a phone system is chosen, or none.
fn desk(step: FirstRunStep, kind: &str) -> Desk {
    let mut desk = Desk {
        first_run: Some(step),
        ..Desk::default()
    };
    desk.phone.kind.value = kind.into();
    desk
}

#[test]
fn the_first_run_goes_forth_and_back_and_passes_by_what_is_not_there() {
    use FirstRunStep::{Access, Microsoft, Phone, Ready, Welcome};
    let w = World::new("recommended");
    let ways: [(&str, &[FirstRunStep]); 2] = [
        ("asterisk", &[Welcome, Microsoft, Phone, Access, Ready]),
        ("none", &[Welcome, Microsoft, Phone, Ready]),
    ];
    for (kind, steps) in ways {
        let made = |from: FirstRunStep, made| w.engine.first_run_after(&desk(from, kind), made);
        for pair in steps.windows(2) {
            assert_eq!(made(pair[0], FirstRunMove::Next), Some(pair[1]));
            assert_eq!(made(pair[1], FirstRunMove::Back), Some(pair[0]));
        }
        assert_eq!(made(Ready, FirstRunMove::Next), None);
        assert_eq!(made(Welcome, FirstRunMove::Back), Some(Welcome));
        assert_eq!(made(Phone, FirstRunMove::Finish), None);
        assert_eq!(made(Ready, FirstRunMove::Again), Some(Welcome));
    }
}

#[test]
fn the_first_run_says_what_is_done_and_asks_only_what_matters() {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.input(Input::SignIn(SignIn::SignedOut));
    let view = |w: &World, step, kind| w.engine.pages(&desk(step, kind), w.now).first_run.unwrap();
    assert_eq!(w.engine.pages(&Desk::default(), w.now).first_run, None);
    assert_eq!(view(&w, FirstRunStep::Microsoft, "none").onward, Onward::Later);
    w.begin();
    assert_eq!(view(&w, FirstRunStep::Microsoft, "none").onward, Onward::Next);
    let ready = view(&w, FirstRunStep::Ready, "asterisk");
    let done: Vec<bool> = ready.stages.iter().map(|stage| stage.done).collect();
    assert_eq!(done, [true, true, true, false]);
    assert!(ready.checks.iter().all(|check| check.ok), "{:?}", ready.checks);
    assert!(ready.meetings.is_some());
    assert!(
        view(&w, FirstRunStep::Ready, "none").meetings.is_none(),
        "no phone to silence"
    );
    w.set_rules(|rules| rules.profile = offhook_engine::profile::Profile::named("starface-9").unwrap());
    assert!(
        view(&w, FirstRunStep::Ready, "asterisk").meetings.is_none(),
        "its table decides meetings"
    );
    w.phone_down();
    let ready = view(&w, FirstRunStep::Ready, "asterisk");
    assert!(!ready.checks.iter().all(|check| check.ok));
    let mut nowhere = desk(FirstRunStep::Ready, "none");
    nowhere.icon = IconPlace::Nowhere;
    let view = w.engine.pages(&nowhere, w.now).first_run.unwrap();
    assert!(!view.has_tray && view.place.contains("no place for such icons"));
}

#[test]
fn both_languages_give_every_text_something() {
    for text in offhook_engine::text::Text::ALL {
        for language in [Language::De, Language::En] {
            assert!(!text.text(language).is_empty(), "{text:?}");
        }
    }
}

#[test]
fn a_kind_of_notification_that_is_off_is_not_shown_and_all_else_says_the_same() {
    let mut rules = rules("recommended");
    rules.notices.remove(&NoticeKind::Phone);
    let mut w = World::with(rules.clone());
    w.phone_down();
    w.after(600.0);
    assert_eq!(w.notices(), []);
    assert!(w.status().attention);
    // Switched on later, it begins with what happens then.
    rules.notices.insert(NoticeKind::Phone);
    w.input(Input::Rules(Box::new(rules)));
    w.after(60.0);
    assert_eq!(w.notices(), []);
    w.phone_up();
    w.phone_down();
    w.after(130.0);
    assert_eq!(w.notices().len(), 1);
}

#[test]
fn only_the_few_useful_kinds_are_shown_unless_asked_for() {
    let usual: Vec<&str> = NoticeKind::ALL
        .into_iter()
        .filter(|kind| kind.usual())
        .map(NoticeKind::key)
        .collect();
    assert_eq!(
        usual,
        [
            "notify.sign_in",
            "notify.phone",
            "notify.rule",
            "notify.teams_keeps"
        ]
    );
}

#[test]
fn a_source_shows_also_what_does_not_count_and_what_was_last() {
    let desk = Desk {
        sources: vec![
            known_source("phone", true),
            known_source("baresip", true),
            known_source("hook", false),
        ],
        ..Desk::default()
    };
    let mut w = World::new("recommended");
    w.call_on("baresip", "1", CallState::Ringing);
    w.call_on("microsip", "2", CallState::Connected);
    let page = |w: &World| w.engine.pages(&desk, w.now).sources.sources;
    let sources = page(&w);
    let ids: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["phone", "baresip", "hook", "microsip"]);
    let baresip = &sources[1];
    assert_eq!(baresip.switch.as_deref(), Some("lines.baresip.enabled"));
    assert!(!baresip.calls[0].counts);
    assert_eq!(baresip.calls[0].note, "only rings, so it does not count");
    assert!(
        baresip.calls[0].text.starts_with("ringing · "),
        "{:?}",
        baresip.calls
    );
    assert!(sources[2].light.is_none(), "switched off");
    assert!(sources[3].calls[0].counts);
    assert_eq!(sources[3].switch, None);
    w.line("baresip", LineEvent::Ended { id: CallId::new("1") });
    let baresip = page(&w).remove(1);
    assert!(baresip.calls.is_empty());
    let last = baresip.last.unwrap();
    assert!(last.starts_with("hung up · "), "{last}");
}

fn known_source(id: &str, on: bool) -> KnownSource {
    KnownSource {
        id: id.to_owned(),
        switch: format!("lines.{id}.enabled"),
        address: None,
        on,
        lines: None,
    }
}

#[test]
fn the_first_run_says_what_to_do_where_microsoft_does_not_answer() {
    let mut w = World::new("recommended");
    w.graph.fails = Some(unreachable());
    w.poll();
    let desk = Desk {
        first_run: Some(FirstRunStep::Ready),
        ..Desk::default()
    };
    let ready = w.engine.pages(&desk, w.now).first_run.unwrap();
    let failed: Vec<_> = ready.checks.iter().filter(|check| !check.ok).collect();
    assert_eq!(failed.len(), 1, "{:?}", ready.checks);
    assert!(!failed[0].mend.is_empty(), "{failed:?}");
}
