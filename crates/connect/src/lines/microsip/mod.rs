//! MicroSIP runs a command when something happens to a call. Here the lines of its settings that make it run `offhookctl`
//! are shown, written and taken out again; the calls themselves come through the hook, as the source `microsip`.
//!
//! From MicroSIP's published sources (facts/call-sources.md, section 4.3): keys and moments; each command is run as
//! `COMMAND NUMBER`, hidden, and waited for; a value has at most 255 signs; it is taken apart like a command line and put
//! together again without quotes, so no argument may have a space in it, only the program's path; the file is written anew
//! when MicroSIP ends.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod ini;

use crate::ledger_file::replace;
use ini::Ini;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_protocol::settings::{MicrosipLine, MicrosipView};
use std::path::{Path, PathBuf};

/// MicroSIP reads so many signs of a value.
const LONGEST: usize = 255;
/// A settings file has a few kilobytes, and a list of calls.
const LARGEST: u64 = 4 * 1024 * 1024;
const BACKUP: &str = "offhook-backup";

/// What MicroSIP is to tell, by the moment. It gives no call id, only a number that it puts at the end.
const EVENTS: [(&str, &str); 5] = [
    (
        "cmdOutgoingCall",
        "call newCall --source microsip --direction out --from",
    ),
    (
        "cmdIncomingCall",
        "call newCall --source microsip --direction in --from",
    ),
    ("cmdCallStart", "call answer --source microsip --from"),
    ("cmdCallEnd", "call hangup --source microsip --from"),
    ("cmdCallBusy", "call hangup --source microsip --from"),
];

/// Where everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Microsip {
    /// MicroSIP's settings.
    pub ini: PathBuf,
    /// `offhookctl`.
    pub console: PathBuf,
    /// Where it is not the usual one.
    pub data_dir: Option<PathBuf>,
}

impl Microsip {
    /// MicroSIP's settings at the usual place of an installed one.
    pub fn usual_ini() -> Option<PathBuf> {
        let folder = std::env::var_os("APPDATA").filter(|_| cfg!(windows))?;
        Some(Path::new(&folder).join("MicroSIP").join("microsip.ini"))
    }

    /// The console program beside this one.
    pub fn own_console() -> Option<PathBuf> {
        let name = format!("offhookctl{}", std::env::consts::EXE_SUFFIX);
        Some(std::env::current_exe().ok()?.with_file_name(name))
    }

    /// What stands there, and what would be written.
    ///
    /// # Errors
    /// The file is missing or is none of MicroSIP's; `offhookctl` can't be run from there.
    pub fn look(&self) -> Result<MicrosipView, Fault> {
        let ini = self.read()?;
        let lines: Vec<MicrosipLine> = self
            .wanted()?
            .into_iter()
            .map(|(key, value)| {
                let now = ini.value(key);
                MicrosipLine {
                    key: key.to_owned(),
                    there: now.is_some_and(|now| now == value),
                    foreign: now.is_some_and(|now| !is_ours(now)),
                    now: now.map(str::to_owned),
                    value,
                }
            })
            .collect();
        Ok(MicrosipView {
            file: self.ini.display().to_string(),
            written: lines.iter().all(|line| line.there),
            foreign: lines.iter().any(|line| line.foreign),
            ours: lines.iter().any(|line| line.now.is_some() && !line.foreign),
            lines,
        })
    }

    /// Writes the lines, all or none, and keeps the file as it was beside it.
    ///
    /// # Errors
    /// As [`Microsip::look`]; a command of somebody else's stands there; MicroSIP runs, and would write its own again; the
    /// file can't be written.
    pub fn write(&self) -> Result<(), Fault> {
        let mut ini = self.read()?;
        for (key, value) in self.wanted()? {
            if ini.value(key).is_some_and(|now| !is_ours(now)) {
                return Err(fault(Code::MicrosipTaken, key));
            }
            let set = ini.set(key, &value);
            set.map_err(|ini::NotAscii| fault(Code::MicrosipPath, &self.console.display().to_string()))?;
        }
        self.keep(&ini)
    }

    /// Takes out what is ours, and nothing else.
    ///
    /// # Errors
    /// As [`Microsip::write`].
    pub fn take_out(&self) -> Result<(), Fault> {
        let mut ini = self.read()?;
        for (key, _) in EVENTS {
            if ini.value(key).is_some_and(is_ours) {
                // An empty value fits into any coding.
                let _ = ini.set(key, "");
            }
        }
        self.keep(&ini)
    }

    fn keep(&self, ini: &Ini) -> Result<(), Fault> {
        if is_running() {
            return Err(fault(Code::MicrosipRunning, "MicroSIP"));
        }
        let name = self.ini.display().to_string();
        let backup = self.ini.with_extension(BACKUP);
        let kept = std::fs::copy(&self.ini, &backup).and_then(|_| replace(&self.ini, &ini.bytes()));
        kept.map_err(|error| {
            tracing::warn!(%error, "MicroSIP's settings could not be written");
            fault(Code::MicrosipNotWritten, &name)
        })
    }

    fn read(&self) -> Result<Ini, Fault> {
        let name = self.ini.display().to_string();
        let missing = |_| fault(Code::MicrosipMissing, &name);
        let size = std::fs::metadata(&self.ini).map_err(missing)?.len();
        if size > LARGEST {
            return Err(fault(Code::MicrosipNotUnderstood, &name));
        }
        let file = std::fs::read(&self.ini).map_err(missing)?;
        Ini::parse(&file).map_err(|ini::Unreadable| fault(Code::MicrosipNotUnderstood, &name))
    }

