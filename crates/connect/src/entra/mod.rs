//! Sign-in at Microsoft Entra, and the tokens.
//!
//! One task owns the sign-in: it loads what is stored, refreshes ahead of time and one at a time, stores every new
//! refresh token before its access token is given out, and tells each change as a [`SignIn`]. Facts:
//! `facts/graph.md`, section 4.
//!
//! Continuous access evaluation is not opted into: tokens live about an hour and no claims challenges come
//! (section 4.6). A 401 of Graph is answered with one refresh.

mod access;
mod actor;
mod client;
mod config;
mod error;
mod flow;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod handle;
mod id_token;
mod loopback;
mod stored;
#[cfg(test)]
mod tests;

pub use self::config::{AdminConsent, EntraConfig, MicrosoftSettings, rights_in, scope, scopes_for};
pub use self::error::{EntraError, ErrorAnswer};
pub use self::handle::{EntraHandle, Open, Way};
pub use self::stored::{AtRest, at_rest};

use self::actor::Parts;
use self::client::Oauth;
use crate::secrets::SecretStore;
use offhook_engine::clock::Now;
use offhook_engine::teams::SignIn;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Reads both clocks. The monotonic one counts while the machine sleeps.
#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> Now + Send + Sync>,
    slept: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Clock {
    /// A clock of a machine that never sleeps.
    pub fn new(read: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self {
            read: Arc::new(read),
            slept: Arc::new(|| Duration::ZERO),
        }
    }

    /// How long the machine has slept since some moment before the program's start.
    #[must_use]
    pub fn with_sleep(self, slept: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            slept: Arc::new(slept),
            ..self
        }
    }

    pub fn now(&self) -> Now {
        (self.read)()
    }

    pub fn slept(&self) -> Duration {
        (self.slept)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The words of the page that the browser shows at the end, in the person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTexts {
    /// `en`, `de`.
    pub language: String,
    /// The browser's part is done, the window can be closed.
    pub done: String,
    /// It came to nothing, the window can be closed.
    pub not_done: String,
    /// A further right was not given; whoever is signed in stays so.
    pub not_further: String,
    /// This page belongs to no sign-in that is waited for.
    pub stray: String,
}

/// Starts the sign-in's task on the current runtime: it loads what is stored and tells how it stands, now and at
/// each change. It ends with the last handle.
pub fn spawn(
    config: EntraConfig,
    texts: PageTexts,
    store: SecretStore,
    http: reqwest::Client,
    clock: Clock,
    events: mpsc::UnboundedSender<SignIn>,
) -> EntraHandle {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (tell_trouble, trouble) = watch::channel(None);
    let oauth = Oauth::new(&config, http);
    let parts = Parts {
        config,
        texts,
        store,
        oauth,
        clock,
        events,
        trouble: tell_trouble,
    };
    tokio::spawn(actor::run(parts, inbox));
    EntraHandle { commands, trouble }
}
