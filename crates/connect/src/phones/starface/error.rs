//! Everything that goes wrong here, and which of the engine's faults it is.

use super::uci::xml::XmlError;
use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{host} answered {status}")]
    Failing { host: String, status: u16 },
    #[error("{0} does not speak STARFACE's interfaces")]
    NotUnderstood(String),
    #[error("{host}: {error}")]
    Xml { host: String, error: XmlError },
    #[error("{0} refused name or password")]
    WrongPassword(String),
    #[error("{0} wants a directory's login, the settings an internal one")]
    OtherLogin(String),
    #[error("the secret of the client {0} is missing or refused")]
    ClientSecret(String),
    #[error("the account may not {0}")]
    NotPermitted(&'static str),
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("UCI is not signed in any more")]
    UciEnded,
    #[error("no redirection is prepared for this target")]
    ForwardMissing,
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts and operations, never a person, a number or a value.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::Failing { host, .. } => Fault::new(Unreachable, Code::PhoneUnreachable).about(host),
            Self::NotUnderstood(host) | Self::Xml { host, .. } => {
                Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host)
            }
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::OtherLogin(host) => Fault::new(Rejected, Code::PhoneOtherLogin).about(host),
            Self::ClientSecret(client) => Fault::new(Rejected, Code::PhoneClientSecret).about(client),
            Self::NotPermitted(what) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
            Self::Refused(what) => Fault::new(Rejected, Code::PhoneRefused).about(*what),
            Self::UciEnded => Fault::new(Unreachable, Code::PhoneRefused).about("UCI"),
            Self::ForwardMissing => Fault::new(Rejected, Code::PhoneForwardMissing),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a phone system that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::Xml { .. }
            | Self::WrongPassword(_)
            | Self::OtherLogin(_)
            | Self::ClientSecret(_) => true,
            Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::UciEnded
            | Self::ForwardMissing
            | Self::NotConfirmed(_) => false,
        }
    }

    /// Whether no answer came at all, whichever interface was asked.
    pub const fn is_silence(&self) -> bool {
        match self {
            Self::Net(_) => true,
            Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::Xml { .. }
            | Self::WrongPassword(_)
            | Self::OtherLogin(_)
            | Self::ClientSecret(_)
            | Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::UciEnded
            | Self::ForwardMissing
            | Self::NotConfirmed(_) => false,
        }
    }
}
