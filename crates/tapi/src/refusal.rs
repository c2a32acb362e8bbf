//! Why TAPI refused something.

/// What a function answered with, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no `tapi32.dll`, or one that does nothing.
    #[error("this Windows has no telephony")]
    Missing,
    /// The function is not there.
    #[error("this telephony has no such function")]
    Unknown,
    #[error("the telephony service is not running")]
    NotRunning,
    /// It wants to be started anew, later.
    #[error("the telephony wants to be started anew")]
    Again,
    /// The structure has no room for even its fixed part.
    #[error("more room is wanted")]
    TooSmall,
    /// What was filled in can't be.
    #[error("what the driver filled in can't be")]
    Odd,
    /// Any other `LINEERR_` of tapi.h.
    #[error("refused with {0:#x}")]
    Code(u32),
}

impl Refusal {
    /// `Ok`: nought, or the positive number of a request that is answered later.
    ///
    /// # Errors
    /// What a negative number means.
    pub fn check(answer: i32) -> Result<u32, Self> {
        match u32::try_from(answer) {
            Ok(answer) => Ok(answer),
            Err(_) => Err(Self::of(answer.cast_unsigned())),
        }
    }

    /// Of a `LINEERR_`.
    pub const fn of(code: u32) -> Self {
        match code {
            LINEERR_REINIT => Self::Again,
            LINEERR_SERVICE_NOT_RUNNING => Self::NotRunning,
            LINEERR_STRUCTURETOOSMALL => Self::TooSmall,
            code => Self::Code(code),
        }
    }

    /// For a sentence: the name in tapi.h, where it is one that people meet.
    pub fn word(self) -> String {
        let name = match self {
            Self::Missing | Self::Unknown | Self::Odd | Self::TooSmall => return "TAPI".to_owned(),
            Self::NotRunning => "LINEERR_SERVICE_NOT_RUNNING",
            Self::Again => "LINEERR_REINIT",
            Self::Code(LINEERR_ALLOCATED) => "LINEERR_ALLOCATED",
            Self::Code(LINEERR_BADDEVICEID) => "LINEERR_BADDEVICEID",
            Self::Code(LINEERR_INVALMEDIAMODE) => "LINEERR_INVALMEDIAMODE",
            Self::Code(LINEERR_NODEVICE) => "LINEERR_NODEVICE",
            Self::Code(LINEERR_NODRIVER) => "LINEERR_NODRIVER",
            Self::Code(LINEERR_OPERATIONFAILED) => "LINEERR_OPERATIONFAILED",
            Self::Code(LINEERR_OPERATIONUNAVAIL) => "LINEERR_OPERATIONUNAVAIL",
            Self::Code(LINEERR_RESOURCEUNAVAIL) => "LINEERR_RESOURCEUNAVAIL",
            Self::Code(code) => return format!("{code:#x}"),
        };
        name.to_owned()
    }
}

pub const LINEERR_ALLOCATED: u32 = 0x8000_0001;
pub const LINEERR_BADDEVICEID: u32 = 0x8000_0002;
pub const LINEERR_INVALMEDIAMODE: u32 = 0x8000_002F;
pub const LINEERR_NODEVICE: u32 = 0x8000_0042;
pub const LINEERR_NODRIVER: u32 = 0x8000_0043;
pub const LINEERR_OPERATIONFAILED: u32 = 0x8000_0048;
pub const LINEERR_OPERATIONUNAVAIL: u32 = 0x8000_0049;
pub const LINEERR_RESOURCEUNAVAIL: u32 = 0x8000_004B;
pub const LINEERR_STRUCTURETOOSMALL: u32 = 0x8000_004D;
pub const LINEERR_REINIT: u32 = 0x8000_0052;
pub const LINEERR_SERVICE_NOT_RUNNING: u32 = 0x8000_0061;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_their_sign() {
        assert_eq!(Refusal::check(0), Ok(0));
        assert_eq!(Refusal::check(77), Ok(77));
        let refused = |code: u32| Refusal::check(code.cast_signed()).unwrap_err();
        assert_eq!(refused(LINEERR_REINIT), Refusal::Again);
        assert_eq!(refused(LINEERR_SERVICE_NOT_RUNNING), Refusal::NotRunning);
        assert_eq!(refused(LINEERR_STRUCTURETOOSMALL), Refusal::TooSmall);
        assert_eq!(refused(LINEERR_NODRIVER).word(), "LINEERR_NODRIVER");
        assert_eq!(refused(0x8000_0033).word(), "0x80000033");
    }
}
