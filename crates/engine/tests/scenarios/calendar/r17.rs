//! R17: borders, days, what counts.

use super::*;

#[test]
fn r17_an_appointment_acts_at_its_minute_and_no_longer() {
    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T09:59:59Z");
    assert!(!w.dnd());
    w.until("2026-03-10T10:00:00Z");
    assert!(w.dnd());
    w.until("2026-03-10T10:59:59Z");
    assert!(w.dnd());
    w.until("2026-03-10T11:00:00Z");
    assert!(!w.dnd());
    assert_eq!(w.writes(), [ON, OFF]);
}

#[test]
fn r17_the_reason_names_the_appointment_and_its_end_and_nothing_personal() {
    let mut w = day(vec![busy("Doctor Muster", "10:00", "11:00")]);
    w.until("2026-03-10T10:00:01Z");
    let why = w.status().why;
    assert_eq!(
        (why[0].cause, why[0].rule.as_str()),
        (Cause::Calendar, "calendar: busy")
    );
    assert_eq!(why[0].since, "2026-03-10T10:00:00Z");
    assert_eq!(why[0].until.as_deref(), Some("2026-03-10T11:00:00Z"));
    assert!(w.why().contains("11:00"), "{}", w.why());
    for text in [
        w.why(),
        format!("{:?}", w.engine),
        serde_json::to_string(&w.disk).unwrap(),
    ] {
        assert!(!text.contains("Muster"), "{text}");
    }
}

#[test]
fn r17_back_to_back_appointments_leave_no_gap() {
    let mut w = day(vec![busy("One", "10:00", "11:00"), busy("Two", "11:00", "12:00")]);
    w.until("2026-03-10T11:30:00Z");
    assert_eq!(w.writes(), [ON]);
    assert_eq!(
        w.hold(Field::Dnd).unwrap().why.until,
        Some(moment("12:00")),
        "the second one is the reason now"
    );
    w.until("2026-03-10T12:00:00Z");
    assert!(!w.dnd());
}

#[test]
fn r17_overlapping_appointments_hold_until_the_last_one_ends() {
    let mut w = day(vec![busy("One", "10:00", "11:00"), busy("Two", "10:30", "12:00")]);
    w.until("2026-03-10T11:30:00Z");
    assert_eq!(w.writes(), [ON]);
    w.until("2026-03-10T12:00:01Z");
    assert_eq!(w.writes(), [ON, OFF]);
}

#[test]
fn r17_an_appointment_that_is_moved_or_cancelled_while_it_runs_is_judged_anew() {
    let talk = busy("Talk", "10:00", "11:00");
    let moved = Appointment {
        span: Span::Timed {
            start: moment("14:00"),
            end: moment("15:00"),
        },
        ..talk.clone()
    };
    let cancelled = Appointment {
        cancelled: true,
        ..talk.clone()
    };
    let longer = Appointment {
        span: Span::Timed {
            start: moment("10:00"),
            end: moment("11:30"),
        },
        ..talk.clone()
    };
    for (then, dnd) in [
        (vec![moved], false),
        (vec![cancelled], false),
        (vec![], false),
        (vec![longer], true),
    ] {
        let mut w = day(vec![talk.clone()]);
        w.until("2026-03-10T10:10:00Z");
        assert!(w.dnd());
        w.appointments(then.clone());
        assert_eq!(w.dnd(), dnd, "{then:?}");
        w.until("2026-03-10T11:00:01Z");
        assert_eq!(w.dnd(), dnd, "{then:?}");
    }
}

#[test]
fn r17_cancelled_declined_and_unsent_ones_are_not_judged_at_all() {
    let talk = || busy("Talk", "10:00", "11:00");
    let changed = [
        Appointment {
            cancelled: true,
            ..talk()
        },
        Appointment {
            draft: true,
            ..talk()
        },
        Appointment {
            answer: Answer::Declined,
            ..talk()
        },
        Appointment {
            span: Span::Timed {
                start: moment("10:00"),
                end: moment("10:00"),
            },
            ..talk()
        },
    ];
    for appointment in changed {
        let mut w = day(vec![appointment.clone()]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.writes(), [], "{appointment:?}");
    }
    for answer in [
        Answer::None,
        Answer::Organizer,
        Answer::Accepted,
        Answer::TentativelyAccepted,
        Answer::NotResponded,
    ] {
        let mut w = day(vec![Appointment { answer, ..talk() }]);
        w.until("2026-03-10T10:30:00Z");
        assert!(w.dnd(), "{answer:?}: what counts is how it is shown");
    }
}

