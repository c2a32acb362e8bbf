//! The parts of a calendar (RFC 5545 section 3.6): which lines belong to which appointment or zone. Everything that is
//! not judged (texts, places, people, alarms) is dropped here and goes no further.

use super::lines::{self, Line};

/// The lines of an appointment that say something to us.
const OF_EVENTS: [&str; 18] = [
    "UID",
    "SUMMARY",
    "CLASS",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "ATTENDEE",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
];

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) zones: Vec<Zone>,
    pub(super) events: Vec<Vec<Line>>,
    /// The name that the calendar goes by: Google gives the address of the person whose it is.
    pub(super) name: Option<String>,
}

/// A `VTIMEZONE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) lines: Vec<Line>,
    /// `STANDARD` and `DAYLIGHT`.
    pub(super) times: Vec<Vec<Line>>,
}

/// What is no whole calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It begins otherwise.
    NotCalendar,
    /// A page for people: a sign-in, most of the time.
    WebPage,
    /// Its end is missing.
    Incomplete,
}

/// # Errors
/// See [`Broken`]: part of a calendar is none.
pub(super) fn parse(bytes: &[u8]) -> Result<Parts, Broken> {
    if bytes.iter().find(|byte| byte.is_ascii_graphic()) == Some(&b'<') {
        return Err(Broken::WebPage);
    }
    let mut parts = Parts::default();
    // Where we are, from the outside in.
    let mut within: Vec<String> = Vec::new();
    let mut calendars = 0_u32;
    for line in lines::read(bytes) {
        if calendars == 0 && within.is_empty() && !line.is("BEGIN", "VCALENDAR") {
            return Err(Broken::NotCalendar);
        }
        match line.name.as_str() {
            "BEGIN" => {
                let name = line.value.trim().to_ascii_uppercase();
                begin(&mut parts, &name, &within);
                within.push(name);
            }
            "END" => {
                let name = line.value.trim().to_ascii_uppercase();
                if let Some(at) = within.iter().rposition(|open| *open == name) {
                    within.truncate(at);
                }
                calendars += u32::from(within.is_empty());
            }
            _ => keep(&mut parts, line, &within),
        }
    }
    match (within.is_empty(), calendars) {
        (true, 0) => Err(Broken::NotCalendar),
        (true, _) => Ok(parts),
        (false, _) => Err(Broken::Incomplete),
    }
}

fn begin(parts: &mut Parts, name: &str, within: &[String]) {
    match (within, name) {
        ([_calendar], "VEVENT") => parts.events.push(Vec::new()),
        ([_calendar], "VTIMEZONE") => parts.zones.push(Zone::default()),
        ([_calendar, zone], "STANDARD" | "DAYLIGHT") if zone == "VTIMEZONE" => {
            if let Some(zone) = parts.zones.last_mut() {
                zone.times.push(Vec::new());
            }
        }
        _ => {}
    }
}

fn keep(parts: &mut Parts, line: Line, within: &[String]) {
    let zone = parts.zones.last_mut();
    let lines = match within {
        [_calendar] if line.name == "X-WR-CALNAME" => {
            parts.name = Some(line.text());
            return;
        }
        [_calendar, event] if event == "VEVENT" && OF_EVENTS.contains(&line.name.as_str()) => {
            parts.events.last_mut()
        }
        [_calendar, zone_name] if zone_name == "VTIMEZONE" => zone.map(|zone| &mut zone.lines),
        [_calendar, zone_name, _time] if zone_name == "VTIMEZONE" => {
            zone.and_then(|zone| zone.times.last_mut())
        }
        _ => None,
    };
    if let Some(lines) = lines {
        lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_judged_is_dropped() {
        let text = "BEGIN:VCALENDAR\nX-WR-CALNAME:ada@example.com\nBEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\n\
                    TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDESCRIPTION:secret\n\
                    LOCATION:secret\nORGANIZER:mailto:secret\nBEGIN:VALARM\nUID:2\nEND:VALARM\nSUMMARY:Talk\n\
                    END:VEVENT\nBEGIN:VTODO\nUID:3\nEND:VTODO\nEND:VCALENDAR\n";
        let parts = parse(text.as_bytes()).unwrap();
        assert_eq!(parts.name.as_deref(), Some("ada@example.com"));
        let names: Vec<&str> = parts.events[0].iter().map(|line| line.name.as_str()).collect();
        assert_eq!((parts.events.len(), names), (1, vec!["UID", "SUMMARY"]));
        assert_eq!(parts.events[0][0].value, "1");
        assert_eq!((parts.zones.len(), parts.zones[0].times.len()), (1, 1));
    }

    #[test]
    fn what_is_no_whole_calendar_says_which() {
        for (text, broken) in [
            ("", Broken::NotCalendar),
            ("hello", Broken::NotCalendar),
            ("BEGIN:VCARD\nEND:VCARD\n", Broken::NotCalendar),
            ("X:1\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", Broken::NotCalendar),
            (" \n<!DOCTYPE html><html>", Broken::WebPage),
            ("<?xml version=\"1.0\"?>\nBEGIN:VCALENDAR\n", Broken::WebPage),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", Broken::Incomplete),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\n",
                Broken::Incomplete,
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(broken), "{text:?}");
        }
        assert!(parse(b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nEND:VCALENDAR").is_ok());
    }
}
