//! The system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! `keyring::Entry` finds the system's store once per process, so a Secret Service that starts later would never
//! be seen. On Linux each question therefore opens its own store; the two other systems have theirs always.

use super::entries::Entries;
use super::{ASK_LIMIT, Ask, SecretError, SecretName, parts};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

/// The keyring of the person's session, as one application's entries.
#[derive(Debug, Clone)]
pub struct KeyringStore {
    service: Arc<str>,
    limit: Duration,
    entry_limit: usize,
    /// One question at a time, in order: a dialog that nobody answers holds one thread, not many, and a removal
    /// never overtakes the write before it.
    turn: Arc<Semaphore>,
}

impl KeyringStore {
    /// `service` names the application in the keyring; programs with different data directories need different
    /// ones.
    pub fn new(service: &str) -> Self {
        Self {
            service: service.into(),
            limit: ASK_LIMIT,
            entry_limit: system::ENTRY_LIMIT,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// With another time limit per question than [`ASK_LIMIT`].
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) async fn load(
        &self,
        name: &SecretName,
        ask: Ask,
    ) -> Result<Option<SecretString>, SecretError> {
        let name = name.clone();
        self.ask(ask, move |entries| {
            let value = parts::load(entries, name.as_str())?;
            Ok(value.map(|text| SecretString::from(text.as_str())))
        })
        .await
    }

    pub(super) async fn save(
        &self,
        name: &SecretName,
        value: &SecretString,
        ask: Ask,
    ) -> Result<(), SecretError> {
        let name = name.clone();
        let value = value.clone();
        self.ask(ask, move |entries| {
            parts::save(entries, name.as_str(), value.expose_secret())
        })
        .await
    }

    pub(super) async fn delete(&self, name: &SecretName, ask: Ask) -> Result<(), SecretError> {
        let name = name.clone();
        self.ask(ask, move |entries| parts::delete(entries, name.as_str()))
            .await
    }

    /// On a thread of its own, not on the runtime's: the runtime would wait at its end for a dialog that nobody
    /// answers.
    async fn ask<T, F>(&self, ask: Ask, work: F) -> Result<T, SecretError>
    where
        T: Send + 'static,
        F: FnOnce(&Opened) -> Result<T, SecretError> + Send + 'static,
    {
        let (service, entry_limit, turn) = (
            Arc::clone(&self.service),
            self.entry_limit,
            Arc::clone(&self.turn),
        );
        let answer = async move {
            let turn = turn.acquire_owned().await.map_err(|_| SecretError::Late)?;
            let (tell, told) = oneshot::channel();
            std::thread::Builder::new()
                .name("keyring".to_owned())
                .spawn(move || {
                    let answer = system::open(ask).and_then(|keyring| {
                        work(&Opened {
                            keyring,
                            service,
                            limit: entry_limit,
                        })
                    });
                    drop(turn);
                    // The caller may have stopped waiting.
                    let _ = tell.send(answer);
                })
                .map_err(|error| SecretError::Failed(error.kind().to_string()))?;
            told.await
                .unwrap_or_else(|_| Err(SecretError::Failed("the keyring's thread ended early".to_owned())))
        };
        tokio::time::timeout(self.limit, answer)
            .await
            .unwrap_or(Err(SecretError::Late))
    }
}

/// The keyring for the time of one question.
struct Opened {
    keyring: system::Keyring,
    service: Arc<str>,
    limit: usize,
}

impl Opened {
    fn entry(&self, entry: &str) -> Result<keyring_core::Entry, SecretError> {
        self.keyring
            .entry(&self.service, entry)
            .map_err(|error| self.keyring.fault(&error))
    }
}

impl Entries for Opened {
    fn limit(&self) -> usize {
        self.limit
    }

    fn read(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        match self.entry(entry)?.get_secret() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            // Some keyrings say so when they could not look.
            Err(keyring::Error::NoEntry) => self.keyring.sure_of_absence().map(|()| None),
            Err(error) => Err(self.keyring.fault(&error)),
        }
    }

    fn write(&self, entry: &str, value: &[u8]) -> Result<(), SecretError> {
        self.entry(entry)?
            .set_secret(value)
            .map_err(|error| self.keyring.fault(&error))
    }

    fn remove(&self, entry: &str) -> Result<bool, SecretError> {
        match self.entry(entry)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring::Error::NoEntry) => self.keyring.sure_of_absence().map(|()| false),
            Err(error) => Err(self.keyring.fault(&error)),
        }
    }
}

#[cfg(any(target_os = "windows", target_os = "macos"))]
mod system {
    use super::super::{Ask, SecretError};
    use std::collections::HashMap;

    /// Windows takes 2560 bytes. The Keychain takes any length, and may ask the person once per entry.
    pub(super) const ENTRY_LIMIT: usize = if cfg!(target_os = "windows") {
        2560
    } else {
        1 << 20
    };

    pub(super) struct Keyring(());

    /// Neither system lets us ask without a dialog through this interface.
    pub(super) fn open(_ask: Ask) -> Result<Keyring, SecretError> {
        match keyring::Entry::store_status() {
            Ok(()) => Ok(Keyring(())),
            Err(_) => Err(SecretError::Absent),
        }
    }

    impl Keyring {
        pub(super) fn entry(&self, service: &str, entry: &str) -> keyring::Result<keyring_core::Entry> {
            // Not to other computers with a roaming profile: the token belongs to this desk.
            let modifiers: HashMap<&str, &str> = if cfg!(target_os = "windows") {
                HashMap::from([("persistence", "Local")])
            } else {
                HashMap::new()
            };
            keyring_core::Entry::new_with_modifiers(service, entry, &modifiers)
        }

