//! The status message in Teams: what becomes of each request to write it, and of each write of the ledger before it.
//! R6, R9 and R10.

use super::r16_message::{day_with, own, sets, talk, told, until};
use super::*;

fn at(w: &mut World, time: &str) {
    w.until(&format!("2026-03-10T{time}Z"));
}

/// It is 10 minutes past ten, and our text is there.
fn talking() -> World {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "10:10:00");
    assert_eq!(w.message(), "Talk");
    w
}

/// A moment past ten: nobody has answered the first request.
fn unanswered() -> World {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "09:59:59");
    w.graph.writes_fail = Some(unreachable());
    w.until("2026-03-10T10:00:00.2Z");
    assert_eq!(sets(&w).len(), 1);
    w
}

#[test]
fn r6_one_that_could_not_be_set_is_tried_again_soon_however_seldom_teams_is_read() {
    let mut rules = told(|_| {});
    rules.poll_floor = secs(300.0);
    let mut w = day_with(rules, own("Mine"), talk());
    at(&mut w, "09:59:59");
    w.graph.writes_fail = Some(unreachable());
    at(&mut w, "10:00:03");
    w.graph.writes_fail = None;
    at(&mut w, "10:00:20");
    assert_eq!(w.message(), "Talk");
}

#[test]
fn r9_a_request_that_arrives_after_it_is_no_longer_wanted_is_taken_back() {
    let mut w = unanswered();
    w.pause(Pause::UntilResumed);
    w.graph.writes_fail = None;
    at(&mut w, "10:00:15");
    assert_eq!(w.message(), "Mine");
    // Now it arrives.
    w.graph.message = until(own("Talk"), "11:00");
    at(&mut w, "10:01:00");
    assert_eq!((w.message(), w.disk.message.clone()), ("Mine".into(), None));
}

#[test]
fn r9_a_request_that_has_not_arrived_after_half_a_minute_is_forgotten() {
    let mut w = unanswered();
    w.pause(Pause::UntilResumed);
    w.graph.writes_fail = None;
    at(&mut w, "10:01:30");
    assert_eq!((sets(&w).len(), w.disk.message.clone()), (1, None));
}

#[test]
fn r9_one_that_is_refused_while_an_earlier_request_may_still_arrive_is_neither_repeated_nor_lost() {
    let mut w = unanswered();
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    at(&mut w, "10:00:15");
    assert_eq!((sets(&w).len(), w.message()), (2, "Mine".into()));
    // Now it arrives.
    w.graph.message = until(own("Talk"), "11:00");
    w.graph.writes_fail = None;
    at(&mut w, "10:50:00");
    assert_eq!((sets(&w).len(), w.message()), (2, "Talk".into()));
    at(&mut w, "11:00:10");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r10_what_the_person_writes_while_ours_has_to_wait_stays() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "09:59:59");
    w.graph.writes_fail = Some(throttled(Some(90.0)));
    at(&mut w, "10:00:30");
    assert_eq!(sets(&w).len(), 1);
    w.graph.writes_fail = None;
    w.message_by_hand("No, this");
    at(&mut w, "10:50:00");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("No, this", 1));
}

#[test]
fn r9_what_is_not_wanted_any_more_when_the_ledger_is_on_disk_is_not_set() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "09:59:59");
    w.disk_silent = true;
    at(&mut w, "10:00:05");
    w.pause(Pause::UntilResumed);
    w.disk_answers();
    w.after(60.0);
    assert_eq!((sets(&w).len(), w.disk.message.clone()), (0, None));
}

#[test]
fn r9_an_older_ledger_that_could_not_be_written_stops_nothing() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "09:59:59");
    w.disk_silent = true;
    w.disk_full = true;
    w.answer("1");
    w.disk_full = false;
    w.until("2026-03-10T10:00:00.2Z");
    assert_eq!(sets(&w).len(), 0, "it is not on disk yet");
    w.disk_answers();
    assert_eq!(w.message(), "Talk", "at once");
}

#[test]
fn r9_taken_back_without_an_answer_it_is_forgotten_once_a_reading_shows_the_persons_own() {
    let mut w = talking();
    w.graph.message_mute = true;
    w.pause(Pause::UntilResumed);
    w.after(30.0);
    assert_eq!((w.message(), w.disk.message.clone()), ("Mine".into(), None));
    let so_far = sets(&w).len();
    w.after(600.0);
    assert_eq!(sets(&w).len(), so_far);
}

#[test]
fn r9_wanted_again_before_it_could_be_taken_back_it_stays_without_a_further_write() {
    let mut w = talking();
    w.graph.writes_fail = Some(unreachable());
    w.pause(Pause::UntilResumed);
    w.after(0.2);
    assert_eq!(sets(&w).len(), 2, "nobody answered");
    w.graph.writes_fail = None;
    w.input(Input::Resume);
    w.after(60.0);
    assert_eq!((sets(&w).len(), w.message()), (2, "Talk".into()));
    at(&mut w, "11:00:10");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r9_taken_back_in_a_request_that_sleep_has_cut_off_it_is_written_once_more() {
    let mut w = talking();
    w.poll();
    w.graph.silent = true;
    w.pause(Pause::UntilResumed);
    assert_eq!(sets(&w).len(), 2);
    w.sleep(15.0);
    w.wake();
    // It has arrived; that no earlier one comes after it, only an answer tells.
    w.graph.silent = false;
    w.graph.message = own("Mine");
    w.input(Input::MessageSeen(Some(own("Mine"))));
    assert_eq!((sets(&w).len(), w.disk.message.clone()), (3, None));
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r9_the_same_text_with_a_later_end_that_could_not_be_set_is_set_again_and_theirs_comes_back() {
    let mut w = talking();
    w.graph.writes_fail = Some(unreachable());
    w.appointments(vec![busy("Talk", "10:00", "11:30")]);
    w.graph.writes_fail = None;
    at(&mut w, "11:10:00");
    assert_eq!(w.message(), "Talk", "the earlier one has ended");
    at(&mut w, "11:30:10");
    assert_eq!(w.message(), "Mine");
}
