//! What Graph's answers mean where they are no success (`facts/graph.md`, section 1.5).

use super::retry_after;
use super::send::Answer;
use offhook_engine::fault::{Code, Fault, FaultKind};
use reqwest::StatusCode;
use serde::Deserialize;
use std::time::Duration;

/// Why a request had no success. Carries nothing personal: of Graph's own words only the `code`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// 400: a pair, a duration or a body that Graph does not take. Asking again is no use.
    #[error("refused as a bad request ({})", word(code))]
    BadRequest {
        code: Option<String>,
        request_id: Option<String>,
    },
    /// 401: a fresh token may mend it; [`super::with_token`] tries one.
    #[error("the token was refused")]
    TokenRefused { request_id: Option<String> },
    /// 403: the right is missing or was not consented to.
    #[error("the right is missing ({})", word(code))]
    RightMissing {
        code: Option<String>,
        request_id: Option<String>,
    },
    /// 404: no such address or person.
    #[error("not found")]
    NotFound { request_id: Option<String> },
    /// 429, or 503 with a wait.
    #[error("asked too often, wait {retry_after:?}")]
    Throttled { retry_after: Option<Duration> },
    /// 5xx, and the 4xx that say "not now".
    #[error("the service failed with status {status}")]
    Server { status: u16, request_id: Option<String> },
    /// Any other status.
    #[error("refused with status {status}")]
    Refused { status: u16, request_id: Option<String> },
    /// No connection, no answer in time, or one that broke off.
    #[error("no answer ({:?})", .0.code)]
    NoAnswer(Fault),
    /// An answer that is not what Graph sends; the reason names its first flaw.
    #[error("not understood: {0}")]
    Garbage(&'static str),
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
}

fn word(code: &Option<String>) -> &str {
    code.as_deref().unwrap_or("no code")
}

impl GraphError {
    /// Of an answer that is no success.
    pub(super) fn of(answer: &Answer) -> Self {
        let request_id = answer.header("request-id").map(str::to_owned);
        let status = answer.status.as_u16();
        let code = code(&answer.body);
        tracing::debug!(status, code, request_id, "graph refused");
        match answer.status {
            StatusCode::BAD_REQUEST => Self::BadRequest { code, request_id },
            StatusCode::UNAUTHORIZED => Self::TokenRefused { request_id },
            StatusCode::FORBIDDEN => Self::RightMissing { code, request_id },
            StatusCode::NOT_FOUND => Self::NotFound { request_id },
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled {
                retry_after: retry_after::of(&answer.headers),
            },
            StatusCode::SERVICE_UNAVAILABLE if retry_after::of(&answer.headers).is_some() => {
                Self::Throttled {
                    retry_after: retry_after::of(&answer.headers),
                }
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Self::Server { status, request_id },
            other if other.is_server_error() => Self::Server { status, request_id },
            // Graph itself redirects nobody.
            other if other.is_redirection() => Self::Garbage("a redirect"),
            other if other.is_success() => Self::Garbage("a success without what was asked for"),
            _ => Self::Refused { status, request_id },
        }
    }

    /// What the engine makes of it.
    pub fn fault(&self) -> Fault {
        match self {
            Self::BadRequest { code, .. } => {
                let fault = Fault::new(FaultKind::Rejected, Code::GraphRefused);
                match code {
                    Some(code) => fault.about(code.clone()),
                    None => fault.about("400"),
                }
            }
            Self::TokenRefused { .. } => Fault::new(FaultKind::SignInRequired, Code::GraphTokenRefused),
            Self::RightMissing { .. } => Fault::new(FaultKind::RightMissing, Code::GraphRightMissing),
            Self::NotFound { .. } => Fault::new(FaultKind::Rejected, Code::GraphRefused).about("404"),
            Self::Throttled { retry_after } => Fault::new(
                FaultKind::Throttled {
                    retry_after: *retry_after,
                },
                Code::GraphThrottled,
            ),
            Self::Server { status, .. } => {
                Fault::new(FaultKind::Unreachable, Code::GraphUnreachable).about(status.to_string())
            }
            Self::Refused { status, .. } => {
                Fault::new(FaultKind::Rejected, Code::GraphRefused).about(status.to_string())
            }
            Self::NoAnswer(fault) => fault.clone(),
            Self::Garbage(_) | Self::TooLarge => Fault::new(FaultKind::Unreachable, Code::GraphGarbage),
        }
    }
}

#[derive(Deserialize)]
struct Body {
    error: Inner,
}

#[derive(Deserialize)]
struct Inner {
    code: String,
}

/// `error.code`, if it is a word: what else might stand there is not for logs or sentences.
fn code(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let code = body.error.code;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (!code.is_empty() && code.len() <= 64 && code.chars().all(is_word)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

    fn answer(status: u16, retry_after: Option<&'static str>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("request-id", HeaderValue::from_static("r1"));
        if let Some(wait) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(wait));
        }
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        use FaultKind::{Rejected, RightMissing, SignInRequired, Throttled, Unreachable};
        let rows = [
            (400, None, Rejected, Code::GraphRefused),
            (401, None, SignInRequired, Code::GraphTokenRefused),
            (403, None, RightMissing, Code::GraphRightMissing),
            (404, None, Rejected, Code::GraphRefused),
            (408, None, Unreachable, Code::GraphUnreachable),
            (410, None, Rejected, Code::GraphRefused),
            (429, None, Throttled { retry_after: None }, Code::GraphThrottled),
            (
                429,
                Some("2.128"),
                Throttled {
                    retry_after: Some(Duration::from_millis(2128)),
                },
                Code::GraphThrottled,
            ),
            (500, None, Unreachable, Code::GraphUnreachable),
            (502, None, Unreachable, Code::GraphUnreachable),
            (503, None, Unreachable, Code::GraphUnreachable),
            (
                503,
                Some("4"),
                Throttled {
                    retry_after: Some(Duration::from_secs(4)),
                },
                Code::GraphThrottled,
            ),
            (504, None, Unreachable, Code::GraphUnreachable),
            (302, None, Unreachable, Code::GraphGarbage),
        ];
        for (status, wait, kind, code) in rows {
            let fault = GraphError::of(&answer(status, wait, "not json")).fault();
            assert_eq!((fault.kind, fault.code), (kind, code), "{status}");
        }
    }

    #[test]
    fn of_the_body_only_the_code_is_kept() {
        let body = r#"{"error":{"code":"InvalidArgument","message":"for ada@example.org","innerError":{}}}"#;
        let error = GraphError::of(&answer(400, None, body));
        assert_eq!(error.fault().detail.as_deref(), Some("InvalidArgument"));
        assert!(!format!("{error} {error:?}").contains("ada"));
        for odd in [
            r#"{"error":{"code":"ada@example.org"}}"#,
            r#"{"error":{"code":7}}"#,
            "<html>",
            "",
        ] {
            assert_eq!(
                GraphError::of(&answer(400, None, odd)).fault().detail.as_deref(),
                Some("400"),
                "{odd}"
            );
        }
    }
}
