//! When the newest file was made that was believed: an older one is not believed again.

use crate::ledger_file::replace;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    pub newest: Option<Timestamp>,
}

impl Memory {
    pub fn load(data_dir: &Path) -> Self {
        let path = data_dir.join("update.json");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let newest = parse(&text);
        Self { path, newest }
    }

    /// One that can't be written holds until Offhook ends.
    pub fn remember(&mut self, made: Timestamp) {
        if self.newest.is_some_and(|newest| newest >= made) {
            return;
        }
        self.newest = Some(made);
        let text = written(made);
        if let Err(error) = replace(&self.path, text.as_bytes()) {
            tracing::warn!(%error, "update.json could not be written");
        }
    }
}

pub(super) fn parse(text: &str) -> Option<Timestamp> {
    serde_json::from_str(text).ok()
}

pub(super) fn written(made: Timestamp) -> String {
    serde_json::to_string(&made).unwrap_or_default()
}
