//! Own lines, their calls, do not disturb and forwards, as the server tells them (facts/estos-csta.md sections 1.4 and
//! 1.5, facts/estos-ucserver.json). Pure.

use super::rose::Odd;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Do not disturb can be set.
const CAN_DND: i64 = 2;
/// All calls can be forwarded at once; also the mode of such a forward.
pub const ALL_CALLS: i64 = 1;

/// What is wrong with a line that the server cannot use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    NoPhone,
    NoPbx,
    NoLicence,
}

impl Trouble {
    /// By the open status; 0 to 2 are none, and so is what is not published.
    pub const fn of(status: i64) -> Option<Self> {
        match status {
            3 => Some(Self::NoPhone),
            4 | 5 => Some(Self::NoPbx),
            6..=9 => Some(Self::NoLicence),
            _ => None,
        }
    }

    pub fn fault(self) -> Fault {
        let code = match self {
            Self::NoPhone => Code::PhoneLineNoPhone,
            Self::NoPbx => Code::PhoneLineNoPbx,
            Self::NoLicence => Code::PhoneLineNoLicence,
        };
        Fault::new(FaultKind::Rejected, code)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPhone => "has no phone",
            Self::NoPbx => "has no way to the PBX",
            Self::NoLicence => "has no licence",
        })
    }
}

/// A line, by its address (`tel:…`), which is its key for everything. `Debug` shows no number.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct LineInfo {
    #[serde(rename = "u8sLinePhoneNumber")]
    pub address: String,
    #[serde(rename = "u8sPhoneNumber", default)]
    pub number: String,
    #[serde(rename = "iType", default)]
    kind: i64,
    #[serde(rename = "iLineOpenStatus", default)]
    status: i64,
    #[serde(rename = "iLineFeatures", default)]
    features: i64,
    #[serde(rename = "iForwardFeaturesPBX", default)]
    forwards: i64,
}

impl fmt::Debug for LineInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineInfo")
            .field("status", &self.status)
            .field("features", &self.features)
            .finish_non_exhaustive()
    }
}

impl LineInfo {
    pub const fn is_primary(&self) -> bool {
        self.kind == 1
    }

    pub const fn trouble(&self) -> Option<Trouble> {
        Trouble::of(self.status)
    }

    pub const fn can_dnd(&self) -> bool {
        self.features & CAN_DND != 0
    }

    pub const fn can_forward(&self) -> bool {
        self.forwards & ALL_CALLS != 0
    }

    /// Whether a person means this line by what they typed: its address, its number, or the end of its number.
    pub fn is_meant(&self, typed: &str) -> bool {
        if typed == self.address || typed == self.number {
            return true;
        }
        let bare = self.address.strip_prefix("tel:").unwrap_or(&self.address);
        let bare = bare.split('@').next().unwrap_or(bare);
        let typed = digits(typed);
        !typed.is_empty()
            && [bare, &self.number]
                .iter()
                .any(|number| digits(number).ends_with(&typed))
    }
}

/// A number without what people put between digits.
pub fn digits(number: &str) -> String {
    number
        .chars()
        .filter(|c| !c.is_whitespace() && !"-/().".contains(*c))
        .collect()
}

/// A target in the form that the interface wants: `+` and digits.
pub fn long_form(target: &str) -> Option<String> {
    let target = digits(target);
    let rest = target.strip_prefix('+')?;
    let fits = (5..=20).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(target)
}

/// A forward that is set. `Debug` shows no number.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Forward {
    #[serde(rename = "iForwardController", default)]
    controller: i64,
    #[serde(rename = "iForwardMode", default)]
    mode: i64,
    #[serde(rename = "u8sDestination", default)]
    target: String,
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// The target of the forward of all calls.
pub fn forward_of(forwards: &[Forward]) -> Option<String> {
    let all = forwards.iter().find(|forward| forward.is_of_all());
    all.map(|forward| digits(&forward.target))
}

