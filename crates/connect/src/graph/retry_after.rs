//! `Retry-After`: seconds, which may be fractional (`facts/graph.md`, section 1.5), or an HTTP date.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// Longer waits are nothing a service means, and must not overflow a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `None` where the header is absent or says nothing that can be obeyed.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    parse(headers.get(RETRY_AFTER)?.to_str().ok()?, Timestamp::now())
}

fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) if seconds.is_infinite() && seconds > 0.0 => LONGEST,
        Ok(seconds) if seconds >= 0.0 => Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST),
        Ok(_) => return None,
        Err(_) => {
            let until = rfc2822::parse(value).ok()?.timestamp();
            Duration::try_from(until.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let rows = [
            ("10", Some(Duration::from_secs(10))),
            ("2.128", Some(Duration::from_millis(2128))),
            (" 0 ", Some(Duration::ZERO)),
            ("1e300", Some(LONGEST)),
            ("inf", Some(LONGEST)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
            ("Sun, 22 Nov 2026 12:00:30 GMT", Some(Duration::from_secs(30))),
            ("Sun, 22 Nov 2026 11:00:00 GMT", Some(Duration::ZERO)),
        ];
        for (value, wait) in rows {
            assert_eq!(parse(value, now), wait, "{value}");
        }
    }
}
