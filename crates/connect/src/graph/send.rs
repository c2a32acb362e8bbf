//! The way of a request to Graph and of its answer back: one time limit, one size limit, one log line.

use super::{Graph, GraphError};
use crate::{net, wire};
use offhook_engine::fault::Code;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write as _;
use std::time::Instant;

const WIRE: &str = "Graph";
/// No answer that we ask for is anywhere near as large.
const LARGEST: usize = 1024 * 1024;

/// What is to be sent, before it has a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    /// JSON.
    pub body: Option<String>,
    /// How the answer should look.
    pub prefer: Option<&'static str>,
}

impl Request {
    pub(super) fn post(url: Url, body: Option<&impl serde::Serialize>) -> Self {
        // Our bodies are structures of strings, which serialise always.
        let body = body.and_then(|body| serde_json::to_string(body).ok());
        Self {
            method: Method::POST,
            url,
            body,
            prefer: None,
        }
    }

    pub(super) fn without_body(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            body: None,
            prefer: None,
        }
    }
}

/// What came back, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// For actions: any 2xx is success, with or without a body (`facts/graph.md`, section 1.5).
    pub(super) fn done(&self) -> Result<(), GraphError> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(GraphError::of(self))
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// `base` with path segments added, escaped as they need it. `base` may end in a slash or not.
pub(super) fn address(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

impl Graph {
    pub(super) async fn send(
        &self,
        operation: &'static str,
        request: Request,
        token: Option<&SecretString>,
    ) -> Result<Answer, GraphError> {
        let client_request_id = request_id();
        let started = Instant::now();
        let outcome = self.exchange(request, token, &client_request_id).await;
        let took_ms = started.elapsed().as_millis();
        match &outcome {
            Ok(answer) => {
                self.last_answer.note();
                tracing::debug!(
                    operation,
                    status = answer.status.as_u16(),
                    request_id = answer.header("request-id"),
                    client_request_id,
                    took_ms,
                    "answered by graph"
                );
            }
            Err(error) => {
                tracing::debug!(operation, client_request_id, took_ms, %error, "no answer from graph")
            }
        }
        outcome
    }

    async fn exchange(
        &self,
        request: Request,
        token: Option<&SecretString>,
        client_request_id: &str,
    ) -> Result<Answer, GraphError> {
        let method = request.method;
        let asked = request.url.clone();
        let mut builder = self
            .http
            .request(method.clone(), request.url)
            .timeout(self.limit)
            .header(ACCEPT, "application/json")
            .header("client-request-id", client_request_id);
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, bearer(token)?);
        }
        if let Some(prefer) = request.prefer {
            builder = builder.header("Prefer", prefer);
        }
        builder = match request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body),
            // Left to itself the client sends no length, and services refuse a POST without one (411).
            None if method == Method::POST => builder.header(CONTENT_LENGTH, "0"),
            None => builder,
        };
        let sent = wire::send(WIRE, builder).await;
        let mut response = sent.map_err(|error| no_answer(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + piece.len() > LARGEST {
                return Err(GraphError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        wire::heard(WIRE, response.status().as_u16(), body.len());
        // Before anything is made of it: a 200 would be a success, a 403 a missing right, a 404 a cleared session.
        if net::page::stands_between(&asked, response.status(), response.headers(), &body) {
            return Err(GraphError::NoAnswer(net::page_fault(asked.host_str())));
        }
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }
}

/// A token that is no header value is none that Graph would take.
fn bearer(token: &SecretString) -> Result<HeaderValue, GraphError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| GraphError::TokenRefused { request_id: None })?;
    value.set_sensitive(true);
    Ok(value)
}

fn no_answer(error: &reqwest::Error) -> GraphError {
    GraphError::NoAnswer(net::fault(error, Code::GraphUnreachable))
}

/// A random UUID by which Microsoft's support finds our request; empty where the system gives no randomness.
fn request_id() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_built_on_any_base() {
        for base in ["https://graph.example/v1.0", "https://graph.example/v1.0/"] {
            let base = Url::parse(base).unwrap();
            assert_eq!(
                address(&base, &["me", "presence"]).as_str(),
                "https://graph.example/v1.0/me/presence"
            );
            assert_eq!(
                address(&base, &["users", "a/b?c", "presence"]).as_str(),
                "https://graph.example/v1.0/users/a%2Fb%3Fc/presence"
            );
        }
    }

    #[test]
    fn request_ids_are_uuids() {
        let id = request_id();
        assert_eq!(id.len(), 36);
        assert_eq!(
            id.match_indices('-').map(|(at, _)| at).collect::<Vec<_>>(),
            [8, 13, 18, 23]
        );
        assert_eq!(id.as_bytes()[14], b'4');
        assert_ne!(id, request_id());
    }

    #[test]
    fn a_token_does_not_show_in_the_header_it_travels_in() {
        let value = bearer(&SecretString::from("very-secret")).unwrap();
        assert!(!format!("{value:?}").contains("very-secret"));
        assert!(bearer(&SecretString::from("line\nbreak")).is_err());
    }
}
