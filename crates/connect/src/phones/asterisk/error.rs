//! Everything that goes wrong here, and which of the engine's faults it is.

use super::wire::HeaderError;
use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{0} does not speak Asterisk's manager interface")]
    NotUnderstood(String),
    #[error("the manager at {0} refused the name or the secret")]
    WrongPassword(String),
    #[error("the manager's account may not use {0}")]
    NotPermitted(&'static str),
    #[error("the manager refused {0}")]
    Refused(&'static str),
    #[error("the extension is not known there")]
    ExtensionUnknown(String),
    #[error("the written value did not show within three seconds")]
    NotConfirmed(Field),
    #[error("not a value that the manager takes: {0}")]
    Value(#[from] HeaderError),
}

impl Error {
    /// For the engine. Names hosts, rights and the person's own extension as they typed it, never another number,
    /// a person or a value.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::NotPermitted(action) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*action),
            Self::Refused(action) => Fault::new(Rejected, Code::PhoneRefused).about(*action),
            Self::ExtensionUnknown(extension) => {
                Fault::new(Rejected, Code::PhoneExtensionUnknown).about(extension)
            }
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
            Self::Value(error) => Fault::new(Rejected, Code::PhoneRefused).about(error.to_string()),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a manager that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_) | Self::NotUnderstood(_) | Self::WrongPassword(_) | Self::ExtensionUnknown(_) => {
                true
            }
            Self::NotPermitted(_) | Self::Refused(_) | Self::NotConfirmed(_) | Self::Value(_) => false,
        }
    }
}
