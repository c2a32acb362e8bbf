//! Everything that goes wrong here, and which of the engine's faults it is.

use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{host} answered {status}")]
    Failing { host: String, status: u16 },
    #[error("{0} has no user portal as it is known")]
    NotUnderstood(String),
    #[error("{0} refused name or password")]
    WrongPassword(String),
    #[error("the portal does not know the extension as the person's")]
    ExtensionUnknown(String),
    /// A new sign-in helps, once.
    #[error("the portal declines")]
    Declined,
    #[error("the portal may not {0}")]
    NotPermitted(&'static str),
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts, modules and the person's own extension as they typed it.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::Failing { host, .. } => Fault::new(Unreachable, Code::PhoneUnreachable).about(host),
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::ExtensionUnknown(extension) => {
                Fault::new(Rejected, Code::PhoneExtensionUnknown).about(extension)
            }
            Self::Declined => Fault::new(RightMissing, Code::PhoneNotPermitted).about("UCP"),
            Self::NotPermitted(what) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
            Self::Refused(what) => Fault::new(Rejected, Code::PhoneRefused).about(*what),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a portal that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::WrongPassword(_)
            | Self::ExtensionUnknown(_)
            | Self::Declined => true,
            Self::NotPermitted(_) | Self::Refused(_) | Self::NotConfirmed(_) => false,
        }
    }

    /// What only a person can mend.
    pub const fn needs_a_person(&self) -> bool {
        match self {
            Self::WrongPassword(_) | Self::ExtensionUnknown(_) => true,
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::Declined
            | Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::NotConfirmed(_) => false,
        }
    }
}
