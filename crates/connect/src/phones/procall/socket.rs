//! The web socket: messages out, messages in.

use super::WIRE;
use super::config::ProcallConfig;
use super::error::Error;
use super::rose::{self, Message, Operation};
use super::sign_in::Ticket;
use crate::phones::net::{self, NetError, Stream};
use crate::phones::tls::Tls;
use crate::wire::{self, Member};
use futures_util::{SinkExt as _, StreamExt as _};
use http::Uri;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, Error as Broken, Limits, Message as Frame, WebSocketStream};

/// What names an operation.
const NAME: &str = "operationName";
/// No message that is asked for is anywhere near as large.
const LARGEST: usize = 4 * 1024 * 1024;
/// How long a good-bye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// An open session.
pub struct Socket {
    /// `None` once good-bye is being said.
    stream: Option<WebSocketStream<Box<dyn Stream>>>,
    /// Of a frame with several messages, those that were not handed out yet.
    waiting: VecDeque<Message>,
    host: String,
    answer: Duration,
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
    /// Everything that keeps a connection from being made.
    pub async fn open(config: &ProcallConfig, ticket: &Ticket) -> Result<Self, Error> {
        let timing = &config.timing;
        let host = config.host.clone();
        let stream = net::connect(&host, config.port, &config.tls, timing.connect).await?;
        let scheme = if config.tls == Tls::Off { "ws" } else { "wss" };
        let address = format!(
            "{scheme}://{}:{}/ws/client/websocket?x-ucsessionid={}",
            net::in_address(&host),
            config.port,
            ticket.session.expose_secret()
        );
        let Ok(address) = address.parse::<Uri>() else {
            return Err(Error::NotUnderstood(host));
        };
        let builder =
            ClientBuilder::from_uri(address).limits(Limits::default().max_payload_len(Some(LARGEST)));
        let opened = timeout(timing.answer, builder.connect_on(stream))
            .await
            .map_err(|_elapsed| NetError::TimedOut(host.clone()))?;
        let (stream, _answer) = opened.map_err(|error| {
            if matches!(error, Broken::Upgrade(_)) {
                // It was the server itself that gave the session.
                Error::SessionEnded(host.clone())
            } else if matches!(error, Broken::Io(_)) {
                NetError::Lost(host.clone()).into()
            } else {
                Error::NotUnderstood(host.clone())
            }
        })?;
        Ok(Self {
            stream: Some(stream),
            waiting: VecDeque::new(),
            host,
            answer: timing.answer,
        })
    }

    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, message: String) -> Result<(), Error> {
        let Some(stream) = &mut self.stream else {
            return Err(self.lost());
        };
        wire::sent(WIRE, Member(&message, NAME), message.len());
        match timeout(self.answer, stream.send(Frame::text(message))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_gone)) => Err(self.lost()),
            Err(_elapsed) => Err(self.timed_out()),
        }
    }

    /// The next message. May be given up at any time without losing one.
    ///
    /// # Errors
    /// When the connection is gone or what comes is no message.
    pub async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            let Some(stream) = &mut self.stream else {
                return Err(self.lost());
            };
            match stream.next().await {
                Some(Ok(frame)) if frame.is_text() => {
                    let text = frame.as_text().unwrap_or_default();
                    wire::heard(WIRE, Member(text, NAME), text.len());
                    let messages = frame.as_text().map(rose::parse);
                    let messages = messages
                        .unwrap_or(Err(rose::Odd))
                        .map_err(|_odd| self.not_understood())?;
                    self.waiting.extend(messages);
                }
                // The other kind of encoding was not asked for.
                Some(Ok(frame)) if frame.is_binary() => return Err(self.not_understood()),
                Some(Ok(_sign_of_life)) => {}
                Some(Err(Broken::Protocol(_) | Broken::PayloadTooLong { .. })) => {
                    return Err(self.not_understood());
                }
                Some(Err(_gone)) => return Err(self.lost()),
                None => return Err(self.lost()),
            }
        }
    }

    pub fn timed_out(&self) -> Error {
        NetError::TimedOut(self.host.clone()).into()
    }

    pub fn lost(&self) -> Error {
        NetError::Lost(self.host.clone()).into()
    }

    pub fn not_understood(&self) -> Error {
        Error::NotUnderstood(self.host.clone())
    }
}

/// Says good-bye, so that the server keeps no session. Nobody waits for it.
impl Drop for Socket {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let goodbye = async {
                let logoff = Operation::LOGOFF.invoke(rose::EVENT, &Value::Null);
                wire::sent(WIRE, Operation::LOGOFF.name, logoff.len());
                if stream.send(Frame::text(logoff)).await.is_ok() {
                    let _gone = stream.close().await;
                }
            };
            let _late = timeout(GOODBYE, goodbye).await;
        });
    }
}
