//! Settings of the source, parsed once into valid values.

use crate::phones::tls::Tls;
use offhook_engine::fault::{Code, Fault, FaultKind};
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Where Exchange's web services are on every server (the Exchange Status Sync document, "Server").
const PATH: &str = "/EWS/Exchange.asmx";

/// Valid settings. `Debug` shows no login.
#[derive(Clone, PartialEq, Eq)]
pub struct EwsConfig {
    /// Without brackets.
    pub host: String,
    pub port: u16,
    /// Begins with a slash.
    pub path: String,
    pub tls: Tls,
    pub account: Account,
    pub timing: Timing,
}

/// Who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Empty where the user's own name says it (`user@example.com`).
    pub domain: String,
    pub user: String,
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one request, from the first byte sent to the last one read.
    pub answer: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(20),
        }
    }
}

impl fmt::Debug for EwsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EwsConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}

impl Account {
    /// `DOMAIN\user`, or a name that says its domain itself.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (domain, user) = text.split_once('\\').unwrap_or(("", text));
        let odd = |c: char| c.is_control() || c == '\\';
        if user.is_empty() || text.len() > 512 || user.contains(odd) || domain.contains(odd) {
            return None;
        }
        Some(Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
        })
    }

    /// As it is written for Basic.
    pub(super) fn whole(&self) -> String {
        if self.domain.is_empty() {
            self.user.clone()
        } else {
            format!("{}\\{}", self.domain, self.user)
        }
    }
}

impl EwsConfig {
    /// `address`: the whole one, or the server's name alone. `tls`: `system`, or `pin:` and fingerprints.
    ///
    /// # Errors
    /// The setting that can't be used.
    pub fn parse(address: &str, user: &str, tls: &str) -> Result<Self, Fault> {
        let bad = |key: &str| Fault::new(FaultKind::Rejected, Code::CalendarNotConfigured).about(key);
        let no_tls = || Fault::new(FaultKind::Rejected, Code::CalendarTlsNeeded);
        let address = address.trim();
        let whole = if address.contains("://") {
            address.to_owned()
        } else {
            format!("https://{address}")
        };
        let url = Url::parse(&whole).map_err(|_| bad("calendar.address"))?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| bad("calendar.address"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let plain = url.username().is_empty() && url.password().is_none();
        if address.is_empty() || !plain || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("calendar.address"));
        }
        let tls = match url.scheme() {
            "https" => match Tls::parse(tls) {
                Some(Tls::Off) => return Err(no_tls()),
                Some(tls @ (Tls::System | Tls::Pinned(_))) => tls,
                None => return Err(bad("calendar.tls")),
            },
            "http" if is_loopback(&host) => Tls::Off,
            "http" => return Err(no_tls()),
            _ => return Err(bad("calendar.address")),
        };
        let account = Account::parse(user).ok_or_else(|| bad("calendar.user"))?;
        let path = match url.path() {
            "" | "/" => PATH,
            path => path,
        };
        Ok(Self {
            port: url
                .port_or_known_default()
                .ok_or_else(|| bad("calendar.address"))?,
            path: path.to_owned(),
            host,
            tls,
            account,
            timing: Timing::default(),
        })
    }

    /// For `Host`.
    pub(super) fn authority(&self) -> String {
        let name = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let usual = if self.tls == Tls::Off { 80 } else { 443 };
        if self.port == usual {
            name
        } else {
            format!("{name}:{}", self.port)
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_whole_or_the_servers_name_alone() {
        for (address, host, port, path) in [
            (
                "https://mail.example.com/EWS/Exchange.asmx",
                "mail.example.com",
                443,
                PATH,
            ),
            ("mail.example.com", "mail.example.com", 443, PATH),
            (" mail.example.com:8443/ ", "mail.example.com", 8443, PATH),
            ("https://[2001:db8::1]/ews", "2001:db8::1", 443, "/ews"),
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, PATH),
            ("http://localhost", "localhost", 80, PATH),
        ] {
            let config = EwsConfig::parse(address, "a@example.com", "system").unwrap();
            assert_eq!(
                (config.host.as_str(), config.port, config.path.as_str()),
                (host, port, path),
                "{address}"
            );
        }
        let config = EwsConfig::parse("https://[2001:db8::1]:444", "a", "").unwrap();
        assert_eq!(config.authority(), "[2001:db8::1]:444");
        assert_eq!(
            EwsConfig::parse("mail.example.com", "a", "").unwrap().authority(),
            "mail.example.com"
        );
    }

    #[test]
    fn a_password_never_leaves_in_the_clear_and_odd_settings_are_named() {
        let code = |address: &str, user: &str, tls: &str| EwsConfig::parse(address, user, tls).unwrap_err();
        for address in [
            "http://mail.example.com/EWS/Exchange.asmx",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
        ] {
            assert_eq!(
                code(address, "a", "system").code,
                Code::CalendarTlsNeeded,
                "{address}"
            );
        }
        assert_eq!(code("mail.example.com", "a", "off").code, Code::CalendarTlsNeeded);
        for address in [
            "",
            "https://",
            "ftp://mail.example.com",
            "https://a:b@mail.example.com",
            "https://mail.example.com/?x",
            "https://mail.example.com/#x",
            "mail example",
        ] {
            let fault = code(address, "a", "system");
            assert_eq!(fault.detail.as_deref(), Some("calendar.address"), "{address}");
        }
        for user in ["", " ", "DOMAIN\\", "a\\b\\c", "a\nb"] {
            let fault = code("mail.example.com", user, "system");
            assert_eq!(fault.detail.as_deref(), Some("calendar.user"), "{user}");
        }
        let fault = code("mail.example.com", "a", "pin:12");
        assert_eq!(fault.detail.as_deref(), Some("calendar.tls"));
    }

    #[test]
    fn a_user_is_named_with_a_domain_or_by_an_address() {
        let account = Account::parse("EXAMPLE\\ada").unwrap();
        assert_eq!(
            (account.domain.as_str(), account.user.as_str()),
            ("EXAMPLE", "ada")
        );
        assert_eq!(account.whole(), "EXAMPLE\\ada");
        let account = Account::parse("ada@example.com").unwrap();
        assert_eq!(
            (account.domain.as_str(), account.whole().as_str()),
            ("", "ada@example.com")
        );
        assert!(!format!("{account:?}").contains("ada"));
    }
}
