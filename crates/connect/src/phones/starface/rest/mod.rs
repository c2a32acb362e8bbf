//! REST (facts/starface.md section 2, facts/starface-rest.json): one file per operation, each `request` and `parse`.

pub mod login;
pub mod me;
pub mod phone_config;
pub mod redirects;

use super::http::{Answer, Request};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

/// An answer of another shape than the vendor's description has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd;

/// What every request carries.
fn request(what: &'static str, method: Method, path: &[&str], body: Option<&Value>) -> Request {
    let mut headers = vec![
        (
            HeaderName::from_static("x-version"),
            HeaderValue::from_static("2"),
        ),
        (ACCEPT, HeaderValue::from_static("application/json")),
    ];
    if body.is_some() {
        headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    }
    let rest = ["rest"].iter().chain(path);
    Request {
        what,
        method,
        path: rest.map(|segment| (*segment).to_owned()).collect(),
        login: None,
        headers,
        body: body.map(Value::to_string),
    }
}

fn json(answer: &Answer) -> Result<Value, Odd> {
    serde_json::from_slice(&answer.body).map_err(|_| Odd)
}
