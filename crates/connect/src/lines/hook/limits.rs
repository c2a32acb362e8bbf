//! Events per second and live calls of each source.
//!
//! Source: `facts/call-sources.md`, section 5 (10 events/s and 32 live calls per source; leases).

use offhook_engine::line::{CallId, SourceId};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Events that one source may report in a second; as many at once.
pub(super) const EVENTS_PER_SECOND: u32 = 10;

/// Live calls of one source.
pub(super) const MAX_LIVE: usize = 32;

/// Sources that may be known at once: names are free, so there must be an end to them.
pub(super) const MAX_SOURCES: usize = 64;

/// How long a call counts as live without a word about it (R1).
pub(super) const LEASE: Duration = Duration::from_secs(4 * 60 * 60);

/// Too much of something.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::lines) struct Excess;

#[derive(Debug, Default)]
pub(in crate::lines) struct Limits {
    sources: HashMap<SourceId, Source>,
}

#[derive(Debug)]
pub(in crate::lines) struct Source {
    /// Events it may still report, and when that was so.
    allowance: f64,
    counted: Instant,
    live: HashMap<CallId, Live>,
}

#[derive(Debug)]
struct Live {
    until: Instant,
    last_heartbeat: Option<Instant>,
}

impl Limits {
    /// Counts one event of the source.
    pub(in crate::lines) fn admit(&mut self, name: &SourceId, now: Instant) -> Result<&mut Source, Excess> {
        if !self.sources.contains_key(name) {
            if self.sources.len() >= MAX_SOURCES {
                self.sources.retain(|_, source| source.matters(now));
            }
            if self.sources.len() >= MAX_SOURCES {
                return Err(Excess);
            }
        }
        let full = f64::from(EVENTS_PER_SECOND);
        let source = self.sources.entry(name.clone()).or_insert_with(|| Source {
            allowance: full,
            counted: now,
            live: HashMap::new(),
        });
        let gained = now.saturating_duration_since(source.counted).as_secs_f64() * full;
        source.allowance = (source.allowance + gained).min(full);
        source.counted = now;
        if source.allowance < 1.0 {
            return Err(Excess);
        }
        source.allowance -= 1.0;
        Ok(source)
    }
}

impl Source {
    pub(super) fn is_live(&self, id: &CallId, now: Instant) -> bool {
        self.live.get(id).is_some_and(|live| live.until > now)
    }

    /// The call is up.
    pub(super) fn keep(&mut self, id: &CallId, now: Instant) -> Result<(), Excess> {
        self.live.retain(|_, live| live.until > now);
        if let Some(live) = self.live.get_mut(id) {
            live.until = live.until.max(now + LEASE);
            // The next heartbeat tells the pace anew.
            live.last_heartbeat = None;
            return Ok(());
        }
        if self.live.len() >= MAX_LIVE {
            return Err(Excess);
        }
        self.live.insert(
            id.clone(),
            Live {
                until: now + LEASE,
                last_heartbeat: None,
            },
        );
        Ok(())
    }

    /// From the second heartbeat on a call lives three times their pace.
    pub(super) fn heartbeat(&mut self, id: &CallId, now: Instant) {
        if let Some(live) = self.live.get_mut(id) {
            if let Some(last) = live.last_heartbeat {
                live.until = now + now.saturating_duration_since(last) * 3;
            }
            live.last_heartbeat = Some(now);
        }
    }

    pub(super) fn forget(&mut self, id: &CallId) {
        self.live.remove(id);
    }

    pub(super) fn clear(&mut self) {
        self.live.clear();
    }

    /// Whether forgetting the source would lift one of its limits.
    fn matters(&self, now: Instant) -> bool {
        self.live.values().any(|live| live.until > now)
            || now.saturating_duration_since(self.counted) < Duration::from_secs(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> SourceId {
        SourceId::new(format!("source{number}"))
    }

    fn call(number: usize) -> CallId {
        CallId::new(number.to_string())
    }

    #[test]
    fn ten_events_at_once_then_ten_a_second() {
        let (mut limits, start) = (Limits::default(), Instant::now());
        let mut admitted = |at| (0..50).filter(|_| limits.admit(&name(0), at).is_ok()).count();
        assert_eq!(admitted(start), 10);
        assert_eq!(admitted(start + Duration::from_millis(500)), 5);
        assert_eq!(admitted(start + Duration::from_secs(60)), 10);
    }

    #[test]
    fn one_source_does_not_use_up_the_allowance_of_another() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        while limits.admit(&name(0), now).is_ok() {}
        assert!(limits.admit(&name(1), now).is_ok());
    }

    #[test]
    fn thirty_two_live_calls_and_ended_or_run_out_ones_make_room() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        let source = limits.admit(&name(0), now).unwrap();
        for number in 0..MAX_LIVE {
            source.keep(&call(number), now).unwrap();
        }
        assert_eq!(source.keep(&call(99), now), Err(Excess));
        assert_eq!(source.keep(&call(3), now), Ok(()), "a known call is no new one");
        source.forget(&call(3));
        assert_eq!(source.keep(&call(99), now), Ok(()));
        assert_eq!(source.keep(&call(100), now), Err(Excess));
        assert_eq!(source.keep(&call(100), now + LEASE), Ok(()));
    }

    #[test]
    fn a_call_with_heartbeats_lives_three_of_them() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        let source = limits.admit(&name(0), now).unwrap();
        let minute = Duration::from_secs(60);
        source.keep(&call(0), now).unwrap();
        source.heartbeat(&call(0), now + minute);
        source.heartbeat(&call(0), now + 2 * minute);
        assert!(source.is_live(&call(0), now + 4 * minute));
        assert!(!source.is_live(&call(0), now + 5 * minute));
        source.heartbeat(&call(1), now);
        assert!(!source.is_live(&call(1), now), "a heartbeat makes no call");
    }

    #[test]
    fn endless_new_names_come_to_an_end_and_idle_ones_make_room() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        for number in 0..MAX_SOURCES {
            limits.admit(&name(number), now).unwrap();
        }
        assert!(limits.admit(&name(999), now).is_err());
        assert!(limits.admit(&name(5), now).is_ok(), "a known one still is");
        assert!(limits.admit(&name(999), now + Duration::from_secs(2)).is_ok());
    }
}
