//! The file as a whole: read, made, signed, written.

use std::fmt;

use hmac::Mac;

use crate::body::{self, FORMAT, Parts, VERSION};
use crate::contents::{Contents, Pbx};
use crate::fault::{Member, bad};
use crate::json::{Json, Object};
use crate::sign::Signature;
use crate::text::from_rfc3339;
use crate::{KeyFault, SignerKey, SignerSecret, Summary};

/// The largest key file there may be. Callers look at the size before they read.
///
/// Source: fact sheet `starface.md`, section 6.3.
pub const MAX_BYTES: usize = 16_384;

/// The extension of a key file's name, without the dot.
pub const EXTENSION: &str = "pbxkey";

/// A whole and undamaged key file: well formed, key and name belong together, the integrity value fits,
/// and so does the signature, if there is one.
///
/// Whether it is *to be used* now is another question, since that depends on the date and on whom one
/// trusts: [`crate::check()`].
#[derive(Clone, PartialEq)]
pub struct KeyFile {
    /// Everything but `integrity` and `signature`, with unknown members, in the file's order.
    body: Object,
    contents: Contents,
    signature: Option<Signature>,
}

impl KeyFile {
    /// Makes a sealed, unsigned file.
    ///
    /// # Errors
    /// [`KeyFault::NameKeyMismatch`] if the key is another PBX's; [`KeyFault::BadField`] for more than
    /// four TLS pins, a date outside the years 0 to 9999, or an end before the beginning.
    pub fn new(contents: Contents) -> Result<Self, KeyFault> {
        if !contents.key.fits(&contents.pbx.name) {
            return Err(KeyFault::NameKeyMismatch);
        }
        if contents.pbx.tls_pins.len() > Pbx::MAX_TLS_PINS {
            return Err(bad("pbx.tls_spki_sha256"));
        }
        let dates = [
            ("issued_at", Some(contents.issued_at)),
            ("not_before", contents.not_before),
            ("not_after", contents.not_after),
        ];
        for (name, date) in dates {
            if date.is_some_and(|date| from_rfc3339(&date.to_string()).is_none()) {
                return Err(bad(name));
            }
        }
        let begins = contents.not_before.unwrap_or(contents.issued_at);
        if contents.not_after.is_some_and(|ends| ends < begins) {
            return Err(bad("not_after"));
        }
        Ok(Self {
            body: body::write_body(&contents),
            contents,
            signature: None,
        })
    }

    /// Reads a file and makes every check that needs neither the date nor a trusted signer. For
    /// `key show`, which also shows what an expired file says; to use a file call [`crate::check()`].
    ///
    /// # Errors
    /// The first [`KeyFault`] in the order of the sheet: size, UTF-8, JSON, duplicates, `format`,
    /// `version`, forbidden members, missing, bad, name and key, `key_id`, HMAC, signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFault> {
        if bytes.len() > MAX_BYTES {
            return Err(KeyFault::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| KeyFault::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let json: Json = serde_json::from_str(text).map_err(|_| KeyFault::NotJson)?;
        if let Some(path) = json.duplicate() {
            return Err(KeyFault::DuplicateField(Member::new(&path)));
        }
        let secret = json.member_named(is_secret_name);
        let unfit = json.unfit();
        let Json::Object(file) = json else {
            return Err(KeyFault::NotAKeyFile);
        };
        if file.member("format") != Some(&Json::Text(FORMAT.to_owned())) {
            return Err(KeyFault::NotAKeyFile);
        }
        if file
            .member("version")
            .is_some_and(|version| *version != Json::Integer(VERSION))
        {
            return Err(KeyFault::UnsupportedVersion);
        }
        if let Some(path) = secret {
            return Err(KeyFault::ContainsSecret(Member::new(&path)));
        }
        body::require_members(&file)?;
        if let Some(path) = unfit {
            return Err(bad(&path));
        }
        let Parts {
            contents,
            key_id,
            integrity,
            signature,
        } = body::read_parts(&file)?;
        if !contents.key.fits(&contents.pbx.name) {
            return Err(KeyFault::NameKeyMismatch);
        }
        if contents.key.id().to_string() != key_id {
            return Err(bad("key_id"));
        }
        let sealed = |(name, _): &(String, Json)| name != "integrity" && name != "signature";
        let body = Object(file.0.into_iter().filter(sealed).collect());
        let canonical = body.canonical();
        let seal = contents.key.seal(canonical.as_bytes());
        seal.verify_slice(&integrity)
            .map_err(|_| KeyFault::IntegrityFailed)?;
        if let Some(signature) = &signature {
            signature.verify(canonical.as_bytes())?;
        }
        Ok(Self {
            body,
            contents,
            signature,
        })
    }

    /// What the file says.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Who signed it. The signature fits; whether the signer is to be trusted is another question.
    #[must_use]
    pub fn signer(&self) -> Option<SignerKey> {
        self.signature.as_ref().map(|signature| signature.signer)
    }

    /// What to show a person before anything is used.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// Signs the file, in place of an earlier signature.
    #[must_use]
    pub fn sign(self, secret: &SignerSecret) -> Self {
        let signature = secret.sign(self.body.canonical().as_bytes());
        Self {
            signature: Some(signature),
            ..self
        }
    }

    /// The file: indented JSON with a closing newline, unknown members kept; without the indent if the
    /// file would be too large otherwise.
    ///
    /// # Errors
    /// [`KeyFault::TooLarge`], for a file near the limit that was read and then signed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, KeyFault> {
        let mut file = self.body.clone();
        let seal = self.contents.key.seal(self.body.canonical().as_bytes());
        file.push("integrity", body::write_integrity(&seal.finalize().into_bytes()));
        if let Some(signature) = &self.signature {
            file.push("signature", body::write_signature(signature));
        }
        let indented = serde_json::to_string_pretty(&file).map(|text| text + "\n");
        let fits = |text: &String| text.len() <= MAX_BYTES;
        let text = indented.ok().filter(fits).unwrap_or_else(|| file.canonical());
        if text.len() <= MAX_BYTES {
            Ok(text.into_bytes())
        } else {
            Err(KeyFault::TooLarge)
        }
    }

    /// The bytes that seal and signature are made over: the RFC 8785 form without both.
    #[must_use]
    pub fn canonical_body(&self) -> String {
        self.body.canonical()
    }
}

/// Leaves the key out.
impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile")
            .field("contents", &self.contents)
            .field("signer", &self.signer())
            .finish_non_exhaustive()
    }
}

/// Is a member of this name likely to hold a secret? German and English, in any spelling of word borders.
/// Wide on purpose: a harmless member with such a name is easily renamed, a password on every desk is not
/// easily called back.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let anywhere = [
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "passcode",
        "kennwort",
        "geheim",
        "secret",
        "token",
        "credential",
        "privatekey",
        "apikey",
        "authorization",
    ];
    let as_a_word = ["pass", "pwd", "pw", "bearer", "cookie"];
    anywhere.iter().any(|word| joined.contains(word))
        || name
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| as_a_word.contains(&word))
        || joined == "pin"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_named_like_secrets_are_told_from_others() {
        for name in [
            "password",
            "Pass-Word",
            "userPassword",
            "Kennwort",
            "client_secret",
            "refreshToken",
            "tokens",
            "sip_pass",
            "PWD",
            "pin",
            "private key",
            "api-key",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "key",
            "key_id",
            "pbx",
            "tls_spki_sha256",
            "public_key",
            "bypass",
            "note",
            "pins",
            "spin",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
