//! baresip's `ctrl_tcp`: netstrings with JSON over TCP, one client at a time, no sign-in.
//!
//! | file | what |
//! |---|---|
//! | [`netstring`] | frames |
//! | [`message`] | one frame: an event, a response, something else |
//! | [`list`] | the text that `listcalls` answers with |
//! | [`calls`] | the calls that are up; pure |
//! | [`link`] | the connection: connect, ask, listen, wait, again |
//!
//! Facts: `facts/call-sources.md`, section 4.1, `facts/test-parts.md`, section 2.1, and baresip's own source,
//! 1.0.0 to 4.9.0.

mod calls;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod link;
mod list;
mod message;
mod netstring;

#[cfg(test)]
mod double;
#[cfg(test)]
mod tests;

use crate::port::{LineEvents, LineHandle};
use tokio::sync::mpsc;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "baresip";

/// Where `ctrl_tcp` listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaresipConfig {
    /// `host:port`; baresip's own default is port 4444.
    pub address: String,
}

/// Starts the source. It goes on trying until the handle is dropped.
pub fn spawn(config: BaresipConfig, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(link::run(config, link::Pace::default(), events, received));
    LineHandle { commands, task }
}
