//! The `.pbxkey` key file: its format and its checks.
//!
//! A key file saves a person from typing: it binds a PBX name to a key and carries what a desk needs to
//! reach that PBX, so that one administrator command prepares all desks. It grants nothing by itself, the
//! person still signs in; it holds no password, token or client secret, and a file that does is refused.
//! This is Offhook's own format, not any vendor's; a file of another kind ends in
//! [`KeyFault::NotAKeyFile`] or one of its neighbours.
//!
//! Pure: bytes, the time and the trusted signers come in as arguments, random bytes too; files, clock and
//! network belong to the caller. Faults are codes ([`KeyFault::code`]); sentences belong to the caller.
//!
//! - [`check()`]: may this file be used, now and here?
//! - [`check_typed`]: do a typed name and a typed key belong together?
//! - [`KeyFile::from_bytes`]: what does this file say, even if it has expired?
//! - [`KeyFile::new`], [`KeyFile::sign`], [`KeyFile::to_bytes`]: make one.
//!
//! Three different things protect a file. The *check bytes* in the key bind it to the PBX name. The
//! *integrity value* shows damage and mixed-up files, and proves nothing about who made it, since the key
//! lies in the file. The optional *signature* proves who made it, once a desk knows the signer.
//!
//! Source of the format: fact sheet `starface.md`, section 6.3; schema and vectors lie in `tests/data`.
//!
//! ```
//! use offhook_pbxkey::{Contents, Issuer, KeyFile, Kind, PbxKey, PbxName, SignerSecret, Trust, Trusted, check};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The administrator; the random bytes come from the system's generator.
//! let administrator = SignerSecret::from_seed([1; 32]);
//! let name = PbxName::from_typed("PBX.example.de")?;
//! let key = PbxKey::from_random(&name, [2; 20]);
//! let file = KeyFile::new(Contents {
//!     not_after: Some("2028-01-15T09:00:00Z".parse()?),
//!     issuer: Some(Issuer::parse("IT-Service Example GmbH")?),
//!     ..Contents::new(name.clone(), Kind::Starface, key, "2026-01-15T09:00:00Z".parse()?)
//! })?;
//! let bytes = file.sign(&administrator).to_bytes()?;
//!
//! // A desk that sees the first file of this PBX shows the summary, and remembers the signer.
//! let now = "2026-06-01T00:00:00Z".parse()?;
//! let checked = check(&bytes, now, &Trusted::nobody())?;
//! assert_eq!(checked.summary().name, name);
//! assert_eq!(checked.signer_to_remember(), Some((&name, administrator.signer())));
//!
//! // From then on it takes files of this signer only.
//! let trusted = Trusted::nobody().with_signer_of(name, administrator.signer());
//! assert_eq!(check(&bytes, now, &trusted)?.trust, Trust::Trusted(administrator.signer()));
//! let forged = checked.file.sign(&SignerSecret::from_seed([3; 32])).to_bytes()?;
//! assert_eq!(check(&forged, now, &trusted).unwrap_err().code(), "PBXKEY_UNTRUSTED_SIGNER");
//! # Ok(())
//! # }
//! ```

mod body;
mod check;
mod contents;
mod fault;
mod file;
mod json;
mod key;
mod name;
mod sign;
mod text;

pub use check::{Checked, Summary, Trust, Trusted, check, check_typed};
pub use contents::{Backend, Contents, Entra, EntraId, Issuer, Kind, Mode, Pbx, SpkiPin, System};
pub use fault::{KeyFault, Member};
pub use file::{EXTENSION, KeyFile, MAX_BYTES};
pub use key::{KeyId, PbxKey};
pub use name::{Host, PbxName};
pub use sign::{NotASignerKey, SignerKey, SignerSecret};
