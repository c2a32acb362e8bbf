//! Linux: a desktop entry. Sources: freedesktop.org, Desktop Application Autostart Specification (a file of the
//! person hides one of the same name for everyone; `Hidden=true` stands for "not there"), and Desktop Entry
//! Specification ("The Exec key", "Possible value types" for escaping twice).

use super::{Autostart, Found, remove, write};
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn look(autostart: &Autostart, folder: &Path, common: &[PathBuf]) -> Found {
    let file = format!("{}.desktop", autostart.name);
    if let Ok(text) = std::fs::read_to_string(folder.join(&file)) {
        let entry = Entry::parse(&text);
        if entry.hidden && !entry.command.is_empty() || entry.switched_off {
            return Found::SwitchedOff;
        }
        if entry.hidden {
            return Found::Off;
        }
        return autostart.judge(&entry.command);
    }
    let everyone = common.iter().any(|folder| {
        std::fs::read_to_string(folder.join(&file)).is_ok_and(|text| {
            let entry = Entry::parse(&text);
            !entry.hidden && !entry.switched_off
        })
    });
    if everyone { Found::Everyone } else { Found::Off }
}

pub(super) fn set(
    autostart: &Autostart,
    folder: &Path,
    common: &[PathBuf],
    on: bool,
    hidden: bool,
) -> io::Result<()> {
    let file = format!("{}.desktop", autostart.name);
    let path = folder.join(&file);
    if on {
        return write(&path, &text(&autostart.command(hidden)));
    }
    if common.iter().any(|folder| folder.join(&file).exists()) {
        return write(
            &path,
            "[Desktop Entry]\nType=Application\nName=Offhook\nHidden=true\n",
        );
    }
    remove(&path)
}

pub(super) fn text(command: &[String]) -> String {
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    // Where the program was taken off and this file was left, the desktop passes it over.
    let program = command.first().map_or("", String::as_str);
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Name=Offhook\n\
         Comment=Keeps your phone and Microsoft Teams in agreement\n\
         Comment[de]=Hält Ihr Telefon und Microsoft Teams in Übereinstimmung\n\
         TryExec={}\n\
         Exec={}\n\
         Icon=offhook\n\
         Terminal=false\n\
         X-GNOME-Autostart-enabled=true\n",
        escaped(program),
        escaped(&words.join(" "))
    )
}

/// A word of a command line as `Exec` wants it.
fn quoted(word: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./=+,@:".contains(sign);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    for sign in word.chars() {
        match sign {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', sign]),
            // A percent sign begins a field code.
            '%' => quoted.push_str("%%"),
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

/// A value as the file wants it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) command: Vec<String>,
    hidden: bool,
    switched_off: bool,
}

impl Entry {
    pub(super) fn parse(text: &str) -> Self {
        let mut entry = Self::default();
        let mut within = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                within = line == "[Desktop Entry]";
            }
            let Some((key, value)) = line.split_once('=').filter(|_| within) else {
                continue;
            };
            match (key.trim(), value.trim()) {
                ("Exec", value) => entry.command = words(&unescaped(value)),
                ("Hidden", value) => entry.hidden = value == "true",
                ("X-GNOME-Autostart-enabled", value) => entry.switched_off = value == "false",
                _ => {}
            }
        }
        entry
    }
}

fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut signs = value.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            text.push(sign);
            continue;
        }
        match signs.next() {
            Some('s') => text.push(' '),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut within, mut signs) = (false, command.chars());
    while let Some(sign) = signs.next() {
        match sign {
            '"' => {
                within = !within;
                word.get_or_insert_default();
            }
            '\\' if within => word.get_or_insert_default().extend(signs.next()),
            // Any other field code stands for what a launcher would open: nothing here.
            '%' => {
                if signs.next() == Some('%') {
                    word.get_or_insert_default().push('%');
                }
            }
            ' ' if !within => words.extend(word.take()),
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_words(list in prop::collection::vec(r#"[ a-zäß"'$`\\%=;#\n\t]{1,12}"#, 1..4)) {
            let written = text(&list);
            prop_assert_eq!(Entry::parse(&written).command, list);
        }
    }

    #[test]
    fn a_path_with_spaces_and_signs_is_quoted_and_escaped_twice() {
        assert_eq!(
            text(&["/opt/My Apps/$x\\y/offhook".to_owned(), "--minimised".to_owned()])
                .lines()
                .find(|line| line.starts_with("Exec")),
            Some(r#"Exec="/opt/My Apps/\\$x\\\\y/offhook" --minimised"#)
        );
    }

    #[test]
    fn only_the_main_group_counts() {
        let text = "# made by hand\n[Desktop Entry]\nExec = offhook %u\n[Desktop Action x]\nExec=other\nHidden=true\n";
        let entry = Entry::parse(text);
        assert_eq!(entry.command, ["offhook"]);
        assert!(!entry.hidden);
    }
}
