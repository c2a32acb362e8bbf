//! `GET /me/calendarView`: the occurrences of a window of the default calendar (`facts/graph.md`, section 3).

use super::send::{Answer, Request, address};
use super::{Graph, GraphError};
use crate::calendar::zones;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use offhook_engine::appointment::{Answer as Reply, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::Deserialize;

/// Everything that is judged, and nothing of the text (`body`), the place or the people.
const SELECT: &str = "id,subject,showAs,isAllDay,isCancelled,isDraft,sensitivity,responseStatus,start,end";
/// Occurrences of one page.
const PAGE: usize = 200;
/// A calendar that has more pages for a few days is none.
const PAGES: usize = 50;
/// Longer subjects are cut: nobody reads them, and a status text is much shorter.
const SUBJECT: usize = 500;

/// The times come back in UTC: conversion to the person's zone is ours.
pub(super) fn request(base: &Url, from: Timestamp, until: Timestamp) -> Request {
    let mut url = address(base, &["me", "calendarView"]);
    let second = |at: Timestamp| at.round(Unit::Second).unwrap_or(at);
    url.set_query(Some(&format!(
        "startDateTime={}&endDateTime={}&$select={SELECT}&$top={PAGE}",
        second(from),
        second(until)
    )));
    preferring_utc(url)
}

fn preferring_utc(url: Url) -> Request {
    Request {
        prefer: Some("outlook.timezone=\"UTC\""),
        ..Request::without_body(Method::GET, url)
    }
}

/// The next page, exactly as the answer names it, but nowhere else than at the same service: the token goes there.
fn following(base: &Url, link: &str) -> Result<Request, GraphError> {
    let elsewhere = GraphError::Garbage("the next page is elsewhere");
    let Ok(url) = Url::parse(link) else {
        return Err(elsewhere);
    };
    let bare = url.username().is_empty() && url.password().is_none();
    let inside = base.path().trim_end_matches('/');
    let under = url
        .path()
        .strip_prefix(inside)
        .is_some_and(|rest| rest.starts_with('/'));
    if url.origin() != base.origin() || !bare || !under {
        return Err(elsewhere);
    }
    Ok(preferring_utc(url))
}

/// One page, and where the next one is. An entry that can't be read is left out, and said.
pub(super) fn parse(answer: &Answer) -> Result<(Vec<Appointment>, Option<String>), GraphError> {
    if !answer.status.is_success() {
        return Err(GraphError::of(answer));
    }
    let page: Page = serde_json::from_slice(&answer.body)
        .map_err(|_| GraphError::Garbage("the calendar is no such JSON"))?;
    let count = page.value.len();
    let read: Vec<Appointment> = page.value.into_iter().filter_map(appointment).collect();
    if read.len() < count {
        tracing::warn!(
            count,
            read = read.len(),
            "appointments that can't be understood are left out"
        );
    }
    Ok((read, page.next))
}

impl Graph {
    /// Every occurrence that touches the window, private ones and cancelled ones too, whole days as days.
    ///
    /// # Errors
    /// See [`GraphError`]. Part of a window is no window: a page that fails fails all.
    pub async fn read_calendar(
        &self,
        token: &SecretString,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, GraphError> {
        let mut request = request(&self.base, from, until);
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let answer = self.send("calendar", request, Some(token)).await?;
            let (page, next) = parse(&answer)?;
            all.extend(page);
            match next {
                Some(link) => request = following(&self.base, &link)?,
                None => return Ok(all),
            }
        }
        Err(GraphError::TooLarge)
    }
}

#[derive(Deserialize)]
struct Page {
    value: Vec<serde_json::Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: String,
    subject: Option<String>,
    show_as: Option<String>,
    #[serde(default)]
    is_all_day: Option<bool>,
    #[serde(default)]
    is_cancelled: Option<bool>,
    #[serde(default)]
    is_draft: Option<bool>,
    sensitivity: Option<String>,
    response_status: Option<Response>,
    start: Moment,
    end: Moment,
}

#[derive(Deserialize)]
struct Response {
    response: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    /// Without an offset, seven decimals.
    date_time: String,
    time_zone: Option<String>,
}

impl Moment {
    fn local(&self) -> Option<DateTime> {
        self.date_time.trim_end_matches('Z').parse().ok()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let zone = match self.time_zone.as_deref() {
            None | Some("") => TimeZone::UTC,
            Some(name) => zones::named(name)?,
        };
        Some(self.local()?.to_zoned(zone).ok()?.timestamp())
    }

    /// The day that a whole day's border means. A midnight that was turned into UTC is the nearest one.
    fn day(&self) -> Option<Date> {
        let local = self.local()?;
        let noon = Time::constant(12, 0, 0, 0);
        if local.time() < noon {
            Some(local.date())
        } else {
            local.date().tomorrow().ok()
        }
    }
}

fn appointment(event: serde_json::Value) -> Option<Appointment> {
    let event: Event = serde_json::from_value(event).ok()?;
    let span = if event.is_all_day == Some(true) {
        Span::AllDay {
            first: event.start.day()?,
            until: event.end.day()?,
        }
    } else {
        Span::Timed {
            start: event.start.timestamp()?,
            end: event.end.timestamp()?,
        }
    };
    let response = event.response_status.and_then(|status| status.response);
    Some(Appointment {
        id: AppointmentId::new(event.id),
        subject: event.subject.unwrap_or_default().chars().take(SUBJECT).collect(),
        show_as: ShowAs::parse(event.show_as.as_deref().unwrap_or("unknown")),
        sensitivity: sensitivity(event.sensitivity.as_deref()),
        answer: reply(response.as_deref()),
        cancelled: event.is_cancelled == Some(true),
        draft: event.is_draft == Some(true),
        span,
    })
}

/// A word that nobody has described is taken for a secret.
fn sensitivity(word: Option<&str>) -> Sensitivity {
    match word.map(str::to_ascii_lowercase).as_deref() {
        None | Some("normal") => Sensitivity::Normal,
        Some("personal") => Sensitivity::Personal,
        Some("confidential") => Sensitivity::Confidential,
        Some(_) => Sensitivity::Private,
    }
}

fn reply(word: Option<&str>) -> Reply {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("organizer") => Reply::Organizer,
        Some("tentativelyaccepted") => Reply::TentativelyAccepted,
        Some("accepted") => Reply::Accepted,
        Some("declined") => Reply::Declined,
        Some("notresponded") => Reply::NotResponded,
        Some(_) | None => Reply::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use serde_json::{Value, json};

    fn page(value: &Value) -> Result<(Vec<Appointment>, Option<String>), GraphError> {
        parse(&Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: value.to_string().into_bytes(),
        })
    }

    fn event(change: impl FnOnce(&mut Value)) -> Value {
        let mut event = json!({
            "@odata.etag": "W/\"x\"", "id": "AAMk1", "subject": "Talk", "showAs": "busy", "isAllDay": false,
            "isCancelled": false, "isDraft": false, "sensitivity": "normal",
            "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
            "start": {"dateTime": "2026-01-15T10:00:00.0000000", "timeZone": "UTC"},
            "end": {"dateTime": "2026-01-15T11:00:00.0000000", "timeZone": "UTC"},
        });
        change(&mut event);
        event
    }

    fn one(change: impl FnOnce(&mut Value)) -> Option<Appointment> {
        let (mut list, next) = page(&json!({ "value": [event(change)] })).unwrap();
        assert_eq!(next, None);
        list.pop()
    }

    #[test]
    fn r17_the_body_of_an_appointment_is_never_asked_for() {
        let base = Url::parse("https://graph.example/v1.0").unwrap();
        let request = request(
            &base,
            "2026-01-15T00:00:00.25Z".parse().unwrap(),
            "2026-01-17T00:00:00Z".parse().unwrap(),
        );
        assert_eq!(
            request.url.as_str(),
            "https://graph.example/v1.0/me/calendarView?startDateTime=2026-01-15T00:00:00Z\
             &endDateTime=2026-01-17T00:00:00Z&$select=id,subject,showAs,isAllDay,isCancelled,isDraft,sensitivity,\
             responseStatus,start,end&$top=200"
        );
        assert_eq!(request.prefer, Some("outlook.timezone=\"UTC\""));
        assert_eq!((request.method, request.body), (Method::GET, None));
    }

    #[test]
    fn the_next_page_is_asked_for_at_the_same_service_only() {
        let base = Url::parse("https://graph.example/v1.0").unwrap();
        let good = "https://graph.example/v1.0/me/calendarView?$skip=10&x=%2B";
        assert_eq!(following(&base, good).unwrap().url.as_str(), good);
        for link in [
            "https://evil.example/v1.0/me/calendarView?$skip=10",
            "http://graph.example/v1.0/me/calendarView",
            "https://graph.example:444/v1.0/me/calendarView",
            "https://graph.example.evil.example/v1.0/me",
            "https://graph.example@evil.example/v1.0/me",
            "https://user:pass@graph.example/v1.0/me",
            "https://graph.example/beta/me/calendarView",
            "https://graph.example/v1.0evil/me",
            "/v1.0/me/calendarView?$skip=10",
            "javascript:alert(1)",
            "",
        ] {
            assert!(following(&base, link).is_err(), "{link}");
        }
    }

    #[test]
    fn every_word_of_the_metadata_is_read_and_unknown_ones_are_kept_or_taken_for_secret() {
        for (word, kind) in [
            ("free", ShowAs::Free),
            ("tentative", ShowAs::Tentative),
            ("busy", ShowAs::Busy),
            ("oof", ShowAs::OutOfOffice),
            ("workingElsewhere", ShowAs::WorkingElsewhere),
        ] {
            assert_eq!(one(|e| e["showAs"] = word.into()).unwrap().show_as, kind);
        }
        let unknown = one(|e| e["showAs"] = "hovering".into()).unwrap();
        assert_eq!(unknown.show_as.name(), "hovering");
        for (word, sensitivity) in [
            ("normal", Sensitivity::Normal),
            ("personal", Sensitivity::Personal),
            ("private", Sensitivity::Private),
            ("confidential", Sensitivity::Confidential),
            ("eyesOnly", Sensitivity::Private),
        ] {
            assert_eq!(
                one(|e| e["sensitivity"] = word.into()).unwrap().sensitivity,
                sensitivity
            );
        }
        for (word, answer) in [
            ("none", Reply::None),
            ("organizer", Reply::Organizer),
            ("tentativelyAccepted", Reply::TentativelyAccepted),
            ("accepted", Reply::Accepted),
            ("declined", Reply::Declined),
            ("notResponded", Reply::NotResponded),
            ("later", Reply::None),
        ] {
            assert_eq!(
                one(|e| e["responseStatus"]["response"] = word.into())
                    .unwrap()
                    .answer,
                answer
            );
        }
        assert!(one(|e| e["isCancelled"] = true.into()).unwrap().cancelled);
        assert!(one(|e| e["isDraft"] = true.into()).unwrap().draft);
    }

    #[test]
    fn times_are_read_in_any_zone_and_whole_days_as_days() {
        let timed = |from: &str, zone: &str| {
            one(|e| e["start"] = json!({ "dateTime": from, "timeZone": zone })).map(|a| a.span)
        };
        let start = |span: Option<Span>| match span {
            Some(Span::Timed { start, .. }) => start.to_string(),
            Some(Span::AllDay { .. }) | None => String::new(),
        };
        assert_eq!(
            start(timed("2026-01-15T10:00:00.0000000", "UTC")),
            "2026-01-15T10:00:00Z"
        );
        assert_eq!(
            start(timed("2026-07-15T10:00:00.0000000", "W. Europe Standard Time")),
            "2026-07-15T08:00:00Z"
        );
        assert_eq!(
            start(timed("2026-01-15T10:00:00", "America/New_York")),
            "2026-01-15T15:00:00Z"
        );
        assert_eq!(
            timed("2026-01-15T10:00:00", "Customized Time Zone"),
            None,
            "left out"
        );

        for (from, to) in [
            ("2026-01-15T00:00:00.0000000", "2026-01-17T00:00:00.0000000"),
            // Midnight in Berlin and in Los Angeles, turned into UTC.
            ("2026-01-14T23:00:00.0000000", "2026-01-16T23:00:00.0000000"),
            ("2026-01-15T08:00:00.0000000", "2026-01-17T08:00:00.0000000"),
        ] {
            let whole = one(|e| {
                e["isAllDay"] = true.into();
                e["start"]["dateTime"] = from.into();
                e["end"]["dateTime"] = to.into();
            });
            let span = Span::AllDay {
                first: jiff::civil::date(2026, 1, 15),
                until: jiff::civil::date(2026, 1, 17),
            };
            assert_eq!(whole.unwrap().span, span, "{from}");
        }
    }

    #[test]
    fn an_odd_entry_is_left_out_and_an_odd_page_is_an_error() {
        let good = event(|_| {});
        let odd = [
            json!({}),
            json!(7),
            event(|e| e["start"] = json!("soon")),
            event(|e| e["id"] = json!(1)),
        ];
        for odd in odd {
            let (read, _) = page(&json!({ "value": [good, odd] })).unwrap();
            assert_eq!(read.len(), 1, "{odd}");
        }
        let long = one(|e| e["subject"] = "x".repeat(5000).into()).unwrap();
        assert_eq!(long.subject.len(), SUBJECT);
        assert_eq!(one(|e| e["subject"] = Value::Null).unwrap().subject, "");
        for garbage in [
            json!({}),
            json!([]),
            json!({ "value": {} }),
            json!({ "value": null }),
        ] {
            assert!(page(&garbage).is_err(), "{garbage}");
        }
    }
}
