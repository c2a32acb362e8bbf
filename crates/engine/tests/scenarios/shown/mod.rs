//! What people are shown in situations that no other test looks at closely, word by word, against the files in `shown/`.
//! What is meant to be shown otherwise is written anew with `WRITE_SHOWN=1 cargo test -p offhook-engine shown` and read
//! before it is committed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod pages;
mod state;

use crate::common::*;
use crate::rules_table::with_own;
use jiff::civil::{Time, Weekday, date};
use offhook_engine::appointment::{Appointment, AppointmentId, Sensitivity, Span};
use offhook_engine::calendar::Action;
use offhook_engine::facts::{CalendarLink, Prepared};
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue, PhonePresence, PresenceWords};
use offhook_engine::profile::Profile;
use offhook_engine::rules::{Rules, WorkingHours};
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::text::{Language, problem};
use offhook_engine::view::pages::{Desk, IconPlace};
use offhook_engine::view::preview::preview;
use offhook_engine::view::rules::{compare_profiles, compare_with_profile};
use offhook_engine::view::settings::KnownSource;
use offhook_engine::{Effect, Input};
use offhook_protocol::command::{Finding, Pause, Situation};
use offhook_protocol::first_run::FirstRunStep;
use offhook_protocol::key::KeyOffer;
use offhook_protocol::pages::FieldView;
use offhook_protocol::settings::{LineChoice, LineChooser};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// The first is computed otherwise by another compiler; the others are tested elsewhere, or say what is said beside them.
const PASSED_OVER: [&str; 9] = [
    "rules_version",
    "v",
    "health",
    "lights",
    "seen",
    "key",
    "columns",
    "title",
    "since",
];

/// What stands there in one word; `None`: nothing, or more than that.
fn word(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some(name.to_owned()),
        Value::Number(number) => Some(format!("{name} {number}")),
        Value::String(text) if !text.is_empty() => Some(format!("{name} {text}")),
        Value::Null | Value::Bool(false) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What is shown, line by line: where it stands, and what stands there.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn add(&mut self, name: &str, what: &impl Serialize) {
        self.lines(name, &serde_json::to_value(what).unwrap());
    }

    /// A line for each thing. What has no words is left out, and what is the same everywhere.
    fn lines(&mut self, path: &str, value: &Value) {
        match value {
            Value::Array(all) => {
                for (place, one) in all.iter().enumerate() {
                    self.lines(&format!("{path} {place}"), one);
                }
            }
            Value::Object(all) => {
                let all: Vec<_> = all
                    .iter()
                    .filter(|(name, _)| !PASSED_OVER.contains(&name.as_str()))
                    .collect();
                let words: Vec<String> = all.iter().filter_map(|(name, one)| word(name, one)).collect();
                if !words.is_empty() {
                    writeln!(self.0, "{path}: {}", words.join("; ")).unwrap();
                }
                for (name, one) in all
                    .into_iter()
                    .filter(|(_, one)| one.is_array() || one.is_object())
                {
                    self.lines(&format!("{path}.{name}"), one);
                }
            }
            Value::String(text) => writeln!(self.0, "{path}: {text}").unwrap(),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Status, reasons and the page "Now".
    fn state(&mut self, name: &str, w: &World) {
        self.add(&format!("{name} status"), &w.status());
        self.add(&format!("{name} why"), &w.engine.why(w.now));
        self.add(
            &format!("{name} now"),
            &w.engine.pages(&Desk::default(), w.now).now,
        );
        let tray = w.engine.tray(w.now);
        self.add(&format!("{name} tray"), &tray.tooltip);
    }

    fn is(self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/scenarios/shown")
            .join(name);
        if std::env::var("WRITE_SHOWN").is_ok_and(|yes| yes == "1") {
            std::fs::write(&path, &self.0).unwrap();
        }
        let wanted = std::fs::read_to_string(&path).unwrap();
        for (now, then) in self.0.lines().zip(wanted.lines()) {
            assert_eq!(
                now, then,
                "{name}: WRITE_SHOWN=1 writes it anew, where that is meant"
            );
        }
        assert_eq!(self.0.lines().count(), wanted.lines().count(), "{name}");
    }
}

fn in_german(mut rules: Rules) -> Rules {
    rules.language = Language::De;
    rules
}

fn all_fields() -> Rules {
    let own = [
        ("states.Busy.dnd", "on"),
        ("states.Busy.forward", "4711"),
        ("states.Busy.presence", "busy"),
        ("states.Busy.note", "Later"),
        ("states.Away.forward", "4712"),
        ("states.Away.note", "Away"),
        ("states.Presenting.dnd", "on"),
        ("states.InAMeeting.dnd", "on"),
        ("states.InACall.dnd", "on"),
        ("states.InAConferenceCall.dnd", "on"),
    ];
    with_own("recommended", &own)
}
