//! R10 for the status message in Teams where readings are seldom or late: the person is told from a reading that lags, and
//! what they wrote is neither written over nor given back as another. All found by the simulated world.

use super::r16_message::{day_with, own, sets, talk, told};
use super::*;
use offhook_engine::teams::StatusMessage;

fn pinned(text: &str) -> StatusMessage {
    StatusMessage {
        pinned: true,
        ..own(text)
    }
}

#[test]
fn r10_a_reading_from_before_ours_is_not_the_person_however_late_the_next_one_comes() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.message_lag = 30.0;
    w.until("2026-03-10T10:00:20Z");
    assert_eq!(w.message(), "Talk");
    w.graph.fails = Some(fault(FaultKind::Unreachable));
    w.until("2026-03-10T10:04:00Z");
    assert!(!w.engine.ledger().message_yielded);
    w.graph.fails = None;
    w.until("2026-03-10T11:00:10Z");
    assert_eq!(w.message(), "Mine", "and so theirs comes back");
}

#[test]
fn r10_the_same_words_pinned_while_ours_could_not_be_set_come_back_pinned() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.writes_fail = Some(fault(FaultKind::Unreachable));
    w.until("2026-03-10T10:00:10Z");
    w.message_is(pinned("Mine"));
    w.graph.writes_fail = None;
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(w.message(), "Talk");
    w.until("2026-03-10T11:00:10Z");
    assert_eq!(w.graph.message, pinned("Mine"));
}

#[test]
fn r10_the_same_words_pinned_while_no_program_ran_stay_pinned_when_the_appointment_is_gone() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.until("2026-03-10T10:10:00Z");
    w.graph.message = pinned("Mine");
    w.calendar.as_mut().unwrap().appointments.clear();
    w.restart_after(60.0);
    w.until("2026-03-10T10:20:00Z");
    assert_eq!(w.graph.message, pinned("Mine"));
    assert_eq!(w.engine.ledger().message, None);
}

#[test]
fn r10_where_nothing_but_the_message_is_held_that_can_be_put_back() {
    let quiet = || {
        told(|calendar| {
            calendar.title = true;
            calendar.busy = Action::Nothing;
        })
    };
    let offered = |w: &World| {
        let page = w.engine.pages(&Default::default(), w.now).now;
        (page.put_back.is_some(), page.can_set_again)
    };
    let begun = |message: StatusMessage| {
        let mut w = World::cold(quiet(), Default::default());
        w.phone.abilities = Default::default();
        w.begin();
        w.message_is(message);
        w.calendar(talk());
        w.until("2026-03-10T10:10:00Z");
        w
    };
    let mut w = begun(own("Mine"));
    assert_eq!(w.message(), "Talk");
    assert_eq!(offered(&w), (true, false));
    w.graph.silent = true;
    w.input(Input::PutBack);
    assert!(w.disk.message.is_some(), "Teams has not answered");
    assert_eq!(offered(&w), (false, true));
    // The person says the same by themselves: nothing of ours is there to be put back.
    let w = begun(own("Talk"));
    assert_eq!(w.disk.message, None);
    assert_eq!(offered(&w), (false, false));
}

/// The program starts 40 s before the next appointment, which counts for more.
fn late_start(rules: Rules, lag: f64) -> World {
    let talk = appointment("tentative", "Talk", "10:00", "12:00");
    let two = vec![talk, busy("Next", "11:00", "11:30")];
    let mut w = day_with(rules, own("Mine"), Vec::new());
    w.graph.message_lag = lag;
    let begins = moment("2026-03-10T10:59:20Z").duration_since(w.now.wall);
    w.restart_after(begins.as_secs_f64());
    w.calendar(two);
    w.until("2026-03-10T10:59:30Z");
    assert_eq!(w.message(), "Talk");
    w
}

/// For a minute after ours nobody can tell their words from a reading that lags: what follows waits for that minute.
#[test]
fn r10_their_words_from_before_written_a_moment_after_ours_are_not_written_over_by_the_next_text() {
    for (leads, stays) in [(false, true), (true, false)] {
        let mut w = late_start(told(|calendar| calendar.leads = leads), 0.0);
        w.message_by_hand("Mine");
        w.until("2026-03-10T11:20:00Z");
        assert_eq!(w.message() == "Mine", stays, "{}", w.message());
        assert_eq!(w.engine.ledger().message_yielded, stays);
    }
}

#[test]
fn r10_the_next_text_is_there_within_the_minute_where_readings_only_lag() {
    let mut w = late_start(told(|_| {}), 45.0);
    w.until("2026-03-10T11:00:30Z");
    assert_eq!(w.message(), "Next");
}

#[test]
fn r10_readings_that_lag_hold_up_neither_a_pause_nor_what_leads() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.message_lag = 45.0;
    w.until("2026-03-10T10:00:10Z");
    assert_eq!(w.message(), "Talk");
    w.input(Input::Pause(Pause::UntilResumed));
    w.after(5.0);
    assert_eq!(w.message(), "Mine");
    let mut w = late_start(told(|calendar| calendar.leads = true), 45.0);
    w.until("2026-03-10T11:00:03Z");
    assert_eq!(w.message(), "Next");
}

