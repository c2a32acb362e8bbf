//! The way of a request and of its answer: one time limit, one size limit, no redirects, and no address with a login
//! in it that anybody could print.

use super::config::StarfaceConfig;
use super::error::Error;
use super::listener::Callback;
pub use crate::phones::web::Answer;
use crate::phones::web::{NoAnswer, Web};
use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::time::Instant;

/// A request before it has a host. `Debug` shows neither the login nor the body.
#[derive(Clone)]
pub struct Request {
    /// What it is about, for logs and refusals.
    pub what: &'static str,
    pub method: Method,
    /// Segments of the path.
    pub path: Vec<String>,
    /// UCI's login, which has to travel in the address (facts/starface.md section 1.1).
    pub login: Option<UciPass>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<String>,
}

/// What says in UCI's address who it is.
#[derive(Clone)]
pub enum UciPass {
    /// Made of name and password.
    Proof(SecretString),
    /// STARFACE 10's access token (facts/starface.md section 1.2).
    Token(SecretString),
}

impl fmt::Debug for UciPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UciPass")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("what", &self.what)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The connections to one phone system, with the one cookie that it sets.
#[derive(Debug, Clone)]
pub struct Http {
    web: Web,
    base: Url,
    host: String,
    cookie: Option<HeaderValue>,
    /// Where UCI is to report.
    callback: Option<Callback>,
}

impl Http {
    /// # Errors
    /// Where the TLS library can't be set up.
    pub fn new(config: &StarfaceConfig) -> Result<Self, Error> {
        let timing = &config.timing;
        Ok(Self {
            web: Web::new(
                "STARFACE",
                &config.host,
                &config.tls,
                timing.connect,
                timing.answer,
            )?,
            base: config.base.clone(),
            host: config.host.clone(),
            cookie: None,
            callback: None,
        })
    }

    /// From now on each request to UCI says where to report.
    pub fn reports_to(&mut self, callback: Callback) {
        self.callback = Some(callback);
    }

    /// A new session begins: the cookie of the one before is forgotten.
    pub fn forget(&mut self) {
        self.cookie = None;
    }

    /// # Errors
    /// No answer, or one that is too large. Every status is an answer.
    pub async fn send(&mut self, request: Request) -> Result<Answer, Error> {
        let (what, started) = (request.what, Instant::now());
        let outcome = self.exchange(request).await;
        let took_ms = started.elapsed().as_millis();
        match &outcome {
            Ok(answer) => tracing::debug!(what, status = answer.status.as_u16(), took_ms, "answered"),
            Err(error) => tracing::debug!(what, took_ms, %error, "no answer"),
        }
        outcome
    }

    async fn exchange(&mut self, request: Request) -> Result<Answer, Error> {
        let mut url = address(&self.base, &request);
        if let (Some(callback), Some(_)) = (&self.callback, &request.login) {
            url.query_pairs_mut().extend_pairs(callback.query());
        }
        let mut headers: HeaderMap = request.headers.into_iter().collect();
        if let Some(cookie) = &self.cookie {
            headers.insert(COOKIE, cookie.clone());
        }
        let mut builder = self.web.request(request.method, url).headers(headers);
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let answer = self.web.send(builder).await.map_err(|error| match error {
            NoAnswer::Net(error) => error.into(),
            NoAnswer::TooLarge => Error::NotUnderstood(self.host.clone()),
        })?;
        if let Some(cookie) = session_cookie(&answer.headers) {
            self.cookie = Some(cookie);
        }
        Ok(answer)
    }
}

/// `JSESSIONID` alone: one session, one cookie (facts/starface.md section 1.1).
fn session_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    let cookies = headers.get_all(SET_COOKIE).iter();
    let pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let pair = pairs
        .map(str::trim)
        .find(|pair| pair.starts_with("JSESSIONID="))?;
    let mut value = HeaderValue::from_str(pair).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The whole address. It may hold a login and is to be sent, not kept or shown.
fn address(base: &Url, request: &Request) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(&request.path);
    }
    if let Some(login) = &request.login {
        let (name, value) = match login {
            UciPass::Proof(proof) => ("auth", proof),
            UciPass::Token(token) => ("jwt", token),
        };
        url.set_query(Some(&format!(
            "de.vertico.starface.{name}={}",
            escaped(value.expose_secret())
        )));
    }
    url
}

/// Percent-encoded, but for what the published addresses leave as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b":-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn request(login: &str) -> Request {
        Request {
            what: "test",
            method: Method::POST,
            path: vec!["xml-rpc".into()],
            login: Some(UciPass::Proof(login.to_owned().into())),
            headers: Vec::new(),
            body: Some(login.to_owned()),
        }
    }

    #[test]
    fn addresses_are_those_of_the_vectors() {
        let all: Value =
            serde_json::from_str(include_str!("../../../tests/data/starface-auth-vectors.json")).unwrap();
        let mut checked = 0;
        for list in ["uci_sha512", "uci_active_directory_base64"] {
            for vector in all[list].as_array().unwrap() {
                let url = address(
                    &Url::parse("https://pbx.example").unwrap(),
                    &request(vector["token"].as_str().unwrap()),
                );
                assert_eq!(url.path(), "/xml-rpc");
                assert_eq!(url.query(), vector["query"].as_str());
                checked += 1;
            }
        }
        assert_eq!(checked, 6);
    }

    #[test]
    fn a_login_does_not_show() {
        let shown = format!("{:?}", request("planted-secret"));
        assert!(!shown.contains("planted"), "{shown}");
    }

    #[test]
    fn only_the_sessions_cookie_is_kept() {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("other=1; Path=/"));
        assert_eq!(session_cookie(&headers), None);
        headers.append(
            SET_COOKIE,
            HeaderValue::from_static("JSESSIONID=ab12; Path=/; HttpOnly"),
        );
        assert_eq!(session_cookie(&headers).unwrap(), "JSESSIONID=ab12");
    }
}
