//! The short form of `cargo xtask fleet`: as many desks for the limit, but fewer of both.

use offhook_world::fleet::limit::{After, Window};
use offhook_world::fleet::{self, Case, Outcome, quantile};

const DESKS: u32 = 200;

fn morning(limit: u32) -> Case {
    Case {
        hours: 1.5,
        seed: 7,
        ..Case::morning(DESKS, limit)
    }
}

/// A morning on which nothing is learned yet, and the next one.
fn mornings(case: &Case) -> (Outcome, Outcome) {
    let first = fleet::run(case, &[]);
    let next = fleet::run(&Case { seed: 8, ..*case }, &first.ledgers);
    (first, next)
}

#[test]
fn as_many_desks_as_the_limit_has_requests_share_it_without_being_told_how_many_they_are() {
    let case = morning(DESKS);
    for case in [
        case,
        Case {
            window: Window::Fixed,
            ..case
        },
        Case {
            window: Window::Answered,
            ..case
        },
        Case {
            after: After::Silent,
            ..case
        },
        Case {
            at_once: true,
            ..case
        },
    ] {
        let (first, mut next) = mornings(&case);
        let all = first.slices.len();
        let learning = first.refused_share(0..all);
        assert!(
            learning < 0.08,
            "{case:?}: {learning} refused on the first morning"
        );
        let refused = next.refused_share(0..all);
        assert!(refused < 0.03, "{case:?}: {refused} refused on the next one");
        let used = next.used(case.limit, all - 60..all);
        assert!((0.6..=1.0).contains(&used), "{case:?}: {used} of the limit used");
        let seen = (quantile(&mut next.sudden, 0.5), quantile(&mut next.sudden, 0.95));
        assert!(seen.0 < 30.0 && seen.1 < 120.0, "{case:?}: seen after {seen:?}");
        let told = quantile(&mut next.calls, 0.95);
        assert!(told < 5.0, "{case:?}: calls are shown after {told} s");
    }
}

#[test]
fn with_the_limit_of_before_nobody_is_locked_out() {
    for window in [Window::Sliding, Window::Fixed] {
        let case = Case {
            window,
            ..morning(DESKS * 15 / 100)
        };
        let (first, mut next) = mornings(&case);
        let all = first.slices.len();
        let used = first.used(case.limit, all - 60..all);
        assert!(
            used > 0.3,
            "{case:?}: {used} of the limit used on the first morning"
        );
        let refused = next.refused_share(0..all);
        assert!(refused < 0.25, "{case:?}: {refused} refused on the next one");
        let seen = quantile(&mut next.sudden, 0.5);
        assert!(seen < 300.0, "{case:?}: half are seen after {seen} s");
    }
}

#[test]
fn a_small_tenant_is_never_refused_and_reads_as_fast_as_one_desk() {
    let mut outcome = fleet::run(
        &Case {
            desks: DESKS / 10,
            ..morning(DESKS)
        },
        &[],
    );
    assert_eq!(outcome.refused_share(0..outcome.slices.len()), 0.0);
    assert!(quantile(&mut outcome.sudden, 0.95) < 11.0);
    assert!(quantile(&mut outcome.at_borders, 0.95) < 4.0);
    assert!(quantile(&mut outcome.calls, 0.95) < 0.2);
    assert!(outcome.ledgers.iter().all(|ledger| ledger.reads_apart.is_none()));
}

#[test]
fn who_asks_for_help_gets_the_usage_and_no_complaint() {
    let fleet = |argument: &str| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_fleet"));
        let said = program.arg(argument).output().expect("the program");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (said.status.code(), text(said.stdout), text(said.stderr))
    };
    for asking in ["--help", "-h"] {
        let (code, out, complaint) = fleet(asking);
        assert_eq!((code, complaint.as_str()), (Some(0), ""), "{asking}");
        assert!(out.starts_with("usage: cargo xtask fleet"), "{out}");
    }
    let (code, out, complaint) = fleet("--no-such");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        complaint.contains("--no-such") && complaint.contains("usage:"),
        "{complaint}"
    );
}
