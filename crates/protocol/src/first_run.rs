//! The first run's view model: which step, what is done, and where to go from there.

use crate::command::Finding;
use crate::pages::FieldView;
use serde::{Deserialize, Serialize};

/// There while the first run is open. It is decided and remembered by the resident program, so it survives the
/// window and a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FirstRun {
    pub step: FirstRunStep,
    /// All of them in their order; two that a person sees as one share an entry.
    pub stages: Vec<Stage>,
    pub can_go_back: bool,
    /// What going on means now.
    pub onward: Onward,
    /// `auto`, `de` or `en`.
    pub language: FieldView,
    /// What Offhook does, each job with the one right it needs.
    pub jobs: Vec<Job>,
    /// How everything that was set up is now, each with words.
    pub checks: Vec<Finding>,
    /// "Do not disturb in meetings too?"; `None` where the answer would change nothing.
    pub meetings: Option<FieldView>,
    /// Where the icon is on this desktop, or that there is no place for it.
    pub place: String,
    /// This desktop shows an icon, as far as is known.
    pub has_tray: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FirstRunStep {
    /// What Offhook does.
    #[default]
    Welcome,
    /// Sign-in at Microsoft.
    Microsoft,
    /// Which phone system: by a key file, or by kind and name.
    Phone,
    /// User and password there, and the test.
    Access,
    /// The one question, and where the icon is.
    Ready,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Stage {
    pub name: String,
    pub current: bool,
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Job {
    /// For example "Phone → Teams".
    pub name: String,
    pub text: String,
    /// The right it needs, in words.
    pub right: String,
}

/// How the way on is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Onward {
    /// This step is done.
    Next,
    /// This step is not done; it can be left for later.
    Later,
    /// The last one.
    Finish,
}

/// What a person does with the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FirstRunMove {
    /// Opens it again, from the beginning.
    Again,
    Next,
    Back,
    /// Ends it, wherever it stands; it does not open by itself again.
    Finish,
}
