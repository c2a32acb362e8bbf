//! Time zones of a calendar: by the names that everybody knows, else by the rules that the file brings along.

use super::event::{self, Written};
use super::lines::{Line, split};
use super::parts::Zone;
use super::rule;
use crate::calendar::zones;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;

/// What `TZID` can mean in one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Zones(BTreeMap<String, TimeZone>);

impl Zones {
    pub(super) fn of(parts: &[Zone]) -> Self {
        let named = parts.iter().filter_map(|zone| {
            let id = value(&zone.lines, "TZID")?;
            Some((id.to_owned(), resolve(id, zone)?))
        });
        Self(named.collect())
    }

    /// `None`: nobody knows it, and the file does not explain it.
    pub(super) fn find(&self, id: &str) -> Option<TimeZone> {
        self.0.get(id.trim()).cloned().or_else(|| named(id))
    }
}

/// The database knows more of a zone than any file does, so its name goes first.
fn resolve(id: &str, zone: &Zone) -> Option<TimeZone> {
    let location = value(&zone.lines, "X-LIC-LOCATION");
    named(id)
        .or_else(|| location.and_then(named))
        .or_else(|| explained(zone))
}

/// By a name, perhaps behind a path: `/freeassociation.sourceforge.net/Europe/Berlin`.
fn named(id: &str) -> Option<TimeZone> {
    let id = id.trim().trim_matches('"');
    let pieces: Vec<&str> = id
        .strip_prefix('/')
        .map_or(Vec::new(), |path| path.split('/').collect());
    let behind = |count: usize| {
        let from = pieces.len().checked_sub(count).filter(|from| *from > 0)?;
        zones::named(&pieces.get(from..)?.join("/"))
    };
    zones::named(id).or_else(|| [3, 2, 1].into_iter().find_map(behind))
}

/// One of the two times of a zone that are in force.
struct Time {
    offset: i32,
    /// When it begins each year, as POSIX writes it; `None`: it began once and for all.
    begins: Option<String>,
    since: DateTime,
}

/// From `STANDARD` and `DAYLIGHT` (section 3.6.5): the last of each, as a POSIX zone.
fn explained(zone: &Zone) -> Option<TimeZone> {
    let mut times: Vec<Time> = zone.times.iter().filter_map(|lines| time(lines)).collect();
    times.sort_by_key(|time| time.since);
    let last = times.iter().rev().find(|time| time.begins.is_none());
    let mut yearly: Vec<&Time> = Vec::new();
    for time in times.iter().rev().filter(|time| time.begins.is_some()) {
        if yearly.iter().all(|known| known.offset != time.offset) {
            yearly.push(time);
        }
    }
    yearly.sort_by_key(|time| time.offset);
    let posix = match (yearly.as_slice(), last) {
        ([winter, summer], _) => format!(
            "{}{},{},{}",
            posix_offset(winter.offset),
            posix_offset(summer.offset),
            summer.begins.as_deref()?,
            winter.begins.as_deref()?
        ),
        ([one], _) => return fixed(one),
        ([], Some(one)) => return fixed(one),
        _ => return None,
    };
    TimeZone::posix(&posix).ok()
}

fn fixed(time: &Time) -> Option<TimeZone> {
    Some(TimeZone::fixed(Offset::from_seconds(time.offset).ok()?))
}

fn time(lines: &[Line]) -> Option<Time> {
    let Written::At(since) = event::written(value(lines, "DTSTART")?)?.0 else {
        return None;
    };
    let begins = match value(lines, "RRULE") {
        None => None,
        // It was so once, and is no more.
        Some(rule) if rule.to_ascii_uppercase().contains("UNTIL=") => return None,
        Some(rule) => Some(posix_rule(rule, since)?),
    };
    Some(Time {
        offset: offset(value(lines, "TZOFFSETTO")?)?,
        begins,
        since,
    })
}

/// `FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU` as `M10.5.0/3`.
fn posix_rule(rule: &str, since: DateTime) -> Option<String> {
    let parts: Vec<(&str, &str)> = split(rule, ';').filter_map(|part| part.split_once('=')).collect();
    let part = |name: &str| {
        let found = parts.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    if !part("FREQ")?.eq_ignore_ascii_case("YEARLY") {
        return None;
    }
    let month: i8 = match part("BYMONTH") {
        Some(month) => month.parse().ok()?,
        None => since.month(),
    };
    let day = part("BYDAY")?;
    let (nth, day) = day.split_at_checked(day.len().checked_sub(2)?)?;
    let week = match (nth.parse::<i8>(), part("BYMONTHDAY")) {
        (Ok(-1), _) => 5,
        (Ok(nth @ 1..=4), _) => nth,
        // An older way to say it: the Sunday among the 8th to the 14th.
        (_, Some(days)) => {
            let first = split(days, ',').filter_map(|day| day.parse::<i8>().ok()).min()?;
            (first - 1) / 7 + 1
        }
        _ => return None,
    };
    let day = rule::weekday(day)?.to_sunday_zero_offset();
    Some(format!(
        "M{month}.{week}.{day}/{}:{:02}",
        since.hour(),
        since.minute()
    ))
}

/// POSIX counts to the west.
fn posix_offset(seconds: i32) -> String {
    let (sign, away) = if seconds > 0 {
        ('-', seconds)
    } else {
        ('+', -seconds)
    };
    let name = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (away / 3600, away / 60 % 60);
    format!("<{name}{hours:02}{minutes:02}>{sign}{hours}:{minutes:02}")
}

/// `+0100`, `-033000`
fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| {
        digits
            .get(at..at + 2)
            .map_or(Some(0), |two| two.parse::<i32>().ok())
    };
    let seconds = two(0)? * 3600 + two(2)? * 60 + two(4)?;
    (seconds < 24 * 3600).then_some(sign * seconds)
}

