//! `deskphones.json`: the key from which each phone's token is made.
//!
//! A token is an HMAC of the phone's name, so there is nothing to keep per phone: another name is another token, and a new
//! key makes all of them anew.

use crate::control::place::{PlaceError, private_folder, write_private_json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "deskphones.json";
const KEY_BYTES: usize = 32;
/// Of the HMAC: 128 bits, in 22 characters, so that an address stays short.
const TOKEN_BYTES: usize = 16;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
    #[error(transparent)]
    File(#[from] PlaceError),
}

/// `{"v":1,"key":"…"}`
#[derive(Serialize, Deserialize)]
struct KeyFile {
    v: u32,
    key: String,
}

pub(super) struct Key(SecretString);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    pub(super) fn token(&self, name: &str) -> SecretString {
        let made = Hmac::<sha2::Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).map(|mac| {
            let digest = mac.chain_update(name).finalize().into_bytes();
            URL_SAFE_NO_PAD.encode(digest.get(..TOKEN_BYTES).unwrap_or(&digest))
        });
        // An HMAC takes a key of any length.
        made.unwrap_or_default().into()
    }
}

/// What an earlier run left, else a new one.
pub(super) fn load(data_dir: &Path) -> Result<Key, KeyError> {
    match read(&data_dir.join(FILE)) {
        Some(key) => Ok(key),
        None => write(data_dir),
    }
}

pub(super) fn renew(data_dir: &Path) -> Result<(), KeyError> {
    write(data_dir).map(|_| ())
}

/// If nobody else could read it.
fn read(path: &Path) -> Option<Key> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::symlink_metadata(path).ok()?;
        let is_ours = found.is_file() && found.uid() == rustix::process::geteuid().as_raw();
        if !is_ours || found.mode() & 0o077 != 0 {
            return None;
        }
    }
    parse(&std::fs::read(path).ok()?)
}

pub(super) fn parse(text: &[u8]) -> Option<Key> {
    let file: KeyFile = serde_json::from_slice(text).ok()?;
    let is_whole = URL_SAFE_NO_PAD
        .decode(&file.key)
        .is_ok_and(|key| key.len() == KEY_BYTES);
    (file.v == 1 && is_whole).then(|| Key(file.key.into()))
}

fn write(data_dir: &Path) -> Result<Key, KeyError> {
    let data_dir = private_folder(data_dir)?;
    let mut bytes = zeroize::Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *bytes).map_err(KeyError::Random)?;
    let key = URL_SAFE_NO_PAD.encode(*bytes);
    let file = KeyFile {
        v: 1,
        key: key.clone(),
    };
    write_private_json(&data_dir.join(FILE), &file)?;
    Ok(Key(key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(key: &Key, name: &str) -> String {
        key.token(name).expose_secret().to_owned()
    }

    #[test]
    fn a_token_stays_over_restarts_and_is_another_for_each_phone_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path()).unwrap();
        let again = load(folder.path()).unwrap();
        assert_eq!(token(&first, "desk"), token(&again, "desk"));
        assert_eq!(token(&first, "desk").len(), 22);
        assert_ne!(token(&first, "desk"), token(&first, "home"));
        renew(folder.path()).unwrap();
        let renewed = load(folder.path()).unwrap();
        assert_ne!(token(&first, "desk"), token(&renewed, "desk"));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_could_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let second = load(folder.path()).unwrap();
        assert_ne!(token(&first, "desk"), token(&second, "desk"));
    }
}
