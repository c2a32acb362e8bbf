//! FreePBX's user portal, as its modules of version 16 have it (facts/asterisk.md section 2.4): a session in a cookie, a
//! token in the sign-in form, requests as forms, answers in JSON. It refuses an extension that is not the person's.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{Portal, SESSION_LIFE, Session};
use crate::company::random_text;
use crate::faults::{Fault, Place};

const COOKIE: &str = "PHPSESSID";

pub(super) fn answer(
    portal: &Portal,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let now = portal.clock.now();
    let cookie = cookie(headers);
    {
        let mut inside = portal.inside.lock();
        inside
            .sessions
            .retain(|_, session| session.heard + SESSION_LIFE > now);
        if let Some(session) = cookie.as_ref().and_then(|cookie| inside.sessions.get_mut(cookie)) {
            session.heard = now;
        }
    }
    match (method, path) {
        (&Method::GET, "/ucp/") => form(portal, cookie),
        (&Method::POST, "/ucp/ajax.php") => {
            let is_form = headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind == "application/x-www-form-urlencoded");
            if !is_form {
                return forbidden();
            }
            let fields: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
            ajax(portal, cookie.as_deref(), &fields)
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// The page with the form, and a session if there is none.
fn form(portal: &Portal, cookie: Option<String>) -> Response {
    let mut inside = portal.inside.lock();
    if inside.habits.no_form {
        return crate::starface::page("Second factor").into_response();
    }
    let known = cookie.filter(|cookie| inside.sessions.contains_key(cookie));
    let is_new = known.is_none();
    let cookie = known.unwrap_or_else(random_text::<26>);
    let session = inside.sessions.entry(cookie.clone()).or_insert_with(|| Session {
        token: random_text::<32>(),
        login: None,
        heard: portal.clock.now(),
    });
    let page = format!(
        "<!DOCTYPE html><html><body><form id=\"frm-login\">\n<input type='hidden' name='other' value='x'>\
         <input type=\"hidden\" name=\"token\" value=\"{}\">\n<input type=\"text\" name=\"username\"></form></body></html>",
        session.token
    );
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=UTF-8")], page).into_response();
    if is_new && let Ok(value) = format!("{COOKIE}={cookie}; path=/; HttpOnly").parse() {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn forbidden() -> Response {
    (
        StatusCode::FORBIDDEN,
        Json(json!({"status": "false", "message": "forbidden"})),
    )
        .into_response()
}

fn declined() -> Response {
    (
        StatusCode::FORBIDDEN,
        Json(json!({"error": "ajaxRequest declined"})),
    )
        .into_response()
}

fn ajax(portal: &Portal, cookie: Option<&str>, fields: &BTreeMap<String, String>) -> Response {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let session = cookie.and_then(|cookie| portal.inside.lock().sessions.get(cookie).cloned());
    let (module, command) = (field("module"), field("command"));
    if (module, command) == ("User", "login") {
        let (Some(session), Some(cookie)) = (session, cookie) else {
            return declined();
        };
        if session.token != field("token") {
            return declined();
        }
        return login(portal, cookie, field("username"), field("password"));
    }
    let Some(login) = session.and_then(|session| session.login) else {
        return forbidden();
    };
    let own = portal.extensions.get(&login).cloned().unwrap_or_default();
    let habits = portal.inside.lock().habits.clone();
    if command == "poll" {
        return Json(poll(portal, &own, fields)).into_response();
    }
    let extension = field("ext");
    let message =
        |text: &str| Json(json!({"status": true, "alert": "success", "message": text})).into_response();
    match (module, command) {
        ("donotdisturb", "enable") if habits.dnd => {
            if extension != own {
                return declined();
            }
            let on = field("enable") == "true";
            portal.write("dnd", extension, || portal.press_dnd(extension, on));
            message("Do Not Disturb Has Been Updated!")
        }
        ("callforward", "settings") if habits.forward => {
            if extension != own {
                return declined();
            }
            if field("type") == "CF" {
                let target = fields.get("value").map(String::as_str);
                portal.write("forward", extension, || portal.set_forward(extension, target));
            }
            message("Call Forwarding Has Been Updated!")
        }
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Json(json!({"error": "Unknown Error"})),
        )
            .into_response(),
    }
}

fn login(portal: &Portal, cookie: &str, login: &str, password: &str) -> Response {
    let is_struck = portal.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails);
    let mut inside = portal.inside.lock();
    let is_right = !password.is_empty() && inside.passwords.get(login).is_some_and(|right| right == password);
    if is_struck || !is_right {
        return Json(json!({"status": false, "message": "Invalid Login Credentials"})).into_response();
    }
    inside.logins += 1;
    if let Some(session) = inside.sessions.get_mut(cookie) {
        session.login = Some(login.to_owned());
    }
    Json(json!({"status": true, "message": "", "token": random_text::<32>()})).into_response()
}

/// Of each module that can be polled, what it was asked for; PHP writes an object without members as a list.
fn poll(portal: &Portal, own: &str, fields: &BTreeMap<String, String>) -> Value {
    let asked = |module: &str| {
        fields
            .get(&format!("data[{module}][]"))
            .is_some_and(|extension| extension == own)
    };
    let states = |is_asked: bool, state: Value| {
        if is_asked {
            json!({"states": {own: state}})
        } else {
            json!({"states": []})
        }
    };
    let habits = portal.inside.lock().habits.clone();
    let mut modules = json!({"Voicemail": {"status": true, "total": 0}});
    if habits.dnd {
        modules["Donotdisturb"] = states(asked("Donotdisturb"), portal.dnd(own).into());
    }
    if habits.forward {
        let target = portal.forward(own);
        let target = target.map_or(Value::Bool(false), Value::from);
        modules["Callforward"] = states(
            asked("Callforward"),
            json!({"CFU": false, "CFB": false, "CF": target}),
        );
    }
    json!({"status": true, "modData": modules})
}
