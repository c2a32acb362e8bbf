//! Everything that goes wrong here, and which of the engine's faults it is.

use super::lines::Trouble;
use crate::phones::net::{NetError, word};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{host} answered {status}")]
    Failing { host: String, status: u16 },
    #[error("{0} does not speak UCServer's WebService")]
    NotUnderstood(String),
    #[error("{0} refused name or password")]
    WrongPassword(String),
    #[error("{0} has no licence left for the user")]
    NoLicence(String),
    #[error("{0} does not let the user in by the WebService")]
    NotEnabled(String),
    #[error("{0} wants an encrypted connection")]
    TlsNeeded(String),
    #[error("{0} has locked the user for now")]
    Locked(String),
    #[error("{host} refused the sign-in ({code})")]
    SignIn { host: String, code: i64 },
    #[error("{0} has ended the session")]
    SessionEnded(String),
    #[error("ProCall's own Teams integration serves the person")]
    OwnTeams,
    #[error("the line is none of the own ones")]
    LineUnknown(String),
    #[error("the user may not {0}")]
    NotPermitted(&'static str),
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("the server does not know {0}")]
    Unknown(&'static str),
    #[error("the line {0}")]
    Line(Trouble),
    #[error("other forwards are set on the line")]
    OtherForwards,
    #[error("the target is not in the long form")]
    ShortTarget,
    #[error("the written value does not show")]
    NotConfirmed(Field),
}

impl Error {
    /// For the engine. Names hosts, rights and the person's own line as they typed it, never another number, a person
    /// or a value.
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, Unreachable};
        match self {
            Self::Net(error) => error.fault(),
            Self::Failing { host, .. } | Self::SessionEnded(host) => {
                Fault::new(Unreachable, Code::PhoneUnreachable).about(host)
            }
            Self::NotUnderstood(host) => Fault::new(Unreachable, Code::PhoneNotUnderstood).about(host),
            Self::WrongPassword(host) => Fault::new(Rejected, Code::PhoneWrongPassword).about(host),
            Self::NoLicence(host) => Fault::new(RightMissing, Code::PhoneNoLicence).about(host),
            Self::NotEnabled(host) => Fault::new(RightMissing, Code::PhoneNotEnabled).about(host),
            Self::TlsNeeded(host) => Fault::new(Rejected, Code::PhoneWantsTls).about(host),
            Self::Locked(host) => Fault::new(Rejected, Code::PhoneAccountLocked).about(host),
            Self::SignIn { code, .. } => {
                Fault::new(Rejected, Code::PhoneRefused).about(format!("sign-in {code}"))
            }
            Self::OwnTeams => Fault::new(Rejected, Code::PhoneOwnTeams),
            Self::LineUnknown(line) => Fault::new(Rejected, Code::PhoneExtensionUnknown).about(line),
            Self::NotPermitted(what) => Fault::new(RightMissing, Code::PhoneNotPermitted).about(*what),
            Self::Refused(what) | Self::Unknown(what) => {
                Fault::new(Rejected, Code::PhoneRefused).about(*what)
            }
            Self::Line(trouble) => trouble.fault(),
            Self::OtherForwards => Fault::new(Rejected, Code::PhoneOtherForwards),
            Self::ShortTarget => Fault::new(Rejected, Code::PhoneTargetShort),
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
            | Self::NoLicence(_)
            | Self::NotEnabled(_)
            | Self::TlsNeeded(_)
            | Self::Locked(_)
            | Self::SignIn { .. }
            | Self::SessionEnded(_)
            | Self::OwnTeams
            | Self::LineUnknown(_) => true,
            Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::Unknown(_)
            | Self::Line(_)
            | Self::OtherForwards
            | Self::ShortTarget
            | Self::NotConfirmed(_) => false,
        }
    }

    /// What only a person can mend.
    pub const fn needs_a_person(&self) -> bool {
        match self {
            Self::WrongPassword(_)
            | Self::NoLicence(_)
            | Self::NotEnabled(_)
            | Self::TlsNeeded(_)
            | Self::Locked(_)
            | Self::SignIn { .. }
            | Self::OwnTeams
            | Self::LineUnknown(_) => true,
            Self::Net(_)
            | Self::Failing { .. }
            | Self::NotUnderstood(_)
            | Self::SessionEnded(_)
            | Self::NotPermitted(_)
            | Self::Refused(_)
            | Self::Unknown(_)
            | Self::Line(_)
            | Self::OtherForwards
            | Self::ShortTarget
            | Self::NotConfirmed(_) => false,
        }
    }
}
