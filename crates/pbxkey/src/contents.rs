//! What a key file says, as valid types.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::fault::bad;
use crate::text::{from_base64url, to_base64url, to_hex};
use crate::{Host, KeyFault, PbxKey, PbxName};

/// Usual port of the PBX, of its XMPP service, and of OneHub, where a file names none.
///
/// Source: `pbxkey.schema.json`, defaults.
const PORT: NonZeroU16 = NonZeroU16::new(443).unwrap();
const XMPP_PORT: NonZeroU16 = NonZeroU16::new(5222).unwrap();
const ONEHUB_PORT: NonZeroU16 = NonZeroU16::new(9092).unwrap();

/// Everything a key file says besides its seal and signature. Fill one in to make a new file
/// ([`crate::KeyFile::new`]), read one from [`crate::KeyFile::contents`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Which PBX, and how to reach it.
    pub pbx: Pbx,
    /// The key that belongs to the PBX name.
    pub key: PbxKey,
    /// What the desks should do with this PBX.
    pub mode: Mode,
    /// The PBX makes client logins by itself.
    pub autoprovision: bool,
    /// When the file was made.
    pub issued_at: Timestamp,
    /// The first instant at which the file may be used.
    pub not_before: Option<Timestamp>,
    /// The last instant at which the file may be used.
    pub not_after: Option<Timestamp>,
    /// Who says to have made the file. Proven by nothing but a signature of a trusted signer.
    pub issuer: Option<Issuer>,
    /// The Microsoft side, for desks that should not use the built-in registration.
    pub entra: Entra,
}

impl Contents {
    /// The least a file says; the other members can be set afterwards.
    #[must_use]
    pub fn new(name: PbxName, kind: Kind, key: PbxKey, issued_at: Timestamp) -> Self {
        Self {
            pbx: Pbx {
                name,
                kind,
                system: None,
                host: None,
                port: None,
                xmpp_port: None,
                xmpp_domain: None,
                onehub_port: None,
                backends: BTreeSet::new(),
                tls_pins: Vec::new(),
            },
            key,
            mode: Mode::Full,
            autoprovision: false,
            issued_at,
            not_before: None,
            not_after: None,
            issuer: None,
            entra: Entra::default(),
        }
    }
}

/// The PBX: its name, its kind and the ways to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pbx {
    /// The name the key is bound to.
    pub name: PbxName,
    /// What kind of PBX it is.
    pub kind: Kind,
    /// Which one, where the kind does not say it.
    pub system: Option<System>,
    /// Network address, where it differs from the name.
    pub host: Option<Host>,
    /// Port of the PBX's web interface.
    pub port: Option<NonZeroU16>,
    /// Port of the XMPP service.
    pub xmpp_port: Option<NonZeroU16>,
    /// XMPP domain, where it differs from the name.
    pub xmpp_domain: Option<Host>,
    /// Port of OneHub.
    pub onehub_port: Option<NonZeroU16>,
    /// The interfaces to use; empty: whatever the PBX offers.
    pub backends: BTreeSet<Backend>,
    /// Public keys the PBX's TLS certificate may have, at most [`Pbx::MAX_TLS_PINS`]; empty: no pin.
    pub tls_pins: Vec<SpkiPin>,
}

impl Pbx {
    /// How many pins a file may carry.
    pub const MAX_TLS_PINS: usize = 4;

    /// Where to connect to: `host`, else the name.
    #[must_use]
    pub fn host_or_name(&self) -> Host {
        self.host.clone().unwrap_or_else(|| Host::from(&self.name))
    }

    /// Port of the web interface, 443 where the file names none.
    #[must_use]
    pub fn port_or_usual(&self) -> u16 {
        self.port.unwrap_or(PORT).get()
    }

    /// Port of the XMPP service, 5222 where the file names none.
    #[must_use]
    pub fn xmpp_port_or_usual(&self) -> u16 {
        self.xmpp_port.unwrap_or(XMPP_PORT).get()
    }

