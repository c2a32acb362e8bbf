//! Line sources: who reports calls, and what.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a line source: `phone`, `baresip`, `microsip`, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

impl SourceId {
    /// The phone system's own call events.
    pub fn phone() -> Self {
        Self("phone".into())
    }

    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A call's name at its source. Formed without personal data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(String);

impl CallId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a call has got. Ringing never counts; dialling counts after 2 s (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    Dialling,
    Ringing,
    Connected,
    Held,
    /// The source itself says conference; calls are never counted to guess it (R2).
    Conference,
}

/// What a source reports. Repeated, unknown and out-of-order events are harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineEvent {
    /// The source is connected; it will send [`LineEvent::Snapshot`] if it can list its calls.
    Up {
        resyncs: bool,
    },
    /// All calls of the source, after a connect or when asked.
    Snapshot(Vec<(CallId, CallState)>),
    Call {
        id: CallId,
        state: CallState,
    },
    Ended {
        id: CallId,
    },
    /// The call is still up: its lease is now three times the pace of the heartbeats.
    Heartbeat {
        id: CallId,
    },
    /// Every call of the source has ended.
    Reset,
    /// The do not disturb of a phone itself, which is none of the phone system's.
    Dnd {
        on: bool,
    },
    /// The source is gone; its calls are kept 60 s (R1).
    Down(crate::fault::Fault),
    /// Something worth saying about a source that goes on (a flood, a malformed event).
    Trouble(crate::fault::Fault),
}
