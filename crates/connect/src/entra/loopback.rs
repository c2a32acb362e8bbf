//! The little web server that gets the browser's answer.
//!
//! Any page in any browser of this machine can send requests here, so it believes nothing but the unguessable
//! `state`; everything else gets a page that says so, and the sign-in goes on waiting.

use super::PageTexts;
use super::error::{EntraError, ErrorAnswer};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::SecretString;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

/// Browsers open a few connections ahead of need; more than this is no browser.
const CONNECTIONS_MAX: usize = 16;
const CONNECTION_LIFE: Duration = Duration::from_secs(10);

/// Listens on both loopback addresses, since a browser may take either for `localhost`; on one of them where the machine
/// lacks the other.
pub(super) struct Loopback {
    first: TcpListener,
    second: Option<TcpListener>,
    port: u16,
}

impl Loopback {
    /// On a port that the system chooses.
    pub(super) async fn bind() -> Result<Self, EntraError> {
        Self::bind_to(Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()).await
    }

    async fn bind_to(v4: IpAddr, v6: IpAddr) -> Result<Self, EntraError> {
        for _ in 0..8 {
            let (first, other) = match TcpListener::bind((v4, 0)).await {
                Ok(first) => (first, Some(v6)),
                // A machine without IPv4.
                Err(_) => match TcpListener::bind((v6, 0)).await {
                    Ok(first) => (first, None),
                    Err(_) => break,
                },
            };
            let port = first.local_addr().map_err(|_| EntraError::PortTaken)?.port();
            let second = match other {
                Some(other) => TcpListener::bind((other, port)).await.map(Some),
                None => Ok(None),
            };
            match second {
                Ok(second) => {
                    return Ok(Self { first, second, port });
                }
                // Another program would get the browser's answer.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                // A machine without IPv6.
                Err(_) => {
                    return Ok(Self {
                        first,
                        second: None,
                        port,
                    });
                }
            }
        }
        Err(EntraError::PortTaken)
    }

    /// `[::1]` is not supported by Entra, and `127.0.0.1` cannot be typed into its portal
    /// (`facts/graph.md`, section 4.2).
    pub(super) fn redirect(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the answer that belongs to `state`: the authorization code, or what Entra said instead.
    pub(super) async fn answer(self, state: &str, texts: PageTexts) -> Result<SecretString, EntraError> {
        let (found, mut wanted) = mpsc::channel(1);
        let site = Arc::new(Site {
            hosts: [
                format!("localhost:{}", self.port),
                format!("127.0.0.1:{}", self.port),
                format!("[::1]:{}", self.port),
            ],
            state: state.to_owned(),
            texts,
            found,
        });
        let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                biased;
                answer = wanted.recv() => return answer.unwrap_or(Err(EntraError::Cancelled)),
                accepted = self.accept() => accepted,
            };
            match (accepted, Arc::clone(&free).try_acquire_owned()) {
                (Ok(stream), Ok(place)) => {
                    let site = Arc::clone(&site);
                    // Outlives the wait for a moment, so that the last page reaches the browser.
                    tokio::spawn(async move {
                        let _place = place;
                        let _closed = tokio::time::timeout(CONNECTION_LIFE, serve(stream, site)).await;
                    });
                }
                (Ok(_refused), Err(_)) => {}
                // Out of file descriptors, for example: it passes.
                (Err(_), _) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _from) = match &self.second {
            Some(second) => tokio::select! {
                accepted = self.first.accept() => accepted,
                accepted = second.accept() => accepted,
            },
            None => self.first.accept().await,
        }?;
        Ok(stream)
    }
}

pub(super) struct Site {
    pub(super) hosts: [String; 3],
    pub(super) state: String,
    pub(super) texts: PageTexts,
    pub(super) found: mpsc::Sender<Result<SecretString, EntraError>>,
}

pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, site: Arc<Site>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let page = site.page(&request);
        async move { Ok::<_, Infallible>(page) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(CONNECTION_LIFE / 2)
        .keep_alive(false)
        // A code may be long, but not this long.
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection of the browser ended early");
    }
}

