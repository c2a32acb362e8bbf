//! The bodies of presence writes, parsed strictly: a misspelt or unknown member is refused, where the real service was
//! seen to ignore one (graph.md section 7, row 12), so that a client's typing error can't stay unnoticed.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::errors::Refusal;

/// The pairs of `setPresence` (graph.md 1.2).
pub(crate) const SESSION_PAIRS: [(&str, &str); 5] = [
    ("Available", "Available"),
    ("Busy", "InACall"),
    ("Busy", "InAConferenceCall"),
    ("Away", "Away"),
    ("DoNotDisturb", "Presenting"),
];

/// The pairs of `setUserPreferredPresence` with the days they last when no duration is given (graph.md 1.2).
pub(crate) const PREFERRED_PAIRS: [(&str, &str, u64); 6] = [
    ("Available", "Available", 7),
    ("Busy", "Busy", 1),
    ("DoNotDisturb", "DoNotDisturb", 1),
    ("BeRightBack", "BeRightBack", 7),
    ("Away", "Away", 7),
    ("Offline", "OffWork", 7),
];

const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(4 * 3600);

#[derive(Debug, PartialEq)]
pub(crate) struct SetSession {
    pub(crate) session: String,
    pub(crate) availability: String,
    pub(crate) activity: String,
    pub(crate) lasts: Duration,
}

#[derive(Debug, PartialEq)]
pub(crate) struct SetPreferred {
    pub(crate) availability: String,
    pub(crate) activity: String,
    pub(crate) lasts: Duration,
}

#[derive(Debug, PartialEq)]
pub(crate) struct SetNote {
    pub(crate) content: String,
    pub(crate) until: Option<Timestamp>,
}

pub(crate) fn set_presence(body: &[u8]) -> Result<SetSession, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wire {
        session_id: String,
        availability: String,
        activity: String,
        expiration_duration: Option<String>,
    }
    let wire: Wire = parse(body)?;
    if !SESSION_PAIRS.contains(&(wire.availability.as_str(), wire.activity.as_str())) {
        return Err(Refusal::bad_request(format!(
            "The combination of availability '{}' and activity '{}' is not supported.",
            wire.availability, wire.activity
        )));
    }
    let lasts = wire
        .expiration_duration
        .as_deref()
        .map_or(Ok(SHORTEST), duration)?;
    if !(SHORTEST..=LONGEST).contains(&lasts) {
        return Err(Refusal::bad_request(
            "expirationDuration must be between PT5M and PT4H.",
        ));
    }
    Ok(SetSession {
        session: wire.session_id,
        availability: wire.availability,
        activity: wire.activity,
        lasts,
    })
}

/// The session id of `clearPresence`.
pub(crate) fn clear_presence(body: &[u8]) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wire {
        session_id: String,
    }
    parse::<Wire>(body).map(|wire| wire.session_id)
}

pub(crate) fn set_preferred(body: &[u8]) -> Result<SetPreferred, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wire {
        availability: String,
        activity: String,
        expiration_duration: Option<String>,
    }
    let wire: Wire = parse(body)?;
    let pair = (wire.availability.as_str(), wire.activity.as_str());
    let Some((_, _, days)) = PREFERRED_PAIRS.iter().find(|row| (row.0, row.1) == pair) else {
        return Err(Refusal::bad_request(format!(
            "The combination of '{}' and '{}' is not supported.",
            pair.0, pair.1
        )));
    };
    // Shortest and longest are not documented (graph.md 1.2); only nothing at all is refused.
    let lasts = match wire.expiration_duration.as_deref() {
        Some(text) => duration(text)?,
        None => Duration::from_secs(days * 86_400),
    };
    if lasts.is_zero() {
        return Err(Refusal::bad_request(
            "expirationDuration must be greater than zero.",
        ));
    }
    Ok(SetPreferred {
        availability: wire.availability,
        activity: wire.activity,
        lasts,
    })
}

/// `clearUserPreferredPresence` takes no body; an empty object is let through.
pub(crate) fn clear_preferred(body: &[u8]) -> Result<(), Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wire {}
    if body.is_empty() {
        Ok(())
    } else {
        parse::<Wire>(body).map(|Wire {}| ())
    }
}

