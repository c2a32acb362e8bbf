//! Each invariant is able to fail: the engine is broken on purpose, and a day finds it.
#![cfg(feature = "breaks")]

use offhook_engine::breaks::{Break, broken};
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
    for seed in 1..=12 {
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
fn invariant_9_finds_a_write_in_a_pause() {
    finds(9, Break::IgnoresPause);
}

#[test]
fn invariant_10_finds_a_write_that_the_disk_knows_nothing_of() {
    finds(10, Break::SkipsTheDisk);
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
