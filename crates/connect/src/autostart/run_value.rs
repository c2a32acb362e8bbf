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
    autostart.judge(&words(&command))
}

/// The words of a command line, whether or not those without blanks stand in quotation marks: installers always write
/// them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), command.trim_start());
    while !rest.is_empty() {
        let (word, behind) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (word, behind) = quoted.split_once('"').unwrap_or((quoted, ""));
                // Those before the mark are doubled.
                let end = word.len() - word.trim_end_matches('\\').len();
                (&word[..word.len() - end / 2], behind)
            }
            None => rest.split_once([' ', '\t']).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
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

/// As the C runtime of Microsoft takes it apart; a path on Windows holds no quotation mark. The program always stands in
/// marks, as installers write it and look for it when they take it away.
fn command_line(autostart: &Autostart, hidden: bool) -> String {
    let words = autostart.command(hidden);
    let quoted = words.iter().enumerate().map(|(at, word)| {
        if at == 0 || word.contains([' ', '\t']) {
            // A backslash before the closing mark would take it along.
            let end = word.len() - word.trim_end_matches('\\').len();
            format!("\"{word}{}\"", "\\".repeat(end))
        } else {
            word.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn autostart(program: &str, data_dir: Option<&str>) -> Autostart {
        Autostart {
            program: program.into(),
            data_dir: data_dir.map(Into::into),
            name: "offhook".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (program, data_dir) in [
            (r"C:\o\offhook.exe", None),
            (r"C:\Ada Lovelace\offhook.exe", Some(r"D:\her data\")),
        ] {
            let ours = autostart(program, data_dir);
            for hidden in [true, false] {
                let line = command_line(&ours, hidden);
                assert_eq!(words(&line), ours.command(hidden), "{line}");
                assert_eq!(ours.judge(&words(&line)), Found::On, "{line}");
                assert!(line.starts_with(&format!("\"{program}\"")), "{line}");
            }
        }
    }

    #[test]
    fn an_installers_marks_are_no_other_program() {
        let ours = autostart(r"C:\o\offhook.exe", None);
        let line = r#""C:\o\offhook.exe" --minimised"#;
        assert_eq!(ours.judge(&words(line)), Found::On);
        let other = r#""C:\elsewhere\offhook.exe" --minimised"#;
        assert_eq!(
            ours.judge(&words(other)),
            Found::Elsewhere(r"C:\elsewhere\offhook.exe".to_owned())
        );
    }
}
