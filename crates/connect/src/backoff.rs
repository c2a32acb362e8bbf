//! The one pace of trying again: doubling with jitter, capped.

use std::time::Duration;

/// Doubles from `first` to `cap`; each wait is a random 50 to 100 % of that, so that many desks do not try in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            next: first,
        }
    }

    /// For connections to phone systems and softphones: 1 s to 1 min.
    pub const fn connection() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(60))
    }

    /// For what only a person can mend (a wrong password): 1 to 10 min, so that no account is locked out.
    pub const fn refused() -> Self {
        Self::new(Duration::from_secs(60), Duration::from_secs(600))
    }

    /// The wait before the next try.
    pub fn wait(&mut self) -> Duration {
        let full = self.next;
        self.next = (self.next * 2).min(self.cap);
        full.mul_f64(0.5 + 0.5 * random_share())
    }

    /// After a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Uniform in 0..1; 1 where the system gives no randomness.
pub(crate) fn random_share() -> f64 {
    getrandom::u32().map_or(1.0, |n| f64::from(n) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_its_cap_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(4));
        for full in [1, 2, 4, 4] {
            let wait = backoff.wait();
            assert!(
                wait >= Duration::from_millis(full * 500) && wait <= Duration::from_secs(full),
                "{wait:?}"
            );
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_secs(1));
    }
}
