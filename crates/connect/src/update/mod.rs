//! Whether there is a newer Offhook: a small signed file of the organisation, or of whoever hands Offhook out. Asked for
//! once a day, and never installed by itself. Off until an address and a key are named: there is no place that is asked
//! by default.
//!
//! The file: a first line `offhook-update 1 SIGNATURE` (Ed25519 in Base64), and after it the JSON that was signed, byte by
//! byte:
//! ```json
//! {"kind":"offhook-update","version":"1.3.0","made":"2026-05-01T08:00:00Z","until":"2026-08-01T08:00:00Z","page":"https://…"}
//! ```

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod memory;

pub use memory::Memory;

use crate::{net, wire};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use offhook_engine::fault::{Code, Fault, FaultKind};
use reqwest::Url;
use serde::Deserialize;
use std::cmp::Ordering;
use std::time::Duration;

/// A line and a few words; nobody's file is larger.
const LARGEST: usize = 16 * 1024;
const LIMIT: Duration = Duration::from_secs(20);
const WIRE: &str = "update";
const FIRST_LINE: &str = "offhook-update 1 ";

/// Where it is asked, and whose word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateConfig {
    pub feed: Url,
    keys: Vec<[u8; 32]>,
}

impl UpdateConfig {
    /// `feed` over https, plain http only on this computer; `keys` as `offhookctl key show` prints them.
    ///
    /// # Errors
    /// The setting that can't be used.
    pub fn parse(feed: &str, keys: &[String]) -> Result<Self, Fault> {
        let wrong = |key: &str| Fault::new(FaultKind::Rejected, Code::SettingsValue).about(key);
        let url = Url::parse(feed).ok().filter(|url| {
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
            let plain = url.username().is_empty() && url.password().is_none();
            plain && (url.scheme() == "https" || url.scheme() == "http" && loopback)
        });
        let feed = url.ok_or_else(|| wrong("update.feed"))?;
        let keys: Option<Vec<[u8; 32]>> = keys
            .iter()
            .map(|key| URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok())
            .collect();
        let keys = keys
            .filter(|keys| !keys.is_empty())
            .ok_or_else(|| wrong("update.keys"))?;
        Ok(Self { feed, keys })
    }
}

/// What a file says that may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub version: Version,
    pub made: Timestamp,
    /// Where a person gets it.
    pub page: String,
}

/// `1.2.3`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let plain = !part.is_empty() && part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten()
        });
        let version = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self(version))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Why nothing was learnt. It is logged, and shown where the person looks for it; nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("no answer")]
    NoAnswer(Fault),
    #[error("status {0}")]
    Refused(u16),
    #[error("larger than any such file")]
    TooLarge,
    #[error("not such a file")]
    NotAFeed,
    #[error("not signed by anybody who counts")]
    BadSignature,
    #[error("it has run out, or is from the future")]
    OutOfDate,
    /// Somebody offers an old file again.
    #[error("older than what was read before")]
    Older,
}

impl UpdateError {
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoAnswer(fault) => fault.clone(),
            Self::Refused(status) => {
                Fault::new(FaultKind::Unreachable, Code::UpdateUnreadable).about(status.to_string())
            }
            Self::TooLarge | Self::NotAFeed => {
                Fault::new(FaultKind::Rejected, Code::UpdateUnreadable).about(self.to_string())
            }
            Self::BadSignature => Fault::new(FaultKind::Rejected, Code::UpdateNotSigned),
            Self::OutOfDate | Self::Older => Fault::new(FaultKind::Rejected, Code::UpdateOutOfDate),
        }
    }
}

/// Asks once.
///
/// # Errors
/// See [`UpdateError`].
pub async fn ask(
    http: &reqwest::Client,
    config: &UpdateConfig,
    newest: Option<Timestamp>,
    now: Timestamp,
) -> Result<Release, UpdateError> {
    let lost = |error: reqwest::Error| UpdateError::NoAnswer(net::fault(&error, Code::UpdateUnreachable));
    let request = http.get(config.feed.clone()).timeout(LIMIT);
    let mut response = wire::send(WIRE, request).await.map_err(lost)?;
    if !response.status().is_success() {
        wire::heard(WIRE, response.status().as_u16(), 0);
        return Err(UpdateError::Refused(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(lost)? {
        if bytes.len() + piece.len() > LARGEST {
            return Err(UpdateError::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    wire::heard(WIRE, response.status().as_u16(), bytes.len());
    read(&bytes, config, newest, now)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: String,
    version: String,
    made: Timestamp,
    until: Timestamp,
    page: String,
}

/// What the bytes say. `newest`: when the newest file was made that was believed before.
///
/// # Errors
/// Every one but no answer.
pub fn read(
    bytes: &[u8],
    config: &UpdateConfig,
    newest: Option<Timestamp>,
    now: Timestamp,
) -> Result<Release, UpdateError> {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or(UpdateError::NotAFeed)?;
    let (line, signed) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let line = std::str::from_utf8(line).map_err(|_| UpdateError::NotAFeed)?;
    let signature = line
        .trim_end()
        .strip_prefix(FIRST_LINE)
        .ok_or(UpdateError::NotAFeed)?;
    let signature = STANDARD.decode(signature).map_err(|_| UpdateError::NotAFeed)?;
    let signature = Signature::from_slice(&signature).map_err(|_| UpdateError::NotAFeed)?;
    // Nothing of it is looked at before it is known whose it is.
    let by_one = config.keys.iter().any(|key| {
        VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(signed, &signature).is_ok())
    });
    if !by_one {
        return Err(UpdateError::BadSignature);
    }
    let body: Body = serde_json::from_slice(signed).map_err(|_| UpdateError::NotAFeed)?;
    let version = Version::parse(&body.version).ok_or(UpdateError::NotAFeed)?;
    // As it is read, not as it was written: that may hold signs that no address has.
    let page = Url::parse(&body.page).map_err(|_| UpdateError::NotAFeed)?;
    if body.kind != "offhook-update" || page.scheme() != "https" {
        return Err(UpdateError::NotAFeed);
    }
    // A day for clocks that are wrong.
    let soon = now
        .checked_add(jiff::SignedDuration::from_hours(24))
        .unwrap_or(now);
    if body.until < now || body.made > soon {
        return Err(UpdateError::OutOfDate);
    }
    match newest.map(|newest| body.made.cmp(&newest)) {
        Some(Ordering::Less) => Err(UpdateError::Older),
        Some(Ordering::Equal | Ordering::Greater) | None => Ok(Release {
            version,
            made: body.made,
            page: page.into(),
        }),
    }
}

#[cfg(test)]
mod tests;
