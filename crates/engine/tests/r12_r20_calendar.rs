//! R12, R14 to R18 and R20: what the person's appointments do with the phone.

mod common;

use common::*;
use jiff::civil::date;
use jiff::tz::TimeZone;
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, Span};
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::facts::{CalendarLink, Prepared};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue, NoteLength, PhonePresence};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::text::Language;
use offhook_engine::{Effect, Input, NoticeKind};
use offhook_protocol::command::Pause;
use offhook_protocol::status::{Cause, NotDoneReason};

fn with(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    let mut rules = rules("recommended");
    change(&mut rules.calendar);
    rules
}

/// A world with these appointments; it is 09:00.
fn day(appointments: Vec<Appointment>) -> World {
    day_of(rules("recommended"), appointments)
}

fn day_of(rules: Rules, appointments: Vec<Appointment>) -> World {
    let mut w = World::with(rules);
    w.calendar(appointments);
    w
}

fn busy(subject: &str, start: &str, end: &str) -> Appointment {
    appointment("busy", subject, start, end)
}

fn chatty(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    with(|calendar| {
        calendar.chat_status = true;
        calendar.title = true;
        change(calendar);
    })
}

fn forwards(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    with(|calendar| {
        calendar.busy = Action::Forward;
        calendar.forward_to = Some("4711".into());
        change(calendar);
    })
}

fn reads(w: &World) -> usize {
    w.count(|effect| matches!(effect, Effect::ReadCalendar { .. }))
}

/// The next appointments as the page shows them: what each does, and why.
fn shown(w: &World) -> Vec<(String, String)> {
    let page = w.engine.pages(&Default::default(), w.now).calendar;
    page.next
        .into_iter()
        .map(|line| (line.action, line.why))
        .collect()
}

// R17: borders, days, what counts

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