impl Site {
    fn page<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let host = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        // A name that was pointed at this machine (rebinding) is not ours; nor is a script: it would send `Origin`.
        if !self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
            || request.headers().contains_key(header::ORIGIN)
        {
            return self.show(StatusCode::FORBIDDEN, &self.texts.stray);
        }
        if request.uri().path() != "/" {
            return self.show(StatusCode::NOT_FOUND, &self.texts.stray);
        }
        if request.method() != Method::GET {
            let mut page = self.show(StatusCode::METHOD_NOT_ALLOWED, &self.texts.stray);
            page.headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET"));
            return page;
        }
        match self.read(request.uri().query().unwrap_or_default()) {
            None => self.show(StatusCode::BAD_REQUEST, &self.texts.stray),
            Some(answer) => {
                let text = if answer.is_ok() {
                    &self.texts.done
                } else {
                    &self.texts.not_done
                };
                // Full: the page was loaded twice, and the first answer counts.
                let _ = self.found.try_send(answer);
                self.show(StatusCode::OK, text)
            }
        }
    }

    /// `None`: not the answer that is waited for. Parameters that we do not know (`iss`, `session_state`) are
    /// usual.
    fn read(&self, query: &str) -> Option<Result<SecretString, EntraError>> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let only = |name: &str| {
            let mut values = pairs
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_ref());
            values.next().filter(|_| values.next().is_none())
        };
        if !bool::from(only("state")?.as_bytes().ct_eq(self.state.as_bytes())) {
            return None;
        }
        match (only("code"), only("error")) {
            (Some(code), None) if !code.is_empty() => Some(Ok(code.into())),
            (None, Some(error)) => {
                let answer = ErrorAnswer::new(error, only("error_description"));
                // The Cancel of Entra's own pages says no more than this word.
                let cancelled = error == "access_denied" && answer.number().is_none();
                Some(Err(if cancelled {
                    EntraError::Cancelled
                } else {
                    EntraError::Refused(answer)
                }))
            }
            _ => None,
        }
    }

    fn show(&self, status: StatusCode, text: &str) -> Response<Full<Bytes>> {
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>Offhook</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style>:root{{color-scheme:light dark}}\
             body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}</style></head>\
             <body><main><h1>Offhook</h1><p>{}</p></main></body></html>\n",
            escape(&self.texts.language),
            escape(text)
        );
        let mut page = Response::new(Full::from(html));
        *page.status_mut() = status;
        // The address holds the code: it is to stay out of caches and of requests to anywhere else.
        let fixed: [(HeaderName, &str); 6] = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            ),
        ];
        page.headers_mut()
            .extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        page
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;
    use secrecy::ExposeSecret as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const STATE: &str = "the-right-state";
    type Outcome = tokio::task::JoinHandle<Result<SecretString, EntraError>>;

    async fn start() -> (u16, Outcome) {
        let loopback = Loopback::bind().await.unwrap();
        let port = loopback.port;
        assert_eq!(loopback.redirect(), format!("http://localhost:{port}"));
        (port, tokio::spawn(loopback.answer(STATE, texts())))
    }

    /// The whole answer to raw bytes.
    async fn send(to: impl tokio::net::ToSocketAddrs, request: &str) -> String {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        answer
    }

    fn get(port: u16, target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")
    }

    async fn ended(outcome: Outcome) -> Result<SecretString, EntraError> {
        tokio::time::timeout(Duration::from_secs(20), outcome)
            .await
            .unwrap()
            .unwrap()
    }

    #[tokio::test]
    async fn both_addresses_take_the_answer() {
        for v6 in [false, true] {
            let (port, outcome) = start().await;
            let request = get(
                port,
                "/?code=abc%2B1&state=the-right-state&session_state=s&iss=http%3A%2F%2Fx",
            );
            let page = if v6 {
                send((Ipv6Addr::LOCALHOST, port), &request).await
            } else {
                send((Ipv4Addr::LOCALHOST, port), &request).await
            };
            assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
            assert!(
                page.contains("You can close this window")
                    && page.contains("no-store")
                    && page.contains("default-src 'none'")
            );
            assert_eq!(ended(outcome).await.unwrap().expose_secret(), "abc+1");
        }
    }

    #[tokio::test]
    async fn on_a_machine_with_one_of_the_two_addresses_that_one_is_enough() {
        // An address that is nobody's (RFC 5737, RFC 3849) stands for one that the machine lacks.
        let v4 = |address: Ipv4Addr| IpAddr::from(address);
        let v6 = |address: Ipv6Addr| IpAddr::from(address);
        let [here4, here6] = [v4(Ipv4Addr::LOCALHOST), v6(Ipv6Addr::LOCALHOST)];
        let nobody4 = v4(Ipv4Addr::new(192, 0, 2, 1));
        let nobody6 = v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        for (first, second, here) in [(nobody4, here6, here6), (here4, nobody6, here4)] {
            let loopback = Loopback::bind_to(first, second).await.unwrap();
            assert_eq!(loopback.first.local_addr().unwrap().ip(), here);
            assert!(loopback.second.is_none());
            assert_eq!(loopback.redirect(), format!("http://localhost:{}", loopback.port));
        }
        assert!(Loopback::bind_to(nobody4, nobody6).await.is_err());
    }

    #[tokio::test]
    async fn everything_else_is_answered_and_the_wait_goes_on() {
        let (port, outcome) = start().await;
        let host = format!("Host: localhost:{port}\r\n");
        let right = "/?code=abc&state=the-right-state";
        for (request, status) in [
            (get(port, "/favicon.ico"), "404"),
            (get(port, "/"), "400"),
            (get(port, "/?code=abc&state=wrong"), "400"),
            (get(port, "/?code=abc"), "400"),
            (
                get(port, "/?code=abc&state=the-right-state&state=the-right-state"),
                "400",
            ),
            (get(port, "/?code=a&code=b&state=the-right-state"), "400"),
            (get(port, "/?code=&state=the-right-state"), "400"),
            (get(port, "/?code=a&error=b&state=the-right-state"), "400"),
            (get(port, "//?code=abc&state=the-right-state"), "404"),
            (
                format!("POST {right} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"),
                "405",
            ),
            (format!("OPTIONS {right} HTTP/1.1\r\n{host}\r\n"), "405"),
            (
                format!("GET {right} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"),
                "403",
            ),
            (format!("GET {right} HTTP/1.1\r\nHost: localhost\r\n\r\n"), "403"),
            (format!("GET {right} HTTP/1.1\r\n\r\n"), "403"),
            (
                format!("GET {right} HTTP/1.1\r\n{host}Origin: https://evil.example\r\n\r\n"),
                "403",
            ),
            ("nonsense\r\n\r\n".to_owned(), "400"),
        ] {
            let answer = send((Ipv4Addr::LOCALHOST, port), &request).await;
            assert_eq!(answer.get(9..12), Some(status), "{request}: {answer}");
            assert!(!answer.to_ascii_lowercase().contains("access-control"));
        }
        assert!(!outcome.is_finished());
        let page = send((Ipv4Addr::LOCALHOST, port), &get(port, right)).await;
        assert!(page.starts_with("HTTP/1.1 200 "));
        assert_eq!(ended(outcome).await.unwrap().expose_secret(), "abc");
    }

    #[tokio::test]
    async fn silent_connections_do_not_block_it() {
        let (port, outcome) = start().await;
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS_MAX - 1 {
            silent.push(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap());
        }
        let _page = send(
            (Ipv4Addr::LOCALHOST, port),
            &get(port, "/?code=abc&state=the-right-state"),
        )
        .await;
        assert!(ended(outcome).await.is_ok());
    }

    #[tokio::test]
    async fn no_is_told_from_cancel() {
        let (port, outcome) = start().await;
        let page = send(
            (Ipv4Addr::LOCALHOST, port),
            &get(
                port,
                "/?error=access_denied&error_description=the+user+has+left&state=the-right-state",
            ),
        )
        .await;
        assert!(page.contains("You are not signed in"));
        assert!(matches!(ended(outcome).await, Err(EntraError::Cancelled)));
        let (port, outcome) = start().await;
        let _page = send(
            (Ipv4Addr::LOCALHOST, port),
            &get(
                port,
                "/?error=access_denied&error_description=AADSTS65004%3A+declined&state=the-right-state",
            ),
        )
        .await;
        let Err(error) = ended(outcome).await else {
            unreachable!()
        };
        assert_eq!(error.fault().code, offhook_engine::fault::Code::SignInDeclined);
    }
}
