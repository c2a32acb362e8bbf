//! R16: the status text also as the status message in Teams; with R9, R10, R17, R19 to R22 for it.

use super::*;
use offhook_engine::teams::StatusMessage;

pub(super) fn told(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    with(|calendar| {
        calendar.title = true;
        calendar.teams_message = true;
        change(calendar);
    })
}

pub(super) fn talk() -> Vec<Appointment> {
    vec![busy("Talk", "10:00", "11:00")]
}

pub(super) fn own(text: &str) -> StatusMessage {
    StatusMessage {
        text: text.into(),
        ..StatusMessage::default()
    }
}

pub(super) fn until(message: StatusMessage, at: &str) -> StatusMessage {
    StatusMessage {
        until: Some(moment(at)),
        ..message
    }
}

/// A day with that message of the person's own.
pub(super) fn day_with(rules: Rules, message: StatusMessage, appointments: Vec<Appointment>) -> World {
    let mut w = World::with(rules);
    w.message_is(message);
    w.calendar(appointments);
    w
}

pub(super) fn sets(w: &World) -> Vec<StatusMessage> {
    let mut sets = Vec::new();
    for (_, effect) in &w.log {
        if let Effect::SetMessage(message) = effect {
            sets.push(message.clone());
        }
    }
    sets
}

#[test]
fn r16_the_status_message_in_teams_has_the_same_text_while_the_appointment_runs_and_only_where_it_is_wanted()
{
    for wanted in [false, true] {
        let rules = told(|calendar| {
            calendar.teams_message = wanted;
            calendar.show_end = true;
        });
        let mut w = day_of(rules, talk());
        w.until("2026-03-10T09:59:58Z");
        assert_eq!(w.message(), "");
        w.until("2026-03-10T10:00:04Z");
        assert_eq!(w.note(), "Talk, until 11:00");
        assert_eq!(w.message(), if wanted { "Talk, until 11:00" } else { "" });
        w.until("2026-03-10T11:00:04Z");
        assert_eq!(w.message(), "");
        assert_eq!(sets(&w).is_empty(), !wanted);
    }
}

#[test]
fn r16_it_ends_by_itself_with_the_appointment_whatever_becomes_of_the_program() {
    let mut w = day_of(told(|_| {}), talk());
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(sets(&w), [until(own("Talk"), "11:00")]);
    w.dead = true;
    w.until("2026-03-10T11:00:00Z");
    assert_eq!(w.message(), "");
}

#[test]
fn r16_the_persons_own_message_comes_back_with_its_end_and_pinned_as_it_was() {
    for (mine, back) in [
        (own("On the road"), own("On the road")),
        (
            StatusMessage {
                pinned: true,
                ..own("Call my mobile")
            },
            StatusMessage {
                pinned: true,
                ..own("Call my mobile")
            },
        ),
        (
            until(own("Until lunch"), "12:00"),
            until(own("Until lunch"), "12:00"),
        ),
        // It has ended meanwhile.
        (until(own("Until half past"), "10:30"), own("")),
    ] {
        let mut w = day_with(told(|_| {}), mine.clone(), talk());
        w.until("2026-03-10T10:45:00Z");
        assert_eq!(w.message(), "Talk");
        assert_eq!(w.graph.message.pinned, mine.pinned, "it stays pinned");
        w.until("2026-03-10T11:00:05Z");
        assert_eq!(w.graph.message.at(w.now.wall), back);
        assert_eq!(w.engine.ledger().message, None);
        w.after(600.0);
        assert!(sets(&w).len() <= 2, "{:?}", sets(&w));
    }
}

/// Found by the simulated world, seed 870.
#[test]
fn r16_the_same_words_written_anew_and_pinned_while_nobody_looked_come_back_pinned() {
    let two = vec![busy("One", "10:00", "11:00"), busy("Two", "11:30", "12:30")];
    let mut w = day_with(told(|_| {}), own("Mine"), two.clone());
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(w.message(), "One");
    let pinned = StatusMessage {
        pinned: true,
        ..own("Mine")
    };
    // Written while no program of ours runs.
    w.graph.message = pinned.clone();
    w.restart_after(5400.0);
    w.calendar(two);
    w.until("2026-03-10T11:45:00Z");
    assert_eq!(w.message(), "Two");
    w.until("2026-03-10T12:31:00Z");
    assert_eq!(w.graph.message, pinned);
}

