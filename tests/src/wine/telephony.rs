//! The double `tapi32.dll` in a computer's system folder, played while a program uses it.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{compile, windows_path};
use crate::wait::wait_for;

const LIMIT: Duration = Duration::from_secs(20);

/// What it can be told stands at the top of `xtask/cross/tapi32-double.c`. Each program that loads it has one of its own,
/// which begins with the first command that was ever said: one program at a time, and once.
#[derive(Debug)]
pub struct Telephony {
    script: PathBuf,
    answers: PathBuf,
    said: Cell<usize>,
}

impl Telephony {
    /// Puts it where Windows has its own: the system folder of this computer is one of its own from now on.
    ///
    /// # Panics
    /// When it can't be compiled.
    #[track_caller]
    pub(super) fn install(prefix: &Path) -> Self {
        let system = prefix.join("drive_c/windows/system32");
        let shared = fs::read_link(&system).expect("the system's folder is a link");
        fs::remove_file(&system).expect("the link goes");
        fs::create_dir(&system).expect("a folder");
        for entry in fs::read_dir(shared).expect("the system").flatten() {
            if entry.file_name() != "tapi32.dll" {
                symlink(entry.path(), system.join(entry.file_name())).expect("a link");
            }
        }
        let double = system.join("tapi32.dll");
        compile("xtask/cross/tapi32-double.c", &double, &["-shared"]);
        let (script, answers) = (prefix.join("telephony"), prefix.join("telephony.answers"));
        for file in [&script, &answers] {
            fs::write(file, "").expect("written");
        }
        Self {
            script,
            answers,
            said: Cell::new(0),
        }
    }

    pub(super) fn environment(&self) -> [(&'static str, String); 3] {
        [
            // This one, and not wine's own.
            ("WINEDLLOVERRIDES", "tapi32=n".to_owned()),
            ("OFFHOOK_TAPI_SCRIPT", windows_path(&self.script)),
            ("OFFHOOK_TAPI_ANSWERS", windows_path(&self.answers)),
        ]
    }

    /// A command for the program that is to be started.
    ///
    /// # Panics
    /// When it can't be written.
    #[track_caller]
    pub fn prepare(&self, command: &str) {
        let mut script = OpenOptions::new()
            .append(true)
            .open(&self.script)
            .expect("the script");
        script
            .write_all(format!("{command}\n").as_bytes())
            .expect("written");
        self.said.set(self.said.get() + 1);
    }

    /// What the running program's telephony answers to a command.
    ///
    /// # Panics
    /// When no program has loaded it, or it makes no sense of the command.
    #[track_caller]
    pub fn say(&self, command: &str) -> i64 {
        self.prepare(command);
        let answer = wait_for(LIMIT, &format!("an answer to {command:?}"), || {
            let answers = fs::read_to_string(&self.answers).ok()?;
            let mut whole = answers.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            whole.nth(self.said.get() - 1)?.trim().parse::<i64>().ok()
        });
        assert!(answer >= 0, "{command:?} makes no sense to the telephony");
        answer
    }
}
