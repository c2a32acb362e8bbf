//! Settings of the adapter, parsed once into valid values.

use crate::phones::ConfigError;
use crate::phones::net::{self, Place};
use crate::phones::tls::Tls;
use reqwest::Url;
use std::fmt;
use std::time::Duration;

/// The settings as they are written in the file; [`FreepbxConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FreepbxSettings {
    pub host: String,
    /// 0: 443, without TLS 80.
    pub port: u16,
    pub tls: String,
    /// The person's login at the portal.
    pub user: String,
    pub extension: String,
}

/// Login and extension are personal.
impl fmt::Debug for FreepbxSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreepbxSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// How long things take. Tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one answer.
    pub answer: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between readings while a written value is waited for.
    pub look: Duration,
    /// Between readings. A browser with the portal open asks more often.
    pub read: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            confirm: Duration::from_secs(4),
            look: Duration::from_millis(250),
            read: Duration::from_secs(15),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct FreepbxConfig {
    pub place: Place,
    /// `https://HOST:PORT/ucp/`
    pub base: Url,
    pub user: String,
    pub extension: String,
    pub timing: Timing,
}

impl fmt::Debug for FreepbxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreepbxConfig")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl FreepbxConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &FreepbxSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let place = Place::parse(&settings.host, settings.port, &settings.tls, |tls| {
            Some(if *tls == Tls::Off { 80 } else { 443 })
        })?;
        let (user, extension) = (settings.user.trim(), settings.extension.trim());
        if user.is_empty() || user.len() > 120 || user.contains(char::is_control) {
            return Err(bad("user", "it is empty or too long"));
        }
        let is_number = extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if extension.is_empty() || extension.len() > 40 || !is_number {
            return Err(bad("extension", "it is no extension"));
        }
        let scheme = if place.tls == Tls::Off { "http" } else { "https" };
        let base = format!("{scheme}://{}:{}/ucp/", net::in_address(&place.host), place.port);
        let base = Url::parse(&base).map_err(|_| bad("host", "it is no host name or address"))?;
        Ok(Self {
            place,
            base,
            user: user.to_owned(),
            extension: extension.to_owned(),
            timing: Timing::default(),
        })
    }

    /// Stable name of this extension on this system.
    pub fn key(&self) -> String {
        format!("freepbx:{}/{}", self.place.key(), self.extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(change: impl FnOnce(&mut FreepbxSettings)) -> Result<FreepbxConfig, &'static str> {
        let mut settings = FreepbxSettings {
            host: "pbx.example.de".into(),
            user: "alice".into(),
            extension: "101".into(),
            ..FreepbxSettings::default()
        };
        change(&mut settings);
        FreepbxConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn settings_are_usable_or_named() {
        let config = parsed(|_| {}).unwrap();
        assert_eq!(config.base.as_str(), "https://pbx.example.de/ucp/");
        assert_eq!(config.key(), "freepbx:pbx.example.de:443/101");
        let plain = parsed(|s| s.tls = "off".into()).unwrap();
        assert_eq!(plain.base.as_str(), "http://pbx.example.de/ucp/");
        assert_eq!(parsed(|s| s.user = " ".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.extension = "1&x".into()).unwrap_err(), "extension");
        assert_eq!(parsed(|s| s.host = "a b".into()).unwrap_err(), "host");
        let shown = format!("{:?}", parsed(|s| s.user = "planted".into()).unwrap());
        assert!(!shown.contains("planted"), "{shown}");
    }
}
