//! One connection, kept: NTLM signs in connections, not requests, so no pool may choose another one. No redirects, no
//! proxy, one time limit and one size limit.

use super::config::EwsConfig;
use super::error::Error;
use super::ntlm;
use crate::phones::tls::{self, Tls};
use crate::wire;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

const WIRE: &str = "EWS";
/// No answer that is asked for is anywhere near as large.
const LARGEST: usize = 8 * 1024 * 1024;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What came back, whole. `Debug` does not show the body.
pub(super) struct Answer {
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

/// Ends when it is dropped.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
    /// Of the server's certificate.
    pub binding: Option<[u8; 16]>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// # Errors
    /// Host not found, refused, timed out, TLS failed.
    pub(super) async fn open(config: &EwsConfig) -> Result<Self, Error> {
        let (stream, binding) = timeout(config.timing.connect, connect(config))
            .await
            .map_err(|_elapsed| Error::TimedOut(config.host.clone()))??;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_error| Error::Lost(config.host.clone()))?;
        let task = tokio::spawn(async move {
            // Its end is seen by the sender.
            let _ended = connection.await;
        });
        Ok(Self {
            sender,
            task: task.abort_handle(),
            binding,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// # Errors
    /// No answer, or one that is too large. Every status is an answer.
    pub(super) async fn post(
        &mut self,
        config: &EwsConfig,
        authorization: Option<HeaderValue>,
        body: String,
    ) -> Result<Answer, Error> {
        let exchange = timeout(config.timing.answer, self.exchange(config, authorization, body));
        let outcome = exchange
            .await
            .unwrap_or_else(|_elapsed| Err(Error::TimedOut(config.host.clone())));
        match &outcome {
            Ok(answer) => tracing::debug!(status = answer.status.as_u16(), "answered by Exchange"),
            Err(error) => tracing::debug!(%error, "no answer from Exchange"),
        }
        outcome
    }

    async fn exchange(
        &mut self,
        config: &EwsConfig,
        authorization: Option<HeaderValue>,
        body: String,
    ) -> Result<Answer, Error> {
        let lost = || Error::Lost(config.host.clone());
        wire::sent(WIRE, wire::Root(&body), body.len());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&config.path)
            .header(HOST, config.authority())
            .header(USER_AGENT, concat!("Offhook/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "text/xml")
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            // Left to itself the library sends no length with an empty body, and IIS refuses that (411).
            .header(CONTENT_LENGTH, body.len());
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Error::NotExchange(config.host.clone()))?;
        self.sender.ready().await.map_err(|_error| lost())?;
        let response = self.sender.send_request(request).await.map_err(|_error| lost())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                Error::TooLarge
            } else {
                lost()
            }
        })?;
        let body = body.to_bytes().to_vec();
        wire::heard(WIRE, head.status.as_u16(), body.len());
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

async fn connect(config: &EwsConfig) -> Result<(Box<dyn Stream>, Option<[u8; 16]>), Error> {
    let host = &config.host;
    let addresses = tokio::net::lookup_host((host.as_str(), config.port)).await;
    let addresses: Vec<_> = addresses
        .map_err(|_error| Error::HostNotFound(host.clone()))?
        .collect();
    let tcp = TcpStream::connect(&addresses[..]).await.map_err(|error| {
        let host = host.clone();
        if error.kind() == ErrorKind::ConnectionRefused {
            Error::ConnectionRefused(host)
        } else if error.kind() == ErrorKind::TimedOut {
            Error::TimedOut(host)
        } else {
            Error::Lost(host)
        }
    })?;
    let pins = match &config.tls {
        Tls::Off => return Ok((Box::new(tcp), None)),
        Tls::System => None,
        Tls::Pinned(pins) => Some(pins.clone()),
    };
    let failed = || Error::Tls(host.clone());
    let client = tls::client(pins).map_err(|_| failed())?;
    let name = ServerName::try_from(host.clone()).map_err(|_| failed())?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(client))
        .connect(name, tcp)
        .await
        .map_err(|error| {
            tracing::debug!(%error, "no encrypted connection to Exchange");
            failed()
        })?;
    let certificates = stream.get_ref().1.peer_certificates();
    let binding = certificates
        .and_then(<[_]>::first)
        .map(|first| ntlm::channel_binding(first));
    Ok((Box::new(stream), binding))
}
