//! R18, R20, R21 and R22: consent, leaving and coming back, and what is said of it.

use super::*;

#[test]
fn r18_without_the_right_only_the_calendar_is_off_and_names_itself() {
    let mut w = World::new("recommended");
    w.calendar = Some(Calendar {
        link: CalendarLink::Microsoft,
        appointments: vec![busy("Talk", "09:00", "11:00")],
        fails: None,
        silent: false,
    });
    w.input(Input::CalendarConfigured(CalendarLink::Microsoft));
    w.after(60.0);
    assert_eq!(reads(&w), 0, "the right was not granted");
    let light = w.status().health.calendar.unwrap();
    assert!(!light.ok && light.text.contains("calendar"), "{light:?}");
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd(), "the other jobs go on");
    w.teams("Available", "Available");
    w.after(3.0);

    let mut account = account("oid.tid");
    account.rights.push(Right::CalendarRead);
    w.input(Input::SignIn(SignIn::SignedIn(account)));
    w.after(0.0);
    assert_eq!(reads(&w), 1, "at once after the sign-in");
    assert!(w.dnd() && w.status().health.calendar.unwrap().ok);

    w.calendar.as_mut().unwrap().fails = Some(fault(FaultKind::RightMissing));
    w.after(331.0);
    assert!(!w.dnd(), "a right that was taken away ends what it caused");
    assert_eq!(w.notices(), [Code::CalendarRightMissing]);
    let before = reads(&w);
    w.after(1800.0);
    assert_eq!(reads(&w), before, "and is not asked for again and again");
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
}

#[test]
fn r18_another_account_brings_another_calendar() {
    let mut w = World::new("recommended");
    let signed_in = |key: &str| {
        let mut account = account(key);
        account.rights.push(Right::CalendarRead);
        Input::SignIn(SignIn::SignedIn(account))
    };
    w.input(signed_in("oid.tid"));
    w.calendar(vec![busy("Talk", "09:00", "11:00")]);
    w.calendar.as_mut().unwrap().link = CalendarLink::Microsoft;
    w.input(Input::CalendarConfigured(CalendarLink::Microsoft));
    w.after(1.0);
    assert!(w.dnd());
    w.calendar.as_mut().unwrap().silent = true;
    w.input(signed_in("other.tid"));
    w.after(1.0);
    assert!(shown(&w).is_empty());
    w.input(Input::SignIn(SignIn::SignedOut));
    w.after(3.0);
    assert!(!w.dnd());
}

#[test]
fn r18_what_was_read_for_somebody_who_signs_out_meanwhile_is_not_believed() {
    let mut w = World::new("recommended");
    let mut person = account("oid.tid");
    person.rights.push(Right::CalendarRead);
    w.input(Input::SignIn(SignIn::SignedIn(person)));
    w.calendar(vec![]);
    w.calendar.as_mut().unwrap().link = CalendarLink::Microsoft;
    w.calendar.as_mut().unwrap().silent = true;
    w.input(Input::CalendarConfigured(CalendarLink::Microsoft));
    w.after(1.0);
    w.input(Input::SignIn(SignIn::SignedOut));
    w.input(Input::CalendarRead(Ok(vec![busy("Talk", "08:00", "11:00")])));
    w.after(3.0);
    assert!(!w.dnd());
    assert!(shown(&w).is_empty(), "{:?}", shown(&w));
}

#[test]
fn r18_a_calendar_that_is_switched_off_gives_back_what_it_holds() {
    let mut w = day(vec![busy("Talk", "09:00", "11:00")]);
    assert!(w.dnd());
    w.input(Input::CalendarConfigured(CalendarLink::Off));
    w.after(3.0);
    assert!(!w.dnd());
    assert_eq!(w.status().health.calendar, None);
    let before = reads(&w);
    w.after(3600.0);
    assert_eq!(reads(&w), before);
}

#[test]
fn r23_where_calls_go_during_appointments_does_not_show() {
    let rules = forwards(|_| ());
    let shown = format!("{:?}", Input::Rules(Box::new(rules)));
    assert!(
        shown.contains("CalendarRules") && !shown.contains("4711"),
        "{shown}"
    );
}

#[test]
fn r20_a_forward_for_an_appointment_outlives_quitting_and_sleep_where_that_is_wanted() {
    for keep in [false, true] {
        for stop in [Input::Quit, Input::Sleep] {
            let rules = forwards(|calendar| calendar.forward_when_off = keep);
            let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
            w.until("2026-03-10T10:10:00Z");
            w.input(stop.clone());
            w.after(3.0);
            assert_eq!(w.forward().is_some(), keep, "{stop:?}");
        }
        let rules = forwards(|calendar| calendar.forward_when_off = keep);
        let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
        w.until("2026-03-10T10:10:00Z");
        w.pause(Pause::UntilResumed);
        w.after(3.0);
        assert_eq!(w.forward(), None, "a pause is the person's word");
        w.input(Input::Resume);
        w.after(3.0);
        w.input(Input::SignOut);
        w.after(3.0);
        assert_eq!(w.forward(), None, "signed out, nobody would know when it ends");
    }
}

