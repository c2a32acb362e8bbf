//! Whole calendars, from their bytes to the occurrences of a window.

use super::samples::{APPLE, GOOGLE, NEXTCLOUD, OUTLOOK};
use super::series::{self, Window};
use super::{Calendar, Error, Where};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_engine::appointment::{Answer, Appointment, Sensitivity, ShowAs, Span};

fn read_in(text: &str, from: &str, until: &str, zone: &str) -> Vec<Appointment> {
    let own = TimeZone::get(zone).unwrap();
    let midnight = |day: &str| -> Timestamp {
        let day: jiff::civil::Date = day.parse().unwrap();
        day.to_zoned(own.clone()).unwrap().timestamp()
    };
    let window = Window {
        from: midnight(from),
        until: midnight(until),
        own: &own,
    };
    let calendar = Calendar::parse(text.as_bytes(), &[], &Where::File).unwrap();
    let mut found = series::occurrences(&calendar.events, &window).unwrap();
    found.sort_by_key(|one| (one.span.bounds(&own).0, one.id.clone()));
    found
}

fn read(text: &str, from: &str, until: &str) -> Vec<Appointment> {
    read_in(text, from, until, "Europe/Berlin")
}

/// `10.03. 10:00–11:00 Talk`, as a clock in that zone shows it; of whole days the first and the last.
fn shown_in(one: &Appointment, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap();
    let when = match one.span {
        Span::AllDay { first, until } => {
            format!(
                "{}–{}",
                first.strftime("%d.%m."),
                until.yesterday().unwrap().strftime("%d.%m.")
            )
        }
        Span::Timed { start, end } => {
            let (start, end) = (start.to_zoned(zone.clone()), end.to_zoned(zone));
            format!("{}–{}", start.strftime("%d.%m. %H:%M"), end.strftime("%H:%M"))
        }
    };
    format!("{when} {}", one.subject)
}

fn shown(list: &[Appointment]) -> Vec<String> {
    list.iter().map(|one| shown_in(one, "Europe/Berlin")).collect()
}

/// One appointment with those lines, in Berlin.
fn event(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Talk\n{lines}END:VEVENT\nEND:VCALENDAR\n")
}

fn found<'a>(list: &'a [Appointment], subject: &str) -> &'a Appointment {
    list.iter().find(|one| one.subject == subject).unwrap()
}

#[test]
fn a_calendar_that_outlook_publishes() {
    let list = read(OUTLOOK, "2026-03-09", "2026-03-14");
    assert_eq!(
        shown(&list),
        [
            "10.03. 08:00–09:00 Arzt",
            "10.03. 14:00–15:00 Abteilungsrunde (Ruhe)",
            "11.03.–12.03. Messe",
        ]
    );
    assert_eq!(list[0].show_as, ShowAs::WorkingElsewhere);
    assert_eq!(list[0].sensitivity, Sensitivity::Private);
    assert_eq!(
        list[1].show_as,
        ShowAs::Tentative,
        "of the moved one, not of the series"
    );
    assert_eq!(list[2].show_as, ShowAs::OutOfOffice);
    // The 17th is left out; the last one is the one at the very moment of UNTIL, in summer time by then.
    let rest = read(OUTLOOK, "2026-03-15", "2026-04-15");
    assert_eq!(
        shown(&rest),
        [
            "24.03. 10:00–11:00 Abteilungsrunde (Ruhe)",
            "31.03. 10:00–11:00 Abteilungsrunde (Ruhe)",
        ]
    );
}

#[test]
fn a_calendar_at_googles_secret_address() {
    let list = read(GOOGLE, "2026-03-10", "2026-03-13");
    assert_eq!(
        shown(&list),
        [
            "10.03.–10.03. Birthday",
            "10.03. 10:00–11:00 Declined by me",
            "10.03. 12:00–13:00 Declined by another",
            "10.03. 14:00–14:30 Called off",
            "10.03. 16:30–17:00 Standup, later",
            "12.03. 15:30–16:00 Standup",
        ]
    );
    assert_eq!(found(&list, "Birthday").show_as, ShowAs::Free);
    assert_eq!(found(&list, "Declined by me").answer, Answer::Declined);
    assert_eq!(found(&list, "Declined by another").answer, Answer::None);
    let counting: Vec<&str> = list
        .iter()
        .filter(|one| one.counts())
        .map(|one| one.subject.as_str())
        .collect();
    assert!(!counting.contains(&"Called off") && !counting.contains(&"Declined by me"));
}

