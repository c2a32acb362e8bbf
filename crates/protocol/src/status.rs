//! `status --json`, version 1. A contract: programs, tests and administrators rely on it (design, section 5).
//!
//! Times are RFC 3339 in UTC. Absent knowledge is `null`, never a guess. `text` is in the person's language
//! and never parsed.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Status {
    /// Always 1.
    pub v: u32,
    pub state: State,
    /// Something needs the person; independent of `state`.
    pub attention: bool,
    /// What needs the person, the gravest first; left out where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(optional, as = "Option<Vec<Problem>>"))]
    pub problems: Vec<Problem>,
    pub paused_until: Option<String>,
    pub why: Vec<Why>,
    pub not_done: Vec<NotDone>,
    pub teams: Teams,
    pub phone: Phone,
    pub calls: Vec<Call>,
    pub health: Health,
}

/// The one mapped state: the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum State {
    SignedOut,
    Paused,
    /// Own call, or a call in Teams.
    InCall,
    /// Do not disturb on the phone by anyone, or DoNotDisturb in Teams.
    DoNotDisturb,
    Forwarded,
    Busy,
    Away,
    Free,
}

/// One field Offhook wants something for, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Why {
    pub field: Field,
    #[cfg_attr(feature = "ts", ts(type = "boolean | string | null"))]
    pub value: serde_json::Value,
    pub cause: Cause,
    /// For example `starface-9: Busy/InAMeeting`.
    pub rule: String,
    pub since: String,
    pub until: Option<String>,
}

/// Something the rules would want that was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NotDone {
    pub field: Field,
    pub reason: NotDoneReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Dnd,
    Forward,
    Presence,
    Note,
    /// Our own session in Teams.
    Teams,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    Teams,
    Calendar,
    Call,
    Person,
    OtherProgram,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum NotDoneReason {
    /// The phone system cannot do it.
    Capability,
    /// The person changed the field; we let go.
    Person,
    Paused,
    /// The reading is our own write.
    Echo,
    /// Another program writes the same field.
    OtherWriter,
    /// A right was not granted, or the account may not.
    RightMissing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Teams {
    pub seen: Option<Seen>,
    pub session: Option<Session>,
}

/// What Graph said last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Seen {
    pub availability: String,
    pub activity: String,
    pub at: String,
}

/// Our own session, while it is up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Session {
    pub availability: String,
    pub activity: String,
    pub until: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Phone {
    pub dnd: PhoneField<bool>,
    /// The target, while forwarded.
    pub forward: PhoneField<String>,
    pub presence: PhoneField<String>,
    pub note: PhoneField<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneField<T> {
    pub value: Option<T>,
    pub owner: Option<Owner>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    Offhook,
    Person,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Call {
    pub source: String,
    pub id: String,
    pub state: CallState,
    pub since: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    Dialling,
    Ringing,
    Connected,
    Held,
    Conference,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Health {
    pub microsoft: Option<Light>,
    pub phone: Option<Light>,
    pub calendar: Option<Light>,
    pub lines: BTreeMap<String, Light>,
}

/// A connection light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Light {
    pub ok: bool,
    pub since: String,
    pub text: String,
}
