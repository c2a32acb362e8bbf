//! What the person says to Offhook, and what Offhook says to the person: kept, said once, and said again when it is new.

use crate::common::*;
use crate::rules_table::with_own;
use offhook_engine::calendar::Action;
use offhook_engine::facts::{CalendarLink, Prepared};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::{Ledger, Stage};
use offhook_engine::phone::Can;
use offhook_engine::profile::Profile;
use offhook_engine::rules::{ClockHours, Role, Rules};
use offhook_engine::table::Cell;
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::text::Language;
use offhook_engine::{Effect, Input};
use offhook_protocol::status::{Field as Shown, NotDoneReason};

fn saves(w: &World) -> usize {
    w.count(|effect| matches!(effect, Effect::SaveLedger { .. }))
}

#[test]
fn r10_that_a_field_may_be_set_again_is_on_disk_at_once() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w.dnd_by_hand(false);
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!(w.disk.yielded.len(), 1);
    w.input(Input::SetAgain);
    assert!(w.disk.yielded.is_empty());
}

#[test]
fn r10_each_word_of_the_persons_about_who_writes_ends_the_word_about_another_program() {
    type Change = fn(&mut Rules);
    let changes: [(&str, Change, bool); 7] = [
        (
            "profile",
            |rules| rules.profile = Profile::named("procall").unwrap(),
            true,
        ),
        (
            "own",
            |rules| rules.own = with_own("recommended", &[("states.Away.dnd", "on")]).own,
            true,
        ),
        ("meetings", |rules| rules.dnd_in_meetings = true, true),
        ("calendar", |rules| rules.calendar.title = true, true),
        ("role", |rules| rules.role = Role::Watch, true),
        ("language", |rules| rules.language = Language::De, false),
        ("pace", |rules| rules.poll_floor = secs(12.0), false),
    ];
    for (what, change, told) in changes {
        let mut w = contested(2);
        w.teams("Available", "Available");
        w.after(60.0);
        assert_eq!(w.disk.contested.len(), 1);
        w.set_rules(change);
        assert_eq!(w.disk.contested.is_empty(), told, "{what}");
    }
    let mut w = contested(2);
    w.teams("Available", "Available");
    w.after(60.0);
    w.input(Input::Resume);
    assert!(w.disk.contested.is_empty());
}

fn with_message() -> Rules {
    let mut rules = rules("recommended");
    rules.calendar.busy = Action::Nothing;
    rules.calendar.title = true;
    rules.calendar.teams_message = true;
    rules
}

/// Ours is in Teams over the person's own, until 11:00.
fn talking() -> World {
    let mut w = World::cold(with_message(), Ledger::default());
    // Nothing but the message is anybody's.
    w.phone.abilities.note = Can::default();
    w.begin();
    w.message_by_hand("Mine");
    w.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);
    w.after(60.0);
    assert_eq!(w.message(), "Talk");
    w
}

#[test]
fn r10_only_a_message_of_ours_that_is_wanted_can_be_put_back() {
    let mut none = World::with(with_message());
    none.message_by_hand("Mine");

    let mut the_same = World::with(with_message());
    the_same.message_by_hand("Talk");
    the_same.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);

    let mut over = talking();
    over.graph.writes_fail = Some(unreachable());
    over.until("2026-03-10T11:00:10Z");
    assert!(over.disk.message.is_some());

    for mut w in [none, the_same, over] {
        w.after(1.0);
        w.input(Input::PutBack);
        assert!(!w.disk.message_yielded);
    }
}

