//! Plain HTTP to loopback for the fixtures.

use std::sync::LazyLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::runtime::block_on;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // Another user of the same process may have been first, with the same provider.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(Duration::from_secs(30))
        .build()
        .expect("an HTTP client")
});

/// What came back: the body is `Null` when it isn't JSON; `text` has it in any case.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// The first header of that name, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A request to be sent with [`send`]. Redirects are not followed.
pub fn request(method: Method, url: &str) -> RequestBuilder {
    CLIENT.request(method, url)
}

pub fn get(url: &str) -> RequestBuilder {
    request(Method::GET, url)
}

pub fn post(url: &str) -> RequestBuilder {
    request(Method::POST, url)
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// What kept the answer from coming.
pub fn try_send(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    block_on(async {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text_of =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text_of(value)))
            .collect();
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            headers,
            text,
            json,
        })
    })
}

/// [`try_send`] for tests that have no use for a failure.
///
/// # Panics
/// When no answer comes.
#[track_caller]
pub fn send(request: RequestBuilder) -> Answer {
    try_send(request).unwrap_or_else(|error| panic!("no answer: {error:?}"))
}