#[test]
fn r17_whole_days_begin_and_end_at_the_persons_own_midnight() {
    for (zone, from, to) in [
        ("Europe/Berlin", "2026-03-10T23:00:00Z", "2026-03-11T23:00:00Z"),
        (
            "America/Los_Angeles",
            "2026-03-11T07:00:00Z",
            "2026-03-12T07:00:00Z",
        ),
        ("Asia/Kolkata", "2026-03-10T18:30:00Z", "2026-03-11T18:30:00Z"),
    ] {
        let mut rules = rules("recommended");
        rules.zone = TimeZone::get(zone).unwrap();
        let mut w = day_of(rules, vec![all_day((2026, 3, 11), (2026, 3, 12))]);
        let just =
            |text: &str, seconds: i64| (at(text) + jiff::SignedDuration::from_secs(seconds)).to_string();
        w.until(&just(from, -1));
        assert!(!w.dnd(), "{zone}");
        w.until(from);
        assert!(w.dnd(), "{zone}");
        w.until(&just(to, -1));
        assert!(w.dnd(), "{zone}");
        w.until(to);
        assert!(!w.dnd(), "{zone}");
    }
}

#[test]
fn r17_whole_days_on_which_the_clocks_change_have_their_own_length() {
    // Berlin: 23 hours on the 29th of March, 25 on the 25th of October.
    for (first, until, from, to) in [
        (
            (2026, 3, 29),
            (2026, 3, 30),
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ),
        (
            (2026, 10, 25),
            (2026, 10, 26),
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        ),
    ] {
        let mut rules = rules("recommended");
        rules.zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut w = World::cold(rules, Default::default());
        w.now.wall = at(from) - jiff::SignedDuration::from_hours(3);
        w.engine = offhook_engine::Engine::new(w.rules.clone(), Default::default(), 7, w.now);
        w.begin();
        w.calendar(vec![all_day(first, until)]);
        assert!(!w.dnd());
        w.until(from);
        assert!(w.dnd());
        w.until(&(at(to) - jiff::SignedDuration::from_secs(1)).to_string());
        assert!(w.dnd());
        w.until(to);
        assert!(!w.dnd());
    }
}

#[test]
fn r17_five_hundred_appointments_a_day_are_judged_like_a_few() {
    let minute = |n: u32| format!("2026-03-10T{:02}:{:02}:00Z", 10 + n / 60, n % 60);
    let many = (0..500)
        .map(|n| busy(&format!("No. {n}"), &minute(n), &minute(n + 1)))
        .collect();
    let mut w = day(many);
    w.until("2026-03-10T18:19:59Z");
    assert_eq!(w.writes(), [ON]);
    w.until("2026-03-10T18:20:01Z");
    assert_eq!(w.writes(), [ON, OFF]);
    assert!(shown(&w).is_empty());
}

#[test]
fn r17_the_calendar_is_read_every_five_minutes_at_once_after_a_resume_and_before_midnight_for_days_ahead() {
    let mut w = day(vec![]);
    assert_eq!(reads(&w), 1);
    w.after(3600.0);
    assert!((11..=14).contains(&reads(&w)), "{}", reads(&w));
    let before = reads(&w);
    w.sleep(30.0);
    w.wake();
    assert_eq!(reads(&w), before + 1);
    let mut windows = Vec::new();
    for (_, effect) in &w.log {
        if let Effect::ReadCalendar { from, until } = effect {
            windows.push((*from, *until));
        }
    }
    assert_eq!(
        windows[0],
        (at("2026-03-09T00:00:00Z"), at("2026-03-13T00:00:00Z"))
    );
}

#[test]
fn r17_a_reading_that_nobody_answers_is_tried_again() {
    let mut w = day(vec![]);
    w.calendar.as_mut().unwrap().silent = true;
    w.after(331.0);
    let before = reads(&w);
    w.after(240.0);
    assert!(reads(&w) > before);
    w.calendar.as_mut().unwrap().silent = false;
    w.calendar.as_mut().unwrap().appointments = vec![busy("Talk", "09:00", "11:00")];
    w.after(400.0);
    assert!(w.dnd());
}