#[test]
fn r16_what_runs_back_to_back_and_is_moved_is_told_anew_and_the_first_own_message_comes_back() {
    let rules = told(|calendar| calendar.show_end = true);
    let first = || busy("One", "10:00", "11:00");
    let mut w = day_with(rules, own("Mine"), vec![first(), busy("Two", "11:00", "12:00")]);
    w.until("2026-03-10T11:00:05Z");
    assert_eq!(w.message(), "Two, until 12:00");
    // It goes on for longer; the new end is Teams', too.
    w.appointments(vec![first(), busy("Two", "11:00", "12:30")]);
    w.after(5.0);
    assert_eq!(w.graph.message, until(own("Two, until 12:30"), "12:30"));
    // Cancelled in the middle.
    w.appointments(vec![first()]);
    w.after(5.0);
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r16_the_same_words_for_longer_and_other_words_for_as_long_are_told_anew() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.until("2026-03-10T10:05:00Z");
    assert_eq!(w.graph.message, until(own("Talk"), "11:00"));
    let mut longer = busy("Talk", "10:00", "11:00");
    longer.span = Span::Timed {
        start: moment("10:00"),
        end: moment("12:00"),
    };
    w.appointments(vec![longer.clone()]);
    assert_eq!(w.graph.message, until(own("Talk"), "12:00"));
    longer.subject = "Walk".into();
    w.appointments(vec![longer]);
    assert_eq!(w.graph.message, until(own("Walk"), "12:00"));
}

#[test]
fn r10_what_the_person_writes_in_teams_during_the_appointment_stays() {
    for (leads, stays) in [(false, true), (true, false)] {
        let mut w = day_with(told(|calendar| calendar.leads = leads), own("Mine"), talk());
        w.until("2026-03-10T10:10:00Z");
        w.message_by_hand("No, this");
        w.after(60.0);
        assert_eq!(w.message() == "No, this", stays, "{}", w.message());
        w.until("2026-03-10T11:00:05Z");
        assert_eq!(w.message(), if stays { "No, this" } else { "Mine" });
        // The next one begins after a quiet of half a minute: it is told again.
        w.appointments(vec![busy("Later", "12:00", "13:00")]);
        w.until("2026-03-10T12:00:05Z");
        assert_eq!(w.message(), "Later");
    }
}

#[test]
fn r10_a_message_that_the_person_takes_away_stays_away() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.until("2026-03-10T10:10:00Z");
    w.message_by_hand("");
    w.until("2026-03-10T11:30:00Z");
    assert_eq!(w.message(), "");
    assert_eq!(sets(&w).len(), 1);
}

#[test]
fn r10_a_time_in_which_the_calendar_is_not_known_is_no_quiet_for_the_message() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.until("2026-03-10T10:10:00Z");
    w.message_by_hand("No, this");
    w.after(10.0);
    w.calendar.as_mut().unwrap().silent = true;
    w.restart();
    w.after(120.0);
    w.calendar.as_mut().unwrap().silent = false;
    w.until("2026-03-10T10:50:00Z");
    assert_eq!(w.message(), "No, this");
}

#[test]
fn r10_a_reading_that_lags_is_not_taken_for_the_person() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.message_lag = 45.0;
    w.until("2026-03-10T10:20:00Z");
    assert_eq!(w.message(), "Talk");
    w.until("2026-03-10T11:00:05Z");
    assert_eq!(w.message(), "Mine");
    w.until("2026-03-10T11:05:00Z");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 2));
    // While the old text of ours is still read, the next appointment begins.
    w.appointments(vec![
        busy("Soon", "11:20", "11:30"),
        busy("Next", "11:30", "12:00"),
        busy("After a blink", "12:01", "12:30"),
    ]);
    for (at, text) in [
        ("11:30:50", "Next"),
        ("12:00:30", "Mine"),
        ("12:02:30", "After a blink"),
        ("12:31:30", "Mine"),
    ] {
        w.until(&format!("2026-03-10T{at}Z"));
        assert_eq!(w.message(), text, "at {at}");
    }
}