        pub(super) fn sure_of_absence(&self) -> Result<(), SecretError> {
            Ok(())
        }

        pub(super) fn fault(&self, error: &keyring::Error) -> SecretError {
            match error {
                keyring::Error::NoStorageAccess(_) if cfg!(target_os = "windows") => SecretError::Absent,
                keyring::Error::NoStorageAccess(_) => SecretError::Locked,
                keyring::Error::NoDefaultStore => SecretError::Absent,
                keyring::Error::TooLong(..) => SecretError::TooLong,
                // Its text can hold no value: values travel in `BadEncoding` and `BadDataFormat` only.
                keyring::Error::PlatformFailure(cause) => SecretError::Failed(cause.to_string()),
                // `keyring`'s enum is open.
                keyring::Error::NoEntry
                | keyring::Error::BadEncoding(_)
                | keyring::Error::BadDataFormat(..)
                | keyring::Error::BadStoreFormat(_)
                | keyring::Error::Invalid(..)
                | keyring::Error::Ambiguous(_)
                | keyring::Error::NotSupportedByStore(_)
                | _ => SecretError::Failed("unexpected answer".to_owned()),
            }
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    use super::super::{Ask, SecretError};
    use keyring_core::api::CredentialStoreApi as _;
    use std::sync::Arc;
    use zbus::zvariant::OwnedObjectPath;
    use zbus_secret_service_keyring_store::Store;

    /// The Secret Service takes any length. Windows' limit is kept all the same, so that there is one way of
    /// storing, and it is the one in daily use.
    pub(super) const ENTRY_LIMIT: usize = 2560;

    pub(super) struct Keyring {
        store: Arc<Store>,
        bus: zbus::blocking::Connection,
    }

    pub(super) fn open(ask: Ask) -> Result<Keyring, SecretError> {
        let bus = zbus::blocking::Connection::session().map_err(|_| SecretError::Absent)?;
        match (collection(&bus)?, ask) {
            (Collection::Missing, _) => return Err(SecretError::Absent),
            (Collection::Locked, Ask::Quietly) => return Err(SecretError::Locked),
            (Collection::Locked, Ask::MayPrompt) | (Collection::Open, _) => {}
        }
        let store = Store::new().map_err(|_| SecretError::Absent)?;
        Ok(Keyring { store, bus })
    }

    impl Keyring {
        pub(super) fn entry(&self, service: &str, entry: &str) -> keyring::Result<keyring_core::Entry> {
            self.store.build(service, entry, None)
        }

        /// The Secret Service says "no such item" also when it has no collection to look in, and some do when
        /// the collection is locked (`facts/desktop-tests.md`, section 5).
        pub(super) fn sure_of_absence(&self) -> Result<(), SecretError> {
            match collection(&self.bus)? {
                Collection::Missing => Err(SecretError::Absent),
                Collection::Locked => Err(SecretError::Locked),
                Collection::Open => Ok(()),
            }
        }

        pub(super) fn fault(&self, error: &keyring::Error) -> SecretError {
            match error {
                // A prompt that was dismissed or could not be shown, or a collection that vanished.
                keyring::Error::NoStorageAccess(_) => match self.sure_of_absence() {
                    Ok(()) => SecretError::Locked,
                    Err(error) => error,
                },
                keyring::Error::NoDefaultStore => SecretError::Absent,
                keyring::Error::TooLong(..) => SecretError::TooLong,
                // Its text can hold no value: values travel in `BadEncoding` and `BadDataFormat` only.
                keyring::Error::PlatformFailure(cause) => SecretError::Failed(cause.to_string()),
                keyring::Error::Ambiguous(_) => SecretError::Damaged,
                // `keyring`'s enum is open.
                keyring::Error::NoEntry
                | keyring::Error::BadEncoding(_)
                | keyring::Error::BadDataFormat(..)
                | keyring::Error::BadStoreFormat(_)
                | keyring::Error::Invalid(..)
                | keyring::Error::NotSupportedByStore(_)
                | _ => SecretError::Failed("unexpected answer".to_owned()),
            }
        }
    }

    enum Collection {
        Missing,
        Locked,
        Open,
    }

    /// The state of the collection new items go to. Asks without a dialog.
    fn collection(bus: &zbus::blocking::Connection) -> Result<Collection, SecretError> {
        const NAME: &str = "org.freedesktop.secrets";
        let service = zbus::blocking::Proxy::new(
            bus,
            NAME,
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service",
        )
        .map_err(|error| unreachable(&error))?;
        let path: OwnedObjectPath = service
            .call("ReadAlias", &("default",))
            .map_err(|error| unreachable(&error))?;
        if path.as_str() == "/" {
            return Ok(Collection::Missing);
        }
        let collection = zbus::blocking::Proxy::new(bus, NAME, path, "org.freedesktop.Secret.Collection")
            .map_err(|error| unreachable(&error))?;
        let locked: bool = collection
            .get_property("Locked")
            .map_err(|error| unreachable(&error))?;
        Ok(if locked {
            Collection::Locked
        } else {
            Collection::Open
        })
    }

    /// No bus, no service, or one that went away in between: all of them mean that there is no keyring now.
    fn unreachable(error: &zbus::Error) -> SecretError {
        tracing::debug!(%error, "the Secret Service could not be asked");
        SecretError::Absent
    }
}
