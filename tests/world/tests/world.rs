//! A thousand hours of the simulated world, which CI goes through each time.

use offhook_world::day::{self, FAILED_ONCE, HOURS};
use offhook_world::story::kinds;

/// The days that failed once go first.
#[test]
fn a_thousand_hours_break_no_invariant() {
    let days = 1000 / HOURS;
    let seeds: Vec<u64> = FAILED_ONCE.iter().copied().chain(1..=days).collect();
    let outcome = day::days(&seeds, 2, 1, None, |_| {});
    for kind in kinds() {
        println!(
            "{:>8}  {kind}",
            outcome.counts.get(kind).copied().unwrap_or_default()
        );
    }
    if let Some((seed, failure)) = outcome.failures.first() {
        panic!(
            "{}\nonce more: cargo xtask world --seed {seed} --hours {HOURS}",
            failure.text
        );
    }
    let rare = day::rare(&outcome.counts);
    assert!(rare.is_empty(), "too rare to show anything: {rare:?}");
}