#[test]
fn a_calendar_that_nextcloud_exports() {
    let list = read(NEXTCLOUD, "2026-03-09", "2026-03-14");
    assert_eq!(shown(&list), ["10.03. 10:00–11:30 Größere Runde 🎉"]);
    assert_eq!(list[0].show_as, ShowAs::Tentative);
    assert_eq!(list[0].sensitivity, Sensitivity::Confidential);
    assert_eq!(
        shown(&read(NEXTCLOUD, "2026-04-01", "2026-04-30")),
        ["14.04. 10:00–11:30 Größere Runde 🎉"]
    );
}

#[test]
fn a_calendar_that_apples_program_exports() {
    let list = read(APPLE, "2026-03-10", "2026-03-11");
    // New York has summer time already on that day.
    assert_eq!(
        shown(&list),
        [
            "09.03.–11.03. Away",
            "10.03. 12:00–13:00 Lunch",
            "10.03. 15:00–16:00 Call with New York"
        ]
    );
    assert_eq!(list[0].show_as, ShowAs::OutOfOffice);
    // Without a zone it is noon wherever the person is.
    let lisbon = read_in(APPLE, "2026-03-10", "2026-03-11", "Europe/Lisbon");
    let shown: Vec<String> = lisbon.iter().map(|one| shown_in(one, "Europe/Lisbon")).collect();
    assert!(
        shown.contains(&"10.03. 12:00–13:00 Lunch".to_owned()),
        "{shown:?}"
    );
    assert_eq!(
        self::shown(&read(APPLE, "2026-03-17", "2026-04-30")).len(),
        2,
        "three times in all"
    );
}

#[test]
fn the_time_of_day_stays_when_the_clocks_are_changed() {
    for (zone, from, until, days) in [
        (
            "Europe/Berlin",
            "2026-03-28",
            "2026-03-31",
            ["28.03.", "29.03.", "30.03."],
        ),
        (
            "Europe/Berlin",
            "2026-10-24",
            "2026-10-27",
            ["24.10.", "25.10.", "26.10."],
        ),
        (
            "W. Europe Standard Time",
            "2026-10-24",
            "2026-10-27",
            ["24.10.", "25.10.", "26.10."],
        ),
    ] {
        let lines = format!("DTSTART;TZID={zone}:20260101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY\n");
        let wanted = days.map(|day| format!("{day} 09:00–10:00 Talk"));
        assert_eq!(shown(&read(&event(&lines), from, until)), wanted, "{zone}");
    }
    // A time that is left out comes an hour later; of a time that is there twice, it is the first.
    let lines = "DTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY\n";
    let gap = read(&event(lines), "2026-03-29", "2026-03-30");
    assert_eq!(shown(&gap), ["29.03. 03:30–04:00 Talk"]);
    let fold = read(&event(lines), "2026-10-25", "2026-10-26");
    let Span::Timed { start, .. } = fold[0].span else {
        panic!("{fold:?}");
    };
    assert_eq!(start, "2026-10-25T00:30:00Z".parse().unwrap());
    // From the last evening of winter time into the first morning of summer time it takes as long as ever.
    let night = "DTSTART;TZID=Europe/Berlin:20260101T220000\nDTEND;TZID=Europe/Berlin:20260102T060000\nRRULE:FREQ=DAILY\n";
    let nights = shown(&read(&event(night), "2026-03-28", "2026-03-30"));
    assert_eq!(nights[1], "28.03. 22:00–07:00 Talk", "{nights:?}");
}

#[test]
fn whole_days_are_days_wherever_the_person_is() {
    let lines = "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=WEEKLY;BYDAY=SU\n";
    for zone in ["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"] {
        let list = read_in(&event(lines), "2026-03-29", "2026-03-30", zone);
        assert_eq!(list.len(), 1, "{zone}");
        assert_eq!(shown_in(&list[0], zone), "29.03.–29.03. Talk");
    }
}

#[test]
fn what_an_appointment_is_shown_as() {
    for (lines, kind) in [
        ("", ShowAs::Busy),
        ("TRANSP:OPAQUE\n", ShowAs::Busy),
        ("TRANSP:transparent\n", ShowAs::Free),
        ("STATUS:TENTATIVE\n", ShowAs::Tentative),
        ("STATUS:TENTATIVE\nTRANSP:TRANSPARENT\n", ShowAs::Free),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE\n", ShowAs::Free),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nTRANSP:OPAQUE\n",
            ShowAs::Tentative,
        ),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\nTRANSP:TRANSPARENT\n",
            ShowAs::Busy,
        ),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\n", ShowAs::OutOfOffice),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\n",
            ShowAs::WorkingElsewhere,
        ),
        ("X-MICROSOFT-CDO-BUSYSTATUS:LATER\n", ShowAs::parse("LATER")),
    ] {
        let text = event(&format!(
            "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n{lines}"
        ));
        assert_eq!(
            read(&text, "2026-03-10", "2026-03-11")[0].show_as,
            kind,
            "{lines}"
        );
    }
}

