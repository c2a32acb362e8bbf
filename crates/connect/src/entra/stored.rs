//! The sign-in as it rests in the secret store: one value, so that token and account cannot disagree.

use super::config::EntraConfig;
use offhook_engine::teams::{Account, Right};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    /// A refresh token is worth nothing to another application or at another place.
    login: String,
    client_id: String,
    refresh_token: Zeroizing<String>,
    key: String,
    name: String,
    address: String,
    rights: Vec<Right>,
}

/// What was found in the store.
pub(super) enum Found {
    Usable {
        account: Account,
        refresh: SecretString,
    },
    /// Of another registration or cloud than the settings name now.
    Foreign(Account),
    Damaged,
}

pub(super) fn write(config: &EntraConfig, account: &Account, refresh: &SecretString) -> SecretString {
    let stored = Stored {
        v: 1,
        login: config.login().to_string(),
        client_id: config.client_id().to_owned(),
        refresh_token: Zeroizing::new(refresh.expose_secret().to_owned()),
        key: account.key.clone(),
        name: account.name.clone(),
        address: account.address.clone(),
        rights: account.rights.clone(),
    };
    // Only maps with odd keys can fail, and there are none.
    serde_json::to_string(&stored).unwrap_or_default().into()
}

pub(super) fn read(config: &EntraConfig, text: &SecretString) -> Found {
    let Ok(stored) = serde_json::from_str::<Stored>(text.expose_secret()) else {
        return Found::Damaged;
    };
    if stored.v != 1 {
        return Found::Damaged;
    }
    let account = Account {
        key: stored.key,
        name: stored.name,
        address: stored.address,
        rights: stored.rights,
    };
    if stored.login != config.login().as_str() || stored.client_id != config.client_id() {
        return Found::Foreign(account);
    }
    Found::Usable {
        account,
        refresh: stored.refresh_token.as_str().into(),
    }
}

/// What the store holds, for those who only look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtRest {
    Nobody,
    /// Of another registration or cloud than the settings name now.
    Foreign,
    Damaged,
    /// Somebody is signed in, with these rights.
    Account(Vec<Right>),
}

/// Looks at what the store gave.
pub fn at_rest(config: &EntraConfig, stored: Option<&SecretString>) -> AtRest {
    match stored.map(|text| read(config, text)) {
        None => AtRest::Nobody,
        Some(Found::Foreign(_)) => AtRest::Foreign,
        Some(Found::Damaged) => AtRest::Damaged,
        Some(Found::Usable { account, .. }) => AtRest::Account(account.rights),
    }
}
