//! A gateway of a company's own: `/gateway/EXTENSION/dnd` and `/gateway/EXTENSION/forward`, with the person's password as
//! a bearer token. It refuses what it was not made for.

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::Portal;
use crate::faults::{Fault, Place};

pub(super) fn answer(
    portal: &Portal,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let mut parts = path.split('/').skip(2);
    let (Some(extension), Some(field), None) = (parts.next(), parts.next(), parts.next()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let login = portal
        .extensions
        .iter()
        .find(|(_, own)| *own == extension)
        .map(|(login, _)| login);
    let password = login.and_then(|login| portal.password(login));
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let is_struck = portal.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails);
    if is_struck || password.is_none() || password.as_deref() != bearer {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body = String::from_utf8_lossy(body);
    match (method.as_str(), field) {
        ("GET", "dnd") => {
            let word = if portal.dnd(extension) { "on\n" } else { "off\n" };
            word.into_response()
        }
        ("PUT", "dnd") if matches!(&*body, "on" | "off") => {
            portal.write("dnd", extension, || portal.press_dnd(extension, body == "on"));
            StatusCode::NO_CONTENT.into_response()
        }
        ("GET", "forward") => portal.forward(extension).unwrap_or_default().into_response(),
        ("PUT", "forward") => {
            let wanted: Value = serde_json::from_str(&body).unwrap_or_default();
            let is_json = headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind == "application/json");
            let Some(target) = wanted["to"]
                .as_str()
                .filter(|target| is_json && !target.is_empty())
            else {
                return StatusCode::UNPROCESSABLE_ENTITY.into_response();
            };
            portal.write("forward", extension, || {
                portal.set_forward(extension, Some(target))
            });
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", "forward") => {
            portal.write("forward", extension, || portal.set_forward(extension, None));
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}