#[test]
fn r17_what_is_not_public_is_a_secret() {
    for (class, secret) in [
        ("", false),
        ("CLASS:PUBLIC\n", false),
        ("CLASS:Private\n", true),
        ("CLASS:CONFIDENTIAL\n", true),
        ("CLASS:X-FAMILY\n", true),
    ] {
        let text = event(&format!(
            "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n{class}"
        ));
        let one = read(&text, "2026-03-10", "2026-03-11").remove(0);
        assert_eq!(one.sensitivity.is_secret(), secret, "{class}");
        assert!(!format!("{one:?}").contains("Talk"));
    }
}

#[test]
fn how_long_an_appointment_takes() {
    for (lines, wanted) in [
        (
            "DTSTART:20260310T090000Z\nDTEND:20260310T093000Z\n",
            "10.03. 10:00–10:30 Talk",
        ),
        (
            "DTSTART:20260310T090000Z\nDURATION:PT1H\n",
            "10.03. 10:00–11:00 Talk",
        ),
        (
            "DTSTART:20260310T090000Z\nDURATION:P1DT1M\n",
            "10.03. 10:00–10:01 Talk",
        ),
        ("DTSTART:20260310T090000Z\n", "10.03. 10:00–10:00 Talk"),
        // Its end lies before its begin.
        (
            "DTSTART:20260310T090000Z\nDTEND:20260310T080000Z\n",
            "10.03. 10:00–10:00 Talk",
        ),
        // Begin and end in two zones.
        (
            "DTSTART;TZID=Europe/London:20260310T090000\nDTEND;TZID=Europe/Berlin:20260310T110000\n",
            "10.03. 10:00–11:00 Talk",
        ),
        ("DTSTART;VALUE=DATE:20260310\n", "10.03.–10.03. Talk"),
        (
            "DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260310\n",
            "10.03.–10.03. Talk",
        ),
        (
            "DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260312\n",
            "10.03.–11.03. Talk",
        ),
        (
            "DTSTART;VALUE=DATE:20260310\nDURATION:P1W\n",
            "10.03.–16.03. Talk",
        ),
    ] {
        assert_eq!(
            shown(&read(&event(lines), "2026-03-10", "2026-03-11")),
            [wanted],
            "{lines}"
        );
    }
}

#[test]
fn what_is_left_out_of_a_series_is_named_in_many_ways() {
    let daily = "DTSTART;TZID=Europe/Berlin:20260309T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n";
    for exception in [
        "EXDATE;TZID=Europe/Berlin:20260310T100000,20260311T100000\n",
        "EXDATE:20260310T090000Z\nEXDATE:20260311T090000Z\n",
        "EXDATE;VALUE=DATE:20260310,20260311\n",
        "EXDATE;TZID=W. Europe Standard Time:20260310T100000\nEXDATE;TZID=Europe/London:20260311T090000\n",
    ] {
        let list = read(&event(&format!("{daily}{exception}")), "2026-03-09", "2026-03-20");
        assert_eq!(
            shown(&list),
            ["09.03. 10:00–11:00 Talk", "12.03. 10:00–11:00 Talk"],
            "{exception}"
        );
    }
    let days = "DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=DAILY;COUNT=3\n";
    for exception in [
        "EXDATE;VALUE=DATE:20260310\n",
        "EXDATE;TZID=Europe/Berlin:20260310T000000\n",
        "EXDATE:20260309T230000Z\n",
    ] {
        let list = read(&event(&format!("{days}{exception}")), "2026-03-09", "2026-03-20");
        assert_eq!(
            shown(&list),
            ["09.03.–09.03. Talk", "11.03.–11.03. Talk"],
            "{exception}"
        );
    }
}

