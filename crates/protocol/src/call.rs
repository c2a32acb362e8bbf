//! How any program reports a call: the hook's event, the same on the control socket, the console and HTTP.
//!
//! Source: `facts/call-sources.md`, section 5, and the design, section 5.

use serde::{Deserialize, Serialize};

/// One event of one call, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallEvent {
    /// Always 1.
    pub v: u32,
    pub event: CallEventKind,
    /// The program or line that reports, for example `microsip`. 1 to 64 characters.
    pub source: String,
    /// The call's name at its source. Without one there is one slot per source and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Personal; dropped once the call's identity is formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Personal; dropped once the call's identity is formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// RFC 3339; informative only, arrival decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallEventKind {
    NewCall,
    Answer,
    Hold,
    Resume,
    Hangup,
    Heartbeat,
    /// Every call of the source has ended.
    Reset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}
