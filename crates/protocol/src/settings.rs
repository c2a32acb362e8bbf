//! View models of the settings pages, and the answers that only these pages ask for.

use crate::command::Finding;
use crate::pages::NamedLight;
use crate::problem::Problem;
use crate::status::{CallState, Light};
use serde::{Deserialize, Serialize};

/// The last change of settings, for as long as it is offered to take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChangedLine {
    /// One sentence that names what was changed, or what taking it back has done.
    pub text: String,
    /// [`crate::Command::Undo`] would take it back.
    pub undo: bool,
}

/// "Call sources": who reports calls, and what each reports now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SourcesPage {
    pub sources: Vec<SourceView>,
    /// Programs that were seen at the microphone, or were chosen before, while that source is on.
    pub apps: Vec<SeenApp>,
    /// MicroSIP may be on this computer: its lines are offered.
    pub microsip: bool,
    /// The sign-in of SIP as a call source.
    pub sip: OwnSignIn,
}

/// A sign-in that a call source has for itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OwnSignIn {
    pub password_stored: bool,
    pub test: TestView,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SourceView {
    /// As in `status`: `phone`, `hook`, `baresip`, or the name under which a program reports through the hook.
    pub id: String,
    pub name: String,
    /// What it is and what it needs, one or two sentences.
    pub help: String,
    /// The dotted key of its switch; `None` for a program that reports through the hook, which has none.
    pub switch: Option<String>,
    /// The dotted key of its address, where it has one.
    pub address: Option<String>,
    /// `None` while it is switched off or has nothing to speak with.
    pub light: Option<Light>,
    /// The last thing heard from it, in words, with its time of day.
    pub last: Option<String>,
    /// Everything that is up there now, also what does not count as a call.
    pub calls: Vec<SourceCall>,
    /// `None`: it has no lines of its own to choose from.
    pub lines: Option<LineChooser>,
}

/// The lines of a call source, of which some are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LineChooser {
    /// The dotted key of the setting: the chosen lines' ids, commas between.
    pub key: String,
    /// Those that there are, in the order of their drivers.
    pub lines: Vec<LineChoice>,
}

/// `Debug` hides its name, which may be a person's.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LineChoice {
    pub id: String,
    pub name: String,
    /// The driver; may be empty.
    pub driver: String,
}

impl std::fmt::Debug for LineChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineChoice")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SourceCall {
    pub state: CallState,
    /// The state in words, with its time of day.
    pub text: String,
    /// Whether Teams is told of it.
    pub counts: bool,
    /// Whether it counts, and why not, in words.
    pub note: String,
}

/// "Notifications and start-up". Its switches are settings, but for the one that is the system's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StartupPage {
    pub autostart: AutostartView,
    /// Whether this desktop shows the icon anywhere.
    pub tray: bool,
    /// Whether a password of the proxy is stored.
    pub proxy_password: bool,
    /// What can't be used of proxy and certificates.
    pub network: Vec<Problem>,
    /// What is known of newer versions; `None` while nobody asks.
    pub update: Option<UpdateLine>,
}

/// What is known of newer versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UpdateLine {
    pub text: String,
    /// Where a newer one is.
    pub page: Option<String>,
}

/// What this system does with Offhook when the person signs in to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AutostartView {
    pub on: bool,
    /// Whether it can be changed from here.
    pub can: bool,
    /// What is there, where that is not plainly "on" or "off".
    pub text: Option<String>,
    /// Why the last change of it failed.
    pub refused: Option<String>,
    /// The organisation has decided.
    pub locked: bool,
}

/// "Diagnostics".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DiagnosticsPage {
    pub lights: Vec<NamedLight>,
    /// The doctor is at work.
    pub examining: bool,
    /// What the doctor found last.
    pub findings: Vec<Finding>,
    /// The time of day at which it did.
    pub examined: Option<String>,
    pub notification: TestView,
    pub sign_in: TestView,
    pub phone: TestView,
    /// What the environment sets the log to, which goes before the setting.
    pub log_forced: Option<String>,
    pub data_dir: String,
}

/// One test that a button starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TestView {
    pub running: bool,
    /// What it found last.
    pub findings: Vec<Finding>,
}

/// How another program reaches the hook. Given only when asked for: the token is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct HookAccess {
    pub address: String,
    pub token: crate::command::Hidden,
    /// Command lines that report a call, ready to be copied; without the token.
    pub examples: Vec<String>,
}

impl std::fmt::Debug for HookAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookAccess")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What the person enters at their desk phones. Given only when asked for: the addresses are secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneAccess {
    /// Where phones reach this computer.
    pub address: String,
    pub phones: Vec<PhoneAddresses>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneAddresses {
    /// As the person has named the phone.
    pub name: String,
    pub makes: Vec<PhoneMake>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneMake {
    /// `snom`, `yealink`, `grandstream` or `poly`.
    pub make: String,
    pub entries: Vec<PhoneEntry>,
}

/// One field of the phone's own settings, and what belongs in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhoneEntry {
    /// The field as the phone names it.
    pub field: String,
    pub value: crate::command::Hidden,
}

/// A program whose use of the microphone may be a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SeenApp {
    /// As in `lines.microphone.apps`.
    pub id: String,
    pub chosen: bool,
    pub in_use: bool,
    pub kind: AppKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Its own calls would come back to it.
    Teams,
    /// Teams may run in it.
    Browser,
    Other,
}

/// What stands in MicroSIP's settings, and what would be written there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MicrosipView {
    pub file: String,
    pub lines: Vec<MicrosipLine>,
    /// All lines stand there as they should.
    pub written: bool,
    /// Some line is ours, as it should be or of an earlier place.
    pub ours: bool,
    /// Some line is another program's: nothing is written.
    pub foreign: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MicrosipLine {
    pub key: String,
    pub value: String,
    /// What stands there now.
    pub now: Option<String>,
    pub there: bool,
    pub foreign: bool,
}

/// One line of the log as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LogLine {
    /// `None` for what continues the line before.
    pub level: Option<LogLevel>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}
