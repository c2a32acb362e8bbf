//! The status message in Teams: whose the one is that a reading shows. R9, R10, R16 and R24.

use super::r16_message::{day_with, own, sets, talk, told, until};
use super::*;
use offhook_engine::teams::StatusMessage;

fn at(w: &mut World, time: &str) {
    w.until(&format!("2026-03-10T{time}Z"));
}

#[test]
fn r10_the_persons_own_message_that_says_the_same_may_be_changed_by_them() {
    for (leads, shown) in [(false, "No, this"), (true, "Talk")] {
        let mut w = day_with(told(|calendar| calendar.leads = leads), own("Talk"), talk());
        at(&mut w, "10:10:00");
        w.message_by_hand("No, this");
        w.after(120.0);
        assert_eq!(w.message(), shown, "leads: {leads}");
        assert_eq!(sets(&w).len(), usize::from(leads));
        assert_eq!(w.disk.message_yielded, !leads, "the next run knows it, too");
    }
}

#[test]
fn r16_where_the_persons_own_message_says_the_same_and_ends_ours_follows() {
    let mut w = day_with(told(|_| {}), until(own("Talk"), "10:30"), talk());
    at(&mut w, "10:29:00");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Talk", 0));
    at(&mut w, "10:31:00");
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Talk", 1));
}

#[test]
fn r9_what_was_written_since_the_last_reading_is_what_comes_back() {
    let mut w = day_with(
        told(|calendar| calendar.teams_message = false),
        own("Mine"),
        talk(),
    );
    at(&mut w, "10:10:00");
    w.poll();
    w.graph.message = own("Newer");
    let reads = |w: &World| w.count(|effect| *effect == Effect::ReadTeams);
    let before = reads(&w);
    w.after(6.0);
    assert_eq!(reads(&w), before, "nobody has read it yet");
    w.set_rules(|rules| rules.calendar.teams_message = true);
    w.after(10.0);
    assert_eq!(w.message(), "Talk");
    at(&mut w, "11:00:10");
    assert_eq!(w.message(), "Newer");
}

#[test]
fn r10_what_the_person_writes_a_moment_after_ours_has_changed_is_theirs() {
    let two = vec![busy("One", "10:00", "11:00"), busy("Two", "11:00", "12:00")];
    let mut w = day_with(told(|_| {}), own("Mine"), two);
    at(&mut w, "11:00:10");
    assert_eq!(w.message(), "Two");
    w.message_by_hand("No, this");
    w.pause(Pause::UntilResumed);
    w.after(10.0);
    assert_eq!((w.message().as_str(), sets(&w).len()), ("No, this", 2));
}

#[test]
fn r10_their_own_message_written_back_by_the_person_stays_whatever_the_appointment_is_called_then() {
    let named = |name: &str| vec![busy(name, "10:00", "12:00")];
    let mut w = day_with(told(|_| {}), own("Mine"), named("One"));
    at(&mut w, "10:10:00");
    w.message_by_hand("Mine");
    w.appointments(named("Two"));
    w.after(60.0);
    assert_eq!((w.message().as_str(), sets(&w).len()), ("Mine", 1));
}

#[test]
fn r10_while_a_text_of_ours_that_was_taken_back_is_still_read_it_is_not_taken_for_the_persons() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    at(&mut w, "10:10:00");
    w.graph.message_lag = 50.0;
    w.pause(Pause::UntilResumed);
    w.after(30.0);
    assert_eq!(w.message(), "Mine");
    w.input(Input::Resume);
    w.after(120.0);
    assert_eq!(w.message(), "Talk");
    at(&mut w, "11:02:00");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r19_a_pause_right_after_ours_was_set_waits_until_readings_show_it() {
    let mut w = day_with(told(|_| {}), own("Mine"), talk());
    w.graph.message_lag = 45.0;
    at(&mut w, "10:00:05");
    w.pause(Pause::UntilResumed);
    at(&mut w, "10:02:00");
    assert_eq!(w.message(), "Mine");
    assert_eq!(w.disk.message, None);
}

/// Requests overtake each other: one that was sent first may be carried out last.
#[test]
fn r16_any_earlier_text_of_ours_that_shows_itself_late_is_replaced_and_the_first_own_message_comes_back() {
    let named = |name: &str| vec![busy(name, "10:00", "13:00")];
    let mut w = day_with(told(|_| {}), own("Mine"), named("A"));
    at(&mut w, "10:10:00");
    for name in ["B", "C"] {
        w.appointments(named(name));
        w.after(90.0);
        assert_eq!(w.message(), name);
    }
    for late in ["B", "A"] {
        w.message_is(until(own(late), "13:00"));
        w.after(90.0);
        assert_eq!(w.message(), "C", "after {late}");
    }
    at(&mut w, "13:00:10");
    assert_eq!(w.message(), "Mine");
}

