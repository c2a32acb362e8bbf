//! Which HTTP requests are let in. Pure: what is refused, and with what, is decided from the head alone.
//!
//! Each rule stops a different attack (`facts/call-sources.md`, section 5):
//! a foreign `Host` is DNS rebinding; an `Origin` or `Sec-Fetch-Site` is a page in a browser; GET is what an
//! `<img>` can send; a content type other than JSON is what a plain form can send without asking first; the
//! token keeps other users of the machine out.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// The longest body, in bytes.
pub(super) const MAX_BODY: usize = 8 * 1024;

/// The one path.
pub(super) const PATH: &str = "/v1/call";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets the request in, or says with what it is refused. Never with a reason: who is let in knows the rules.
pub(super) fn check(head: &Parts, port: u16, token: &SecretString) -> Result<(), StatusCode> {
    if !is_our_host(head, port) || is_from_a_page(head) || head.method == Method::OPTIONS {
        return Err(StatusCode::FORBIDDEN);
    }
    if head.uri.path() != PATH || head.uri.query().is_some() {
        return Err(StatusCode::NOT_FOUND);
    }
    if head.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !has_token(head, token) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    if !is_json(head) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let declared =
        only(head, &CONTENT_LENGTH).and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
    if declared.is_some_and(|length: u64| length > MAX_BODY as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok(())
}

/// Exactly one `Host`, exactly one of ours, and the same in a request line that names one.
fn is_our_host(head: &Parts, port: u16) -> bool {
    let is_ours = |host: &[u8]| {
        ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| host == name.as_bytes() || host == format!("{name}:{port}").as_bytes())
    };
    only(head, &HOST).is_some_and(is_ours)
        && head
            .uri
            .authority()
            .is_none_or(|named| is_ours(named.as_str().as_bytes()))
}

/// A page always says where it comes from; other programs never do. `none` is an address typed by a person.
fn is_from_a_page(head: &Parts) -> bool {
    head.headers.contains_key(ORIGIN)
        || head
            .headers
            .get_all(SEC_FETCH_SITE)
            .iter()
            .any(|site| site.as_bytes() != b"none")
}

fn has_token(head: &Parts, token: &SecretString) -> bool {
    let Some(value) = only(head, &AUTHORIZATION) else {
        return false;
    };
    let Some((scheme, given)) = value.split_at_checked(b"Bearer ".len()) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(b"Bearer ") && given.ct_eq(token.expose_secret().as_bytes()).into()
}

fn is_json(head: &Parts) -> bool {
    let Some(value) = only(head, &CONTENT_TYPE) else {
        return false;
    };
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// The header's value when it is there exactly once.
fn only<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = head.headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}
