//! `GET /me/calendarView`: the person's occurrences in a window, page by page (graph.md 3.1).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bodies::time_zone;
use super::errors::Refusal;

/// Occurrences of a page where nothing is said, and at most (graph.md 3.1, K).
const PAGE: usize = 10;
const LARGEST: usize = 1000;
/// Longer windows are refused.
const DAYS: i64 = 1825;
/// The mailbox's own zone: where its whole days begin.
const MAILBOX: &str = "Europe/Berlin";
/// What can be selected; `createdDateTime` and `lastModifiedDateTime` could not be (graph.md 3.1).
const PROPERTIES: [&str; 20] = [
    "id",
    "iCalUId",
    "subject",
    "body",
    "bodyPreview",
    "showAs",
    "isAllDay",
    "isCancelled",
    "isDraft",
    "isOrganizer",
    "sensitivity",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "start",
    "end",
    "type",
    "responseStatus",
    "categories",
    "location",
    "importance",
];

/// One occurrence in a person's calendar, as tests and visitors enter it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CalendarEvent {
    pub id: String,
    pub subject: String,
    /// free, tentative, busy, oof, workingElsewhere, unknown; or a word that Microsoft brings later.
    #[serde(default = "busy")]
    pub show_as: String,
    /// `2026-11-23T10:00:00Z`; of a whole day `2026-11-23`.
    pub start: String,
    /// As `start`; of a whole day the first day after it.
    pub end: String,
    #[serde(default = "normal")]
    pub sensitivity: String,
    #[serde(default = "organizer")]
    pub response: String,
    #[serde(default = "single_instance")]
    pub r#type: String,
    #[serde(default)]
    pub is_cancelled: bool,
    #[serde(default)]
    pub is_draft: bool,
    /// A whole day's midnight comes turned into the zone asked for, not as it is.
    #[serde(default)]
    pub converted_midnight: bool,
}

fn busy() -> String {
    "busy".into()
}

fn normal() -> String {
    "normal".into()
}

fn organizer() -> String {
    "organizer".into()
}

fn single_instance() -> String {
    "singleInstance".into()
}

#[derive(Clone, Copy, Debug)]
enum When {
    Moment(Timestamp),
    Day(Date),
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        let moment = text.parse().map(Self::Moment);
        moment.ok().or_else(|| text.parse().ok().map(Self::Day))
    }

    fn moment(self) -> Timestamp {
        match self {
            Self::Moment(at) => at,
            Self::Day(day) => midnight(day),
        }
    }
}

fn midnight(day: Date) -> Timestamp {
    let zone = TimeZone::get(MAILBOX).unwrap_or(TimeZone::UTC);
    day.to_zoned(zone)
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

impl CalendarEvent {
    fn when(&self) -> Option<(When, When)> {
        Some((When::parse(&self.start)?, When::parse(&self.end)?))
    }

    /// Why it can't be an entry of a calendar.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        match self.when() {
            None => Some("start and end are moments or days"),
            Some((When::Moment(_), When::Day(_)) | (When::Day(_), When::Moment(_))) => {
                Some("start and end are both moments or both days")
            }
            Some((start, end)) if start.moment() > end.moment() => Some("it ends before it starts"),
            Some(_) => None,
        }
    }

    /// From when to when.
    pub(crate) fn moments(&self) -> Option<(Timestamp, Timestamp)> {
        let (start, end) = self.when()?;
        Some((start.moment(), end.moment()))
    }

    pub(crate) fn is_all_day(&self) -> bool {
        matches!(self.when(), Some((When::Day(_), _)))
    }

    fn resource(&self, zone: &Zone, select: Option<&[String]>) -> Value {
        let time = |when: When| {
            let local: DateTime = match when {
                When::Day(day) if !self.converted_midnight => day.to_datetime(jiff::civil::Time::midnight()),
                When::Day(_) | When::Moment(_) => when.moment().to_zoned(zone.zone.clone()).datetime(),
            };
            json!({ "dateTime": format!("{}.0000000", local.strftime("%Y-%m-%dT%H:%M:%S")), "timeZone": zone.name })
        };
        let Some((start, end)) = self.when() else {
            return Value::Null;
        };
        let whole = json!({
            "id": self.id,
            "iCalUId": format!("{}@contoso.example", self.id),
            "subject": self.subject,
            "body": { "contentType": "html", "content": "<p>Not for phones.</p>" },
            "bodyPreview": "Not for phones.",
            "showAs": self.show_as,
            "isAllDay": self.is_all_day(),
            "isCancelled": self.is_cancelled,
            "isDraft": self.is_draft,
            "isOrganizer": self.response == "organizer",
            "sensitivity": self.sensitivity,
            "isOnlineMeeting": false,
            "onlineMeetingProvider": "unknown",
            "start": time(start),
            "end": time(end),
            "type": self.r#type,
            "responseStatus": { "response": self.response, "time": "0001-01-01T00:00:00Z" },
            "categories": [],
            "location": { "displayName": "" },
            "importance": "normal",
        });
        let Value::Object(whole) = whole else {
            return Value::Null;
        };
        let wanted =
            |name: &str| select.is_none_or(|select| name == "id" || select.iter().any(|s| s == name));
        let mut shown: serde_json::Map<String, Value> =
            whole.into_iter().filter(|(name, _)| wanted(name)).collect();
        shown.insert("@odata.etag".into(), "W/\"1\"".into());
        Value::Object(shown)
    }
}

