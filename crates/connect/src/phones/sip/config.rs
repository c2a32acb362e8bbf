//! Settings of the adapter, parsed once into valid values.

use crate::phones::ConfigError;
use crate::phones::net;
use crate::phones::tls::Tls;
use std::fmt;
use std::time::Duration;

/// The settings as they are written in the file; [`SipConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SipSettings {
    pub host: String,
    /// 0: 5060, with TLS 5061.
    pub port: u16,
    /// `system`, `off`, or `pin:` and the SHA-256 fingerprint of the server's certificate.
    pub tls: String,
    /// `udp` or `tcp`, where there is no TLS.
    pub transport: String,
    /// The SIP user (the name that goes with the password).
    pub user: String,
    /// The own number there. Empty: as the user.
    pub extension: String,
    /// The part behind the `@`. Empty: the host.
    pub domain: String,
    /// What is subscribed to for the calls; `{extension}` stands for the own number. Empty: the own number.
    pub calls_at: String,
    /// What tells the state of do not disturb. Empty: nothing does.
    pub dnd_state: String,
    /// Dialled to switch it. Empty: this system has none.
    pub dnd_on: String,
    pub dnd_off: String,
    /// The number follows.
    pub forward_on: String,
    pub forward_off: String,
    /// Codes are dialled also where nothing shows what they do.
    pub unconfirmed: bool,
}

/// Login and numbers are personal.
impl fmt::Debug for SipSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
    /// Over TCP.
    Tls,
}

impl Transport {
    /// As a Via has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// What is dialled to switch something. One alone could switch it on and never off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    pub on: String,
    pub off: String,
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one answer, and for the notification that a subscription brings.
    pub answer: Duration,
    /// Before a datagram is sent again the first time (RFC 3261's T1).
    pub again: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between signs of life, while nothing is heard.
    pub keep_alive: Duration,
    /// What a subscription and a publication are asked to last.
    pub expires: Duration,
    /// A dialled code that the server does not end by itself is ended.
    pub hang_up: Duration,
    /// So long after a dialled code the extension may still look busy from it.
    pub settle: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(8),
            again: Duration::from_millis(500),
            confirm: Duration::from_secs(3),
            keep_alive: Duration::from_secs(30),
            expires: Duration::from_secs(600),
            hang_up: Duration::from_secs(10),
            settle: Duration::from_secs(4),
        }
    }
}

/// How much of what an account can do is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Everything,
    /// The calls, and what tells do not disturb from them. Nothing is set.
    Calls,
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct SipConfig {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub transport: Transport,
    pub user: String,
    pub extension: String,
    pub domain: String,
    pub calls_at: String,
    pub dnd_state: Option<String>,
    pub dnd: Option<Codes>,
    pub forward: Option<Codes>,
    /// Codes are dialled also where nothing shows what they do.
    pub unconfirmed: bool,
    pub extent: Extent,
    pub timing: Timing,
}

impl fmt::Debug for SipConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("transport", &self.transport)
            .field("dnd", &self.dnd)
            .finish_non_exhaustive()
    }
}

impl SipConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &SipSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let no_host = bad("host", "it is no host name or address");
        let host = net::host(&settings.host).ok_or(no_host)?.to_owned();
        let tls = Tls::parse(&settings.tls).ok_or(bad("tls", "it is neither system, off nor pin:SHA256"))?;
        let transport = match (settings.transport.trim(), &tls) {
            ("udp" | "tcp" | "", Tls::System | Tls::Pinned(_)) => Transport::Tls,
            ("udp" | "", Tls::Off) => Transport::Udp,
            ("tcp", Tls::Off) => Transport::Tcp,
            _ => return Err(bad("transport", "it is neither udp nor tcp")),
        };
        let user = settings.user.trim();
        if !is_user(user) {
            return Err(bad("user", "it is empty or has other signs than a SIP user"));
        }
        let extension = match settings.extension.trim() {
            "" => user,
            extension if is_user(extension) => extension,
            _ => return Err(bad("extension", "it has other signs than a SIP user")),
        };
        let domain = match settings.domain.trim() {
            "" => host.as_str(),
            domain => net::host(domain).ok_or(bad("domain", "it is no host name or address"))?,
        };
        let watched = |key: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text => {
                let user = text.replace("{extension}", extension);
                is_user(&user)
                    .then_some(Some(user))
                    .ok_or(bad(key, "it has other signs than a SIP user"))
            }
        };
        let code = |key: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text if is_dialled(text) => Ok(Some(text.to_owned())),
            _ => Err(bad(key, "it has other characters than digits, * and #")),
        };
        let codes = |on: (&'static str, &str), off: (&'static str, &str)| -> Result<_, ConfigError> {
            let both = code(on.0, on.1)?.zip(code(off.0, off.1)?);
            Ok(both.map(|(on, off)| Codes { on, off }))
        };
        let usual = if transport == Transport::Tls { 5061 } else { 5060 };
        Ok(Self {
            port: if settings.port == 0 { usual } else { settings.port },
            tls,
            transport,
            user: user.to_owned(),
            extension: extension.to_owned(),
            domain: domain.to_owned(),
            calls_at: watched("calls_at", &settings.calls_at)?.unwrap_or_else(|| extension.to_owned()),
            dnd_state: watched("dnd_state", &settings.dnd_state)?,
            dnd: codes(
                ("dnd_on", settings.dnd_on.as_str()),
                ("dnd_off", settings.dnd_off.as_str()),
            )?,
            forward: codes(
                ("forward_on", settings.forward_on.as_str()),
                ("forward_off", settings.forward_off.as_str()),
            )?,
            unconfirmed: settings.unconfirmed,
            extent: Extent::Everything,
            timing: Timing::default(),
            host,
        })
    }

    /// Without anything that could be set.
    #[must_use]
    pub fn calls_only(self) -> Self {
        Self {
            dnd: None,
            forward: None,
            unconfirmed: false,
            extent: Extent::Calls,
            ..self
        }
    }

    /// The address of somebody, or of a code, in the own domain.
    pub fn uri(&self, user: &str) -> String {
        format!(
            "sip:{}@{}",
            user.replace('#', "%23"),
            net::in_address(&self.domain)
        )
    }

    /// Stable name of this extension on this system.
    pub fn key(&self) -> String {
        format!(
            "sip:{}:{}/{}",
            self.host.to_ascii_lowercase(),
            self.port,
            self.extension
        )
    }
}

