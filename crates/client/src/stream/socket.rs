//! A unix socket.

use crate::ConnectError;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

pub(crate) type Stream = std::os::unix::net::UnixStream;

/// Ends a [`Stream`] that another thread reads.
pub(crate) type Closing = Stream;

/// `_pid`: only a pipe needs it, since anybody can give one that name.
pub(crate) fn open(socket: &Path, _pid: Option<u32>, _deadline: Instant) -> Result<Stream, ConnectError> {
    let stream = Stream::connect(socket).map_err(|error| {
        // A socket file without a listener is what a crash leaves behind.
        let nobody = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused);
        if nobody {
            ConnectError::NotRunning
        } else {
            ConnectError::Io(error)
        }
    })?;
    stream.set_write_timeout(Some(crate::CONNECT_LIMIT))?;
    Ok(stream)
}

/// Sets how long the next read may take; `None`: for ever.
pub(crate) fn limit(stream: &mut Stream, deadline: Option<Instant>) -> std::io::Result<()> {
    let left = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
        Some(left) if left.is_zero() => return Err(ErrorKind::TimedOut.into()),
        left => left,
    };
    stream.set_read_timeout(left)
}

pub(crate) fn closing(stream: &Stream) -> std::io::Result<Closing> {
    stream.try_clone()
}

pub(crate) fn shut(closing: &Closing) {
    // Fails only when the other side has gone already.
    let _ = closing.shutdown(std::net::Shutdown::Both);
}
