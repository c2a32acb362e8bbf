//! REST (facts/starface.md section 2, facts/starface-rest.json).

use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{Desk, Inside, Starface, StarfaceLogin, StarfaceWrite, TOKEN_LIFE, sha512_hex};
use crate::company::random_text;
use crate::faults::{Fault, Place};

/// A refusal in the form that one client has seen.
fn refused(status: u16, code: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(json!({ "code": code, "message": code }))).into_response()
}

fn ok(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// With a member that the description does not have.
pub(super) fn phone_config() -> Map<String, Value> {
    let whole = json!({"callWaiting": true, "displayNumberId": 11, "primaryPhoneId": 21, "ringPattern": {"inside": 2}});
    whole.as_object().cloned().unwrap_or_default()
}

/// Three triggers on the person's number, one redirection of a group.
pub(super) fn redirects(extension: &str) -> Vec<Value> {
    let one = |id: &str, trigger: &str, group: bool, number: &str| {
        json!({
            "id": format!("{extension}-{id}"),
            "enabled": false,
            "phoneNumber": number,
            "groupNumber": group,
            "redirectTrigger": {"redirectTriggerType": trigger},
            "redirectDestination": {"redirectDestinationType": "PHONENUMBER", "phoneNumber": "0305550199"},
            "lastMailboxDestination": {"redirectDestinationType": "MAILBOX", "mailboxId": "3"},
            "lastPhoneNumberDestination": {"redirectDestinationType": "PHONENUMBER", "phoneNumber": "0305550199"},
            "ringTime": 25,
        })
    };
    vec![
        one("always", "ALWAYS", false, extension),
        one("busy", "BUSY", false, extension),
        one("timeout", "TIMEOUT", false, extension),
        one("group", "ALWAYS", true, "1900"),
    ]
}

pub(super) fn answer(
    starface: &Starface,
    method: &Method,
    path: &[&str],
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut inside = starface.inside.lock();
    if inside.habits.rest_forbidden {
        return refused(403, "FORBIDDEN");
    }
    if header("x-version") != "2" {
        return refused(400, "VERSION_MISSING");
    }
    let has_body = *method == Method::POST || *method == Method::PUT;
    if has_body && !header("content-type").starts_with("application/json") {
        return refused(415, "MEDIA_TYPE");
    }
    // Administrators only.
    if query.is_some_and(|query| query.contains("actOnBehalfOf")) {
        return refused(403, "FORBIDDEN");
    }
    if inside.hash_is_gone() && path == ["login"] {
        return refused(401, "UNAUTHORIZED");
    }
    match (method.as_str(), path) {
        ("GET", ["login"]) => return challenge(&mut inside),
        ("POST", ["login"]) => return sign_in(starface, &mut inside, body),
        _ => {}
    }
    let now = starface.clock.now();
    let token = header("authtoken");
    let by_token = inside
        .tokens
        .get(token)
        .filter(|(_, until)| now < *until)
        .map(|(login, _)| login.clone());
    let bearer = header("authorization").strip_prefix("Bearer ");
    let by_bearer = bearer.and_then(|bearer| super::oauth::whose(starface, &inside, bearer));
    let Some(login) = by_token.or(by_bearer) else {
        return refused(401, "UNAUTHORIZED");
    };
    if starface.faults.is_struck(Place::PbxAction, &Fault::PbxDenied) {
        return refused(403, "FORBIDDEN");
    }
    if (method.as_str(), path) == ("DELETE", ["login"].as_slice()) {
        inside.tokens.remove(token);
        return nothing();
    }
    let Inside {
        desks,
        habits,
        writes,
        ..
    } = &mut *inside;
    let Some(desk) = desks.get_mut(&login) else {
        return refused(401, "UNAUTHORIZED");
    };
    let own = desk.id.to_string();
    match (method.as_str(), path) {
        ("GET", ["users", "me"]) => ok(me(desk)),
        (_, ["users", id, "phoneconfig"]) if *id != own => refused(403, "FORBIDDEN"),
        ("GET", ["users", _, "phoneconfig"]) => ok(starface.whole_config(desk)),
        ("PUT", ["users", _, "phoneconfig"]) => {
            if habits.phone_config_fixed {
                return refused(403, "FORBIDDEN");
            }
            let Some(Value::Object(new)) = parsed(body) else {
                return refused(400, "BODY");
            };
            let is_whole = new.get("callWaiting").is_some_and(Value::is_boolean)
                && new.get("doNotDisturb").is_some_and(Value::is_boolean)
                && new.get("displayNumberId").is_some_and(Value::is_i64)
                && new.get("primaryPhoneId").is_some_and(Value::is_i64)
                && desk.phone_config.keys().all(|name| new.contains_key(name));
            if !is_whole {
                return refused(400, "PHONE_CONFIG_INCOMPLETE");
            }
            if starface.ignores() {
                return nothing();
            }
            writes.push(StarfaceWrite {
                login: login.clone(),
                what: "phoneconfig".into(),
                value: Value::Object(new.clone()),
            });
            starface.press_dnd(&login, new.get("doNotDisturb") == Some(&Value::Bool(true)));
            desk.phone_config = new;
            desk.phone_config.remove("doNotDisturb");
            nothing()
        }
        ("GET", ["redirects"]) => ok(Value::Array(desk.redirects.clone())),
        ("PUT", ["redirects", id]) => {
            if habits.redirects_fixed {
                return refused(403, "FORBIDDEN");
            }
            let Some(at) = desk.redirects.iter().position(|one| one["id"] == **id) else {
                return refused(404, "NOT_FOUND");
            };
            let Some(new @ Value::Object(_)) = parsed(body) else {
                return refused(400, "BODY");
            };
            let is_whole = new["enabled"].is_boolean()
                && new["id"] == **id
                && desk.redirects[at]
                    .as_object()
                    .is_some_and(|old| old.keys().all(|name| new.get(name).is_some()));
            if !is_whole {
                return refused(400, "REDIRECT_INCOMPLETE");
            }
            if starface.ignores() {
                return nothing();
            }
            writes.push(StarfaceWrite {
                login: login.clone(),
                what: format!("redirects/{id}"),
                value: new.clone(),
            });
            desk.redirects[at] = new;
            starface.apply_forward(desk);
            nothing()
        }
        (_, ["users", "me"] | ["users", _, "phoneconfig"] | ["redirects"] | ["redirects", _]) => {
            refused(405, "METHOD")
        }
        _ => refused(404, "NOT_FOUND"),
    }
}

fn parsed(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn me(desk: &Desk) -> Value {
    let (first, family) = desk
        .person
        .name
        .split_once(' ')
        .unwrap_or((&desk.person.name, ""));
    json!({
        "id": desk.id, "login": desk.person.extension, "email": desk.person.upn, "firstName": first,
        "familyName": family, "language": "de", "namespace": "", "personId": "", "password": "",
        "missedCallReport": false,
    })
}

const fn name(login: StarfaceLogin) -> &'static str {
    match login {
        StarfaceLogin::Internal => "Internal",
        StarfaceLogin::ActiveDirectory => "ActiveDirectory",
    }
}

fn challenge(inside: &mut Inside) -> Response {
    let nonce = random_text::<24>();
    inside.nonces.insert(nonce.clone());
    ok(json!({ "loginType": name(inside.habits.login), "nonce": nonce, "secret": null }))
}

fn sign_in(starface: &Starface, inside: &mut Inside, body: &[u8]) -> Response {
    let Some(asked) = parsed(body) else {
        return refused(400, "BODY");
    };
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let nonce = text("nonce");
    // Each serves once.
    if !inside.nonces.remove(nonce) || text("loginType") != name(inside.habits.login) {
        return refused(400, "LOGIN");
    }
    if starface.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails) {
        return refused(400, "LOGIN");
    }
    let login_type = inside.habits.login;
    let found = inside.desks.values().find(|desk| {
        let secret = rest_secret(login_type, &desk.person.extension, nonce, &desk.password);
        secret == text("secret")
    });
    let Some(login) = found.map(|desk| desk.person.extension.clone()) else {
        return refused(400, "LOGIN");
    };
    let token = random_text::<32>();
    inside.logins += 1;
    inside
        .tokens
        .insert(token.clone(), (login, starface.clock.now() + TOKEN_LIFE));
    let mut answer = Map::new();
    answer.insert(inside.habits.token_name.into(), token.into());
    ok(Value::Object(answer))
}

fn rest_secret(login_type: StarfaceLogin, login: &str, nonce: &str, password: &str) -> String {
    match login_type {
        StarfaceLogin::Internal => {
            format!(
                "{login}:{}",
                sha512_hex(&format!("{login}{nonce}{}", sha512_hex(password)))
            )
        }
        StarfaceLogin::ActiveDirectory => {
            base64::engine::general_purpose::STANDARD.encode(format!("{login}{nonce}{password}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/starface-auth-vectors.json
    #[test]
    fn every_published_login_is_taken() {
        let all: Value =
            serde_json::from_str(include_str!("../../tests/data/starface-auth-vectors.json")).unwrap();
        for (list, login_type) in [
            ("rest_internal", StarfaceLogin::Internal),
            ("rest_active_directory", StarfaceLogin::ActiveDirectory),
        ] {
            for vector in all[list].as_array().unwrap() {
                let text = |name: &str| vector[name].as_str().unwrap();
                let secret = rest_secret(login_type, text("loginId"), text("nonce"), text("password"));
                assert_eq!(secret, text("secret"));
            }
        }
    }
}
