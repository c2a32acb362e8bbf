//! The key: 20 random bytes and 5 check bytes that bind them to the PBX name.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::KeyFault;
use crate::PbxName;
use crate::fault::bad;
use crate::text::to_hex;

const RANDOM: usize = 20;
const CHECK: usize = 5;
const GROUP: usize = 5;
const GROUPS: usize = 8;
/// Crockford's base32 alphabet: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The key of one PBX, 25 bytes, written as 40 characters in 8 groups of 5.
///
/// It grants nothing by itself, yet it is the same for all desks of a PBX and not for others: `Debug`
/// shows its [`KeyId`] only, and the text comes from [`PbxKey::to_text`], on purpose not from `Display`.
///
/// Source: fact sheet `starface.md`, section 6.3.
#[derive(Clone, PartialEq, Eq)]
pub struct PbxKey([u8; RANDOM + CHECK]);

impl PbxKey {
    /// A key for `name` from 20 random bytes, which the caller takes from the system's generator.
    #[must_use]
    pub fn from_random(name: &PbxName, random: [u8; RANDOM]) -> Self {
        let mut key = [0; RANDOM + CHECK];
        let (head, tail) = key.split_at_mut(RANDOM);
        head.copy_from_slice(&random);
        tail.copy_from_slice(&check_bytes(name, head));
        Self(key)
    }

    /// Takes the one written form: upper case, 8 groups of 5, dashes between them.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `key`.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let key = Self::from_typed(text)?;
        if key.to_text() == text {
            Ok(key)
        } else {
            Err(bad("key"))
        }
    }

    /// Takes a key as a person types or pastes it: any letter case, blanks and dashes of all kinds
    /// anywhere, `O` for `0`, `I` and `L` for `1`.
    ///
    /// # Errors
    /// [`KeyFault::BadField`] with the member `key`.
    pub fn from_typed(typed: &str) -> Result<Self, KeyFault> {
        let mut key = Self([0; RANDOM + CHECK]);
        let mut count = 0;
        for c in typed.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)) {
            let value = digit(c)
                .filter(|_| count < GROUP * GROUPS)
                .ok_or_else(|| bad("key"))?;
            for bit in 0..5 {
                let at = count * 5 + bit;
                key.0[at / 8] |= (value >> (4 - bit) & 1) << (7 - at % 8);
            }
            count += 1;
        }
        if count == GROUP * GROUPS {
            Ok(key)
        } else {
            Err(bad("key"))
        }
    }

    /// The written form, for the file and for a person who has to type it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity((GROUP + 1) * GROUPS);
        for digit in 0..GROUP * GROUPS {
            if digit > 0 && digit % GROUP == 0 {
                text.push('-');
            }
            let value = (0..5).fold(0, |value, bit| {
                let at = digit * 5 + bit;
                value << 1 | usize::from(self.0[at / 8] >> (7 - at % 8) & 1)
            });
            text.push(char::from(ALPHABET[value]));
        }
        text
    }

    /// Does the key belong to this name? Needs no network; a false yes has a chance of 2^-40.
    #[must_use]
    pub fn fits(&self, name: &PbxName) -> bool {
        let (random, check) = self.0.split_at(RANDOM);
        check_bytes(name, random) == check
    }

    /// The key's public short name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let mut id = [0; 8];
        id.copy_from_slice(&Sha256::digest(self.0)[..8]);
        KeyId(id)
    }

    /// HMAC-SHA-256 over `message`, ready to be read or compared.
    pub(crate) fn seal(&self, message: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a key shorter than the hash's block with zeros itself (RFC 2104, section 2); done
        // here, the call cannot fail.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mac = Hmac::<Sha256>::new(&block.into()).chain_update(message);
        block.zeroize();
        mac
    }
}

impl Drop for PbxKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PbxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PbxKey(id {})", self.id())
    }
}

/// `key_id`: the first 8 bytes of the SHA-256 of the key, 16 hex digits. Tells keys apart in a log or on
/// the telephone without giving the key away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn check_bytes(name: &PbxName, random: &[u8]) -> [u8; CHECK] {
    let hash = Sha256::new()
        .chain_update(b"pbxkey/1\0")
        .chain_update(name.as_str())
        .chain_update(b"\0")
        .chain_update(random)
        .finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash[..CHECK]);
    check
}

fn digit(c: char) -> Option<u8> {
    let c = match u8::try_from(c.to_ascii_uppercase()).ok()? {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET
        .iter()
        .position(|known| *known == c)
        .and_then(|at| u8::try_from(at).ok())
}

/// Word processors and mail programs turn a typed dash into one of these.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}
