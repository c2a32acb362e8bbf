//! The way of a request over HTTP and of its answer: one time limit, one size limit, no redirects.

use super::net::NetError;
use super::tls::{self, Tls};
use crate::net;
use crate::wire;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use std::fmt;
use std::time::Duration;

/// No answer that is asked for is anywhere near as large.
const LARGEST: usize = 1024 * 1024;

/// The connections to one phone system.
#[derive(Debug, Clone)]
pub struct Web {
    client: reqwest::Client,
    /// Whose it is, for the log.
    wire: &'static str,
    host: String,
    largest: usize,
    gives_data: bool,
}

/// What came back, whole. `Debug` does not show the body.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("the answer is too large")]
    TooLarge,
}

impl Web {
    /// # Errors
    /// Where the TLS library can't be set up.
    pub fn new(
        wire: &'static str,
        host: &str,
        encryption: &Tls,
        connect: Duration,
        answer: Duration,
    ) -> Result<Self, NetError> {
        // A second installation is refused and harmless.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(connect)
            .timeout(answer)
            .pool_max_idle_per_host(1)
            .http1_only()
            .user_agent(concat!("Offhook/", env!("CARGO_PKG_VERSION")));
        let refused = || NetError::Tls(host.to_owned());
        let builder = match encryption {
            // A proxy would see what is meant for this network alone.
            Tls::Off => builder.no_proxy(),
            Tls::System => net::way().apply(builder),
            Tls::Pinned(pins) => {
                let builder = net::way().by_proxy(builder);
                builder.tls_backend_preconfigured(tls::client(Some(pins.clone())).map_err(|_| refused())?)
            }
        };
        Ok(Self {
            client: builder.build().map_err(|_| refused())?,
            wire,
            host: host.to_owned(),
            largest: LARGEST,
            gives_data: false,
        })
    }

    /// For what gives no web pages: one that comes is somebody else's ([`NetError::Page`]).
    #[must_use]
    pub fn giving_data(self) -> Self {
        Self {
            gives_data: true,
            ..self
        }
    }

    /// For larger answers, in bytes.
    #[must_use]
    pub fn taking(self, largest: usize) -> Self {
        Self { largest, ..self }
    }

    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// # Errors
    /// No answer, or one that is too large. Every status is an answer.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        let lost = |error: reqwest::Error| NetError::of_request(&error, &self.host);
        let mut response = wire::send(self.wire, request).await.map_err(lost)?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(lost)? {
            if body.len() + piece.len() > self.largest {
                return Err(NoAnswer::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        let (status, headers) = (response.status(), response.headers());
        wire::heard(self.wire, status.as_u16(), body.len());
        // Their own refusals may be pages, too.
        let own = status.is_client_error() && !net::page::leads_elsewhere(Some(&self.host), headers);
        if self.gives_data && !own && net::page::stands_between(response.url(), status, headers, &body) {
            return Err(NetError::Page(self.host.clone()).into());
        }
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }
}
