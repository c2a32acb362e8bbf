//! The rule table: profile and the person's differences, what they do, how they are shown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::rules;
use offhook_engine::profile::NAMES;
use offhook_engine::rules::Rules;
use offhook_engine::table::{Cell, TeamsState};
use offhook_engine::text::Language;
use offhook_engine::view::rules::{RulesForm, page};
use offhook_protocol::pages::{RulesCell, RulesPage, RulesRow};

/// A profile with cells of the person's own, as `key = text` without `rules.`.
fn with_own(profile: &str, own: &[(&str, &str)]) -> Rules {
    let mut rules = rules(profile);
    for (key, text) in own {
        let key = format!("rules.{key}");
        let cell = Cell::all().find(|cell| cell.key() == key).unwrap();
        assert!(rules.own.set(cell, text), "{key} = {text}");
    }
    rules
}

fn shown(rules: &Rules) -> RulesPage {
    page(rules, &RulesForm::default(), None)
}

fn row<'a>(page: &'a RulesPage, key: &str) -> &'a RulesRow {
    let key = format!("rules.{key}");
    let mut rows = page.tables.iter().flat_map(|table| &table.rows);
    rows.find(|row| row.key == key).unwrap()
}

fn cell<'a>(page: &'a RulesPage, key: &str) -> &'a RulesCell {
    let key = format!("rules.{key}");
    let rows = page.tables.iter().flat_map(|table| &table.rows);
    rows.flat_map(|row| &row.cells)
        .find(|cell| cell.key == key)
        .unwrap()
}

#[test]
fn r22_every_word_is_a_row_of_every_profile_and_fits_one_line_of_the_socket() {
    for name in NAMES {
        for language in [Language::De, Language::En] {
            let rules = Rules {
                language,
                ..rules(name)
            };
            let page = shown(&rules);
            assert_eq!(page.tables[0].rows.len(), TeamsState::ALL.len());
            assert_eq!((page.tables[1].rows.len(), page.tables[2].rows.len()), (2, 8));
            for table in &page.tables {
                for row in &table.rows {
                    assert_eq!(row.cells.len(), table.columns.len(), "{}", row.key);
                    for cell in &row.cells {
                        assert!(!cell.text.is_empty() && !cell.differs, "{}", cell.key);
                    }
                }
            }
            assert_eq!(page.back, None);
            let size = serde_json::to_string(&page).unwrap().len();
            assert!(size < 60_000, "{name}: {size}");
        }
    }
}

#[test]
fn r22_a_row_that_the_profile_lacks_shows_what_other_rows_do() {
    let page = shown(&with_own("starface-9", &[("states.anything-else.dnd", "on")]));
    let focusing = row(&page, "states.Focusing");
    assert!(focusing.inherited && !focusing.differs);
    let dnd = cell(&page, "states.Focusing.dnd");
    assert_eq!(
        (dnd.value.as_str(), dnd.inherited, dnd.differs),
        ("on", true, false)
    );
    assert!(cell(&page, "states.anything-else.dnd").differs);
    assert!(page.summary.contains("one change"), "{}", page.summary);
}