    /// Key and value of every line.
    fn wanted(&self) -> Result<Vec<(&'static str, String)>, Fault> {
        let console = self.console.display().to_string();
        let data_dir = self.data_dir.as_ref().map(|folder| folder.display().to_string());
        let impossible = |what: &str| fault(Code::MicrosipPath, what);
        if !self.console.is_file() || console.contains('"') {
            return Err(impossible(&console));
        }
        let folder = match &data_dir {
            Some(folder) if folder.contains([' ', '"']) => return Err(impossible(folder)),
            Some(folder) => format!("--data-dir {folder} "),
            None => String::new(),
        };
        let lines = EVENTS.map(|(key, event)| (key, format!("\"{console}\" {folder}{event}")));
        match lines.iter().all(|(_, value)| value.chars().count() <= LONGEST) {
            true => Ok(lines.into()),
            false => Err(impossible(&console)),
        }
    }
}

/// Also of an Offhook that was installed elsewhere.
fn is_ours(command: &str) -> bool {
    command.contains("offhookctl") && command.contains("--source microsip")
}

/// MicroSIP writes its settings anew when it ends, and ours would be lost.
#[cfg(windows)]
fn is_running() -> bool {
    use std::os::windows::process::CommandExt;
    const NO_WINDOW: u32 = 0x0800_0000;
    let list = std::process::Command::new("tasklist")
        .args(["/FI", "IMAGENAME eq microsip.exe", "/NH", "/FO", "CSV"])
        .creation_flags(NO_WINDOW)
        .stdin(std::process::Stdio::null())
        .output();
    list.is_ok_and(|list| {
        String::from_utf8_lossy(&list.stdout)
            .to_ascii_lowercase()
            .contains("microsip.exe")
    })
}

#[cfg(not(windows))]
const fn is_running() -> bool {
    false
}

fn fault(code: Code, what: &str) -> Fault {
    Fault::new(FaultKind::Rejected, code).about(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "[Settings]\r\naccountId=1\r\ncmdCallStart=\r\ncmdCallEnd=\r\nvolumeOutput=100\r\n";

    struct Desk {
        _folder: tempfile::TempDir,
        microsip: Microsip,
    }

    impl Desk {
        fn with(ini: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let microsip = Microsip {
                ini: folder.path().join("microsip.ini"),
                console: folder.path().join("offhookctl"),
                data_dir: None,
            };
            std::fs::write(&microsip.console, "").unwrap();
            std::fs::write(&microsip.ini, ini).unwrap();
            Self {
                _folder: folder,
                microsip,
            }
        }

        fn text(&self) -> String {
            std::fs::read_to_string(&self.microsip.ini).unwrap()
        }
    }

    #[test]
    fn lines_are_shown_then_written_then_taken_out() {
        let desk = Desk::with(BEFORE);
        let view = desk.microsip.look().unwrap();
        assert!(!view.written && !view.foreign && !view.ours);
        assert_eq!(view.lines.len(), 5);
        assert_eq!(desk.text(), BEFORE, "looking changes nothing");
        desk.microsip.write().unwrap();
        let view = desk.microsip.look().unwrap();
        assert!(view.written && view.ours && !view.foreign);
        let console = desk.microsip.console.display();
        let start = format!("cmdCallStart=\"{console}\" call answer --source microsip --from\r\n");
        assert!(desk.text().contains(&start), "{}", desk.text());
        let backup = desk.microsip.ini.with_extension(BACKUP);
        assert_eq!(std::fs::read_to_string(backup).unwrap(), BEFORE);
        desk.microsip.take_out().unwrap();
        let view = desk.microsip.look().unwrap();
        assert!(!view.written && !view.ours);
        assert!(desk.text().contains("volumeOutput=100"));
        assert!(desk.text().contains("cmdCallStart=\r\n"));
    }

    #[test]
    fn a_command_of_somebody_else_s_is_never_overwritten() {
        let other = "[Settings]\r\ncmdCallEnd=C:\\crm\\notify.exe end\r\n";
        let desk = Desk::with(other);
        let view = desk.microsip.look().unwrap();
        assert!(view.foreign);
        let fault = desk.microsip.write().unwrap_err();
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (Code::MicrosipTaken, Some("cmdCallEnd"))
        );
        assert_eq!(desk.text(), other, "all or none");
        desk.microsip.take_out().unwrap();
        assert_eq!(desk.text(), other);
    }

    #[test]
    fn lines_of_an_offhook_elsewhere_are_renewed() {
        let desk = Desk::with(
            "[Settings]\r\ncmdCallStart=\"D:\\old\\offhookctl.exe\" call answer --source microsip --from\r\n",
        );
        assert!(!desk.microsip.look().unwrap().foreign);
        desk.microsip.write().unwrap();
        assert!(!desk.text().contains("old"));
    }

    #[test]
    fn what_microsip_could_not_run_is_refused() {
        let mut desk = Desk::with(BEFORE);
        desk.microsip.data_dir = Some("/with a space".into());
        assert_eq!(desk.microsip.look().unwrap_err().code, Code::MicrosipPath);
        desk.microsip.data_dir = Some(format!("/{}", "long".repeat(60)).into());
        assert_eq!(desk.microsip.look().unwrap_err().code, Code::MicrosipPath);
        desk.microsip.data_dir = None;
        std::fs::remove_file(&desk.microsip.console).unwrap();
        assert_eq!(desk.microsip.look().unwrap_err().code, Code::MicrosipPath);
        std::fs::remove_file(&desk.microsip.ini).unwrap();
        assert_eq!(desk.microsip.look().unwrap_err().code, Code::MicrosipMissing);
    }
}
