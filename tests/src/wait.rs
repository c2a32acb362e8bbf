//! Waiting for things instead of for time.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const PACE: Duration = Duration::from_millis(10);

/// Returns what `probe` yields, looking every 10 ms.
///
/// # Panics
/// After `limit`, naming `what` was waited for.
#[track_caller]
pub fn wait_for<T>(limit: Duration, what: &str, probe: impl FnMut() -> Option<T>) -> T {
    match try_wait_for(limit, probe) {
        Some(found) => found,
        None => panic!("waited {:.1} s in vain for {what}", limit.as_secs_f64()),
    }
}

/// [`wait_for`] for a plain condition.
///
/// # Panics
/// After `limit`, naming `what` was waited for.
#[track_caller]
pub fn wait_until(limit: Duration, what: &str, mut probe: impl FnMut() -> bool) {
    wait_for(limit, what, || probe().then_some(()));
}

/// [`wait_for`] for things that may fail to come; looks once more after the limit.
pub fn try_wait_for<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let last = begun.elapsed() >= limit;
        if let Some(found) = probe() {
            return Some(found);
        }
        if last {
            return None;
        }
        thread::sleep(PACE);
    }
}

/// Watches that a condition holds during the whole of `span`: the way to show that something does *not* happen.
///
/// # Panics
/// At the first look that finds it broken.
#[track_caller]
pub fn stays(span: Duration, what: &str, mut probe: impl FnMut() -> bool) {
    let begun = Instant::now();
    while begun.elapsed() < span {
        assert!(
            probe(),
            "{what} held for {:.2} s only",
            begun.elapsed().as_secs_f64()
        );
        thread::sleep(PACE);
    }
}