#[test]
fn r17_what_the_time_out_after_a_sleep_has_read_of_the_calendar_is_not_read_twice() {
    let mut w = day(vec![]);
    w.after(10.0);
    w.log.clear();
    w.calendar.as_mut().unwrap().silent = true;
    w.sleep(900.0);
    w.wake();
    assert_eq!(reads(&w), 1);
}

#[test]
fn r17_retry_after_is_obeyed_for_the_calendar() {
    let mut w = day(vec![]);
    w.calendar.as_mut().unwrap().fails = Some(throttled(Some(1000.5)));
    w.after(331.0);
    let before = reads(&w);
    w.after(930.0);
    assert_eq!(reads(&w), before);
    w.sleep(1.0);
    w.wake();
    assert_eq!(reads(&w), before, "not even after a resume");
    w.after(80.0);
    assert_eq!(reads(&w), before + 1);
}

#[test]
fn r6_teams_is_read_faster_around_the_borders_of_appointments() {
    let mut w = day(vec![busy("Talk", "12:00", "13:00")]);
    w.until("2026-03-10T11:59:00Z");
    let from = w.now.mono;
    w.until("2026-03-10T12:00:25Z");
    let spans = w.poll_spans(from);
    assert!(spans.iter().filter(|span| **span < 3.5).count() >= 9, "{spans:?}");
    assert!(spans[0] > 8.0, "{spans:?}");
}

#[test]
fn r11_a_calendar_that_cannot_be_read_for_an_hour_silences_nothing() {
    let mut w = day(vec![
        busy("Long", "09:00", "18:00"),
        busy("Later", "19:00", "20:00"),
    ]);
    assert!(w.dnd());
    w.calendar.as_mut().unwrap().fails = Some(unreachable());
    w.after(3300.0);
    assert!(w.dnd(), "a short break changes nothing");
    assert_eq!(w.notices(), []);
    w.after(700.0);
    assert!(!w.dnd());
    assert_eq!(w.notices(), [Code::CalendarUnreadable]);
    let calendar = w.status().health.calendar.unwrap();
    assert!(!calendar.ok);
    w.calendar.as_mut().unwrap().fails = None;
    w.after(601.0);
    assert!(w.dnd() && w.status().health.calendar.unwrap().ok);
}

#[test]
fn a_calendars_own_password_that_is_refused_is_said_at_once() {
    let mut w = day(vec![busy("Long", "09:00", "18:00")]);
    let refused =
        Fault::new(FaultKind::SignInRequired, Code::ExchangeWrongPassword).about("mail.example.com");
    w.calendar.as_mut().unwrap().fails = Some(refused);
    w.input(Input::CalendarConfigured(CalendarLink::Own));
    w.after(1.0);
    assert_eq!(w.notices(), [Code::CalendarUnreadable]);
    let light = w.status().health.calendar.unwrap();
    assert!(
        !light.ok && light.text.contains("mail.example.com"),
        "{}",
        light.text
    );
    // A network that is away for a moment is not worth a word.
    let mut w = day(vec![]);
    w.calendar.as_mut().unwrap().fails = Some(unreachable());
    w.input(Input::CalendarConfigured(CalendarLink::Own));
    w.after(1.0);
    assert_eq!(w.notices(), []);
}

#[test]
fn r17_a_clock_that_jumps_moves_the_borders_with_it() {
    let mut w = day(vec![busy("Talk", "12:00", "13:00")]);
    w.clock_jump(3 * 3600 + 60);
    w.after(11.0);
    assert!(w.dnd(), "it is 12:01 all at once");
    w.clock_jump(-3600);
    w.after(11.0);
    assert!(!w.dnd(), "and 11:01 again");
}

#[test]
fn r17_a_calendar_that_has_changed_is_read_at_once_but_not_against_a_wish_for_patience() {
    let mut w = day(vec![]);
    w.after(60.0);
    let before = reads(&w);
    w.input(Input::CalendarChanged);
    w.after(1.0);
    assert_eq!(reads(&w), before + 1);
    let wait = FaultKind::Throttled {
        retry_after: Some(std::time::Duration::from_secs(120)),
    };
    w.input(Input::CalendarRead(Err(Fault::new(wait, Code::CalendarBusy))));
    w.input(Input::CalendarChanged);
    w.after(60.0);
    assert_eq!(reads(&w), before + 1, "two minutes were asked for");
    w.after(61.0);
    assert_eq!(reads(&w), before + 2);
}
