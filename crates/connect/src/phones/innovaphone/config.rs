//! Settings of the adapter, parsed once into valid values.

use crate::phones::tls::Tls;
use crate::phones::{ConfigError, net};
use std::fmt;
use std::time::Duration;

/// The standard phone system of a box; others have another name there.
const MODULE: &str = "PBX0";

/// The settings as they are written in the file; [`InnovaphoneConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct InnovaphoneSettings {
    pub host: String,
    /// 0: 443, without TLS 80.
    pub port: u16,
    /// `system`, `off`, or `pin:` and the SHA-256 fingerprint of the server's certificate.
    pub tls: String,
    /// The person's name there: with myApps the SIP name, with SOAP the long name.
    pub user: String,
    /// `myapps` or `soap`.
    pub interface: String,
    /// Name of an app that lets the person use `PbxApi`; empty: none.
    pub app: String,
    /// Whether a Teams call is added as a call of the person.
    pub alien_calls: bool,
    /// `documented` or `any`.
    pub activities: String,
}

/// The name is personal.
impl fmt::Debug for InnovaphoneSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnovaphoneSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("interface", &self.interface)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// The web socket of the vendor's own client: firmware 13 and later.
    MyApps,
    /// The older interface, on every box.
    Soap,
}

/// Which activities are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activities {
    /// The four that the vendor's page names for `SetOwnPresence`.
    Documented,
    /// Also `meeting` and `on-the-phone`. Whether a phone system takes them is not known; the read-back tells.
    Any,
}

/// A phone system's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Without brackets.
    pub host: String,
    pub port: u16,
    pub module: String,
}

impl Endpoint {
    /// `host:port/module`, as the phone system names its standby. A module is a plain word.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, module) = text.trim().split_once('/')?;
        let (host, port) = address.rsplit_once(':')?;
        Self::new(host, port, module)
    }

    /// `None` for what is no address.
    pub fn new(host: &str, port: &str, module: &str) -> Option<Self> {
        let port = port.trim().parse().ok().filter(|port| *port != 0)?;
        let module = if module.is_empty() { MODULE } else { module };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = module.len() <= 64 && module.chars().all(is_plain) && !module.starts_with('.');
        fits.then_some(Self {
            host: net::host(host)?.to_owned(),
            port,
            module: module.to_owned(),
        })
    }
}

/// As [`Endpoint::parse`] reads it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", net::in_address(&self.host), self.port, self.module)
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
    /// A sign of life is asked for when nothing was heard for so long. What the phone system itself wants is not
    /// known.
    pub ping: Duration,
    /// For a person to confirm the sign-in on another device.
    pub second_factor: Duration,
    /// Forwards are read at this pace: nothing tells of a change.
    pub fields: Duration,
    /// Before an app that did not let us in is asked again.
    pub app_again: Duration,
    /// SOAP: how long a poll may take. The phone system answers after about 60 s when there is nothing new.
    pub poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            confirm: Duration::from_secs(4),
            ping: Duration::from_secs(30),
            second_factor: Duration::from_secs(300),
            fields: Duration::from_secs(60),
            app_again: Duration::from_secs(600),
            poll: Duration::from_secs(90),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct InnovaphoneConfig {
    pub endpoint: Endpoint,
    pub tls: Tls,
    pub user: String,
    pub interface: Interface,
    pub app: Option<String>,
    pub alien_calls: bool,
    pub activities: Activities,
    pub timing: Timing,
}

impl fmt::Debug for InnovaphoneConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnovaphoneConfig")
            .field("endpoint", &self.endpoint)
            .field("tls", &self.tls)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl InnovaphoneConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &InnovaphoneSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let host = net::host(&settings.host).ok_or(bad("host", "it is no host name or address"))?;
        let tls = Tls::parse(&settings.tls).ok_or(bad("tls", "it is neither system, off nor pin:SHA256"))?;
        let user = settings.user.trim();
        if user.is_empty() || user.len() > 120 || user.contains(char::is_control) {
            return Err(bad("user", "it is empty or too long"));
        }
        let interface = match settings.interface.trim() {
            "myapps" | "" => Interface::MyApps,
            "soap" => Interface::Soap,
            _ => return Err(bad("interface", "it is neither myapps nor soap")),
        };
        let activities = match settings.activities.trim() {
            "documented" | "" => Activities::Documented,
            "any" => Activities::Any,
            _ => return Err(bad("activities", "it is neither documented nor any")),
        };
        let app = settings.app.trim();
        if app.len() > 120 || app.contains(char::is_control) {
            return Err(bad("app", "it is too long"));
        }
        if settings.alien_calls && app.is_empty() {
            return Err(bad("app", "without an app no call can be added"));
        }
        let port = match (settings.port, &tls) {
            (0, Tls::Off) => 80,
            (0, Tls::System | Tls::Pinned(_)) => 443,
            (port, _) => port,
        };
        Ok(Self {
            endpoint: Endpoint {
                host: host.to_owned(),
                port,
                module: MODULE.to_owned(),
            },
            tls,
            user: user.to_owned(),
            interface,
            app: (!app.is_empty()).then(|| app.to_owned()),
            alien_calls: settings.alien_calls,
            activities,
            timing: Timing::default(),
        })
    }

    /// Stable name of this person on this system.
    pub fn key(&self) -> String {
        format!(
            "innovaphone:{}:{}/{}",
            self.endpoint.host.to_ascii_lowercase(),
            self.endpoint.port,
            self.user
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> InnovaphoneSettings {
        InnovaphoneSettings {
            host: "pbx.example.de".into(),
            user: "anna.berg".into(),
            ..InnovaphoneSettings::default()
        }
    }

    fn parsed(change: impl FnOnce(&mut InnovaphoneSettings)) -> Result<InnovaphoneConfig, &'static str> {
        let mut settings = settings();
        change(&mut settings);
        InnovaphoneConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn the_usual_settings() {
        let config = parsed(|_| {}).unwrap();
        assert_eq!(config.endpoint.to_string(), "pbx.example.de:443/PBX0");
        assert_eq!((config.interface, config.app), (Interface::MyApps, None));
        assert_eq!(
            parsed(|_| {}).unwrap().key(),
            "innovaphone:pbx.example.de:443/anna.berg"
        );
        assert_eq!(parsed(|s| s.tls = "off".into()).unwrap().endpoint.port, 80);
    }

    #[test]
    fn impossible_settings_are_named() {
        assert_eq!(parsed(|s| s.host = "a b".into()).unwrap_err(), "host");
        assert_eq!(parsed(|s| s.user = " ".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.tls = "any".into()).unwrap_err(), "tls");
        assert_eq!(parsed(|s| s.interface = "rest".into()).unwrap_err(), "interface");
        assert_eq!(parsed(|s| s.activities = "all".into()).unwrap_err(), "activities");
        assert_eq!(parsed(|s| s.alien_calls = true).unwrap_err(), "app");
    }

    #[test]
    fn places_are_read_as_they_are_written() {
        for text in ["standby.example.com:443/PBX0", "[::1]:8443/PBX-2"] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), text);
        }
        for odd in [
            "",
            "a",
            "a:1",
            "a/PBX0",
            "a:0/PBX0",
            "a:x/PBX0",
            "a b:1/PBX0",
            "a:1/../x",
            "a:1/x?y",
        ] {
            assert_eq!(Endpoint::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_name_does_not_show() {
        let shown = format!("{:?} {:?}", settings(), parsed(|_| {}).unwrap());
        assert!(!shown.contains("anna"), "{shown}");
    }
}
