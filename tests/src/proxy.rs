//! A company's proxy: HTTP CONNECT and nothing else, with a sign-in by Basic where it has one. It alone knows the names of
//! what is outside.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::runtime::{block_on, handle};

/// No honest head is longer.
const HEAD_MAX: usize = 8 * 1024;

/// One request, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `graph.example.com:443`
    pub host: String,
    /// The login that came along, as `user:password`.
    pub login: Option<String>,
    pub status: u16,
}

#[derive(Debug, Default)]
struct State {
    /// Where each name leads, by `host:port`.
    outside: BTreeMap<String, SocketAddr>,
    login: Option<String>,
    asked: Vec<Asked>,
}

/// Ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// On `::1`. `login`: `user:password`, or nobody is asked for one.
    ///
    /// # Panics
    /// Where this machine has no IPv6 loopback.
    pub fn start(login: Option<&str>) -> Self {
        let listener = block_on(TcpListener::bind((Ipv6Addr::LOCALHOST, 0))).expect("::1");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            login: login.map(str::to_owned),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let server = handle().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            state,
            server,
        }
    }

    /// `[::1]:PORT`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on `name` (`graph.example.com:443`) is there; connections that are open stay.
    pub fn lead(&self, name: &str, to: SocketAddr) {
        self.state
            .lock()
            .expect("the proxy")
            .outside
            .insert(name.to_owned(), to);
    }

    /// Nobody knows the name any more.
    pub fn forget(&self, name: &str) {
        self.state.lock().expect("the proxy").outside.remove(name);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("the proxy").asked.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut client: TcpStream, state: Arc<Mutex<State>>) {
    let Some(head) = head(&mut client).await else {
        return;
    };
    let (status, headers, there) = judge(&head, &state);
    let line = format!("HTTP/1.1 {status} -\r\n{headers}content-length: 0\r\n\r\n");
    let Some(there) = there else {
        let _told = client.write_all(line.as_bytes()).await;
        return;
    };
    let Ok(mut server) = TcpStream::connect(there).await else {
        let _told = client
            .write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            .await;
        return;
    };
    if client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .is_ok()
    {
        let _over = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}

fn judge(head: &str, state: &Mutex<State>) -> (u16, &'static str, Option<SocketAddr>) {
    let mut lines = head.split("\r\n");
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let header = |wanted: &str| {
        let mut found = head
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        found
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    };
    let [method, host, "HTTP/1.1"] = first[..] else {
        return (400, "", None);
    };
    if method != "CONNECT" {
        return (405, "", None);
    }
    let named = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if !named || header("host") != Some(host) {
        return (400, "", None);
    }
    let login = header("proxy-authorization")
        .and_then(|value| STANDARD.decode(value.strip_prefix("Basic ")?).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let mut state = state.lock().expect("the proxy");
    let (status, headers, there) = if state.login.is_some() && state.login != login {
        (407, "Proxy-Authenticate: Basic realm=\"company\"\r\n", None)
    } else {
        match state.outside.get(host) {
            Some(there) => (200, "", Some(*there)),
            None => (503, "", None),
        }
    };
    state.asked.push(Asked {
        host: host.to_owned(),
        login,
        status,
    });
    (status, headers, there)
}

async fn head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    // One byte at a time: what follows the head belongs to the tunnel.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD_MAX {
            return None;
        }
        head.push(client.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
