//! Everything that goes wrong here, and which of the engine's faults it is.

use super::messages::{Family, Refusal};
use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{0} does not speak CSTA in XML")]
    NotUnderstood(String),
    #[error("{0} refused the link's user or password")]
    WrongPassword(String),
    #[error("the session was refused: {0}")]
    NoSession(String),
    #[error("{0} has ended the session or the monitor")]
    SessionEnded(String),
    #[error("{host} has no licence or no monitor left")]
    NoLicence { host: String },
    #[error("the device {0} can't be watched")]
    DeviceUnknown(String),
    #[error("{what} was refused: {refusal}")]
    Refused { what: &'static str, refusal: Refusal },
    #[error("a forward of another kind is set")]
    OtherForwards,
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts, requests, the vocabulary of the standard, and the person's own device as they typed
    /// it; never another number.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Throttled, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::NoSession(why) => Fault::new(Rejected, Code::PhoneRefused).about(why),
            Self::SessionEnded(host) => Fault::new(Unreachable, Code::PhoneUnreachable).about(host),
            Self::NoLicence { host } => Fault::new(RightMissing, Code::PhoneNoLicence).about(host),
            Self::DeviceUnknown(device) => Fault::new(Rejected, Code::PhoneExtensionUnknown).about(device),
            Self::Refused { what, refusal } => match refusal.family {
                Family::Security => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
                // For example do not disturb during a call: a matter of time.
                Family::State | Family::Resources => {
                    let kind = Throttled { retry_after: None };
                    Fault::new(kind, Code::PhoneRefused).about(refusal.to_string())
                }
                Family::Operation | Family::Subscribed | Family::Other => {
                    Fault::new(Rejected, Code::PhoneRefused).about(refusal.to_string())
                }
            },
            Self::OtherForwards => Fault::new(Rejected, Code::PhoneOtherForwards),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a phone system that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_)
            | Self::NotUnderstood(_)
            | Self::WrongPassword(_)
            | Self::NoSession(_)
            | Self::SessionEnded(_)
            | Self::NoLicence { .. }
            | Self::DeviceUnknown(_) => true,
            Self::Refused { .. } | Self::OtherForwards | Self::NotConfirmed(_) => false,
        }
    }

    /// What only a person can mend.
    pub const fn needs_a_person(&self) -> bool {
        match self {
            Self::WrongPassword(_) | Self::NoSession(_) | Self::NoLicence { .. } | Self::DeviceUnknown(_) => {
                true
            }
            Self::Net(_)
            | Self::NotUnderstood(_)
            | Self::SessionEnded(_)
            | Self::Refused { .. }
            | Self::OtherForwards
            | Self::NotConfirmed(_) => false,
        }
    }
}