fn all_day(first: (i16, i8, i8), until: (i16, i8, i8)) -> Appointment {
    Appointment {
        span: Span::AllDay {
            first: date(first.0, first.1, first.2),
            until: date(until.0, until.1, until.2),
        },
        ..busy("Fair", "10:00", "11:00")
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

// R14

#[test]
fn r14_each_kind_of_appointment_does_what_was_chosen_for_it() {
    let kinds = ["free", "workingElsewhere", "tentative", "busy", "oof"];
    for kind in kinds {
        for action in Action::ALL {
            let mut rules = with(|calendar| {
                for field in [
                    &mut calendar.free,
                    &mut calendar.elsewhere,
                    &mut calendar.tentative,
                    &mut calendar.busy,
                    &mut calendar.out_of_office,
                ] {
                    *field = Action::Nothing;
                }
                calendar.forward_to = Some("4711".into());
            });
            let calendar = &mut rules.calendar;
            let field = match kind {
                "free" => &mut calendar.free,
                "workingElsewhere" => &mut calendar.elsewhere,
                "tentative" => &mut calendar.tentative,
                "busy" => &mut calendar.busy,
                _ => &mut calendar.out_of_office,
            };
            *field = action;
            let all = kinds.map(|kind| appointment(kind, "Talk", "10:00", "11:00"));
            let mut w = day_of(rules, vec![appointment(kind, "Talk", "10:00", "11:00")]);
            w.until("2026-03-10T10:30:00Z");
            let wanted = match action {
                Action::Nothing => (false, None),
                Action::Dnd => (true, None),
                Action::Forward => (false, Some("4711".to_owned())),
            };
            assert_eq!((w.dnd(), w.forward()), wanted, "{kind}: {action:?}");
            w.until("2026-03-10T11:00:01Z");
            assert_eq!((w.dnd(), w.forward()), (false, None), "{kind}: {action:?}");
            // The same beside all others, which do nothing.
            let mut w = day_of(w.rules.clone(), all.to_vec());
            w.until("2026-03-10T10:30:00Z");
            assert_eq!(
                (w.dnd(), w.forward()),
                wanted,
                "{kind}: {action:?}, beside others"
            );
        }
    }
}

#[test]
fn r14_a_kind_that_nobody_has_described_does_nothing() {
    for word in ["unknown", "somethingNew", ""] {
        let mut w = day(vec![appointment(word, "Talk", "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.writes(), [], "{word}");
    }
}

#[test]
fn r14_a_forward_goes_to_what_the_person_has_prepared() {
    let mut w = World::with(forwards(|calendar| calendar.forward_to = None));
    w.phone.abilities.prepared_forward = true;
    w.input(Input::ForwardPrepared(Prepared::To("0301".into())));
    w.phone_down();
    w.phone_up();
    w.calendar(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:00:00Z");
    assert_eq!(w.forward().as_deref(), Some("0301"));
    w.until("2026-03-10T11:00:00Z");
    assert_eq!(w.forward(), None);
}

#[test]
fn r14_without_a_prepared_forward_nothing_is_done_and_that_is_said() {
    for prepared in [true, false] {
        let mut w = World::with(forwards(|calendar| calendar.forward_to = None));
        w.phone.abilities.prepared_forward = prepared;
        w.input(Input::ForwardPrepared(Prepared::Nothing));
        w.phone_down();
        w.phone_up();
        w.calendar(vec![busy("Talk", "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.writes(), []);
        assert_eq!(w.notices(), [Code::CalendarForwardMissing]);
        let not_done = w.status().not_done;
        assert_eq!(not_done.len(), 1);
        assert_eq!(not_done[0].reason, NotDoneReason::Capability);
        assert!(w.why().contains("no forward is prepared"), "{}", w.why());
        assert!(
            shown(&w)[0].1.contains("No forward is prepared"),
            "{:?}",
            shown(&w)
        );
        w.until("2026-03-10T11:30:00Z");
        assert_eq!(w.status().not_done, []);
    }
}

#[test]
fn r14_a_prepared_forward_that_is_not_known_yet_is_waited_for() {
    let mut w = World::with(forwards(|_| {}));
    w.phone.abilities.prepared_forward = true;
    w.phone_down();
    w.phone_up();
    w.calendar(vec![busy("Talk", "09:00", "11:00")]);
    w.after(5.0);
    assert_eq!((w.writes(), w.notices()), (vec![], vec![]));
    w.input(Input::ForwardPrepared(Prepared::To("0301".into())));
    w.after(1.0);
    assert_eq!(w.forward().as_deref(), Some("0301"));
}

#[test]
fn r14_a_forward_that_the_person_set_by_hand_is_put_back() {
    let mut w = World::with(forwards(|_| {}));
    w.by_hand(FieldValue::Forward(Some("100".into())));
    w.calendar(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:00:00Z");
    assert_eq!(w.forward().as_deref(), Some("4711"));
    w.until("2026-03-10T11:00:00Z");
    assert_eq!(w.forward().as_deref(), Some("100"));
}

// R15

#[test]
fn r15_a_keyword_replaces_the_default_of_its_appointment() {
    // (subject, default for busy, do not disturb, forward)
    let rows = [
        ("Talk (Ruhe)", Action::Nothing, true, false),
        ("Talk (DND)", Action::Nothing, true, false),
        ("Talk (DND)", Action::Forward, true, false),
        ("Talk (Keine Ruhe)", Action::Dnd, false, false),
        ("Talk (No DND)", Action::Dnd, false, false),
        ("Talk (No DND)", Action::Forward, false, false),
        ("Talk (Anrufe weiterleiten)", Action::Nothing, false, true),
        ("Talk (Call forwarding)", Action::Dnd, false, true),
        ("Talk (Keine Anrufe weiterleiten)", Action::Forward, false, false),
        ("Talk (No call forwarding)", Action::Forward, false, false),
        ("Talk (No call forwarding)", Action::Dnd, false, false),
        ("Talk (Keine Aktion)", Action::Dnd, false, false),
        ("Talk (No action)", Action::Forward, false, false),
        // Nearly.
        ("Talk (dnd)", Action::Nothing, false, false),
        ("Talk (no action)", Action::Dnd, true, false),
        ("(No DND) Talk", Action::Dnd, true, false),
        ("Talk [No DND]", Action::Dnd, true, false),
    ];
    for (subject, default, dnd, forward) in rows {
        let rules = forwards(|calendar| calendar.busy = default);
        let mut w = day_of(rules, vec![busy(subject, "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(
            (w.dnd(), w.forward().is_some()),
            (dnd, forward),
            "{subject}, {default:?}"
        );
    }
}

#[test]
fn r15_the_reason_names_the_keyword() {
    let mut w = day(vec![appointment("free", "Talk (Ruhe)", "10:00", "11:00")]);
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(w.status().why[0].rule, "calendar: (DND)");
    assert!(shown(&w)[0].1.contains("(DND)"), "{:?}", shown(&w));
}

// R12

#[test]
fn r12_of_several_at_once_the_keyword_then_the_kind_then_the_later_start_decides_each_field() {
    // (appointments: kind, subject, start), do not disturb, forward
    type Row = (&'static [(&'static str, &'static str, &'static str)], bool, bool);
    let rows: [Row; 12] = [
        (&[("oof", "A", "10:00"), ("busy", "B", "10:00")], true, true),
        (
            &[("busy", "A (No DND)", "10:00"), ("oof", "B (DND)", "10:00")],
            true,
            false,
        ),
        (
            &[("free", "A (No DND)", "10:00"), ("busy", "B", "10:00")],
            false,
            false,
        ),
        (
            &[("busy", "A (No DND)", "10:00"), ("busy", "B (DND)", "10:10")],
            true,
            false,
        ),
        (
            &[("busy", "A (DND)", "10:00"), ("busy", "B (No DND)", "10:10")],
            false,
            false,
        ),
        (
            &[
                ("busy", "A", "10:00"),
                ("free", "B (No call forwarding)", "10:00"),
            ],
            true,
            false,
        ),
        (
            &[("oof", "A", "10:00"), ("free", "B (No call forwarding)", "10:00")],
            false,
            false,
        ),
        (&[("oof", "A", "10:00"), ("busy", "B (DND)", "10:00")], true, true),
        (
            &[("busy", "A", "10:00"), ("free", "B (No action)", "10:00")],
            false,
            false,
        ),
        (
            &[("busy", "A (DND)", "10:10"), ("busy", "B (No action)", "10:00")],
            true,
            false,
        ),
        (
            &[
                ("tentative", "A", "10:00"),
                ("workingElsewhere", "B", "10:00"),
                ("free", "C", "10:00"),
            ],
            false,
            false,
        ),
        (
            &[("oof", "A (Keine Aktion)", "10:00"), ("busy", "B", "10:00")],
            false,
            false,
        ),
    ];
    for (running, dnd, forward) in rows {
        for turned in [false, true] {
            let rules = forwards(|calendar| {
                calendar.busy = Action::Dnd;
                calendar.out_of_office = Action::Forward;
            });
            let mut all: Vec<Appointment> = running
                .iter()
                .map(|(kind, subject, start)| appointment(kind, subject, start, "11:00"))
                .collect();
            if turned {
                all.reverse();
            }
            let mut w = day_of(rules, all);
            w.until("2026-03-10T10:30:00Z");
            assert_eq!((w.dnd(), w.forward().is_some()), (dnd, forward), "{running:?}");
        }
    }
}

#[test]
fn r12_do_not_disturb_is_on_while_any_cause_wants_it() {
    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:30:00Z");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.until("2026-03-10T11:05:00Z");
    assert!(w.dnd(), "Teams still wants it");
    w.teams("Available", "Available");
    w.after(3.0);
    assert_eq!(w.writes(), [ON, OFF]);

    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.until("2026-03-10T10:30:00Z");
    w.teams("Available", "Available");
    w.until("2026-03-10T10:59:00Z");
    assert!(w.dnd(), "the appointment still wants it");
    w.until("2026-03-10T11:00:01Z");
    assert_eq!(w.writes(), [ON, OFF]);
}

#[test]
fn r12_a_winning_no_dnd_also_cancels_what_teams_busy_and_meeting_cause_and_nothing_else() {
    let cancelled = [("Busy", "Busy"), ("Busy", "InAMeeting")];
    let not = [
        ("DoNotDisturb", "DoNotDisturb"),
        ("DoNotDisturb", "Presenting"),
        ("DoNotDisturb", "Focusing"),
        ("Busy", "InACall"),
        ("Busy", "InAConferenceCall"),
    ];
    for ((availability, activity), rings) in cancelled
        .into_iter()
        .map(|t| (t, true))
        .chain(not.into_iter().map(|t| (t, false)))
    {
        // STARFACE's table: busy, meetings and calls set do not disturb; recommended: the others.
        for profile in ["starface-9", "recommended"] {
            let mut w = World::new(profile);
            w.teams(availability, activity);
            w.after(3.0);
            let before = w.dnd();
            w.calendar(vec![busy("Talk (No DND)", "10:00", "11:00")]);
            w.until("2026-03-10T10:30:00Z");
            assert_eq!(w.dnd(), before && !rings, "{profile}: {availability}/{activity}");
            if before && rings {
                assert!(w.why().contains("ring through"), "{}", w.why());
            }
            w.until("2026-03-10T11:00:05Z");
            assert_eq!(w.dnd(), before, "{profile}: afterwards as before");
        }
    }
}

#[test]
fn r12_no_dnd_never_touches_what_the_person_set() {
    let mut w = World::new("starface-9");
    w.dnd_by_hand(true);
    w.calendar(vec![busy("Talk (No DND)", "10:00", "11:00")]);
    w.log.clear();
    w.until("2026-03-10T12:00:00Z");
    assert_eq!(w.writes(), []);
    assert!(w.dnd());
}

#[test]
fn r12_a_no_dnd_that_does_not_win_cancels_nothing() {
    let mut w = World::new("starface-9");
    w.calendar(vec![
        busy("Talk (No DND)", "10:00", "11:00"),
        busy("More (Ruhe)", "10:10", "11:00"),
    ]);
    w.teams("Busy", "InAMeeting");
    w.until("2026-03-10T10:05:00Z");
    assert!(!w.dnd());
    w.until("2026-03-10T10:15:00Z");
    assert!(w.dnd());
}

#[test]
fn r12_of_two_presences_the_stronger_one_shows() {
    // Teams (innovaphone's table), the appointment's chat status, what shows.
    let rows = [
        (("DoNotDisturb", "DoNotDisturb"), "busy", PhonePresence::Dnd),
        (("Busy", "InACall"), "busy", PhonePresence::Dnd),
        (("Busy", "InACall"), "oof", PhonePresence::OnThePhone),
        (("Busy", "InAMeeting"), "tentative", PhonePresence::Meeting),
        (("Away", "Away"), "oof", PhonePresence::ExtendedAway),
        (("Away", "Away"), "free", PhonePresence::Away),
        (("Available", "Available"), "free", PhonePresence::Available),
        (("Offline", "Offline"), "busy", PhonePresence::Dnd),
    ];
    for ((availability, activity), kind, shows) in rows {
        let mut rules = rules("innovaphone");
        rules.calendar.chat_status = true;
        rules.calendar.change_during = true;
        let mut w = day_of(rules, vec![appointment(kind, "Talk", "10:00", "11:00")]);
        w.teams(availability, activity);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.presence(), Some(shows), "{availability}/{activity}, {kind}");
    }
}

#[test]
fn r12_the_person_wins_over_an_appointment_as_over_teams() {
    let mut w = day(vec![
        busy("Talk", "10:00", "11:00"),
        busy("Later", "14:00", "15:00"),
    ]);
    w.until("2026-03-10T10:10:00Z");
    w.dnd_by_hand(false);
    w.until("2026-03-10T10:59:00Z");
    assert!(!w.dnd());
    w.until("2026-03-10T14:01:00Z");
    assert!(w.dnd(), "the next one acts again");
}

#[test]
fn r12_calendar_and_teams_do_not_need_each_other() {
    let mut w = day(vec![busy("Talk", "10:00", "11:00")]);
    w.graph_fails(FaultKind::Unreachable);
    w.until("2026-03-10T10:30:00Z");
    assert!(w.dnd(), "Teams is unreadable for an hour");
    w.until("2026-03-10T11:01:00Z");
    assert!(!w.dnd());
}

// R16

#[test]
fn r16_the_chat_status_follows_the_kind_only_where_it_is_wanted() {
    let rows = [
        ("free", PhonePresence::Available),
        ("workingElsewhere", PhonePresence::Available),
        ("tentative", PhonePresence::Available),
        ("busy", PhonePresence::Dnd),
        ("oof", PhonePresence::ExtendedAway),
    ];
    for (kind, presence) in rows {
        for (on, always) in [(false, true), (true, false), (true, true)] {
            let rules = with(|calendar| {
                calendar.chat_status = on;
                calendar.change_during = always;
            });
            let acts = rules
                .calendar
                .action(&offhook_engine::appointment::ShowAs::parse(kind))
                == Action::Dnd;
            let mut w = day_of(rules, vec![appointment(kind, "Talk", "10:00", "11:00")]);
            w.until("2026-03-10T10:30:00Z");
            let follows = on && (always || acts);
            assert_eq!(w.presence(), follows.then_some(presence), "{kind} {on} {always}");
            w.until("2026-03-10T11:00:03Z");
            assert_eq!(w.presence(), None);
        }
    }
}

#[test]
fn r16_status_texts_say_what_was_chosen_in_the_persons_language() {
    let talk = || busy("Talk (No action)", "10:00", "11:30");
    type Row = (fn(&mut CalendarRules), &'static str, &'static str);
    let texts: [Row; 7] = [
        (|c| c.title = true, "Talk", "Talk"),
        (|c| c.show_start = true, "from 11:00", "ab 11:00 Uhr"),
        (|c| c.show_end = true, "until 12:30", "bis 12:30 Uhr"),
        (|c| c.show_duration = true, "1 h 30 min", "1 Std. 30 Min."),
        (
            |c| {
                c.show_start = true;
                c.show_end = true;
            },
            "11:00–12:30",
            "11:00–12:30 Uhr",
        ),
        (
            |c| {
                c.title = true;
                c.show_end = true;
            },
            "Talk, until 12:30",
            "Talk, bis 12:30 Uhr",
        ),
        (
            |c| {
                c.title = true;
                c.show_start = true;
                c.show_end = true;
                c.show_duration = true;
            },
            "Talk, 11:00–12:30 (1 h 30 min)",
            "Talk, 11:00–12:30 Uhr (1 Std. 30 Min.)",
        ),
    ];
    for (change, english, german) in texts {
        for (language, text) in [(Language::En, english), (Language::De, german)] {
            let mut rules = with(change);
            rules.language = language;
            rules.zone = TimeZone::get("Europe/Berlin").unwrap();
            let mut w = day_of(rules, vec![talk()]);
            w.until("2026-03-10T10:30:00Z");
            assert_eq!(w.note(), text);
            w.until("2026-03-10T11:30:03Z");
            assert_eq!(w.note(), "");
        }
    }
}

#[test]
fn r16_texts_of_whole_days_and_of_longer_ones_name_days() {
    let times = |calendar: &mut CalendarRules| {
        calendar.show_start = true;
        calendar.show_end = true;
        calendar.show_duration = true;
    };
    let long = || busy("Trip", "2026-03-10T08:00:00Z", "2026-03-11T10:00:00Z");
    for (appointment, english, german) in [
        (
            all_day((2026, 3, 10), (2026, 3, 11)),
            "all day (1 day)",
            "ganztägig (1 Tag)",
        ),
        (
            all_day((2026, 3, 9), (2026, 3, 12)),
            "9 Mar–11 Mar (3 days)",
            "09.03.–11.03. (3 Tage)",
        ),
        (
            long(),
            "10 Mar 08:00–11 Mar 10:00 (26 h)",
            "10.03. 08:00–11.03. 10:00 Uhr (26 Std.)",
        ),
    ] {
        for (language, text) in [(Language::En, english), (Language::De, german)] {
            let mut rules = with(times);
            rules.language = language;
            let mut w = day_of(rules, vec![appointment.clone()]);
            w.after(3.0);
            assert_eq!(w.note(), text);
        }
    }
}

#[test]
fn r16_a_free_appointment_gives_no_text_unless_that_is_wanted() {
    for (no_text_when_free, text) in [(true, ""), (false, "Birthday")] {
        let rules = chatty(|calendar| calendar.no_text_when_free = no_text_when_free);
        let mut w = day_of(rules, vec![appointment("free", "Birthday", "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.note(), text);
    }
}

#[test]
fn r16_of_parallel_titles_the_weightiest_one_shows_or_all_joined() {
    let all = || {
        vec![
            appointment("tentative", "Third", "10:00", "11:00"),
            appointment("oof", "First", "10:00", "11:00"),
            appointment("busy", "Second", "10:00", "11:00"),
            appointment("free", "Birthday", "10:00", "11:00"),
        ]
    };
    for (join_titles, text) in [(false, "First"), (true, "First, Second, Third")] {
        let rules = chatty(|calendar| calendar.join_titles = join_titles);
        let mut w = day_of(rules, all());
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.note(), text);
    }
}

#[test]
fn r17_private_and_confidential_subjects_never_leave_the_program() {
    for (sensitivity, text) in [
        (Sensitivity::Normal, "Doctor"),
        (Sensitivity::Personal, "Doctor"),
        (Sensitivity::Private, "Appointment"),
        (Sensitivity::Confidential, "Appointment"),
    ] {
        let secret = Appointment {
            sensitivity,
            ..busy("Doctor", "10:00", "11:00")
        };
        let mut w = day_of(chatty(|_| {}), vec![secret]);
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.note(), text, "{sensitivity:?}");
        w.set_rules(|rules| rules.language = Language::De);
        w.after(3.0);
        if text == "Appointment" {
            assert_eq!(w.note(), "Termin");
        }
        let logged = format!("{:?}", w.log);
        assert!(!logged.contains("Doctor"), "{logged}");
    }
}

#[test]
fn r16_the_persons_own_text_and_chat_status_come_back() {
    let mut w = day_of(chatty(|_| {}), vec![busy("Talk", "10:00", "11:00")]);
    w.note_by_hand("At my desk");
    w.presence_by_hand(Some(PhonePresence::Away));
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(
        (w.note().as_str(), w.presence()),
        ("Talk", Some(PhonePresence::Dnd))
    );
    w.until("2026-03-10T11:00:03Z");
    assert_eq!(
        (w.note().as_str(), w.presence()),
        ("At my desk", Some(PhonePresence::Away))
    );
}

#[test]
fn r16_a_text_is_cut_to_what_the_phone_system_holds() {
    let mut w = World::with(chatty(|_| {}));
    w.phone.abilities.note_length = NoteLength(12);
    w.phone_down();
    w.phone_up();
    w.calendar(vec![
        busy("Ticket #77", "10:00", "11:00"),
        busy("A much longer subject", "12:00", "13:00"),
    ]);
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(w.note(), "Ticket #77");
    w.until("2026-03-10T12:30:00Z");
    assert_eq!(w.note(), "A much long…");
}

#[test]
fn r16_leads_sets_chat_status_and_text_again_while_an_appointment_runs_and_only_these() {
    for leads in [false, true] {
        let rules = chatty(|calendar| calendar.leads = leads);
        let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
        w.note_by_hand("Mine");
        w.until("2026-03-10T10:10:00Z");
        w.note_by_hand("No, this");
        w.presence_by_hand(Some(PhonePresence::Available));
        w.dnd_by_hand(false);
        w.after(30.0);
        let again = (w.note() == "Talk", w.presence() == Some(PhonePresence::Dnd));
        assert_eq!(again, (leads, leads));
        assert!(!w.dnd(), "the person wins where calls are concerned");
        w.until("2026-03-10T11:00:05Z");
        let wanted = if leads { "Mine" } else { "No, this" };
        assert_eq!(w.note(), wanted);
        // Without an appointment the person's word holds.
        w.note_by_hand("Later");
        w.after(120.0);
        assert_eq!(w.note(), "Later");
    }
}

#[test]
fn r16_leads_does_not_race_a_program_that_writes_again_and_again() {
    let rules = chatty(|calendar| calendar.leads = true);
    let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    w.log.clear();
    for _ in 0..60 {
        w.note_by_hand("Mine");
        w.after(1.0);
    }
    let writes = w.writes().len();
    assert!((2..=7).contains(&writes), "{writes} writes in a minute");
}

#[test]
fn r16_an_away_that_a_client_set_is_overwritten_only_where_that_is_wanted() {
    for (ignore_away, presence, again) in [
        (false, PhonePresence::Away, false),
        (true, PhonePresence::Away, true),
        (true, PhonePresence::Busy, false),
        (true, PhonePresence::ExtendedAway, false),
    ] {
        let rules = chatty(|calendar| calendar.ignore_away = ignore_away);
        let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
        w.until("2026-03-10T10:10:00Z");
        w.presence_by_hand(Some(presence));
        w.after(30.0);
        assert_eq!(
            w.presence() == Some(PhonePresence::Dnd),
            again,
            "{ignore_away} {presence:?}"
        );
    }
}

#[test]
fn r16_keep_on_stop_leaves_chat_status_and_text_at_pause_and_quit_and_only_these() {
    for keep in [false, true] {
        for stop in [Input::Pause(Pause::UntilResumed), Input::Quit] {
            let rules = chatty(|calendar| calendar.keep_on_stop = keep);
            let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
            w.until("2026-03-10T10:10:00Z");
            w.input(stop.clone());
            w.after(3.0);
            assert_eq!(w.note() == "Talk", keep, "{stop:?}");
            assert_eq!(w.presence() == Some(PhonePresence::Dnd), keep, "{stop:?}");
            assert!(!w.dnd(), "never calls: {stop:?}");
            let finished = w.count(|effect| *effect == Effect::Finished);
            assert_eq!(finished, usize::from(stop == Input::Quit));
        }
    }
}

#[test]
fn r16_what_was_kept_goes_back_when_offhook_works_again_and_the_appointment_is_over() {
    let rules = chatty(|calendar| calendar.keep_on_stop = true);
    let mut w = day_of(rules, vec![busy("Talk", "10:00", "11:00")]);
    w.note_by_hand("Mine");
    w.until("2026-03-10T10:10:00Z");
    w.pause(Pause::UntilResumed);
    w.until("2026-03-10T11:10:00Z");
    assert_eq!(w.note(), "Talk");
    w.input(Input::Resume);
    w.after(3.0);
    assert_eq!(w.note(), "Mine");
}

// R18

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

// R20, R21

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

// "not this one"

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
