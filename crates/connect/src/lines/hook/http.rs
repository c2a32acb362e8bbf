//! The loopback listener, for tools that know only HTTP: `POST /v1/call` with a bearer token and one event.
//!
//! Answers: 204 taken; 400 `{"code":"hook-malformed","field":"…"}`; 401, 403, 404, 405, 413, 415 without a
//! word; 408 when the body is late; 429 `{"code":"hook-flood"}`.

use super::key::{self, KeyFile};
use super::{Hook, guard};
use crate::control::place::{PlaceError, private_folder, write_private_json};
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use offhook_engine::fault::{Code, Fault};
use secrecy::SecretString;
use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// Connections at once; one more is closed.
pub const MAX_CONNECTIONS: usize = 32;

/// How long the head of a request may take, and again its body.
pub const READ_LIMIT: Duration = Duration::from_secs(5);

/// How long a whole connection may last: one request, one answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(15);

/// The most header lines.
const MAX_HEADERS: usize = 32;

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("no port on 127.0.0.1: {0}")]
    Port(std::io::Error),
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
    #[error(transparent)]
    File(#[from] PlaceError),
}

/// The open listener. Dropping it closes it; `hook.json` stays for the next run.
#[derive(Debug)]
pub struct Listener {
    data_dir: PathBuf,
    hook: Hook,
    port: u16,
    task: JoinHandle<()>,
}

impl Listener {
    /// Opens the listener on 127.0.0.1 (and, where it can, the same port on ::1) and writes `hook.json`.
    ///
    /// # Errors
    /// When there is no port, no randomness, or the file cannot be written.
    pub async fn open(data_dir: &Path, hook: Hook) -> Result<Self, OpenError> {
        let data_dir = private_folder(data_dir)?;
        let earlier = match KeyFile::read(&data_dir) {
            Some(file) => bind(file.port).await.ok().map(|doors| (doors, file.token())),
            None => None,
        };
        let (doors, token) = match earlier {
            Some(earlier) => earlier,
            None => (
                bind(0).await.map_err(OpenError::Port)?,
                key::new_token().map_err(OpenError::Random)?,
            ),
        };
        Self::start(data_dir, hook, doors, token)
    }

    /// A new port and a new token; who knows only the old ones is out.
    ///
    /// # Errors
    /// As [`Listener::open`]; the old listener then goes on.
    pub async fn reset_token(&mut self) -> Result<(), OpenError> {
        let doors = bind(0).await.map_err(OpenError::Port)?;
        let token = key::new_token().map_err(OpenError::Random)?;
        *self = Self::start(self.data_dir.clone(), self.hook.clone(), doors, token)?;
        Ok(())
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What a program has to show, as `hook.json` has it.
    pub(crate) fn token(&self) -> Option<SecretString> {
        KeyFile::read(&self.data_dir).map(|file| file.token())
    }

    fn start(data_dir: PathBuf, hook: Hook, doors: Doors, token: SecretString) -> Result<Self, OpenError> {
        let port = doors.port;
        write_private_json(&data_dir.join(key::FILE), &KeyFile::new(port, &token))?;
        let house = Arc::new(House {
            hook: hook.clone(),
            port,
            token,
        });
        Ok(Self {
            data_dir,
            hook,
            port,
            task: tokio::spawn(accept(doors, house)),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Doors {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

async fn bind(port: u16) -> std::io::Result<Doors> {
    let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = v4.local_addr()?.port();
    // Without IPv6, or with the port taken there, 127.0.0.1 is enough: `hook.json` users name it.
    let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port)))
        .await
        .ok();
    Ok(Doors { v4, v6, port })
}

pub(super) struct House {
    pub(super) hook: Hook,
    pub(super) port: u16,
    pub(super) token: SecretString,
}

async fn accept(doors: Doors, house: Arc<House>) {
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let v6 = async {
            match &doors.v6 {
                Some(door) => door.accept().await,
                None => std::future::pending().await,
            }
        };
        let taken = tokio::select! {
            Some(_) = connections.join_next() => continue,
            taken = doors.v4.accept() => taken,
            taken = v6 => taken,
        };
        match taken {
            Ok((stream, _)) => {
                if let Ok(seat) = seats.clone().try_acquire_owned() {
                    let house = house.clone();
                    connections.spawn(async move {
                        let _seat = seat;
                        // A connection that breaks or is too slow has nobody to be told.
                        let _ = tokio::time::timeout(CONNECTION_LIMIT, serve(stream, house)).await;
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the call hook could not take a connection");
                // Out of file handles: others have to be closed first.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, house: Arc<House>) {
    let answer = hyper::service::service_fn(|request| {
        let house = house.clone();
        async move { Ok::<_, Infallible>(answer(request, &house).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_LIMIT)
        .keep_alive(false)
        .max_headers(MAX_HEADERS)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a call hook connection ended early");
    }
}

async fn answer(request: Request<Incoming>, house: &House) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    if let Err(status) = guard::check(&head, house.port, &house.token) {
        return bare(status);
    }
    let body = match tokio::time::timeout(READ_LIMIT, Limited::new(body, guard::MAX_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return bare(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => return bare(StatusCode::BAD_REQUEST),
        Err(_) => return bare(StatusCode::REQUEST_TIMEOUT),
    };
    let outcome = match serde_json::from_slice(&body) {
        Ok(event) => house.hook.report(&event),
        Err(_) => Err(house.hook.unreadable(&body)),
    };
    match outcome {
        Ok(()) => bare(StatusCode::NO_CONTENT),
        Err(fault) => refused(&fault),
    }
}

fn refused(fault: &Fault) -> Response<Full<Bytes>> {
    let (status, body) = if fault.code == Code::HookFlood {
        (
            StatusCode::TOO_MANY_REQUESTS,
            serde_json::json!({ "code": "hook-flood" }),
        )
    } else {
        let body = serde_json::json!({ "code": "hook-malformed", "field": fault.detail });
        (StatusCode::BAD_REQUEST, body)
    };
    let mut response = bare(status);
    *response.body_mut() = Full::new(body.to_string().into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
