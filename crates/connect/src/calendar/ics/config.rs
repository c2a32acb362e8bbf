//! Settings of the source, parsed once into valid values.

use crate::phones::tls::Tls;
use offhook_engine::fault::{Code, Fault, FaultKind};
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Valid settings. `Debug` shows neither path nor address: both may be all that it takes to read the calendar.
#[derive(Clone, PartialEq, Eq)]
pub struct IcsConfig {
    pub place: Place,
    pub timing: Timing,
}

/// Where the calendar is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Address(Box<Address>),
}

/// One that is asked over HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Without a login. `https`, or `http` on loopback.
    pub url: Url,
    /// Empty: nobody signs in.
    pub user: String,
    pub tls: Tls,
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one request, from the first byte sent to the last one read.
    pub answer: Duration,
    /// How often a file is looked at, whether it has changed.
    pub look: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            look: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for IcsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IcsConfig")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("File(…)"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("host", &self.host())
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Address {
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl IcsConfig {
    /// `place`: an `https`, `webcal` or `file` address, or the whole path of a file. `tls`: `system`, or `pin:` and
    /// fingerprints.
    ///
    /// # Errors
    /// The setting that can't be used.
    pub fn parse(place: &str, user: &str, tls: &str) -> Result<Self, Fault> {
        let bad = |key: &str| Fault::new(FaultKind::Rejected, Code::CalendarNotConfigured).about(key);
        let text = place.trim().trim_matches('"');
        let place = if text.contains("://") {
            let url = Url::parse(text).map_err(|_| bad("calendar.ics"))?;
            match url.scheme() {
                "file" => Place::File(url.to_file_path().map_err(|()| bad("calendar.ics"))?),
                _ => Place::Address(Box::new(Address::parse(url, user, tls)?)),
            }
        } else {
            Place::File(PathBuf::from(text))
        };
        match &place {
            // Whoever starts Offhook starts it somewhere else.
            Place::File(path) if !path.is_absolute() => Err(bad("calendar.ics")),
            Place::File(_) | Place::Address(_) => Ok(Self {
                place,
                timing: Timing::default(),
            }),
        }
    }

    /// Whether a password belongs to it.
    pub fn signs_in(&self) -> bool {
        match &self.place {
            Place::File(_) => false,
            Place::Address(address) => !address.user.is_empty(),
        }
    }
}

impl Address {
    fn parse(mut url: Url, user: &str, tls: &str) -> Result<Self, Fault> {
        let bad = |key: &str| Fault::new(FaultKind::Rejected, Code::CalendarNotConfigured).about(key);
        let no_tls = || Fault::new(FaultKind::Rejected, Code::CalendarTlsNeeded);
        // What calendars call their own addresses; the scheme can't be changed in place.
        if let "webcal" | "webcals" = url.scheme() {
            let rest = url.as_str().split_once(':').map_or("", |(_, rest)| rest);
            url = Url::parse(&format!("https:{rest}")).map_err(|_| bad("calendar.ics"))?;
        }
        let bare = url.username().is_empty() && url.password().is_none();
        if url.host_str().is_none_or(str::is_empty) || !bare {
            return Err(bad("calendar.ics"));
        }
        url.set_fragment(None);
        let tls = match url.scheme() {
            "https" => match Tls::parse(tls) {
                Some(Tls::Off) => return Err(no_tls()),
                Some(tls @ (Tls::System | Tls::Pinned(_))) => tls,
                None => return Err(bad("calendar.tls")),
            },
            "http" if is_loopback(&url) => Tls::Off,
            "http" => return Err(no_tls()),
            _ => return Err(bad("calendar.ics")),
        };
        let user = user.trim();
        if user.contains(|sign: char| sign.is_control() || sign == ':') || user.len() > 512 {
            return Err(bad("calendar.ics_user"));
        }
        Ok(Self {
            url,
            user: user.to_owned(),
            tls,
        })
    }

    /// Where it sends us: as safe as it is itself, and with its password only where it is itself.
    pub(super) fn redirected(&self, location: &str) -> Option<Self> {
        let url = self.url.join(location).ok()?;
        let safe = match url.scheme() {
            "https" => true,
            "http" => self.tls == Tls::Off && is_loopback(&url),
            _ => false,
        };
        let same = url.origin() == self.url.origin();
        let tls = match (&self.tls, url.scheme()) {
            (tls, "http") => tls.clone(),
            (Tls::Off, _) => Tls::System,
            (tls, _) => tls.clone(),
        };
        safe.then(|| Self {
            user: if same { self.user.clone() } else { String::new() },
            url,
            tls,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        match IcsConfig::parse(text, "", "system").unwrap().place {
            Place::Address(address) => *address,
            Place::File(_) => panic!("{text}"),
        }
    }

    #[test]
    fn a_place_is_an_address_or_the_whole_path_of_a_file() {
        for (text, url) in [
            (
                "https://mail.example.com/a/b.ics",
                "https://mail.example.com/a/b.ics",
            ),
            (
                "webcal://mail.example.com/a?x=1#y",
                "https://mail.example.com/a?x=1",
            ),
            ("webcals://mail.example.com", "https://mail.example.com/"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
            ("http://[::1]/x", "http://[::1]/x"),
            (" \"https://mail.example.com/x\" ", "https://mail.example.com/x"),
        ] {
            assert_eq!(address(text).url.as_str(), url);
        }
        let folder = std::env::temp_dir();
        let path = folder.join("my calendar.ics");
        let config = IcsConfig::parse(path.to_str().unwrap(), "", "").unwrap();
        assert_eq!(config.place, Place::File(path.clone()));
        let url = Url::from_file_path(&path).unwrap();
        assert_eq!(IcsConfig::parse(url.as_str(), "", "").unwrap(), config);
        assert!(!config.signs_in());
    }

    #[test]
    fn nothing_leaves_in_the_clear_and_odd_settings_are_named() {
        let fault = |text: &str, user: &str, tls: &str| IcsConfig::parse(text, user, tls).unwrap_err();
        for text in ["http://mail.example.com/x.ics", "http://127.0.0.1.example.com/"] {
            assert_eq!(fault(text, "", "system").code, Code::CalendarTlsNeeded, "{text}");
        }
        let https = "https://mail.example.com/x";
        assert_eq!(fault(https, "", "off").code, Code::CalendarTlsNeeded);
        for text in [
            "",
            "calendar.ics",
            "./x",
            "ftp://h/x",
            "https://a:b@mail.example.com/x",
            "https://",
        ] {
            let fault = fault(text, "", "system");
            assert_eq!(fault.detail.as_deref(), Some("calendar.ics"), "{text}");
        }
        assert_eq!(
            fault(https, "a:b", "").detail.as_deref(),
            Some("calendar.ics_user")
        );
        assert_eq!(fault(https, "", "pin:1").detail.as_deref(), Some("calendar.tls"));
    }

    #[test]
    fn r23_an_address_that_is_a_secret_shows_nowhere() {
        for text in [
            "https://mail.example.com/private-4711/basic.ics?token=4711",
            "/tmp/4711.ics",
        ] {
            let config = IcsConfig::parse(text, "ada4711", "").unwrap();
            assert!(!format!("{config:?}").contains("4711"));
        }
    }

    #[test]
    fn a_redirect_is_never_less_safe_and_takes_no_password_elsewhere() {
        let secure = Address {
            user: "ada".into(),
            ..address("https://mail.example.com/x")
        };
        let user = |to: &str| secure.redirected(to).map(|there| there.user);
        assert_eq!(user("/y").as_deref(), Some("ada"));
        assert_eq!(user("https://other.example.com/y").as_deref(), Some(""));
        assert_eq!(user("https://mail.example.com:444/y").as_deref(), Some(""));
        for to in [
            "http://mail.example.com/y",
            "http://127.0.0.1/y",
            "file:///etc/x",
            "//[",
            "mailto:a",
        ] {
            assert_eq!(user(to), None, "{to}");
        }
        let plain = address("http://127.0.0.1:8080/x");
        assert_eq!(plain.redirected("http://127.0.0.1:81/y").unwrap().tls, Tls::Off);
        assert_eq!(
            plain.redirected("https://mail.example.com/y").unwrap().tls,
            Tls::System
        );
        assert_eq!(plain.redirected("http://mail.example.com/y"), None);
    }
}
