//! What went wrong, for people and for programs.

use serde::{Deserialize, Serialize};

/// A problem in the person's language. `code` is stable and may be tested for; the texts are for reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Problem {
    /// For example `phone-wrong-password`.
    pub code: String,
    /// What is the matter, one sentence that names the thing.
    pub sentence: String,
    /// What to do about it; empty when nothing can be done but wait.
    pub mend: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.mend.is_empty() {
            f.write_str(&self.sentence)
        } else {
            write!(f, "{} {}", self.sentence, self.mend)
        }
    }
}

impl std::error::Error for Problem {}