struct Zone {
    name: String,
    zone: TimeZone,
}

/// What was asked for, each thing checked.
struct Query {
    from: Timestamp,
    until: Timestamp,
    select: Option<Vec<String>>,
    top: usize,
    skip: usize,
}

/// The page that was asked for. `service` is the address of Graph with `/v1.0`.
pub(crate) fn view(
    events: &[CalendarEvent],
    service: &str,
    query: &str,
    prefer: Option<&str>,
) -> Result<Value, Refusal> {
    let asked = parse(query)?;
    let zone = zone(prefer)?;
    let mut inside: Vec<&CalendarEvent> = events
        .iter()
        .filter(|event| {
            let when = event.when();
            when.is_some_and(|(start, end)| start.moment() < asked.until && end.moment() > asked.from)
        })
        .collect();
    inside.sort_by_key(|event| event.when().map(|(start, _)| start.moment()));
    let page = inside.iter().skip(asked.skip).take(asked.top);
    let value: Vec<Value> = page
        .map(|event| event.resource(&zone, asked.select.as_deref()))
        .collect();
    let mut answer = json!({
        "@odata.context": format!("{service}/$metadata#users('me')/calendarView"),
        "value": value,
    });
    let next = asked.skip + asked.top;
    if next < inside.len() {
        let others: Vec<&str> = query.split('&').filter(|part| !is_skip(part)).collect();
        let link = format!("{service}/me/calendarView?{}&$skip={next}", others.join("&"));
        answer["@odata.nextLink"] = link.into();
    }
    Ok(answer)
}

fn is_skip(part: &str) -> bool {
    part.starts_with("$skip=") || part.starts_with("%24skip=")
}

fn parse(query: &str) -> Result<Query, Refusal> {
    let mut options = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if options.insert(name.to_string(), value.to_string()).is_some() {
            return Err(Refusal::bad_request(format!(
                "The option '{name}' is there twice."
            )));
        }
    }
    let mut take = |name: &str| options.remove(name);
    let mut border = |name: &str| {
        let text = take(name).ok_or_else(|| {
            Refusal::bad_request(format!(
                "This request requires a time window: '{name}' is missing."
            ))
        })?;
        moment(&text).ok_or_else(|| {
            Refusal::bad_request(format!(
                "The value '{text}' of '{name}' is not a valid date and time."
            ))
        })
    };
    let (from, until) = (border("startDateTime")?, border("endDateTime")?);
    if until <= from {
        return Err(Refusal::bad_request("The window ends before it starts."));
    }
    if until.duration_since(from).as_hours() > DAYS * 24 {
        return Err(Refusal::bad_request("The window is longer than 1825 days."));
    }
    let select = match take("$select") {
        None => None,
        Some(text) => {
            let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
            if let Some(unknown) = names.iter().find(|name| !PROPERTIES.contains(&name.as_str())) {
                return Err(Refusal::bad_request(format!(
                    "Could not find a property named '{unknown}' on type 'Microsoft.OutlookServices.Event'."
                )));
            }
            Some(names)
        }
    };
    let mut number = |name: &str, usual: usize, least: usize, most: usize| match take(name) {
        None => Ok(usual),
        Some(text) => {
            let number: Option<usize> = text.parse().ok().filter(|n| (least..=most).contains(n));
            number.ok_or_else(|| {
                Refusal::bad_request(format!("The value '{text}' of '{name}' is not possible."))
            })
        }
    };
    let (top, skip) = (
        number("$top", PAGE, 1, LARGEST)?,
        number("$skip", 0, 0, usize::MAX)?,
    );
    if let Some(name) = options.keys().next() {
        return Err(Refusal::bad_request(format!(
            "The query option '{name}' is not known."
        )));
    }
    Ok(Query {
        from,
        until,
        select,
        top,
        skip,
    })
}

/// Its own offset counts, none is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let with_offset = text.parse().ok();
    with_offset.or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

