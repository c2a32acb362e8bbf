//! The Rules page: the person's table beside the profile's, complete and decided.
//!
//! It is asked for ([`crate::Command::RulesShow`]) and not told with every change: [`super::Pages::rules_version`]
//! tells when to ask again. A cell is changed by a draft of its key and a new value
//! ([`crate::Command::Apply`]), and goes back to the profile by [`crate::Command::RulesBack`].

use super::{Choice, FieldView};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesPage {
    /// `rules.profile`
    pub profile: FieldView,
    pub profiles: Vec<Choice>,
    /// `rules.dnd_in_meetings`; `None` where the profile does not ask.
    pub in_meetings: Option<FieldView>,
    /// How far the table is from the profile, one sentence.
    pub summary: String,
    /// For [`crate::Command::RulesBack`], to take everything back; `None` when nothing differs.
    pub back: Option<String>,
    /// Teams states, calls, states set on the phone; in that order.
    pub tables: Vec<RulesTable>,
    /// What is not done or can't be known here, each a sentence.
    pub notes: Vec<String>,
    /// What Teams may be imagined to say in a preview: `AVAILABILITY/ACTIVITY`.
    pub imagined_teams: Vec<Choice>,
    /// The presences on the phone system that may be imagined in a preview.
    pub imagined_presences: Vec<Choice>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesTable {
    /// `states`, `calls` or `phone`.
    pub name: String,
    pub title: String,
    pub help: String,
    /// The heading of the first column.
    pub head: String,
    pub columns: Vec<RulesColumn>,
    pub rows: Vec<RulesRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesColumn {
    /// The last part of its cells' keys.
    pub name: String,
    pub label: String,
    pub help: String,
    pub entry: Entry,
    /// Each value with its words, for [`Entry::Choice`].
    pub choices: Vec<Choice>,
    /// What this phone system can't do of this (R13), one sentence.
    pub cannot: Option<String>,
}

/// How a cell of the column is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    Choice,
    /// Free text; empty leaves the field alone.
    Text,
    /// A whole number.
    Number,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesRow {
    /// For [`crate::Command::RulesBack`]; the cells' keys without their last part.
    pub key: String,
    pub label: String,
    /// The heading under which it stands together with its neighbours; empty where the table has none.
    pub group: String,
    /// What the cells after the first say, in a few words; empty where there are none.
    pub summary: String,
    /// Teams' own word, where the row is one.
    pub word: Option<String>,
    /// What is to be said of the row: it has none of its own in the profile, it never sets anything.
    pub note: Option<String>,
    /// The profile has no row of its own for this: cells that the person did not set do what other rows say.
    pub inherited: bool,
    pub differs: bool,
    /// One per column.
    pub cells: Vec<RulesCell>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesCell {
    /// Dotted, as in a draft.
    pub key: String,
    /// As in a draft.
    pub value: String,
    /// The value in words.
    pub text: String,
    /// The values of the column's choices that this cell can hold; `None`: all of them.
    pub only: Option<Vec<String>>,
    /// Least and most, where it is a number.
    pub range: Option<(u32, u32)>,
    /// It does what other rows say, see [`RulesRow::inherited`].
    pub inherited: bool,
    /// Otherwise than the profile.
    pub differs: bool,
    /// What the profile says, in words, where the cell differs from it.
    pub profile: Option<String>,
    /// Set by the organisation; shown, not editable.
    pub locked: bool,
    /// There is nothing to choose: for how long nothing lasts, a target for what never sets anything.
    pub moot: bool,
    /// Why the last entry was refused.
    pub refused: Option<String>,
    /// It would set something that this phone system can't do (R13), one sentence.
    pub cannot: Option<String>,
}

/// One cell that is otherwise in another table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesChange {
    pub key: String,
    /// Row and column in words.
    pub row: String,
    pub column: String,
    pub from: String,
    pub to: String,
}

/// Two tables side by side: only what differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RulesCompared {
    /// Headings of the two columns.
    pub from: String,
    pub to: String,
    pub changes: Vec<RulesChange>,
    /// How many of the person's own changes stay, and how many are the same in the other profile: one sentence.
    pub own: String,
}