fn value<'a>(lines: &'a [Line], name: &str) -> Option<&'a str> {
    let line = lines.iter().find(|line| line.name == name)?;
    Some(line.value.trim())
}

#[cfg(test)]
mod tests {
    use super::super::parts;
    use super::*;

    fn zones(text: &str) -> Zones {
        let text = format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR\n");
        Zones::of(&parts::parse(text.as_bytes()).unwrap().zones)
    }

    fn hours(zone: &TimeZone, at: &str) -> f64 {
        let at: jiff::Timestamp = at.parse().unwrap();
        f64::from(zone.to_offset(at).seconds()) / 3600.0
    }

    const EXCHANGE: &str = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T030000\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
        RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";

    #[test]
    fn a_zone_that_nobody_knows_by_name_is_what_the_file_says() {
        let zone = zones(EXCHANGE).find("Customized Time Zone").unwrap();
        for (at, offset) in [
            ("2026-01-15T12:00:00Z", 1.0),
            ("2026-03-29T00:59:59Z", 1.0),
            ("2026-03-29T01:00:00Z", 2.0),
            ("2026-10-25T00:59:59Z", 2.0),
            ("2026-10-25T01:00:00Z", 1.0),
        ] {
            assert!((hours(&zone, at) - offset).abs() < f64::EPSILON, "{at}");
        }
        assert!(zones("").find("Customized Time Zone").is_none());
    }

    #[test]
    fn zones_of_the_other_half_of_the_world_and_of_half_hours() {
        let text = "BEGIN:VTIMEZONE\nTZID:South\nBEGIN:DAYLIGHT\nDTSTART:20081005T020000\nTZOFFSETTO:+1030\n\
            RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20080406T030000\n\
            TZOFFSETTO:+0930\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7\nEND:STANDARD\n\
            END:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:West\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
            TZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\n";
        let zones = zones(text);
        let (south, west) = (zones.find("South").unwrap(), zones.find("West").unwrap());
        for (zone, at, offset) in [
            (&south, "2026-01-15T12:00:00Z", 10.5),
            (&south, "2026-07-15T12:00:00Z", 9.5),
            (&west, "2026-07-15T12:00:00Z", -3.5),
        ] {
            assert!((hours(zone, at) - offset).abs() < f64::EPSILON, "{at}");
        }
    }

    #[test]
    fn names_are_known_to_windows_to_everybody_and_behind_paths() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for id in [
            "Europe/Berlin",
            "W. Europe Standard Time",
            "/freeassociation.sourceforge.net/Europe/Berlin",
            "/mozilla.org/20050126_1/Europe/Berlin",
            "\"Europe/Berlin\"",
        ] {
            assert_eq!(zones("").find(id), Some(berlin.clone()), "{id}");
        }
        let located = "BEGIN:VTIMEZONE\nTZID:Berlin\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE\n";
        assert_eq!(zones(located).find("Berlin"), Some(berlin));
        let argentina = TimeZone::get("America/Argentina/Ushuaia").unwrap();
        assert_eq!(zones("").find("/x/America/Argentina/Ushuaia"), Some(argentina));
        for id in ["", "/", "Berlin", "(UTC+01:00) Amsterdam, Berlin, Bern"] {
            assert_eq!(zones("").find(id), None, "{id}");
        }
    }

    #[test]
    fn rules_that_make_no_sense_make_no_zone() {
        let one = |lines: &str| {
            let text =
                format!("BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\n{lines}END:STANDARD\nEND:VTIMEZONE\n");
            zones(&text).find("X")
        };
        for lines in [
            "",
            "DTSTART:19700101T000000\n",
            "DTSTART:19700101\nTZOFFSETTO:+0100\n",
            "DTSTART:19700101T000000\nTZOFFSETTO:+01\n",
            "DTSTART:19700101T000000\nTZOFFSETTO:+9900\n",
            "DTSTART:19700101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=DAILY\n",
            "DTSTART:19700101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-2SU\n",
        ] {
            assert_eq!(one(lines), None, "{lines:?}");
        }
    }
}
