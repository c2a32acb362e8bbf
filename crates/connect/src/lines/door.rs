//! A door for what reports calls over HTTP: how many come in at once, how long they may stay, what they may bring.

use crate::wire;
use futures_util::future::select_all;
use http::header::{CACHE_CONTROL, CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at once; one more is closed.
pub(crate) const MAX_CONNECTIONS: usize = 32;

/// How long the head of a request may take, and again its body.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(5);

/// An answer: mostly a status alone.
pub(crate) type Answer = Response<Full<Bytes>>;

/// What a door grants each of its connections: one request, one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Whose door it is, for the log.
    pub name: &'static str,
    /// How long a whole connection may last.
    pub life: Duration,
    /// The most header lines.
    pub headers: usize,
}

/// Takes connections until it is dropped, and with it what goes on in them; `serve` has one for as long as its bounds
/// grant.
///
/// `doors` is never empty.
pub(crate) async fn accept<S, F>(doors: Vec<TcpListener>, bounds: Bounds, serve: S)
where
    S: Fn(tokio::net::TcpStream, SocketAddr) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = select_all(doors.iter().map(|door| Box::pin(door.accept())));
        let taken = tokio::select! {
            Some(_) = connections.join_next() => continue,
            (taken, _, _) = next => taken,
        };
        match taken {
            Ok((stream, from)) => {
                if let Ok(seat) = seats.clone().try_acquire_owned() {
                    let served = tokio::time::timeout(bounds.life, serve(stream, from));
                    connections.spawn(async move {
                        let _seat = seat;
                        // A connection that breaks or is too slow has nobody to be told.
                        let _ = served.await;
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, door = bounds.name, "could not take a connection");
                // Out of file handles: others have to be closed first.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Reads one request from a connection and gives it the answer.
pub(crate) async fn serve<A, F>(stream: impl AsyncRead + AsyncWrite + Unpin, bounds: Bounds, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Answer>,
{
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_LIMIT)
        .keep_alive(false)
        .max_headers(bounds.headers)
        .max_buf_size(16 * 1024)
        .serve_connection(
            TokioIo::new(stream),
            hyper::service::service_fn(|request: Request<Incoming>| {
                let length = request.body().size_hint().exact().unwrap_or_default();
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                wire::heard(bounds.name, request.method(), length);
                let answer = answer(request);
                async move {
                    let answer = answer.await;
                    let length = answer.body().size_hint().exact().unwrap_or_default();
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    wire::sent(bounds.name, answer.status().as_u16(), length);
                    Ok::<_, Infallible>(answer)
                }
            }),
        )
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, door = bounds.name, "a connection ended early");
    }
}

/// A request's body.
///
/// # Errors
/// 413 when it is larger than `at_most` bytes, 400 when it breaks off, 408 when it is late.
pub(crate) async fn body(body: Incoming, at_most: usize) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(READ_LIMIT, Limited::new(body, at_most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// An answer without a word.
pub(crate) fn bare(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
