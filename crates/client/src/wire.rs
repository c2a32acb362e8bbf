//! One JSON object per line, each way.

use crate::stream::{self, Stream};
use offhook_protocol::MAX_LINE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Error, ErrorKind, Read, Write};
use std::time::Instant;
use zeroize::{Zeroize as _, Zeroizing};

#[derive(Debug)]
pub(crate) struct Wire {
    stream: Stream,
    /// What was read and not yet taken; kept when a read times out in the middle of a line.
    read: Vec<u8>,
    /// Bytes at the start of `read` that hold no newline.
    searched: usize,
    /// Empty between two sends. What is sent may be a secret: it is wiped, and room for the longest line keeps it from
    /// being moved and left behind while it grows.
    written: Zeroizing<Vec<u8>>,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            read: Vec::new(),
            searched: 0,
            written: Zeroizing::default(),
        }
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(crate) fn send(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        self.written.reserve_exact(MAX_LINE);
        let sent = self.send_line(value);
        self.written.zeroize();
        sent
    }

    fn send_line(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        serde_json::to_writer(&mut *self.written, value)?;
        self.written.push(b'\n');
        if self.written.len() > MAX_LINE {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the message is longer than 64 KiB",
            ));
        }
        self.stream.write_all(&self.written)
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
            stream::limit(&mut self.stream, deadline)?;
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt as _;

    #[test]
    fn nothing_that_was_sent_stays_in_memory() {
        let (near, mut far) = Stream::pair().unwrap();
        let mut wire = Wire::new(near);
        wire.send(&"a secret word").unwrap();
        let mut came = [0; 16];
        far.read_exact(&mut came).unwrap();
        assert_eq!(&came, b"\"a secret word\"\n");
        let mut memory = vec![1; wire.written.capacity()];
        assert!(memory.len() >= came.len());
        let all = std::fs::File::open("/proc/self/mem").unwrap();
        all.read_exact_at(&mut memory, wire.written.as_ptr() as u64)
            .unwrap();
        assert!(memory.iter().all(|byte| *byte == 0));
    }
}
