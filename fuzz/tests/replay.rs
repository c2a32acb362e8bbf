//! Every input that was kept is tried with every build, without the fuzzer.
#![cfg(feature = "fuzzing")]

use offhook_fuzz::{TARGETS, corpus};
use std::fs;
use std::time::{Duration, Instant};

/// The slowest of them takes a few milliseconds unoptimised.
const LONGEST: Duration = Duration::from_secs(2);

#[test]
fn nothing_that_was_kept_breaks_its_target() {
    for target in TARGETS {
        let folder = corpus(target.name);
        let mut inputs: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{} has no corpus: {error}", target.name))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            let begun = Instant::now();
            let outcome = std::panic::catch_unwind(|| (target.run)(&bytes));
            assert!(
                outcome.is_ok(),
                "{} is broken by {}",
                target.name,
                input.display()
            );
            assert!(
                begun.elapsed() < LONGEST,
                "{} is slow with {}",
                target.name,
                input.display()
            );
        }
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    let folder = corpus("x");
    for entry in fs::read_dir(folder.parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(offhook_fuzz::named(&name).is_some(), "{name} is no target");
    }
}

#[test]
fn no_two_targets_have_one_name() {
    for (at, target) in TARGETS.iter().enumerate() {
        assert_eq!(
            TARGETS.iter().position(|other| other.name == target.name),
            Some(at)
        );
    }
}
