//! Graph's error answers: one envelope for all (graph.md 1.5). The presence service's exact `code` words are not
//! documented; those here are plausible ones, and no client may depend on them.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;

/// A refusal: status, `code`, `message`, and headers that go with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// 401 with the challenge that Graph sends.
    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message).with(
            "www-authenticate",
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\"",
        )
    }

    pub(crate) fn into_response(self, ids: &Ids) -> Response {
        let body = json!({ "error": {
            "code": self.code,
            "message": self.message,
            "innerError": { "date": ids.date, "request-id": ids.request, "client-request-id": ids.client },
        }});
        let mut response = ids.response(self.status, Some(body.to_string()));
        for (name, value) in &self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().append(*name, value);
            }
        }
        response
    }
}

/// The ids that every answer of Graph carries.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    pub(crate) request: String,
    pub(crate) client: String,
    pub(crate) date: String,
}

impl Ids {
    pub(crate) fn new(headers: &HeaderMap, wall: Timestamp) -> Self {
        let request = crate::company::random_guid();
        let client = headers
            .get("client-request-id")
            .and_then(|value| value.to_str().ok())
            .unwrap_or(&request);
        Self {
            client: client.to_owned(),
            date: wall.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            request,
        }
    }

    /// An answer with these ids; a body is JSON.
    pub(crate) fn response(&self, status: u16, body: Option<String>) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in [("request-id", &self.request), ("client-request-id", &self.client)] {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        if let Some(body) = body {
            let json = header::HeaderValue::from_static(
                "application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8",
            );
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            *response.body_mut() = Body::from(body);
        }
        response
    }
}