#[test]
fn r10_a_message_that_is_being_put_back_is_so_once_and_on_disk_before_it_goes() {
    let mut w = talking();
    w.crash = Some(Crash::AfterLedger);
    w.input(Input::PutBack);
    assert!(w.dead && w.disk.message_yielded);
    assert_eq!(w.disk.message.as_ref().unwrap().stage, Stage::Releasing);

    let mut w = talking();
    w.graph.writes_fail = Some(unreachable());
    w.input(Input::PutBack);
    let before = saves(&w);
    w.input(Input::PutBack);
    assert_eq!(saves(&w), before);

    // Nothing can be sent for now: it is remembered all the same.
    let mut w = talking();
    w.input(Input::SignIn(SignIn::Expired {
        account: Some(account("oid.tid")),
        fault: Fault::new(FaultKind::SignInRequired, Code::SignInExpired),
    }));
    w.input(Input::PutBack);
    assert!(w.disk.message_yielded);
}

#[test]
fn r10_that_the_message_may_be_set_again_is_on_disk_also_when_none_is_wanted() {
    let mut w = talking();
    w.input(Input::PutBack);
    w.until("2026-03-10T11:10:00Z");
    assert!(w.disk.message_yielded);
    w.input(Input::SetAgain);
    assert!(!w.disk.message_yielded);
}

#[test]
fn r18_a_message_needs_the_right_to_read_and_the_right_to_write() {
    for rights in [vec![Right::PresenceRead], vec![Right::PresenceWrite]] {
        let mut w = World::cold(with_message(), Ledger::default());
        let mut person = account("oid.tid");
        person.rights = rights;
        w.sign_in = SignIn::SignedIn(person);
        w.begin();
        w.input(Input::MessageSeen(Some(Default::default())));
        w.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);
        w.after(1.0);
        assert_eq!(w.count(|effect| matches!(effect, Effect::SetMessage(_))), 0);
        assert!(w.disk.message.is_none());
    }
}

/// The two accounts have no name in common, and the person has been asked.
fn two_people() -> World {
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.names = vec!["Bernd Beispiel".into()];
    w.begin();
    assert_eq!(w.notices(), [Code::AccountsDiffer]);
    assert!(w.status().attention);
    w
}

fn reconnect(w: &mut World) {
    w.phone_down();
    w.phone_up();
}

#[test]
fn r24_accounts_are_compared_anew_when_either_changes() {
    let one_person = || {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        w.phone.names = vec!["Anna Muster".into()];
        w.begin();
        assert_eq!(w.notices(), []);
        w
    };
    let mut w = one_person();
    w.phone.names = vec!["Bernd Beispiel".into()];
    reconnect(&mut w);
    assert_eq!(w.notices(), [Code::AccountsDiffer]);

    let mut w = one_person();
    let mut person = account("other.tid");
    person.name = "Bernd Beispiel".into();
    person.address = "bernd.beispiel@example.com".into();
    w.input(Input::SignIn(SignIn::SignedIn(person)));
    assert_eq!(w.notices(), [Code::AccountsDiffer]);
}

#[test]
fn r24_that_two_accounts_are_one_persons_is_still_known_after_another_question() {
    let mut w = two_people();
    w.input(Input::OnePerson);
    w.phone.key = "pbx/2002".into();
    reconnect(&mut w);
    assert_eq!(w.notices().len(), 2);
    w.phone.key = "pbx/2001".into();
    reconnect(&mut w);
    assert_eq!(w.notices().len(), 2);
    assert!(!w.status().attention);
}

#[test]
fn r22_what_is_wrong_again_is_said_again_also_while_something_else_is() {
    let mut w = contested(2);
    for times in 1..=2 {
        w.phone_down();
        w.after(150.0);
        let down = unreachable().code;
        let said = w.notices().into_iter().filter(|code| *code == down).count();
        assert_eq!(said, times);
        w.phone_up();
        w.after(5.0);
    }
}

#[test]
fn r14_that_no_forward_is_prepared_is_said_beside_what_else_is_not_done() {
    let mut rules = rules("recommended");
    rules.calendar.busy = Action::Forward;
    let mut w = World::with(rules);
    w.calendar(vec![appointment("busy", "Talk", "09:00", "11:00")]);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.after(5.0);
    let mut said: Vec<_> = w
        .status()
        .not_done
        .into_iter()
        .map(|one| (one.field, one.reason))
        .collect();
    said.sort_by_key(|(field, _)| *field);
    let wanted = [
        (Shown::Dnd, NotDoneReason::Person),
        (Shown::Forward, NotDoneReason::Capability),
    ];
    assert_eq!(said, wanted);
}

