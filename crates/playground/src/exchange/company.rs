//! The company's own Exchange: everybody's calendar, the same that Graph shows.

use std::fmt::Write as _;
use std::sync::{Arc, Weak};

use super::{ExchangeAccount, ExchangeCalendars, ExchangeItem, ExchangeSetup};
use crate::World;
use crate::graph::calendar::CalendarEvent;

impl ExchangeSetup {
    pub(crate) fn of_company(world: &Arc<World>) -> Self {
        let accounts = world
            .people
            .iter()
            .map(|person| ExchangeAccount::new(&person.key, &password(&person.key)));
        let weak: Weak<World> = Arc::downgrade(world);
        Self {
            accounts: accounts.collect(),
            calendars: ExchangeCalendars::new(move |person| {
                let Some(world) = weak.upgrade() else {
                    return Vec::new();
                };
                let calendars = world.calendars.lock();
                let events = calendars.get(person).into_iter().flatten();
                events.filter_map(item).collect()
            }),
            ..Self::default()
        }
    }
}

/// What the person signs in to Exchange with.
pub(crate) fn password(person: &str) -> String {
    format!("playground-{person}")
}

/// In the words of the schema ([MS-OXWSCDATA] sections 2.2.5.16 and 2.2.5.30, `SensitivityChoicesType`).
fn item(event: &CalendarEvent) -> Option<ExchangeItem> {
    let (start, end) = event.moments()?;
    let status = match event.show_as.as_str() {
        "free" => "Free",
        "tentative" => "Tentative",
        "busy" => "Busy",
        "oof" => "OOF",
        "workingElsewhere" => "WorkingElsewhere",
        _ => "NoData",
    };
    let sensitivity = match event.sensitivity.as_str() {
        "personal" => "Personal",
        "private" => "Private",
        "confidential" => "Confidential",
        _ => "Normal",
    };
    let response = match event.response.as_str() {
        "organizer" => "Organizer",
        "tentativelyAccepted" => "Tentative",
        "accepted" => "Accept",
        "declined" => "Decline",
        "notResponded" => "NoResponseReceived",
        _ => "Unknown",
    };
    let mut more = String::new();
    for (name, value) in [
        ("Sensitivity", sensitivity),
        ("IsAllDayEvent", word(event.is_all_day())),
        ("LegacyFreeBusyStatus", status),
        ("IsCancelled", word(event.is_cancelled)),
        ("MyResponseType", response),
    ] {
        let _infallible = write!(more, "<t:{name}>{value}</t:{name}>");
    }
    more.push_str("<t:StartTimeZone Id=\"W. Europe Standard Time\"/>");
    Some(ExchangeItem {
        id: escaped(&event.id),
        subject: escaped(&event.subject),
        start,
        end,
        more,
    })
}

const fn word(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}