#[test]
fn r20_do_not_disturb_for_an_appointment_is_never_kept() {
    let rules = with(|calendar| calendar.forward_when_off = true);
    let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    w.input(Input::Quit);
    w.after(3.0);
    assert!(!w.dnd());
}

#[test]
fn r21_after_a_restart_in_an_appointment_nothing_flickers() {
    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    w.calendar.as_mut().unwrap().silent = true;
    w.restart();
    w.after(60.0);
    assert!(
        w.dnd() && w.writes().is_empty(),
        "the calendar has not been read yet"
    );
    w.calendar.as_mut().unwrap().silent = false;
    w.after(120.0);
    assert!(w.dnd() && w.writes().is_empty());
    w.until("2026-03-10T11:00:03Z");
    assert_eq!(w.writes(), [OFF]);
}

#[test]
fn r21_what_an_appointment_left_behind_ends_with_it_even_if_the_calendar_stays_silent() {
    for (restart_at, released_at) in [
        ("2026-03-10T10:58:00Z", "2026-03-10T11:00:04Z"),
        ("2026-03-10T10:10:00Z", "2026-03-10T10:21:00Z"),
        ("2026-03-10T11:20:00Z", "2026-03-10T11:20:05Z"),
    ] {
        let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
        w.until("2026-03-10T10:05:00Z");
        assert!(w.dnd());
        w.calendar.as_mut().unwrap().silent = true;
        let seconds = at(restart_at).duration_since(w.now.wall).as_secs_f64();
        w.restart_after(seconds);
        w.until(released_at);
        assert!(!w.dnd(), "{restart_at}");
    }
}

#[test]
fn r21_a_forward_that_was_kept_is_put_back_at_the_next_start() {
    let rules = forwards(|calendar| calendar.forward_when_off = true);
    let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    w.input(Input::Quit);
    w.after(3.0);
    assert!(w.forward().is_some());
    w.restart_after(2.0 * 3600.0);
    w.after(5.0);
    assert_eq!(w.forward(), None);
}

#[test]
fn r22_one_appointment_can_be_left_out_and_taken_in_again() {
    let mut w = day(vec![
        busy("Talk", "10:00", "11:00"),
        busy("Next", "14:00", "15:00"),
    ]);
    let id = |w: &World| {
        let page = w.engine.pages(&Default::default(), w.now).calendar;
        AppointmentId::new(page.next[0].id.clone())
    };
    let talk = id(&w);
    w.input(Input::SkipAppointment {
        id: talk.clone(),
        skip: true,
    });
    assert!(shown(&w)[0].1.contains("You chose"), "{:?}", shown(&w));
    w.until("2026-03-10T10:10:00Z");
    assert!(!w.dnd());
    w.restart();
    w.after(3.0);
    assert!(!w.dnd(), "also after a restart");
    w.input(Input::SkipAppointment {
        id: talk.clone(),
        skip: false,
    });
    w.after(3.0);
    assert!(w.dnd());
    w.input(Input::SkipAppointment { id: talk, skip: true });
    w.after(3.0);
    assert!(!w.dnd());
    w.until("2026-03-10T11:00:01Z");
    assert!(w.disk.skipped.is_empty(), "what is over is forgotten");
    w.until("2026-03-10T14:10:00Z");
    assert!(w.dnd(), "the others are as before");
}

#[test]
fn r22_one_that_is_left_out_stays_so_when_it_is_moved() {
    let mut talk = busy("Talk", "10:00", "11:00");
    let mut w = day(vec![talk.clone()]);
    w.input(Input::SkipAppointment {
        id: talk.id.clone(),
        skip: true,
    });
    talk.span = Span::Timed {
        start: moment("12:00"),
        end: moment("13:00"),
    };
    w.appointments(vec![talk]);
    w.until("2026-03-10T12:10:00Z");
    assert!(!w.dnd());
    w.until("2026-03-10T13:00:01Z");
    assert!(w.disk.skipped.is_empty(), "and is forgotten at its new end");
}

