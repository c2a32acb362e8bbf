//! Requests written, answers and events read (facts/csta.json, `requests`, `events`, `error_families`). Names are compared
//! without their namespace: editions differ in it.

use crate::phones::xml::{self, Element, Odd};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::time::Duration;

const SESSION: &str = "http://www.ecma-international.org/standards/ecma-354/appl_session";
const EDITION: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed";
/// Avaya's, for the login in a session (facts/csta.json, `namespaces`).
const LOGIN: &str = "http://www.avaya.com/csta";

/// One message, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub root: Element,
    /// The edition that it is written in, where it says one.
    pub edition: Option<u8>,
}

/// # Errors
/// What is no XML.
pub fn parse(text: &str) -> Result<Message, Odd> {
    let root = xml::tree(text.trim_start_matches('\u{feff}'))?;
    // Namespaces of a session and private ones name no edition that could be spoken.
    let after = text.find(EDITION).and_then(|at| text.get(at + EDITION.len()..));
    let edition = after.and_then(|rest| rest.get(..1)?.parse().ok());
    Ok(Message { root, edition })
}

/// A request in the words of one edition. Elements in the order of the standard; `Debug` of it is never wanted, since a
/// number may be among them.
struct Writer(String);

impl Writer {
    fn new(namespace: &str, name: &str) -> Self {
        Self(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name} xmlns=\"{namespace}\">"
        ))
    }

    fn element(mut self, name: &str, text: &str) -> Self {
        self.0.push_str(&format!("<{name}>"));
        xml::escape(text, &mut self.0);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    fn within(mut self, name: &str, inner: impl FnOnce(Self) -> Self) -> Self {
        self.0.push_str(&format!("<{name}>"));
        self = inner(self);
        let end = name.split(' ').next().unwrap_or(name);
        self.0.push_str(&format!("</{end}>"));
        self
    }

    fn end(mut self, name: &str) -> String {
        self.0.push_str(&format!("</{name}>"));
        self.0
    }
}

fn namespace(edition: u8) -> String {
    format!("{EDITION}{edition}")
}

/// `StartApplicationSession` of ECMA-354; a login goes where Avaya has it.
pub fn start_session(edition: u8, duration: Duration, login: Option<(&str, &SecretString)>) -> String {
    let name = "StartApplicationSession";
    let writer = Writer::new(SESSION, name).within("applicationInfo", |writer| {
        let writer = writer.element("applicationID", "Offhook");
        let Some((user, password)) = login else {
            return writer;
        };
        writer.within("applicationSpecificInfo", |writer| {
            writer.within(&format!("SessionLoginInfo xmlns=\"{LOGIN}\""), |writer| {
                writer
                    .element("userName", user)
                    .element("password", password.expose_secret())
                    .element("sessionCleanupDelay", "60")
            })
        })
    });
    // The wanted one first.
    let others = [6, 5, 4, 3].into_iter().filter(|other| *other != edition);
    let editions = std::iter::once(edition).chain(others);
    let writer = writer.within("requestedProtocolVersions", |writer| {
        editions.fold(writer, |writer, edition| {
            writer.element("protocolVersion", &namespace(edition))
        })
    });
    writer
        .element("requestedSessionDuration", &duration.as_secs().to_string())
        .end(name)
}

pub fn renew_session(session: &str, duration: Duration) -> String {
    let name = "ResetApplicationSessionTimer";
    Writer::new(SESSION, name)
        .element("sessionID", session)
        .element("requestedSessionDuration", &duration.as_secs().to_string())
        .end(name)
}

pub fn stop_session(session: &str) -> String {
    let name = "StopApplicationSession";
    Writer::new(SESSION, name).element("sessionID", session).end(name)
}

pub fn monitor_start(edition: u8, device: &str) -> String {
    let name = "MonitorStart";
    Writer::new(&namespace(edition), name)
        .within("monitorObject", |writer| writer.element("deviceObject", device))
        .end(name)
}

pub fn snapshot(edition: u8, device: &str) -> String {
    let name = "SnapshotDevice";
    Writer::new(&namespace(edition), name)
        .element("snapshotObject", device)
        .end(name)
}

