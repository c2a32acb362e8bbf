//! Every row and every option of the Exchange Status Sync document, one test each, named and quoted.

use crate::common::*;
use offhook_engine::appointment::ShowAs;
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::text::Language;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::Pause;

/// What one appointment of an hour brings: do not disturb, forward, chat status, text.
type Shown = (bool, Option<String>, Option<PhonePresence>, String);

const NUMBER: &str = "4711";

fn during(kind: &str, subject: &str, change: impl FnOnce(&mut CalendarRules)) -> Shown {
    let mut rules = rules("recommended");
    rules.language = Language::De;
    rules.calendar.forward_to = Some(NUMBER.into());
    rules.calendar.busy = Action::Nothing;
    rules.calendar.out_of_office = Action::Nothing;
    change(&mut rules.calendar);
    let mut w = World::with(rules);
    w.calendar(vec![appointment(kind, subject, "10:00", "11:00")]);
    w.until("2026-03-10T10:30:00Z");
    let shown = (w.dnd(), w.forward(), w.presence(), w.note());
    w.until("2026-03-10T11:00:05Z");
    let after = (w.dnd(), w.forward(), w.presence(), w.note());
    assert_eq!(
        after,
        (false, None, None, String::new()),
        "afterwards everything is back"
    );
    shown
}

fn nothing() -> Shown {
    (false, None, None, String::new())
}

fn dnd() -> Shown {
    (true, None, None, String::new())
}

fn forward() -> Shown {
    (false, Some(NUMBER.into()), None, String::new())
}

fn keyword(text: &str, default: Action) -> Shown {
    during("busy", &format!("Termin {text}"), |calendar| {
        calendar.busy = default
    })
}

fn chat(kind: &str) -> Option<PhonePresence> {
    let shown = during(kind, "Termin", |calendar| {
        calendar.chat_status = true;
        calendar.change_during = true;
    });
    shown.2
}

