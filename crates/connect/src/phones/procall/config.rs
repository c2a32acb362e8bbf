//! Settings of the adapter, parsed once into valid values.

use crate::phones::ConfigError;
use crate::phones::net;
use crate::phones::tls::Tls;
use reqwest::Url;
use std::fmt;
use std::time::Duration;

/// The settings as they are written in the file; [`ProcallConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProcallSettings {
    pub host: String,
    /// 0: 7225, without TLS 7224.
    pub port: u16,
    /// `system`, `off`, or `pin:` and the SHA-256 fingerprint of the server's certificate.
    pub tls: String,
    /// The user's name in ProCall.
    pub user: String,
    /// Which of the own lines do not disturb and forwarding go by: its number, its end, or its address. Empty: the
    /// primary one.
    pub extension: String,
    /// `quiet` or `ignore`: when ProCall's own Teams integration serves this person.
    pub own_teams: String,
}

/// Login, line and host are personal or none of a log's business.
impl fmt::Debug for ProcallSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcallSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("own_teams", &self.own_teams)
            .finish_non_exhaustive()
    }
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one answer.
    pub answer: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between reads while a written value is waited for.
    pub look: Duration,
    /// Between signs of life.
    pub keep_alive: Duration,
    /// The same after a connection that the server has ended: the pace of the vendor's own sample.
    pub keep_alive_often: Duration,
    /// Presence and note are read at this pace: whether an older server tells of them is not known.
    pub fields: Duration,
    /// Several events about one change come together.
    pub settle: Duration,
    /// An absent state of ours ends by itself after so long, unless it is renewed: the dead-man's switch.
    pub span: Duration,
    /// Renewed at this pace.
    pub renew: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            confirm: Duration::from_secs(4),
            look: Duration::from_millis(250),
            keep_alive: Duration::from_secs(30),
            keep_alive_often: Duration::from_secs(5),
            fields: Duration::from_secs(60),
            settle: Duration::from_millis(100),
            span: Duration::from_secs(600),
            renew: Duration::from_secs(240),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct ProcallConfig {
    pub host: String,
    pub port: u16,
    /// `https://HOST:PORT/`
    pub base: Url,
    pub tls: Tls,
    pub user: String,
    pub line: Option<String>,
    /// Nothing is done while ProCall's own Teams integration shows for the person.
    pub yields_to_teams: bool,
    pub timing: Timing,
}

impl fmt::Debug for ProcallConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcallConfig")
            .field("base", &self.base.as_str())
            .field("tls", &self.tls)
            .field("yields_to_teams", &self.yields_to_teams)
            .finish_non_exhaustive()
    }
}

impl ProcallConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &ProcallSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let no_host = || bad("host", "it is no host name or address");
        let host = net::host(&settings.host).ok_or_else(no_host)?.to_owned();
        let tls = Tls::parse(&settings.tls).ok_or(bad("tls", "it is neither system, off nor pin:SHA256"))?;
        let fits = |text: &str| text.len() <= 120 && !text.contains(char::is_control);
        let user = settings.user.trim();
        // A colon would end the name in the header that carries it.
        if user.is_empty() || !fits(user) || user.contains(':') {
            return Err(bad("user", "it is empty, too long or has a colon"));
        }
        let line = settings.extension.trim();
        if !fits(line) {
            return Err(bad("extension", "it is too long"));
        }
        let yields_to_teams = match settings.own_teams.trim() {
            "quiet" | "" => true,
            "ignore" => false,
            _ => return Err(bad("own_teams", "it is neither quiet nor ignore")),
        };
        let (scheme, usual) = if tls == Tls::Off {
            ("http", 7224)
        } else {
            ("https", 7225)
        };
        let port = if settings.port == 0 { usual } else { settings.port };
        let base = Url::parse(&format!("{scheme}://{}:{port}/", net::in_address(&host)));
        Ok(Self {
            base: base.map_err(|_| no_host())?,
            host,
            port,
            tls,
            user: user.to_owned(),
            line: (!line.is_empty()).then(|| line.to_owned()),
            yields_to_teams,
            timing: Timing::default(),
        })
    }

    /// Stable name of this person on this system.
    pub fn key(&self) -> String {
        format!(
            "procall:{}:{}/{}",
            self.host.to_ascii_lowercase(),
            self.port,
            self.user
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(change: impl FnOnce(&mut ProcallSettings)) -> Result<ProcallConfig, &'static str> {
        let mut settings = ProcallSettings {
            host: "ucserver.example.de".into(),
            user: "alice".into(),
            ..ProcallSettings::default()
        };
        change(&mut settings);
        ProcallConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn the_usual_settings() {
        let config = parsed(|_| {}).unwrap();
        assert_eq!(config.base.as_str(), "https://ucserver.example.de:7225/");
        assert!(config.yields_to_teams && config.line.is_none());
        assert_eq!(config.key(), "procall:ucserver.example.de:7225/alice");
        let plain = parsed(|s| s.tls = "off".into()).unwrap();
        assert_eq!(plain.base.as_str(), "http://ucserver.example.de:7224/");
        let other = parsed(|s| (s.host, s.port) = ("::1".into(), 8443)).unwrap();
        assert_eq!((other.base.as_str(), other.port), ("https://[::1]:8443/", 8443));
    }

    #[test]
    fn impossible_settings_are_named() {
        assert_eq!(parsed(|s| s.host = "a b".into()).unwrap_err(), "host");
        assert_eq!(parsed(|s| s.user = " ".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.user = "a:b".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.tls = "any".into()).unwrap_err(), "tls");
        assert_eq!(parsed(|s| s.own_teams = "loud".into()).unwrap_err(), "own_teams");
        assert_eq!(
            parsed(|s| s.extension = "\n1\n2".into()).unwrap_err(),
            "extension"
        );
    }

    #[test]
    fn login_and_line_do_not_show() {
        let settings = ProcallSettings {
            host: "ucserver.example.de".into(),
            user: "planted-user".into(),
            extension: "planted-line".into(),
            ..ProcallSettings::default()
        };
        let shown = format!("{settings:?} {:?}", ProcallConfig::parse(&settings).unwrap());
        assert!(!shown.contains("planted"), "{shown}");
    }
}
