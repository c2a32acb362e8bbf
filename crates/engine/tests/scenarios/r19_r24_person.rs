//! R19 to R24: the person in charge.

use crate::common::{Crash, ON, World, account, at, rules, unreachable};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{Field, FieldValue, PhoneIdentity, PhonePresence};
use offhook_engine::profile::ForwardRule;
use offhook_engine::rules::{Role, Rules, WorkingHours};
use offhook_engine::table::{Cell, StateField, TeamsState};
use offhook_engine::teams::{Presence, Right, SessionPair, SignIn};
use offhook_engine::text::Language;
use offhook_engine::view::preview::preview;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::{Pause, Situation};
use offhook_protocol::status::{Field as Shown, NotDoneReason, State};

// R19

#[test]
fn r19_a_pause_releases_everything_and_then_writes_nothing() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.pause(Pause::UntilResumed);
    w.after(5.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    assert_eq!(w.state(), State::Paused);
    w.log.clear();
    w.teams("DoNotDisturb", "Presenting");
    w.answer("2");
    w.dnd_by_hand(true);
    w.dnd_by_hand(false);
    w.after(3600.0);
    assert_eq!(w.changes(), []);
}

#[test]
fn r19_reading_goes_on_so_that_resuming_is_right_at_once() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(15));
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert_eq!(w.status().teams.seen.unwrap().activity, "DoNotDisturb");
    w.input(Input::Resume);
    w.after(1.0);
    assert!(w.dnd());
    assert_eq!(w.state(), State::DoNotDisturb);
}

#[test]
fn r19_a_pause_ends_by_itself() {
    for (pause, seconds) in [(Pause::Minutes(15), 900.0), (Pause::Minutes(60), 3600.0)] {
        let mut w = World::new("recommended");
        w.pause(pause);
        w.after(seconds - 1.0);
        assert_eq!(w.state(), State::Paused);
        w.after(2.0);
        assert_eq!(w.state(), State::Free);
        assert_eq!(w.disk.pause, None);
    }
}

#[test]
fn r19_until_tomorrow_is_the_next_local_midnight_also_when_clocks_change() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    for (now, until) in [
        ("2026-03-28T09:00:00Z", "2026-03-28T23:00:00Z"),
        // The clocks go forward on the 29th at 2:00: midnight after it comes an hour earlier in UTC.
        ("2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"),
    ] {
        let mut w = World::new("recommended");
        w.set_rules(|rules| rules.zone = zone.clone());
        w.now.wall = at(now);
        w.pause(Pause::Tomorrow);
        assert_eq!(w.status().paused_until.as_deref(), Some(until), "{now}");
    }
}

#[test]
fn r19_kept_over_a_restart() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(60));
    w.teams_is("DoNotDisturb", "DoNotDisturb");
    w.restart();
    w.after(1800.0);
    assert_eq!((w.state(), w.dnd()), (State::Paused, false));
    w.after(1800.0);
    assert!(w.dnd());
    w.pause(Pause::UntilResumed);
    w.restart_after(100_000.0);
    w.after(60.0);
    assert_eq!(w.state(), State::Paused);
    assert_eq!(w.status().paused_until, None);
}

#[test]
fn r19_what_would_be_wanted_is_named_as_not_done() {
    let mut w = World::new("recommended");
    w.pause(Pause::UntilResumed);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    let not_done: Vec<_> = w
        .status()
        .not_done
        .into_iter()
        .map(|n| (n.field, n.reason))
        .collect();
    assert_eq!(
        not_done,
        [
            (Shown::Dnd, NotDoneReason::Paused),
            (Shown::Teams, NotDoneReason::Paused)
        ]
    );
}

