//! What Poly's telephony notification says. Pure.
//!
//! Older firmware wraps the event in `<PolycomIPPhone>`, newer sends it bare: both are taken. Of the events only
//! `CallStateChangeEvent` is needed; it names each call and its state ("Web Application for Polycom Phones", UC Software
//! 5.0.0, and the "Developer's Guide SoundPoint IP / SoundStation IP", SIP 3.1, for the longer words).

use super::event::{Malformed, Name, Report, What, id};
use offhook_engine::line::CallState;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const WRAPPER: &str = "PolycomIPPhone";

/// The body of a POST.
pub(super) fn of_xml(body: &[u8]) -> Result<Report, Malformed> {
    // Names of parties may come in any encoding; nothing of them is needed.
    let body = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&body);
    loop {
        match reader.read_event().map_err(|_| Malformed)? {
            Event::Start(start) | Event::Empty(start) => {
                if start.name().as_ref() == WRAPPER {
                    continue;
                }
                return of_element(&start);
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Text(text) if text.trim_ascii().is_empty() => {}
            Event::Text(_)
            | Event::End(_)
            | Event::CData(_)
            | Event::DocType(_)
            | Event::GeneralRef(_)
            | Event::Eof => return Err(Malformed),
        }
    }
}

fn of_element(start: &BytesStart<'_>) -> Result<Report, Malformed> {
    let nothing = Report {
        what: What::Nothing,
        call: Name::Unsaid,
        ongoing: None,
    };
    if start.name().as_ref() != "CallStateChangeEvent" {
        // Another of Poly's events: they all end so.
        return if start.name().as_ref().ends_with("Event") {
            Ok(nothing)
        } else {
            Err(Malformed)
        };
    }
    let attribute = |name: &str| -> Result<Option<String>, Malformed> {
        let found = start.try_get_attribute(name).map_err(|_| Malformed)?;
        found
            .map(|found| {
                let value = quick_xml::escape::unescape(&found.value).map_err(|_| Malformed)?;
                Ok(value.into_owned())
            })
            .transpose()
    };
    let state = attribute("CallState")?.ok_or(Malformed)?;
    let call = id(&attribute("CallReference")?.unwrap_or_default())?;
    Ok(Report {
        what: what(&state),
        call,
        ongoing: None,
    })
}

/// Shared lines' remote states are a colleague's calls; a dial tone is no call yet.
fn what(state: &str) -> What {
    match state.trim().to_ascii_lowercase().as_str() {
        "offering" => What::State(CallState::Ringing),
        "setup" | "proceeding" | "ringback" => What::State(CallState::Dialling),
        "connected" => What::State(CallState::Connected),
        "callconference" | "callconfhold" | "callconfheld" => What::State(CallState::Conference),
        "hold" | "held" | "callhold" | "callheld" => What::State(CallState::Held),
        "free" | "disconnected" => What::Ended,
        _ => What::Nothing,
    }
}
