//! A Windows named pipe, read and written with limits of time: a pipe opened as a plain file has none.

use crate::ConnectError;
use interprocess::os::windows::named_pipe::pipe_mode::Bytes;
use interprocess::os::windows::named_pipe::tokio::DuplexPipeStream;
use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::OwnedHandle;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// The server makes the next instance only after a connect: for a moment all may be taken.
const ERROR_PIPE_BUSY: i32 = 231;
/// So that limits of time can be kept.
const FILE_FLAG_OVERLAPPED: u32 = 0x4000_0000;
/// Whoever serves the pipe may learn who we are, and not act in our name.
const SECURITY_IDENTIFICATION: u32 = 0x0001_0000;

/// One end of the pipe, and what waits for it.
pub(crate) struct Stream {
    runtime: Runtime,
    pipe: DuplexPipeStream<Bytes>,
    read_until: Option<Instant>,
    closing: Closing,
}

/// Closed for good by whoever wants the reading to end.
pub(crate) type Closing = Arc<Semaphore>;

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

/// `pid`: of the program that must serve the pipe. After a crash anybody could take its name.
pub(crate) fn open(
    socket: &Path,
    pid: Option<u32>,
    deadline: Instant,
) -> std::result::Result<Stream, ConnectError> {
    let handle = handle(socket, deadline)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let pipe = {
        let _within = runtime.enter();
        // It fails where the other side has closed meanwhile.
        DuplexPipeStream::try_from(handle).map_err(|_| Error::from(ErrorKind::ConnectionReset))?
    };
    if !super::is_served_by(pid, pipe.server_process_id()) {
        return Err(ConnectError::NotRunning);
    }
    Ok(Stream {
        runtime,
        pipe,
        read_until: None,
        closing: Arc::new(Semaphore::new(0)),
    })
}

fn handle(socket: &Path, deadline: Instant) -> std::result::Result<OwnedHandle, ConnectError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(FILE_FLAG_OVERLAPPED)
        .security_qos_flags(SECURITY_IDENTIFICATION);
    loop {
        match options.open(socket) {
            Ok(file) => return Ok(file.into()),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(ConnectError::NotRunning),
            Err(error) => return Err(ConnectError::Io(error)),
        }
    }
}

/// Sets how long the next read may take; `None`: for ever.
pub(crate) fn limit(stream: &mut Stream, deadline: Option<Instant>) -> Result<()> {
    stream.read_until = deadline;
    Ok(())
}

pub(crate) fn closing(stream: &Stream) -> Result<Closing> {
    Ok(Arc::clone(&stream.closing))
}

pub(crate) fn shut(closing: &Closing) {
    closing.close();
}

/// What `work` gives, unless it takes too long.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match limit {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())),
    }
}

impl Read for Stream {
    /// 0 also once it has been closed from elsewhere.
    fn read(&mut self, room: &mut [u8]) -> Result<usize> {
        let Self {
            runtime,
            pipe,
            read_until,
            closing,
        } = self;
        let left = read_until.map(|until| until.saturating_duration_since(Instant::now()));
        let read = async {
            tokio::select! {
                // There is never a permit: it answers when it is closed.
                _closed = closing.acquire() => Ok(0),
                read = pipe.read(room) => read,
            }
        };
        runtime.block_on(within(left, read))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let Self { runtime, pipe, .. } = self;
        let written = runtime.block_on(within(Some(crate::CONNECT_LIMIT), pipe.write(bytes)));
        // Else the end of the conversation would wait for the other side to read.
        pipe.assume_flushed();
        written
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
