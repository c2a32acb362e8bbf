//! Settings of the adapter, parsed once into valid values.

use crate::phones::ConfigError;
use crate::phones::net::Place;
use std::fmt;
use std::time::Duration;

/// The settings as they are written in the file; [`CstaConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CstaSettings {
    pub host: String,
    /// There is no usual one.
    pub port: u16,
    pub tls: String,
    /// Who signs in to the link, as Avaya's has it. Empty: nobody.
    pub user: String,
    /// The own device as the phone system names it.
    pub extension: String,
    /// `application` (ECMA-354) or `none`.
    pub session: String,
    /// The number of the edition that is spoken first.
    pub edition: String,
    /// Calls from outside alone are forwarded.
    pub external_only: bool,
}

/// Login and device are personal.
impl fmt::Debug for CstaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CstaSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("session", &self.session)
            .field("edition", &self.edition)
            .field("external_only", &self.external_only)
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
    /// Everything is read at this pace: events may be filtered, and a silent link may be none.
    pub fields: Duration,
    /// A session is asked to last so long; it is renewed when half of what was granted is over.
    pub session: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            confirm: Duration::from_secs(4),
            look: Duration::from_millis(250),
            fields: Duration::from_secs(60),
            session: Duration::from_secs(180),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct CstaConfig {
    pub place: Place,
    pub user: Option<String>,
    pub device: String,
    /// ECMA-354: the link begins with a session that is renewed.
    pub has_session: bool,
    pub edition: u8,
    /// Forwards concern internal calls, too.
    pub internal_too: bool,
    pub timing: Timing,
}

impl fmt::Debug for CstaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CstaConfig")
            .field("place", &self.place)
            .field("has_session", &self.has_session)
            .field("edition", &self.edition)
            .field("internal_too", &self.internal_too)
            .finish_non_exhaustive()
    }
}

impl CstaConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &CstaSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let place = Place::parse(&settings.host, settings.port, &settings.tls, |_tls| None)?;
        let fits = |text: &str| text.len() <= 120 && !text.contains(char::is_control);
        let (user, device) = (settings.user.trim(), settings.extension.trim());
        if !fits(user) {
            return Err(bad("user", "it is too long"));
        }
        if device.is_empty() || !fits(device) {
            return Err(bad("extension", "it is empty or too long"));
        }
        let has_session = match settings.session.trim() {
            "application" | "" => true,
            "none" => false,
            _ => return Err(bad("session", "it is neither application nor none")),
        };
        if !has_session && !user.is_empty() {
            return Err(bad("user", "without a session nobody signs in"));
        }
        let edition = match settings.edition.trim() {
            "" => 4,
            text => text.parse().map_err(|_| bad("edition", "it is no number"))?,
        };
        if !(2..=9).contains(&edition) {
            return Err(bad("edition", "there is no such edition"));
        }
        Ok(Self {
            place,
            user: (!user.is_empty()).then(|| user.to_owned()),
            device: device.to_owned(),
            has_session,
            edition,
            internal_too: !settings.external_only,
            timing: Timing::default(),
        })
    }

    /// Stable name of this device on this system.
    pub fn key(&self) -> String {
        format!("csta:{}/{}", self.place.key(), self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(change: impl FnOnce(&mut CstaSettings)) -> Result<CstaConfig, &'static str> {
        let mut settings = CstaSettings {
            host: "pbx.example.de".into(),
            port: 1040,
            extension: "101".into(),
            ..CstaSettings::default()
        };
        change(&mut settings);
        CstaConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn settings_are_usable_or_named() {
        let config = parsed(|_| {}).unwrap();
        assert!(config.has_session && config.user.is_none() && config.edition == 4);
        assert_eq!(config.key(), "csta:pbx.example.de:1040/101");
        assert!(!parsed(|s| s.session = "none".into()).unwrap().has_session);
        for (change, key) in [
            ((|s| s.port = 0) as fn(&mut CstaSettings), "port"),
            (|s| s.host = "a b".into(), "host"),
            (|s| s.tls = "any".into(), "tls"),
            (|s| s.extension.clear(), "extension"),
            (|s| s.session = "sometimes".into(), "session"),
            (|s| s.edition = "ed4".into(), "edition"),
            (|s| s.edition = "1".into(), "edition"),
            (|s| (s.session, s.user) = ("none".into(), "app".into()), "user"),
        ] {
            assert_eq!(parsed(change).unwrap_err(), key);
        }
        let shown = format!(
            "{:?}",
            parsed(|s| (s.user, s.extension) = ("planted".into(), "planted".into()))
        );
        // The error's place is shown, who it is for is not.
        assert!(!shown.contains("planted"), "{shown}");
    }
}