    /// Port of OneHub, 9092 where the file names none.
    #[must_use]
    pub fn onehub_port_or_usual(&self) -> u16 {
        self.onehub_port.unwrap_or(ONEHUB_PORT).get()
    }
}

/// A closed set of words: the enum, its words in the file, and both directions.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All there are, in the format's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word in the file.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one that the file's word means; `None` for other words.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// The kind of PBX. Source: `pbxkey.schema.json`, `pbx.kind`.
    Kind {
        /// STARFACE.
        Starface = "starface",
        /// AVM FRITZ!Box.
        Fritzbox = "fritzbox",
        /// 3CX.
        ThreeCx = "threecx",
        /// Any SIP registrar.
        Sip = "sip",
        /// Something else, named by the host alone.
        Generic = "generic",
    }
}

words! {
    /// Which system a [`Kind::Generic`] one is, in Offhook's own member `pbx.system`. Readers that do not know the
    /// member pass over it, as the format asks; an unknown word here counts as no word.
    System {
        /// Asterisk.
        Asterisk = "asterisk",
        /// FreePBX.
        Freepbx = "freepbx",
        /// innovaphone.
        Innovaphone = "innovaphone",
        /// estos ProCall, UCServer.
        Procall = "procall",
        /// Anything with CSTA.
        Csta = "csta",
    }
}

words! {
    /// An interface of the PBX. Source: `pbxkey.schema.json`, `pbx.backends`.
    Backend {
        /// REST.
        Rest = "rest",
        /// UCI over XML-RPC.
        Uci = "uci",
        /// XMPP.
        Xmpp = "xmpp",
        /// OneHub gRPC.
        Onehub = "onehub",
        /// Star codes dialled on the phone.
        Starcode = "starcode",
        /// TAPI.
        Tapi = "tapi",
    }
}

words! {
    /// How far the integration goes. Source: `pbxkey.schema.json`, `mode`.
    Mode {
        /// Full integration.
        Full = "full",
        /// Presence is kept in agreement and nothing else is done.
        PresenceOnly = "presence_only",
    }
}

/// Who says to have made the file, 1 to 200 characters for a person to read.
///
/// Narrower than the schema: characters that do not print or that turn the direction of writing are
/// refused, since this text is shown before anything about the file is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    const MAX_CHARS: usize = 200;

    /// Takes the text as it is.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `issuer`.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let misleads = |c: char| {
            c.is_control()
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        let length = text.chars().count();
        if text.trim().is_empty() || length > Self::MAX_CHARS || text.chars().any(misleads) {
            return Err(bad("issuer"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Issuer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Tenant and application registration to use instead of the built-in ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entra {
    /// Directory: an id or a domain.
    pub tenant_id: Option<EntraId>,
    /// Application (client) id.
    pub client_id: Option<EntraId>,
}

/// An id of Entra: 1 to 64 letters, digits, dots and dashes.
///
/// Narrower than the schema, because it becomes part of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraId(String);

impl EntraId {
    /// Takes the text as it is.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `entra`.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        Self::parse_at(text, "entra")
    }

    pub(crate) fn parse_at(text: &str, member: &str) -> Result<Self, KeyFault> {
        let fits = (1..=64).contains(&text.len())
            && !text.starts_with(['.', '-'])
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad(member))
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of the SubjectPublicKeyInfo of a TLS certificate (the pin of RFC 7469, section 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpkiPin([u8; 32]);

impl SpkiPin {
    /// From the hash itself.
    #[must_use]
    pub fn from_sha256(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The pin of a public key, given the DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn of_spki(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The hash.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

/// 43 characters of base64url, as in the file.
impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

impl FromStr for SpkiPin {
    type Err = KeyFault;

    /// Reads the form of [`SpkiPin`]'s `Display`; [`KeyFault::BadField`] for anything else.
    fn from_str(text: &str) -> Result<Self, KeyFault> {
        from_base64url(text)
            .map(Self)
            .ok_or_else(|| bad("pbx.tls_spki_sha256"))
    }
}

impl Serialize for SpkiPin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
