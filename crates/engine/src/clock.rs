//! Time as the engine sees it: handed in, never read.

use jiff::Timestamp;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A point on a monotonic clock that also counts while the machine sleeps (`std::time::Instant` does not on
/// Linux). The origin is arbitrary; only differences mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The time since the clock's origin.
    pub const fn from_origin(since: Duration) -> Self {
        Self(since)
    }

    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// Zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(rhs))
    }
}

/// The two clocks read together. Deadlines use `mono`; what people read and what outlives the process uses
/// `wall`, which may jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub mono: Instant,
    pub wall: Timestamp,
}

impl Now {
    /// When the wall clock will show `at`, if it does not jump; now, when that is past.
    pub fn mono_at(self, at: Timestamp) -> Instant {
        self.mono + Duration::try_from(at.duration_since(self.wall)).unwrap_or_default()
    }

    /// Both clocks moved on together.
    pub fn after(self, by: Duration) -> Self {
        let wall = self
            .wall
            .checked_add(jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX));
        Self {
            mono: self.mono + by,
            wall: wall.unwrap_or(Timestamp::MAX),
        }
    }
}
