//! Each invariant is able to fail: the engine is broken on purpose, and a day finds it.
#![cfg(feature = "breaks")]

use offhook_engine::breaks::{Break, broken};
use offhook_engine::profile::NAMES;
use offhook_world::day;
use std::collections::BTreeSet;

/// Which invariants do not hold on these days with an engine that is broken so.
fn found(how: Break, seeds: &[u64]) -> BTreeSet<u32> {
    let days = seeds.iter().map(|seed| broken(how, || day::day(*seed, true)));
    days.flat_map(|day| day.failures)
        .map(|(_, failure)| failure.invariant)
        .collect()
}

/// As [`finds`], and what it says of it has these words.
fn finds_that(invariant: u32, how: Break, words: &str) {
    for seed in 1..=40 {
        let day = broken(how, || day::day(seed, true));
        let mut failures = day.failures.iter().map(|(_, failure)| failure);
        if failures.any(|failure| failure.invariant == invariant && failure.text.contains(words)) {
            return;
        }
    }
    panic!("{how:?}: no day finds that {words}");
}

/// Goes on from day to day until one finds it.
fn finds(invariant: u32, how: Break) {
    for seed in 1..=12 {
        let found = found(how, &[seed]);
        if found.contains(&invariant) {
            return;
        }
    }
    panic!("{how:?}: no day finds that invariant {invariant} does not hold");
}

#[test]
fn invariant_1_finds_a_hold_that_is_kept() {
    finds(1, Break::KeepsHolds);
}

#[test]
fn invariant_1_finds_a_field_that_is_not_put_back() {
    finds(1, Break::KeepsWhatIsPutBack);
}

#[test]
fn invariant_1_finds_a_calendar_that_is_not_read() {
    finds_that(1, Break::ReadsTheCalendarOnce, "the calendar is not read");
}

#[test]
fn invariant_2_finds_a_write_over_what_the_person_set() {
    finds(2, Break::WritesOverThePerson);
}

#[test]
fn invariant_3_finds_a_lost_value_from_before() {
    finds(3, Break::ForgetsBefore);
}

#[test]
fn invariant_4_finds_an_echo_that_is_believed() {
    finds(4, Break::BelievesItsEcho);
}

#[test]
fn invariant_5_finds_a_session_that_is_renewed_after_the_call() {
    finds(5, Break::RenewsForEver);
}

#[test]
fn invariant_5_finds_it_in_every_profile() {
    // The profile of a day follows from its seed.
    for (profile, first) in NAMES.iter().zip([0, 2, 4, 6]) {
        let mut seeds = (0..40)
            .map(|n| first + n / 2 * 8 + n % 2)
            .filter(|seed| *seed > 0);
        let finds = |seed: u64| found(Break::RenewsForEver, &[seed]).contains(&5);
        assert!(seeds.any(finds), "no day with {profile} finds it");
    }
}

#[test]
fn invariant_6_finds_two_requests_at_once() {
    finds(6, Break::TwoAtOnce);
}

#[test]
fn invariant_7_finds_writes_although_nothing_changes() {
    finds(7, Break::NeverQuiet);
}

#[test]
fn invariant_8_finds_too_many_reads() {
    finds(8, Break::ReadsTooOften);
}

#[test]
fn invariant_8_finds_too_many_reads_of_the_phone() {
    finds_that(8, Break::ReadsThePhoneTooOften, "reads of the phone");
}

#[test]
fn invariant_8_finds_renewals_that_come_too_often() {
    finds_that(8, Break::RenewsTooOften, "renewals in an hour");
}

#[test]
fn invariant_8_finds_a_second_request_without_a_change() {
    finds_that(8, Break::NeverQuiet, "a second request for");
}

#[test]
fn invariant_9_finds_a_write_in_a_pause() {
    finds(9, Break::IgnoresPause);
}

#[test]
fn invariant_9_finds_what_is_set_outside_the_working_hours() {
    finds(9, Break::IgnoresHours);
}

#[test]
fn invariant_9_finds_what_is_cleared_though_none_of_ours_is_left() {
    finds_that(9, Break::ClearsBlindly, "none of ours is left");
}

#[test]
fn invariant_10_finds_a_write_that_the_disk_knows_nothing_of() {
    finds(10, Break::SkipsTheDisk);
}

#[test]
fn invariant_10_finds_a_preferred_presence_that_the_disk_knows_nothing_of() {
    finds_that(
        10,
        Break::SkipsTheDiskForTeams,
        "a preferred presence is asked for",
    );
}

#[test]
fn invariant_11_finds_a_wish_that_is_in_no_table() {
    finds(11, Break::RingingCounts);
}

#[test]
fn invariant_11_finds_an_appointment_that_wins_against_the_table() {
    finds(11, Break::KeywordsLose);
}

#[test]
fn invariant_12_finds_an_engine_that_never_rests() {
    finds(12, Break::NeverRests);
}

#[test]
fn invariant_13_finds_a_name_in_a_log_line() {
    finds(13, Break::LogsNames);
}

#[test]
fn invariant_14_finds_a_watching_desk_that_writes() {
    finds(14, Break::WatchWrites);
}

#[test]
fn invariant_15_finds_a_question_that_was_answered() {
    finds(15, Break::AsksAgain);
}

#[test]
fn invariant_16_finds_what_is_set_again_although_it_was_put_back() {
    finds(16, Break::SetsAgainAtOnce);
}

#[test]
fn invariant_17_finds_a_field_that_is_fought_over() {
    finds(17, Break::FightsTheOther);
}

#[test]
fn invariant_18_finds_a_field_that_is_never_set() {
    finds_that(18, Break::NeverSets, "and the phone shows");
}

#[test]
fn invariant_18_finds_a_call_that_is_never_told() {
    finds_that(18, Break::NeverTells, "is not told to Teams");
}

#[test]
fn invariant_19_finds_what_is_written_though_the_phone_system_does_not_take_it() {
    assert!(found(Break::WritesWhatIsNotTaken, &[9, 22]).contains(&19));
}
