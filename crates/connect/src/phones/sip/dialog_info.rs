//! The dialogs of an extension (RFC 4235, facts/asterisk.md section 4): a body becomes values; pure.

use super::xml::{self, Element, Odd};

const NAMESPACE: &str = "urn:ietf:params:xml:ns:dialog-info";
/// More dialogs than any extension has.
const MOST: usize = 200;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogInfo {
    pub version: u64,
    /// All there are, else those that have changed.
    pub is_full: bool,
    pub dialogs: Vec<Dialog>,
}

/// `Debug` hides the identifiers, which may be a number.
#[derive(Clone, PartialEq, Eq)]
pub struct Dialog {
    pub id: String,
    pub call_id: Option<String>,
    pub phase: Phase,
    pub direction: Option<Direction>,
    /// Our own end plays nothing: on hold.
    pub is_held: bool,
    /// Says who the other is: a real dialog. Asterisk's stand-in for a state says so while it rings alone.
    pub has_remote: bool,
}

impl std::fmt::Debug for Dialog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialog")
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl Dialog {
    /// A stand-in that says that something is up, and not what: a call, or do not disturb.
    pub const fn is_bare(&self) -> bool {
        self.call_id.is_none() && !self.has_remote
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Trying,
    Early,
    Confirmed,
    Terminated,
}

/// Who began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Initiator,
    Recipient,
}

/// An empty body is an extension of which nothing is known to be up (facts/asterisk.md section 4).
///
/// # Errors
/// It is no list of dialogs.
pub fn parse(body: &[u8]) -> Result<DialogInfo, Odd> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(DialogInfo {
            version: 0,
            is_full: true,
            dialogs: Vec::new(),
        });
    }
    let root = xml::parse(body)?;
    if !root.is(NAMESPACE, "dialog-info") {
        return Err(Odd);
    }
    let version = root
        .attribute("version")
        .and_then(|text| text.trim().parse().ok());
    let is_full = match root.attribute("state") {
        Some("full") => true,
        Some("partial") => false,
        Some(_) | None => return Err(Odd),
    };
    let dialogs: Vec<Dialog> = root.named("dialog").map(dialog).collect::<Result<_, _>>()?;
    if dialogs.len() > MOST {
        return Err(Odd);
    }
    Ok(DialogInfo {
        version: version.ok_or(Odd)?,
        is_full,
        dialogs,
    })
}

fn dialog(element: &Element) -> Result<Dialog, Odd> {
    let phase = match element.child("state").ok_or(Odd)?.text() {
        "trying" | "proceeding" => Phase::Trying,
        "early" => Phase::Early,
        "confirmed" => Phase::Confirmed,
        "terminated" => Phase::Terminated,
        _ => return Err(Odd),
    };
    let direction = match element.attribute("direction") {
        Some("initiator") => Some(Direction::Initiator),
        Some("recipient") => Some(Direction::Recipient),
        Some(_) | None => None,
    };
    let target = element.child("local").and_then(|local| local.child("target"));
    let is_still = |parameter: &Element| {
        parameter.attribute("pname") == Some("+sip.rendering") && parameter.attribute("pval") == Some("no")
    };
    Ok(Dialog {
        id: element.attribute("id").ok_or(Odd)?.to_owned(),
        call_id: element.attribute("call-id").map(str::to_owned),
        phase,
        direction,
        is_held: target.is_some_and(|target| target.named("param").any(is_still)),
        has_remote: element.child("remote").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every body of facts/sip-samples.json.
    #[test]
    fn the_samples_read_as_expected() {
        let samples: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/data/sip-samples.json")).unwrap();
        let mut seen = 0;
        for sample in samples["dialog_info"].as_array().unwrap() {
            let info = parse(sample["body"].as_str().unwrap().as_bytes()).unwrap();
            let one = info.dialogs.first();
            let case = sample["case"].as_str().unwrap();
            match case {
                "idle" => assert_eq!(one.unwrap().phase, Phase::Terminated),
                "ringing" => {
                    let one = one.unwrap();
                    assert_eq!(
                        (one.phase, one.direction, one.is_bare()),
                        (Phase::Early, Some(Direction::Recipient), false)
                    );
                }
                "in a call, or on hold, or DND in the hint" => {
                    assert_eq!(one.unwrap().phase, Phase::Confirmed);
                    assert!(one.unwrap().is_bare());
                }
                "no dialogs" => assert!(info.is_full && one.is_none() && info.version == 7),
                "partial, one of two ends" => {
                    assert!(!info.is_full && info.version == 9);
                    assert_eq!(one.unwrap().phase, Phase::Terminated);
                }
                "prefix and hold" => assert!(one.unwrap().is_held),
                other => panic!("an unknown sample: {other}"),
            }
            assert!(!format!("{info:?}").contains("101"), "{info:?}");
            seen += 1;
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn what_is_no_list_of_dialogs_is_refused_and_nothing_is_nobody() {
        assert_eq!(parse(b" \r\n").unwrap().dialogs, []);
        let of = |inner: &str| {
            format!("<dialog-info xmlns=\"{NAMESPACE}\" version=\"1\" state=\"full\">{inner}</dialog-info>")
        };
        for body in [
            "<presence/>".to_owned(),
            "<dialog-info version=\"1\" state=\"full\"/>".to_owned(),
            format!("<dialog-info xmlns=\"{NAMESPACE}\" state=\"full\"/>"),
            format!("<dialog-info xmlns=\"{NAMESPACE}\" version=\"1\"/>"),
            of("<dialog><state>early</state></dialog>"),
            of("<dialog id=\"a\"/>"),
            of("<dialog id=\"a\"><state>new</state></dialog>"),
            of(&"<dialog id=\"a\"><state>early</state></dialog>".repeat(201)),
        ] {
            assert_eq!(parse(body.as_bytes()), Err(Odd), "{body:.200}");
        }
    }
}
