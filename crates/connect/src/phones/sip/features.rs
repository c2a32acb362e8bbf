//! `as-feature-event`: do not disturb and forwarding as a phone and its server tell each other (facts/asterisk.md
//! section 6, facts/sip-samples.json); pure.

use super::xml::{self, Element, Odd};

pub const PACKAGE: &str = "as-feature-event";
pub const CONTENT_TYPE: &str = "application/x-as-feature-event+xml";
const NAMESPACE: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";
/// A server sends three or four.
const MOST: usize = 32;

/// What a server tells. `Debug` hides the target.
#[derive(Clone, PartialEq, Eq)]
pub enum Feature {
    Dnd(bool),
    /// The forward of all calls.
    Forward {
        on: bool,
        to: String,
    },
    /// One that is not ours: when busy, on no answer, or something else.
    Other,
}

impl std::fmt::Debug for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dnd(on) => write!(f, "Dnd({on})"),
            Self::Forward { on, .. } => write!(f, "Forward({on}, …)"),
            Self::Other => f.write_str("Other"),
        }
    }
}

/// A body: one event, several in parts, or nothing.
///
/// # Errors
/// It is none of these.
pub fn parse(content_type: &str, body: &[u8]) -> Result<Vec<Feature>, Odd> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("multipart/mixed") {
        return Ok(vec![one(body)?]);
    }
    let boundary = super::message::parameter(content_type, "boundary").filter(|text| !text.is_empty());
    let text = std::str::from_utf8(body).map_err(|_| Odd)?;
    let between = format!("--{}", boundary.ok_or(Odd)?);
    let mut features = Vec::new();
    for part in text.split(between.as_str()).skip(1).take(MOST) {
        if part.starts_with("--") {
            break;
        }
        let (_, inner) = part
            .split_once("\r\n\r\n")
            .or_else(|| part.split_once("\n\n"))
            .ok_or(Odd)?;
        features.push(one(inner.as_bytes())?);
    }
    Ok(features)
}

fn one(body: &[u8]) -> Result<Feature, Odd> {
    let root = xml::parse(body)?;
    if root.namespace != NAMESPACE {
        return Err(Odd);
    }
    match root.name.as_str() {
        "DoNotDisturbEvent" => Ok(Feature::Dnd(flag(&root, "doNotDisturbOn")?)),
        "ForwardingEvent" => {
            let kind = root.child("forwardingType").ok_or(Odd)?.text();
            if kind != "forwardImmediate" {
                return Ok(Feature::Other);
            }
            let to = root.child("forwardTo").map_or("", Element::text);
            Ok(Feature::Forward {
                on: flag(&root, "forwardStatus")?,
                to: dialled(to).to_owned(),
            })
        }
        _ => Ok(Feature::Other),
    }
}

fn flag(element: &Element, name: &str) -> Result<bool, Odd> {
    match element.child(name).ok_or(Odd)?.text() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Odd),
    }
}

/// The number in an address, as some servers write it.
fn dialled(target: &str) -> &str {
    let target = ["tel:", "sip:", "sips:"]
        .iter()
        .find_map(|scheme| target.strip_prefix(scheme))
        .unwrap_or(target);
    target.split(['@', ';']).next().unwrap_or(target)
}

/// The body that switches do not disturb.
pub fn set_dnd(on: bool) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<SetDoNotDisturb xmlns=\"{NAMESPACE}\">\r\n\
         <device></device>\r\n<doNotDisturbOn>{on}</doNotDisturbOn>\r\n</SetDoNotDisturb>\r\n"
    )
}

/// The body that switches the forward of all calls; `to` is where it goes, or went.
pub fn set_forward(on: bool, to: &str) -> String {
    let to = xml::escape(to);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<SetForwarding xmlns=\"{NAMESPACE}\">\r\n\
         <device></device>\r\n<forwardingType>forwardImmediate</forwardingType>\r\n\
         <activateForward>{on}</activateForward>\r\n<forwardDN>{to}</forwardDN>\r\n</SetForwarding>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> String {
        let samples: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/data/sip-samples.json")).unwrap();
        let body = samples["as_feature"][name].as_str().unwrap();
        body.replace("\"NS\"", &format!("\"{NAMESPACE}\""))
    }

    #[test]
    fn the_samples_read_as_expected() {
        let read = |name: &str| parse(CONTENT_TYPE, sample(name).as_bytes()).unwrap();
        assert_eq!(read("notify_dnd_live"), [Feature::Dnd(true)]);
        let to = "0301234".to_owned();
        assert_eq!(read("notify_forward_live"), [Feature::Forward { on: true, to }]);
        assert_eq!(parse(CONTENT_TYPE, b"").unwrap(), []);
    }

    #[test]
    fn several_come_in_parts() {
        let part = |inner: &str| format!("--b1\r\nContent-Type: {CONTENT_TYPE}\r\n\r\n{inner}\r\n");
        let busy = sample("notify_forward_live").replace("forwardImmediate", "forwardBusy");
        let body = format!("{}{}--b1--\r\n", part(&sample("notify_dnd_live")), part(&busy));
        let read = parse("multipart/mixed; boundary=\"b1\"", body.as_bytes());
        assert_eq!(read.unwrap(), [Feature::Dnd(true), Feature::Other]);
        assert_eq!(parse("multipart/mixed", body.as_bytes()), Err(Odd));
    }

    #[test]
    fn what_is_asked_for_is_as_the_samples_have_it() {
        let squeezed = |text: &str| {
            let text = text.replace("UTF-8", "ISO-8859-1");
            text.replace("\r\n", "")
        };
        assert_eq!(squeezed(&set_dnd(true)), sample("set_dnd"));
        assert_eq!(squeezed(&set_forward(true, "0301234")), sample("set_forward"));
    }

    #[test]
    fn what_is_no_feature_is_refused() {
        let event =
            |inner: &str| format!("<DoNotDisturbEvent xmlns=\"{NAMESPACE}\">{inner}</DoNotDisturbEvent>");
        for body in [
            "<DoNotDisturbEvent/>".to_owned(),
            event(""),
            event("<doNotDisturbOn>maybe</doNotDisturbOn>"),
            "x".to_owned(),
        ] {
            assert_eq!(parse(CONTENT_TYPE, body.as_bytes()), Err(Odd), "{body}");
        }
        assert_eq!(dialled("tel:+4930;x=1"), "+4930");
        assert_eq!(dialled("sip:4711@pbx"), "4711");
    }
}
