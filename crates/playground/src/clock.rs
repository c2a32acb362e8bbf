//! The time of the pretend company: real time plus an offset that tests push forward, so that an expiry in five
//! minutes or in ninety days can be reached without waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Time since the playground started, pushed forward by [`Clock::advance`]. All expiries are such moments.
pub type Moment = Duration;

#[derive(Debug)]
pub struct Clock {
    start: Instant,
    wall_at_start: Timestamp,
    offset_ms: AtomicU64,
}

impl Clock {
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            wall_at_start: Timestamp::now(),
            offset_ms: AtomicU64::new(0),
        }
    }

    /// The company's time, offset included.
    pub fn now(&self) -> Moment {
        self.start.elapsed() + Duration::from_millis(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Real microseconds since start, without the offset: what time stamps of requests and events are given in.
    pub fn micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// The company's wall clock, offset included.
    pub fn wall(&self) -> Timestamp {
        self.wall_of(self.now())
    }

    pub fn wall_of(&self, moment: Moment) -> Timestamp {
        jiff::SignedDuration::try_from(moment)
            .ok()
            .and_then(|since| self.wall_at_start.checked_add(since).ok())
            .unwrap_or(self.wall_at_start)
    }
}
