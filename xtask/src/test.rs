//! `cargo xtask test`: everything that must hold, in an order that fails early.

use anyhow::{Result, bail};

use crate::cross;
use crate::fuzz;
use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::supply;
use crate::workspace;

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u32,
    failed: u32,
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// Sets up, checks and tests everything; the last line says how many tests passed and failed.
///
/// # Errors
/// The first step that failed.
pub fn test(steps: &mut Steps) -> Result<()> {
    let outcome = checks_and_tests(steps);
    steps.print_times();
    let count = outcome?;
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed > 0 {
        bail!("{} tests failed; their names are above", count.failed);
    }
    Ok(())
}

fn checks_and_tests(steps: &mut Steps) -> Result<Count> {
    setup::setup(Extent::Tests, steps)?;
    lint(steps)?;
    let page_tests = steps.step("pages: tests", pages::tests)?;
    let browser_tests = if cfg!(target_os = "linux") {
        steps.step("pages: in a browser", pages::browser)?
    } else {
        0
    };
    let everything = workspace::everything_for_tests()?;
    steps.step("build", || {
        step::run(step::cargo(&["build", "--all-targets"]).args(&everything))
    })?;
    steps.step("documentation", || {
        let mut doc = step::cargo(&["doc", "--no-deps", "--document-private-items"]);
        step::run(doc.args(&everything).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    let tests = steps.step("tests", || all_tests(&everything))?;
    let examples = steps.step("examples in the documentation", || {
        Ok(counted(step::tee_any(
            step::cargo(&["test", "--doc", "--no-fail-fast"]).args(&everything),
        )?))
    })?;
    let elsewhere = if cross::is_possible() {
        cross::lints(steps)?;
        let compiled = counted(cross::tests(steps)?);
        cross::use_programs(steps)?
            .map(counted)
            .into_iter()
            .fold(compiled, Count::and)
    } else {
        println!("what only Windows and macOS compile is checked on Debian alone");
        Count::default()
    };
    fuzz::brief(steps)?;
    Ok(Count {
        passed: page_tests + browser_tests,
        failed: 0,
    }
    .and(tests)
    .and(examples)
    .and(elsewhere))
}

/// The checks of sources: format, lints, and the same of the pages, which are built on the way because the window's
/// program takes them in.
///
/// # Errors
/// The first check that failed.
pub fn lint(steps: &mut Steps) -> Result<()> {
    steps.step("format", || {
        step::run(&mut step::cargo(&["fmt", "--all", "--check"]))
    })?;
    supply::check(steps)?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages: lint", || pages::script("lint"))?;
    steps.step("pages: build", || pages::script("build"))?;
    steps.step("lints", || {
        let mut clippy = step::cargo(&["clippy", "--all-targets"]);
        step::run(
            clippy
                .args(workspace::everything_for_tests()?)
                .args(["--", "-D", "warnings"]),
        )
    })
}

/// Formats all sources.
///
/// # Errors
/// When a formatter can't read one.
pub fn format(steps: &mut Steps) -> Result<()> {
    steps.step("format", || step::run(&mut step::cargo(&["fmt", "--all"])))?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages: format", || pages::script("format"))
}

/// Every test, with nextest where it is installed.
fn all_tests(everything: &[String]) -> Result<Count> {
    let nextest = step::read(&mut step::cargo(&["nextest", "--version"])).is_ok();
    // Without `--all-targets`: examples are parts of tests, built with them and not tests themselves.
    let arguments: &[&str] = if nextest {
        &["nextest", "run", "--no-fail-fast"]
    } else {
        &["test", "--lib", "--bins", "--tests", "--no-fail-fast"]
    };
    let mut command = step::cargo(arguments);
    let (text, success) = step::tee_any(command.args(everything))?;
    let count = counted((text, success));
    if !success && count.failed == 0 {
        bail!("the tests could not be run");
    }
    Ok(count)
}

/// Adds up what the runners say of themselves.
fn counted((text, success): (String, bool)) -> Count {
    let mut count = Count::default();
    // nextest repeats what a failed test printed, and that test may have been tried again: its own summary alone
    // tells.
    let nextest = text
        .lines()
        .any(|line| line.trim_start().starts_with("Summary ["));
    let summary = if nextest { "Summary [" } else { "test result:" };
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with(summary) {
            count = count.and(Count {
                passed: number_before(line, "passed"),
                // nextest counts tests that it ended for being too slow by themselves.
                failed: number_before(line, "failed") + number_before(line, "timed out"),
            });
        }
    }
    if !success && count.failed == 0 && count.passed > 0 {
        count.failed = 1;
    }
    count
}

/// The number in front of a word: 12 in `12 passed (2 slow), 1 failed`; 0 when the word isn't there.
pub fn number_before(line: &str, word: &str) -> u32 {
    let Some(at) = line.find(word) else { return 0 };
    let before = line[..at].trim_end();
    let digits = before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next()
        .unwrap_or_default();
    digits.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Count, counted};

    #[test]
    fn the_runners_summaries_are_added_up() {
        let nextest =
            "     Summary [   7.123s] 16 tests run: 14 passed (2 slow), 1 failed, 1 timed out, 3 skipped\n";
        assert_eq!(
            counted((nextest.to_owned(), false)),
            Count {
                passed: 14,
                failed: 2
            }
        );
        let flaky = "    test result: FAILED. 0 passed; 1 failed\n     Summary [ 1.0s] 9 tests run: 9 passed (1 flaky), 0 skipped\n";
        let nine = Count { passed: 9, failed: 0 };
        assert_eq!(counted((flaky.to_owned(), true)), nine);
        let cargo = "test result: ok. 5 passed; 0 failed; 1 ignored\nx\ntest result: FAILED. 2 passed; 1 failed; 0 ignored\n";
        assert_eq!(counted((cargo.to_owned(), false)), Count { passed: 7, failed: 1 });
    }
}