#[test]
fn r18_since_when_the_calendar_is_as_it_is_is_known_before_its_first_reading() {
    let mut w = World::new("recommended");
    w.calendar = Some(Calendar {
        link: CalendarLink::Microsoft,
        appointments: Vec::new(),
        fails: None,
        silent: true,
    });
    let begun = w.now.wall;
    w.input(Input::CalendarConfigured(CalendarLink::Microsoft));
    w.after(60.0);
    assert_eq!(w.engine.facts().calendar.since(), Some(begun));
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(60.0);
    assert_eq!(w.engine.facts().calendar.since(), Some(begun));
}

#[test]
fn r23_a_forward_that_was_prepared_shows_no_number_in_logs() {
    for (prepared, shown) in [
        (Prepared::To("+49 30 1".into()), "To(…)"),
        (Prepared::Nothing, "Nothing"),
        (Prepared::Unknown, "Unknown"),
    ] {
        assert_eq!(format!("{prepared:?}"), shown);
    }
}

#[test]
fn r14_an_action_is_read_by_its_name_alone() {
    for action in Action::ALL {
        assert_eq!(Action::parse(action.name()), Some(action));
    }
    assert_eq!(Action::parse("xyzzy"), None);
}

#[test]
fn r23_what_is_written_into_logs_names_its_kind_and_no_person() {
    let talk = appointment("busy", "Anna Muster 4711", "10:00", "11:00");
    let rules = with_own(
        "recommended",
        &[("states.Busy.forward", "4711"), ("states.Busy.note", "Anna")],
    );
    let cells: Vec<String> = rules.own.cells().map(|(_, value)| format!("{value:?}")).collect();
    assert_eq!(cells.len(), 2);
    assert!(cells.contains(&"Note(Some(…))".to_owned()), "{cells:?}");
    let doing = rules.doing(&offhook_engine::teams::Presence::new("Busy", "Busy"));
    let w = World::new("recommended");
    let identity = w.engine.facts().phone.link.as_ref().unwrap().identity.as_ref();
    for (shown, kind) in [
        (format!("{talk:?}"), "Appointment"),
        (format!("{:?}", talk.id), "AppointmentId"),
        (format!("{doing:?}"), "Doing"),
        (cells.join(" "), "Forward"),
        (format!("{:?}", rules.profile.rows[0]), "Row"),
        (format!("{:?}", identity.unwrap()), "PhoneIdentity"),
        (format!("{:?}", account("oid.tid")), "Account"),
        (format!("{:?}", SignIn::SignedIn(account("oid.tid"))), "SignedIn"),
    ] {
        assert!(shown.contains(kind), "{kind}: {shown}");
        assert!(!shown.contains("4711") && !shown.contains("Anna"), "{shown}");
    }
}

#[test]
fn r18_only_what_is_wrong_with_the_calendar_is_told() {
    let mut person = account("oid.tid");
    person.rights.push(Right::CalendarRead);
    let mut w = World::new("recommended");
    w.input(Input::SignIn(SignIn::SignedIn(person)));
    w.calendar = Some(Calendar {
        link: CalendarLink::Microsoft,
        appointments: Vec::new(),
        fails: None,
        silent: false,
    });
    w.input(Input::CalendarConfigured(CalendarLink::Microsoft));
    w.after(600.0);
    assert_eq!((w.notices(), w.status().attention), (vec![], false));
    w.calendar.as_mut().unwrap().fails = Some(unreachable());
    w.after(4_000.0);
    assert_eq!(w.notices(), [Code::CalendarUnreadable]);
    w.calendar.as_mut().unwrap().fails = None;
    w.after(1200.0);
    w.calendar.as_mut().unwrap().fails = Some(fault(FaultKind::SignInRequired));
    w.after(4_000.0);
    assert_eq!(w.notices().len(), 1, "the sign-in has its own word");
}

