//! The pages.

use super::*;

fn entry(value: &str) -> FieldView {
    FieldView {
        value: value.to_owned(),
        ..FieldView::default()
    }
}

fn finding(what: &str) -> Finding {
    Finding {
        what: what.to_owned(),
        ok: true,
        text: "Fine.".to_owned(),
        mend: String::new(),
    }
}

#[test]
fn r22_shown_in_the_first_run() {
    let mut shown = Shown::default();
    for (name, signed_in, kind, host, icon) in [
        ("nothing", false, "", "", IconPlace::Nowhere),
        ("none", true, "none", "", IconPlace::Panel),
        ("no host", true, "asterisk", "", IconPlace::Taskbar),
        ("all", true, "asterisk", "pbx.example.com", IconPlace::MenuBar),
    ] {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        if !signed_in {
            w.sign_in = SignIn::SignedOut;
        }
        if name == "all" {
            w.begin();
        } else {
            w.input(Input::SignIn(w.sign_in.clone()));
            w.after(0.0);
        }
        let mut desk = Desk {
            icon,
            ..Desk::default()
        };
        desk.phone.kind = entry(kind);
        desk.phone.host = entry(host);
        for step in [
            FirstRunStep::Welcome,
            FirstRunStep::Microsoft,
            FirstRunStep::Phone,
            FirstRunStep::Access,
            FirstRunStep::Ready,
        ] {
            desk.first_run = Some(step);
            let page = w.engine.pages(&desk, w.now).first_run;
            shown.add(name, &page);
        }
    }
    shown.is("first_run.txt");
}

#[test]
fn r22_shown_of_account_phone_and_calendar_before_all_is_set_up() {
    let mut shown = Shown::default();
    for rules in [rules("recommended"), in_german(rules("recommended"))] {
        let language = rules.language;
        let mut w = World::with(rules);
        let mut desk = Desk {
            version: "1.2.3".to_owned(),
            tenant: entry("contoso.example"),
            client_id: entry("client-1"),
            consent_url: Some("https://login.example/consent".to_owned()),
            calendar_consent_url: Some("https://login.example/calendar".to_owned()),
            calendar_problem: Some(problem(Code::TimedOut, None, language)),
            calendar_asking: true,
            sign_in_problem: Some(problem(Code::AdminConsentNeeded, None, language)),
            testing: true,
            findings: vec![finding("Sign-in")],
            diagnosis: vec![finding("Disk")],
            examined: Some(moment("08:00")),
            key: KeyOffer::Reading,
            proxy_password: true,
            icon: IconPlace::Panel,
            lines: vec![LineChoice {
                id: "1".to_owned(),
                name: "Line".to_owned(),
                driver: "Driver".to_owned(),
            }],
            ..Desk::default()
        };
        desk.phone.lines = Some(LineChooser {
            key: "phone.line".to_owned(),
            lines: Vec::new(),
        });
        for link in [CalendarLink::Own, CalendarLink::Microsoft] {
            w.calendar = Some(Calendar {
                link,
                appointments: Vec::new(),
                fails: None,
                silent: true,
            });
            w.input(Input::CalendarConfigured(link));
            w.after(1.0);
            shown.add(&format!("{link:?}"), &w.engine.pages(&desk, w.now).calendar);
        }
        w.input(Input::SignIn(SignIn::SignedOut));
        w.after(5.0);
        let pages = w.engine.pages(&desk, w.now);
        shown.add("account", &pages.account);
        shown.add("phone", &pages.phone);
        shown.add("calendar", &pages.calendar);
        shown.add("startup", &pages.startup);
        shown.add("diagnostics", &pages.diagnostics);
        shown.add("consent", &desk.consent_texts(language));
        shown.add("codes", &w.engine.problem_codes(w.now));
    }
    shown.is("set_up.txt");
}

#[test]
fn r13_shown_of_what_a_phone_system_can_do() {
    let mut shown = Shown::default();
    let only_read = Can {
        read: true,
        write: false,
    };
    let nothing = Can::default();
    let words = PresenceWords::of(&[PhonePresence::Away, PhonePresence::Busy]);
    for (name, change) in [
        ("all", (|_| {}) as fn(&mut World)),
        ("unconfirmed", |w| w.phone.abilities.unconfirmed.dnd = true),
        ("dnd is presence", |w| w.phone.abilities.dnd_is_presence = true),
        ("others", |w| w.phone.abilities.could_change_others = true),
        ("no calls", |w| w.phone.abilities.calls = false),
    ] {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        change(&mut w);
        w.begin();
        shown.add(name, &w.engine.pages(&Desk::default(), w.now).phone);
    }
    for can in [only_read, nothing] {
        let mut w = World::cold(rules("recommended"), Ledger::default());
        w.phone.abilities.dnd_is_presence = true;
        w.phone.abilities.presence_words = words;
        w.phone.abilities.dnd = can;
        w.phone.abilities.presence = can;
        w.phone.abilities.forward = can;
        w.begin();
        shown.add("less", &w.engine.pages(&Desk::default(), w.now).phone);
        shown.state("less", &w);
    }
    let mut w = World::cold(rules("recommended"), Ledger::default());
    w.phone.abilities.presence_words = words;
    w.begin();
    shown.add("words", &w.engine.pages(&Desk::default(), w.now).phone);
    shown.is("abilities.txt");
}