fn text(kind: &str, change: impl FnOnce(&mut CalendarRules)) -> String {
    during(kind, "Kundentermin", change).3
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident => $body:expr;)*) => {
        $($(#[$doc])* #[test] fn $name() { $body })*
    };
}

// "Standardaktionen"

rows! {
    /// "NONE - Nichts tun"
    action_none_does_nothing => assert_eq!(during("busy", "Termin", |_| {}), nothing());
    /// "DND - „Nicht stören“ aktivieren"
    action_dnd_switches_do_not_disturb_on =>
        assert_eq!(during("busy", "Termin", |c| c.busy = Action::Dnd), dnd());
    /// "FORWARD - Anrufweiterleitung (immer) aktivieren"
    action_forward_forwards_all_calls =>
        assert_eq!(during("busy", "Termin", |c| c.busy = Action::Forward), forward());
    /// "„Frei“, „Beschäftigt“, „Abwesend“ und „Mit Vorbehalt“ … für jede Terminart eine"
    each_kind_has_an_action_of_its_own => {
        for kind in ShowAs::KNOWN {
            let own = |c: &mut CalendarRules| match kind {
                ShowAs::Free => c.free = Action::Dnd,
                ShowAs::WorkingElsewhere => c.elsewhere = Action::Dnd,
                ShowAs::Tentative => c.tentative = Action::Dnd,
                ShowAs::Busy => c.busy = Action::Dnd,
                ShowAs::OutOfOffice => c.out_of_office = Action::Dnd,
                ShowAs::Unknown(_) => {}
            };
            for other in ShowAs::KNOWN {
                let wanted = if other == kind { dnd() } else { nothing() };
                assert_eq!(during(other.name(), "Termin", own), wanted, "{kind:?} {other:?}");
            }
        }
    };
    /// "eine gültige „Immer-Umleitung“ vorkonfiguriert haben müssen"
    forward_without_a_prepared_one_does_nothing =>
        assert_eq!(during("busy", "Termin", |c| { c.busy = Action::Forward; c.forward_to = None; }), nothing());
}

rows! {
    /// "Weiterleitung für interne Anrufe": chosen where a phone system is known to tell them apart (CSTA).
    internal_calls_are_left_out_where_the_phone_system_tells_them_apart => {
        let mut w = World::with(rules("recommended"));
        w.phone.abilities.tells_internal_apart = true;
        w.phone_down();
        w.phone_up();
        w.calendar(Vec::new());
        let page = w.engine.pages(&Default::default(), w.now).calendar;
        assert!(page.asks_internal);
        assert!(!page.notes.iter().any(|note| note.contains("alike")), "{:?}", page.notes);
    };
    /// "Weiterleitung für interne Anrufe": where it is not known, the page says so.
    internal_calls_are_forwarded_like_others_and_that_is_said => {
        let mut w = World::with(rules("recommended"));
        w.calendar(Vec::new());
        let notes = w.engine.pages(&Default::default(), w.now).calendar.notes;
        assert!(notes.iter().any(|note| note.contains("internal and external calls alike")) , "{notes:?}");
        assert!(!w.engine.pages(&Default::default(), w.now).calendar.asks_internal);
    };
}

// "Manuelle Aktionen"

rows! {
    /// "(Ruhe) … „Nicht stören“ (DND) … aktivieren"
    keyword_ruhe => assert_eq!(keyword("(Ruhe)", Action::Nothing), dnd());
    /// "(DND)"
    keyword_dnd => assert_eq!(keyword("(DND)", Action::Nothing), dnd());
    /// "(Keine Ruhe) … „Nicht stören“ (DND) deaktivieren"
    keyword_keine_ruhe => assert_eq!(keyword("(Keine Ruhe)", Action::Dnd), nothing());
    /// "(No DND)"
    keyword_no_dnd => assert_eq!(keyword("(No DND)", Action::Dnd), nothing());
    /// "(Anrufe weiterleiten) … Rufumleitungen … aktivieren"
    keyword_anrufe_weiterleiten => assert_eq!(keyword("(Anrufe weiterleiten)", Action::Nothing), forward());
    /// "(Call forwarding)"
    keyword_call_forwarding => assert_eq!(keyword("(Call forwarding)", Action::Dnd), forward());
    /// "(Keine Anrufe weiterleiten) … Rufumleitungen deaktivieren"
    keyword_keine_anrufe_weiterleiten =>
        assert_eq!(keyword("(Keine Anrufe weiterleiten)", Action::Forward), nothing());
    /// "(No call forwarding)"
    keyword_no_call_forwarding => assert_eq!(keyword("(No call forwarding)", Action::Forward), nothing());
    /// "(Keine Aktion) … Voreingestellte Aktionen ignorieren"
    keyword_keine_aktion => assert_eq!(keyword("(Keine Aktion)", Action::Dnd), nothing());
    /// "(No action)"
    keyword_no_action => assert_eq!(keyword("(No action)", Action::Forward), nothing());
    /// "am Ende des eigentlichen Betreffs … beachte die Groß-/Kleinschreibung"
    keywords_count_at_the_end_and_letter_for_letter => {
        for near in ["(ruhe)", "(dnd)", "(Ruhe) morgen", "[Ruhe]", "Ruhe", "(keine Aktion)"] {
            assert_eq!(keyword(near, Action::Forward), forward(), "{near}");
        }
    };
}

// "Chat-Status setzen"

rows! {
    /// "Frei … Available"
    chat_free_is_available => assert_eq!(chat("free"), Some(PhonePresence::Available));
    /// "An anderem Ort tätig … Available"
    chat_working_elsewhere_is_available => assert_eq!(chat("workingElsewhere"), Some(PhonePresence::Available));
    /// "Mit Vorbehalt … Available"
    chat_tentative_is_available => assert_eq!(chat("tentative"), Some(PhonePresence::Available));
    /// "Gebucht … Do not Disturb"
    chat_busy_is_do_not_disturb => assert_eq!(chat("busy"), Some(PhonePresence::Dnd));
    /// "Außer Haus … Extended away"
    chat_out_of_office_is_extended_away => assert_eq!(chat("oof"), Some(PhonePresence::ExtendedAway));
    /// "Chat-Status setzen", not chosen
    chat_status_is_an_option => {
        let shown = during("busy", "Termin", |c| c.change_during = true);
        assert_eq!(shown, nothing());
    };
    /// "Status während eines Termins verändern … wenn eine andere Aktion ausgewählt wurde"
    status_changes_during_an_appointment_with_another_action_only_if_chosen => {
        for (change_during, presence) in [(false, None), (true, Some(PhonePresence::Dnd))] {
            let shown = during("busy", "Termin", |c| {
                c.chat_status = true;
                c.busy = Action::Forward;
                c.change_during = change_during;
            });
            assert_eq!(shown.2, presence);
        }
    };
}

// "Status-Text"

rows! {
    /// "Termintitel als Status-Text"
    the_subject_is_the_status_text => assert_eq!(text("busy", |c| c.title = true), "Kundentermin");
    /// "Status-Text bei „Frei“ nicht setzen": all four options are ignored
    no_status_text_when_free => {
        let all = |c: &mut CalendarRules| {
            c.title = true;
            c.show_start = true;
            c.show_end = true;
            c.show_duration = true;
        };
        assert_eq!(text("free", all), "");
        let shown = text("free", |c| { all(c); c.no_text_when_free = false; });
        assert_eq!(shown, "Kundentermin, 10:00–11:00 Uhr (1 Std.)");
    };
    /// "Titel von parallelen Terminen verketten … „Titel 1, Titel 2“"
    parallel_titles_are_joined => {
        for (join_titles, shown) in [(true, "Titel 1, Titel 2"), (false, "Titel 1")] {
            let mut rules = rules("recommended");
            rules.calendar.title = true;
            rules.calendar.join_titles = join_titles;
            let mut w = World::with(rules);
            w.calendar(vec![
                appointment("tentative", "Titel 2", "10:00", "11:00"),
                appointment("busy", "Titel 1", "10:00", "11:00"),
            ]);
            w.until("2026-03-10T10:30:00Z");
            assert_eq!(w.note(), shown);
        }
    };
    /// "Terminbeginn anzeigen"
    the_start_is_shown => assert_eq!(text("busy", |c| c.show_start = true), "ab 10:00 Uhr");
    /// "Terminende anzeigen"
    the_end_is_shown => assert_eq!(text("busy", |c| c.show_end = true), "bis 11:00 Uhr");
    /// "Termindauer anzeigen"
    the_duration_is_shown => assert_eq!(text("busy", |c| c.show_duration = true), "1 Std.");
    /// "Auch eine Kombination von Chat-Status und Termintitel ist möglich."
    chat_status_and_subject_go_together => {
        let shown = during("busy", "Kundentermin", |c| {
            c.chat_status = true;
            c.change_during = true;
            c.title = true;
        });
        assert_eq!((shown.2, shown.3.as_str()), (Some(PhonePresence::Dnd), "Kundentermin"));
    };
}

fn running(change: impl FnOnce(&mut CalendarRules)) -> World {
    let mut rules = rules("recommended");
    rules.calendar.chat_status = true;
    rules.calendar.title = true;
    change(&mut rules.calendar);
    let mut w = World::with(rules);
    w.calendar(vec![appointment("busy", "Kundentermin", "10:00", "11:00")]);
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(
        (w.presence(), w.note().as_str()),
        (Some(PhonePresence::Dnd), "Kundentermin")
    );
    w
}

// The rest of the page

rows! {
    /// "Status nicht überschreiben … ist das Modul führend"
    the_appointment_leads_only_if_chosen => {
        for leads in [true, false] {
            let mut w = running(|c| c.leads = leads);
            w.by_hand(FieldValue::Presence(Some(PhonePresence::Available)));
            w.after(60.0);
            assert_eq!(w.presence() == Some(PhonePresence::Dnd), leads);
        }
    };
    /// "Bleibt diese Option deaktiviert, wird der Status entsprechend dem Kalender neu … gesetzt": by the next appointment
    without_leading_the_next_appointment_sets_the_status_again => {
        let mut rules = rules("recommended");
        rules.calendar.chat_status = true;
        let mut w = World::with(rules);
        let first = appointment("busy", "Eins", "10:00", "11:00");
        w.calendar(vec![first, appointment("busy", "Zwei", "12:00", "13:00")]);
        w.until("2026-03-10T10:10:00Z");
        w.by_hand(FieldValue::Presence(Some(PhonePresence::Available)));
        w.until("2026-03-10T11:30:00Z");
        assert_eq!(w.presence(), Some(PhonePresence::Available), "the person's own stays");
        w.until("2026-03-10T12:10:00Z");
        assert_eq!(w.presence(), Some(PhonePresence::Dnd));
    };
    /// "Benutzerstatus nicht zurücksetzen … beim Deaktivieren"
    the_status_stays_at_a_stop_only_if_chosen => {
        for keep_on_stop in [true, false] {
            let mut w = running(|c| c.keep_on_stop = keep_on_stop);
            w.pause(Pause::UntilResumed);
            w.after(3.0);
            assert_eq!(w.note() == "Kundentermin", keep_on_stop);
            let mut w = running(|c| c.keep_on_stop = keep_on_stop);
            w.input(Input::Quit);
            w.after(3.0);
            assert_eq!(w.note() == "Kundentermin", keep_on_stop);
            assert_eq!(w.count(|e| *e == Effect::Finished), 1);
        }
    };
    /// "setzt das Modul nur die Status zurück, die es selbst gesetzt hat"
    only_what_was_set_is_put_back => {
        let mut w = running(|_| {});
        w.by_hand(FieldValue::Note("Von Hand".into()));
        w.until("2026-03-10T11:10:00Z");
        assert_eq!((w.note().as_str(), w.presence()), ("Von Hand", None));
    };
    /// "Ignoriere Status „Abwesend“ … wenn der Status „Abwesend“ durch die Clients … gesetzt wird"
    an_away_by_a_client_is_overwritten_only_if_chosen => {
        for ignore_away in [true, false] {
            let mut w = running(|c| c.ignore_away = ignore_away);
            w.by_hand(FieldValue::Presence(Some(PhonePresence::Away)));
            w.after(60.0);
            assert_eq!(w.presence() == Some(PhonePresence::Dnd), ignore_away);
        }
    };
    /// "keine bekannten Probleme": the defaults silence the phone in what takes the person's time, and tell nobody.
    the_defaults_tell_nobody => {
        let usual = CalendarRules::default();
        assert_eq!((usual.busy, usual.out_of_office), (Action::Dnd, Action::Dnd));
        let quiet = [usual.free, usual.elsewhere, usual.tentative];
        assert_eq!(quiet, [Action::Nothing; 3]);
        let told = [usual.chat_status, usual.title, usual.leads, usual.keep_on_stop, usual.ignore_away];
        assert_eq!(told, [false; 5]);
    };
}
