//! How a run fails, with its exit code and sentence.

use crate::args::USAGE;
use crate::words::Words;
use offhook_client::{AskError, ConnectError};

#[derive(Debug)]
pub(crate) enum Failure {
    /// Refused or failed; the sentence is ready to read.
    Refused(String),
    /// The call was wrong; what about it.
    Usage(String),
    NotRunning,
    /// The running program does not answer (any more).
    Lost,
    /// A file or stream of our own.
    Io(String),
    /// Whoever read our output has had enough: no failure to speak of.
    OutputClosed,
}

impl Failure {
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Refused(_) | Self::Lost | Self::Io(_) => 1,
            Self::Usage(_) => 2,
            Self::NotRunning => 3,
        }
    }

    pub(crate) fn sentence(&self, words: &Words) -> String {
        match self {
            Self::Refused(sentence) | Self::Io(sentence) => sentence.clone(),
            Self::Usage(what) => format!("offhookctl: {what}\n\n{USAGE}"),
            Self::NotRunning => words.not_running.into(),
            Self::Lost => words.lost.into(),
            Self::OutputClosed => String::new(),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NotRunning => Self::NotRunning,
            ConnectError::Refused(problem) => Self::Refused(problem.to_string()),
            ConnectError::Io(error) => Self::Io(error.to_string()),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Problem(problem) => Self::Refused(problem.to_string()),
            AskError::Lost(_) => Self::Lost,
        }
    }
}
