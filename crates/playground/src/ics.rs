//! Everybody's calendar at an address of its own (RFC 5545), the same that Graph and Exchange show:
//! `/calendars/alice/work.ics`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::World;
use crate::graph::calendar::CalendarEvent;

/// As a server of calendars answers: with a mark of what it sent, and with nothing where that is known already.
pub(crate) async fn calendar(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    headers: HeaderMap,
) -> Response {
    if world.person(&person).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let text = text(world.calendars.lock().get(&person).map_or(&[], Vec::as_slice));
    let hash: String = Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{hash}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok());
    if known == Some(tag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = "text/calendar; charset=utf-8".to_owned();
    ([(header::CONTENT_TYPE, kind), (header::ETAG, tag)], text).into_response()
}

fn text(events: &[CalendarEvent]) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Offhook//Playground//EN".to_owned(),
    ];
    for event in events {
        lines.extend(entry(event));
    }
    lines.push("END:VCALENDAR\r\n".to_owned());
    lines.join("\r\n")
}

fn entry(event: &CalendarEvent) -> Vec<String> {
    let time = |name: &str, text: &str| {
        if event.is_all_day() {
            return format!("{name};VALUE=DATE:{}", text.replace('-', ""));
        }
        let at: jiff::Timestamp = text.parse().unwrap_or_default();
        format!("{name}:{}", at.strftime("%Y%m%dT%H%M%SZ"))
    };
    let class = match event.sensitivity.as_str() {
        "private" => "PRIVATE",
        "confidential" => "CONFIDENTIAL",
        _ => "PUBLIC",
    };
    let status = if event.is_cancelled {
        "CANCELLED"
    } else {
        "CONFIRMED"
    };
    let shown = match event.show_as.as_str() {
        "free" => "FREE",
        "tentative" => "TENTATIVE",
        "oof" => "OOF",
        "workingElsewhere" => "WORKINGELSEWHERE",
        _ => "BUSY",
    };
    vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(&event.id)),
        format!("SUMMARY:{}", escaped(&event.subject)),
        time("DTSTART", &event.start),
        time("DTEND", &event.end),
        format!("CLASS:{class}"),
        format!("STATUS:{status}"),
        format!("X-MICROSOFT-CDO-BUSYSTATUS:{shown}"),
        "END:VEVENT".to_owned(),
    ]
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
    text.replace('\r', "").replace('\n', "\\n")
}
