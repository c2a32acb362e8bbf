//! What must hold for whatever lies in a file, or somebody's server sends.

use super::config::{IcsConfig, Place};
use super::error::Where;
use super::series::{self, Window};
use super::{Calendar, config};
use crate::phones::tls::Tls;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A calendar, read for a few days in a zone whose clocks are changed in them.
pub fn calendar(input: &[u8]) {
    let own = ["ada@example.com".to_owned()];
    let Ok(calendar) = Calendar::parse(input, &own, &Where::File) else {
        return;
    };
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let at = |second| Timestamp::from_second(second).unwrap_or_default();
    // The last days of March 2026.
    let (from, until) = (at(1_774_566_000), at(1_774_908_000));
    let window = Window {
        from,
        until,
        own: &zone,
    };
    let Ok(found) = series::occurrences(&calendar.events, &window) else {
        return;
    };
    for appointment in found {
        let (start, end) = appointment.span.bounds(&zone);
        assert!(start <= end, "an end after its begin");
        assert!(start < until && end >= from, "inside the window");
        assert!(appointment.subject.chars().count() <= 500, "no endless subject");
        assert!(appointment.id.as_str().len() <= 200, "no endless name");
    }
}

/// Place, user and encryption, a line each.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let Ok(config) = IcsConfig::parse(line(), line(), line()) else {
        return;
    };
    match &config.place {
        Place::File(path) => assert!(path.is_absolute()),
        Place::Address(address) => {
            let config::Address { url, tls, .. } = &**address;
            assert_eq!(
                url.scheme() == "http",
                *tls == Tls::Off,
                "plain on loopback alone"
            );
            assert!(url.username().is_empty() && url.password().is_none());
        }
    }
}
