//! Phone systems, one folder each. [`PhoneSystem`] is the one place that tells them apart.
//!
//! To add one: a folder with `spawn` (a task that speaks [`crate::port`]) and `test` (findings, changing nothing), an
//! arm in each function here, its settings in `settings::phone`, a double in the playground, and a part in the
//! conformance tests that every phone system passes.

pub mod asterisk;
pub mod command;
pub mod csta;
pub mod freepbx;
pub mod innovaphone;
mod keep;
pub mod net;
pub mod probe;
pub mod procall;
pub mod sip;
pub mod starface;
#[cfg(windows)]
pub mod tapi;
pub mod tls;
pub mod web;
pub mod xml;

use crate::port::{PhoneEvents, PhoneHandle};
use crate::secrets::{Ask, SecretName, SecretStore};
use offhook_engine::fault::{Code, Fault, FaultKind};
use probe::Finding;
use secrecy::SecretString;

/// A phone system with its valid settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneSystem {
    Asterisk(Box<asterisk::AsteriskConfig>),
    Command(Box<command::CommandConfig>),
    Csta(Box<csta::CstaConfig>),
    Freepbx(Box<freepbx::FreepbxConfig>),
    Innovaphone(Box<innovaphone::InnovaphoneConfig>),
    Procall(Box<procall::ProcallConfig>),
    Sip(Box<sip::SipConfig>),
    Starface(Box<starface::StarfaceConfig>),
    #[cfg(windows)]
    Tapi(Box<tapi::TapiPhoneConfig>),
}

impl PhoneSystem {
    /// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn(&self, secret: SecretString, events: PhoneEvents) -> PhoneHandle {
        match self {
            Self::Asterisk(config) => asterisk::spawn((**config).clone(), secret, events),
            Self::Command(config) => command::spawn((**config).clone(), secret, events),
            Self::Csta(config) => csta::spawn((**config).clone(), secret, events),
            Self::Freepbx(config) => freepbx::spawn((**config).clone(), secret, events),
            Self::Innovaphone(config) => innovaphone::spawn((**config).clone(), secret, events),
            Self::Procall(config) => procall::spawn((**config).clone(), secret, events),
            Self::Sip(config) => sip::spawn((**config).clone(), secret, events),
            Self::Starface(config) => starface::spawn((**config).clone(), secret, events),
            #[cfg(windows)]
            Self::Tapi(config) => tapi::spawn((**config).clone(), events),
        }
    }

    /// Itself with everything that is stored for it, and the password; `None` beside it where one is missing.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn with_stored(
        &self,
        password: &SecretName,
        store: &SecretStore,
        ask: Ask,
    ) -> Result<(Self, Option<SecretString>), Fault> {
        let stored = store.load(password, ask).await.map_err(|error| error.fault())?;
        let mut system = self.clone();
        if let Self::Starface(config) = &mut system
            && let Some(oauth) = &mut config.oauth
        {
            let secret = store.load(&SecretName::phone_client(), ask).await;
            let secret = secret.map_err(|error| error.fault())?;
            oauth.secret = secret.map(starface::oauth::ClientSecret);
        }
        Ok((system, stored))
    }

    /// What is stored, or nothing where nothing is needed. `None`: a secret is missing.
    pub fn enough(&self, stored: Option<SecretString>) -> Option<SecretString> {
        let needs_one = match self {
            Self::Asterisk(_)
            | Self::Freepbx(_)
            | Self::Innovaphone(_)
            | Self::Procall(_)
            | Self::Sip(_)
            | Self::Starface(_) => true,
            Self::Command(config) => config.needs_secret(),
            Self::Csta(config) => config.user.is_some(),
            #[cfg(windows)]
            Self::Tapi(_) => false,
        };
        stored.or_else(|| (!needs_one).then(SecretString::default))
    }

    /// Looks at everything that will be needed, step by step, and changes nothing.
    pub async fn test(&self, secret: &SecretString) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.test_step_by_step(secret, |finding| findings.push(finding))
            .await;
        findings
    }

    /// As [`Self::test`], each finding told as soon as it is there. May be dropped at any time.
    pub async fn test_step_by_step(&self, secret: &SecretString, tell: impl FnMut(Finding)) {
        match self {
            Self::Asterisk(config) => Box::pin(asterisk::test_step_by_step(config, secret, tell)).await,
            Self::Command(config) => Box::pin(command::test_step_by_step(config, secret, tell)).await,
            Self::Csta(config) => Box::pin(csta::test_step_by_step(config, secret, tell)).await,
            Self::Freepbx(config) => Box::pin(freepbx::test_step_by_step(config, secret, tell)).await,
            Self::Innovaphone(config) => {
                Box::pin(innovaphone::test_step_by_step(config, secret, tell)).await;
            }
            Self::Procall(config) => Box::pin(procall::test_step_by_step(config, secret, tell)).await,
            Self::Sip(config) => Box::pin(sip::test_step_by_step(config, secret, tell)).await,
            Self::Starface(config) => Box::pin(starface::test_step_by_step(config, secret, tell)).await,
            #[cfg(windows)]
            Self::Tapi(config) => Box::pin(tapi::test_step_by_step(config, tell)).await,
        }
    }
}

/// A setting that can't be used. `key` is its name in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{key} is not usable: {why}")]
pub struct ConfigError {
    pub key: &'static str,
    pub why: &'static str,
    /// Which sentence tells it.
    pub code: Code,
}

impl ConfigError {
    pub const fn new(key: &'static str, why: &'static str) -> Self {
        Self {
            key,
            why,
            code: Code::PhoneNotConfigured,
        }
    }

    pub fn fault(&self) -> Fault {
        Fault::new(FaultKind::Rejected, self.code).about(self.key)
    }
}
