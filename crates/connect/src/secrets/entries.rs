//! What a keyring is to us: small named values, each replaced as a whole.

use super::SecretError;
use zeroize::Zeroizing;

/// Small named values. Each call blocks; each value is replaced as a whole or not at all.
pub(crate) trait Entries {
    /// The longest value one entry takes, in bytes.
    fn limit(&self) -> usize;
    /// `None`: definitely not there.
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError>;
    fn write(&self, entry: &str, value: &[u8]) -> Result<(), SecretError>;
    /// `false`: there was none.
    fn remove(&self, entry: &str) -> Result<bool, SecretError>;
}