pub fn dnd_of(edition: u8, device: &str) -> String {
    let name = "GetDoNotDisturb";
    Writer::new(&namespace(edition), name)
        .element("device", device)
        .end(name)
}

pub fn set_dnd(edition: u8, device: &str, on: bool) -> String {
    let name = "SetDoNotDisturb";
    Writer::new(&namespace(edition), name)
        .element("device", device)
        .element("doNotDisturbOn", truth(on))
        .end(name)
}

pub fn forwards_of(edition: u8, device: &str) -> String {
    let name = "GetForwarding";
    Writer::new(&namespace(edition), name)
        .element("device", device)
        .end(name)
}

/// Of all calls, or of those from outside, at once.
pub fn set_forward(edition: u8, device: &str, concerned: Concerned, on: bool, target: &str) -> String {
    let name = "SetForwarding";
    Writer::new(&namespace(edition), name)
        .element("device", device)
        .element("forwardingType", concerned.kind())
        .element("activateForward", truth(on))
        .element("forwardDN", target)
        .end(name)
}

/// The answer to a `SystemStatus` that the phone system asks with.
pub fn system_status(edition: u8) -> String {
    let name = "SystemStatusResponse";
    Writer::new(&namespace(edition), name).end(name)
}

const fn truth(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

/// Why something was refused, in the standard's words: the family and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub family: Family,
    word: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Operation,
    Security,
    State,
    /// Spelt `systemResourceAvailibility` in the standard.
    Resources,
    /// Licences.
    Subscribed,
    Other,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

impl Refusal {
    /// Of a limit that the administrator can raise.
    pub fn is_limit(&self) -> bool {
        self.family == Family::Subscribed || self.word.ends_with("LimitExceeded")
    }
}

/// `None`: it is no refusal.
pub fn refusal(root: &Element) -> Option<Refusal> {
    if root.name.ends_with("NegResponse") {
        let word = root.below().last().map_or("", |last| last.text.trim());
        return Some(Refusal {
            family: Family::Other,
            word: plain_word(word),
        });
    }
    if root.name != "CSTAErrorCode" {
        return None;
    }
    let reason = root.children.first();
    let family = match reason.map_or("", |reason| reason.name.as_str()) {
        "operation" => Family::Operation,
        "security" => Family::Security,
        "stateIncompatibility" => Family::State,
        "systemResourceAvailibility" => Family::Resources,
        "subscribedResourceAvailability" => Family::Subscribed,
        _ => Family::Other,
    };
    let word = reason.map_or("", |reason| reason.text.trim());
    let word = if word.is_empty() {
        reason.map_or("", |reason| reason.name.as_str())
    } else {
        word
    };
    Some(Refusal {
        family,
        word: plain_word(word),
    })
}

/// It is shown to people: a word of the vocabulary, or nothing.
fn plain_word(word: &str) -> String {
    let is_plain = !word.is_empty() && word.len() <= 60 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plain { word } else { "unspecified" }.to_owned()
}

/// A granted session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub session: String,
    /// `None`: it has no end, or none was told.
    pub duration: Option<Duration>,
    pub edition: Option<u8>,
}

/// `None`: it is no answer to that.
pub fn granted(root: &Element) -> Option<Granted> {
    if root.name != "StartApplicationSessionPosResponse" {
        return None;
    }
    let session = root.word("sessionID");
    let version = root.word("actualProtocolVersion");
    let edition = version.find(EDITION).and_then(|at| {
        let rest = version.get(at + EDITION.len()..)?;
        rest.get(..1)?.parse().ok()
    });
    (!session.is_empty()).then(|| Granted {
        session: session.to_owned(),
        duration: duration(root),
        edition,
    })
}

/// How long a session lasts now.
pub fn duration(root: &Element) -> Option<Duration> {
    let seconds = root.word("actualSessionDuration").parse().ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// `None`: it says nothing of it.
pub fn dnd(root: &Element) -> Option<bool> {
    flag(root.word("doNotDisturbOn"))
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Which calls a forward at once concerns (ECMA-323, ForwardingType: `forwardImmediate`, `forwardImmExt`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Concerned {
    #[default]
    All,
    /// From outside alone.
    External,
}

impl Concerned {
    const fn kind(self) -> &'static str {
        match self {
            Self::All => "forwardImmediate",
            Self::External => "forwardImmExt",
        }
    }
}

/// What is set of the forwards that wait for nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Forwards {
    pub target: Option<String>,
    /// Which calls go there.
    pub concerned: Concerned,
    /// Several are set, or one of internal calls alone.
    pub others: bool,
}

/// Numbers are personal.
impl fmt::Debug for Forwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwards")
            .field("target", &self.target.is_some())
            .field("concerned", &self.concerned)
            .field("others", &self.others)
            .finish()
    }
}

