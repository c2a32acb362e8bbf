//! What must hold for whatever comes out of the control socket.

use crate::wire::Wire;
use crate::{ConnectError, named_in};
use offhook_protocol::command::Message;
use offhook_protocol::place::{RUN_FILE, RunFile};
use std::io::{ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Lines from the other side: each is a message or an error, and a stream that has ended ends.
pub fn lines(input: &[u8]) {
    let Ok((mut far, near)) = UnixStream::pair() else {
        return;
    };
    // More than the socket's buffer holds would have to be written while it is read.
    let sent = input.get(..input.len().min(80 * 1024)).unwrap_or_default();
    if far.set_nonblocking(true).is_err() || far.write_all(sent).is_err() {
        return;
    }
    drop(far);
    let mut wire = Wire::new(near);
    let deadline = Instant::now() + Duration::from_secs(5);
    let lines = sent.iter().filter(|byte| **byte == b'\n').count();
    for _ in 0..=lines {
        match wire.receive::<Message>(Some(deadline)) {
            Ok(message) => {
                let line = serde_json::to_vec(&message).unwrap_or_default();
                let again = serde_json::from_slice::<Message>(&line).ok();
                assert_eq!(again.as_ref(), Some(&message), "written and read again");
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "the only other end");
                return;
            }
        }
    }
}

/// `run.json`, as the program that runs, a newer one or anybody else left it.
pub fn run_file(input: &[u8]) {
    match named_in(input) {
        Ok((socket, pid)) => {
            let Ok(run) = serde_json::from_slice::<RunFile>(input) else {
                unreachable!("it was read")
            };
            assert_eq!(
                (socket.to_str(), pid),
                (Some(run.socket.as_str()), Some(run.pid)),
                "as it says"
            );
            let text = serde_json::to_vec(&run).unwrap_or_default();
            let again = serde_json::from_slice::<RunFile>(&text).ok();
            assert_eq!(again, Some(run), "written and read again");
        }
        Err(ConnectError::Io(error)) => {
            let error = error.to_string();
            assert!(error.contains(RUN_FILE), "the file is named");
        }
        Err(ConnectError::NotRunning | ConnectError::Refused(_)) => unreachable!("nobody was asked"),
    }
}
