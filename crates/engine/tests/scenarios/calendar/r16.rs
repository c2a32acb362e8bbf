//! R16: chat status and status text.

use super::*;
use offhook_engine::table::Cell;

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

#[test]
fn r16_leads_also_where_teams_wants_a_stronger_chat_status_than_the_appointment() {
    for leads in [false, true] {
        let mut rules = chatty(|calendar| calendar.leads = leads);
        let cell = Cell::all().find(|cell| cell.key() == "rules.states.Busy.presence");
        assert!(rules.own.set(cell.unwrap(), "dnd"));
        let mut w = day_of(rules, vec![appointment("oof", "Trip", "10:00", "11:00")]);
        w.until("2026-03-10T10:01:00Z");
        w.teams("Busy", "Busy");
        w.after(30.0);
        assert_eq!(w.presence(), Some(PhonePresence::Dnd));
        w.presence_by_hand(Some(PhonePresence::Available));
        w.after(60.0);
        assert_eq!(w.presence() == Some(PhonePresence::Dnd), leads);
    }
}
