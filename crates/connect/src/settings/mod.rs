//! The settings: only differences from the defaults are stored, unknown keys are kept, a wrong value never
//! stops anything. Order: machine policy, then the command line, then the person's file, then what is built in.
//!
//! Source: the design, section 5 ("Data directory", "settings.toml").

mod arguments;
mod calendar;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod keys;
mod last;
mod lines;
mod parsed;
mod phone;
mod policy;
mod refusals;
mod rules;
#[cfg(test)]
mod templates;
mod undo;

use crate::ledger_file::{keep_aside, replace};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use arguments::split as split_command;
use keys::{FIRST_RUN, KNOWN, Known, VERSION};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_protocol::pages::{Draft, FieldView};
pub use phone::PhoneConfig;
pub(crate) use phone::speaks_with;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike};
pub use undo::{Change, Undone};

/// The version this build writes.
const OURS: i64 = 1;

/// All settings in force, and the file they came from.
#[derive(Debug, Clone)]
pub struct Settings {
    path: PathBuf,
    document: DocumentMut,
    /// From the machine's policy: shown locked.
    policy: BTreeMap<&'static str, String>,
    /// From the command line: goes before the person's file for this run.
    forced: BTreeMap<&'static str, String>,
    values: BTreeMap<&'static str, String>,
    /// What was odd about the file; each names the thing.
    pub problems: Vec<Fault>,
    /// A newer Offhook wrote the file: it is not written by this one.
    newer: bool,
    last_change: Option<Change>,
    /// It has not been told yet.
    changed: bool,
    /// Nobody has set up anything yet.
    pub fresh: bool,
}

/// Why a draft was refused: the field and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub key: String,
    pub fault: Fault,
}

impl Settings {
    /// Reads `settings.toml` in the data directory and the machine's policy. Never fails: what can't be used is
    /// a problem to show, and the default holds.
    pub fn load(data_dir: &Path) -> Self {
        Self::load_with(data_dir, policy::Source::of_system().as_ref())
    }

    /// With a policy in a file.
    pub fn load_with_policy(data_dir: &Path, policy: Option<&Path>) -> Self {
        let policy = policy.map(|path| policy::Source::File(path.to_owned()));
        Self::load_with(data_dir, policy.as_ref())
    }

    fn load_with(data_dir: &Path, policy: Option<&policy::Source>) -> Self {
        let path = data_dir.join("settings.toml");
        let mut problems = Vec::new();
        let text = std::fs::read_to_string(&path);
        let fresh = matches!(&text, Err(error) if error.kind() == io::ErrorKind::NotFound);
        let mut document = match text.map(|text| text.parse::<DocumentMut>()) {
            Ok(Ok(document)) => {
                last::keep(&path, &document);
                document
            }
            Err(_) if fresh => DocumentMut::new(),
            Ok(Err(_)) | Err(_) => {
                let kept = keep_aside(&path);
                let last = last::bring_back(&path);
                let code = match last {
                    Some(_) => Code::SettingsRestored,
                    None => Code::SettingsUnreadable,
                };
                problems.push(fault(code, &kept));
                last.unwrap_or_default()
            }
        };
        if fresh && let Some(known) = keys::find(FIRST_RUN) {
            put(&mut document, known, "welcome");
        }
        let version = document.get(VERSION).and_then(Item::as_integer).unwrap_or(OURS);
        let newer = version > OURS;
        if newer {
            problems.push(fault(Code::SettingsNewer, &version.to_string()));
        }
        let policy = policy
            .map(|policy| policy.read(&mut problems))
            .unwrap_or_default();
        let mut settings = Self {
            path,
            document,
            policy,
            forced: BTreeMap::new(),
            values: BTreeMap::new(),
            problems,
            newer,
            last_change: None,
            changed: false,
            fresh,
        };
        settings
            .problems
            .extend(unknown_keys(settings.document.as_table(), ""));
        let wrong = settings.resolve();
        settings.problems.extend(wrong);
        settings
    }