#[test]
fn days_beside_the_rule_and_a_first_one_that_it_does_not_name() {
    let lines = "DTSTART;TZID=Europe/Berlin:20260309T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20260318\n\
                 RDATE;TZID=Europe/Berlin:20260312T150000\nRDATE;VALUE=PERIOD:20260313T090000Z/PT1H\nRDATE;VALUE=DATE:20260316\n";
    assert_eq!(
        shown(&read(&event(lines), "2026-03-09", "2026-04-20")),
        [
            "09.03. 10:00–11:00 Talk",
            "11.03. 10:00–11:00 Talk",
            "12.03. 15:00–16:00 Talk",
            "13.03. 10:00–11:00 Talk",
            "16.03. 10:00–11:00 Talk",
            "18.03. 10:00–11:00 Talk",
        ]
    );
}

#[test]
fn the_last_one_of_a_series_counts() {
    let until = |start: &str, until: &str| {
        let lines = format!("DTSTART{start}\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={until}\n");
        read(&event(&lines), "2026-03-01", "2026-04-20").len()
    };
    for (start, last, count) in [
        (";TZID=Europe/Berlin:20260309T100000", "20260311T090000Z", 3),
        (";TZID=Europe/Berlin:20260309T100000", "20260311T085959Z", 2),
        (";TZID=Europe/Berlin:20260309T100000", "20260311T100000", 3),
        (";TZID=Europe/Berlin:20260309T100000", "20260311", 3),
        // Past midnight in UTC it is still the day before.
        (";TZID=America/New_York:20260309T200000", "20260312T000000Z", 3),
        (";VALUE=DATE:20260309", "20260311", 3),
        (";VALUE=DATE:20260309", "20260311T000000Z", 3),
        (";VALUE=DATE:20260309", "20260301", 1),
    ] {
        assert_eq!(until(start, last), count, "{start} {last}");
    }
}

/// "This and all following ones" begin an hour later from the 11th on.
#[test]
fn a_change_may_hold_for_all_later_ones() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Talk\nDTSTART;TZID=Europe/Berlin:20260309T100000\n\
                DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nSUMMARY:Later\n\
                RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260311T100000\n\
                DTSTART;TZID=Europe/Berlin:20260311T110000\nDURATION:PT30M\nEND:VEVENT\nEND:VCALENDAR\n";
    assert_eq!(
        shown(&read(text, "2026-03-09", "2026-03-20")),
        [
            "09.03. 10:00–11:00 Talk",
            "10.03. 10:00–11:00 Talk",
            "11.03. 11:00–11:30 Later",
            "12.03. 11:00–11:30 Later",
        ]
    );
}

#[test]
fn an_occurrence_keeps_its_name_when_it_is_moved() {
    let names = |text: &str, from: &str, until: &str| -> Vec<String> {
        let list = read(text, from, until);
        list.iter().map(|one| one.id.as_str().to_owned()).collect()
    };
    let moved = names(OUTLOOK, "2026-03-10", "2026-03-11");
    let unmoved = OUTLOOK.replace("20260310T140000", "20260310T100000");
    assert_eq!(names(&unmoved, "2026-03-10", "2026-03-11"), moved);
    let all = names(GOOGLE, "2026-01-01", "2026-02-01");
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), all.len(), "each has one of its own");
    // A name without end is not kept while one is left out.
    let long = event("DTSTART:20260310T090000Z\n").replace("UID:1", &format!("UID:{}", "x".repeat(5000)));
    assert_eq!(names(&long, "2026-03-10", "2026-03-11")[0].len(), 64);
}

#[test]
fn of_two_with_one_name_the_later_version_counts() {
    let one = |sequence: u8, subject: &str| {
        format!(
            "BEGIN:VEVENT\nUID:1\nSEQUENCE:{sequence}\nSUMMARY:{subject}\nDTSTART:20260310T090000Z\n\
             DURATION:PT1H\nEND:VEVENT\n"
        )
    };
    for events in [one(1, "Old") + &one(2, "New"), one(2, "New") + &one(1, "Old")] {
        let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
        assert_eq!(
            shown(&read(&text, "2026-03-10", "2026-03-11")),
            ["10.03. 10:00–11:00 New"]
        );
    }
}

#[test]
fn only_what_touches_the_window_is_there() {
    let lines = "DTSTART:20260310T000000Z\nDTEND:20260311T000000Z\n";
    for (from, until, count) in [
        ("2026-03-09", "2026-03-10", 0),
        ("2026-03-10", "2026-03-11", 1),
        ("2026-03-11", "2026-03-12", 1),
        ("2026-03-12", "2026-03-13", 0),
    ] {
        assert_eq!(read(&event(lines), from, until).len(), count, "{from}");
    }
    // One that began long before reaches in.
    let long = "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260401\nRRULE:FREQ=YEARLY\n";
    assert_eq!(read(&event(long), "2028-03-10", "2028-03-11").len(), 1);
}

