//! The sign-in against a token endpoint that answers what it is told to.

mod fake;
mod keeping;
mod signing_in;
mod table;

use self::fake::Fake;
use super::config::tests::custom;
use super::{Clock, EntraHandle, PageTexts, Way, spawn};
use crate::secrets::{Ask, MemoryStore, SecretName, SecretStore};
use offhook_engine::clock::{Instant, Now};
use offhook_engine::fault::{Code, Fault};
use offhook_engine::teams::{Account, Right, SignIn};
use secrecy::ExposeSecret as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(20);
const PRESENCE: [Right; 2] = [Right::PresenceRead, Right::PresenceWrite];

pub(super) fn texts() -> PageTexts {
    PageTexts {
        language: "en".to_owned(),
        done: "You can close this window.".to_owned(),
        not_done: "You are not signed in.".to_owned(),
        not_further: "You stay signed in.".to_owned(),
        stray: "Not <ours>.".to_owned(),
    }
}

/// Clocks that stand still until they are moved.
#[derive(Clone)]
struct Clocks(Arc<Mutex<Now>>);

impl Clocks {
    fn new() -> Self {
        let mono = Instant::from_origin(Duration::from_secs(1000));
        Self(Arc::new(Mutex::new(Now {
            mono,
            wall: "2026-11-22T12:00:00Z".parse().unwrap(),
        })))
    }

    fn pass(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.after(by);
    }

    fn read(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || *now.lock().unwrap())
    }
}

/// One person's desk.
struct Desk {
    fake: Fake,
    memory: MemoryStore,
    clocks: Clocks,
    entra: EntraHandle,
    events: mpsc::UnboundedReceiver<SignIn>,
}

impl Desk {
    /// Nothing is stored.
    async fn new() -> Self {
        let mut desk = Self::with(Fake::start().await, MemoryStore::default());
        assert_eq!(desk.event().await, SignIn::SignedOut);
        desk
    }

    fn with(fake: Fake, memory: MemoryStore) -> Self {
        let clocks = Clocks::new();
        let (entra, events) = start(&fake, &memory, &clocks);
        Self {
            fake,
            memory,
            clocks,
            entra,
            events,
        }
    }

    /// Signed in, with the refresh token `r1` and the access token `a1`.
    async fn signed_in() -> Self {
        let mut desk = Self::new().await;
        desk.sign_in(&PRESENCE).await.unwrap();
        assert!(matches!(desk.event().await, SignIn::Browser { .. }));
        assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
        desk
    }

    /// The program ends and starts again.
    fn restart(&mut self) {
        let (entra, events) = start(&self.fake, &self.memory, &self.clocks);
        (self.entra, self.events) = (entra, events);
    }

    async fn event(&mut self) -> SignIn {
        tokio::time::timeout(LIMIT, self.events.recv())
            .await
            .expect("an event in time")
            .expect("a running actor")
    }

    async fn sign_in(&self, rights: &[Right]) -> Result<Account, Fault> {
        let browser = self.fake.browser();
        tokio::time::timeout(LIMIT, self.entra.sign_in(Way::Browser, rights, browser))
            .await
            .expect("an end in time")
    }

    async fn token(&self) -> Result<String, Code> {
        let token = tokio::time::timeout(LIMIT, self.entra.access_token())
            .await
            .expect("a token in time");
        token
            .map(|token| token.expose_secret().to_owned())
            .map_err(|fault| fault.code)
    }

    /// The refresh token in the store.
    async fn stored(&self) -> Option<String> {
        let value = SecretStore::Memory(self.memory.clone())
            .load(&SecretName::microsoft(), Ask::Quietly)
            .await
            .unwrap()?;
        let value: serde_json::Value = serde_json::from_str(value.expose_secret()).unwrap();
        Some(value["refresh_token"].as_str().unwrap().to_owned())
    }

    async fn trouble(&self, code: Option<Code>) {
        let mut trouble = self.entra.trouble();
        let seen = trouble.wait_for(|fault| fault.as_ref().map(|fault| fault.code) == code);
        tokio::time::timeout(LIMIT, seen)
            .await
            .expect("the trouble in time")
            .expect("a running actor");
    }
}

fn start(
    fake: &Fake,
    memory: &MemoryStore,
    clocks: &Clocks,
) -> (EntraHandle, mpsc::UnboundedReceiver<SignIn>) {
    let (tell, events) = mpsc::unbounded_channel();
    let store = SecretStore::Memory(memory.clone());
    let http = crate::net::client().unwrap();
    (
        spawn(custom(&fake.login()), texts(), store, http, clocks.read(), tell),
        events,
    )
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}
