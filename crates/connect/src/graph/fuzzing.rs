//! What must hold for whatever Graph, or something in its place, answers.

use super::send::Answer;
use super::{GraphError, calendar_view, clear_session, iso8601, read_presence, retry_after};
use crate::fuzzing::choice;
use offhook_engine::fault::FaultKind;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A presence: what was read reads the same when it is written again.
pub fn presence(input: &[u8]) {
    let read = |body: Vec<u8>| {
        read_presence::parse(&Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        })
        .map(|reading| reading.presence)
    };
    let Ok(presence) = read(input.to_vec()) else {
        return;
    };
    assert!(
        !presence.availability.as_str().is_empty() && !presence.activity.as_str().is_empty(),
        "two words"
    );
    let body = serde_json::json!({
        "availability": presence.availability.as_str(),
        "activity": presence.activity.as_str(),
        "outOfOfficeSettings": { "isOutOfOffice": presence.out_of_office },
    });
    assert_eq!(
        read(body.to_string().into_bytes()),
        Ok(presence),
        "written and read again"
    );
}

/// A page of the calendar: whatever was read can be judged, and its subject stays where it is.
pub fn calendar(input: &[u8]) {
    let Ok((appointments, _next)) = calendar_view::parse(&Answer {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: input.to_vec(),
    }) else {
        return;
    };
    for appointment in appointments {
        let (start, end) = appointment.span.bounds(&jiff::tz::TimeZone::UTC);
        assert!(
            !appointment.is_running(start, &jiff::tz::TimeZone::UTC) || start < end,
            "only what lasts runs"
        );
        let title = appointment.title().unwrap_or_default();
        assert!(!title.contains(char::is_control), "one line");
        assert!(
            title.is_empty() || !appointment.sensitivity.is_secret(),
            "a secret one has no title"
        );
    }
}

/// An answer that is no success: first a byte that chooses the status, then the line of `Retry-After`, then the
/// body.
pub fn refusal(input: &[u8]) {
    let (status, rest) = choice(input);
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (wait, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let statuses = [
        400, 401, 403, 404, 408, 409, 410, 412, 425, 429, 500, 502, 503, 504, 302, 418,
    ];
    let status = statuses[usize::from(status) % statuses.len()];
    let mut headers = HeaderMap::new();
    if let Ok(wait) = HeaderValue::from_bytes(wait) {
        headers.insert(RETRY_AFTER, wait);
    }
    if let Some(wait) = retry_after::of(&headers) {
        assert!(wait <= DAY, "a wait that a clock can hold");
    }
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        headers,
        body: body.to_vec(),
    };
    assert_eq!(
        clear_session::parse(&answer).is_ok(),
        status == 404,
        "nothing else counts as cleared"
    );
    let error = GraphError::of(&answer);
    let fault = error.fault();
    let detail = fault.detail.unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    assert!(
        detail.len() <= 64 && detail.chars().all(plain),
        "of the body only a plain word is kept"
    );
    assert!(format!("{error}").len() <= 128, "a sentence of ours");
    let may_wait = matches!(status, 429 | 503);
    assert!(
        may_wait || !matches!(fault.kind, FaultKind::Throttled { .. }),
        "only a throttled request waits"
    );
}

/// `Retry-After` alone.
pub fn wait(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else {
        return;
    };
    let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
    let Some(wait) = retry_after::of(&headers) else {
        return;
    };
    assert!(wait <= DAY, "a wait that a clock can hold");
}

/// A duration as we write it is the one that a reader of ISO 8601 finds.
pub fn duration(input: &[u8]) {
    let mut bytes = [0; 4];
    for (byte, given) in bytes.iter_mut().zip(input) {
        *byte = *given;
    }
    let seconds = u32::from_le_bytes(bytes);
    let text = iso8601::duration(Duration::from_secs(seconds.into()));
    let span: Option<jiff::Span> = text.parse().ok();
    let read = span.and_then(|span| {
        span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours()))
            .ok()
    });
    assert_eq!(read, Some(f64::from(seconds)), "{text}");
}
