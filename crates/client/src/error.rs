//! How connecting and asking fail.

use offhook_protocol::Problem;

/// Why there is no conversation.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No program runs on this data directory.
    #[error("Offhook is not running.")]
    NotRunning,
    /// A program runs and does not want us, for the reason it gives.
    #[error("{0}")]
    Refused(Problem),
    #[error("Offhook cannot be reached: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for ConnectError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Refused or failed, in the person's language.
    #[error("{0}")]
    Problem(Problem),
    /// The connection ended or the answer did not come in time (`TimedOut`).
    #[error("Offhook did not answer: {0}")]
    Lost(std::io::Error),
}
