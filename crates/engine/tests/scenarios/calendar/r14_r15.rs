//! R14 and R15: what an appointment does with calls, and its keywords.

use super::*;

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
