//! What Exchange answers: occurrences, or its own word for why not.

use super::error::Error;
use super::request::MOST;
use super::xml::{self, Element, Ns};
use crate::calendar::zones;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use offhook_engine::appointment::{Answer as Reply, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use std::time::Duration;

/// Longer subjects are cut: nobody reads them, and a status text is much shorter.
const SUBJECT: usize = 500;
/// Nobody means a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Occurrences {
        read: Vec<Appointment>,
        /// Those that can't be understood.
        left_out: usize,
        /// There are no more of them in the window.
        whole: bool,
    },
    /// There is more than the server gives at once: a smaller window is to be asked for.
    TooMany,
    /// The server does not know the schema that was asked for.
    OlderSchema,
}

/// `own`: the person's zone.
///
/// # Errors
/// See [`Error`].
pub(super) fn parse(body: &[u8], host: &str, own: &TimeZone) -> Result<Answer, Error> {
    let not_exchange = || Error::NotExchange(host.to_owned());
    let root = xml::parse(body).map_err(|error| {
        tracing::debug!(%error, "the answer can't be read");
        not_exchange()
    })?;
    let envelope = root.is(Ns::Soap, "Envelope").then_some(&root);
    let body = envelope.and_then(|root| root.child(Ns::Soap, "Body"));
    let body = body.ok_or_else(not_exchange)?;
    if let Some(fault) = body.child(Ns::Soap, "Fault") {
        return refusal(fault_word(fault), back_off(fault), host);
    }
    let response = body.child(Ns::Messages, "FindItemResponse");
    let messages = response.and_then(|response| response.child(Ns::Messages, "ResponseMessages"));
    let message = messages.and_then(|all| all.child(Ns::Messages, "FindItemResponseMessage"));
    let message = message.ok_or_else(not_exchange)?;
    let code = message.text_of(Ns::Messages, "ResponseCode").unwrap_or_default();
    match message.attribute("ResponseClass") {
        Some("Success") if code == "NoError" => {}
        Some(_) => return refusal(Some(code), back_off(message), host),
        None => return Err(not_exchange()),
    }
    let folder = message
        .child(Ns::Messages, "RootFolder")
        .ok_or_else(not_exchange)?;
    let items = folder
        .child(Ns::Types, "Items")
        .map_or(&[][..], |items| items.children.as_slice());
    let read: Vec<Appointment> = items
        .iter()
        .filter(|item| item.is(Ns::Types, "CalendarItem"))
        .filter_map(|item| appointment(item, own))
        .collect();
    Ok(Answer::Occurrences {
        left_out: items.len() - read.len(),
        whole: folder.attribute("IncludesLastItemInRange") == Some("true") && items.len() < MOST,
        read,
    })
}

/// `detail/ResponseCode`, or the name in `faultcode` (`a:ErrorServerBusy`).
fn fault_word(fault: &Element) -> Option<&str> {
    let detail = fault.child(Ns::Other, "detail");
    let told = detail.and_then(|detail| detail.text_of(Ns::Errors, "ResponseCode"));
    let code = || {
        let text = fault.text_of(Ns::Other, "faultcode")?;
        Some(text.rsplit_once(':').map_or(text, |(_prefix, name)| name))
    };
    told.or_else(code)
}

/// `MessageXml/Value[@Name="BackOffMilliseconds"]`, beside or below the detail of a fault.
fn back_off(place: &Element) -> Option<Duration> {
    let place = place.child(Ns::Other, "detail").unwrap_or(place);
    let message = place
        .children
        .iter()
        .find(|child| child.name == "MessageXml" && child.ns != Ns::Other)?;
    let value = message.children.iter().find(|value| {
        value.is(Ns::Types, "Value") && value.attribute("Name") == Some("BackOffMilliseconds")
    })?;
    let wait = Duration::from_millis(value.text.trim().parse().ok()?);
    Some(wait.min(LONGEST_WAIT))
}

