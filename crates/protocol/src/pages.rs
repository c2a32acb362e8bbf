//! View models of the pages. Complete and decided: a page is `template(view)` and chooses nothing.

mod rules;

use crate::calendar::CalendarPage;
use crate::first_run::FirstRun;
use crate::key::KeyOffer;
use crate::problem::Problem;
use crate::settings::{ChangedLine, DiagnosticsPage, SourcesPage, StartupPage};
use crate::status::{Light, Owner, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use rules::{Entry, RulesCell, RulesChange, RulesColumn, RulesCompared, RulesPage, RulesRow, RulesTable};

/// Everything the window shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Pages {
    pub language: Language,
    /// Times of day are written with AM and PM.
    #[serde(default)]
    pub twelve_hours: bool,
    pub version: String,
    /// While the first run is open.
    pub first_run: Option<FirstRun>,
    pub now: NowPage,
    pub account: AccountPage,
    pub phone: PhonePage,
    /// Another number: the rules page would show something else than before.
    pub rules_version: u32,
    pub calendar: CalendarPage,
    pub sources: SourcesPage,
    pub startup: StartupPage,
    pub diagnostics: DiagnosticsPage,
    /// Every setting that a page changes by itself, by its dotted key.
    pub fields: BTreeMap<String, FieldView>,
    /// The last change of settings, while it can be taken back.
    pub changed: Option<ChangedLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    De,
    En,
}

/// "Now": one large state and the reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NowPage {
    pub state: State,
    /// Nothing is known yet (just started, or the keyring is locked), so `state` is not shown.
    pub waiting: bool,
    /// The state in words, or what is waited for.
    pub title: String,
    /// The reason, one sentence.
    pub why: String,
    pub attention: Option<Problem>,
    /// While paused: until when, as a time of day; empty for a pause that only the person ends.
    pub paused: Option<String>,
    /// Two accounts that seem to be different people's, until the person has answered (R24).
    pub question: Option<Question>,
    /// While something is set that the person can have put back.
    pub put_back: Option<PutBack>,
    /// Something was taken back by the person that the rules still want.
    pub can_set_again: bool,
    /// What the phone is set to, and by whom: one line per field that the phone system has.
    pub fields: Vec<FieldLine>,
    /// What was not done, and why: full sentences.
    pub reasons: Vec<String>,
    /// "Teams says …" in the profile's words.
    pub teams: Option<TeamsLine>,
    /// Each line names its call's state in words.
    pub calls: Vec<CallLine>,
    pub lights: Vec<NamedLight>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TeamsLine {
    pub text: String,
    pub colour: Colour,
    /// What Offhook itself has set in Teams and until when, in sentences.
    pub ours: Vec<String>,
}

/// One field of the phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldLine {
    pub name: String,
    pub value: String,
    /// Something other than the state of rest.
    pub set: bool,
    pub owner: Option<Owner>,
    /// By whom, why, since when, and what comes after; empty in the state of rest.
    pub text: String,
}

/// "Put the phone back".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PutBack {
    /// The button, for example "Put the phone back for this meeting".
    pub label: String,
    pub help: String,
}

/// Do these two belong to one person?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Question {
    pub microsoft: String,
    pub phone: String,
}

/// The icon colour of the ProCall table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Neutral,
    Red,
    Yellow,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CallLine {
    pub source: String,
    pub state: crate::status::CallState,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NamedLight {
    pub name: String,
    pub light: Light,
    /// The other side of the light, in a sentence: the last trouble of one that works, the last success of one
    /// that does not.
    pub last: Option<String>,
}

/// Microsoft: who is signed in, or how to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AccountPage {
    pub step: AccountStep,
    pub problem: Option<Problem>,
    /// Rights asked for, each with what it is needed for and whether it was granted.
    pub rights: Vec<RightLine>,
    /// For the administrator, ready to send, where consent is missing.
    pub admin_text: Option<String>,
    /// The registration in force.
    pub tenant: FieldView,
    pub client_id: FieldView,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum AccountStep {
    SignedOut,
    /// The keyring is locked, absent or late: not the same as signed out.
    Waiting {
        text: String,
    },
    Browser {
        url: String,
    },
    DeviceCode {
        user_code: String,
        url: String,
    },
    SignedIn {
        name: String,
        address: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RightLine {
    pub name: String,
    pub needed_for: String,
    pub granted: Option<bool>,
}

/// The phone system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhonePage {
    /// `none`, `asterisk`, `command`, `csta`, `freepbx`, `innovaphone`, `procall`, `sip`, `starface` or `tapi`, more in
    /// time.
    pub kind: FieldView,
    pub host: FieldView,
    pub port: FieldView,
    pub user: FieldView,
    /// STARFACE: `internal` or `active-directory`.
    pub login: FieldView,
    pub extension: FieldView,
    pub tls: FieldView,
    /// Whether a password is stored. The password itself never comes here.
    pub password_stored: bool,
    pub light: Option<Light>,
    /// What this phone system and account can and cannot do, and what the account could do to others.
    pub abilities: Vec<Ability>,
    pub testing: bool,
    /// What the last test found.
    pub findings: Vec<crate::command::Finding>,
    /// A key file on its way into the settings.
    #[serde(default)]
    pub key: KeyOffer,
    /// `None`: this system has no telephone lines of its own.
    #[serde(default)]
    pub lines: Option<crate::settings::LineChooser>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub help: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ability {
    pub name: String,
    /// `None`: not known yet.
    pub can: Option<bool>,
    /// Being able to is a danger (the account could change other people's phones), not a feature.
    #[serde(default)]
    pub risk: bool,
    pub text: String,
}

/// One setting as a form shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldView {
    pub value: String,
    /// Set by the organisation; shown, not editable.
    pub locked: bool,
    /// Why the last entry was refused.
    pub refused: Option<String>,
}

/// Changed settings on their way: dotted key of `settings.toml` → new value, as text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Draft(pub BTreeMap<String, String>);
