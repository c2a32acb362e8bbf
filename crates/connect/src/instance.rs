//! One instance per data directory: an OS file lock, never the socket's existence.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Held for as long as the program runs; the system lets go of it however the program ends.
#[derive(Debug)]
pub struct Instance {
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    #[error("Offhook is running already for this data folder")]
    Running,
    #[error("the data folder can't be used: {0}")]
    Folder(#[from] io::Error),
}

impl Instance {
    /// # Errors
    /// Another instance runs, or the folder can't be written.
    pub fn take(data_dir: &Path) -> Result<Self, InstanceError> {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(data_dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(InstanceError::Running),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let first = Instance::take(folder.path()).unwrap();
        assert!(matches!(
            Instance::take(folder.path()),
            Err(InstanceError::Running)
        ));
        drop(first);
        assert!(Instance::take(folder.path()).is_ok());
    }
}
