//! The ledger: what we have changed and must put back. Written to disk before the phone system is.

use crate::phone::{Field, FieldValue};
use crate::teams::{PreferredPair, SessionPair};
use jiff::Timestamp;
use offhook_protocol::status::Cause;
use serde::{Deserialize, Serialize};

/// The whole file. Version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    pub version: u32,
    #[serde(default)]
    pub holds: Vec<Hold>,
    /// A session of ours that may be open. Written as the request leaves.
    #[serde(default)]
    pub session: Option<SessionRecord>,
    /// A preferred presence that we set and that was not cleared yet (R5).
    #[serde(default)]
    pub preferred: Option<PreferredRecord>,
    #[serde(default)]
    pub pause: Option<PauseRecord>,
    /// Fields the person took back during a hold, at the phone or in Offhook: left alone until the rules have wanted nothing for a while
    /// (R10), also over a restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yielded: Vec<Field>,
    /// Fields that another program writes, too: left to it until the person says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contested: Vec<Field>,
    /// A presence whose write was given up: it may arrive late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// The two accounts whose names were found to differ and of whom the person was told (R24): account key and
    /// phone key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_apart: Option<(String, String)>,
    /// Such a pair of which the person said that both are theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_person: Option<(String, String)>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            version: 1,
            holds: Vec::new(),
            session: None,
            preferred: None,
            pause: None,
            yielded: Vec::new(),
            contested: Vec::new(),
            late: None,
            told_apart: None,
            one_person: None,
        }
    }
}

impl Ledger {
    /// The hold of a field on that phone system; another system's holds wait until it is in use again.
    pub fn hold_on(&self, field: Field, phone: &str) -> Option<&Hold> {
        self.holds
            .iter()
            .find(|hold| hold.wrote.field() == field && hold.phone == phone)
    }

    pub(crate) fn put(&mut self, field: Field, phone: &str, hold: Option<Hold>) {
        self.holds
            .retain(|h| h.wrote.field() != field || h.phone != phone);
        self.holds.extend(hold);
        self.holds.sort_by_key(|h| h.wrote.field());
    }
}

/// A field we have set (R9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    pub stage: Stage,
    /// Read once, when the hold was taken; a later change of the wanted value keeps it.
    pub before: FieldValue,
    pub wrote: FieldValue,
    /// While a changed wish is being written: what the field showed of ours until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<FieldValue>,
    pub why: Reason,
    pub since: Timestamp,
    /// [`crate::phone::PhoneIdentity::key`] of the phone system this is on.
    pub phone: String,
}

/// A presence we asked for; nobody saw it arrive, and the phone system still showed what was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    pub wrote: FieldValue,
    pub before: FieldValue,
    /// When it was given up.
    pub at: Timestamp,
    /// It has shown itself since, soon enough to be ours.
    pub arrived: bool,
    pub phone: String,
}

/// Each on disk before the next step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// About to be written; a field that still shows `before` was never written.
    Intent,
    Written,
    /// About to go back to `before`.
    Releasing,
}

/// Why a wish is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub cause: Cause,
    /// For example `starface-9: Busy/InAMeeting`. Nothing personal.
    pub rule: String,
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRecord {
    pub pair: SessionPair,
    /// [`crate::teams::Account::key`] of the person whose session it is.
    pub account: String,
    /// When it runs out by itself at the latest.
    pub until: Timestamp,
    /// What was asked for, in seconds.
    #[serde(default = "five_minutes")]
    pub lifetime: u64,
}

const fn five_minutes() -> u64 {
    300
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferredRecord {
    pub pair: PreferredPair,
    pub account: String,
    pub until: Timestamp,
}

/// The person's pause (R19). `until` `None`: until resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseRecord {
    pub until: Option<Timestamp>,
}
