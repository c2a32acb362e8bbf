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
    #[error("{0} does not speak SIP")]
    NotUnderstood(String),
    #[error("{0} refused user or password")]
    WrongPassword(String),
    #[error("{0} wants a sign-in other than digest")]
    OtherMethod(String),
    #[error("{0} does not let the user in")]
    NotEnabled(String),
    #[error("{0} has ended a subscription")]
    SubscriptionEnded(String),
    #[error("{what} is not offered ({status})")]
    NotOffered { what: &'static str, status: u16 },
    #[error("the user may not {0}")]
    NotPermitted(&'static str),
    #[error("{what} was refused ({status})")]
    Refused { what: &'static str, status: u16 },
    #[error("the target is none that can be dialled")]
    Target,
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts, packages and statuses, never a number, a person or a value.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::Failing { host, .. } | Self::SubscriptionEnded(host) => {
                Fault::new(Unreachable, Code::PhoneUnreachable).about(host)
            }
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::OtherMethod(_) => Fault::new(Rejected, Code::PhoneOtherMethod).about("SIP"),
            Self::NotEnabled(host) => Fault::new(RightMissing, Code::PhoneNotEnabled).about(host),
            Self::NotOffered { what, status } => {
                Fault::new(Rejected, Code::PhoneNotOffered).about(format!("{what}, {status}"))
            }
            Self::NotPermitted(what) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
            Self::Refused { what, status } => {
                Fault::new(Rejected, Code::PhoneRefused).about(format!("{what}, {status}"))
            }
            Self::Target => Fault::new(Rejected, Code::PhoneRefused).about(word(Field::Forward)),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a server that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::WrongPassword(_)
            | Self::OtherMethod(_)
            | Self::NotEnabled(_)
            | Self::SubscriptionEnded(_) => true,
            Self::NotOffered { .. }
            | Self::NotPermitted(_)
            | Self::Refused { .. }
            | Self::Target
            | Self::NotConfirmed(_) => false,
        }
    }

    /// What only a person can mend.
    pub const fn needs_a_person(&self) -> bool {
        match self {
            Self::WrongPassword(_) | Self::OtherMethod(_) | Self::NotEnabled(_) => true,
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::SubscriptionEnded(_)
            | Self::NotOffered { .. }
            | Self::NotPermitted(_)
            | Self::Refused { .. }
            | Self::Target
            | Self::NotConfirmed(_) => false,
        }
    }
}
