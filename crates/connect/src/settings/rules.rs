//! The person's rule table: a profile, and a setting for each cell that is otherwise.

use super::keys::{KNOWN, Kind, Known};
use super::{Refused, Settings, fault, lookup, take_out};
use offhook_engine::fault::{Code, Fault};
use offhook_engine::profile::Profile;
use offhook_engine::rules::Rules;
use offhook_engine::table::{Cell, Differences, PhoneField, Value};
use offhook_engine::view::rules::RulesForm;
use std::collections::BTreeSet;
use toml_edit::DocumentMut;

impl Settings {
    pub(super) fn profile(&self) -> Profile {
        Profile::named(self.text("rules.profile")).unwrap_or_else(|| Rules::default().profile)
    }

    pub(super) fn differences(&self) -> Differences {
        let mut own = Differences::default();
        for (cell, key) in cells() {
            if let Some(text) = self.values.get(key) {
                // What it can't hold was left out when the file was read.
                let _held = own.set(cell, text);
            }
        }
        own.still_differing(&self.profile(), self.flag("rules.dnd_in_meetings"))
    }

    /// What the page shows around the table.
    pub fn rules_form(&self) -> RulesForm {
        let locked: BTreeSet<String> = cells()
            .filter(|(_, key)| self.policy.contains_key(key))
            .map(|(_, key)| key.to_owned())
            .collect();
        RulesForm {
            profile_locked: self.policy.contains_key("rules.profile"),
            in_meetings_locked: self.policy.contains_key("rules.dnd_in_meetings"),
            locked,
            refused: std::collections::BTreeMap::new(),
        }
    }

    /// Takes the person's own differences back to the profile: the cell of that key, the row or table under it,
    /// or `rules` for all. What the organisation has set stays.
    ///
    /// # Errors
    /// No rule has such a key; or the file could not be written.
    pub fn rules_back(&mut self, under: &str) -> Result<(), Refused> {
        let refuse = |code: Code| Refused {
            key: under.to_owned(),
            fault: fault(code, under),
        };
        if self.newer {
            return Err(refuse(Code::SettingsNewer));
        }
        self.read_again();
        let folder = format!("{under}.");
        let meant: Vec<&str> = cells()
            .map(|(_, key)| key)
            .filter(|key| *key == under || key.starts_with(&folder))
            .collect();
        if meant.is_empty() {
            return Err(refuse(Code::SettingsUnknownKey));
        }
        let mut document = self.document.clone();
        for key in meant {
            take_out(&mut document, key);
        }
        self.keep(document)
    }

    /// Takes out what says the same as the profile that `document` chooses.
    pub(super) fn drop_same_rules(&self, document: &mut DocumentMut) {
        let mut then = self.clone();
        then.document = document.clone();
        let _known = then.resolve();
        let mut written = Differences::default();
        for (cell, key) in cells() {
            let text = lookup(document.as_table(), key).and_then(|item| Kind::Rule(cell).of_toml(item));
            if let Some(text) = text {
                let _held = written.set(cell, &text);
            }
        }
        let kept = written
            .clone()
            .still_differing(&then.profile(), then.flag("rules.dnd_in_meetings"));
        for (cell, _) in written.cells().filter(|(cell, _)| kept.of(*cell).is_none()) {
            take_out(document, &cell.key());
        }
    }

    /// A lifetime is possible or not by what Teams is told.
    pub(super) fn possible_together(&self, changes: &[(&'static Known, String)]) -> Result<(), Refused> {
        let mut then = self.clone();
        for (known, value) in changes {
            then.values.insert(known.key.as_ref(), value.clone());
        }
        let own = then.differences();
        for (known, value) in changes {
            let Kind::Rule(Cell::Phone(state, PhoneField::Minutes)) = known.kind else {
                continue;
            };
            let (least, most) = own.told(&then.profile(), state).minutes();
            let fits = value
                .parse()
                .is_ok_and(|minutes| (least..=most).contains(&minutes));
            if !fits {
                return Err(Refused {
                    key: known.key.clone().into_owned(),
                    fault: fault(Code::EntryNotPossible, &format!("{least}–{most}")),
                });
            }
        }
        Ok(())
    }

    /// Lifetimes in the file that what Teams is told can't have: the usual one is used.
    pub(super) fn wrong_lifetimes(&self) -> Vec<Fault> {
        let own = self.differences();
        let wrong = |(cell, value): (Cell, &Value)| {
            let (Cell::Phone(state, PhoneField::Minutes), Value::Minutes(minutes)) = (cell, value) else {
                return None;
            };
            let (least, most) = own.told(&self.profile(), state).minutes();
            (!(least..=most).contains(minutes)).then(|| fault(Code::SettingsValue, &cell.key()))
        };
        own.cells().filter_map(wrong).collect()
    }
}

fn cells() -> impl Iterator<Item = (Cell, &'static str)> {
    KNOWN.iter().filter_map(|known| match known.kind {
        Kind::Rule(cell) => Some((cell, known.key.as_ref())),
        Kind::Text
        | Kind::Flag
        | Kind::Number { .. }
        | Kind::OneOf(_)
        | Kind::Words
        | Kind::Command
        | Kind::Days
        | Kind::TimeOfDay
        | Kind::Target
        | Kind::Proxy
        | Kind::Address => None,
    })
}
