//! R12: several appointments, and Teams beside them.

use super::*;

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

#[test]
fn r12_a_no_dnd_never_cancels_what_a_stronger_word_beside_the_meeting_causes() {
    for (availability, activity, rings) in [
        ("Busy", "InAMeeting", true),
        ("DoNotDisturb", "InAMeeting", false),
        ("DoNotDisturb", "Focusing", false),
        ("Busy", "Presenting", false),
    ] {
        let mut rules = rules("recommended");
        rules.dnd_in_meetings = true;
        let mut w = day_of(rules, vec![busy("Talk (No DND)", "10:00", "11:00")]);
        w.until("2026-03-10T10:01:00Z");
        w.teams(availability, activity);
        w.after(30.0);
        assert_eq!(w.dnd(), !rings, "{availability}/{activity}");
    }
}