pub(crate) fn set_status_message(body: &[u8]) -> Result<SetNote, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wire {
        status_message: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Status {
        message: Item,
        expiry_date_time: Option<Zoned>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Item {
        content: String,
        content_type: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Zoned {
        date_time: String,
        time_zone: String,
    }
    let Wire { status_message } = parse(body)?;
    if status_message
        .message
        .content_type
        .as_deref()
        .is_some_and(|kind| kind != "text")
    {
        return Err(Refusal::bad_request("contentType must be text."));
    }
    let until = status_message
        .expiry_date_time
        .map(|zoned| {
            let local: DateTime = (!zoned.date_time.ends_with('Z')
                && !zoned.date_time[10.min(zoned.date_time.len())..].contains(['+', '-']))
            .then(|| zoned.date_time.parse().ok())
            .flatten()
            .ok_or_else(|| {
                Refusal::bad_request("expiryDateTime.dateTime must be a date and time without offset.")
            })?;
            let zone = time_zone(&zoned.time_zone)
                .ok_or_else(|| Refusal::bad_request("expiryDateTime.timeZone is not known."))?;
            local
                .to_zoned(zone)
                .map(|zoned| zoned.timestamp())
                .map_err(|_| Refusal::bad_request("expiryDateTime is out of range."))
        })
        .transpose()?;
    Ok(SetNote {
        content: status_message.message.content,
        until,
    })
}

/// IANA names and the Windows names that a company in Central Europe meets (graph.md 3.1).
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    let iana = match name {
        "UTC" => return Some(TimeZone::UTC),
        "W. Europe Standard Time" => "Europe/Berlin",
        "Romance Standard Time" => "Europe/Paris",
        "GMT Standard Time" => "Europe/London",
        "Pacific Standard Time" => "America/Los_Angeles",
        other => other,
    };
    TimeZone::get(iana).ok()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("Unable to read JSON request payload: {error}")))
}

/// An ISO 8601 duration of weeks, days, hours, minutes and seconds.
fn duration(text: &str) -> Result<Duration, Refusal> {
    parse_duration(text).ok_or_else(|| {
        Refusal::bad_request(format!(
            "Cannot convert the literal '{text}' to the expected type 'Edm.Duration'."
        ))
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let seconds =
        part(days, &[('D', 86_400)])?.checked_add(part(time, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    Some(Duration::from_secs(seconds))
}

fn part(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let (mut rest, mut units, mut sum) = (text, units, 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = (rest[..end].parse::<u64>().ok()?, rest[end..].chars().next()?);
        let at = units.iter().position(|(letter, _)| *letter == unit)?;
        sum = sum.checked_add(number.checked_mul(units[at].1)?)?;
        units = &units[at + 1..];
        rest = &rest[end + 1..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("PT5M", Some(300)),
            ("PT4H", Some(14_400)),
            ("P1D", Some(86_400)),
            ("P7D", Some(604_800)),
            ("PT1H30M5S", Some(5405)),
            ("P1DT1S", Some(86_401)),
            ("5 min", None),
            ("PT", None),
            ("P", None),
            ("PTM", None),
            ("PT5", None),
            ("PT5M4H", None),
            ("pt5m", None),
            ("P5M", None),
            ("PT-5M", None),
        ] {
            assert_eq!(
                parse_duration(text).map(|duration| duration.as_secs()),
                seconds,
                "{text}"
            );
        }
    }

    #[test]
    fn a_note_ends_in_its_own_zone() {
        let note = |zone: &str| {
            let body = format!(
                r#"{{"statusMessage":{{"message":{{"content":"x","contentType":"text"}},
                "expiryDateTime":{{"dateTime":"2026-07-01T17:00:00","timeZone":"{zone}"}}}}}}"#
            );
            set_status_message(body.as_bytes())
                .unwrap()
                .until
                .unwrap()
                .to_string()
        };
        assert_eq!(note("UTC"), "2026-07-01T17:00:00Z");
        assert_eq!(note("W. Europe Standard Time"), "2026-07-01T15:00:00Z");
    }
}