/// Whether there are others beside one of all calls in the PBX: taking ours away could take them with it.
pub fn has_others(forwards: &[Forward]) -> bool {
    let of_all = forwards.iter().filter(|forward| forward.is_of_all()).count();
    of_all > 1 || of_all < forwards.len()
}

impl Forward {
    const fn is_of_all(&self) -> bool {
        self.mode == ALL_CALLS && self.controller <= 1
    }
}

/// `Debug` shows no number.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Call {
    #[serde(rename = "u8sConnectionID")]
    connection: String,
    #[serde(rename = "iCallState", default)]
    state: i64,
    #[serde(rename = "u8sLinePhoneNumber", default)]
    pub line: String,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What has become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    Is(CallState),
    Over,
    /// A state that says nothing about being in a call.
    Unclear,
}

impl Call {
    /// Two lines may be in one call: each has its own.
    pub fn id(&self, line: &str) -> CallId {
        let digest = Sha256::new()
            .chain_update(line)
            .chain_update([0])
            .chain_update(&self.connection)
            .finalize();
        CallId::new(
            digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        )
    }

    pub const fn now(&self) -> Now {
        match self.state {
            2 => Now::Is(CallState::Ringing),
            4 | 8 => Now::Is(CallState::Dialling),
            32 => Now::Is(CallState::Connected),
            64 => Now::Is(CallState::Conference),
            128 => Now::Is(CallState::Held),
            // Destroyed; the other side is busy; the other side has hung up.
            1 | 16 | 256 => Now::Over,
            _ => Now::Unclear,
        }
    }
}

/// The answer to the start of a monitor, and to a snapshot (without `monitor`).
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    #[serde(rename = "u8sMonitorCrossRefID", default)]
    pub monitor: Option<String>,
    #[serde(rename = "lineInfo")]
    pub info: LineInfo,
    #[serde(rename = "seqCalls", default)]
    pub calls: Vec<Call>,
    #[serde(rename = "iDoNotDisturb")]
    dnd: i64,
    #[serde(rename = "seqLineForwards", default)]
    pub forwards: Vec<Forward>,
}

impl Snapshot {
    pub const fn dnd(&self) -> bool {
        self.dnd != 0
    }
}

/// An event of a monitor; which member is there depends on the event.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    #[serde(rename = "u8sMonitorCrossRefID")]
    pub monitor: String,
    #[serde(rename = "lineInfo")]
    pub info: Option<LineInfo>,
    #[serde(rename = "iDoNotDisturb")]
    pub dnd: Option<i64>,
    #[serde(rename = "seqLineForwards")]
    pub forwards: Option<Vec<Forward>>,
    #[serde(rename = "callinformation")]
    pub call: Option<Call>,
}

#[derive(Debug, Deserialize)]
struct Lines {
    #[serde(rename = "seqLines", default)]
    lines: Vec<LineInfo>,
}

/// # Errors
/// Where it has not the shape.
pub fn lines(value: Value) -> Result<Vec<LineInfo>, Odd> {
    shaped::<Lines>(value).map(|list| list.lines)
}

