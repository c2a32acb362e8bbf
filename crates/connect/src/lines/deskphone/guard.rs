//! Which requests are let in. Pure: decided from the head and the sender's address alone.
//!
//! The token is the key; the rest bounds what somebody without one can try (facts/call-sources.md, section 5: "Desk phone
//! listener"). `Host` is not looked at: a phone uses whatever name or address this computer has for it.

use super::Phone;
use http::header::{CONTENT_LENGTH, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The longest body, in bytes: an event of Poly with a few lines is a fraction of it.
pub(super) const MAX_BODY: usize = 8 * 1024;
/// The longest path with its query, in bytes.
const MAX_TARGET: usize = 1024;
/// Before the token.
pub(super) const PATH: &str = "/p/";

/// The phone that asks, or with what the request is refused. Never with a reason.
pub(super) fn check<'a>(
    head: &Parts,
    from: IpAddr,
    phones: &'a [(Phone, SecretString)],
) -> Result<&'a Phone, StatusCode> {
    let from = from.to_canonical();
    let is_pinned = phones.iter().any(|(phone, _)| phone.from == Some(from));
    if !is_near(from) && !is_pinned {
        return Err(StatusCode::FORBIDDEN);
    }
    // A page in a browser says where it comes from, a phone never does.
    if head.headers.contains_key(ORIGIN) {
        return Err(StatusCode::FORBIDDEN);
    }
    let target = head
        .uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let token = head.uri.path().strip_prefix(PATH).ok_or(StatusCode::NOT_FOUND)?;
    let known = |(_, own): &&(Phone, SecretString)| -> bool {
        token.as_bytes().ct_eq(own.expose_secret().as_bytes()).into()
    };
    // An unknown token and a wrong place are the same to who asks.
    let (phone, _) = phones.iter().find(known).ok_or(StatusCode::NOT_FOUND)?;
    if phone.from.is_some_and(|pinned| pinned.to_canonical() != from) {
        return Err(StatusCode::NOT_FOUND);
    }
    if head.method != Method::GET && head.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let declared = head.headers.get(CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok(phone)
}

/// An address of a local network or of this computer.
fn is_near(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(from) => from.is_loopback() || from.is_private() || from.is_link_local(),
        IpAddr::V6(from) => from.is_loopback() || from.is_unique_local() || from.is_unicast_link_local(),
    }
}