#[test]
fn r16_clocks_that_differ_by_a_minute_take_nothing_from_the_person() {
    for ahead in [-60.0, 60.0] {
        let mut w = day_with(told(|_| {}), own("Mine"), talk());
        w.graph.clock_ahead = ahead;
        w.until("2026-03-10T10:30:00Z");
        assert_eq!(w.message(), "Talk");
        w.until("2026-03-10T11:00:10Z");
        assert_eq!(w.message(), "Mine", "{ahead}");
        w.until("2026-03-10T11:10:00Z");
        assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 2));
    }
}

#[test]
fn r10_put_back_in_offhook_and_set_again() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.until("2026-03-10T10:10:00Z");
    w.input(Input::PutBack);
    w.after(10.0);
    assert_eq!(w.message(), "Mine");
    assert!(
        w.why().contains("Status message in Teams: “Talk” is wanted"),
        "{}",
        w.why()
    );
    w.input(Input::SetAgain);
    w.after(10.0);
    assert_eq!(w.message(), "Talk");
}

#[test]
fn r9_killed_at_any_point_the_persons_own_message_comes_back() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        for wait in [1.0, 4000.0] {
            // At the beginning.
            let mut w = day_with(told(|_| {}), own("Mine"), talk());
            w.until("2026-03-10T09:59:50Z");
            w.crash = Some(crash);
            w.until("2026-03-10T10:01:00Z");
            assert!(w.dead);
            w.restart_after(wait);
            w.until("2026-03-10T11:20:00Z");
            assert_eq!(w.message(), "Mine", "{crash:?} {wait}");
            // While it goes back.
            let mut w = day_with(told(|_| {}), own("Mine"), talk());
            w.until("2026-03-10T10:30:00Z");
            w.crash = Some(crash);
            w.until("2026-03-10T11:00:30Z");
            assert!(w.dead, "{crash:?}");
            w.restart_after(wait);
            w.until("2026-03-10T12:30:00Z");
            assert_eq!(w.message(), "Mine", "{crash:?} {wait}");
            assert_eq!(w.engine.ledger().message, None);
        }
    }
}

#[test]
fn r9_killed_in_the_middle_it_goes_on_or_back_at_the_next_start() {
    for (start_again, runs) in [("10:20", true), ("11:20", false)] {
        let mut w = day_with(told(|_| {}), own("Mine"), talk());
        w.until("2026-03-10T10:10:00Z");
        let seconds = moment(start_again).duration_since(w.now.wall).as_secs_f64();
        w.restart_after(seconds);
        assert_eq!(w.message(), if runs { "Talk" } else { "Mine" });
        w.until("2026-03-10T11:21:00Z");
        assert_eq!(w.message(), "Mine");
    }
}

#[test]
fn r9_a_request_that_nobody_answers_is_judged_by_what_is_there() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.message_mute = true;
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(w.message(), "Talk");
    assert!(sets(&w).len() <= 2, "{:?}", sets(&w));
    w.until("2026-03-10T11:10:00Z");
    assert_eq!(w.message(), "Mine");
    assert_eq!(w.engine.ledger().message, None);
}

