//! What can go wrong while signing in, and which sentence it gets.

use offhook_engine::fault::{Code, Fault, FaultKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Logic goes by Entra's `error` word; its AADSTS numbers choose the sentence only, since Microsoft may change
/// them (`facts/graph.md`, section 4.7).
#[derive(Debug, Clone, thiserror::Error)]
pub enum EntraError {
    #[error("cancelled")]
    Cancelled,
    #[error("nobody finished the sign-in in time")]
    TimedOut,
    #[error("no port of this machine could be opened for the browser's answer")]
    PortTaken,
    #[error("the browser could not be opened")]
    BrowserFailed,
    #[error("the answer does not belong to this sign-in")]
    StateMismatch,
    #[error("a personal account has no presence")]
    PersonalAccount,
    #[error("signed out")]
    SignedOut,
    #[error("the sign-in has ended")]
    Ended,
    #[error("Entra refused: {0}")]
    Refused(ErrorAnswer),
    #[error("asked too often")]
    Throttled(Option<Duration>),
    #[error("Entra answered with status {0}")]
    Down(u16),
    #[error("Entra's answer was not understood: {0}")]
    NotUnderstood(&'static str),
    #[error("no answer from Entra")]
    Unreachable(Fault),
}

/// The JSON of an answer that is no token. `error_description` stays out of logs and sentences: it may name the
/// person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    pub error: String,
    #[serde(default)]
    pub error_description: Option<String>,
    #[serde(default)]
    pub error_codes: Vec<u32>,
    #[serde(default)]
    pub suberror: Option<String>,
}

impl ErrorAnswer {
    pub fn new(error: &str, description: Option<&str>) -> Self {
        Self {
            error: error.to_owned(),
            error_description: description.map(str::to_owned),
            error_codes: Vec::new(),
            suberror: None,
        }
    }

    /// The AADSTS number: of the list, else the one that the description starts with.
    pub fn number(&self) -> Option<u32> {
        let listed = self
            .error_codes
            .iter()
            .copied()
            .find(|&code| code_of(code).is_some());
        let described = || {
            let text = self.error_description.as_deref()?;
            let digits = text.split_once("AADSTS")?.1;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        };
        listed
            .or_else(described)
            .or_else(|| self.error_codes.first().copied())
    }

    fn fault(&self) -> Fault {
        let number = self.number();
        let by_number = number.and_then(code_of);
        let (kind, by_word) = match self.error.as_str() {
            "invalid_grant" | "interaction_required" | "login_required" => {
                (FaultKind::SignInRequired, Code::SignInNeeded)
            }
            "consent_required" => (FaultKind::SignInRequired, Code::ConsentMissing),
            "access_denied" | "authorization_declined" => (FaultKind::Rejected, Code::SignInDeclined),
            "expired_token" => (FaultKind::Rejected, Code::SignInTimedOut),
            "invalid_client" => (FaultKind::Rejected, Code::PublicClientOff),
            "unauthorized_client" => (FaultKind::Rejected, Code::AppUnknown),
            "temporarily_unavailable" | "server_error" => (FaultKind::Unreachable, Code::EntraUnreachable),
            _ => (FaultKind::Rejected, Code::EntraRefused),
        };
        let code = by_number.unwrap_or(by_word);
        // A loop is answered like a wrong token, but the token is fine: what is wrong is asking again.
        let kind = if code == Code::SignInLoop {
            FaultKind::Throttled {
                retry_after: Some(LOOP_WAIT),
            }
        } else {
            kind
        };
        let fault = Fault::new(kind, code);
        match number {
            Some(number) if code == Code::EntraRefused => fault.about(format!("AADSTS{number}")),
            None if code == Code::EntraRefused => fault.about(self.word()),
            Some(_) | None => fault,
        }
    }

    /// Entra's `error`, only if it is a plain word: it is shown to people.
    fn word(&self) -> String {
        self.error
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .take(40)
            .collect()
    }
}

/// How long to ask for nothing after Entra has noticed a loop.
pub(super) const LOOP_WAIT: Duration = Duration::from_secs(15 * 60);

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{} (AADSTS{number})", self.word()),
            None => f.write_str(&self.word()),
        }
    }
}

impl fmt::Debug for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl oauth2::ErrorResponse for ErrorAnswer {}

impl EntraError {
    pub fn fault(&self) -> Fault {
        let rejected = |code| Fault::new(FaultKind::Rejected, code);
        let unreachable = |code| Fault::new(FaultKind::Unreachable, code);
        match self {
            Self::Cancelled => rejected(Code::SignInCancelled),
            Self::TimedOut => rejected(Code::SignInTimedOut),
            Self::PortTaken => rejected(Code::SignInPortTaken),
            Self::BrowserFailed => rejected(Code::SignInBrowserFailed),
            Self::StateMismatch => rejected(Code::SignInStateMismatch),
            Self::PersonalAccount => rejected(Code::PersonalAccount),
            Self::SignedOut => Fault::new(FaultKind::SignInRequired, Code::SignInNeeded),
            Self::Ended => unreachable(Code::EntraUnreachable),
            Self::Refused(answer) => answer.fault(),
            Self::Throttled(retry_after) => Fault::new(
                FaultKind::Throttled {
                    retry_after: *retry_after,
                },
                Code::EntraUnreachable,
            ),
            Self::Down(_) => unreachable(Code::EntraUnreachable),
            Self::NotUnderstood(what) => unreachable(Code::NotUnderstood).about(*what),
            Self::Unreachable(fault) => fault.clone(),
        }
    }
}

/// The sentence for an AADSTS number (`facts/graph.md`, section 4.7; `facts/graph-data.json`, `aadsts`).
const fn code_of(number: u32) -> Option<Code> {
    Some(match number {
        50_011 | 500_113 => Code::RedirectMismatch,
        50_020 | 50_034 => Code::AccountNotInTenant,
        50_057 => Code::AccountDisabled,
        50_058 | 50_126 | 54_005 | 70_000 => Code::SignInNeeded,
        50_072 | 50_074 | 50_076 | 50_078 | 50_079 | 50_158 => Code::MfaNeeded,
        50_105 => Code::UserNotAssigned,
        50_173 => Code::SignInRevoked,
        50_194 => Code::SingleTenantApp,
        50_196 => Code::SignInLoop,
        50_097 | 53_000 | 53_001 => Code::DeviceNotCompliant,
        53_003 => Code::BlockedByPolicy,
        530_036 => Code::DeviceCodeBlocked,
        65_001 => Code::ConsentMissing,
        65_004 => Code::SignInDeclined,
        65_005 | 500_011 | 650_052 | 650_056 => Code::ServiceMissing,
        70_008 | 70_043 | 700_082 => Code::SignInExpired,
        70_019 => Code::SignInTimedOut,
        700_016 => Code::AppUnknown,
        7_000_112 => Code::AppDisabled,
        7_000_218 => Code::PublicClientOff,
        90_002 => Code::TenantUnknown,
        90_094 | 90_095 => Code::AdminConsentNeeded,
        // 70011, 70018, 700025, 900144: ours to mend, the number is the sentence.
        _ => return None,
    })
}
