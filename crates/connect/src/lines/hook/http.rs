//! The loopback listener, for tools that know only HTTP: `POST /v1/call` with a bearer token and one event.
//!
//! Answers: 204 taken; 400 `{"code":"hook-malformed","field":"…"}`; 401, 403, 404, 405, 413, 415 without a
//! word; 408 when the body is late; 429 `{"code":"hook-flood"}`.

use super::key::{self, KeyFile};
use super::{Hook, guard};
use crate::control::place::{PlaceError, private_folder, write_private_json};
use crate::lines::door::{self, Answer, Bounds};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use offhook_engine::fault::{Code, Fault};
use secrecy::SecretString;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const BOUNDS: Bounds = Bounds {
    name: "call hook",
    life: Duration::from_secs(15),
    headers: 32,
};

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("no port on this machine: {0}")]
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
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Opens the listener on 127.0.0.1 and, where it can, the same port on ::1 (on ::1 alone where there is no IPv4), and writes `hook.json`.
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

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it is sure to be reached: `127.0.0.1:PORT`, or `[::1]:PORT` on a machine without IPv4.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a program has to show, as `hook.json` has it.
    pub(crate) fn token(&self) -> Option<SecretString> {
        KeyFile::read(&self.data_dir).map(|file| file.token())
    }

    fn start(data_dir: PathBuf, hook: Hook, doors: Doors, token: SecretString) -> Result<Self, OpenError> {
        let address = doors.address;
        let port = address.port();
        write_private_json(&data_dir.join(key::FILE), &KeyFile::new(port, &token))?;
        let house = Arc::new(House {
            hook: hook.clone(),
            port,
            token,
        });
        Ok(Self {
            data_dir,
            hook,
            address,
            task: tokio::spawn(door::accept(doors.listeners, BOUNDS, move |stream, _| {
                serve(stream, house.clone())
            })),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
pub(super) struct Doors {
    pub(super) listeners: Vec<TcpListener>,
    pub(super) address: SocketAddr,
}

/// 0: a port that the system chooses.
async fn bind(port: u16) -> std::io::Result<Doors> {
    bind_to([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], port).await
}

/// At the first address that this machine has, and at the same port of the other, where that is there and free: the
/// first is what [`Listener::address`] and `hook.json` lead to.
pub(super) async fn bind_to(addresses: [IpAddr; 2], port: u16) -> std::io::Result<Doors> {
    let [first, second] = addresses;
    let (door, other) = match TcpListener::bind((first, port)).await {
        Ok(door) => (door, Some(second)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
        // A machine without IPv4.
        Err(_) => (TcpListener::bind((second, port)).await?, None),
    };
    let address = door.local_addr()?;
    let mut listeners = vec![door];
    if let Some(other) = other {
        listeners.extend(TcpListener::bind((other, address.port())).await);
    }
    Ok(Doors { listeners, address })
}

pub(super) struct House {
    pub(super) hook: Hook,
    pub(super) port: u16,
    pub(super) token: SecretString,
}

pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, house: Arc<House>) {
    let answer = |request| {
        let house = house.clone();
        async move { answer(request, &house).await }
    };
    door::serve(stream, BOUNDS, answer).await;
}

async fn answer(request: Request<Incoming>, house: &House) -> Answer {
    let (head, body) = request.into_parts();
    if let Err(status) = guard::check(&head, house.port, &house.token) {
        return bare(status);
    }
    let body = match door::body(body, guard::MAX_BODY).await {
        Ok(body) => body,
        Err(status) => return bare(status),
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

fn refused(fault: &Fault) -> Answer {
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

fn bare(status: StatusCode) -> Answer {
    let mut response = door::bare(status);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
