//! The settings that could be read last, kept beside `settings.toml`. Without them a file that a person or a disk has
//! spoilt would also take away the phone system: what an earlier run left set there could not be put back.

use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use crate::ledger_file::replace;

const NAME: &str = "settings.last.toml";

/// Keeps what was read, or written.
pub(super) fn keep(settings: &Path, document: &DocumentMut) {
    let path = beside(settings);
    let text = document.to_string();
    if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return;
    }
    if let Err(error) = replace(&path, text.as_bytes()) {
        tracing::warn!(%error, "the last settings could not be kept");
    }
}

/// Puts them in the place of a file that was kept aside, so that the next start has them as well.
pub(super) fn bring_back(settings: &Path) -> Option<DocumentMut> {
    let text = std::fs::read_to_string(beside(settings)).ok()?;
    let document = text.parse().ok()?;
    // One that could not be kept aside is not overwritten.
    if !settings.exists()
        && let Err(error) = replace(settings, text.as_bytes())
    {
        tracing::warn!(%error, "the last settings could not be put back");
    }
    Some(document)
}

fn beside(settings: &Path) -> PathBuf {
    settings.with_file_name(NAME)
}
