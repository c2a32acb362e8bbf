//! Which entry of the phone system, or of the SIP account for calls, can't be: so that it is refused beside its field,
//! and not only missed later by who needs it.

use super::keys::{self, Known};
use super::{Refused, Settings, fault};
use offhook_engine::fault::{Code, Fault};

impl Settings {
    /// The entries in force with which no adapter could begin, each with its reason. One that is merely empty is none
    /// of them: the person is not there yet.
    pub fn impossible_entries(&self) -> Vec<Refused> {
        let phone = self.phone().err().and_then(|fault| self.refused("phone", fault));
        let sip = self.sip_account();
        let sip = sip.err().and_then(|fault| self.refused("lines.sip", fault));
        phone.into_iter().chain(sip).collect()
    }

    /// The first of `changes` that could not be used if all of them were made.
    pub(super) fn impossible_change(&self, changes: &[(&'static Known, String)]) -> Option<Refused> {
        let concerns = |known: &Known| known.key.starts_with("phone.") || known.key.starts_with("lines.sip.");
        if !changes.iter().any(|(known, _)| concerns(known)) {
            return None;
        }
        let mut then = self.clone();
        for (known, value) in changes {
            then.values.insert(known.key.as_ref(), value.clone());
        }
        let is_new = |refused: &Refused| changes.iter().any(|(known, _)| known.key == refused.key);
        then.impossible_entries().into_iter().find(is_new)
    }

    /// The adapters name their settings without the table that these are in.
    fn refused(&self, table: &str, why: Fault) -> Option<Refused> {
        let key = format!("{table}.{}", why.detail.as_deref()?);
        keys::find(&key)?;
        if self.text(&key).trim().is_empty() {
            return None;
        }
        // Others say more themselves.
        let is_plain = matches!(why.code, Code::PhoneNotConfigured | Code::SipNotConfigured);
        let fault = if is_plain {
            fault(Code::EntryUnlike, example(&why.detail.unwrap_or_default()))
        } else {
            why
        };
        Some(Refused { key, fault })
    }
}

/// What would fit there, in signs that every language reads.
fn example(key: &str) -> &'static str {
    match key {
        "host" => "pbx.example.com",
        "domain" | "chat_domain" => "pbx.example.com",
        "listen" => "192.168.1.20:47312",
        "tls" => "9F86D081884C7D65…",
        "extension" => "4711",
        "calls_at" | "dnd_state" => "*76{extension}",
        "device" => "PJSIP/1001",
        "star_on" | "star_off" | "dnd_on" | "dnd_off" | "forward_on" | "forward_off" => "*41",
        "commands.forward_on" => "/usr/local/bin/phone forward {target}",
        "user" => "nora",
        _ => "abc",
    }
}
