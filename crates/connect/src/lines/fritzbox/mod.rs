//! The FRITZ!Box's call monitor: lines of text over TCP 1012, for whoever connects, once somebody has dialled `#96*5*`
//! on one of its phones (facts/starface.md, section on AVM; `tests/data/fritz-callmonitor-samples.txt`).
//!
//! | file | what |
//! |---|---|
//! | [`message`] | one line; pure |
//! | [`calls`] | the calls that are up, and which of them are the person's; pure |
//! | [`link`] | the connection: connect, listen, wait, again |
//!
//! It tells what happens after connecting and nothing else: a new connection begins with no calls. It tells of the whole
//! box, so the person says which numbers and phones are theirs.

mod calls;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod link;
mod message;

#[cfg(test)]
mod double;
#[cfg(test)]
mod tests;

pub use calls::Own;

use crate::port::{LineEvents, LineHandle};
use tokio::sync::mpsc;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "fritzbox";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FritzboxConfig {
    /// `host:port`; the box's port is 1012.
    pub address: String,
    pub own: Own,
}

/// Starts the source. It goes on trying until the handle is dropped.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: FritzboxConfig, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(link::run(config, link::Pace::default(), events, received));
    LineHandle { commands, task }
}