#[test]
fn r22_each_of_the_next_appointments_shows_what_it_will_do_and_why() {
    let rules = chatty(|calendar| calendar.out_of_office = Action::Forward);
    let mut w = day_of(
        rules,
        vec![
            busy("Talk", "10:00", "11:00"),
            appointment("tentative", "Perhaps", "11:00", "12:00"),
            appointment("oof", "Away", "12:00", "13:00"),
            busy("Loud (No DND)", "13:00", "14:00"),
            busy("One (DND)", "15:00", "16:00"),
            busy("Two (No action)", "15:10", "16:00"),
        ],
    );
    w.set_rules(|rules| rules.calendar.title = false);
    let shown = shown(&w);
    let actions: Vec<&str> = shown.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "do not disturb, chat status “do not disturb”",
            "does nothing",
            "forwards calls",
            "calls ring through",
            "do not disturb, chat status “do not disturb”",
            "does nothing",
        ]
    );
    assert!(shown[0].1.contains("“busy”"), "{:?}", shown[0]);
    assert!(shown[2].1.contains("No forward is prepared"), "{:?}", shown[2]);
    assert!(shown[3].1.contains("(No DND)"), "{:?}", shown[3]);
    let page = w.engine.pages(&Default::default(), w.now).calendar;
    assert_eq!(page.next[0].time, "today, 10:00–11:00");
    assert!(page.next[0].title.contains("Talk"));
    w.until("2026-03-10T10:10:00Z");
    let page = w.engine.pages(&Default::default(), w.now).calendar;
    assert!(page.next[0].running && page.next[0].time.contains("11:00"));
}

#[test]
fn r22_what_the_next_ones_do_says_which_other_one_goes_first() {
    let w = day(vec![
        busy("One", "15:00", "16:00"),
        appointment("free", "Two (No DND)", "15:00", "16:00"),
    ]);
    let lines = shown(&w);
    let one = lines
        .iter()
        .find(|(action, _)| action == "do not disturb")
        .unwrap();
    assert!(one.1.contains("goes first: calls ring through"), "{one:?}");
}

#[test]
fn r22_only_what_counts_goes_first() {
    let two = || appointment("free", "Two (No DND)", "15:00", "16:00");
    let beaten = |w: &World| {
        let lines = shown(w);
        let one = lines.iter().find(|(action, _)| action == "do not disturb");
        one.unwrap().1.contains("goes first")
    };
    let mut w = day(vec![busy("One", "15:00", "16:00"), two()]);
    assert!(beaten(&w));
    w.input(Input::SkipAppointment {
        id: two().id,
        skip: true,
    });
    assert!(!beaten(&w), "left out");
    let cancelled = Appointment {
        cancelled: true,
        ..two()
    };
    let w = day(vec![busy("One", "15:00", "16:00"), cancelled]);
    assert!(!beaten(&w), "cancelled");
}

#[test]
fn r22_the_moment_it_ends_an_appointment_is_next_no_more_and_no_reason_names_its_end() {
    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:59:59Z");
    assert_eq!(shown(&w).len(), 1);
    assert!(
        w.why()
            .starts_with("Do not disturb is on because of an appointment, until 11:00.")
    );
    w.phone.mute = true;
    w.until("2026-03-10T11:00:00Z");
    assert!(shown(&w).is_empty(), "{:?}", shown(&w));
    assert!(
        w.why()
            .starts_with("Do not disturb is on because of an appointment.\n"),
        "{}",
        w.why()
    );
}

#[test]
fn r22_an_imagined_appointment_can_be_previewed() {
    use offhook_engine::view::preview::preview;
    use offhook_protocol::command::Situation;
    let rules = forwards(|calendar| calendar.busy = Action::Dnd);
    let w = World::with(rules.clone());
    let imagine = |appointments: &[&str]| {
        let situation = Situation {
            appointments: appointments.iter().map(|text| (*text).to_owned()).collect(),
            activity: Some("Available".into()),
            ..Situation::default()
        };
        preview(&situation, &rules, Some(&w.engine.facts().phone), w.now)
    };
    let dnd = |texts: &[&str]| imagine(texts).unwrap()[0].clone();
    assert_eq!(
        (dnd(&["busy"]).wish.as_str(), dnd(&["busy"]).cause),
        ("on", Some(Cause::Calendar))
    );
    assert_eq!(dnd(&["busy:Talk (No DND)"]).cause, Some(Cause::Teams));
    assert_eq!(imagine(&["busy:Talk (Call forwarding)"]).unwrap()[1].wish, "4711");
    assert!(imagine(&["holiday"]).is_err());
}

#[test]
fn r22_notices_about_the_calendar_are_a_rules_matter() {
    let mut w = day_of(
        forwards(|c| c.forward_to = None),
        vec![busy("Talk", "09:00", "11:00")],
    );
    w.after(1.0);
    let mut kinds = Vec::new();
    for (_, effect) in &w.log {
        if let Effect::Notify(notice) = effect {
            kinds.push(notice.kind);
        }
    }
    assert_eq!(kinds, [NoticeKind::Rule]);
}
