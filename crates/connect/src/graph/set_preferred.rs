//! `POST …/presence/setUserPreferredPresence`.

use super::send::Request;
use super::{Whose, iso8601};
use offhook_engine::teams::PreferredPair;
use reqwest::Url;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    availability: &'a str,
    activity: &'a str,
    expiration_duration: String,
}

/// Limits of the lifetime are not documented; one is always sent (`facts/graph.md`, section 1.2).
pub(super) fn request(base: &Url, whose: Whose<'_>, pair: PreferredPair, lifetime: Duration) -> Request {
    let (availability, activity) = pair.words();
    let body = Body {
        availability,
        activity,
        expiration_duration: iso8601::duration(lifetime),
    };
    Request::post(whose.presence(base, "setUserPreferredPresence"), Some(&body))
}
