//! `POST …/presence/clearPresence`.

use super::send::{Answer, Request};
use super::{GraphError, Whose};
use reqwest::{StatusCode, Url};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    session_id: &'a str,
}

pub(super) fn request(base: &Url, whose: Whose<'_>, client_id: &str) -> Request {
    Request::post(
        whose.presence(base, "clearPresence"),
        Some(&Body {
            session_id: client_id,
        }),
    )
}

/// 404: there is no such session (`facts/graph.md`, section 1.1).
pub(super) fn parse(answer: &Answer) -> Result<(), GraphError> {
    if answer.status == StatusCode::NOT_FOUND {
        Ok(())
    } else {
        answer.done()
    }
}