/// What stands before the `@`, and in the quotes of a digest. `#` is escaped where it is written.
fn is_user(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!*+#".contains(c);
    (1..=80).contains(&text.len()) && text.chars().all(fits)
}

fn is_dialled(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'*' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(change: impl FnOnce(&mut SipSettings)) -> Result<SipConfig, &'static str> {
        let mut settings = SipSettings {
            host: "pbx.example.de".into(),
            user: "1001".into(),
            dnd_state: "*76{extension}".into(),
            dnd_on: "*78".into(),
            dnd_off: "*79".into(),
            ..SipSettings::default()
        };
        change(&mut settings);
        SipConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn the_usual_settings() {
        let config = parsed(|_| {}).unwrap();
        assert_eq!((config.port, config.transport), (5061, Transport::Tls));
        assert_eq!(config.dnd_state.as_deref(), Some("*761001"));
        assert_eq!(config.uri("*78"), "sip:*78@pbx.example.de");
        assert_eq!(config.uri("#78"), "sip:%2378@pbx.example.de");
        assert_eq!(config.key(), "sip:pbx.example.de:5061/1001");
        let plain = parsed(|s| s.tls = "off".into()).unwrap();
        assert_eq!((plain.port, plain.transport), (5060, Transport::Udp));
        let other = parsed(|s| {
            (s.tls, s.transport) = ("off".into(), "tcp".into());
            (s.host, s.extension, s.domain) = ("::1".into(), "4711".into(), "example.de".into());
        });
        let other = other.unwrap();
        assert_eq!(
            (other.transport, other.calls_at.as_str()),
            (Transport::Tcp, "4711")
        );
        assert_eq!(other.uri("4711"), "sip:4711@example.de");
        let v6 = parsed(|s| s.host = "[::1]".into()).unwrap();
        assert_eq!(v6.uri("1"), "sip:1@[::1]");
    }

    #[test]
    fn one_code_alone_is_none() {
        let config = parsed(|s| s.dnd_off = String::new()).unwrap();
        assert_eq!((config.dnd, config.forward), (None, None));
        assert_eq!(parsed(|s| s.dnd_state = String::new()).unwrap().dnd_state, None);
    }

    #[test]
    fn impossible_settings_are_named() {
        assert_eq!(parsed(|s| s.host = "a b".into()).unwrap_err(), "host");
        assert_eq!(parsed(|s| s.user = String::new()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.user = "a\"b".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.tls = "any".into()).unwrap_err(), "tls");
        assert_eq!(parsed(|s| s.transport = "sctp".into()).unwrap_err(), "transport");
        assert_eq!(parsed(|s| s.extension = "a@b".into()).unwrap_err(), "extension");
        assert_eq!(parsed(|s| s.domain = "a@b".into()).unwrap_err(), "domain");
        assert_eq!(parsed(|s| s.calls_at = "<a>".into()).unwrap_err(), "calls_at");
        assert_eq!(
            parsed(|s| s.dnd_state = "{number}".into()).unwrap_err(),
            "dnd_state"
        );
        assert_eq!(parsed(|s| s.dnd_on = "abc".into()).unwrap_err(), "dnd_on");
        assert_eq!(parsed(|s| s.dnd_off = "*7 9".into()).unwrap_err(), "dnd_off");
        assert_eq!(
            parsed(|s| s.forward_on = "{target}".into()).unwrap_err(),
            "forward_on"
        );
    }

    #[test]
    fn login_and_number_do_not_show() {
        let settings = SipSettings {
            host: "pbx.example.de".into(),
            user: "planted-user".into(),
            extension: "planted-line".into(),
            ..SipSettings::default()
        };
        let shown = format!("{settings:?} {:?}", SipConfig::parse(&settings).unwrap());
        assert!(!shown.contains("planted"), "{shown}");
    }
}
