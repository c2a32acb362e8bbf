//! A web socket of the phone system: opened within its limit, messages as text, and a sign of life.

use super::config::{Endpoint, InnovaphoneConfig};
use super::error::Error;
use crate::phones::net::{self, NetError, Stream};
use crate::phones::tls::Tls;
use crate::wire::{self, Member};
use futures_util::{SinkExt as _, StreamExt as _};
use http::Uri;
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, Limits, Message, WebSocketStream};

const WIRE: &str = "innovaphone";
/// No message is anywhere near as long.
const LONGEST: usize = 1024 * 1024;

/// What came.
pub enum Heard {
    Text(String),
    /// The answer to a ping, with what it carried.
    Pong(Vec<u8>),
    /// Nothing of interest, but a sign of life.
    Nothing,
}

/// What is said is personal.
impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Pong(_) => "Pong",
            Self::Nothing => "Nothing",
        })
    }
}

pub struct Socket {
    stream: WebSocketStream<Box<dyn Stream>>,
    host: String,
    limit: Duration,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Socket {
    /// `path` follows the module.
    ///
    /// # Errors
    /// Nobody there, or somebody else.
    pub async fn open(config: &InnovaphoneConfig, at: &Endpoint, path: &str) -> Result<Self, Error> {
        let timing = &config.timing;
        let stream = net::connect(&at.host, at.port, &config.tls, timing.connect).await?;
        let scheme = if config.tls == Tls::Off { "ws" } else { "wss" };
        let address = format!(
            "{scheme}://{}:{}/{}/{path}",
            net::in_address(&at.host),
            at.port,
            at.module
        );
        let host = at.host.clone();
        let Ok(address) = address.parse::<Uri>() else {
            return Err(Error::BadRedirect(host));
        };
        let builder =
            ClientBuilder::from_uri(address).limits(Limits::default().max_payload_len(Some(LONGEST)));
        let opened = timeout(timing.answer, builder.connect_on(stream)).await;
        match opened {
            Err(_elapsed) => Err(NetError::TimedOut(host).into()),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no web socket");
                Err(refused(&error, host))
            }
            Ok(Ok((stream, _response))) => Ok(Self {
                stream,
                host,
                limit: timing.answer,
            }),
        }
    }

    /// # Errors
    /// The connection is gone, or takes nothing.
    pub async fn send(&mut self, text: String) -> Result<(), Error> {
        self.say(Message::text(text)).await
    }

    /// Asks for a sign of life that carries these bytes.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn ping(&mut self, carries: Vec<u8>) -> Result<(), Error> {
        self.say(Message::ping(carries)).await
    }

    async fn say(&mut self, message: Message) -> Result<(), Error> {
        let length = message.as_payload().len();
        match message.as_text() {
            Some(text) => wire::sent(WIRE, Member(text, "mt"), length),
            None => wire::sent(WIRE, "ping", length),
        }
        match timeout(self.limit, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_gone)) => Err(self.lost()),
            Err(_elapsed) => Err(self.timed_out()),
        }
    }

    /// May be given up at any time without losing anything.
    ///
    /// # Errors
    /// The connection is gone, or is no web socket any more.
    pub async fn next(&mut self) -> Result<Heard, Error> {
        use tokio_websockets::Error as Broken;
        match self.stream.next().await {
            None => Err(self.lost()),
            Some(Err(Broken::Protocol(_) | Broken::PayloadTooLong { .. })) => {
                Err(Error::NotUnderstood(self.host.clone()))
            }
            Some(Err(_gone)) => Err(self.lost()),
            Some(Ok(message)) => Ok(match message.as_text() {
                Some(text) => {
                    wire::heard(WIRE, Member(text, "mt"), text.len());
                    Heard::Text(text.to_owned())
                }
                None if message.is_pong() => {
                    wire::heard(WIRE, "pong", message.as_payload().len());
                    Heard::Pong(message.as_payload().to_vec())
                }
                None => {
                    wire::heard(WIRE, "other", message.as_payload().len());
                    Heard::Nothing
                }
            }),
        }
    }

    /// The next text.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn text(&mut self) -> Result<String, Error> {
        loop {
            if let Heard::Text(text) = self.next().await? {
                return Ok(text);
            }
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn timed_out(&self) -> Error {
        NetError::TimedOut(self.host.clone()).into()
    }

    pub fn lost(&self) -> Error {
        NetError::Lost(self.host.clone()).into()
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may name more ways of being no web socket"
)]
fn refused(error: &tokio_websockets::Error, host: String) -> Error {
    use tokio_websockets::Error as Broken;
    use tokio_websockets::upgrade::Error as Upgrade;
    match error {
        // A web server that knows no such path, or no web sockets.
        Broken::Upgrade(Upgrade::DidNotSwitchProtocols(400 | 404 | 405 | 426 | 501)) => Error::NoMyApps(host),
        Broken::Upgrade(Upgrade::DidNotSwitchProtocols(500..)) | Broken::Io(_) => NetError::Lost(host).into(),
        _ => Error::NotUnderstood(host),
    }
}
