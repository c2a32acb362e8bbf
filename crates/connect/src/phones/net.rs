//! Reaching a phone system: host names, TCP and TLS, and why there is no answer, in words that are the same for every
//! adapter and every library below it.

use super::ConfigError;
use super::tls::{self, Tls};
use crate::net::cause::{Cause, cause};
use crate::net::login_refused;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::Field;
use rustls::pki_types::ServerName;
use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// No answer at all. Each names the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    #[error("the host {0} was not found")]
    HostNotFound(String),
    #[error("{0} refused the connection")]
    ConnectionRefused(String),
    #[error("{0} did not answer in time")]
    TimedOut(String),
    #[error("no encrypted connection to {0}")]
    Tls(String),
    #[error("the connection to {0} is gone")]
    Lost(String),
    #[error("the proxy before {0} wants a sign-in")]
    ProxySignIn(String),
    #[error("the proxy before {0} can't be reached")]
    ProxyUnreachable(String),
    #[error("the proxy makes no connection to {0}")]
    ProxyRefused(String),
    /// Of the network, or of a server that is not meant.
    #[error("a web page answers in place of {0}")]
    Page(String),
}

impl NetError {
    pub fn fault(&self) -> Fault {
        let (code, host) = match self {
            Self::HostNotFound(host) => (Code::HostNotFound, host),
            Self::ConnectionRefused(host) => (Code::ConnectionRefused, host),
            Self::TimedOut(host) => (Code::TimedOut, host),
            Self::Tls(host) => (Code::TlsFailed, host),
            Self::Lost(host) => (Code::PhoneUnreachable, host),
            Self::ProxySignIn(host) => (Code::ProxySignIn, host),
            Self::ProxyUnreachable(host) => (Code::ProxyUnreachable, host),
            Self::ProxyRefused(host) => (Code::ProxyRefused, host),
            Self::Page(host) => (Code::NetworkPage, host),
        };
        Fault::new(FaultKind::Unreachable, code).about(host)
    }

    /// Why a request had no answer. The library's own error names the whole address, which may hold a login: it goes
    /// no further than this.
    pub fn of_request(error: &reqwest::Error, host: &str) -> Self {
        let host = host.to_owned();
        if error.is_timeout() {
            return Self::TimedOut(host);
        }
        match error.source().and_then(cause) {
            Some(Cause::Tls | Cause::Untrusted) => Self::Tls(host),
            Some(Cause::Refused) => Self::ConnectionRefused(host),
            Some(Cause::Name) => Self::HostNotFound(host),
            Some(Cause::ProxyLogin) => {
                login_refused();
                Self::ProxySignIn(host)
            }
            Some(Cause::ProxyGone) => Self::ProxyUnreachable(host),
            Some(Cause::ProxyRefused) => Self::ProxyRefused(host),
            None => Self::Lost(host),
        }
    }
}

/// A field's name in faults.
pub const fn word(field: Field) -> &'static str {
    match field {
        Field::Dnd => "dnd",
        Field::Forward => "forward",
        Field::Presence => "presence",
        Field::Note => "note",
    }
}

/// A host name or an address as the settings have it, an IPv6 address without its brackets.
pub fn host(text: &str) -> Option<&str> {
    let host = text.trim();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/@?#\\".contains(c);
    let fits = !host.is_empty() && host.len() <= 253 && !host.contains(is_odd);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // A name has no colon: what has one is an IPv6 address, perhaps with its zone.
    let address = bare.split_once('%').map_or(bare, |(address, _zone)| address);
    let fits = fits && (!bare.contains(':') || address.parse::<Ipv6Addr>().is_ok());
    fits.then_some(bare)
}

/// The host as an address has it.
pub fn in_address(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

/// Where a phone system is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Without brackets.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
}

impl Place {
    /// `usual`: the port where none is set, given whether it is encrypted; `None` where there is none.
    ///
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(
        text: &str,
        port: u16,
        tls: &str,
        usual: impl FnOnce(&Tls) -> Option<u16>,
    ) -> Result<Self, ConfigError> {
        let host = host(text).ok_or(ConfigError::new("host", "it is no host name or address"))?;
        let tls = Tls::parse(tls).ok_or(ConfigError::new(
            "tls",
            "it is neither system, off nor pin:SHA256",
        ))?;
        let port = match port {
            0 => usual(&tls).ok_or(ConfigError::new("port", "there is no usual one"))?,
            port => port,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
        })
    }

    /// As part of a stable name.
    pub fn key(&self) -> String {
        format!("{}:{}", self.host.to_ascii_lowercase(), self.port)
    }
}

