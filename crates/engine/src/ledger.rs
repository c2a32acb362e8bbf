//! The ledger: what we have changed and must put back. Written to disk before the phone system is.

use crate::phone::{Field, FieldValue};
use crate::teams::{PreferredPair, SessionPair, StatusMessage};
use jiff::Timestamp;
use offhook_protocol::status::Cause;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The whole file. Version 1. `Debug` hides the names of accounts and extensions, as that of its parts does (R23).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Sessions set before that one, as long as no answer says that they were replaced: they may still be up, and
    /// their words are ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_sessions: Vec<SessionRecord>,
    /// The same for preferred presences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_preferred: Vec<PreferredPair>,
    /// The status message in Teams, set for an appointment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRecord>,
    /// The person wrote over that message, or put it back: left alone as a field in `yielded` (R10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub message_yielded: bool,
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
    /// Writes that nobody answered: for half a minute the phone system may still carry them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// The two accounts whose names were found to differ and of whom the person was told (R24): account key and
    /// phone key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_apart: Option<(String, String)>,
    /// Such a pair of which the person said that both are theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_person: Option<(String, String)>,
    /// Appointments for which the person wants nothing done, until they are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// How far apart refusals have driven the reads of Teams, in percent of the pace of a desk alone; `None`: not at all (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads_apart: Option<u32>,
}

/// An appointment that does nothing, by the person's word.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// [`crate::appointment::AppointmentId`]
    pub id: String,
    /// When it is over.
    pub until: Timestamp,
}

impl fmt::Debug for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skipped")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            holds,
            session,
            preferred,
            replaced_sessions,
            replaced_preferred,
            message,
            message_yielded,
            pause,
            yielded,
            contested,
            late,
            unanswered,
            told_apart,
            one_person,
            skipped,
            reads_apart,
        } = self;
        f.debug_struct("Ledger")
            .field("version", version)
            .field("holds", holds)
            .field("session", session)
            .field("preferred", preferred)
            .field("replaced_sessions", replaced_sessions)
            .field("replaced_preferred", replaced_preferred)
            .field("message", message)
            .field("message_yielded", message_yielded)
            .field("pause", pause)
            .field("yielded", yielded)
            .field("contested", contested)
            .field("late", late)
            .field("unanswered", unanswered)
            .field("told_apart", &told_apart.is_some())
            .field("one_person", &one_person.is_some())
            .field("skipped", skipped)
            .field("reads_apart", reads_apart)
            .finish()
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            version: 1,
            holds: Vec::new(),
            session: None,
            preferred: None,
            replaced_sessions: Vec::new(),
            replaced_preferred: Vec::new(),
            message: None,
            message_yielded: false,
            pause: None,
            yielded: Vec::new(),
            contested: Vec::new(),
            late: None,
            unanswered: Vec::new(),
            told_apart: None,
            one_person: None,
            skipped: Vec::new(),
            reads_apart: None,
        }
    }
}

impl Ledger {
    /// Whether anything of ours may be set, on the phone or in Teams.
    pub(crate) fn has_ours(&self) -> bool {
        !self.holds.is_empty() || self.session.is_some() || self.preferred.is_some() || self.message.is_some()
    }

    /// The hold of a field on that phone system; another system's holds wait until it is in use again.
    pub fn hold_on(&self, field: Field, phone: &str) -> Option<&Hold> {
        self.holds
            .iter()
            .find(|hold| hold.wrote.field() == field && hold.phone == phone)
    }

    /// Whether that is a write of ours which nobody answered, and not what stood there without it.
    pub fn comes_late(&self, shown: &FieldValue) -> bool {
        let mut unanswered = self.unanswered.iter();
        unanswered.any(|one| one.wrote == *shown && one.stood.as_ref().is_some_and(|stood| stood != shown))
    }

    pub(crate) fn put(&mut self, field: Field, phone: &str, hold: Option<Hold>) {
        self.holds
            .retain(|h| h.wrote.field() != field || h.phone != phone);
        self.holds.extend(hold);
        self.holds.sort_by_key(|h| h.wrote.field());
    }
}

/// A field we have set (R9).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A presence that shows itself so soon after its write was given up is that write, not a person.
pub(crate) const LATE: jiff::SignedDuration = jiff::SignedDuration::from_secs(20);

impl Late {
    /// Whether what is shown is taken for that write.
    pub(crate) fn is(&self, shown: &FieldValue, now: Timestamp) -> bool {
        *shown == self.wrote && (self.arrived || self.is_soon(now))
    }

    pub(crate) fn is_soon(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) <= LATE
    }
}

/// A write that nobody answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unanswered {
    pub wrote: FieldValue,
    /// What the field showed last without a hold, if there is none any more: it goes back when the write shows itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood: Option<FieldValue>,
    pub why: Reason,
    /// What shows itself later is not ours.
    pub until: Timestamp,
    pub phone: String,
}

impl fmt::Debug for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unanswered")
            .field("wrote", &self.wrote)
            .field("stood", &self.stood)
            .field("why", &self.why)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Without the phone system's key, in which the extension stands.
impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("stage", &self.stage)
            .field("before", &self.before)
            .field("wrote", &self.wrote)
            .field("earlier", &self.earlier)
            .field("why", &self.why)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Late")
            .field("wrote", &self.wrote)
            .field("before", &self.before)
            .field("at", &self.at)
            .field("arrived", &self.arrived)
            .finish_non_exhaustive()
    }
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

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferredRecord {
    pub pair: PreferredPair,
    pub account: String,
    pub until: Timestamp,
}

/// The status message that we have set (R9). `Debug` hides the texts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRecord {
    pub stage: Stage,
    /// [`crate::teams::Account::key`] of the person whose message it is.
    pub account: String,
    /// The person's own, read once.
    pub before: StatusMessage,
    pub wrote: StatusMessage,
    /// Those of ours that it has replaced, the latest last: a reading may still show one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<StatusMessage>,
    pub why: Reason,
    pub since: Timestamp,
}

impl fmt::Debug for MessageRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageRecord")
            .field("stage", &self.stage)
            .field("before", &self.before)
            .field("wrote", &self.wrote)
            .field("earlier", &self.earlier.len())
            .field("why", &self.why)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRecord")
            .field("pair", &self.pair)
            .field("until", &self.until)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PreferredRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreferredRecord")
            .field("pair", &self.pair)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// The person's pause (R19). `until` `None`: until resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseRecord {
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::PhonePresence;

    #[test]
    fn r23_debug_hides_who_and_which_extension() {
        let text = r#"{
            "version": 1,
            "holds": [{"stage": "written", "before": {"forward": "4711"}, "wrote": {"presence": "away"},
                "why": {"cause": "teams", "rule": "recommended: Away", "since": "2026-01-01T00:00:00Z"},
                "since": "2026-01-01T00:00:00Z", "phone": "asterisk:pbx:5038/4711"}],
            "session": {"pair": "BusyInACall", "account": "4711-oid", "until": "2026-01-01T00:00:00Z"},
            "late": {"wrote": {"presence": "away"}, "before": {"note": "4711"}, "at": "2026-01-01T00:00:00Z",
                "arrived": false, "phone": "asterisk:pbx:5038/4711"},
            "unanswered": [{"wrote": {"forward": "4711"}, "stood": {"note": "4711"},
                "why": {"cause": "teams", "rule": "recommended: Away", "since": "2026-01-01T00:00:00Z"},
                "until": "2026-01-01T00:00:00Z", "phone": "asterisk:pbx:5038/4711"}],
            "preferred": {"pair": "Busy", "account": "4711-oid", "until": "2026-01-01T00:00:00Z"},
            "message": {"stage": "written", "account": "4711-oid", "before": {"text": "4711"},
                "wrote": {"text": "4711"}, "earlier": [{"text": "4711"}],
                "why": {"cause": "calendar", "rule": "calendar: text", "since": "2026-01-01T00:00:00Z"},
                "since": "2026-01-01T00:00:00Z"},
            "skipped": [{"id": "4711", "until": "2026-01-01T00:00:00Z"}],
            "one_person": ["4711-oid", "asterisk:pbx:5038/4711"],
            "told_apart": ["4711-oid", "asterisk:pbx:5038/4711"]
        }"#;
        let ledger: Ledger = serde_json::from_str(text).unwrap();
        let shown = format!("{ledger:?} {:?}", ledger.holds[0]);
        assert!(!shown.contains("4711"), "{shown}");
        let word = format!("{:?}", PhonePresence::Away);
        let parts = [
            "Ledger",
            "Hold",
            "SessionRecord",
            "PreferredRecord",
            "MessageRecord",
            "StatusMessage",
            "Late",
            "Unanswered",
            "Skipped",
        ];
        for part in parts {
            assert!(shown.contains(&format!("{part} {{ ")), "{part}: {shown}");
        }
        assert!(shown.contains(&word) && shown.contains("Written"), "{shown}");
    }

    /// A ledger of the first version says no lifetime.
    #[test]
    fn r3_a_session_of_which_nothing_else_is_said_lasts_five_minutes() {
        let text = r#"{"pair": "BusyInACall", "account": "a", "until": "2026-01-01T00:00:00Z"}"#;
        let record: SessionRecord = serde_json::from_str(text).unwrap();
        assert_eq!(record.lifetime, 300);
    }

    #[test]
    fn r9_only_what_stood_otherwise_comes_late() {
        let (on, off) = (FieldValue::Dnd(true), FieldValue::Dnd(false));
        for (stood, shown, late) in [
            (Some(&off), &on, true),
            (Some(&off), &off, false),
            (Some(&on), &on, false),
            (Some(&on), &off, false),
            (None, &on, false),
        ] {
            let mut ledger = Ledger::default();
            ledger.unanswered.push(Unanswered {
                wrote: on.clone(),
                stood: stood.cloned(),
                why: Reason {
                    cause: Cause::Teams,
                    rule: String::new(),
                    since: Timestamp::UNIX_EPOCH,
                    until: None,
                },
                until: Timestamp::UNIX_EPOCH,
                phone: String::new(),
            });
            assert_eq!(ledger.comes_late(shown), late, "{stood:?}, {shown:?}");
        }
    }
}
