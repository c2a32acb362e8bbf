//! What pages show in cases that a small fault could change without any other test noticing (docs/MUTANTS.md).

use crate::common::*;
use crate::rules_table::with_own;
use offhook_engine::Input;
use offhook_engine::ledger::Ledger;
use offhook_engine::phone::{Can, Field, PhonePresence};
use offhook_engine::profile::Profile;
use offhook_engine::rules::ClockHours;
use offhook_engine::text::Language;
use offhook_engine::view::pages::Desk;
use offhook_engine::view::preview::preview;
use offhook_engine::view::rules::compare_profiles;
use offhook_protocol::command::{Pause, Situation};
use offhook_protocol::key::KeyOffer;
use offhook_protocol::pages::{Pages, RulesPage};
use offhook_protocol::status::Owner;

fn pages(w: &World) -> Pages {
    w.engine.pages(&Desk::default(), w.now)
}

#[test]
fn r22_the_pages_say_whether_hours_are_counted_to_twelve() {
    let mut w = World::new("recommended");
    for (language, hours, twelve) in [
        (Language::En, ClockHours::TwentyFour, false),
        (Language::En, ClockHours::Twelve, true),
        (Language::De, ClockHours::Twelve, false),
    ] {
        w.set_rules(|rules| (rules.language, rules.hours) = (language, hours));
        assert_eq!(pages(&w).twelve_hours, twelve, "{language:?} {hours:?}");
    }
}

#[test]
fn r22_a_key_file_on_its_way_shows_on_the_phone_page() {
    let w = World::new("recommended");
    let desk = Desk {
        key: KeyOffer::Reading,
        ..Desk::default()
    };
    assert_eq!(w.engine.pages(&desk, w.now).phone.key, KeyOffer::Reading);
}

#[test]
fn r22_the_codes_of_what_needs_the_person_are_the_ones_of_the_status() {
    let mut w = World::new("recommended");
    assert!(w.engine.problem_codes(w.now).is_empty());
    w.phone_down();
    let codes: Vec<String> = w
        .status()
        .problems
        .into_iter()
        .map(|problem| problem.code)
        .collect();
    assert!(!codes.is_empty());
    assert_eq!(w.engine.problem_codes(w.now), codes);
}

/// A page is fetched anew when its version is another one.
#[test]
fn r22_the_rules_page_has_another_version_whenever_it_shows_something_else() {
    let mut w = World::new("recommended");
    let mut desk = Desk::default();
    let version = |w: &World, desk: &Desk| w.engine.pages(desk, w.now).rules_version;
    let mut seen = vec![version(&w, &desk)];
    w.after(600.0);
    w.teams("Busy", "Busy");
    assert_eq!(seen, [version(&w, &desk)], "the table is the same");
    let changes: [fn(&mut World); 5] = [
        |w| w.set_rules(|rules| rules.language = Language::De),
        |w| w.set_rules(|rules| rules.profile = Profile::named("procall").unwrap()),
        |w| w.set_rules(|rules| rules.dnd_in_meetings = true),
        |w| w.set_rules(|rules| rules.own = with_own("procall", &[("states.Busy.dnd", "on")]).own),
        |w| w.phone_down(),
    ];
    for change in changes {
        change(&mut w);
        seen.push(version(&w, &desk));
    }
    desk.rules.profile_locked = true;
    seen.push(version(&w, &desk));
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all, "{seen:?}");
}

#[test]
fn r22_the_summary_of_the_table_counts_the_persons_changes() {
    let summary = |own: &[(&str, &str)]| {
        let w = World::with(with_own("recommended", own));
        w.engine.rules_page(&Desk::default()).summary
    };
    let (one, two) = (("states.Busy.dnd", "on"), ("states.Away.dnd", "on"));
    for (own, said) in [
        (&[][..], "without changes"),
        (&[one], "with one change of yours"),
        (&[one, two], "with 2 changes of yours"),
    ] {
        assert!(summary(own).contains(said), "{}", summary(own));
    }
}

#[test]
fn r13_what_cannot_be_read_on_the_phone_stands_beside_what_it_would_tell_teams() {
    let only_written = Can {
        read: false,
        write: true,
    };
    let own = [
        ("phone.dnd-on.teams", "session:Busy/InACall"),
        ("phone.presence-away.teams", "preferred:Away/Away"),
    ];
    let page = |dnd: Can, presence: Can| {
        let mut w = World::cold(with_own("procall", &own), Ledger::default());
        w.phone.abilities.dnd = dnd;
        w.phone.abilities.presence = presence;
        w.begin();
        w.engine.rules_page(&Desk::default())
    };
    let named = |page: &RulesPage| -> Vec<String> {
        let rows = page.tables[2].rows.iter();
        rows.flat_map(|row| &row.cells)
            .filter(|cell| cell.cannot.is_some())
            .map(|cell| cell.key.clone())
            .collect()
    };
    let dnd = "rules.phone.dnd-on.teams";
    let presence = "rules.phone.presence-away.teams";
    for (page, left_out) in [
        (page(both(), both()), &[][..]),
        (page(only_written, both()), &[dnd]),
        (page(both(), only_written), &[presence]),
    ] {
        assert_eq!(named(&page), left_out);
        let columns = &page.tables[2].columns;
        assert!(columns.iter().all(|column| column.cannot.is_none()), "by row");
    }
}

