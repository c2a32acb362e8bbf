//! TCP or TLS to the manager, its greeting, and the sign-in (facts/asterisk.md section 1.1).

use super::config::AsteriskConfig;
use super::error::Error;
use super::wire::{Action, Decoder, Message, action_id};
use crate::phones::net::{self, NetError, Stream};
use crate::wire;
use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const WIRE: &str = "AMI";
/// What every version of the manager greets with.
const GREETING: &str = "Asterisk Call Manager/";

/// A connection on which messages are sent and heard.
pub struct Connection {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    next_id: u64,
    host: String,
    answer: Duration,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects, without reading anything yet.
    ///
    /// # Errors
    /// Host not found, refused, timed out, TLS failed.
    pub async fn open(config: &AsteriskConfig) -> Result<Self, Error> {
        let host = config.host.clone();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = net::connect(bare, config.port, &config.tls, config.timing.connect).await?;
        Ok(Self {
            stream,
            decoder: Decoder::default(),
            next_id: 1,
            host,
            answer: config.timing.answer,
        })
    }

    /// Waits for the greeting and returns the protocol's version.
    ///
    /// # Errors
    /// When the host says something else, or nothing.
    pub async fn greeting(&mut self) -> Result<String, Error> {
        let line = timeout(self.answer, async {
            loop {
                if let Some(line) = self.decoder.line().map_err(|_too_long| self.not_understood())? {
                    return Ok::<_, Error>(line);
                }
                // One that hangs up without a word may be an Asterisk that is just ending.
                self.fill().await?;
            }
        });
        // What stays silent waits for a request, as web servers do.
        let line = line.await.map_err(|_elapsed| self.not_understood())??;
        line.strip_prefix(GREETING)
            .map(str::to_owned)
            .ok_or_else(|| self.not_understood())
    }

    /// Signs in by challenge and MD5, whatever the transport: the secret itself is never sent.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], or what became of the connection.
    pub async fn sign_in(&mut self, user: &str, secret: &SecretString) -> Result<(), Error> {
        let challenge = self
            .exchange(Action::new("Challenge").with("AuthType", "MD5")?)
            .await?;
        let Some(challenge) = challenge.value("Challenge") else {
            return Err(Error::Refused("Challenge"));
        };
        let login = Action::new("Login")
            .with("AuthType", "MD5")?
            .with("Username", user)?
            .with("Key", login_key(challenge, secret))?
            .with("Events", "on")?;
        let answer = self.exchange(login).await?;
        let message = answer.value("Message").unwrap_or_default();
        match answer.value("Response") {
            Some("Success") => Ok(()),
            Some(_) if message.contains("Authentication failed") => {
                Err(Error::WrongPassword(self.host.clone()))
            }
            _ => Err(Error::Refused("Login")),
        }
    }

    /// Sends an action and returns the id of its answer.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, action: &Action) -> Result<String, Error> {
        let ids = self.send_all(std::iter::once(action)).await?;
        Ok(ids.into_iter().next().unwrap_or_default())
    }

    /// Sends actions in one go and returns the ids of their answers. The manager takes them one after the other.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_all(&mut self, actions: impl Iterator<Item = &Action>) -> Result<Vec<String>, Error> {
        let (mut bytes, mut ids) = (String::new(), Vec::new());
        for action in actions {
            let encoded = action.encode(self.next_id);
            wire::sent(WIRE, action.name(), encoded.len());
            bytes.push_str(&encoded);
            ids.push(action_id(self.next_id));
            self.next_id += 1;
        }
        let written = timeout(self.answer, async {
            self.stream.write_all(bytes.as_bytes()).await?;
            self.stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(ids),
            Ok(Err(_)) => Err(self.lost()),
            Err(_elapsed) => Err(self.timed_out()),
        }
    }

    /// The next message. May be given up at any time without losing one.
    ///
    /// # Errors
    /// When the connection is gone or what comes is no message.
    pub async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if let Some(message) = self
                .decoder
                .message()
                .map_err(|_too_long| self.not_understood())?
            {
                let kind = message.event().unwrap_or("Response");
                wire::heard(WIRE, kind, message.length());
                return Ok(message);
            }
            self.fill().await?;
        }
    }

    pub fn timed_out(&self) -> Error {
        NetError::TimedOut(self.host.clone()).into()
    }

    pub fn lost(&self) -> Error {
        NetError::Lost(self.host.clone()).into()
    }

    fn not_understood(&self) -> Error {
        Error::NotUnderstood(self.host.clone())
    }

    /// Before the sign-in there are no events, so that only the answer is of interest.
    async fn exchange(&mut self, action: Action) -> Result<Message, Error> {
        let id = self.send(&action).await?;
        let answer = timeout(self.answer, async {
            loop {
                let message = self.next().await?;
                if message.is_response() && message.value("ActionID") == Some(&id) {
                    return Ok::<_, Error>(message);
                }
            }
        });
        answer.await.map_err(|_elapsed| self.timed_out())?
    }

    async fn fill(&mut self) -> Result<(), Error> {
        match self.stream.read_buf(self.decoder.buffer()).await {
            Ok(0) | Err(_) => Err(self.lost()),
            Ok(_) => Ok(()),
        }
    }
}

/// `Key` of the login: lower-case hex MD5 of challenge and secret.
fn login_key(challenge: &str, secret: &SecretString) -> String {
    let digest = Md5::new()
        .chain_update(challenge)
        .chain_update(secret.expose_secret())
        .finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/asterisk.json: accepted by a real Asterisk 22.10.1.
    #[test]
    fn the_key_of_the_login() {
        for (challenge, secret, key) in [
            ("170278799", "desk-secret", "381a21ff4e7486368dd69152dd393fb9"),
            ("162035643", "full-secret", "c50a504272074b3faa7e0ddaffb856b4"),
        ] {
            assert_eq!(login_key(challenge, &SecretString::from(secret)), key);
        }
    }
}