/// # Errors
/// Where it has not the shape.
pub fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, Odd> {
    serde_json::from_value(value).map_err(|_| Odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(features: i64, forwards: i64, status: i64) -> LineInfo {
        shaped(json!({
            "u8sLinePhoneNumber": "tel:+493055501001@pbx", "u8sPhoneNumber": "+49 30 5550-1001", "iType": 1,
            "iLineOpenStatus": status, "iLineFeatures": features, "iForwardFeaturesPBX": forwards, "new": {},
        }))
        .unwrap()
    }

    #[test]
    fn feature_bits_and_status_are_the_published_ones() {
        let published: Value =
            serde_json::from_str(include_str!("../../../tests/data/estos-ucserver.json")).unwrap();
        let enums = &published["enums"];
        assert_eq!(enums["line_features"]["2"], "DND can be set");
        assert_eq!(enums["forward_mode"]["1"], "immediate");
        assert!(line(2, 1, 2).can_dnd() && line(2, 1, 2).can_forward());
        assert!(!line(1 | 4 | 8, 2 | 4, 2).can_dnd() && !line(1, 2 | 4, 2).can_forward());
        for status in enums["line_open_status"].as_object().unwrap().keys() {
            let status: i64 = status.parse().unwrap();
            let trouble = line(0, 0, status).trouble();
            assert_eq!(trouble.is_some(), status >= 3, "{status}");
        }
    }

    #[test]
    fn every_published_state_of_a_call() {
        let published: Value =
            serde_json::from_str(include_str!("../../../tests/data/estos-ucserver.json")).unwrap();
        let wanted = |state: i64| match state {
            2 => Now::Is(CallState::Ringing),
            4 | 8 => Now::Is(CallState::Dialling),
            32 => Now::Is(CallState::Connected),
            64 => Now::Is(CallState::Conference),
            128 => Now::Is(CallState::Held),
            1 | 16 | 256 => Now::Over,
            0 | 512 => Now::Unclear,
            other => panic!("{other} is new"),
        };
        for state in published["enums"]["call_state_bits"].as_object().unwrap().keys() {
            let state: i64 = state.parse().unwrap();
            let call: Call = shaped(json!({"u8sConnectionID": "{A}", "iCallState": state})).unwrap();
            assert_eq!(call.now(), wanted(state), "{state}");
        }
    }

    #[test]
    fn a_line_is_found_by_what_people_type() {
        let line = line(0, 0, 2);
        for typed in [
            "tel:+493055501001@pbx",
            "+49 30 5550-1001",
            "1001",
            "5550 1001",
            "+493055501001",
        ] {
            assert!(line.is_meant(typed), "{typed}");
        }
        for other in ["1002", "", "  ", "10010", "pbx"] {
            assert!(!line.is_meant(other), "{other}");
        }
    }

    #[test]
    fn targets_have_the_long_form() {
        assert_eq!(
            long_form("+49 8151 36856-177").as_deref(),
            Some("+49815136856177")
        );
        for odd in ["0815136856177", "+49", "+49x815136856", "", "+", "1001"] {
            assert_eq!(long_form(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_forward_of_all_calls_is_told_from_others() {
        let forward = |mode: i64, controller: i64| json!({"iForwardMode": mode, "iForwardController": controller, "u8sDestination": "+49 30 1"});
        let forwards = |list: Value| shaped::<Vec<Forward>>(list).unwrap();
        let own = forwards(json!([forward(1, 1)]));
        assert_eq!(
            (forward_of(&own).as_deref(), has_others(&own)),
            (Some("+49301"), false)
        );
        assert!(!has_others(&[]));
        for others in [
            json!([forward(2, 1)]),
            json!([forward(1, 1), forward(4, 1)]),
            json!([forward(1, 1), forward(1, 1)]),
            json!([forward(1, 2)]),
        ] {
            assert!(has_others(&forwards(others.clone())), "{others}");
        }
        assert_eq!(
            forward_of(&forwards(json!([forward(1, 4)]))),
            None,
            "the server's own"
        );
    }

    #[test]
    fn nothing_personal_shows() {
        let snapshot: Snapshot = shaped(json!({
            "u8sMonitorCrossRefID": "1", "iDoNotDisturb": 1,
            "lineInfo": {"u8sLinePhoneNumber": "tel:planted", "u8sPhoneNumber": "planted"},
            "seqCalls": [{"u8sConnectionID": "planted", "iCallState": 32, "u8sRemoteNumberSC": "planted"}],
            "seqLineForwards": [{"iForwardMode": 1, "u8sDestination": "planted"}],
        }))
        .unwrap();
        assert!(snapshot.dnd());
        assert!(!format!("{snapshot:?}").contains("planted"));
        assert!(!snapshot.calls[0].id("tel:planted").as_str().contains("planted"));
    }
}
