//! Windows: a value of the `Run` key, and whether the person switched it off in the Task Manager, which writes
//! `StartupApproved\Run` (first byte odd: off).

use super::{Autostart, Found};
use std::io;
use windows_registry::CURRENT_USER;

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";

pub(super) fn look(autostart: &Autostart) -> Found {
    let name = value_name(autostart);
    let run = CURRENT_USER.open(RUN).and_then(|key| key.get_string(&name));
    let Ok(command) = run else {
        return Found::Off;
    };
    let approved = CURRENT_USER.open(APPROVED).and_then(|key| key.get_value(&name));
    if approved.is_ok_and(|value| value.first().is_some_and(|byte| byte & 1 == 1)) {
        return Found::SwitchedOff;
    }
    if [true, false]
        .iter()
        .any(|hidden| command_line(autostart, *hidden) == command)
    {
        Found::On
    } else {
        Found::Elsewhere(command)
    }
}

pub(super) fn set(autostart: &Autostart, on: bool, hidden: bool) -> io::Result<()> {
    let name = value_name(autostart);
    let key = CURRENT_USER.create(RUN).map_err(io::Error::other)?;
    if on {
        key.set_string(&name, command_line(autostart, hidden))
            .map_err(io::Error::other)?;
    } else if key.get_string(&name).is_ok() {
        key.remove_value(&name).map_err(io::Error::other)?;
    }
    if let Ok(approved) = CURRENT_USER.options().read().write().open(APPROVED) {
        // Absent means "as the Run key says".
        let _absent = approved.remove_value(&name);
    }
    Ok(())
}

fn value_name(autostart: &Autostart) -> String {
    match &autostart.data_dir {
        None => "Offhook".to_owned(),
        Some(_) => autostart.name.clone(),
    }
}

/// As the C runtime of Microsoft takes it apart; a path on Windows holds no quotation mark.
fn command_line(autostart: &Autostart, hidden: bool) -> String {
    let words = autostart.command(hidden);
    let quoted = words.iter().map(|word| {
        if word.contains([' ', '\t']) {
            // A backslash before the closing mark would take it along.
            let end = word.len() - word.trim_end_matches('\\').len();
            format!("\"{word}{}\"", "\\".repeat(end))
        } else {
            word.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