fn talks() -> Vec<Appointment> {
    let all_day = |id: &str, from: i8, to: i8| Appointment {
        id: AppointmentId::new(id),
        span: Span::AllDay {
            first: date(2026, 3, from),
            until: date(2026, 3, to),
        },
        ..appointment("tentative", "Fair", "10:00", "11:00")
    };
    vec![
        appointment("busy", "Talk", "08:30", "11:00"),
        appointment("busy", "Loud (No DND)", "09:30", "09:40"),
        appointment("oof", "Trip", "11:00", "12:00"),
        appointment("free", "Calm (DND)", "11:30", "12:00"),
        appointment("free", " ", "13:00", "14:00"),
        Appointment {
            sensitivity: Sensitivity::Private,
            ..appointment("busy", "Doctor", "15:00", "16:00")
        },
        appointment("busy", "Early", "2026-03-11T08:00:00Z", "2026-03-11T09:00:00Z"),
        appointment("busy", "Later", "2026-03-12T22:00:00Z", "2026-03-13T01:00:00Z"),
        all_day("today", 10, 11),
        all_day("tomorrow", 11, 13),
        appointment("busy", "Over", "08:00", "09:00"),
    ]
}

fn with_calendar(change: fn(&mut Rules)) -> Rules {
    let mut rules = rules("recommended");
    rules.calendar.chat_status = true;
    rules.calendar.title = true;
    rules.calendar.teams_message = true;
    rules.calendar.out_of_office = Action::Forward;
    rules.calendar.forward_to = Some("4711".into());
    change(&mut rules);
    rules
}

#[test]
fn r22_shown_of_the_next_appointments() {
    let mut shown = Shown::default();
    let mut w = World::with(with_calendar(|_| {}));
    w.message_by_hand("Mine");
    w.calendar(talks());
    w.until("2026-03-10T09:01:00Z");
    shown.state("talk", &w);
    shown.add("talk", &w.engine.pages(&Desk::default(), w.now).calendar);
    let id = AppointmentId::new("busy Talk 08:30");
    w.input(Input::SkipAppointment { id, skip: true });
    w.after(30.0);
    shown.add("skipped", &w.engine.pages(&Desk::default(), w.now).calendar);
    w.until("2026-03-10T11:10:00Z");
    shown.state("trip", &w);
    shown.is("appointments.txt");
}

#[test]
fn r13_shown_of_appointments_where_the_phone_system_can_do_less() {
    let mut shown = Shown::default();
    type Change = fn(&mut World);
    let changes: [(&str, Change); 8] = [
        ("away", |w| w.phone_down()),
        ("unknown", |w| w.phone.abilities.prepared_forward = true),
        ("prepared", |w| {
            w.phone.abilities.prepared_forward = true;
            w.input(Input::ForwardPrepared(Prepared::To("100".into())));
        }),
        ("not prepared", |w| {
            w.phone.abilities.prepared_forward = true;
            w.phone.abilities.tells_internal_apart = true;
            w.input(Input::ForwardPrepared(Prepared::Nothing));
        }),
        ("no target", |w| {
            w.set_rules(|rules| rules.calendar.forward_to = None)
        }),
        ("no forward", |w| w.phone.abilities.forward.write = false),
        ("no dnd", |w| w.phone.abilities.dnd.read = false),
        ("no words", |w| {
            w.phone.abilities.presence.write = false;
            w.phone.abilities.note.read = false;
        }),
    ];
    for (name, change) in changes {
        let mut w = World::with(with_calendar(|_| {}));
        w.calendar(talks());
        change(&mut w);
        if w.phone.up {
            w.phone_down();
            w.phone_up();
        }
        w.after(30.0);
        shown.add(name, &w.engine.pages(&Desk::default(), w.now).calendar);
        shown.add(name, &w.engine.why(w.now));
    }
    shown.is("appointments_with_less.txt");
}