#[test]
fn r9_without_the_ledger_nothing_is_set_and_what_was_set_goes_back() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.disk_full = true;
    w.until("2026-03-10T10:10:00Z");
    assert!(sets(&w).is_empty());
    w.disk_full = false;
    w.until("2026-03-10T10:20:00Z");
    assert_eq!(w.message(), "Talk");
    w.disk_full = true;
    w.until("2026-03-10T11:00:10Z");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r19_r20_pause_quit_sleep_and_sign_out_bring_the_persons_own_message_back() {
    for stop in [
        Input::Pause(Pause::UntilResumed),
        Input::Quit,
        Input::Sleep,
        Input::SignOut,
    ] {
        for keep in [false, true] {
            let rules = told(|calendar| calendar.keep_on_stop = keep);
            let mut w = day_with(rules, own("Mine"), talk());
            w.until("2026-03-10T10:10:00Z");
            w.input(stop.clone());
            w.after(2.0);
            let kept = keep && matches!(stop, Input::Pause(_) | Input::Quit);
            assert_eq!(w.message(), if kept { "Talk" } else { "Mine" }, "{stop:?} {keep}");
            let finished = w.count(|effect| *effect == Effect::Finished);
            assert_eq!(finished, usize::from(stop == Input::Quit), "{stop:?}");
        }
    }
}

#[test]
fn r16_what_was_kept_in_teams_goes_back_when_offhook_works_again() {
    let rules = told(|calendar| calendar.keep_on_stop = true);
    let mut w = day_with(rules, own("Mine"), talk());
    w.until("2026-03-10T10:10:00Z");
    w.pause(Pause::UntilResumed);
    w.until("2026-03-10T11:10:00Z");
    assert_eq!(w.message(), "Mine", "the appointment is over");
    w.input(Input::Resume);
    w.after(3.0);
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r11_r18_without_calendar_option_or_right_nothing_of_ours_stays() {
    type Change = fn(&mut World);
    let changes: [Change; 3] = [
        |w| w.set_rules(|rules| rules.calendar.teams_message = false),
        |w| w.set_rules(|rules| rules.calendar.title = false),
        |w| w.input(Input::CalendarConfigured(CalendarLink::Off)),
    ];
    for change in changes {
        let mut w = day_with(told(|_| {}), own("Mine"), talk());
        w.until("2026-03-10T10:10:00Z");
        assert_eq!(w.message(), "Talk");
        change(&mut w);
        w.after(5.0);
        assert_eq!(w.message(), "Mine");
    }
}

#[test]
fn r24_a_watching_desk_sets_no_message() {
    let mut rules = told(|_| {});
    rules.role = offhook_engine::rules::Role::Watch;
    let mut w = day_with(rules, own("Mine"), talk());
    w.until("2026-03-10T10:30:00Z");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 0));
}

#[test]
fn r17_what_is_private_is_not_in_the_status_message_and_no_text_is_in_a_log() {
    let secret = Appointment {
        sensitivity: Sensitivity::Private,
        ..busy("Doctor", "10:00", "11:00")
    };
    let mut w = day_with(
        told(|_| {}),
        own("Geheim"),
        vec![secret, busy("Review", "12:00", "13:00")],
    );
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(w.message(), "Appointment");
    w.until("2026-03-10T12:30:00Z");
    assert_eq!(w.message(), "Review");
    let shown = format!("{:?} {:?} {:?}", w.log, w.engine.ledger(), w.engine.rules());
    for word in ["Doctor", "Geheim", "Review"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}

#[test]
fn r16_a_text_is_cut_to_what_teams_takes() {
    let long = "x".repeat(400);
    let mut w = day_of(told(|_| {}), vec![busy(&long, "10:00", "11:00")]);
    w.until("2026-03-10T10:30:00Z");
    assert_eq!(w.message().chars().count(), 280);
    assert!(w.message().ends_with('…'));
}

#[test]
fn r16_one_that_says_so_already_is_left_alone() {
    let mut w = day_with(told(|_| {}), own("Talk"), talk());
    w.until("2026-03-10T11:10:00Z");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Talk", 0));
}

#[test]
fn r16_one_that_could_not_be_put_back_is_left_alone_and_said_so() {
    let mut w = World::with(told(|_| {}));
    w.graph.message_unreadable = true;
    w.message_is(own("<p>Mine</p>"));
    w.calendar(talk());
    w.log.clear();
    w.until("2026-03-10T10:30:00Z");
    assert!(sets(&w).is_empty());
    let reads = w.count(|effect| *effect == Effect::ReadTeams);
    assert!(reads < 580, "{reads} readings in an hour and a half");
    assert!(w.why().contains("Offhook can't read all of it"), "{}", w.why());
}

#[test]
fn r16_a_refused_message_is_not_tried_again_until_the_next_appointment() {
    let mut w = day_with(
        told(|_| {}),
        own("Mine"),
        vec![busy("One", "10:00", "10:30"), busy("Two", "10:40", "11:00")],
    );
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.until("2026-03-10T10:30:30Z");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 1));
    w.graph.writes_fail = None;
    w.until("2026-03-10T10:45:00Z");
    assert_eq!(w.message(), "Two");
}

