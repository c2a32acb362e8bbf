//! R5: what the person sets on the phone and Teams is told of.

use crate::common::*;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{LineEvent, SourceId};
use offhook_engine::phone::{Field, PhonePresence};
use offhook_engine::teams::{PreferredPair, SessionPair};
use offhook_engine::{Effect, Input};
use offhook_protocol::status::{Owner, State};
use std::time::Duration;

#[test]
fn r5_starface_dnd_by_the_person_shows_as_a_call_and_ends_with_it() {
    let mut w = World::new("starface-9");
    w.dnd_by_hand(true);
    assert_eq!(w.session(), CALL);
    w.after(60.0);
    w.dnd_by_hand(false);
    w.after(3.0);
    assert_eq!((w.session(), w.clears()), (None, 1));
    let available = |e: &Effect| {
        matches!(
            e,
            Effect::SetSession {
                pair: SessionPair::Available,
                ..
            }
        )
    };
    assert_eq!(w.count(available), 0, "never set Available: it fades");
}

#[test]
fn r5_starface_dnd_set_by_us_is_not_the_persons() {
    let mut w = World::new("starface-9");
    w.teams("Busy", "InAMeeting");
    w.after(30.0);
    assert!(w.dnd());
    assert_eq!(w.sets(), 0);
}

#[test]
fn r5_dnd_on_a_phone_itself_is_the_persons_press() {
    let mut w = World::new("starface-9");
    w.line("deskphone", LineEvent::Dnd { on: true });
    assert_eq!(w.session(), CALL);
    let status = w.status();
    assert_eq!(
        (status.phone.dnd.value, status.phone.dnd.owner),
        (Some(true), Some(Owner::Person))
    );
    assert_eq!(status.state, State::DoNotDisturb);
    w.after(60.0);
    w.line("deskphone", LineEvent::Dnd { on: false });
    w.after(3.0);
    assert_eq!((w.session(), w.clears()), (None, 1));
    assert_eq!(w.status().phone.dnd.value, Some(false));
}

#[test]
fn r5_dnd_on_a_phone_itself_ends_with_its_source() {
    let mut w = World::new("starface-9");
    w.line("deskphone", LineEvent::Dnd { on: true });
    w.after(60.0);
    w.input(Input::LineGone(SourceId::new("deskphone")));
    w.after(3.0);
    assert_eq!(w.session(), None);
}

#[test]
fn r5_a_phone_that_follows_our_own_dnd_is_no_press() {
    let mut w = World::new("starface-9");
    w.teams("Busy", "InAMeeting");
    w.after(30.0);
    assert!(w.dnd());
    w.line("deskphone", LineEvent::Dnd { on: true });
    w.after(30.0);
    // Ours goes, and the phone is a moment late.
    w.teams("Available", "Available");
    w.after(30.0);
    assert!(!w.dnd());
    w.line("deskphone", LineEvent::Dnd { on: false });
    w.after(30.0);
    assert_eq!(w.sets(), 0);
    // The next press is one again.
    w.line("deskphone", LineEvent::Dnd { on: true });
    assert_eq!(w.session(), CALL);
}

#[test]
fn r5_dnd_found_on_at_start_counts_as_the_persons() {
    let mut w = World::cold(rules("starface-9"), Ledger::default());
    w.phone.fields.insert(Field::Dnd, ON);
    w.begin();
    w.after(10.0);
    assert_eq!(w.session(), CALL);
}

#[test]
fn r5_a_short_break_of_the_phone_system_changes_nothing_in_teams_a_long_one_does() {
    let mut w = World::new("starface-9");
    w.dnd_by_hand(true);
    w.phone_down();
    w.after(50.0);
    assert_eq!(w.clears(), 0);
    w.after(20.0);
    assert_eq!(w.clears(), 1);
}