/// `None`: it is no answer to that.
pub fn forwards(root: &Element) -> Option<Forwards> {
    if root.name != "GetForwardingResponse" {
        return None;
    }
    let mut forwards = Forwards::default();
    let items = root.below();
    for item in items.into_iter().filter(|item| item.name == "forwardListItem") {
        if flag(item.word("forwardStatus")) != Some(true) {
            continue;
        }
        let concerned = match item.word("forwardingType") {
            "forwardImmediate" => Concerned::All,
            "forwardImmExt" => Concerned::External,
            "forwardImmInt" => {
                forwards.others = true;
                continue;
            }
            // When busy, not answered, or not to be disturbed.
            _ => continue,
        };
        let target = item.child("forwardDN").map(number_of).filter(|n| !n.is_empty());
        if forwards.target.is_some() {
            forwards.others = true;
        } else if target.is_some() {
            (forwards.target, forwards.concerned) = (target, concerned);
        }
    }
    Some(forwards)
}

/// A device's number: directly, or wrapped.
fn number_of(element: &Element) -> String {
    let wrapped = element
        .child("deviceIdentifier")
        .or(element.child("numberDialed"));
    plain(&wrapped.unwrap_or(element).text)
}

/// A device without what phone systems decorate it with: `N<101>`, `tel:+4930101`, `101@pbx`, `101;ext=1`.
pub fn plain(device: &str) -> String {
    let device = device.trim();
    let inner = device.split_once('<').map_or(device, |(_, rest)| rest);
    let inner = inner.split(['>', ';', '@']).next().unwrap_or(inner);
    let inner = ["tel:", "sip:", "sips:"]
        .iter()
        .find_map(|scheme| inner.strip_prefix(scheme))
        .unwrap_or(inner);
    inner.chars().filter(|sign| !sign.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const FACTS: &str = include_str!("../../../tests/data/csta.json");

    fn read(text: &str) -> Element {
        parse(text).unwrap().root
    }

    #[test]
    fn requests_are_written_as_published() {
        let facts: Value = serde_json::from_str(FACTS).unwrap();
        let xml = |at: usize| facts["frames"][at]["xml"].as_str().unwrap();
        assert_eq!(monitor_start(4, "1000"), xml(0));
        assert_eq!(set_dnd(4, "101", true), xml(1));
        // Order and names of what has no sample.
        for (text, name) in [
            (
                set_forward(4, "101", Concerned::All, true, "200"),
                "SetForwarding",
            ),
            (
                set_forward(4, "101", Concerned::External, true, "200"),
                "SetForwarding",
            ),
            (snapshot(4, "101"), "SnapshotDevice"),
            (dnd_of(4, "101"), "GetDoNotDisturb"),
            (forwards_of(4, "101"), "GetForwarding"),
        ] {
            let root = read(&text);
            let wanted = facts["requests"][name].as_array().unwrap();
            let wanted = wanted.iter().filter_map(|name| name.as_str());
            let needed: Vec<&str> = wanted.filter(|name| !name.contains('?')).collect();
            let written: Vec<&str> = root.children.iter().map(|child| child.name.as_str()).collect();
            assert_eq!((root.name.as_str(), written), (name, needed));
        }
        let root = read(&start_session(
            3,
            Duration::from_secs(180),
            Some(("app", &"p<w".into())),
        ));
        let names: Vec<&str> = root.below().iter().map(|child| child.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "applicationInfo",
                "applicationID",
                "applicationSpecificInfo",
                "SessionLoginInfo",
                "userName",
                "password",
                "sessionCleanupDelay",
                "requestedProtocolVersions",
                "protocolVersion",
                "protocolVersion",
                "protocolVersion",
                "protocolVersion",
                "requestedSessionDuration"
            ]
        );
        assert_eq!(root.below()[5].text, "p<w");
    }

    #[test]
    fn every_edition_is_read_alike() {
        for edition in 3..=6 {
            let text = format!(
                "<c:GetDoNotDisturbResponse xmlns:c=\"{EDITION}{edition}\"><c:new/><c:doNotDisturbOn>true</c:doNotDisturbOn></c:GetDoNotDisturbResponse>"
            );
            let message = parse(&text).unwrap();
            assert_eq!((dnd(&message.root), message.edition), (Some(true), Some(edition)));
        }
        let message = parse(&format!("<X xmlns=\"{SESSION}\"/>")).unwrap();
        assert_eq!(message.edition, None);
        let private = parse(&format!("<X xmlns=\"{EDITION}3/privA\"/>")).unwrap();
        assert_eq!(private.edition, Some(3));
    }

    #[test]
    fn refusals_are_told_apart() {
        let facts: Value = serde_json::from_str(FACTS).unwrap();
        let limit = refusal(&read(facts["frames"][3]["xml"].as_str().unwrap())).unwrap();
        assert_eq!(limit.family, Family::Resources);
        assert!(limit.is_limit());
        assert_eq!(limit.to_string(), "overallMonitorLimitExceeded");
        for family in facts["error_families"].as_array().unwrap() {
            let family = family.as_str().unwrap();
            let code = read(&format!(
                "<CSTAErrorCode><{family}>word</{family}></CSTAErrorCode>"
            ));
            assert_eq!(refusal(&code).unwrap().to_string(), "word");
        }
        assert_eq!(refusal(&read("<SetDoNotDisturbResponse/>")), None);
        let odd = read("<CSTAErrorCode><security>number +49 30 1</security></CSTAErrorCode>");
        assert_eq!(refusal(&odd).unwrap().to_string(), "unspecified");
        let session = read(
            "<StartApplicationSessionNegResponse><errorCode><definedError>x</definedError></errorCode></StartApplicationSessionNegResponse>",
        );
        assert_eq!(refusal(&session).unwrap().to_string(), "x");
    }

    #[test]
    fn sessions_and_forwards_are_read() {
        let text = format!(
            "<StartApplicationSessionPosResponse xmlns=\"{SESSION}\"><sessionID>7</sessionID><actualProtocolVersion>{EDITION}5</actualProtocolVersion><actualSessionDuration>60</actualSessionDuration></StartApplicationSessionPosResponse>"
        );
        let granted = granted(&read(&text)).unwrap();
        assert_eq!((granted.session.as_str(), granted.edition), ("7", Some(5)));
        assert_eq!(granted.duration, Some(Duration::from_secs(60)));
        let item = |kind: &str, on: &str, to: &str| {
            format!(
                "<forwardListItem><forwardingType>{kind}</forwardingType><forwardStatus>{on}</forwardStatus><forwardDN>{to}</forwardDN></forwardListItem>"
            )
        };
        let of = |items: &str| {
            let text = format!(
                "<GetForwardingResponse><forwardingList>{items}</forwardingList></GetForwardingResponse>"
            );
            forwards(&read(&text)).unwrap()
        };
        assert_eq!(of(""), Forwards::default());
        assert_eq!(
            of(&item("forwardImmediate", "true", "N&lt;200&gt;"))
                .target
                .as_deref(),
            Some("200")
        );
        assert_eq!(of(&item("forwardImmediate", "false", "200")), Forwards::default());
        assert_eq!(of(&item("forwardBusy", "true", "200")), Forwards::default());
        let external = of(&item("forwardImmExt", "true", "200"));
        assert_eq!(
            (external.target.as_deref(), external.concerned, external.others),
            (Some("200"), Concerned::External, false)
        );
        assert!(of(&item("forwardImmInt", "true", "200")).others);
        let both = item("forwardImmExt", "true", "200") + &item("forwardImmediate", "true", "300");
        assert!(of(&both).others);
        for (decorated, wanted) in [
            ("N<101>", "101"),
            ("tel:+49 30 101", "+4930101"),
            ("101@pbx", "101"),
            ("101", "101"),
        ] {
            assert_eq!(plain(decorated), wanted);
        }
    }
}
