//! What a browser shows: choose a person, type a device code, errors. Plain pages without any outside asset.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;

use super::Fields;
use super::errors::Refused;
use crate::World;
use crate::company::Person;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem;\
color-scheme:light dark}button{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0;cursor:pointer}\
label{display:block;padding:.4rem 0}code{word-break:break-all}input[type=text]{font:inherit;padding:.4rem}\
.small{font-size:.85rem;opacity:.75}";

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

pub(crate) fn plain(status: u16, text: &str) -> Response {
    html(status, text, &format!("<p>{}</p>", escape(text)))
}

pub(crate) fn html(status: u16, title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style><body>{body}",
        escape(title)
    );
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = header::HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

pub(crate) fn redirect(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    match to.parse() {
        Ok(value) => response.headers_mut().insert(header::LOCATION, value),
        Err(_) => return plain(400, "400"),
    };
    response
}

/// An error that the browser shows and the application never sees.
pub(crate) fn refused(refused: &Refused, wall: Timestamp) -> Response {
    let body = format!(
        "<h1>Sorry, but we’re having trouble signing you in.</h1><p>{}</p><p class=\"small\">{}</p>",
        escape(&refused.headline()),
        wall.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    html(400, "Sign in to your account", &body)
}

fn choices(people: &[Person], hint: Option<&String>) -> String {
    let mut body = String::new();
    for (at, person) in people.iter().enumerate() {
        let hinted = hint.is_some_and(|hint| hint.eq_ignore_ascii_case(&person.upn));
        let checked = if hinted || (at == 0 && !people.iter().any(|person| hint == Some(&person.upn))) {
            " checked"
        } else {
            ""
        };
        body.push_str(&format!(
            "<label><input type=\"radio\" name=\"playground_user\" value=\"{}\"{checked}> {} <span class=\"small\">{}</span></label>",
            escape(&person.key),
            escape(&person.name),
            escape(&person.upn)
        ));
    }
    body
}

const BUTTONS: &str = "<p><button name=\"playground_answer\" value=\"sign-in\">Sign in · Anmelden</button>\
<button name=\"playground_answer\" value=\"cancel\">Cancel · Abbrechen</button></p>";

/// Choose a person, see what the application asks for, sign in or cancel.
pub(crate) fn sign_in(world: &World, transaction: &str, scopes: &str, hint: Option<&String>) -> Response {
    let body = format!(
        "<h1>Pretend company</h1><p>Who is signing in? · Wer meldet sich an?</p><form method=\"post\">\
         <input type=\"hidden\" name=\"playground_transaction\" value=\"{}\">{}\
         <p class=\"small\">The application asks for · Die Anwendung möchte: <code>{}</code></p>{BUTTONS}</form>",
        escape(transaction),
        choices(&world.people, hint),
        escape(scopes)
    );
    html(200, "Sign in to your account", &body)
}

/// "Need admin approval", with the way back to the application.
pub(crate) fn admin_approval(back: &str) -> Response {
    let body = format!(
        "<h1>Need admin approval</h1><p>AADSTS90094: The app needs permission to access resources that only an admin \
         can grant.</p><p><a href=\"{}\">Return to the application without granting consent</a></p>",
        escape(back)
    );
    html(200, "Need admin approval", &body)
}

/// Type the code, choose a person.
pub(crate) fn device(world: &World, user_code: &str) -> Response {
    let body = format!(
        "<h1>Enter code · Code eingeben</h1><form method=\"post\"><p><label>Code <input type=\"text\" \
         name=\"user_code\" value=\"{}\" required></label></p>{}{BUTTONS}</form>",
        escape(user_code),
        choices(&world.people, None)
    );
    html(200, "Sign in to your account", &body)
}

pub(crate) fn signed_out(query: &Fields, world: &World) -> Response {
    match query.get("post_logout_redirect_uri") {
        Some(to) if super::authorize::is_registered(world, to) => redirect(to),
        Some(_) | None => plain(200, "You signed out of your account"),
    }
}
