//! A connection that is ready before it is needed.

use super::send::{Request, address};
use reqwest::{Method, Url};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// The base itself, without a token: the service answers from its front and nothing is counted against anyone.
pub(super) fn request(base: &Url) -> Request {
    Request::without_body(Method::HEAD, address(base, &[]))
}

/// When Graph last answered. The pool keeps connections 90 s ([`crate::net::client`]), so while presence is
/// polled, warming up costs nothing.
#[derive(Debug, Default)]
pub(super) struct LastAnswer(Mutex<Option<SystemTime>>);

/// Well under what the pool keeps, and under what routers and services do.
const FRESH: Duration = Duration::from_secs(60);

impl LastAnswer {
    pub(super) fn note(&self) {
        self.set(SystemTime::now());
    }

    /// By the wall clock, which goes on while the machine sleeps: no connection outlives that.
    pub(super) fn is_fresh(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        last.and_then(|last| last.elapsed().ok())
            .is_some_and(|age| age < FRESH)
    }

    fn set(&self, at: SystemTime) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_trusted_for_a_minute() {
        let last = LastAnswer::default();
        assert!(!last.is_fresh());
        last.note();
        assert!(last.is_fresh());
        last.set(SystemTime::now() - FRESH);
        assert!(!last.is_fresh());
        last.set(SystemTime::now() + FRESH);
        assert!(!last.is_fresh(), "the clock was set back");
    }
}