fn zone(prefer: Option<&str>) -> Result<Zone, Refusal> {
    let named = prefer.and_then(|prefer| {
        let mut parts = prefer.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix("outlook.timezone="))
    });
    let Some(quoted) = named else {
        let name = "UTC".to_owned();
        return Ok(Zone {
            name,
            zone: TimeZone::UTC,
        });
    };
    let name = quoted.trim_matches('"').to_owned();
    match time_zone(&name) {
        Some(zone) => Ok(Zone { name, zone }),
        None => Err(Refusal::new(
            400,
            "TimeZoneNotSupportedException",
            format!("A valid TimeZone value must be specified. '{name}' is not one."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, start: &str, end: &str) -> CalendarEvent {
        let event = json!({ "id": id, "subject": "Talk", "start": start, "end": end });
        serde_json::from_value(event).unwrap()
    }

    const SERVICE: &str = "http://127.0.0.1:1/v1.0";
    const WINDOW: &str = "startDateTime=2026-01-15T00:00:00Z&endDateTime=2026-01-16T00:00:00Z";

    fn ids(answer: &Value) -> Vec<String> {
        let value = answer["value"].as_array().unwrap();
        value
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_window_has_what_touches_it_page_by_page() {
        let events = [
            event("before", "2026-01-14T10:00:00Z", "2026-01-15T00:00:00Z"),
            event("into", "2026-01-14T23:00:00Z", "2026-01-15T01:00:00Z"),
            event("b", "2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z"),
            event("a", "2026-01-15T10:00:00Z", "2026-01-15T11:00:00Z"),
            event("after", "2026-01-16T00:00:00Z", "2026-01-16T01:00:00Z"),
        ];
        let first = view(&events, SERVICE, &format!("{WINDOW}&$top=2"), None).unwrap();
        assert_eq!(ids(&first), ["into", "a"]);
        let link = first["@odata.nextLink"].as_str().unwrap();
        let (address, query) = link.split_once('?').unwrap();
        assert_eq!(address, "http://127.0.0.1:1/v1.0/me/calendarView");
        let second = view(&events, SERVICE, query, None).unwrap();
        assert_eq!(ids(&second), ["b"]);
        assert_eq!(second["@odata.nextLink"], Value::Null);
    }

    #[test]
    fn whatever_graph_refuses_is_refused() {
        for query in [
            "",
            "startDateTime=2026-01-15T00:00:00Z",
            "startDateTime=2026-01-15&endDateTime=soon",
            "startDateTime=2026-01-16T00:00:00Z&endDateTime=2026-01-15T00:00:00Z",
            "startDateTime=2016-01-15T00:00:00Z&endDateTime=2026-01-15T00:00:00Z",
            &format!("{WINDOW}&$select=subject,lastModifiedDateTime"),
            &format!("{WINDOW}&$select=Subject"),
            &format!("{WINDOW}&$top=0"),
            &format!("{WINDOW}&$top=1001"),
            &format!("{WINDOW}&$skip=-1"),
            &format!("{WINDOW}&top=5"),
            &format!("{WINDOW}&{WINDOW}"),
        ] {
            assert!(view(&[], SERVICE, query, None).is_err(), "{query}");
        }
        let odd = Some("outlook.timezone=\"Mars Standard Time\"");
        assert!(view(&[], SERVICE, WINDOW, odd).is_err());
    }

    #[test]
    fn times_come_in_the_zone_asked_for_without_an_offset() {
        let mut day = event("day", "2026-01-15", "2026-01-16");
        let events = [
            event("a", "2026-01-15T10:00:00Z", "2026-01-15T11:00:00Z"),
            day.clone(),
        ];
        let start = |answer: &Value, n: usize| answer["value"][n]["start"].clone();
        let utc = view(&events, SERVICE, WINDOW, None).unwrap();
        assert_eq!(
            start(&utc, 1),
            json!({ "dateTime": "2026-01-15T10:00:00.0000000", "timeZone": "UTC" })
        );
        assert_eq!(start(&utc, 0)["dateTime"], "2026-01-15T00:00:00.0000000");
        let berlin = Some("outlook.timezone=\"W. Europe Standard Time\"");
        let berlin = view(&events, SERVICE, WINDOW, berlin).unwrap();
        assert_eq!(
            start(&berlin, 1),
            json!({ "dateTime": "2026-01-15T11:00:00.0000000", "timeZone": "W. Europe Standard Time" })
        );
        day.converted_midnight = true;
        let converted = view(&[day], SERVICE, WINDOW, None).unwrap();
        assert_eq!(start(&converted, 0)["dateTime"], "2026-01-14T23:00:00.0000000");
        let some = view(&events, SERVICE, &format!("{WINDOW}&$select=subject"), None).unwrap();
        assert_eq!(
            some["value"][0].as_object().unwrap().len(),
            3,
            "id and etag are always there"
        );
    }
}
