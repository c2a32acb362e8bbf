//! What runs on a desk without having been started by the test itself, told by the home that the desk gave it.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::Desk;

/// A program that runs on a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: Pid,
    pub program: String,
    /// Its command line, without the program.
    pub arguments: Vec<String>,
}

impl Desk {
    /// The processes whose program's name begins so.
    ///
    /// # Panics
    /// Without a process list.
    pub fn processes(&self, program: &str) -> Vec<Process> {
        let home = format!("HOME={}", self.folder().join("home").display());
        let of_the_desk = |entry: fs::DirEntry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            // A process may end between the listing and the look.
            let environment = fs::read(entry.path().join("environ")).ok()?;
            let exe = fs::read_link(entry.path().join("exe")).ok()?;
            let name = exe.file_name()?.to_str()?.to_owned();
            let words = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            let ours = environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == home.as_bytes());
            let arguments = words.split_terminator('\0').skip(1).map(str::to_owned);
            (ours && name.starts_with(program)).then(|| Process {
                pid,
                program: name,
                arguments: arguments.collect(),
            })
        };
        fs::read_dir("/proc")
            .expect("the process list")
            .flatten()
            .filter_map(of_the_desk)
            .collect()
    }
}

/// Ends, when dropped, the programs of that name that a test has had started by others on its desk.
#[derive(Debug)]
pub struct EndOnDrop<'desk>(pub &'desk Desk, pub &'static str);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        for process in self.0.processes(self.1) {
            // One that has just ended takes no harm.
            let _ = kill_process(process.pid, Signal::KILL);
        }
    }
}
