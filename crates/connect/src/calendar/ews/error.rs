//! Everything that goes wrong here, and which of the engine's faults it is.

use offhook_engine::fault::{Code, Fault, FaultKind};
use std::time::Duration;

/// Each names the host, or Exchange's own word for what is the matter; never a person or a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the host {0} was not found")]
    HostNotFound(String),
    #[error("{0} refused the connection")]
    ConnectionRefused(String),
    #[error("{0} did not answer in time")]
    TimedOut(String),
    #[error("no encrypted connection to {0}")]
    Tls(String),
    #[error("the connection to {0} is gone")]
    Lost(String),
    #[error("{0} is in trouble itself")]
    Ailing(String),
    #[error("{0} is no Exchange web service")]
    NotExchange(String),
    #[error("a web page answers in place of {0}")]
    Page(String),
    #[error("{0} takes neither NTLM nor Basic")]
    NoWay(String),
    #[error("{0} does not take user or password")]
    WrongPassword(String),
    #[error("the account may not read the calendar ({0})")]
    NotPermitted(String),
    #[error("Exchange refused with {0}")]
    Refused(String),
    #[error("{host} asks for patience")]
    Busy { host: String, wait: Option<Duration> },
    #[error("the calendar has more than can be read")]
    TooLarge,
}

impl Error {
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, RightMissing, SignInRequired, Throttled, Unreachable};
        match self {
            Self::HostNotFound(host) => Fault::new(Unreachable, Code::HostNotFound).about(host),
            Self::ConnectionRefused(host) => Fault::new(Unreachable, Code::ConnectionRefused).about(host),
            Self::TimedOut(host) => Fault::new(Unreachable, Code::TimedOut).about(host),
            Self::Tls(host) => Fault::new(Unreachable, Code::TlsFailed).about(host),
            Self::Lost(host) | Self::Ailing(host) => {
                Fault::new(Unreachable, Code::ExchangeUnreachable).about(host)
            }
            Self::NotExchange(host) => Fault::new(Unreachable, Code::ExchangeNotFound).about(host),
            Self::Page(host) => Fault::new(Unreachable, Code::NetworkPage).about(host),
            Self::NoWay(host) => Fault::new(Rejected, Code::ExchangeNoLogin).about(host),
            Self::WrongPassword(host) => Fault::new(SignInRequired, Code::ExchangeWrongPassword).about(host),
            Self::NotPermitted(word) => Fault::new(RightMissing, Code::ExchangeRefused).about(word),
            Self::Refused(word) => Fault::new(Rejected, Code::ExchangeRefused).about(word),
            Self::Busy { host, wait } => {
                Fault::new(Throttled { retry_after: *wait }, Code::ExchangeBusy).about(host)
            }
            Self::TooLarge => {
                Fault::new(Rejected, Code::ExchangeRefused).about("ErrorExceededFindCountLimit")
            }
        }
    }
}