#[test]
fn what_cannot_be_understood_is_left_out_and_the_others_stay() {
    let bad = [
        "",
        "DTSTART:tomorrow\n",
        "DTSTART:20261301T000000Z\n",
        "DTSTART:20260310T250000Z\n",
        "DTSTART:20260310T090000Z\nDURATION:PT1X\n",
        "DTSTART:20260310T090000Z\nRRULE:FREQ=SECONDLY\n",
        "DTSTART:20260310T090000Z\nEXDATE:x\n",
        "DTSTART:20260310T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY\n",
        "DTSTART:20260310T090000Z\nDTEND:99991231T000000Z\n",
    ];
    let events: String = (2..)
        .zip(bad)
        .map(|(uid, lines)| format!("BEGIN:VEVENT\nUID:{uid}\n{lines}END:VEVENT\n"))
        .collect();
    let good = "BEGIN:VEVENT\nUID:1\nSUMMARY:Talk\nDTSTART:20260310T090000Z\nEND:VEVENT\n";
    let text = format!("BEGIN:VCALENDAR\n{events}{good}END:VCALENDAR\n");
    assert_eq!(
        shown(&read(&text, "2026-03-10", "2026-03-11")),
        ["10.03. 10:00–10:00 Talk"]
    );
}

#[test]
fn part_of_a_calendar_is_none() {
    let parse = |text: &str| Calendar::parse(text.as_bytes(), &[], &Where::Host("h".into())).map(|_| ());
    let half = &GOOGLE[..GOOGLE.len() / 2];
    let host = || Where::Host("h".into());
    assert_eq!(parse(half), Err(Error::Incomplete(host())));
    assert_eq!(parse("<html>"), Err(Error::WebPage(host())));
    assert_eq!(parse("x"), Err(Error::NotCalendar(host())));
}

/// 500 a day, for years.
#[test]
fn a_calendar_of_many_appointments_is_read_like_a_small_one() {
    let mut text = String::from("BEGIN:VCALENDAR\n");
    for n in 0..500 {
        let (hour, minute) = (n / 60, n % 60);
        text += &format!(
            "BEGIN:VEVENT\nUID:{n}\nDTSTART;TZID=Europe/Berlin:20100104T{hour:02}{minute:02}00\nDURATION:PT30M\n\
             RRULE:FREQ=DAILY\nEND:VEVENT\n"
        );
    }
    text += "END:VCALENDAR\n";
    assert_eq!(read(&text, "2026-03-09", "2026-03-13").len(), 2000);
}

/// Lines of all samples, dropped, doubled, mixed and broken: nothing panics, and what comes of it lies in the window.
#[test]
fn whatever_is_cut_and_mixed_is_read_or_refused() {
    let all = [OUTLOOK, GOOGLE, NEXTCLOUD, APPLE].concat();
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    let own = TimeZone::get("Europe/Berlin").unwrap();
    let window = Window {
        from: "2026-03-27T23:00:00Z".parse().unwrap(),
        until: "2026-03-30T22:00:00Z".parse().unwrap(),
        own: &own,
    };
    let mut seed = 5545_u32;
    let mut chance = move |most: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed as usize / 7 % most
    };
    let mut read = 0;
    for _ in 0..400 {
        let mut text = String::from("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260328T090000Z\n");
        for _ in 0..chance(60) {
            let mut line = lines[chance(lines.len())].to_owned();
            if chance(4) == 0 {
                let digits: Vec<usize> = line
                    .match_indices(|sign: char| sign.is_ascii_digit())
                    .map(|(at, _)| at)
                    .collect();
                if let Some(at) = (!digits.is_empty()).then(|| digits[chance(digits.len())]) {
                    line.replace_range(at..=at, ["0", "9", "-", "", "99999"][chance(5)]);
                }
            }
            text += &line;
        }
        text += "END:VEVENT\nEND:VCALENDAR\n";
        let Ok(calendar) = Calendar::parse(text.as_bytes(), &[], &Where::File) else {
            continue;
        };
        for one in series::occurrences(&calendar.events, &window).unwrap_or_default() {
            let (start, end) = one.span.bounds(&own);
            assert!(
                start <= end && start < window.until && end >= window.from,
                "{text}"
            );
            read += 1;
        }
    }
    assert!(read > 50, "{read}: the mixing makes sense now and then");
}
