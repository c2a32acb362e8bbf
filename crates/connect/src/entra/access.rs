//! An access token and how long it is good for.

use offhook_engine::clock::Now;
use secrecy::SecretString;
use std::time::Duration;

/// Refreshed this long before the end, so that a refresh that fails can be tried again in time.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// Not given out any more this long before the end: a request takes its time, and clocks differ.
const LAST: Duration = Duration::from_secs(60);

/// A token with the moment it was asked for.
pub(super) struct Access {
    pub token: SecretString,
    asked: Now,
    life: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Good,
    /// Still taken; a new one should be fetched.
    Ageing,
    Gone,
}

impl Access {
    /// `asked`: before the request was sent, so that the time it took counts as used.
    pub(super) const fn new(token: SecretString, asked: Now, life: Duration) -> Self {
        Self { token, asked, life }
    }

    pub(super) fn freshness(&self, now: Now) -> Freshness {
        let left = self.left(now);
        if left <= LAST.min(self.life / 10) {
            Freshness::Gone
        } else if left <= EARLY.min(self.life / 4) {
            Freshness::Ageing
        } else {
            Freshness::Good
        }
    }

    /// Whether a refresh now saves one in the next minutes.
    pub(super) fn wants_warmth(&self, now: Now) -> bool {
        self.left(now) <= (EARLY * 2).min(self.life / 2)
    }

    /// By the clock that saw more time pass. A wall clock that was set back says nothing.
    fn left(&self, now: Now) -> Duration {
        let wall = Duration::try_from(now.wall.duration_since(self.asked.wall)).unwrap_or_default();
        self.life
            .saturating_sub(now.mono.since(self.asked.mono).max(wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_engine::clock::Instant;

    fn now() -> Now {
        Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: "2026-11-22T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn ages_by_either_clock() {
        let access = Access::new("t".into(), now(), Duration::from_secs(3600));
        let minutes = |n: u64| Duration::from_secs(n * 60);
        for (passed, freshness) in [
            (0, Freshness::Good),
            (54, Freshness::Good),
            (55, Freshness::Ageing),
            (58, Freshness::Ageing),
            (59, Freshness::Gone),
            (600, Freshness::Gone),
        ] {
            assert_eq!(
                access.freshness(now().after(minutes(passed))),
                freshness,
                "{passed}"
            );
            // The monotonic clock of some systems stands still in sleep.
            let slept = Now {
                mono: now().mono,
                ..now().after(minutes(passed))
            };
            assert_eq!(access.freshness(slept), freshness, "asleep {passed}");
            // The wall clock was set back.
            let back = Now {
                wall: now().wall - Duration::from_secs(86_400),
                ..now().after(minutes(passed))
            };
            assert_eq!(access.freshness(back), freshness, "back {passed}");
        }
        assert!(
            !access.wants_warmth(now().after(minutes(49))) && access.wants_warmth(now().after(minutes(50)))
        );
    }

    #[test]
    fn short_lives_are_used_too() {
        let access = Access::new("t".into(), now(), Duration::from_secs(5));
        assert_eq!(
            access.freshness(now().after(Duration::from_secs(3))),
            Freshness::Good
        );
        assert_eq!(
            access.freshness(now().after(Duration::from_secs(4))),
            Freshness::Ageing
        );
        assert_eq!(
            access.freshness(now().after(Duration::from_secs(5))),
            Freshness::Gone
        );
        assert_eq!(
            Access::new("t".into(), now(), Duration::ZERO).freshness(now()),
            Freshness::Gone
        );
    }
}