#[test]
fn r19_working_hours_pause_by_themselves() {
    let mut w = World::new("recommended");
    // 2026-03-10 is a Tuesday; it is 10:00 in Berlin.
    w.set_rules(|rules| {
        rules.zone = TimeZone::get("Europe/Berlin").unwrap();
        rules.working_hours = Some(WorkingHours {
            days: vec![Weekday::Tuesday, Weekday::Wednesday],
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(11, 0, 0, 0),
        });
    });
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    w.after(3700.0);
    assert_eq!((w.state(), w.dnd()), (State::Paused, false));
    assert_eq!(w.status().paused_until.as_deref(), Some("2026-03-11T07:00:00Z"));
    assert!(w.why().contains("working hours"));
    w.after(21.0 * 3600.0);
    assert!(w.dnd());
}

#[test]
fn r19_a_jump_of_the_wall_clock_ends_a_pause_whose_time_has_come() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(60));
    w.clock_jump(3700);
    w.after(15.0);
    assert_eq!(w.state(), State::Free);
}

#[test]
fn r19_a_clock_set_back_to_before_the_working_hours_releases_although_nothing_is_read() {
    let mut w = World::new("recommended");
    // It is 9:00.
    w.set_rules(|rules| {
        rules.working_hours = Some(WorkingHours {
            days: vec![Weekday::Tuesday],
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(18, 0, 0, 0),
        });
    });
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.input(Input::SignIn(SignIn::Expired {
        account: Some(account("oid.tid")),
        fault: Fault::new(
            offhook_engine::fault::FaultKind::SignInRequired,
            Code::SignInExpired,
        ),
    }));
    w.after(60.0);
    assert!(w.dnd());
    w.clock_jump(-7200);
    w.after(15.0);
    assert!(!w.dnd());
}

// R20

#[test]
fn r20_quit_releases_everything_and_keeps_the_sign_in() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    let from = w.now.mono;
    w.input(Input::Quit);
    w.after(2.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    assert!(w.first(|e| *e == Effect::Finished, from).unwrap() <= 2.0);
    assert_eq!(w.count(|e| *e == Effect::ForgetTokens), 0);
    assert_eq!((w.disk.holds.len(), w.disk.session.is_some()), (0, false));
}

#[test]
fn r20_quit_ends_within_two_seconds_when_nothing_answers() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.graph.silent = true;
    w.phone.mute = true;
    let from = w.now.mono;
    w.input(Input::Quit);
    w.after(10.0);
    let after = w.first(|e| *e == Effect::Finished, from).unwrap();
    assert!((1.9..=2.0).contains(&after), "{after}");
    assert_eq!(
        w.disk.holds.len(),
        1,
        "the ledger does the rest at the next start"
    );
    w.phone.mute = false;
    w.graph.silent = false;
    w.teams_is("Available", "Available");
    w.restart();
    w.after(30.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
}

#[test]
fn r20_quit_with_nothing_held_ends_at_once_and_nothing_is_begun_after_it() {
    let mut w = World::new("recommended");
    let from = w.now.mono;
    w.input(Input::Quit);
    assert_eq!(w.first(|e| *e == Effect::Finished, from), Some(0.0));
    w.log.clear();
    w.answer("1");
    w.read("DoNotDisturb", "DoNotDisturb");
    w.after(600.0);
    assert_eq!(w.log, []);
}

#[test]
fn r20_sign_out_releases_and_clears_before_the_tokens_go() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.log.clear();
    w.input(Input::SignOut);
    w.after(3.0);
    let order: Vec<&Effect> = w
        .log
        .iter()
        .map(|(_, e)| e)
        .filter(|e| {
            matches!(
                e,
                Effect::WritePhone(_) | Effect::ClearSession | Effect::ForgetTokens
            )
        })
        .collect();
    assert_eq!(order.len(), 3);
    assert_eq!(order[2], &Effect::ForgetTokens);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
}

#[test]
fn r20_nothing_is_taken_again_while_the_tokens_are_being_deleted() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.input(Input::SignOut);
    w.after(3.0);
    w.log.clear();
    w.call_on("baresip", "1", CallState::Held);
    w.by_hand(FieldValue::Note("x".into()));
    w.after(20.0);
    assert_eq!(w.changes(), []);
    assert_eq!(w.count(|e| *e == Effect::ReadTeams), 0);
    w.input(Input::SignIn(SignIn::SignedOut));
    assert_eq!(w.state(), State::SignedOut);
    w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
    w.after(5.0);
    assert_eq!(w.session(), Some(SessionPair::BusyInACall));
}

