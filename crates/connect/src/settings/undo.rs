//! The last change of settings, taken back: as far as nobody has changed the same settings since, and without a
//! word about the others. The file may have been edited by hand in between.

use super::keys::{self, KNOWN, Known};
use super::{Refused, Settings, lookup, put, take_out};
use offhook_engine::fault::{Code, Fault, FaultKind};
use toml_edit::DocumentMut;

/// What one write of the file has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change(Vec<Entry>);

/// `None`: the file says nothing of it, and there is no fixed default (a rule that is as the profile has it).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    known: &'static Known,
    before: Option<String>,
    wrote: Option<String>,
}

/// What taking back has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Dotted keys.
    pub put_back: Vec<&'static str>,
    /// Nothing had to stay as it is.
    pub whole: bool,
}

impl Change {
    pub(super) fn between(before: &DocumentMut, after: &DocumentMut) -> Self {
        let entries = KNOWN.iter().filter_map(|known| {
            let entry = Entry {
                known,
                before: value_in(before, known),
                wrote: value_in(after, known),
            };
            // Where the first run stands, and what was told, is no choice of the person's.
            let chosen = known.key != keys::FIRST_RUN && known.key != keys::TOLD;
            (entry.before != entry.wrote && chosen).then_some(entry)
        });
        Self(entries.collect())
    }

    /// Dotted keys.
    pub fn keys(&self) -> Vec<&'static str> {
        self.0.iter().map(|entry| entry.known.key.as_ref()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Settings {
    /// What [`Settings::undo`] would take back.
    pub fn last_change(&self) -> Option<&Change> {
        self.last_change.as_ref()
    }

    /// The last change, when it has not been asked for before: an entry that changes nothing is no news.
    pub fn take_news(&mut self) -> Option<Change> {
        std::mem::take(&mut self.changed)
            .then(|| self.last_change.clone())
            .flatten()
    }

    /// Takes the last change back. There is one step: what was taken back is not brought again.
    ///
    /// # Errors
    /// Nothing was changed, all of it was changed again since, it was locked since, or the file can't be written.
    pub fn undo(&mut self) -> Result<Undone, Fault> {
        let Some(change) = self.last_change.take() else {
            return Err(Fault::new(FaultKind::Rejected, Code::UndoNothing));
        };
        self.read_again();
        let untouched = |entry: &&Entry| {
            value_in(&self.document, entry.known) == entry.wrote && !self.is_locked(&entry.known.key)
        };
        let entries: Vec<&Entry> = change.0.iter().filter(untouched).collect();
        if entries.is_empty() {
            // What was read may differ from what is in force.
            self.resolve_again();
            return Err(Fault::new(FaultKind::Rejected, Code::UndoChanged));
        }
        let mut document = self.document.clone();
        for entry in &entries {
            match &entry.before {
                Some(value) => put(&mut document, entry.known, value),
                None => take_out(&mut document, &entry.known.key),
            }
        }
        let undone = Undone {
            whole: entries.len() == change.0.len(),
            put_back: entries.iter().map(|entry| entry.known.key.as_ref()).collect(),
        };
        let kept = self.keep(document);
        self.last_change = None;
        self.changed = false;
        if let Err(Refused { fault, .. }) = kept {
            self.last_change = Some(change);
            return Err(fault);
        }
        Ok(undone)
    }

    /// Keeps in mind that the person was told of something once.
    pub fn remember_told(&mut self, word: &str) {
        let mut words = self.words(keys::TOLD);
        if words.iter().any(|told| told == word) {
            return;
        }
        words.push(word.to_owned());
        if let Some(known) = keys::find(keys::TOLD) {
            self.read_again();
            // It will be said once more, then.
            let _not_kept = self.write(&[(known, words.join(","))]);
        }
    }

    pub fn was_told(&self, word: &str) -> bool {
        self.words(keys::TOLD).iter().any(|told| told == word)
    }
}

/// The value that a file asks for; the default where it asks for none, or for something impossible.
fn value_in(document: &DocumentMut, known: &Known) -> Option<String> {
    lookup(document.as_table(), &known.key)
        .and_then(|item| known.kind.of_toml(item))
        .or_else(|| known.fixed_default())
}

/// Entries that fit each by itself and not together: the key that was changed, and what fits.
pub(super) fn clash(
    values: &[(&'static Known, String)],
    settings: &Settings,
) -> Option<(&'static str, String)> {
    const FROM: &str = "person.work_from";
    const TO: &str = "person.work_to";
    let new = |key: &str| {
        values
            .iter()
            .find(|(known, _)| known.key == key)
            .map(|(_, value)| value)
    };
    let value = |key: &str| new(key).map_or_else(|| settings.text(key).to_owned(), Clone::clone);
    let (from, to) = (value(FROM), value(TO));
    // Both are written with two digits each, so text sorts as time does.
    if from < to {
        return None;
    }
    match (new(FROM), new(TO)) {
        (Some(_), _) => Some((FROM, format!("00:00–{}", beside(&to, -1)))),
        (None, Some(_)) => Some((TO, format!("{}–23:59", beside(&from, 1)))),
        (None, None) => None,
    }
}

/// The time of day so many minutes after one, within the day. Both are written "08:00".
fn beside(time: &str, minutes: i32) -> String {
    let (hour, minute) = time.split_once(':').unwrap_or((time, ""));
    let parsed = |text: &str| text.parse::<i32>().unwrap_or(0);
    let at = (parsed(hour) * 60 + parsed(minute) + minutes).clamp(0, 24 * 60 - 1);
    format!("{:02}:{:02}", at / 60, at % 60)
}
