//! The byte stream under a conversation: a unix socket, or a Windows named pipe.

#[cfg(windows)]
mod pipe;
#[cfg(unix)]
mod socket;

#[cfg(windows)]
pub(crate) use pipe::{Closing, Stream, closing, limit, open, shut};
#[cfg(unix)]
pub(crate) use socket::{Closing, Stream, closing, limit, open, shut};