#[test]
fn r1_shown_of_call_sources() {
    let mut shown = Shown::default();
    let ids = [
        "phone",
        "hook",
        "baresip",
        "jami",
        "linphone",
        "microphone",
        "microsip",
        "deskphone",
        "fritzbox",
        "sip",
        "tapi",
        "else",
    ];
    for language in [Language::En, Language::De] {
        let mut rules = rules("recommended");
        rules.language = language;
        let mut w = World::with(rules);
        let desk = Desk {
            sources: ids
                .iter()
                .map(|id| KnownSource {
                    id: (*id).to_owned(),
                    switch: format!("lines.{id}.enabled"),
                    address: (*id == "baresip").then(|| "127.0.0.1:4444".to_owned()),
                    on: *id != "jami",
                    lines: (*id == "tapi").then(|| "lines.tapi.lines".to_owned()),
                })
                .collect(),
            ..Desk::default()
        };
        let page = |w: &World| w.engine.pages(&desk, w.now).sources;
        w.line("baresip", LineEvent::Up { resyncs: true });
        w.line("sip", LineEvent::Down(unreachable()));
        w.call_on("baresip", "1", CallState::Dialling);
        w.call_on("custom", "2", CallState::Ringing);
        w.call_on("hook", "3", CallState::Held);
        shown.add("dialling", &page(&w));
        w.after(5.0);
        shown.add("later", &page(&w));
        shown.add("lines", &w.engine.lines());
        w.set_rules(|rules| rules.outgoing_counts = false);
        shown.add("outgoing does not count", &page(&w));
        w.sleep(24.0 * 3600.0);
        shown.add("next day", &page(&w));
    }
    shown.is("sources.txt");
}

#[test]
fn r22_shown_of_the_rule_table() {
    let mut shown = Shown::default();
    let own = [
        ("states.Available.presence", "leave"),
        ("states.Busy.forward", "4711"),
        ("phone.presence-away.teams", "session:Available/Available"),
        ("phone.presence-away.minutes", "90"),
        ("phone.dnd-on.minutes", "30"),
    ];
    for profile in ["starface-9"] {
        let rules = with_own(profile, &own);
        let mut w = World::cold(rules.clone(), Ledger::default());
        w.phone.abilities.presence.read = false;
        w.phone.abilities.forward.write = false;
        w.begin();
        shown.add(profile, &w.engine.rules_page(&Desk::default()));
        for other in ["procall", "innovaphone"] {
            let compared = compare_with_profile(&rules, Profile::named(other).unwrap());
            shown.add(&format!("{profile} as {other}"), &compared);
            let (from, to) = (Profile::named(profile).unwrap(), Profile::named(other).unwrap());
            let compared = compare_profiles(from, to, &rules);
            shown.add(&format!("{profile} and {other}"), &compared);
        }
    }
    for profile in ["recommended", "procall"] {
        let mut w = World::new(profile);
        w.phone_down();
        let notes = w.engine.rules_page(&Desk::default()).notes;
        shown.add(profile, &notes);
        w.input(Input::PhoneConfigured(false));
        shown.add(profile, &w.engine.rules_page(&Desk::default()).notes);
    }
    shown.is("rules.txt");
}

#[test]
fn r22_shown_of_imagined_situations() {
    let mut shown = Shown::default();
    let teams = |availability: &str, activity: &str| Situation {
        availability: Some(availability.to_owned()),
        activity: Some(activity.to_owned()),
        ..Situation::default()
    };
    let on_phone = |presence: &str| Situation {
        phone_presence: Some(presence.to_owned()),
        ..Situation::default()
    };
    let situations = [
        Situation::default(),
        teams("Busy", "Busy"),
        Situation {
            paused: true,
            ..teams("Busy", "Busy")
        },
        Situation {
            calls: 1,
            calls_on_phone: true,
            ..teams("Busy", "InACall")
        },
        Situation {
            phone_dnd: Some(true),
            ..teams("Busy", "Busy")
        },
        Situation {
            appointments: vec!["oof:Trip".to_owned()],
            ..Situation::default()
        },
        Situation {
            at: Some("2026-03-14T20:15".to_owned()),
            ..teams("Busy", "Busy")
        },
        on_phone("away"),
        on_phone("on-the-phone"),
    ];
    for (name, mut rules) in [
        ("all fields", all_fields()),
        ("innovaphone", in_german(with_own("innovaphone", &[]))),
    ] {
        rules.calendar.out_of_office = Action::Forward;
        rules.calendar.title = true;
        rules.calendar.teams_message = true;
        rules.working_hours = Some(WorkingHours {
            days: vec![Weekday::Tuesday],
            from: Time::constant(7, 0, 0, 0),
            to: Time::constant(18, 0, 0, 0),
        });
        let mut w = World::cold(rules.clone(), Ledger::default());
        w.phone.abilities.note.write = false;
        w.begin();
        for (place, situation) in situations.iter().enumerate() {
            let wished = preview(situation, &rules, Some(&w.engine.facts().phone), w.now).unwrap();
            shown.add(&format!("{name} {place}"), &wished);
        }
    }
    shown.is("previews.txt");
}

#[test]
fn r22_each_notice_says_its_problem_in_both_languages() {
    let mut w = contested(2);
    for language in [Language::En, Language::De] {
        w.set_rules(|rules| rules.language = language);
        let mut notices = Vec::new();
        for (_, effect) in &w.log {
            if let Effect::Notify(notice) = effect {
                notices.push(notice.clone());
            }
        }
        assert!(!notices.is_empty());
        for notice in notices {
            let (title, body) = notice.texts(language);
            assert_eq!(title, "Offhook");
            let said = problem(notice.code, notice.detail.as_deref(), language);
            assert_eq!(body, said.to_string());
        }
    }
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert!(names.contains(&"timed-out"), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len(), "each has its own");
}
