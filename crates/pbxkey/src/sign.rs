//! Who made the file: Ed25519 keys and signatures.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

use crate::KeyFault;
use crate::text::{from_base64url, to_base64url};

/// Put before the signed bytes, so that a signature cannot be taken for one over something else.
const DOMAIN: &[u8] = b"pbxkey/1/sig\0";

/// The public key of whoever signs key files: 32 bytes, written as 43 characters of base64url.
///
/// Holds any 32 bytes; only verifying shows whether they are a usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignerKey([u8; 32]);

impl SignerKey {
    /// From the 32 bytes of RFC 8032.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

impl FromStr for SignerKey {
    type Err = NotASignerKey;

    fn from_str(text: &str) -> Result<Self, NotASignerKey> {
        from_base64url(text).map(Self).ok_or(NotASignerKey)
    }
}

impl Serialize for SignerKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no Ed25519 key in the form that was asked for. Carries nothing: it may have been a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 key")]
pub struct NotASignerKey;

/// The administrator's signing key. Never part of a key file; `Debug` hides it.
#[derive(Clone)]
pub struct SignerSecret(SigningKey);

impl SignerSecret {
    /// DER of an RFC 8410 private key (PKCS #8 version 1) up to the 32 bytes of the seed; this is what
    /// `openssl genpkey -algorithm ed25519` writes.
    const PKCS8: [u8; 16] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
    const END: &str = "-----END PRIVATE KEY-----";

    /// From 32 random bytes, which the caller takes from the system's generator.
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self(key)
    }

    /// Reads an unencrypted PKCS #8 PEM file, as [`SignerSecret::to_pem`] and OpenSSL write it.
    ///
    /// # Errors
    /// [`NotASignerKey`] for anything else, also for a key of another kind.
    pub fn from_pem(pem: &str) -> Result<Self, NotASignerKey> {
        let pem = pem.trim_start_matches('\u{feff}').trim();
        let body = pem
            .strip_prefix(Self::BEGIN)
            .and_then(|pem| pem.strip_suffix(Self::END));
        let body: Zeroizing<String> =
            Zeroizing::new(body.ok_or(NotASignerKey)?.split_ascii_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(body.as_bytes()).map_err(|_| NotASignerKey)?);
        let seed = der
            .strip_prefix(&Self::PKCS8)
            .and_then(|seed| seed.try_into().ok());
        seed.map(Self::from_seed).ok_or(NotASignerKey)
    }

    /// The PEM file, to be kept where only the administrator can read it.
    #[must_use]
    pub fn to_pem(&self) -> SecretString {
        let mut der = Zeroizing::new(Self::PKCS8.to_vec());
        der.extend_from_slice(self.0.as_bytes());
        let body = Zeroizing::new(STANDARD.encode(&*der));
        format!("{}\n{}\n{}\n", Self::BEGIN, *body, Self::END).into()
    }

    /// The public half, which desks may be told to trust.
    #[must_use]
    pub fn signer(&self) -> SignerKey {
        SignerKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, canonical: &[u8]) -> Signature {
        Signature {
            signer: self.signer(),
            value: self.0.sign(&message(canonical)).to_bytes(),
        }
    }
}

impl fmt::Debug for SignerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerSecret(of {})", self.signer())
    }
}

/// A file's signature: who, and the 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) signer: SignerKey,
    pub(crate) value: [u8; 64],
}

impl Signature {
    /// Strict: keys and values that make more than one signature or more than one message fit are refused.
    pub(crate) fn verify(&self, canonical: &[u8]) -> Result<(), KeyFault> {
        let signature = ed25519_dalek::Signature::from_bytes(&self.value);
        VerifyingKey::from_bytes(&self.signer.0)
            .and_then(|key| key.verify_strict(&message(canonical), &signature))
            .map_err(|_| KeyFault::SignatureInvalid)
    }
}

fn message(canonical: &[u8]) -> Vec<u8> {
    [DOMAIN, canonical].concat()
}

/// Equality of secrets without showing them, for tests and for "is this the same key as before?".
impl PartialEq for SignerSecret {
    fn eq(&self, other: &Self) -> bool {
        self.signer() == other.signer()
    }
}

impl Eq for SignerSecret {}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_signing_key_survives_its_file_and_shows_itself_nowhere() {
        let secret = SignerSecret::from_seed([7; 32]);
        let pem = secret.to_pem();
        assert_eq!(SignerSecret::from_pem(pem.expose_secret()).as_ref(), Ok(&secret));
        let crlf = pem.expose_secret().replace('\n', "\r\n");
        assert_eq!(SignerSecret::from_pem(&crlf).as_ref(), Ok(&secret));
        assert_eq!(
            format!("{secret:?}"),
            format!("SignerSecret(of {})", secret.signer())
        );
    }

    /// The key pair printed in RFC 8410, sections 10.1 and 10.3.
    #[test]
    fn reads_the_published_private_key() {
        let secret = SignerSecret::from_pem(PUBLISHED_PEM).unwrap();
        assert_eq!(secret.signer().to_string(), PUBLISHED_PUBLIC);
        assert_eq!(secret.to_pem().expose_secret(), PUBLISHED_PEM);
    }

    #[test]
    fn anything_else_is_no_signing_key() {
        let good = SignerSecret::from_seed([7; 32])
            .to_pem()
            .expose_secret()
            .to_owned();
        for wrong in [
            String::new(),
            "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----".to_owned(),
            good.replace("PRIVATE", "PUBLIC"),
            good.replace("MC4C", "MC4D"),
            good.replacen('\n', "\nAAAA", 1),
            good.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE"),
        ] {
            assert_eq!(SignerSecret::from_pem(&wrong), Err(NotASignerKey), "{wrong}");
        }
    }

    const PUBLISHED_PEM: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
-----END PRIVATE KEY-----\n";
    const PUBLISHED_PUBLIC: &str = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
}
