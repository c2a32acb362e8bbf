//! The pretend company: who works there, and what it is called in Entra.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Directory (tenant) id of the pretend company.
pub const TENANT_ID: &str = "11d3c5a0-6d3f-4c35-9c56-0ff400c0ffee";
/// Its domain, which Entra takes in place of the id.
pub const TENANT_DOMAIN: &str = "contoso.example";
/// Application (client) id of the registration that people sign in with.
pub const CLIENT_ID: &str = "0ff40000-0000-4000-8000-00000000c11e";

/// Somebody who works in the pretend company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Short name for tests and addresses: `alice`.
    pub key: String,
    pub name: String,
    pub extension: String,
    /// Object id in Entra, a GUID.
    pub oid: String,
    /// User principal name.
    pub upn: String,
}

impl Person {
    fn new(key: &str, name: &str, extension: &str, oid: &str) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            extension: extension.into(),
            oid: oid.into(),
            upn: format!("{key}@{TENANT_DOMAIN}"),
        }
    }
}

/// Alice 1001, Bob 1002, Carol 1003 and Dave 1004.
pub fn people() -> Vec<Person> {
    vec![
        Person::new(
            "alice",
            "Alice Anders",
            "1001",
            "a11ce000-0000-4000-8000-000000001001",
        ),
        Person::new(
            "bob",
            "Bob Brandt",
            "1002",
            "b0b00000-0000-4000-8000-000000001002",
        ),
        Person::new(
            "carol",
            "Carol Conrad",
            "1003",
            "ca401000-0000-4000-8000-000000001003",
        ),
        Person::new(
            "dave",
            "Dave Dietrich",
            "1004",
            "da7e0000-0000-4000-8000-000000001004",
        ),
    ]
}

/// A mutex whose data stays usable after a panic elsewhere: one failed request must not take the company down.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unguessable bytes for tokens and ids.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if getrandom::fill(&mut bytes).is_err() {
        // A pretend company may run on without entropy; its tokens only have to differ from each other.
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        for (byte, seed) in bytes.iter_mut().zip(nanos.to_le_bytes().into_iter().cycle()) {
            *byte = seed;
        }
    }
    bytes
}

/// URL-safe text of `N` random bytes.
pub(crate) fn random_text<const N: usize>() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<N>())
}

/// A random GUID in the usual spelling.
pub(crate) fn random_guid() -> String {
    let mut bytes = random_bytes::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Whether a text has the shape of a GUID.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Seeded chance for the order of events and the like, so that a run can be repeated.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit` (splitmix64).
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        match u64::try_from(limit) {
            Ok(limit) if limit > 0 => usize::try_from(mixed % limit).unwrap_or(0),
            Ok(_) | Err(_) => 0,
        }
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
