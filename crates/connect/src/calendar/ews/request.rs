//! `FindItem` with a `CalendarView`: the occurrences of a window of the person's own calendar ([MS-OXWSSRCH] section
//! 3.1.4.2, learn.microsoft.com "CalendarView").

use jiff::{Timestamp, Unit};

/// So many are asked for at once; a server's own limit is 1000 (`EWSFindCountLimit`), and it cuts without a word.
pub(super) const MOST: usize = 500;

/// Everything that is judged, and nothing of the text, the place or the people.
const FIELDS: [&str; 10] = [
    "item:Subject",
    "item:Sensitivity",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:LegacyFreeBusyStatus",
    "calendar:IsCancelled",
    "calendar:CalendarItemType",
    "calendar:MyResponseType",
    "calendar:StartTimeZone",
];

/// Which schema the answer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// The first one with "working elsewhere".
    Exchange2013,
    /// For servers that know no later one.
    Exchange2010,
}

impl Schema {
    const fn name(self) -> &'static str {
        match self {
            Self::Exchange2013 => "Exchange2013",
            Self::Exchange2010 => "Exchange2010",
        }
    }
}

/// The whole envelope. Without a `TimeZoneContext` times come back in UTC.
pub(super) fn envelope(schema: Schema, from: Timestamp, until: Timestamp) -> String {
    let second = |at: Timestamp| at.round(Unit::Second).unwrap_or(at);
    let fields: String = FIELDS
        .iter()
        .map(|field| format!("<t:FieldURI FieldURI=\"{field}\"/>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">\
         <soap:Header><t:RequestServerVersion Version=\"{}\"/></soap:Header>\
         <soap:Body><m:FindItem Traversal=\"Shallow\">\
         <m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>\
         <t:AdditionalProperties>{fields}</t:AdditionalProperties></m:ItemShape>\
         <m:CalendarView MaxEntriesReturned=\"{MOST}\" StartDate=\"{}\" EndDate=\"{}\"/>\
         <m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds>\
         </m:FindItem></soap:Body></soap:Envelope>",
        schema.name(),
        second(from),
        second(until)
    )
}

#[cfg(test)]
mod tests {
    use super::super::xml::{self, Ns};
    use super::*;

    #[test]
    fn r17_only_what_is_judged_is_asked_for_and_times_are_in_utc() {
        let text = envelope(
            Schema::Exchange2013,
            "2026-01-15T00:00:00.25Z".parse().unwrap(),
            "2026-01-17T00:00:00+01:00".parse().unwrap(),
        );
        let root = xml::parse(text.as_bytes()).unwrap();
        let body = root.child(Ns::Soap, "Body").unwrap();
        let find = body.child(Ns::Messages, "FindItem").unwrap();
        let view = find.child(Ns::Messages, "CalendarView").unwrap();
        assert_eq!(view.attribute("StartDate"), Some("2026-01-15T00:00:00Z"));
        assert_eq!(view.attribute("EndDate"), Some("2026-01-16T23:00:00Z"));
        assert!(!text.contains("Body\"") && !text.contains("Location") && !text.contains("Attendees"));
        assert!(text.contains("Version=\"Exchange2013\""));
    }
}
