//! The control socket by its contract: lines of JSON, without a type of the product's.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// One conversation with the resident program.
#[derive(Debug)]
pub struct Socket {
    stream: BufReader<UnixStream>,
    line: Vec<u8>,
    last_id: u64,
}

impl Socket {
    /// Connects to the program that runs on this data directory, and greets.
    ///
    /// # Panics
    /// When none does.
    #[track_caller]
    pub fn connect(data_dir: &Path) -> Self {
        let run = std::fs::read_to_string(data_dir.join("run.json")).expect("run.json");
        let run: Value = serde_json::from_str(&run).expect("run.json");
        let path = run["socket"].as_str().expect("the socket's path");
        let stream = UnixStream::connect(path).expect("the control socket");
        let mut socket = Self {
            stream: BufReader::new(stream),
            line: Vec::new(),
            last_id: 0,
        };
        socket.send(&json!({"hello": {"protocol": 1}}));
        let greeting = socket.receive(LIMIT).expect("a greeting");
        assert_eq!(greeting["hello"]["protocol"], 1, "{greeting}");
        socket
    }

    /// Asks and waits for the answer; `Err`: refused, with the problem.
    ///
    /// # Panics
    /// When nothing comes within 30 s.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers make the command in place")]
    pub fn ask(&mut self, command: Value) -> Result<Value, Value> {
        self.last_id += 1;
        self.send(&json!({"id": self.last_id, "command": command}));
        let begun = Instant::now();
        loop {
            let message = self.receive(LIMIT.saturating_sub(begun.elapsed()));
            let message = message.unwrap_or_else(|| panic!("no answer to {command}"));
            if message["answer"]["id"] == self.last_id {
                return Ok(message["answer"]["answer"].clone());
            }
            if message["refused"]["id"] == self.last_id {
                return Err(message["refused"]["problem"].clone());
            }
        }
    }

    /// Watches `status` or `pages`: the present one first, then every change.
    ///
    /// # Panics
    /// When that is refused.
    #[track_caller]
    pub fn watch(mut self, what: &'static str) -> Watch {
        self.last_id += 1;
        self.send(&json!({"id": self.last_id, "command": {"watch": what}}));
        Watch {
            socket: self,
            what,
            last: Value::Null,
        }
    }

    /// Sends one line.
    ///
    /// # Panics
    /// When the program has gone.
    #[track_caller]
    pub fn send(&mut self, value: &Value) {
        let line = format!("{value}\n");
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .expect("the control socket to take a line");
    }

    /// The next line; `None` when none comes within `limit`, or the connection ends.
    ///
    /// # Panics
    /// When what comes isn't JSON.
    #[track_caller]
    pub fn receive(&mut self, limit: Duration) -> Option<Value> {
        let begun = Instant::now();
        loop {
            let left = limit
                .saturating_sub(begun.elapsed())
                .max(Duration::from_millis(1));
            self.stream
                .get_ref()
                .set_read_timeout(Some(left))
                .expect("a limit");
            match self.stream.read_until(b'\n', &mut self.line) {
                Ok(0) => return None,
                Ok(_) if self.line.ends_with(b"\n") => {
                    let line = std::mem::take(&mut self.line);
                    return Some(serde_json::from_slice(&line).expect("a line of JSON"));
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && begun.elapsed() < limit => {}
                Err(_) => return None,
            }
        }
    }
}

/// The states of the program as a window sees them.
#[derive(Debug)]
pub struct Watch {
    socket: Socket,
    what: &'static str,
    last: Value,
}

impl Watch {
    /// Waits for a state that satisfies `wanted`, beginning with the last one seen.
    ///
    /// # Panics
    /// After `limit`, with the last state.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            if !self.last.is_null() && wanted(&self.last) {
                return self.last.clone();
            }
            let message = self.socket.receive(limit.saturating_sub(begun.elapsed()));
            let Some(mut message) = message else {
                panic!(
                    "waited {limit:?} in vain for {what}; the last was {:#}",
                    self.last
                );
            };
            let mut state = message["event"][self.what].take();
            // The pages' fixed words only fill the messages of failed tests.
            if let Some(page) = state.as_object_mut() {
                page.remove("words");
            }
            if !state.is_null() {
                self.last = state;
            }
        }
    }
}
