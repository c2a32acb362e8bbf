//! The client of the control socket: blocking, without a runtime, for the console program and the window.
//!
//! ```no_run
//! use offhook_client::{Client, data_dir};
//! use offhook_protocol::command::{Command, Watch};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = Client::connect(&data_dir(None))?;
//! let answer = client.ask(Command::Status)?;
//! for event in client.watch(Watch::Pages)? {
//!     // the present state first, then every change, until the connection ends
//! }
//! # Ok(())
//! # }
//! ```
//!
//! One connection carries one conversation: [`Client::watch`] and [`Client::try_clone`] open another one to
//! the same socket, so that asking and watching never wait for each other.

mod error;
#[cfg(all(feature = "fuzzing", unix))]
pub mod fuzzing;
mod stream;
mod wire;

pub use error::{AskError, ConnectError};

use offhook_protocol::command::{Answer, Command, Event, Message, Request, Watch};
use offhook_protocol::place::{self, RUN_FILE, RunFile, SOCKET_FILE};
use offhook_protocol::{Greeting, Problem};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wire::Wire;

/// How long [`Client::connect`] waits for the greeting.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// How long [`Client::ask`] waits for the answer.
pub const ASK_LIMIT: Duration = Duration::from_secs(30);

/// The data directory: `explicit`, else the usual place (the design, section 5). Without a home in the
/// environment it is `offhook` in the working directory.
pub fn data_dir(explicit: Option<&Path>) -> PathBuf {
    place::data_dir(explicit, |name| std::env::var_os(name)).unwrap_or_else(|| PathBuf::from("offhook"))
}

/// A conversation with the resident program.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    socket: PathBuf,
    /// Of the program that serves the socket, where it has said so.
    pid: Option<u32>,
    last_id: u64,
}

impl Client {
    /// Connects to the program that runs on this data directory. Starts nothing.
    pub fn connect(data_dir: &Path) -> Result<Self, ConnectError> {
        let (socket, pid) = socket_of(data_dir)?;
        Self::at(socket, pid)
    }

    fn at(socket: PathBuf, pid: Option<u32>) -> Result<Self, ConnectError> {
        let deadline = Instant::now() + CONNECT_LIMIT;
        let mut wire = Wire::new(stream::open(&socket, pid, deadline)?);
        wire.send(&Greeting::ours())?;
        let greeting: Greeting = wire.receive(Some(deadline))?;
        let mut client = Self {
            wire,
            socket,
            pid,
            last_id: 0,
        };
        if greeting.is_understood() {
            return Ok(client);
        }
        match client.wire.receive(Some(deadline)) {
            Ok(Message::Refused { problem, .. }) => Err(ConnectError::Refused(problem)),
            Ok(Message::Answer { .. } | Message::Event(_)) | Err(_) => {
                Err(ConnectError::Refused(other_version(greeting.hello.protocol)))
            }
        }
    }

    /// Another conversation with the same program.
    pub fn try_clone(&self) -> Result<Self, ConnectError> {
        Self::at(self.socket.clone(), self.pid)
    }

    /// Asks, and waits for the answer at most [`ASK_LIMIT`].
    pub fn ask(&mut self, command: Command) -> Result<Answer, AskError> {
        self.ask_within(command, ASK_LIMIT)
    }

    /// Asks, and waits for the answer at most `limit`. After a time-out the next question can be asked: a
    /// late answer is passed over.
    pub fn ask_within(&mut self, command: Command, limit: Duration) -> Result<Answer, AskError> {
        let deadline = Instant::now() + limit;
        self.last_id += 1;
        let sent = self.wire.send(&Request {
            id: self.last_id,
            command,
        });
        loop {
            // Also after a failed write: the program may have said why before it closed.
            let message = match (self.wire.receive(Some(deadline)), &sent) {
                (Ok(message), _) => message,
                (Err(error), Ok(())) => return Err(AskError::Lost(error)),
                (Err(_), Err(error)) => return Err(AskError::Lost(wire::same(error))),
            };
            match message {
                Message::Answer { id, answer } if id == self.last_id => return Ok(answer),
                // Id 0: the program means the connection, not one question.
                Message::Refused { id, problem } if id == self.last_id || id == 0 => {
                    return Err(AskError::Problem(problem));
                }
                Message::Answer { .. } | Message::Refused { .. } | Message::Event(_) => {}
            }
        }
    }

    /// Watches: the present state first, then every change. A connection of its own, so that this client can
    /// still ask.
    pub fn watch(&self, what: Watch) -> Result<Events, AskError> {
        let mut client = self.try_clone().map_err(|error| match error {
            ConnectError::Refused(problem) => AskError::Problem(problem),
            ConnectError::NotRunning => AskError::Lost(std::io::ErrorKind::NotConnected.into()),
            ConnectError::Io(error) => AskError::Lost(error),
        })?;
        client.ask(Command::Watch(what))?;
        Ok(Events {
            wire: client.wire,
            lost: None,
        })
    }
}

/// What is being watched, one event at a time. Ends when the connection ends; [`Events::lost`] then says how.
#[derive(Debug)]
pub struct Events {
    wire: Wire,
    lost: Option<std::io::Error>,
}

impl Events {
    /// A handle with which another thread ends the watching.
    pub fn closer(&self) -> std::io::Result<Closer> {
        Ok(Closer(stream::closing(self.wire.stream())?))
    }

    /// Why the events ended; `None` while they go on.
    pub fn lost(&self) -> Option<&std::io::Error> {
        self.lost.as_ref()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.lost.is_none() {
            match self.wire.receive(None) {
                Ok(Message::Event(event)) => return Some(*event),
                Ok(Message::Answer { .. } | Message::Refused { .. }) => {}
                Err(error) => self.lost = Some(error),
            }
        }
        None
    }
}

/// Ends an [`Events`] from another thread.
#[derive(Debug)]
pub struct Closer(stream::Closing);

impl Closer {
    /// The iterator's next item is `None`.
    pub fn close(&self) {
        stream::shut(&self.0);
    }
}

/// The socket, and who serves it.
fn socket_of(data_dir: &Path) -> Result<(PathBuf, Option<u32>), ConnectError> {
    match std::fs::read(data_dir.join(RUN_FILE)) {
        Ok(text) => named_in(&text),
        // A program that could not write the file may still be listening at the usual place.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let usual = data_dir.join(SOCKET_FILE);
            if usual.exists() {
                Ok((usual, None))
            } else {
                Err(ConnectError::NotRunning)
            }
        }
        Err(error) => Err(ConnectError::Io(error)),
    }
}

/// The same, from the file of the program that runs.
fn named_in(text: &[u8]) -> Result<(PathBuf, Option<u32>), ConnectError> {
    serde_json::from_slice::<RunFile>(text)
        .map(|run| (PathBuf::from(run.socket), Some(run.pid)))
        .map_err(|error| ConnectError::Io(std::io::Error::other(format!("{RUN_FILE}: {error}"))))
}

fn other_version(protocol: u32) -> Problem {
    Problem {
        code: "protocol-other".into(),
        sentence: format!("The running Offhook speaks version {protocol} of the control language."),
        mend: "Update both programs to the same version.".into(),
    }
}