/// A connection, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects; `host` without brackets.
///
/// # Errors
/// Host not found, refused, timed out, TLS failed.
pub async fn connect(host: &str, port: u16, tls: &Tls, limit: Duration) -> Result<Box<dyn Stream>, NetError> {
    let (stream, _own_end) = connect_from(host, port, tls, limit).await?;
    Ok(stream)
}

/// As [`connect`], with the address of our own end.
///
/// # Errors
/// As there.
pub async fn connect_from(
    host: &str,
    port: u16,
    tls: &Tls,
    limit: Duration,
) -> Result<(Box<dyn Stream>, SocketAddr), NetError> {
    tokio::time::timeout(limit, connected(host, port, tls))
        .await
        .map_err(|_elapsed| NetError::TimedOut(host.to_owned()))?
}

async fn connected(host: &str, port: u16, tls: &Tls) -> Result<(Box<dyn Stream>, SocketAddr), NetError> {
    let addresses = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<_> = addresses
        .map_err(|_error| NetError::HostNotFound(host.to_owned()))?
        .collect();
    let tcp = TcpStream::connect(&addresses[..]).await.map_err(|error| {
        let host = host.to_owned();
        if error.kind() == ErrorKind::ConnectionRefused {
            NetError::ConnectionRefused(host)
        } else if error.kind() == ErrorKind::TimedOut {
            NetError::TimedOut(host)
        } else {
            NetError::Lost(host)
        }
    })?;
    // A few bytes must not wait for company.
    let _unimportant = tcp.set_nodelay(true);
    let local = tcp
        .local_addr()
        .map_err(|_error| NetError::Lost(host.to_owned()))?;
    let stream: Box<dyn Stream> = match tls {
        Tls::Off => Box::new(tcp),
        Tls::System | Tls::Pinned(_) => encrypt(Box::new(tcp), host, tls).await?,
    };
    Ok((stream, local))
}

/// Goes on encrypted on a connection that is there; with [`Tls::Off`] as it is.
///
/// # Errors
/// TLS failed.
pub async fn encrypt(stream: Box<dyn Stream>, host: &str, tls: &Tls) -> Result<Box<dyn Stream>, NetError> {
    let pins = match tls {
        Tls::Off => return Ok(stream),
        Tls::System => None,
        Tls::Pinned(pins) => Some(pins.clone()),
    };
    let failed = |error: io::Error| {
        tracing::debug!(%error, "no encrypted connection");
        NetError::Tls(host.to_owned())
    };
    let client = tls::client(pins).map_err(|error| failed(io::Error::other(error)))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await;
    Ok(Box::new(stream.map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    #[test]
    fn hosts_are_read_and_written_in_addresses() {
        assert_eq!(host(" pbx.example.de "), Some("pbx.example.de"));
        assert_eq!(host("[::1]"), Some("::1"));
        assert_eq!(host("fe80::1%eth0"), Some("fe80::1%eth0"));
        assert_eq!(
            (in_address("::1"), in_address("pbx")),
            ("[::1]".into(), "pbx".into())
        );
        for odd in [
            "",
            "a b",
            "user@pbx",
            "pbx/rest",
            "pbx?x",
            "pbx#x",
            "a\\b",
            "pbx:5060",
            "[pbx:5060]",
            "a::b::c",
        ] {
            assert_eq!(host(odd), None, "{odd}");
        }
    }

    #[tokio::test]
    async fn ipv6_is_reached_as_addresses_are_written() {
        let listener = tokio::net::TcpListener::bind("[::1]:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = Place::parse("[::1]", port, "off", |_| None).unwrap();
        let (_stream, own) = connect_from(&place.host, place.port, &place.tls, Duration::from_secs(10))
            .await
            .unwrap();
        assert!(own.is_ipv6());
        let (mut asked, _) = listener.accept().await.unwrap();
        let web = crate::phones::web::Web::new(
            "test",
            &place.host,
            &Tls::Off,
            Duration::from_secs(10),
            Duration::from_secs(10),
        );
        let web = web.unwrap().giving_data();
        let url = format!("http://{}:{port}/", in_address(&place.host));
        let answer = tokio::spawn(async move {
            web.send(web.request(reqwest::Method::GET, url.parse().unwrap()))
                .await
        });
        drop(asked.shutdown().await);
        let (mut asked, _) = listener.accept().await.unwrap();
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>";
        asked.write_all(page.as_bytes()).await.unwrap();
        let page = crate::phones::web::NoAnswer::Net(NetError::Page("::1".into()));
        assert_eq!(answer.await.unwrap().unwrap_err(), page);
    }
}
