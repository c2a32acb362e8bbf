//! Where tokens and passwords rest: the system's keyring, or a file for machines that have none.
//!
//! A value that is not there and a keyring that could not be asked are different answers (R21): the first is
//! `Ok(None)`, the second an error, and nobody may take the second for the first.

mod entries;
mod file;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod keyring;
mod memory;
mod parts;
#[cfg(test)]
mod tests;

pub use self::file::FileStore;
pub use self::keyring::KeyringStore;
pub use self::memory::{MemoryStore, Trouble};

use offhook_engine::fault::{Code, Fault, FaultKind};
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;

/// How long one question to a store may take before the answer is [`SecretError::Late`].
pub const ASK_LIMIT: Duration = Duration::from_secs(10);

/// What a secret is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// The sign-in at Microsoft: refresh token and account in one value, so that they cannot disagree.
    pub fn microsoft() -> Self {
        Self("microsoft".to_owned())
    }

    /// The password of the phone system; `key` tells several apart (its kind).
    pub fn phone(key: &str) -> Self {
        Self(format!("phone/{key}"))
    }

    /// The password of a calendar that has a sign-in of its own; `source` tells several apart, so that none is ever
    /// sent to another's server.
    pub fn calendar(source: &str) -> Self {
        match source {
            "ews" => Self("calendar".to_owned()),
            source => Self(format!("calendar/{source}")),
        }
    }

    /// The secret of the client by which the phone system is signed in to (OAuth).
    pub fn phone_client() -> Self {
        Self("phone-client".to_owned())
    }

    /// The password of a call source that has a sign-in of its own.
    pub fn line(source: &str) -> Self {
        Self(format!("line/{source}"))
    }

    /// The login of the proxy.
    pub fn proxy() -> Self {
        Self("proxy".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a store gave no answer. None of these means "there is no such secret".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A person has to unlock it.
    #[error("the keyring is locked")]
    Locked,
    /// No keyring runs, or it has no collection to keep things in.
    #[error("there is no keyring")]
    Absent,
    /// It may be asking the person for a password; the question is still open.
    #[error("the keyring did not answer in time")]
    Late,
    #[error("the value is too long to be kept")]
    TooLong,
    /// Something is stored, but not whole: a write was torn, or another program touched it.
    #[error("the stored value is damaged")]
    Damaged,
    #[error("the secret store failed: {0}")]
    Failed(String),
}

impl SecretError {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Locked => Fault::new(FaultKind::Unreachable, Code::KeyringLocked),
            Self::Absent => Fault::new(FaultKind::Unreachable, Code::KeyringAbsent),
            Self::Late => Fault::new(FaultKind::Unreachable, Code::KeyringLate),
            Self::Failed(_) => Fault::new(FaultKind::Unreachable, Code::KeyringFailed),
            Self::TooLong => Fault::new(FaultKind::Rejected, Code::KeyringFailed),
            Self::Damaged => Fault::new(FaultKind::Rejected, Code::SecretDamaged),
        }
    }

    /// Whether asking again later may help without a new value.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Locked | Self::Absent | Self::Late | Self::Failed(_) => true,
            Self::TooLong | Self::Damaged => false,
        }
    }
}

/// Whether a store may put a dialog before the person to be unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The first question, and whatever a person started.
    MayPrompt,
    /// Tries by the clock: a dialog that was dismissed must not come back by itself every ten seconds.
    Quietly,
}

/// The pace of asking a store again that could not be asked: every 10 s for a minute, then every minute.
/// `tries` is how often it failed so far.
pub const fn again_after(tries: u32) -> Duration {
    if tries <= 6 {
        Duration::from_secs(10)
    } else {
        Duration::from_secs(60)
    }
}

/// One of the places where secrets rest. Cheap to clone; clones are the same store.
#[derive(Debug, Clone)]
pub enum SecretStore {
    Keyring(KeyringStore),
    File(FileStore),
    /// For tests: forgets everything, and fails on demand.
    Memory(MemoryStore),
}

impl SecretStore {
    /// `None`: definitely not there.
    ///
    /// # Errors
    /// Where the store could not be asked, or what it holds is damaged.
    pub async fn load(&self, name: &SecretName, ask: Ask) -> Result<Option<SecretString>, SecretError> {
        match self {
            Self::Keyring(store) => store.load(name, ask).await,
            Self::File(store) => store.load(name).await,
            Self::Memory(store) => store.load(name),
        }
    }

    /// Replaces what was there. After an error the old value or the new one is there, never a mixture.
    ///
    /// # Errors
    /// Where the store could not be asked or does not take the value.
    pub async fn save(&self, name: &SecretName, value: &SecretString, ask: Ask) -> Result<(), SecretError> {
        match self {
            Self::Keyring(store) => store.save(name, value, ask).await,
            Self::File(store) => store.save(name, value).await,
            Self::Memory(store) => store.save(name, value),
        }
    }

    /// Removes the value and all its parts; fine if there is none.
    ///
    /// # Errors
    /// Where the store could not be asked.
    pub async fn delete(&self, name: &SecretName, ask: Ask) -> Result<(), SecretError> {
        match self {
            Self::Keyring(store) => store.delete(name, ask).await,
            Self::File(store) => store.delete(name).await,
            Self::Memory(store) => store.delete(name),
        }
    }
}