#[test]
fn r5_innovaphone_presence_by_the_person_sets_the_preferred_one() {
    use PhonePresence as P;
    let day = Duration::from_secs(24 * 3600);
    let rows = [
        (P::Busy, PreferredPair::Busy, day),
        (P::Meeting, PreferredPair::Busy, day),
        (P::Dnd, PreferredPair::DoNotDisturb, day),
        (P::Away, PreferredPair::Away, 7 * day),
    ];
    for (presence, pair, lifetime) in rows {
        let mut w = World::new("innovaphone");
        w.presence_by_hand(Some(presence));
        let set = Effect::SetPreferred { pair, lifetime };
        assert_eq!(w.count(|e| *e == set), 1, "{presence:?}");
        assert!(w.disk.preferred.is_some(), "a hold");
        assert_eq!(w.sets(), 0);
        w.after(60.0);
        w.presence_by_hand(None);
        w.after(3.0);
        assert_eq!(w.graph.preferred, None, "{presence:?}: online clears it");
        assert_eq!(w.disk.preferred, None);
    }
}

#[test]
fn r5_innovaphone_on_the_phone_is_a_session() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::OnThePhone));
    assert_eq!(w.session(), CALL);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r5_online_never_clears_what_we_did_not_set() {
    let mut w = World::new("innovaphone");
    w.graph.preferred = Some(PreferredPair::Away);
    w.presence_by_hand(Some(PhonePresence::Available));
    w.presence_by_hand(None);
    w.after(60.0);
    assert_eq!(w.count(|e| *e == Effect::ClearPreferred), 0);
}

#[test]
fn r5_a_preferred_presence_outlives_a_restart_and_is_not_cleared_before_the_phone_is_read() {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Away));
    w.phone.up = false;
    w.phone.reads_fail = Some(unreachable());
    w.restart();
    w.after(30.0);
    assert_eq!(w.count(|e| *e == Effect::ClearPreferred), 0);
    w.phone.reads_fail = None;
    w.phone_up();
    w.after(30.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
    w.presence_by_hand(None);
    w.after(3.0);
    assert_eq!(w.graph.preferred, None);
}

#[test]
fn r5_a_preferred_presence_is_asked_for_only_when_the_ledger_on_disk_says_so() {
    let sets = |w: &World| w.count(|e| matches!(e, Effect::SetPreferred { .. }));
    let mut w = World::new("innovaphone");
    w.disk_silent = true;
    w.presence_by_hand(Some(PhonePresence::Away));
    w.after(20.0);
    assert_eq!(sets(&w), 0);
    w.disk_answers();
    assert_eq!(sets(&w), 1);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
    // Not wanted any more when the disk has answered.
    w.presence_by_hand(None);
    w.after(30.0);
    w.disk_silent = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(1.0);
    w.presence_by_hand(None);
    w.disk_answers();
    w.after(60.0);
    assert_eq!((sets(&w), w.graph.preferred), (1, None));
    assert_eq!(w.disk.preferred, None);
    // A full disk.
    w.disk_full = true;
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(60.0);
    assert_eq!(sets(&w), 1);
    w.disk_full = false;
    w.after(120.0);
    assert_eq!((sets(&w), w.graph.preferred), (2, Some(PreferredPair::Busy)));
}

#[test]
fn r5_a_preferred_presence_nobody_confirmed_is_sent_again() {
    let mut w = World::new("innovaphone");
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(Some(PhonePresence::Away));
    w.graph.writes_fail = None;
    w.after(60.0);
    assert_eq!(w.graph.preferred, Some(PreferredPair::Away));
}

#[test]
fn r5_procall_and_recommended_tell_teams_nothing_of_manual_states() {
    for profile in ["procall", "recommended"] {
        let mut w = World::new(profile);
        w.dnd_by_hand(true);
        for presence in PhonePresence::ALL {
            w.presence_by_hand(Some(presence));
        }
        w.after(60.0);
        assert_eq!(w.changes(), [], "{profile}");
    }
}
