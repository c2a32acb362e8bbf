//! The byte stream under a conversation: a unix socket, or a Windows named pipe opened as a file.

use crate::ConnectError;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

#[cfg(unix)]
pub(crate) type Stream = std::os::unix::net::UnixStream;

#[cfg(windows)]
pub(crate) type Stream = std::fs::File;

#[cfg(unix)]
pub(crate) fn open(socket: &Path, _deadline: Instant) -> Result<Stream, ConnectError> {
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

/// Every instance of the pipe may be taken for a moment: the server makes the next one only after a connect.
#[cfg(windows)]
pub(crate) fn open(socket: &Path, deadline: Instant) -> Result<Stream, ConnectError> {
    const ERROR_PIPE_BUSY: i32 = 231;
    loop {
        match std::fs::OpenOptions::new().read(true).write(true).open(socket) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) && Instant::now() < deadline => {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(ConnectError::NotRunning),
            Err(error) => return Err(ConnectError::Io(error)),
        }
    }
}

/// Sets how long the next read and write may take; `None`: for ever.
#[cfg(unix)]
pub(crate) fn limit(stream: &Stream, deadline: Option<Instant>) -> std::io::Result<()> {
    let left = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
        Some(left) if left.is_zero() => return Err(ErrorKind::TimedOut.into()),
        left => left,
    };
    stream.set_read_timeout(left)
}

#[cfg(windows)]
pub(crate) fn limit(_stream: &Stream, deadline: Option<Instant>) -> std::io::Result<()> {
    match deadline {
        Some(deadline) if deadline <= Instant::now() => Err(ErrorKind::TimedOut.into()),
        Some(_) | None => Ok(()),
    }
}

#[cfg(unix)]
pub(crate) fn shut(stream: &Stream) {
    // Fails only when the other side has gone already.
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

#[cfg(windows)]
pub(crate) fn shut(_stream: &Stream) {}
