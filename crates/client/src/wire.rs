//! One JSON object per line, each way.

use crate::stream::{self, Stream};
use offhook_protocol::MAX_LINE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Error, ErrorKind, Read, Write};
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct Wire {
    stream: Stream,
    /// What was read and not yet taken; kept when a read times out in the middle of a line.
    read: Vec<u8>,
    /// Bytes at the start of `read` that hold no newline.
    searched: usize,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            read: Vec::new(),
            searched: 0,
        }
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(crate) fn send(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        if line.len() > MAX_LINE {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the message is longer than 64 KiB",
            ));
        }
        self.stream.write_all(&line)
    }

    /// The next line. `InvalidData` when it is no such value or too long, `UnexpectedEof` at the end,
    /// `TimedOut` when it did not come in time.
    pub(crate) fn receive<T: DeserializeOwned>(&mut self, deadline: Option<Instant>) -> std::io::Result<T> {
        loop {
            if let Some(end) = self.read[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=self.searched + end).collect();
                self.searched = 0;
                return serde_json::from_slice(&line)
                    .map_err(|error| Error::new(ErrorKind::InvalidData, error));
            }
            self.searched = self.read.len();
            if self.searched >= MAX_LINE {
                return Err(Error::new(ErrorKind::InvalidData, "a line longer than 64 KiB"));
            }
            stream::limit(&self.stream, deadline)?;
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.read.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What a unix socket says when its time is up.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// An error that says the same: `std::io::Error` cannot be cloned.
pub(crate) fn same(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
