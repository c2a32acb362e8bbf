//! R19: pauses and working hours.

use crate::common::*;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault};
use offhook_engine::rules::WorkingHours;
use offhook_engine::teams::SignIn;
use offhook_protocol::command::Pause;
use offhook_protocol::status::{Field as Shown, NotDoneReason, State};

#[test]
fn r19_a_pause_releases_everything_and_then_writes_nothing() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.pause(Pause::UntilResumed);
    w.after(5.0);
    assert!(!w.dnd());
    assert_eq!(w.session(), None);
    assert_eq!(w.state(), State::Paused);
    w.log.clear();
    w.teams("DoNotDisturb", "Presenting");
    w.answer("2");
    w.dnd_by_hand(true);
    w.dnd_by_hand(false);
    w.after(3600.0);
    assert_eq!(w.changes(), []);
}

#[test]
fn r19_reading_goes_on_so_that_resuming_is_right_at_once() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(15));
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert_eq!(w.status().teams.seen.unwrap().activity, "DoNotDisturb");
    w.input(Input::Resume);
    w.after(1.0);
    assert!(w.dnd());
    assert_eq!(w.state(), State::DoNotDisturb);
}

#[test]
fn r19_a_pause_ends_by_itself() {
    for (pause, seconds) in [(Pause::Minutes(15), 900.0), (Pause::Minutes(60), 3600.0)] {
        let mut w = World::new("recommended");
        w.pause(pause);
        w.after(seconds - 1.0);
        assert_eq!(w.state(), State::Paused);
        w.after(2.0);
        assert_eq!(w.state(), State::Free);
        assert_eq!(w.disk.pause, None);
    }
}

#[test]
fn r19_until_tomorrow_is_the_next_local_midnight_also_when_clocks_change() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    for (now, until) in [
        ("2026-03-28T09:00:00Z", "2026-03-28T23:00:00Z"),
        // The clocks go forward on the 29th at 2:00: midnight after it comes an hour earlier in UTC.
        ("2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"),
    ] {
        let mut w = World::new("recommended");
        w.set_rules(|rules| rules.zone = zone.clone());
        w.now.wall = at(now);
        w.pause(Pause::Tomorrow);
        assert_eq!(w.status().paused_until.as_deref(), Some(until), "{now}");
    }
}

#[test]
fn r19_kept_over_a_restart() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(60));
    w.teams_is("DoNotDisturb", "DoNotDisturb");
    w.restart();
    w.after(1800.0);
    assert_eq!((w.state(), w.dnd()), (State::Paused, false));
    w.after(1800.0);
    assert!(w.dnd());
    w.pause(Pause::UntilResumed);
    w.restart_after(100_000.0);
    w.after(60.0);
    assert_eq!(w.state(), State::Paused);
    assert_eq!(w.status().paused_until, None);
}

#[test]
fn r19_what_would_be_wanted_is_named_as_not_done() {
    let mut w = World::new("recommended");
    w.pause(Pause::UntilResumed);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    let not_done: Vec<_> = w
        .status()
        .not_done
        .into_iter()
        .map(|n| (n.field, n.reason))
        .collect();
    assert_eq!(
        not_done,
        [
            (Shown::Dnd, NotDoneReason::Paused),
            (Shown::Teams, NotDoneReason::Paused)
        ]
    );
}

#[test]
fn r19_working_hours_pause_by_themselves() {
    let mut w = World::new("recommended");
    // 2026-03-10 is a Tuesday; it is 10:00 in Berlin.
    w.set_rules(|rules| {
        rules.zone = TimeZone::get("Europe/Berlin").unwrap();
        rules.working_hours = Some(WorkingHours {
            days: vec![Weekday::Tuesday, Weekday::Wednesday],
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(11, 0, 0, 0),
        });
    });
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    w.after(3700.0);
    assert_eq!((w.state(), w.dnd()), (State::Paused, false));
    assert_eq!(w.status().paused_until.as_deref(), Some("2026-03-11T07:00:00Z"));
    assert!(w.why().contains("working hours"));
    w.after(21.0 * 3600.0);
    assert!(w.dnd());
}

#[test]
fn r19_a_jump_of_the_wall_clock_ends_a_pause_whose_time_has_come() {
    let mut w = World::new("recommended");
    w.pause(Pause::Minutes(60));
    w.clock_jump(3700);
    w.after(15.0);
    assert_eq!(w.state(), State::Free);
}

#[test]
fn r19_a_clock_set_back_to_before_the_working_hours_releases_although_nothing_is_read() {
    let mut w = World::new("recommended");
    // It is 9:00.
    w.set_rules(|rules| {
        rules.working_hours = Some(WorkingHours {
            days: vec![Weekday::Tuesday],
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(18, 0, 0, 0),
        });
    });
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.input(Input::SignIn(SignIn::Expired {
        account: Some(account("oid.tid")),
        fault: Fault::new(
            offhook_engine::fault::FaultKind::SignInRequired,
            Code::SignInExpired,
        ),
    }));
    w.after(60.0);
    assert!(w.dnd());
    w.clock_jump(-7200);
    w.after(15.0);
    assert!(!w.dnd());
}