#[test]
fn r22_a_preview_of_another_time_tells_that_time() {
    let mut rules = rules("recommended");
    rules.calendar.show_start = true;
    rules.calendar.show_end = true;
    let situation = Situation {
        appointments: vec!["busy:Talk".to_owned()],
        at: Some("2026-11-23T20:15".to_owned()),
        ..Situation::default()
    };
    let w = World::with(rules.clone());
    let wished = preview(&situation, &rules, Some(&w.engine.facts().phone), w.now).unwrap();
    assert_eq!(wished[3].wish, "“19:45–20:45”");
}

#[test]
fn r7_words_that_no_row_knows_are_called_anything_else() {
    let mut w = World::with(with_own("starface-9", &[("states.anything-else.dnd", "on")]));
    w.teams("Focusing", "Inactive");
    w.after(5.0);
    assert_eq!(w.status().why[0].rule, "own: anything else (Focusing/Inactive)");
}

#[test]
fn r5_the_usual_lifetime_is_that_of_the_profiles_own_row() {
    let mut profile = Profile::named("innovaphone").unwrap();
    for row in &mut profile.phone {
        row.minutes += 1;
    }
    for row in &profile.phone {
        assert_eq!(profile.usual_minutes(row.when, row.teams), row.minutes, "{row:?}");
    }
}

#[test]
fn r22_lifetimes_are_compared_where_teams_is_told_something_before_and_after() {
    let rules = rules("innovaphone");
    let innovaphone = || Profile::named("innovaphone").unwrap();
    let mut shorter = innovaphone();
    for row in &mut shorter.phone {
        row.minutes = 10;
    }
    let lifetimes = |to: Profile| {
        let changes = compare_profiles(innovaphone(), to, &rules).changes;
        changes
            .iter()
            .filter(|change| change.key.ends_with(".minutes"))
            .count()
    };
    assert_eq!(lifetimes(shorter.clone()), shorter.phone.len());
    assert_eq!(
        lifetimes(Profile::named("procall").unwrap()),
        0,
        "it tells Teams nothing"
    );
}

#[test]
fn r22_an_owner_is_named_only_of_what_is_known() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert_eq!(w.status().phone.dnd.owner, Some(Owner::Offhook));
    w.phone.reads_fail = Some(unreachable());
    w.restart();
    let dnd = w.status().phone.dnd;
    assert_eq!((dnd.value, dnd.owner), (None, None), "not read since the start");
}

#[test]
fn r22_what_could_not_be_begun_yet_is_told_from_what_has_failed() {
    let said = |hinder: fn(&mut World)| {
        let mut w = World::new("recommended");
        w.after(60.0);
        hinder(&mut w);
        w.teams("DoNotDisturb", "DoNotDisturb");
        assert_eq!(w.hold(Field::Dnd), None);
        (w.why(), pages(&w).now.reasons.len())
    };
    // How the field stands was read a minute ago and is not told anew.
    let (why, not_done) = said(|w| w.phone.reads_fail = Some(unreachable()));
    assert!(
        why.contains("Do not disturb: on is wanted because of Teams"),
        "{why}"
    );
    assert!(why.contains("and about to be set."), "{why}");
    assert_eq!(not_done, 0);
    let (why, not_done) = said(|w| w.disk_full = true);
    assert!(
        why.contains("setting it failed, and Offhook tries again."),
        "{why}"
    );
    assert_eq!(not_done, 1);
}

#[test]
fn r22_a_status_of_the_persons_own_is_said_to_be_set_only_where_it_is() {
    const OWN: &str = "is your own status";
    let busy = || {
        let mut w = World::new("innovaphone");
        w.presence_by_hand(Some(PhonePresence::Busy));
        w.after(30.0);
        assert!(w.why().contains(OWN), "{}", w.why());
        w
    };
    // Another one has to wait, and the one before is still there.
    let mut w = busy();
    w.graph.writes_fail = Some(throttled(Some(100.0)));
    w.presence_by_hand(None);
    w.after(5.0);
    w.presence_by_hand(Some(PhonePresence::Dnd));
    w.after(2.0);
    assert!(!w.why().contains(OWN), "{}", w.why());
    assert!(
        w.why().contains("Teams should show “Do not disturb”"),
        "{}",
        w.why()
    );
    // In a pause it is being taken back.
    let mut w = busy();
    w.graph.silent = true;
    w.pause(Pause::UntilResumed);
    assert!(w.disk.preferred.is_some());
    assert!(!w.why().contains(OWN), "{}", w.why());
    // Also where the phone has told nothing since the start.
    let disk = busy().disk;
    let mut w = World::cold(rules("innovaphone"), disk);
    w.phone.up = false;
    w.input(Input::PhoneConfigured(true));
    w.input(Input::SignIn(w.sign_in.clone()));
    w.after(5.0);
    assert!(
        w.why().contains("stays until the phone system has been read"),
        "{}",
        w.why()
    );
    w.graph.silent = true;
    w.pause(Pause::UntilResumed);
    assert!(w.why().contains("is being removed"), "{}", w.why());
}
