//! Everything that goes wrong here, and which of the engine's faults it is.

use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{0} does not speak the interface that was set")]
    NotUnderstood(String),
    #[error("{0} has no myApps")]
    NoMyApps(String),
    #[error("{0} refused name or password")]
    WrongPassword(String),
    #[error("{host} signs people in by {method}")]
    OtherMethod { host: String, method: String },
    #[error("{0} could not show that it knows the password")]
    NotTrusted(String),
    #[error("{0} sends on to a place that is no address")]
    BadRedirect(String),
    #[error("the session at {0} is over")]
    SessionOver(String),
    #[error("the stored session is for another address or name")]
    OtherSession,
    #[error("nobody confirmed the sign-in in time")]
    NotConfirmedByPerson(u64),
    #[error("the system gives no randomness")]
    NoRandomness(String),
    #[error("the account may not use this interface, or has another name there")]
    NoRight,
    #[error("the account may not {0}")]
    NotPermitted(&'static str),
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts and operations, never a person, a number or a value.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::NotUnderstood(host) | Self::BadRedirect(host) => {
                Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host)
            }
            Self::NoRandomness(host) => Fault::new(Unreachable, Code::PhoneUnreachable).about(host),
            Self::NoMyApps(host) => Fault::new(Rejected, Code::PhoneNoMyApps).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::OtherMethod { method, .. } => Fault::new(Rejected, Code::PhoneOtherMethod).about(method),
            Self::NotTrusted(host) => Fault::new(Rejected, Code::PhoneNotTrusted).about(host),
            Self::SessionOver(host) => Fault::new(Rejected, Code::PhoneSessionOver).about(host),
            Self::OtherSession => Fault::new(Rejected, Code::SecretMissing),
            Self::NotConfirmedByPerson(code) => confirm(*code),
            Self::NoRight => Fault::new(RightMissing, Code::PhoneNotPermitted).about("SOAP Initialize"),
            Self::NotPermitted(what) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
            Self::Refused(what) => Fault::new(Rejected, Code::PhoneRefused).about(*what),
            Self::NotConfirmed(field) => Fault::new(Rejected, Code::PhoneNotConfirmed).about(word(*field)),
        }
    }

    /// Whether the connection has to be made anew; the others are answers of a phone system that is there.
    pub const fn ends_connection(&self) -> bool {
        match self {
            Self::Net(_)
            | Self::NotUnderstood(_)
            | Self::NoMyApps(_)
            | Self::WrongPassword(_)
            | Self::OtherMethod { .. }
            | Self::NotTrusted(_)
            | Self::BadRedirect(_)
            | Self::SessionOver(_)
            | Self::OtherSession
            | Self::NotConfirmedByPerson(_)
            | Self::NoRight
            | Self::NoRandomness(_) => true,
            Self::NotPermitted(_) | Self::Refused(_) | Self::NotConfirmed(_) => false,
        }
    }

    /// What only a person can mend.
    pub const fn waits_for_person(&self) -> bool {
        match self {
            Self::NoMyApps(_)
            | Self::WrongPassword(_)
            | Self::OtherMethod { .. }
            | Self::NotTrusted(_)
            | Self::SessionOver(_)
            | Self::OtherSession
            | Self::NoRight
            | Self::NotConfirmedByPerson(_) => true,
            Self::Net(_)
            | Self::NotUnderstood(_)
            | Self::BadRedirect(_)
            | Self::NoRandomness(_)
            | Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::NotConfirmed(_) => false,
        }
    }

    /// Whether no answer came at all.
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Net(_))
    }
}

/// The number that a person compares on another device.
pub fn confirm(code: u64) -> Fault {
    Fault::new(FaultKind::SignInRequired, Code::PhoneConfirm).about(code.to_string())
}
