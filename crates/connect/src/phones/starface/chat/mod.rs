//! The chat status with its text, over XMPP (facts/starface.md section 3): off unless the person wants it, since the
//! vendor's app writes the same again and again. Small on purpose: one connection, one presence, nothing read.
//!
//! Of the person's presence on STARFACE nothing is known here but what Offhook itself shows. Where it shows nothing it is
//! not there at all, and when it is gone the server ends what it showed.

mod link;
pub(super) mod stream;

use super::error::Error;
use crate::backoff::Backoff;
use crate::phones::net::NetError;
use crate::phones::tls::Tls;
use link::Link;
use offhook_engine::phone::{PhonePresence, PresenceWords};
use secrecy::SecretString;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

/// The words that there are.
pub const WORDS: PresenceWords = PresenceWords::of(&[
    PhonePresence::Dnd,
    PhonePresence::ExtendedAway,
    PhonePresence::Away,
    PhonePresence::Available,
]);

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatConfig {
    pub host: String,
    pub port: u16,
    /// Nothing but [`Tls::Off`] goes without STARTTLS; that only to this computer.
    pub tls: Tls,
    /// Of the address, behind the login: the first that the server knows.
    pub domains: Vec<String>,
    pub user: String,
    /// For each answer, and for the whole sign-in.
    pub answer: Duration,
    /// A sign of life when nothing else comes: a proxy cuts idle connections after five minutes.
    pub ping: Duration,
}

/// The login is personal.
impl std::fmt::Debug for ChatConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatConfig")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What Offhook shows; nothing at the beginning.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub presence: Option<PhonePresence>,
    pub note: String,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown")
            .field("presence", &self.presence)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Starting,
    Up,
    Down(Error),
}

#[derive(Debug)]
struct View {
    state: State,
    shown: Shown,
}

#[derive(Debug)]
struct Ask {
    shown: Shown,
    reply: oneshot::Sender<Result<(), Error>>,
}

/// The handle on it. It ends with the last one, and takes back what it shows.
#[derive(Debug, Clone)]
pub struct Chat {
    asks: mpsc::UnboundedSender<Ask>,
    view: watch::Receiver<View>,
    limit: Duration,
    host: String,
}

impl Chat {
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(config: ChatConfig, password: SecretString) -> Self {
        let (asks, inbox) = mpsc::unbounded_channel();
        let (told, view) = watch::channel(View {
            state: State::Starting,
            shown: Shown::default(),
        });
        let (limit, host) = (config.answer * 3, config.host.clone());
        tokio::spawn(run(config, password, inbox, told));
        Self {
            asks,
            view,
            limit,
            host,
        }
    }

    pub fn is_up(&self) -> bool {
        self.view.borrow().state == State::Up
    }

    pub fn shown(&self) -> Shown {
        self.view.borrow().shown.clone()
    }

    /// Until it has signed in, or could not.
    ///
    /// # Errors
    /// Why it could not.
    pub async fn settled(&mut self) -> Result<(), Error> {
        let is_settled = |view: &View| view.state != State::Starting;
        let waiting = tokio::time::timeout(self.limit, self.view.wait_for(is_settled));
        match waiting.await {
            Ok(Ok(view)) => match &view.state {
                State::Up | State::Starting => Ok(()),
                State::Down(error) => Err(error.clone()),
            },
            Ok(Err(_)) | Err(_) => Err(NetError::TimedOut(self.host.clone()).into()),
        }
    }

    /// Until something is new.
    pub async fn changed(&mut self) {
        if self.view.changed().await.is_err() {
            // It ends with us alone.
            std::future::pending().await
        }
    }

    /// # Errors
    /// Where there is no connection.
    pub async fn show(&self, shown: Shown) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        let gone = || Error::from(NetError::Lost(self.host.clone()));
        self.asks.send(Ask { shown, reply }).map_err(|_| gone())?;
        match tokio::time::timeout(self.limit, answer).await {
            Ok(answer) => answer.map_err(|_| gone())?,
            Err(_elapsed) => Err(NetError::TimedOut(self.host.clone()).into()),
        }
    }
}

/// Nobody holds a handle any more.
struct Over;

async fn run(
    config: ChatConfig,
    password: SecretString,
    mut inbox: mpsc::UnboundedReceiver<Ask>,
    view: watch::Sender<View>,
) {
    let mut pace = Backoff::connection();
    let mut rarely = Backoff::refused();
    loop {
        let error = match Link::open(&config, &password).await {
            Ok(mut link) => {
                pace.reset();
                rarely.reset();
                match serve(&mut link, &config, &mut inbox, &view).await {
                    Err(Over) => return link.close().await,
                    Ok(error) => error,
                }
            }
            Err(error) => error,
        };
        let wait = if error.is_silence() {
            pace.wait()
        } else {
            rarely.wait()
        };
        info!(code = ?error.fault().code, "no chat status");
        view.send_modify(|view| view.state = State::Down(error.clone()));
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => break,
                ask = inbox.recv() => {
                    let Some(ask) = ask else { return };
                    // Nobody waits any more where the session has ended.
                    let _nobody = ask.reply.send(Err(error.clone()));
                }
            }
        }
    }
}

/// Until the connection ends, and why it did.
async fn serve(
    link: &mut Link,
    config: &ChatConfig,
    inbox: &mut mpsc::UnboundedReceiver<Ask>,
    view: &watch::Sender<View>,
) -> Result<Error, Over> {
    // What was shown before is shown again.
    let before = view.borrow().shown.clone();
    if before != Shown::default()
        && let Err(error) = link.show(&before).await
    {
        return Ok(error);
    }
    view.send_modify(|view| view.state = State::Up);
    debug!("signed in for the chat status");
    loop {
        let outcome = tokio::select! {
            ask = inbox.recv() => {
                let Some(ask) = ask else { return Err(Over) };
                let outcome = link.show(&ask.shown).await;
                if outcome.is_ok() {
                    view.send_modify(|view| view.shown = ask.shown);
                }
                let _nobody = ask.reply.send(outcome.clone());
                outcome
            }
            element = link.next() => match element {
                Ok(element) => link.hear(&element).await,
                Err(error) => Err(error),
            },
            () = tokio::time::sleep(config.ping) => link.ping().await,
        };
        if let Err(error) = outcome {
            return Ok(error);
        }
    }
}
