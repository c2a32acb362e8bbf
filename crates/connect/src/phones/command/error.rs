//! Everything that goes wrong here, and which of the engine's faults it is.

use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

/// `what` is the command by its name in the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("what {0} answers says nothing of the field")]
    NotUnderstood(String),
    #[error("{0} refused the secret")]
    WrongPassword(String),
    #[error("{what} was answered with {status}")]
    Status { what: &'static str, status: u16 },
    #[error("the program of {0} could not be started")]
    NotStarted(&'static str),
    /// `None`: ended by a signal.
    #[error("{what} failed ({code:?})")]
    Failed { what: &'static str, code: Option<i32> },
    #[error("{0} did not end in time")]
    Late(&'static str),
    #[error("what {0} printed says nothing of the field")]
    Output(&'static str),
    #[error("the secret or the target does not fit into {0}")]
    NotFilled(&'static str),
    #[error("there is no command for it")]
    NoCommand(Field),
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts, commands by their setting and exit codes, never an argument or an output.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::Status { what, status } => {
                Fault::new(Rejected, Code::PhoneCommandFailed).about(format!("{what}: HTTP {status}"))
            }
            Self::NotStarted(what) => Fault::new(Rejected, Code::PhoneCommandNotStarted).about(*what),
            Self::Failed { what, code } => {
                let code = code.map_or_else(|| "?".to_owned(), |code| code.to_string());
                Fault::new(Rejected, Code::PhoneCommandFailed).about(format!("{what}: {code}"))
            }
            // It may have had its effect all the same.
            Self::Late(what) => Fault::new(Unreachable, Code::PhoneCommandLate).about(*what),
            Self::Output(what) => Fault::new(Rejected, Code::PhoneCommandOutput).about(*what),
            Self::NotFilled(what) => Fault::new(Rejected, Code::PhoneCommandNotFilled).about(*what),
            Self::NoCommand(field) => Fault::new(Rejected, Code::PhoneRefused).about(word(*field)),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether there is nobody to speak with; the others are said of one command.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_) | Self::NotUnderstood(_) | Self::WrongPassword(_) => true,
            Self::Status { .. }
            | Self::NotStarted(_)
            | Self::Failed { .. }
            | Self::Late(_)
            | Self::Output(_)
            | Self::NotFilled(_)
            | Self::NoCommand(_)
            | Self::NotConfirmed(_) => false,
        }
    }
}