#[test]
fn r9_where_the_next_appointment_says_what_the_person_had_written_theirs_goes_back() {
    let named = |name: &str| vec![busy(name, "10:00", "12:00")];
    let mine = StatusMessage {
        pinned: true,
        ..own("Two")
    };
    let mut w = day_with(told(|_| {}), mine.clone(), named("One"));
    at(&mut w, "10:10:00");
    assert_eq!(w.message(), "One");
    w.appointments(named("Two"));
    w.after(10.0);
    assert_eq!(w.graph.message, mine, "with no end");
    assert_eq!((sets(&w).len(), w.disk.message.clone()), (2, None));
}

#[test]
fn r16_the_next_text_stays_pinned_as_the_persons_own_was() {
    let pinned = |message: StatusMessage| StatusMessage {
        pinned: true,
        ..message
    };
    let two = vec![busy("One", "10:00", "11:00"), busy("Two", "11:00", "12:00")];
    let mut w = day_with(told(|_| {}), pinned(own("Mine")), two);
    at(&mut w, "11:00:10");
    assert_eq!(w.graph.message, pinned(until(own("Two"), "12:00")));
}

#[test]
fn r9_while_it_cannot_be_read_it_is_not_taken_back_and_forgotten_only_when_ours_is_over() {
    let unreadable = || {
        let mut w = day_with(told(|_| {}), own("Mine"), talk());
        at(&mut w, "10:10:00");
        w.graph.message_unreadable = true;
        w.after(20.0);
        w
    };
    let mut w = unreadable();
    w.pause(Pause::UntilResumed);
    w.after(30.0);
    assert_eq!(sets(&w).len(), 1);
    w.graph.message_unreadable = false;
    w.input(Input::MessageSeen(Some(w.graph.message.clone())));
    w.after(60.0);
    assert_eq!(w.message(), "Mine");
    let mut w = unreadable();
    at(&mut w, "11:01:00");
    assert_eq!((sets(&w).len(), w.disk.message.clone()), (1, None));
}

#[test]
fn r16_where_nothing_is_left_to_put_back_the_next_run_writes_nothing() {
    for mine in [own(""), until(own("Until half past"), "10:30")] {
        let mut w = day_with(told(|_| {}), mine, talk());
        at(&mut w, "10:45:00");
        assert_eq!(w.message(), "Talk");
        w.restart_after(1800.0);
        w.after(60.0);
        assert_eq!((sets(&w).len(), w.disk.message.clone()), (0, None));
    }
}

#[test]
fn r10_a_short_quiet_stays_short_also_when_nobody_was_signed_in_after_it() {
    let two = vec![
        busy("Talk", "10:00", "11:00"),
        busy("Soon", "2026-03-10T11:00:10Z", "11:40"),
    ];
    let mut w = day_with(told(|_| {}), own("Mine"), two);
    at(&mut w, "10:30:00");
    w.message_by_hand("No, this");
    at(&mut w, "10:59:50");
    w.input(Input::SignIn(SignIn::Waiting(unreachable())));
    at(&mut w, "11:02:00");
    w.input(Input::SignIn(w.sign_in.clone()));
    at(&mut w, "11:10:00");
    assert_eq!(w.message(), "No, this");
}

#[test]
fn r24_a_colleague_who_signs_in_at_the_same_desk_takes_nothing_from_the_first_person() {
    let signed_in = |key: &str| SignIn::SignedIn(account(key));
    let at_the_colleagues = || {
        let two = vec![busy("Talk", "10:00", "11:00"), busy("Later", "12:00", "13:00")];
        let mut w = day_with(told(|_| {}), own("Mine"), two);
        at(&mut w, "10:10:00");
        let first = w.graph.message.clone();
        w.graph.message = own("Theirs");
        w.sign_in = signed_in("other.tid");
        w.restart_after(60.0);
        w.after(120.0);
        assert_eq!(w.message(), "Theirs");
        (w, first)
    };
    // The first one comes back while theirs is still there.
    let (mut w, first) = at_the_colleagues();
    w.graph.message = first;
    w.sign_in = signed_in("oid.tid");
    w.restart();
    w.after(60.0);
    assert_eq!(w.message(), "Talk");
    at(&mut w, "11:00:10");
    assert_eq!(w.message(), "Mine");
    // They do not, and it has ended by itself.
    let (mut w, _) = at_the_colleagues();
    at(&mut w, "12:00:10");
    assert_eq!(w.message(), "Later");
    at(&mut w, "13:00:10");
    assert_eq!(w.message(), "Theirs");
}