    /// Values in force, from all layers; gives what had to be left out.
    fn resolve(&mut self) -> Vec<Fault> {
        let mut wrong = Vec::new();
        self.values.clear();
        for known in KNOWN.iter() {
            let key = known.key.as_ref();
            let from_file = lookup(self.document.as_table(), key).map(|item| known.kind.of_toml(item));
            if from_file == Some(None) {
                wrong.push(fault(Code::SettingsValue, key));
            }
            let layered = self.policy.get(key).or_else(|| self.forced.get(key));
            let value = layered.cloned().or(from_file.flatten());
            if let Some(value) = value.or_else(|| known.fixed_default()) {
                self.values.insert(key, value);
            }
        }
        wrong.extend(self.wrong_lifetimes());
        wrong
    }

    /// Values of the command line: they go before the person's file and after the machine's policy.
    ///
    /// # Errors
    /// The first that is unknown or impossible.
    pub fn force(&mut self, values: &[(&str, String)]) -> Result<(), Refused> {
        for (key, text) in values {
            let refuse = |code: Code| Refused {
                key: (*key).to_owned(),
                fault: fault(code, key),
            };
            let known = keys::find(key).ok_or_else(|| refuse(Code::SettingsUnknownKey))?;
            let value = known
                .kind
                .parse(text)
                .ok_or_else(|| refuse(Code::SettingsValue))?;
            self.forced.insert(known.key.as_ref(), value);
        }
        self.resolve();
        Ok(())
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.text(key) == "true"
    }

    pub(crate) fn number(&self, key: &str) -> i64 {
        self.text(key).parse().unwrap_or_default()
    }

