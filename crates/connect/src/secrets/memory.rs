//! The store of tests: as strict as a keyring with short entries, and failing on demand.

use super::entries::Entries;
use super::{SecretError, SecretName, parts};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// What a [`MemoryStore`] is to fail with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Every question.
    Always(SecretError),
    /// Every write and removal; reading works.
    Writing(SecretError),
    /// The writes and removals after this many more.
    After(usize, SecretError),
}

/// Keeps values in memory, cut to entries of `limit` bytes as on Windows.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    limit: usize,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: BTreeMap<String, Zeroizing<Vec<u8>>>,
    trouble: Option<Trouble>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_limit(2560)
    }
}

impl MemoryStore {
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            inner: Arc::default(),
        }
    }

    /// From now on; `None` ends it.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.lock().trouble = trouble;
    }

    /// The names of all entries, parts included.
    pub fn entry_names(&self) -> Vec<String> {
        self.lock().entries.keys().cloned().collect()
    }

    /// Puts raw bytes into an entry, past all checks.
    pub fn spoil(&self, entry: &str, value: &[u8]) {
        self.lock()
            .entries
            .insert(entry.to_owned(), Zeroizing::new(value.to_vec()));
    }

    pub(super) fn load(&self, name: &SecretName) -> Result<Option<SecretString>, SecretError> {
        let value = parts::load(self, name.as_str())?;
        Ok(value.map(|text| SecretString::from(text.as_str())))
    }

    pub(super) fn save(&self, name: &SecretName, value: &SecretString) -> Result<(), SecretError> {
        parts::save(self, name.as_str(), value.expose_secret())
    }

    pub(super) fn delete(&self, name: &SecretName) -> Result<(), SecretError> {
        parts::delete(self, name.as_str())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn may_write(&mut self) -> Result<(), SecretError> {
        match &mut self.trouble {
            None => Ok(()),
            Some(Trouble::Always(error) | Trouble::Writing(error)) => Err(error.clone()),
            Some(Trouble::After(0, error)) => Err(error.clone()),
            Some(Trouble::After(left, _)) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

impl Entries for MemoryStore {
    fn limit(&self) -> usize {
        self.limit
    }

    fn read(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        let inner = self.lock();
        if let Some(Trouble::Always(error)) = &inner.trouble {
            return Err(error.clone());
        }
        Ok(inner.entries.get(entry).cloned())
    }

    fn write(&self, entry: &str, value: &[u8]) -> Result<(), SecretError> {
        let mut inner = self.lock();
        inner.may_write()?;
        if value.len() > self.limit {
            return Err(SecretError::TooLong);
        }
        inner
            .entries
            .insert(entry.to_owned(), Zeroizing::new(value.to_vec()));
        Ok(())
    }

    fn remove(&self, entry: &str) -> Result<bool, SecretError> {
        let mut inner = self.lock();
        inner.may_write()?;
        Ok(inner.entries.remove(entry).is_some())
    }
}
