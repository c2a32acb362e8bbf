//! `POST …/presence/setPresence`.

use super::send::Request;
use super::{Whose, iso8601};
use offhook_engine::teams::SessionPair;
use reqwest::Url;
use serde::Serialize;
use std::time::Duration;

/// Graph refuses lifetimes outside of these (`facts/graph.md`, section 1.2).
const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    session_id: &'a str,
    availability: &'a str,
    activity: &'a str,
    expiration_duration: String,
}

pub(super) fn request(
    base: &Url,
    whose: Whose<'_>,
    client_id: &str,
    pair: SessionPair,
    lifetime: Duration,
) -> Request {
    let (availability, activity) = pair.words();
    let expiration_duration = iso8601::duration(lifetime.clamp(SHORTEST, LONGEST));
    let body = Body {
        session_id: client_id,
        availability,
        activity,
        expiration_duration,
    };
    Request::post(whose.presence(base, "setPresence"), Some(&body))
}
