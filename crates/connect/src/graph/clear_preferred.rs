//! `POST …/presence/clearUserPreferredPresence`.

use super::Whose;
use super::send::Request;
use reqwest::{Method, Url};

/// Takes no parameters.
pub(super) fn request(base: &Url, whose: Whose<'_>) -> Request {
    Request::without_body(Method::POST, whose.presence(base, "clearUserPreferredPresence"))
}
