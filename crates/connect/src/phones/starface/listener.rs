//! The door for what a STARFACE reports of calls by itself, where the person has opened one (facts/starface.md section 1.7).
//!
//! What comes in is believed in one thing alone: that it is worth looking. So it needs not be read, whichever generation
//! wrote it, and whoever fakes it gains a look. The looks at the usual pace go on: nobody knows when a phone system gives
//! up telling a desk that slept.

use super::config::StarfaceConfig;
use crate::lines::door::{self, Answer, Bounds};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret as _, SecretString};
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const BOUNDS: Bounds = Bounds {
    name: "STARFACE",
    life: Duration::from_secs(10),
    headers: 48,
};
/// Far more than any state of a call.
const MAX_BODY: usize = 64 * 1024;
/// "Taken", which is all that a phone system is ever told here.
const YES: &str = "<?xml version=\"1.0\"?><methodResponse><params><param><value><boolean>1</boolean></value></param></params></methodResponse>";

/// What goes into the address of each request: where the phone system is to report.
#[derive(Debug, Clone)]
pub struct Callback {
    at: SocketAddrV4,
    path: SecretString,
}

impl Callback {
    /// The members of an address's query, in the order of facts/starface.md section 1.7.
    pub fn query(&self) -> [(&'static str, String); 4] {
        [
            ("de.vertico.starface.callback.host", self.at.ip().to_string()),
            ("de.vertico.starface.callback.port", self.at.port().to_string()),
            (
                "de.vertico.starface.callback.path",
                self.path.expose_secret().to_owned(),
            ),
            ("de.vertico.starface.callback.type", "http".to_owned()),
        ]
    }
}

/// Open until it is dropped.
#[derive(Debug)]
pub struct Listener {
    callback: Callback,
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Opens the door for one phone system.
    ///
    /// # Errors
    /// Why it could not be opened, for the log.
    pub async fn open(at: SocketAddrV4, config: &StarfaceConfig) -> Result<Self, String> {
        let said = |error: std::io::Error| error.to_string();
        let port = config.base.port_or_known_default().unwrap_or(443);
        let known: Vec<IpAddr> = lookup_host((config.host.as_str(), port))
            .await
            .map_err(said)?
            .map(|address| address.ip().to_canonical())
            .collect();
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| error.to_string())?;
        let door = TcpListener::bind(at).await.map_err(said)?;
        // It may have been left to the system to choose a port.
        let port = door.local_addr().map_err(said)?.port();
        let callback = Callback {
            at: SocketAddrV4::new(*at.ip(), port),
            path: format!("/{:032x}", u128::from_be_bytes(random)).into(),
        };
        let news = Arc::new(Notify::new());
        let house = Arc::new(House {
            known,
            path: callback.path.clone(),
            news: news.clone(),
        });
        let task = tokio::spawn(door::accept(vec![door], BOUNDS, move |stream, from| {
            serve(stream, from, house.clone())
        }));
        Ok(Self { callback, news, task })
    }

    pub const fn callback(&self) -> &Callback {
        &self.callback
    }

    /// What rings at each report.
    pub fn news(&self) -> Arc<Notify> {
        self.news.clone()
    }
}

struct House {
    /// The phone system's addresses.
    known: Vec<IpAddr>,
    path: SecretString,
    news: Arc<Notify>,
}

async fn serve(stream: TcpStream, from: SocketAddr, house: Arc<House>) {
    // Nobody else is even read.
    if !house.known.contains(&from.ip().to_canonical()) {
        return;
    }
    let answer = |request| {
        let house = house.clone();
        async move { answer(request, &house).await }
    };
    door::serve(stream, BOUNDS, answer).await;
}

async fn answer(request: Request<Incoming>, house: &House) -> Answer {
    let (head, body) = request.into_parts();
    // Whether the phone system puts a slash of its own in front is not known.
    let path = head.uri.path().trim_start_matches('/');
    let own = house.path.expose_secret().trim_start_matches('/');
    if !bool::from(path.as_bytes().ct_eq(own.as_bytes())) {
        return door::bare(StatusCode::NOT_FOUND);
    }
    if head.method != Method::POST {
        return door::bare(StatusCode::METHOD_NOT_ALLOWED);
    }
    if let Err(status) = door::body(body, MAX_BODY).await {
        return door::bare(status);
    }
    house.news.notify_one();
    let mut yes = door::bare(StatusCode::OK);
    *yes.body_mut() = Full::new(Bytes::from_static(YES.as_bytes()));
    yes.headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    yes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phones::starface::StarfaceSettings;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn nobody_but_the_phone_system_is_answered() {
        let config = StarfaceConfig::parse(&StarfaceSettings {
            // Of the documentation: nobody has it, and so nobody here.
            host: "192.0.2.1".into(),
            user: "0815".into(),
            ..StarfaceSettings::default()
        })
        .unwrap();
        let at = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::open(at, &config).await.unwrap();
        let [_, (_, port), (_, path), _] = listener.callback().query();
        let mut stranger = TcpStream::connect(("127.0.0.1", port.parse().unwrap()))
            .await
            .unwrap();
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let mut answer = Vec::new();
        // Closed, which may show as a reset in either direction.
        let _closed = stranger.write_all(request.as_bytes()).await;
        let _closed = stranger.read_to_end(&mut answer).await;
        assert_eq!(String::from_utf8_lossy(&answer), "");
        let news = listener.news();
        let rung = tokio::time::timeout(Duration::ZERO, news.notified()).await;
        assert!(rung.is_err(), "a stranger's report is none");
        assert!(!format!("{listener:?}").contains(path.trim_start_matches('/')));
    }
}
