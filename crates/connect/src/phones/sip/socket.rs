//! The way to the server: datagrams, or a connection with TLS or without.

use super::config::{SipConfig, Transport};
use super::error::Error;
use super::message::{Framer, Message, Odd};
use crate::phones::net::{self, NetError, Stream};
use crate::wire;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const WIRE: &str = "SIP";
/// The largest datagram there is.
const DATAGRAM: usize = 65_536;

pub struct Socket {
    way: Way,
    host: String,
    answer: Duration,
    /// Our own end, as far as this computer knows it.
    pub local: SocketAddr,
    /// Something came that is no SIP.
    odd: bool,
}

enum Way {
    Datagrams {
        socket: UdpSocket,
        buffer: Vec<u8>,
    },
    Stream {
        stream: Box<dyn Stream>,
        framer: Framer,
        buffer: Vec<u8>,
    },
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Socket {
    /// # Errors
    /// Host not found, refused, timed out, TLS failed.
    pub async fn open(config: &SipConfig) -> Result<Self, Error> {
        let host = config.host.clone();
        let limit = config.timing.connect;
        let (way, local) = match config.transport {
            Transport::Udp => {
                let opened = timeout(limit, datagrams(&host, config.port)).await;
                let socket = opened.map_err(|_elapsed| NetError::TimedOut(host.clone()))??;
                let local = socket.local_addr().map_err(|error| of_io(&error, &host))?;
                let buffer = vec![0; DATAGRAM];
                (Way::Datagrams { socket, buffer }, local)
            }
            Transport::Tcp | Transport::Tls => {
                let (stream, local) = net::connect_from(&host, config.port, &config.tls, limit).await?;
                let framer = Framer::default();
                let buffer = Vec::with_capacity(16 * 1024);
                (
                    Way::Stream {
                        stream,
                        framer,
                        buffer,
                    },
                    local,
                )
            }
        };
        Ok(Self {
            way,
            host,
            answer: config.timing.answer,
            local,
            odd: false,
        })
    }

    /// Whether what is sent may get lost on its way.
    pub const fn loses(&self) -> bool {
        matches!(self.way, Way::Datagrams { .. })
    }

    /// # Errors
    /// When the server is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // The method, or the version where it is an answer, whose status comes next.
        let start = bytes.split(|byte| b" \r".contains(byte));
        let kind = start.take(2).find(|word| !word.starts_with(b"SIP/"));
        wire::sent(
            WIRE,
            String::from_utf8_lossy(kind.unwrap_or_default()),
            bytes.len(),
        );
        let sent = match &mut self.way {
            Way::Datagrams { socket, .. } => timeout(self.answer, socket.send(bytes))
                .await
                .map(|sent| sent.map(drop)),
            Way::Stream { stream, .. } => timeout(self.answer, stream.write_all(bytes)).await,
        };
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(of_io(&error, &self.host).into()),
            Err(_elapsed) => Err(self.silent()),
        }
    }

    /// The next message. May be given up at any time without losing one.
    ///
    /// # Errors
    /// When the server is gone, or what comes over a connection is no SIP. A datagram that is none is passed over: anyone
    /// can send one.
    pub async fn next(&mut self) -> Result<Message, Error> {
        loop {
            match &mut self.way {
                Way::Datagrams { socket, buffer } => {
                    let received = socket.recv(buffer).await;
                    let length = received.map_err(|error| of_io(&error, &self.host))?;
                    match Message::parse(buffer.get(..length).unwrap_or_default()) {
                        Ok(message) => {
                            wire::heard(WIRE, message.kind(), length);
                            return Ok(message);
                        }
                        // Some send empty ones as signs of life.
                        Err(Odd) => {
                            self.odd |= buffer.iter().take(length).any(|byte| !b"\r\n\0".contains(byte))
                        }
                    }
                }
                Way::Stream {
                    stream,
                    framer,
                    buffer,
                } => {
                    let before = framer.waiting();
                    let next = framer.next_message();
                    if let Some(message) = next.map_err(|Odd| Error::NotUnderstood(self.host.clone()))? {
                        wire::heard(WIRE, message.kind(), before - framer.waiting());
                        return Ok(message);
                    }
                    buffer.clear();
                    let read = stream.read_buf(buffer).await;
                    if read.map_err(|error| of_io(&error, &self.host))? == 0 {
                        return Err(NetError::Lost(self.host.clone()).into());
                    }
                    framer.push(buffer);
                }
            }
        }
    }

    /// Why there was no answer: nothing came, or something else than SIP.
    pub fn silent(&self) -> Error {
        if self.odd {
            Error::NotUnderstood(self.host.clone())
        } else {
            NetError::TimedOut(self.host.clone()).into()
        }
    }
}

async fn datagrams(host: &str, port: u16) -> Result<UdpSocket, NetError> {
    let addresses = tokio::net::lookup_host((host, port)).await;
    let addresses = addresses.map_err(|_error| NetError::HostNotFound(host.to_owned()))?;
    let mut failed = NetError::HostNotFound(host.to_owned());
    for address in addresses {
        let any = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let opened = async {
            let socket = UdpSocket::bind((any, 0)).await?;
            // Nobody else is heard then, and a closed port is told.
            socket.connect(address).await?;
            Ok::<_, io::Error>(socket)
        };
        match opened.await {
            Ok(socket) => return Ok(socket),
            Err(error) => failed = of_io(&error, host),
        }
    }
    Err(failed)
}

fn of_io(error: &io::Error, host: &str) -> NetError {
    let host = host.to_owned();
    if error.kind() == ErrorKind::ConnectionRefused {
        NetError::ConnectionRefused(host)
    } else if error.kind() == ErrorKind::TimedOut {
        NetError::TimedOut(host)
    } else {
        NetError::Lost(host)
    }
}
