//! Everything that goes wrong here, and which of the engine's faults it is.

use crate::phones::net::NetError;
use offhook_engine::fault::{Code, Fault, FaultKind};
use std::time::Duration;

/// Each names the host at most: an address or a path may be all that it takes to read the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("the file is not there")]
    FileMissing,
    #[error("the file can't be read")]
    FileUnreadable,
    #[error("{0} is no calendar")]
    NotCalendar(Where),
    #[error("{0} is a web page and no calendar")]
    WebPage(Where),
    #[error("the end of the calendar of {0} is missing")]
    Incomplete(Where),
    #[error("the calendar of {0} is larger than any calendar")]
    TooLarge(Where),
    #[error("{0} does not take user or password")]
    WrongPassword(String),
    #[error("{0} wants a sign-in")]
    LoginNeeded(String),
    #[error("{0} has no calendar there")]
    Gone(String),
    #[error("{0} sends us to where we do not go")]
    Redirected(String),
    #[error("{0} is in trouble itself")]
    Ailing(String),
    #[error("{host} asks for patience")]
    Busy { host: String, wait: Option<Duration> },
}

/// Where the bytes came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    File,
    Host(String),
}

impl std::fmt::Display for Where {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File => f.write_str(".ics"),
            Self::Host(host) => f.write_str(host),
        }
    }
}

impl Error {
    pub fn fault(&self) -> Fault {
        use FaultKind::{Rejected, SignInRequired, Throttled, Unreachable};
        match self {
            Self::Net(NetError::Lost(host)) | Self::Ailing(host) => {
                Fault::new(Unreachable, Code::CalendarUnreachable).about(host)
            }
            Self::Net(error) => error.fault(),
            Self::FileMissing => Fault::new(Unreachable, Code::CalendarFileMissing),
            Self::FileUnreadable => Fault::new(Unreachable, Code::CalendarFileUnreadable),
            Self::NotCalendar(place) => {
                Fault::new(Unreachable, Code::CalendarNotCalendar).about(place.to_string())
            }
            Self::WebPage(place) => Fault::new(Unreachable, Code::CalendarWebPage).about(place.to_string()),
            Self::Incomplete(place) => {
                Fault::new(Unreachable, Code::CalendarIncomplete).about(place.to_string())
            }
            Self::TooLarge(place) => Fault::new(Rejected, Code::CalendarTooLarge).about(place.to_string()),
            Self::WrongPassword(host) => Fault::new(SignInRequired, Code::CalendarWrongPassword).about(host),
            Self::LoginNeeded(host) => Fault::new(Rejected, Code::CalendarLoginNeeded).about(host),
            Self::Gone(host) => Fault::new(Unreachable, Code::CalendarGone).about(host),
            Self::Redirected(host) => Fault::new(Unreachable, Code::CalendarRedirected).about(host),
            Self::Busy { host, wait } => {
                Fault::new(Throttled { retry_after: *wait }, Code::CalendarBusy).about(host)
            }
        }
    }
}