#[test]
fn the_wall_clock_is_looked_at_only_while_working_hours_may_end_something() {
    use jiff::civil::{Time, Weekday};
    let hours = offhook_engine::rules::WorkingHours {
        days: vec![Weekday::Tuesday],
        from: Time::constant(8, 0, 0, 0),
        to: Time::constant(18, 0, 0, 0),
    };
    for (limited, held) in [(false, true), (true, false), (true, true)] {
        let mut w = World::new("recommended");
        if limited {
            w.set_rules(|rules| rules.working_hours = Some(hours.clone()));
        }
        w.after(700.0);
        if held {
            w.teams("DoNotDisturb", "DoNotDisturb");
            w.after(60.0);
        }
        w.input(Input::SignIn(SignIn::Expired {
            account: Some(account("oid.tid")),
            fault: Fault::new(FaultKind::SignInRequired, Code::SignInExpired),
        }));
        w.after(20.0);
        let next = w.engine.poll_timeout(w.now).map(|(_, name)| name);
        assert_eq!(next == Some("wall clock"), limited && held, "{next:?}");
    }
}

#[test]
fn r5_what_the_person_set_on_a_phone_that_is_away_ends_a_minute_after_it_went() {
    let mut w = World::new("starface-9");
    w.after(700.0);
    w.dnd_by_hand(true);
    w.after(60.0);
    let gone = w.now.mono;
    w.phone_down();
    w.after(90.0);
    let cleared = w.first(|effect| *effect == Effect::ClearSession, gone).unwrap();
    assert!((61.4..=61.6).contains(&cleared), "{cleared}");
}

#[test]
fn r22_each_cell_says_what_may_be_entered_in_it() {
    let allowed = |key: &str| {
        let key = format!("rules.{key}");
        let cell = Cell::all().find(|cell| cell.key() == key).unwrap();
        cell.allowed()
    };
    for (key, wanted) in [
        ("states.Busy.dnd", "leave | on | off"),
        ("states.Offline.forward", "\"\""),
        ("states.Offline.note", "\"\""),
        ("states.Busy.forward", "\"\" | 0123456789+*#@.-_:abc\u{2026}"),
        ("phone.dnd-on.minutes", "5\u{2013}10080"),
    ] {
        assert_eq!(allowed(key), wanted, "{key}");
    }
    assert!(allowed("states.Busy.note").starts_with("\"\" | abc\u{2026} (1"));
    assert!(!allowed("states.Offline.dnd").contains("on"));
}

#[test]
fn r5_a_lifetime_is_the_profiles_own_only_for_what_the_profile_tells_teams() {
    use offhook_engine::phone::PhonePresence;
    use offhook_engine::table::PhoneState;
    let profile = Profile::named("innovaphone").unwrap();
    let away = PhoneState::Presence(PhonePresence::Away);
    let minutes = |own: &[(&str, &str)]| with_own("innovaphone", own).to_teams(away).1.as_secs() / 60;
    assert_eq!(minutes(&[]), 7 * 24 * 60);
    let told = minutes(&[("phone.presence-away.teams", "preferred:Busy/Busy")]);
    assert_eq!(told, 24 * 60);
    let busy = with_own("innovaphone", &[]).own.told(&profile, away);
    assert_eq!(u64::from(profile.usual_minutes(away, busy)), 7 * 24 * 60);
}

#[test]
fn times_of_day_are_written_as_in_the_persons_region() {
    for (locale, hours) in [
        ("en_US.UTF-8", ClockHours::Twelve),
        ("en-AU", ClockHours::Twelve),
        ("en-GB", ClockHours::TwentyFour),
        ("de_DE", ClockHours::TwentyFour),
        ("C", ClockHours::TwentyFour),
    ] {
        assert_eq!(ClockHours::of_locale(locale), hours, "{locale}");
    }
}