#[test]
fn r20_sleep_releases_and_waking_takes_again() {
    let mut w = World::new("recommended");
    w.line("baresip", LineEvent::Up { resyncs: true });
    let list = vec![(CallId::new("1"), CallState::Connected)];
    w.lists.insert("baresip".into(), list);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(30.0);
    w.input(Input::Sleep);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    w.sleep(8.0 * 3600.0);
    w.wake();
    w.after(5.0);
    assert!(w.dnd());
    assert_eq!(w.session(), Some(SessionPair::BusyInACall));
}

// R21

#[test]
fn r21_at_start_what_is_ours_and_no_longer_wanted_is_put_back() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.teams_is("Available", "Available");
    w.restart_after(3600.0);
    w.after(5.0);
    assert!(!w.dnd());
}

#[test]
fn r21_at_start_what_is_still_wanted_is_kept_without_a_gap() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.restart();
    w.after(60.0);
    assert_eq!(w.writes(), []);
    assert!(w.dnd());
}

#[test]
fn r21_nothing_is_given_back_before_the_sign_in_is_known() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    let disk = w.disk.clone();
    let mut w = World::cold(rules("recommended"), disk);
    w.phone.fields.insert(Field::Dnd, ON);
    w.input(Input::PhoneConfigured(true));
    w.phone_up();
    w.after(20.0);
    assert_eq!(w.writes(), []);
    assert_ne!(w.state(), State::SignedOut, "not known is not signed out");
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(1.0);
    assert!(!w.dnd());
}

#[test]
fn r21_a_locked_keyring_is_attention_never_signed_out() {
    for code in [Code::KeyringLocked, Code::KeyringAbsent, Code::KeyringLate] {
        let mut w = World::new("recommended");
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.sign_in = SignIn::Waiting(Fault::new(FaultKind::Unreachable, code));
        w.restart();
        w.after(30.0);
        let status = w.status();
        assert_ne!(status.state, State::SignedOut);
        assert!(status.attention);
        assert!(w.dnd(), "nothing is overwritten");
        assert_eq!(w.changes(), []);
        assert_eq!(w.disk.holds.len(), 1);
        w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
        w.after(10.0);
        assert!(!w.status().attention);
        assert_eq!(w.writes(), []);
    }
}

#[test]
fn r21_signed_out_releases_what_teams_caused() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(2.0);
    assert!(!w.dnd());
    assert_eq!(w.state(), State::SignedOut);
}

// R22

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

// R23

/// A forward and a note of the person's own, in cells and in rows of the profile.
fn personal_rules() -> Rules {
    let mut rules = rules("recommended");
    for (field, text) in [
        (StateField::Forward, "0123456789"),
        (StateField::Note, "Zahnarzt"),
    ] {
        assert!(rules.own.set(Cell::State(TeamsState::Away, field), text));
    }
    for row in &mut rules.profile.rows {
        row.forward = ForwardRule::To("0123456789".into());
        row.note = Some("Zahnarzt".into());
    }
    rules
}

