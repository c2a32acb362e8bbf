//! What must hold for whatever comes out of the control socket.

use crate::wire::Wire;
use offhook_protocol::command::Message;
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
