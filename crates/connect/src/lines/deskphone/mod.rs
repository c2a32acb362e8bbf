//! Desk phones that call an address when something happens to a call: Snom, Yealink and Grandstream by GET, Poly by POST
//! with XML (facts/call-sources.md, section 4.9).
//!
//! | file | what |
//! |---|---|
//! | [`addresses`] | what the person enters at the phone: one address per event |
//! | [`event`] | what a request says; pure |
//! | [`poly`] | what Poly's XML says; pure |
//! | [`calls`] | the calls and the do not disturb of each phone; pure |
//! | [`guard`] | which requests are let in; pure |
//! | [`listener`] | the door in the local network |
//! | [`key`] | `deskphones.json`: from what the phones' tokens are made |
//!
//! A phone can't reach the loopback addresses, so this is a door of its own beside the hook's, shut unless switched on. It
//! takes call states and the phone's do not disturb, and tells nothing: every answer is empty.

pub mod addresses;
mod calls;
mod event;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guard;
mod key;
mod listener;
mod poly;

#[cfg(test)]
mod tests;

pub use key::KeyError;

use crate::port::{LineEvents, LineHandle};
use secrecy::SecretString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "deskphone";

/// So many phones one person has at most.
pub const MOST_PHONES: usize = 8;

/// One phone, as the person has named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    pub name: String,
    /// Only from there, where it is given.
    pub from: Option<IpAddr>,
}

impl Phone {
    /// `NAME` or `NAME@ADDRESS`; a name has up to 32 letters, digits, dots, hyphens and underscores.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, from) = match text.split_once('@') {
            Some((name, from)) => (name, Some(from.parse().ok()?)),
            None => (text, None),
        };
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        (is_plain && (1..=32).contains(&name.len())).then(|| Self {
            name: name.to_owned(),
            from,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskphoneConfig {
    /// `address:port` of this computer to listen at.
    pub address: String,
    pub phones: Vec<Phone>,
    /// Where [`key`] keeps its file.
    pub data_dir: PathBuf,
    /// Counts the times that all addresses were made anew, so that the door opens with the new ones.
    pub renewed: u32,
}

impl DeskphoneConfig {
    /// Each phone with its token.
    ///
    /// # Errors
    /// When there is no randomness or the file can't be written.
    pub(crate) fn tokens(&self) -> Result<Vec<(Phone, SecretString)>, KeyError> {
        let key = key::load(&self.data_dir)?;
        let phones = self.phones.iter();
        Ok(phones
            .map(|phone| (phone.clone(), key.token(&phone.name)))
            .collect())
    }

    /// Makes all addresses anew; who knows only the old ones is out.
    ///
    /// # Errors
    /// As [`DeskphoneConfig::tokens`].
    pub(crate) fn renew(&self) -> Result<(), KeyError> {
        key::renew(&self.data_dir)
    }
}

/// Starts the source. It goes on trying until the handle is dropped.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: DeskphoneConfig, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(listener::run(
        config,
        listener::Pace::default(),
        events,
        received,
        Arc::default(),
    ));
    LineHandle { commands, task }
}