#[test]
fn r23_debug_of_what_is_logged_holds_nothing_personal() {
    let secret = ["Muster", "example.com", "0123456", "Zahnarzt", "code=", "ABC-123"];
    let forward = FieldValue::Forward(Some("0123456789".into()));
    let mut w = World::new("recommended");
    w.phone.names = vec!["Petra Muster".into()];
    let identity = PhoneIdentity {
        key: "k".into(),
        system: "Pretend".into(),
        names: vec!["Petra Muster".into()],
    };
    let mut texts = vec![
        format!("{:?}", account("a.b")),
        format!("{:?}", Input::SignIn(SignIn::SignedIn(account("a.b")))),
        format!(
            "{:?}",
            SignIn::Browser {
                url: "https://login.example.com/?code=1".into()
            }
        ),
        format!(
            "{:?}",
            SignIn::DeviceCode {
                user_code: "ABC-123".into(),
                url: "https://example.com".into()
            }
        ),
        format!("{:?}", Effect::WritePhone(forward.clone())),
        format!(
            "{:?}",
            Input::PhoneSeen(vec![forward, FieldValue::Note("Zahnarzt".into())])
        ),
        format!("{identity:?}"),
        format!("{:?}", Input::Rules(Box::new(personal_rules()))),
        format!("{:?}", personal_rules().doing(&Presence::new("Away", "Away"))),
        format!(
            "{:?}",
            Effect::Notify(offhook_engine::Notice {
                kind: offhook_engine::NoticeKind::SignIn,
                code: Code::AccountsDiffer,
                detail: Some("Anna Muster / Petra".into())
            })
        ),
    ];
    w.by_hand(FieldValue::Forward(Some("0123456".into())));
    texts.push(format!("{:?}", w.engine));
    texts.extend(w.log.iter().map(|(_, effect)| format!("{effect:?}")));
    for text in texts {
        for secret in secret {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn r23_rule_names_carry_no_numbers() {
    let mut w = World::new("recommended");
    w.set_rules(|rules| {
        for row in &mut rules.profile.rows {
            if row.when == "Busy" {
                row.forward = offhook_engine::profile::ForwardRule::To("0123456".into());
            }
        }
    });
    w.teams("Busy", "Busy");
    w.answer("1");
    w.after(2.0);
    for why in w.status().why {
        assert!(!why.rule.contains("0123456"), "{}", why.rule);
    }
    assert!(w.disk.holds.iter().all(|hold| !hold.why.rule.contains("0123456")));
}

#[test]
fn r23_the_ledger_names_the_account_by_its_key_alone() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(5.0);
    let text = serde_json::to_string(&w.disk).unwrap();
    assert!(text.contains("oid.tid") && !text.contains("Muster"), "{text}");
}

// R24

#[test]
fn r24_in_a_call_is_no_cause_while_the_phone_system_reports_the_call() {
    let mut w = World::new("recommended");
    w.call_on("phone", "1", CallState::Connected);
    // Another program's session: not equal to ours, so no echo.
    w.read("Busy", "InAConferenceCall");
    w.after(2.0);
    assert_eq!(w.writes(), []);
    let not_done = w.status().not_done;
    assert_eq!(
        (not_done[0].field, not_done[0].reason),
        (Shown::Dnd, NotDoneReason::Echo)
    );
    assert!(
        w.why().contains("only shows that you are on the phone"),
        "{}",
        w.why()
    );
}

#[test]
fn r24_in_a_call_is_a_cause_otherwise() {
    let mut w = World::new("recommended");
    w.teams("Busy", "InACall");
    assert!(w.dnd());
}

#[test]
fn r24_nothing_is_called_an_echo_where_the_rules_want_nothing() {
    let mut rules = rules("recommended");
    rules.profile.rows.retain(|row| !row.when.starts_with("InA"));
    let mut w = World::with(rules);
    w.call_on("phone", "1", CallState::Connected);
    w.read("Busy", "InAConferenceCall");
    assert_eq!(w.status().not_done, []);
}

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

// R18 for this program's two rights

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

#[test]
fn r9_and_r20_twenty_crashes_in_a_row_leave_the_phone_as_it_should_be() {
    let mut w = World::new("recommended");
    for round in 0..20 {
        let on = round % 2 == 0;
        w.crash = Some([Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite][round % 3]);
        if on {
            w.teams_is("DoNotDisturb", "DoNotDisturb");
        } else {
            w.teams_is("Available", "Available");
        }
        w.after(20.0);
        w.restart();
        w.after(40.0);
        assert_eq!(w.dnd(), on, "round {round}");
        w.phone_down();
        w.input(Input::PhoneDown(unreachable()));
        w.phone_up();
    }
}