/// By the words of [MS-OXWSCDATA] section 2.2.5.24.
fn refusal(word: Option<&str>, wait: Option<Duration>, host: &str) -> Result<Answer, Error> {
    let plain = |word: &&str| {
        word.len() <= 60 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let Some(word) = word.filter(plain) else {
        return Err(Error::NotExchange(host.to_owned()));
    };
    match word {
        "ErrorServerBusy" | "ErrorExceededConnectionCount" => Err(Error::Busy {
            host: host.to_owned(),
            wait,
        }),
        "ErrorExceededFindCountLimit" | "ErrorCalendarViewRangeTooBig" => Ok(Answer::TooMany),
        "ErrorInvalidServerVersion" | "ErrorSchemaValidation" => Ok(Answer::OlderSchema),
        "ErrorAccessDenied" | "ErrorAccountDisabled" => Err(Error::NotPermitted(word.to_owned())),
        "ErrorInternalServerTransientError"
        | "ErrorInternalServerError"
        | "ErrorMailboxMoveInProgress"
        | "ErrorMailboxStoreUnavailable"
        | "ErrorTimeoutExpired"
        | "ErrorADUnavailable" => Err(Error::Ailing(host.to_owned())),
        word => Err(Error::Refused(word.to_owned())),
    }
}

fn appointment(item: &Element, own: &TimeZone) -> Option<Appointment> {
    let text = |name: &str| item.text_of(Ns::Types, name);
    let is = |name: &str| matches!(text(name), Some("true" | "1"));
    // The rule of a series stands in no view.
    if text("CalendarItemType") == Some("RecurringMaster") {
        return None;
    }
    let start: Timestamp = text("Start")?.parse().ok()?;
    let end: Timestamp = text("End")?.parse().ok()?;
    let span = if is("IsAllDayEvent") {
        let made_in = item.child(Ns::Types, "StartTimeZone");
        let made_in = made_in
            .and_then(|zone| zone.attribute("Id"))
            .and_then(zones::named);
        let first = day(start, made_in.as_ref(), own)?;
        let until = day(end, made_in.as_ref(), own)?;
        Span::AllDay {
            first,
            // A day has an end, whatever the clocks did.
            until: until.max(first.tomorrow().ok()?),
        }
    } else {
        Span::Timed { start, end }
    };
    Some(Appointment {
        id: AppointmentId::new(item.child(Ns::Types, "ItemId")?.attribute("Id")?),
        subject: text("Subject")
            .unwrap_or_default()
            .chars()
            .take(SUBJECT)
            .collect(),
        show_as: ShowAs::parse(text("LegacyFreeBusyStatus").unwrap_or("NoData")),
        sensitivity: sensitivity(text("Sensitivity")),
        answer: reply(text("MyResponseType")),
        cancelled: is("IsCancelled"),
        // A view does not say whether a meeting was ever sent; to its owner it is an appointment all the same.
        draft: false,
        span,
    })
}

/// The day whose midnight that is: in the zone the appointment was made in; where that is not told, in the person's
/// own; else in UTC. Clocks that were set since make it the nearest one.
fn day(at: Timestamp, made_in: Option<&TimeZone>, own: &TimeZone) -> Option<Date> {
    let local = |zone: &TimeZone| at.to_zoned(zone.clone());
    if let Some(zone) = made_in {
        return nearest(&local(zone));
    }
    let here = local(own);
    if here.time() == Time::midnight() {
        return Some(here.date());
    }
    nearest(&local(&TimeZone::UTC))
}

fn nearest(zoned: &Zoned) -> Option<Date> {
    if zoned.time() < Time::constant(12, 0, 0, 0) {
        Some(zoned.date())
    } else {
        zoned.date().tomorrow().ok()
    }
}

/// A word that nobody has described is taken for a secret.
fn sensitivity(word: Option<&str>) -> Sensitivity {
    match word {
        None | Some("Normal") => Sensitivity::Normal,
        Some("Personal") => Sensitivity::Personal,
        Some("Confidential") => Sensitivity::Confidential,
        Some(_) => Sensitivity::Private,
    }
}

fn reply(word: Option<&str>) -> Reply {
    match word {
        Some("Organizer") => Reply::Organizer,
        Some("Tentative") => Reply::TentativelyAccepted,
        Some("Accept") => Reply::Accepted,
        Some("Decline") => Reply::Declined,
        Some("NoResponseReceived") => Reply::NotResponded,
        Some(_) | None => Reply::None,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
