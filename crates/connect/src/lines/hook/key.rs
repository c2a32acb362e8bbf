//! `hook.json`: where the listener is, and the token.
//!
//! Both stay the same over restarts, so that a program that knows only a fixed address and header can be set
//! up once. They live and die together: when the port is taken by another program, that program may have been
//! sent the token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(super) const FILE: &str = "hook.json";

/// Random bytes in a token.
const TOKEN_BYTES: usize = 32;

/// `{"v":1,"port":N,"token":"…"}`
#[derive(Serialize, Deserialize)]
pub(super) struct KeyFile {
    v: u32,
    pub(super) port: u16,
    token: String,
}

impl KeyFile {
    pub(super) fn new(port: u16, token: &SecretString) -> Self {
        Self {
            v: 1,
            port,
            token: token.expose_secret().into(),
        }
    }

    /// What an earlier run left, if nobody else could read it.
    pub(super) fn read(data_dir: &Path) -> Option<Self> {
        let path = data_dir.join(FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let found = std::fs::symlink_metadata(&path).ok()?;
            let is_ours = found.is_file() && found.uid() == rustix::process::geteuid().as_raw();
            if !is_ours || found.mode() & 0o077 != 0 {
                return None;
            }
        }
        Self::parse(&std::fs::read(path).ok()?)
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let file: Self = serde_json::from_slice(text).ok()?;
        let is_whole = URL_SAFE_NO_PAD
            .decode(&file.token)
            .is_ok_and(|token| token.len() == TOKEN_BYTES);
        (file.v == 1 && file.port != 0 && is_whole).then_some(file)
    }

    pub(super) fn token(&self) -> SecretString {
        self.token.clone().into()
    }
}

/// A new token: 256 random bits.
pub(super) fn new_token() -> Result<SecretString, getrandom::Error> {
    let mut bytes = zeroize::Zeroizing::new([0; TOKEN_BYTES]);
    getrandom::fill(&mut *bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(*bytes).into())
}