    pub(crate) fn words(&self, key: &str) -> Vec<String> {
        self.text(key)
            .split(',')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// One setting as a form shows it.
    pub fn field(&self, key: &str) -> FieldView {
        FieldView {
            value: self.text(key).to_owned(),
            locked: self.is_locked(key),
            refused: None,
        }
    }

    /// Changes settings, all or none, and writes the file. Only differences from the defaults are kept in it.
    ///
    /// # Errors
    /// The first entry that is unknown, locked or impossible; or the file could not be written.
    pub fn apply(&mut self, draft: &Draft) -> Result<(), Refused> {
        let refuse = |key: &str, code: Code| Refused {
            key: key.to_owned(),
            fault: fault(code, key),
        };
        if self.newer {
            return Err(refuse("version", Code::SettingsNewer));
        }
        self.read_again();
        let mut changes: Vec<(&'static Known, String)> = Vec::new();
        for (key, text) in &draft.0 {
            let Some(known) = keys::find(key) else {
                return Err(refuse(key, Code::SettingsUnknownKey));
            };
            if self.is_locked(&known.key) {
                return Err(refuse(key, Code::Locked));
            }
            let Some(value) = known.kind.parse(text) else {
                let fault = fault(Code::EntryNotPossible, &known.kind.allowed());
                return Err(Refused {
                    key: key.to_owned(),
                    fault,
                });
            };
            changes.push((known, value));
        }
        self.possible_together(&changes)?;
        let clash = undo::clash(&changes, self).or_else(|| lines::impossible(&changes));
        if let Some((key, allowed)) = clash {
            return Err(Refused {
                key: key.to_owned(),
                fault: fault(Code::EntryNotPossible, &allowed),
            });
        }
        if let Some(refused) = self.impossible_change(&changes) {
            return Err(refused);
        }
        self.write(&changes)
    }

    /// Puts values into the file as it was read last.
    fn write(&mut self, values: &[(&'static Known, String)]) -> Result<(), Refused> {
        let mut document = self.document.clone();
        for (known, value) in values {
            put(&mut document, known, value);
        }
        self.keep(document)
    }

    /// Writes the file, and takes what is in it. A rule that says what the profile says is no difference and is
    /// left out.
    fn keep(&mut self, mut document: DocumentMut) -> Result<(), Refused> {
        document[VERSION] = toml_edit::value(OURS);
        self.drop_same_rules(&mut document);
        if let Err(error) = replace(&self.path, document.to_string().as_bytes()) {
            tracing::warn!(%error, "the settings could not be written");
            return Err(Refused {
                key: "version".into(),
                fault: fault(Code::LedgerNotWritten, "settings.toml"),
            });
        }
        last::keep(&self.path, &document);
        let change = Change::between(&self.document, &document);
        if !change.is_empty() {
            self.last_change = Some(change);
            self.changed = true;
        }
        self.document = document;
        self.fresh = false;
        self.resolve_again();
        Ok(())
    }

    /// How many of them the organisation has set.
    pub(crate) fn forced_count(&self) -> usize {
        self.policy.len()
    }

    fn is_locked(&self, key: &str) -> bool {
        self.policy.contains_key(key)
    }

    /// The file as it is now: somebody may have edited it by hand since it was read.
    fn read_again(&mut self) {
        match std::fs::read_to_string(&self.path).map(|text| text.parse::<DocumentMut>()) {
            Ok(Ok(document)) => self.document = document,
            Ok(Err(_)) => {
                // What is in memory is in force, and is written in its place.
                let kept = keep_aside(&self.path);
                self.problems.push(fault(Code::SettingsRestored, &kept));
            }
            // One that was never written is the one in memory.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.fresh => {
                self.document = DocumentMut::new();
            }
            Err(_) => {}
        }
    }

    fn resolve_again(&mut self) {
        let wrong = self.resolve();
        self.problems
            .retain(|problem| problem.code != Code::SettingsValue);
        self.problems.extend(wrong);
    }
}

fn fault(code: Code, detail: &str) -> Fault {
    Fault::new(FaultKind::Rejected, code).about(detail)
}

fn lookup<'a>(table: &'a Table, key: &str) -> Option<&'a Item> {
    let mut parts = key.split('.');
    let mut item = table.get(parts.next()?)?;
    for part in parts {
        item = item.get(part)?;
    }
    Some(item)
}

fn put(document: &mut DocumentMut, known: &Known, value: &str) {
    if known.fixed_default().as_deref() == Some(value) {
        take_out(document, &known.key);
        return;
    }
    let (folder, name) = known.key.rsplit_once('.').unwrap_or(("", &known.key));
    let mut table = document.as_table_mut();
    for part in folder.split('.').filter(|part| !part.is_empty()) {
        let item = table.entry(part).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if !item.is_table() {
            *item = Item::Table(item.as_inline_table().cloned().unwrap_or_default().into_table());
        }
        match item.as_table_mut() {
            Some(inner) => table = inner,
            None => return,
        }
    }
    table.insert(name, toml_edit::value(known.kind.to_toml(value)));
}

/// Removes a setting; a rule's row that is then empty goes with it.
fn take_out(document: &mut DocumentMut, key: &str) {
    let (folder, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut table: Option<&mut dyn TableLike> = Some(document.as_table_mut());
    for part in folder.split('.').filter(|part| !part.is_empty()) {
        table = table
            .and_then(|t| t.get_mut(part))
            .and_then(Item::as_table_like_mut);
    }
    let Some(table) = table else { return };
    table.remove(name);
    if table.is_empty() && key.starts_with("rules.") && folder.contains('.') {
        take_out(document, folder);
    }
}

fn unknown_keys(table: &Table, prefix: &str) -> Vec<Fault> {
    let mut unknown = Vec::new();
    for (name, item) in table {
        let key = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        };
        let is_folder = KNOWN
            .iter()
            .any(|known| known.key.starts_with(&format!("{key}.")));
        match item.as_table() {
            Some(inner) if is_folder => unknown.extend(unknown_keys(inner, &key)),
            _ if keys::find(&key).is_some() || key == VERSION => {}
            _ => unknown.push(fault(Code::SettingsUnknownKey, &key)),
        }
    }
    unknown
}

#[cfg(test)]
mod tests;
