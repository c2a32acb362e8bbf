//! `createsession` (facts/estos-csta.md section 1.2).

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::{Value, json};

use super::{Inside, Procall, SESSION_LIFE};
use crate::company::random_guid;
use crate::faults::{Fault, Place};

/// So many wrong passwords lock a user.
const PATIENCE: u32 = 5;

fn refused(code: i64) -> Response {
    let body = json!({
        "error": {
            "_type": "AsnLogonError",
            "iErrorDetail": code,
            "sAuthCredetials": "",
            "u8sErrorString": "User Authentication failed",
            "u8sFailedUser": "",
        },
        "error_value": 0,
        "invokedID": 44,
    });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

pub(super) async fn answer(procall: &Procall, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 * 1024).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let text = |name: &str| text(&head.headers, name);
    if text("x-ucsid") != "local" {
        let body = json!({"error": {
            "_type": "WsError",
            "iErrorDetail": 119,
            "details": "server not connected here",
            "u8sErrorString": "UCServer is not connected here",
        }});
        return (StatusCode::BAD_GATEWAY, axum::Json(body)).into_response();
    }
    if text("x-no401") != "1" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if text("x-simple") != "1" || !text("content-type").starts_with("application/json") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    // SDK clients say so.
    if head.uri.query() != Some("clientappid=15") {
        return refused(112);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if body["negotiate"]["iClientProtocolVersion"] != 70 {
        return refused(104);
    }
    let now = procall.clock.now();
    let ahead = procall.time();
    let mut inside = procall.inside.lock();
    let inside = &mut *inside;
    inside
        .sessions
        .retain(|_, (_, since)| now < *since + SESSION_LIFE);
    if let Some(code) = inside.habits.refuses {
        return refused(code);
    }
    let is_struck = procall.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails);
    let login = match text("x-uctoken") {
        "" => by_password(inside, text("authorization")),
        token => {
            let known = inside.tokens.get(token).filter(|(_, until)| now < *until);
            inside.by_token += u64::from(known.is_some());
            known.map(|(login, _)| login.clone()).ok_or(130)
        }
    };
    match login {
        Ok(login) if !is_struck => {
            let session = random_guid().replace('-', "").to_uppercase();
            inside.logins += 1;
            inside.sessions.insert(session.clone(), (login, now));
            let date = jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&ahead)
                .unwrap_or_default();
            (
                [(header::DATE, date)],
                axum::Json(json!({ "sessionid": session })),
            )
                .into_response()
        }
        Ok(_) => refused(101),
        Err(code) => refused(code),
    }
}

fn by_password(inside: &mut Inside, authorization: &str) -> Result<String, i64> {
    let encoded = authorization.strip_prefix("Basic ").ok_or(106)?;
    let pair = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .map_err(|_| 101)?;
    let pair = String::from_utf8(pair).map_err(|_| 101)?;
    let (login, password) = pair.split_once(':').ok_or(101)?;
    let desk = inside.desks.get_mut(login).ok_or(101)?;
    if desk.wrong >= PATIENCE {
        return Err(129);
    }
    if desk.password != password {
        desk.wrong += 1;
        return Err(101);
    }
    desk.wrong = 0;
    Ok(login.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
