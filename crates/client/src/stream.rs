//! The byte stream under a conversation: a unix socket, or a Windows named pipe.

#[cfg(windows)]
mod pipe;
#[cfg(unix)]
mod socket;

#[cfg(windows)]
pub(crate) use pipe::{Closing, Stream, closing, limit, open, shut};
#[cfg(unix)]
pub(crate) use socket::{Closing, Stream, closing, limit, open, shut};

/// Whether the program that must serve the pipe is the one that does. Where the system can't say it, it is none.
#[cfg(any(windows, test))]
fn is_served_by(pid: Option<u32>, serving: std::io::Result<u32>) -> bool {
    pid.is_none_or(|pid| serving.is_ok_and(|serving| serving == pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_nobody_vouches_for_is_not_spoken_to() {
        let unknown = || Err(std::io::ErrorKind::PermissionDenied.into());
        assert!(is_served_by(Some(7), Ok(7)));
        assert!(!is_served_by(Some(7), Ok(8)));
        assert!(!is_served_by(Some(7), unknown()));
        // Nobody has said yet who serves it.
        assert!(is_served_by(None, Ok(8)) && is_served_by(None, unknown()));
    }
}
