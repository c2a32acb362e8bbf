//! Jami's daemon on the session bus (facts/call-sources.md, section 4.5). Linux alone: elsewhere it has no D-Bus.
//!
//! | file | what |
//! |---|---|
//! | [`states`] | its words for a call's state; pure |
//! | `link` | the bus: who is there, what is up, what changes |
//!
//! A Jami that links its daemon instead of starting it can't be heard so; for it there is the microphone.

#[cfg(target_os = "linux")]
mod link;
#[cfg(any(test, target_os = "linux"))]
mod states;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use crate::port::{LineEvents, LineHandle};
use tokio::sync::mpsc;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "jami";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JamiConfig {
    /// Of the bus; `None`: the session's.
    pub bus: Option<String>,
}

/// Starts the source. It goes on trying until the handle is dropped.
///
/// # Panics
/// Outside a tokio runtime.
#[cfg(target_os = "linux")]
pub fn spawn(config: JamiConfig, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(link::run(config, link::Pace::default(), events, received));
    LineHandle { commands, task }
}

/// Says that there is no such thing here.
///
/// # Panics
/// Outside a tokio runtime.
#[cfg(not(target_os = "linux"))]
pub fn spawn(_config: JamiConfig, events: LineEvents) -> LineHandle {
    use offhook_engine::fault::{Code, Fault, FaultKind};
    use offhook_engine::line::{LineEvent, SourceId};
    let (commands, mut received) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        let fault = Fault::new(FaultKind::Unreachable, Code::JamiUnreachable);
        let _ = events.send((SourceId::new(SOURCE), LineEvent::Down(fault)));
        while received.recv().await.is_some() {}
    });
    LineHandle { commands, task }
}
