//! STARFACE 10's tokens (facts/starface.md section 2.4): the password grant of a client with a secret, and its renewal.
//! Refusals are RFC 6749's.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::{Inside, Starface};
use crate::company::random_text;
use crate::faults::{Fault, Place};

const CLIENT: &str = "rest-client-headless";
/// A renewal is good for six hours, and once.
const RENEWAL_LIFE: Duration = Duration::from_secs(21_600);

/// What its administrator has set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarfaceOauth {
    /// The client's.
    pub secret: String,
    pub scope: &'static str,
    /// How long a token is good for.
    pub life: Duration,
    /// Nothing that is made of a password is taken any more.
    pub hash_is_gone: bool,
    /// The person has the right to it.
    pub is_allowed: bool,
}

impl Default for StarfaceOauth {
    fn default() -> Self {
        Self {
            secret: "playground-client".into(),
            scope: "login",
            life: Duration::from_secs(300),
            hash_is_gone: false,
            is_allowed: true,
        }
    }
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, axum::Json(json!({ "error": error }))).into_response()
}

pub(super) fn answer(starface: &Starface, method: &Method, headers: &HeaderMap, body: &[u8]) -> Response {
    let mut inside = starface.inside.lock();
    let Some(oauth) = inside.habits.oauth.clone() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if *method != Method::POST || kind != Some("application/x-www-form-urlencoded") {
        return refused(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let mut members: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if members.insert(name.into_owned(), value.into_owned()).is_some() {
            return refused(StatusCode::BAD_REQUEST, "invalid_request");
        }
    }
    let member = |name: &str| members.get(name).map_or("", String::as_str);
    if member("client_id") != CLIENT || member("client_secret") != oauth.secret {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let now = starface.clock.now();
    let login = match member("grant_type") {
        "password" => {
            if member("scope") != oauth.scope {
                return refused(StatusCode::BAD_REQUEST, "invalid_scope");
            }
            inside.grants += 1;
            let login = member("username").to_owned();
            let is_right = inside
                .desks
                .get(&login)
                .is_some_and(|desk| desk.password == member("password"));
            let is_struck = starface.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails);
            if !is_right || is_struck {
                return refused(StatusCode::BAD_REQUEST, "invalid_grant");
            }
            if !oauth.is_allowed {
                return refused(StatusCode::BAD_REQUEST, "unauthorized_client");
            }
            inside.logins += 1;
            login
        }
        "refresh_token" => match inside.renewals.remove(member("refresh_token")) {
            Some((login, until)) if now < until => login,
            Some(_) | None => return refused(StatusCode::BAD_REQUEST, "invalid_grant"),
        },
        _ => return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    };
    let (access, renewal) = (random_text::<32>(), random_text::<32>());
    inside
        .bearers
        .insert(access.clone(), (login.clone(), now + oauth.life));
    inside
        .renewals
        .insert(renewal.clone(), (login, now + RENEWAL_LIFE));
    axum::Json(json!({
        "access_token": access,
        "expires_in": oauth.life.as_secs(),
        "refresh_token": renewal,
        "token_type": "Bearer",
        "scope": oauth.scope,
    }))
    .into_response()
}

/// Whose token it is.
pub(super) fn whose(starface: &Starface, inside: &Inside, token: &str) -> Option<String> {
    let now = starface.clock.now();
    let (login, until) = inside.bearers.get(token)?;
    (now < *until).then(|| login.clone())
}
