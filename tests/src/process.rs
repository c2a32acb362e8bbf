//! Programs that end with their test.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::places;
use crate::wait::try_wait_for;

/// How long the last output of a program that has ended may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A program that the kernel kills when the test process dies without dropping anything.
pub fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(places::system_program("setpriv"));
    command.args(["--pdeathsig", "KILL", "--"]).arg(path);
    command
}

/// A running program with what it said so far. Dropped: killed with its own children, and waited for.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: Log,
}

impl Running {
    /// Starts a program, best made by [`program`], with both its outputs in a [`Log`].
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(name: &str, command: Command) -> Self {
        Self::start_with_input(name, command, "")
    }

    /// [`Running::start`] with something to read on its standard input.
    ///
    /// # Panics
    /// As there.
    pub fn start_with_input(name: &str, mut command: Command, input: &str) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = spawn(name, command);
        if let Some(mut stdin) = child.stdin.take() {
            // A program may end or close it without reading.
            drop(stdin.write_all(input.as_bytes()));
        }
        let log = Log::default();
        log.follow(child.stdout.take());
        log.follow(child.stderr.take());
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// What it said so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child")
    }

    /// Waits for a line of its log.
    ///
    /// # Panics
    /// When the program ends or `limit` passes first, with what it said.
    #[track_caller]
    pub fn wait_line(&mut self, limit: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let log = self.log.clone();
        let seen = try_wait_for(limit, || {
            let line = log.lines().into_iter().find(|line| wanted(line));
            match (line, self.ended()) {
                (Some(line), _) => Some(Ok(line)),
                (None, Some(status)) => Some(Err(status)),
                (None, None) => None,
            }
        });
        match seen {
            Some(Ok(line)) => line,
            Some(Err(status)) => panic!("{} ended ({status}) and said: {}", self.name, self.log.tail()),
            None => panic!(
                "{} is not ready after {limit:?} and said: {}",
                self.name,
                self.log.tail()
            ),
        }
    }

    /// Asks it to end, as the system does at log-off, and waits.
    ///
    /// # Panics
    /// When it is still there after `limit`.
    #[track_caller]
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait_end(limit)
    }

    /// `kill -9`, and waits. Its children go on, as they would.
    pub fn kill(&mut self) -> ExitStatus {
        self.signal(Signal::KILL);
        self.child.wait().expect("the end of a killed child")
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it is still there after `limit`.
    #[track_caller]
    pub fn wait_end(&mut self, limit: Duration) -> ExitStatus {
        match try_wait_for(limit, || self.ended()) {
            Some(status) => {
                // What it said last is still on its way. A child of its own may hold an output open: then that is all.
                let _: Option<()> = try_wait_for(LAST_WORDS, || self.log.is_whole().then_some(()));
                status
            }
            None => panic!(
                "{} did not end within {limit:?} and said: {}",
                self.name,
                self.log.tail()
            ),
        }
    }

    /// Sends a signal to this process alone. One that has ended takes no harm.
    pub fn signal(&mut self, signal: Signal) {
        if self.ended().is_none()
            && let Some(pid) = pid(&self.child)
        {
            // It may end between the look and the signal: it is not reaped yet, so the id is still its own.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = pid(&self.child) {
            // Fails when the whole group has ended, which is what is wanted.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        drop(self.child.wait());
    }
}

/// Runs a program to its end: how it ended, its standard output and its standard error.
///
/// # Panics
/// When it can't be started, or is still there after `limit`.
#[track_caller]
pub fn finish(
    name: &str,
    mut command: Command,
    input: &str,
    limit: Duration,
) -> (ExitStatus, String, String) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = spawn(name, command);
    if let Some(mut stdin) = child.stdin.take() {
        // A program may end or close it without reading.
        drop(stdin.write_all(input.as_bytes()));
    }
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut running = Running {
        name: name.to_owned(),
        child,
        log: Log::default(),
    };
    // Read beside the wait: a full pipe would keep the program from ending.
    let stdout = thread::spawn(move || everything(stdout));
    let stderr = thread::spawn(move || everything(stderr));
    let status = running.wait_end(limit);
    (
        status,
        stdout.join().expect("an output"),
        stderr.join().expect("an output"),
    )
}

fn everything(source: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        source.read_to_end(&mut bytes).expect("an output");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// The output of a program, line by line; a carriage return ends a line as well.
#[derive(Debug, Clone, Default)]
pub struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Outputs that have not come to their end.
    open: Arc<AtomicUsize>,
}

impl Log {
    /// All that was said, complete lines or not.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("a log")).into_owned()
    }

    pub fn lines(&self) -> Vec<String> {
        self.text()
            .split(['\n', '\r'])
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// How much was said so far: a mark for [`Log::since`].
    pub fn mark(&self) -> usize {
        self.bytes.lock().expect("a log").len()
    }

    /// What was said after a mark.
    pub fn since(&self, mark: usize) -> String {
        let bytes = self.bytes.lock().expect("a log");
        String::from_utf8_lossy(bytes.get(mark..).unwrap_or_default()).into_owned()
    }

    /// The last lines, for messages of failed tests.
    pub fn tail(&self) -> String {
        let lines = self.lines();
        lines
            .get(lines.len().saturating_sub(30)..)
            .unwrap_or_default()
            .join("\n")
    }

    fn is_whole(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    pub(crate) fn follow(&self, source: Option<impl Read + Send + 'static>) {
        let Some(mut source) = source else { return };
        let (bytes, open) = (Arc::clone(&self.bytes), Arc::clone(&self.open));
        open.fetch_add(1, Ordering::AcqRel);
        thread::spawn(move || {
            let (mut piece, mut unfinished) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = source.read(&mut piece) {
                unfinished.extend_from_slice(&piece[..count]);
                // Whole lines only, so that two outputs never share one.
                let Some(end) = unfinished.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) else {
                    continue;
                };
                bytes.lock().expect("a log").extend(unfinished.drain(..=end));
            }
            bytes.lock().expect("a log").append(&mut unfinished);
            open.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

type Order = (Command, Sender<std::io::Result<Child>>);

/// The thread that starts all children. The kernel ties a child's leash to the *thread* that started it, and a test's
/// own thread may end before a fixture it shares with others.
static SPAWNER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
    let (orders, received) = channel::<Order>();
    let work = move || {
        for (mut command, answer) in received {
            // Nobody waits for the answer any more when the test is being torn down.
            drop(answer.send(command.spawn()));
        }
    };
    thread::Builder::new()
        .name("lab-spawner".to_owned())
        .spawn(work)
        .expect("a thread that starts children");
    Mutex::new(orders)
});

fn spawn(name: &str, command: Command) -> Child {
    let (answer, answered) = channel();
    SPAWNER
        .lock()
        .expect("the spawner")
        .send((command, answer))
        .expect("the spawner");
    answered
        .recv()
        .expect("the spawner")
        .unwrap_or_else(|error| panic!("{name} could not start: {error}"))
}
