//! Where a dialled number leads: forwards, do not disturb and feature codes as on FreePBX (asterisk.md section 2).

use super::channels::Switch;
use crate::faults::{Fault, Place};

/// A feature code with its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Dnd(bool),
    DndToggle,
    /// `CF` always, `CFB` when busy, `CFU` on no answer; `None` switches it off.
    Forward(&'static str, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Rings at the extension's phone.
    Phone,
    Forward(String),
    Busy,
    Absent,
    /// The echo test (600) and the waiting room (900).
    Answers,
    Code(Code),
    /// A number outside the company.
    Outside,
    Nowhere,
}

pub(crate) fn route(switch: &Switch, number: &str) -> Route {
    let entry = |family: &str| {
        let value = switch.db.get(&(family.to_owned(), number.to_owned()))?;
        (!value.is_empty()).then(|| value.clone())
    };
    if let Some(code) = code(number) {
        return Route::Code(code);
    }
    if switch.is_extension(number) {
        // Forward-all is tested before do not disturb; busy then takes the forward for busy.
        if let Some(to) = entry("CF") {
            return Route::Forward(to);
        }
        if entry("DND").is_some() {
            return entry("CFB").map_or(Route::Busy, Route::Forward);
        }
        if switch.unregistered.contains(number) {
            return entry("CFU").map_or(Route::Absent, Route::Forward);
        }
        return Route::Phone;
    }
    let digits = number.strip_prefix('+').unwrap_or(number);
    match number {
        "600" | "900" => Route::Answers,
        _ if digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Route::Outside,
        _ => Route::Nowhere,
    }
}

fn code(number: &str) -> Option<Code> {
    let on = |prefix: &str| {
        number
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty())
            .map(str::to_owned)
    };
    match number {
        "*78" => Some(Code::Dnd(true)),
        "*79" => Some(Code::Dnd(false)),
        "*76" => Some(Code::DndToggle),
        "*73" => Some(Code::Forward("CF", None)),
        "*91" => Some(Code::Forward("CFB", None)),
        "*53" => Some(Code::Forward("CFU", None)),
        _ => [("*72", "CF"), ("*90", "CFB"), ("*52", "CFU")]
            .into_iter()
            .find_map(|(prefix, family)| on(prefix).map(|to| Code::Forward(family, Some(to)))),
    }
}

impl Switch {
    /// Runs a feature code for the number that a channel calls from: database and lamps (asterisk.md 2.1, 2.2).
    pub(crate) fn run_code(&mut self, channel: &str, code: &Code) {
        if self
            .faults
            .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
        {
            return;
        }
        let Some(extension) = self.find(channel).map(|channel| channel.number.clone()) else {
            return;
        };
        match code {
            Code::Dnd(on) => self.set_dnd(&extension, *on),
            Code::DndToggle => {
                let on = !self.db.contains_key(&("DND".to_owned(), extension.clone()));
                self.set_dnd(&extension, on);
            }
            Code::Forward(family, to) => {
                let key = ((*family).to_owned(), extension.clone());
                match to {
                    Some(to) => self.db.insert(key, to.clone()),
                    None => self.db.remove(&key),
                };
                if *family == "CF" {
                    let state = if to.is_some() { "BUSY" } else { "NOT_INUSE" };
                    self.set_custom(&format!("CF{extension}"), state);
                    self.set_custom(&format!("DEVCF{extension}"), state);
                }
            }
        }
    }

    fn set_dnd(&mut self, extension: &str, on: bool) {
        let key = ("DND".to_owned(), extension.to_owned());
        if on {
            self.db.insert(key, "YES".into());
        } else {
            self.db.remove(&key);
        }
        let state = if on {
            "BUSY".to_owned()
        } else {
            self.dnd_off.clone()
        };
        self.set_custom(&format!("DND{extension}"), &state);
        self.set_custom(&format!("DEVDND{extension}"), &state);
    }
}