#[test]
fn r6_throttled_or_unreachable_it_is_set_later() {
    for fails in [throttled(Some(90.0)), unreachable()] {
        let mut w = day_with(told(|_| {}), own("Mine"), talk());
        w.until("2026-03-10T09:59:50Z");
        w.graph.writes_fail = Some(fails);
        w.until("2026-03-10T10:05:00Z");
        assert!(sets(&w).len() < 30, "{}", sets(&w).len());
        assert_eq!(w.message(), "Mine");
        w.graph.writes_fail = None;
        w.until("2026-03-10T10:10:00Z");
        assert_eq!(w.message(), "Talk");
        w.until("2026-03-10T11:00:10Z");
        assert_eq!(w.message(), "Mine");
    }
}

#[test]
fn r6_the_message_costs_few_readings() {
    let count = |teams_message: bool| {
        let rules = told(|calendar| calendar.teams_message = teams_message);
        let mut w = day_with(rules, own("Mine"), talk());
        w.log.clear();
        w.until("2026-03-10T12:00:00Z");
        w.count(|effect| *effect == Effect::ReadTeams)
    };
    let (with, without) = (count(true), count(false));
    assert!(with <= without + 4, "{with} readings instead of {without}");
}

#[test]
fn r22_the_message_has_its_sentences_in_both_languages() {
    for (language, name, goes_back) in [
        (
            Language::En,
            "Status message in Teams: “Talk” since 10:00",
            "goes back to: “Mine”.",
        ),
        (
            Language::De,
            "Statusmeldung in Teams: „Talk“ seit 10:00",
            "gilt wieder: „Mine“.",
        ),
    ] {
        let mut rules = told(|_| {});
        rules.language = language;
        let mut w = day_with(rules, own("Mine"), talk());
        w.until("2026-03-10T10:30:00Z");
        let why = w.why();
        assert!(why.contains(name) && why.contains(goes_back), "{why}");
        w.pause(Pause::UntilResumed);
        w.after(5.0);
        let why = w.why();
        let wanted = match language {
            Language::En => "Status message in Teams: “Talk” is wanted because of an appointment",
            Language::De => "Statusmeldung in Teams: „Talk“ ist gewünscht wegen eines Termins",
        };
        assert!(why.contains(wanted), "{why}");
        w.input(Input::Resume);
        w.after(5.0);
        w.message_by_hand("No, this");
        let why = w.why();
        let yours = match language {
            Language::En => "not set again; you took it back",
            Language::De => "nicht erneut gesetzt; Sie haben es zurückgenommen",
        };
        assert!(why.contains(yours), "{why}");
    }
}

#[test]
fn r16_what_begins_while_ours_could_not_be_taken_back_yet_follows_it_at_once() {
    let next = || busy("Next", "10:20", "10:50");
    let mut w = day_with(told(|_| {}), own("Mine"), vec![talk().remove(0), next()]);
    w.until("2026-03-10T10:19:50Z");
    assert_eq!(w.message(), "Talk");
    w.graph.writes_fail = Some(unreachable());
    w.hears_of(vec![next()]);
    w.until("2026-03-10T10:20:01Z");
    w.graph.writes_fail = None;
    let tried = sets(&w).len();
    w.until("2026-03-10T10:21:00Z");
    assert_eq!(w.message(), "Next");
    let texts: Vec<String> = sets(&w).drain(tried..).map(|message| message.text).collect();
    assert_eq!(texts, ["Next"], "their own does not show in between");
    w.until("2026-03-10T10:51:00Z");
    assert_eq!(w.message(), "Mine");
}
