//! macOS: a launch agent. Source: `launchd.plist(5)`. `SMAppService` would need the program to live in a signed
//! bundle; a launch agent works from any place, and shows in System Settings all the same.

use super::{Autostart, Found, remove, write};
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn look(autostart: &Autostart, folder: &Path) -> Found {
    match std::fs::read_to_string(path(autostart, folder)) {
        Ok(text) if text.contains("<key>Disabled</key><true/>") => Found::SwitchedOff,
        Ok(text) => autostart.judge(&command(&text)),
        Err(_) => Found::Off,
    }
}

pub(super) fn set(autostart: &Autostart, folder: &Path, on: bool, hidden: bool) -> io::Result<()> {
    let path = path(autostart, folder);
    if on {
        write(&path, &text(&autostart.name, &autostart.command(hidden)))
    } else {
        remove(&path)
    }
}

fn path(autostart: &Autostart, folder: &Path) -> PathBuf {
    folder.join(format!("{}.plist", autostart.name))
}

pub(super) fn text(name: &str, command: &[String]) -> String {
    let words: String = command
        .iter()
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n  \
         <key>Label</key><string>{name}</string>\n  \
         <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  \
         <key>RunAtLoad</key><true/>\n  \
         <key>ProcessType</key><string>Interactive</string>\n\
         </dict>\n</plist>\n"
    )
}

/// The words of `ProgramArguments`, of a file that looks like ours. Another's is told as "elsewhere".
pub(super) fn command(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once("<key>ProgramArguments</key>") else {
        return Vec::new();
    };
    let list = rest.split_once("</array>").map_or(rest, |(list, _)| list);
    list.split("<string>")
        .skip(1)
        .filter_map(|part| part.split_once("</string>"))
        .map(|(word, _)| unescaped(word))
        .collect()
}

fn escaped(word: &str) -> String {
    word.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn unescaped(word: &str) -> String {
    word.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same_words() {
        let words = ["/Applications/A & B <x>.app/offhook", "--data-dir", "/a b"].map(str::to_owned);
        assert_eq!(command(&text("offhook", &words)), words);
        assert!(command("not ours").is_empty());
    }
}
