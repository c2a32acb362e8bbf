//! The two names a key file carries: the PBX name that the key is bound to, and a network address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::KeyFault;
use crate::fault::bad;

/// The PBX name that a person would otherwise type: a host name in lower-case A-labels, 1 to 253
/// characters, labels of 1 to 63 letters, digits and inner dashes.
///
/// Source: `pbxkey.schema.json`, `pbx.name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PbxName(String);

impl PbxName {
    /// Takes the one written form; anything else, also another letter case, is
    /// [`KeyFault::BadField`] with the member `pbx.name`.
    ///
    /// # Errors
    /// [`KeyFault::BadField`].
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        if text.len() <= 253 && text.split('.').all(label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad("pbx.name"))
        }
    }

    /// Takes a name as a person types it: blanks around it, any letter case, one closing dot, and
    /// letters beyond ASCII (`telefon.müller.example`) are brought into the one written form.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `pbx.name`.
    pub fn from_typed(typed: &str) -> Result<Self, KeyFault> {
        let typed = typed.trim();
        let typed = typed.strip_suffix('.').unwrap_or(typed);
        if typed.is_ascii() {
            return Self::parse(&typed.to_ascii_lowercase());
        }
        match url::Host::parse(typed) {
            Ok(url::Host::Domain(name)) => Self::parse(&name),
            Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) | Err(_) => Err(bad("pbx.name")),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the PBX or its XMPP service is found on the network: a host name or an address, never a URL.
///
/// Narrower than the schema, which takes any text of up to 253 characters: what is connected to must be
/// one host, without login, port or path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

impl Host {
    /// ASCII host name (letters, digits, `-`, `_`, any letter case, kept in lower case) or an IPv4 or
    /// IPv6 address without brackets.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `pbx.host`.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        Self::parse_at(text, "pbx.host")
    }

    pub(crate) fn parse_at(text: &str, member: &str) -> Result<Self, KeyFault> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
        };
        // A last label of digits would be read as an odd way to write an IPv4 address.
        let numeric = |text: &str| {
            text.rsplit('.')
                .next()
                .is_some_and(|last| last.bytes().all(|c| c.is_ascii_digit()))
        };
        if text.len() <= 253 && text.split('.').all(label) && !numeric(text) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(bad(member))
        }
    }

    /// The host as text, an IPv6 address without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    #[must_use]
    pub fn in_url(&self) -> String {
        if self.0.parse::<Ipv6Addr>().is_ok() {
            format!("[{}]", self.0)
        } else {
            self.0.clone()
        }
    }
}

impl From<&PbxName> for Host {
    fn from(name: &PbxName) -> Self {
        Self(name.0.clone())
    }
}

impl fmt::Display for PbxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PbxName {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        Self::parse(text)
    }
}

impl FromStr for Host {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        Self::parse(text)
    }
}

impl Serialize for PbxName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_written_form() {
        let long = format!("{}.example.de", "a".repeat(63));
        for good in [
            "pbx",
            "pbx.example.de",
            "a-b.c",
            "1.2",
            "xn--mller-kva.example",
            &long,
        ] {
            assert_eq!(PbxName::parse(good).unwrap().as_str(), good);
        }
        let longer = format!("{}.example.de", "a".repeat(64));
        let too_long = vec!["abcdefgh"; 29].join(".");
        for wrong in [
            "", ".", "a.", ".a", "a..b", "-a", "a-", "A", "a_b", "a b", "ä", "a/b", "a:1", &longer, &too_long,
        ] {
            assert_eq!(PbxName::parse(wrong), Err(bad("pbx.name")), "{wrong}");
        }
    }

    #[test]
    fn a_typed_name_is_brought_into_the_written_form() {
        for (typed, name) in [
            (" PBX.Example.DE. ", "pbx.example.de"),
            ("Telefon.Müller.example", "telefon.xn--mller-kva.example"),
        ] {
            assert_eq!(PbxName::from_typed(typed).unwrap().as_str(), name);
        }
        for wrong in [
            "",
            ".",
            "https://pbx.example.de",
            "pbx example",
            "ü b",
            "pbx..de",
            "１.２.３.４",
        ] {
            assert_eq!(PbxName::from_typed(wrong), Err(bad("pbx.name")), "{wrong}");
        }
    }

    #[test]
    fn a_host_is_one_host_and_nothing_more() {
        for (text, host, in_url) in [
            ("PBX.example.de", "pbx.example.de", "pbx.example.de"),
            ("my_pbx", "my_pbx", "my_pbx"),
            ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
            ("fd00:0::1", "fd00::1", "[fd00::1]"),
        ] {
            let read = Host::parse(text).unwrap();
            assert_eq!((read.as_str(), read.in_url().as_str()), (host, in_url));
        }
        for wrong in [
            "",
            "a b",
            "u:p@h",
            "u@h",
            "h:80",
            "h/x",
            "h?x",
            "h#x",
            "[::1]",
            "10.0.1",
            "300.1.1.1",
            "ä",
            "h\n",
        ] {
            assert_eq!(Host::parse(wrong), Err(bad("pbx.host")), "{wrong}");
        }
    }
}
