//! `linphone-daemon`, the Linphone without a window, on its pipe (facts/call-sources.md, section 4.2). Where there are sockets
//! of Unix: on Windows its pipe was never seen.
//!
//! | file | what |
//! |---|---|
//! | [`message`] | what it answers; pure |
//! | `link` | the pipe: asked over and over, since it tells nothing by itself |
//!
//! It takes one client alone. The Linphone with a window has no such pipe; for it there is the microphone.

#[cfg(all(feature = "fuzzing", unix))]
pub mod fuzzing;
#[cfg(unix)]
mod link;
#[cfg(any(test, unix))]
mod message;

#[cfg(test)]
#[cfg(unix)]
mod tests;

use crate::port::{LineEvents, LineHandle};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "linphone";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinphoneConfig {
    /// The socket that `linphone-daemon --pipe NAME` makes: NAME in the folder for temporary files.
    pub pipe: PathBuf,
}

/// Starts the source. It goes on trying until the handle is dropped.
///
/// # Panics
/// Outside a tokio runtime.
#[cfg(unix)]
pub fn spawn(config: LinphoneConfig, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(link::run(config, link::Pace::default(), events, received));
    LineHandle { commands, task }
}

/// Says that there is no such thing here.
///
/// # Panics
/// Outside a tokio runtime.
#[cfg(not(unix))]
pub fn spawn(config: LinphoneConfig, events: LineEvents) -> LineHandle {
    use offhook_engine::fault::{Code, Fault, FaultKind};
    use offhook_engine::line::{LineEvent, SourceId};
    let (commands, mut received) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        let fault = Fault::new(FaultKind::Unreachable, Code::LinphoneUnreachable)
            .about(config.pipe.display().to_string());
        let _ = events.send((SourceId::new(SOURCE), LineEvent::Down(fault)));
        while received.recv().await.is_some() {}
    });
    LineHandle { commands, task }
}