#[test]
fn r10_an_earlier_text_of_ours_is_never_taken_for_the_persons() {
    let two = vec![busy("Talk", "10:00", "11:00"), busy("Next", "11:00", "12:00")];
    let mut w = day_with(told(|_| {}), own("Mine"), two);
    w.until("2026-03-10T10:59:00Z");
    w.appointments(vec![
        busy("Talk", "10:00", "11:10"),
        busy("Talk, in room 2", "11:05", "12:00"),
    ]);
    w.graph.writes_fail = Some(fault(FaultKind::Unreachable));
    w.until("2026-03-10T11:10:20Z");
    w.graph.writes_fail = None;
    w.until("2026-03-10T11:30:00Z");
    assert_eq!(w.message(), "Talk, in room 2");
    w.until("2026-03-10T12:00:10Z");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r10_what_cannot_be_told_yet_is_read_again_when_it_can_however_far_apart_the_reads_are() {
    let two = vec![busy("Talk", "10:00", "11:00"), busy("Next", "11:00", "12:00")];
    let mut w = day_with(told(|_| {}), own("Mine"), two.clone());
    refused(&mut w, 8);
    w.until("2026-03-10T10:10:00Z");
    assert_eq!(w.message(), "Talk");
    w.graph.message = own("Mine");
    w.restart_after(300.0);
    w.calendar(two);
    w.after(70.0);
    assert!(
        w.engine.ledger().message_yielded,
        "a minute after the start they are known to have written it"
    );
    w.until("2026-03-10T11:10:00Z");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 0));
}

#[test]
fn r6_a_message_that_says_it_already_or_cannot_be_read_costs_no_readings_of_its_own() {
    for unreadable in [false, true] {
        let mut w = day_with(told(|_| {}), own("Talk"), talk());
        w.graph.message_unreadable = unreadable;
        w.until("2026-03-10T10:05:00Z");
        let from = w.now.mono;
        for n in 0..60 {
            // Whatever happens, all is looked at anew.
            w.after(7.0);
            w.note_by_hand(&format!("note {n}"));
        }
        let spans = w.poll_spans(from);
        assert!(spans.iter().all(|s| *s > 8.9), "{unreadable}: {spans:?}");
        assert!(sets(&w).is_empty());
    }
}

#[test]
fn r10_a_reading_from_before_ours_does_not_say_that_theirs_is_back_when_ours_ends() {
    let mut w = day_with(told(|_| {}), own("Mine"), vec![]);
    w.graph.message_lag = 20.0;
    w.until("2026-03-10T10:59:50Z");
    w.hears_of(talk());
    assert_eq!(w.message(), "Talk");
    w.until("2026-03-10T11:00:15Z");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r10_where_a_request_that_nobody_answered_takes_theirs_away_after_its_own_end_it_comes_back() {
    let mut w = day_with(told(|_| {}), own("Mine"), vec![]);
    w.until("2026-03-10T10:59:58Z");
    w.graph.writes_fail = Some(fault(FaultKind::Unreachable));
    w.hears_of(talk());
    w.graph.writes_fail = None;
    w.until("2026-03-10T11:00:15Z");
    assert_eq!(w.message(), "Mine");
    w.message_by_hand("");
    w.until("2026-03-10T11:01:00Z");
    assert_eq!(w.message(), "Mine");
}

/// Theirs is back at eleven; a reading that lags shows that ours had ended.
#[test]
fn r10_that_ours_has_ended_is_not_taken_for_what_the_person_wants_there() {
    let next = busy("Next", "2026-03-10T11:00:08Z", "2026-03-10T11:30:00Z");
    let mut w = day_with(told(|_| {}), own("Mine"), vec![talk().remove(0), next]);
    w.graph.message_lag = 30.0;
    w.until("2026-03-10T11:00:07Z");
    assert_eq!(w.message(), "Mine");
    w.until("2026-03-10T11:05:00Z");
    assert_eq!(w.message(), "Next");
    w.until("2026-03-10T11:30:10Z");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r10_what_they_take_away_a_moment_after_it_came_back_does_not_come_back_again() {
    let next = busy("Next", "2026-03-10T11:00:20Z", "2026-03-10T11:30:00Z");
    let mut w = day_with(told(|_| {}), own("Mine"), vec![talk().remove(0), next]);
    w.until("2026-03-10T11:00:04Z");
    w.message_by_hand("");
    w.until("2026-03-10T11:05:00Z");
    assert_eq!(w.message(), "Next");
    w.until("2026-03-10T11:30:10Z");
    assert_eq!(w.message(), "");
}

#[test]
fn r10_readings_that_lag_do_not_hold_up_the_next_appointment() {
    let next = || busy("Next", "10:20", "10:50");
    let mut w = day_with(told(|_| {}), own("Mine"), vec![talk().remove(0), next()]);
    w.until("2026-03-10T10:19:45Z");
    w.graph.message_lag = 45.0;
    w.hears_of(vec![next()]);
    w.until("2026-03-10T10:19:55Z");
    let shown = w.message_shows().text;
    assert_eq!((w.message().as_str(), shown.as_str()), ("Mine", "Talk"));
    w.until("2026-03-10T10:20:04Z");
    assert_eq!(w.message(), "Next");
}

#[test]
fn r10_what_they_take_away_a_moment_after_ours_was_taken_back_early_counts_at_once() {
    let next = || busy("Next", "10:20", "10:50");
    let mut w = day_with(told(|_| {}), own("Mine"), vec![talk().remove(0), next()]);
    w.until("2026-03-10T10:19:50Z");
    // The longer one is cancelled.
    w.hears_of(vec![next()]);
    w.after(2.0);
    assert_eq!(w.message(), "Mine");
    w.message_by_hand("");
    w.until("2026-03-10T10:20:10Z");
    assert_eq!(w.message(), "Next");
    w.until("2026-03-10T10:51:00Z");
    assert_eq!(w.message(), "");
}
