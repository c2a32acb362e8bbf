//! May this file be used, now and here?

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::contents::{Backend, Issuer, Kind, Mode, SpkiPin, System};
use crate::{Host, KeyFault, KeyFile, KeyId, PbxKey, PbxName, SignerKey};

/// Everything about a file, in the order of the sheet: [`KeyFile::from_bytes`], then the signer, then the
/// dates. Opens no connection: the caller shows the [`Summary`] and connects only after the person agreed.
///
/// `now` is UTC wall time; `trusted` is what this desk remembers or policy says.
///
/// # Errors
/// The first [`KeyFault`] found.
pub fn check(bytes: &[u8], now: Timestamp, trusted: &Trusted) -> Result<Checked, KeyFault> {
    let file = KeyFile::from_bytes(bytes)?;
    let trust = trusted.judge(&file)?;
    let contents = file.contents();
    if let Some(not_before) = contents.not_before.filter(|not_before| now < *not_before) {
        return Err(KeyFault::NotYetValid { not_before });
    }
    if let Some(not_after) = contents.not_after.filter(|not_after| now > *not_after) {
        return Err(KeyFault::Expired { not_after });
    }
    Ok(Checked { file, trust })
}

/// Name and key as a person types them, checked against each other with no network.
///
/// # Errors
/// [`KeyFault::BadField`] with the member `pbx.name` or `key`; [`KeyFault::NameKeyMismatch`].
pub fn check_typed(name: &str, key: &str) -> Result<(PbxName, PbxKey), KeyFault> {
    let name = PbxName::from_typed(name)?;
    let key = PbxKey::from_typed(key)?;
    if key.fits(&name) {
        Ok((name, key))
    } else {
        Err(KeyFault::NameKeyMismatch)
    }
}

/// A file that may be used, and what its signature is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The file.
    pub file: KeyFile,
    /// What its signature is worth on this desk.
    pub trust: Trust,
}

impl Checked {
    /// What to show a person before anything is used.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.file.summary()
    }

    /// The signer that this desk should remember for this PBX once the person has agreed; `None` if the
    /// file is unsigned or its signer is trusted already.
    #[must_use]
    pub fn signer_to_remember(&self) -> Option<(&PbxName, SignerKey)> {
        match self.trust {
            Trust::FirstSeen(signer) => Some((&self.file.contents().pbx.name, signer)),
            Trust::Unsigned | Trust::Trusted(_) => None,
        }
    }
}

/// What a signature is worth on one desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// No signature, and none is expected: nothing proves who made the file.
    Unsigned,
    /// Signed, by someone this desk has not seen before, and no signer is expected for this PBX.
    FirstSeen(SignerKey),
    /// Signed by a signer that is expected.
    Trusted(SignerKey),
}

/// Whom a desk trusts to sign: per PBX (remembered from the first signed file, or by policy) or for every
/// PBX (by policy). As soon as one signer is expected for a PBX, unsigned files and files of other
/// signers are refused for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// `None` stands for every PBX.
    pins: BTreeSet<(Option<PbxName>, SignerKey)>,
}

impl Trusted {
    /// Nobody is expected: signed and unsigned files are taken.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Also this signer, for this PBX.
    #[must_use]
    pub fn with_signer_of(mut self, name: PbxName, signer: SignerKey) -> Self {
        self.pins.insert((Some(name), signer));
        self
    }

    /// Also this signer, for every PBX.
    #[must_use]
    pub fn with_signer(mut self, signer: SignerKey) -> Self {
        self.pins.insert((None, signer));
        self
    }

    /// Is a signature expected on files of this PBX?
    #[must_use]
    pub fn expects(&self, name: &PbxName) -> bool {
        self.signers_of(name).next().is_some()
    }

    fn signers_of<'a>(&'a self, name: &'a PbxName) -> impl Iterator<Item = SignerKey> + 'a {
        self.pins
            .iter()
            .filter(move |(pbx, _)| pbx.as_ref().is_none_or(|pbx| pbx == name))
            .map(|(_, signer)| *signer)
    }

    fn judge(&self, file: &KeyFile) -> Result<Trust, KeyFault> {
        let mut expected = self.signers_of(&file.contents().pbx.name).peekable();
        match (file.signer(), expected.peek().is_some()) {
            (None, false) => Ok(Trust::Unsigned),
            (Some(signer), false) => Ok(Trust::FirstSeen(signer)),
            (Some(signer), true) if expected.any(|known| known == signer) => Ok(Trust::Trusted(signer)),
            (signer, true) => Err(KeyFault::UntrustedSigner { signer }),
        }
    }
}

/// What a file says, for a person to read before anything is used, and for `key show --json`. Without the
/// key itself.
///
/// As JSON: times RFC 3339 UTC, absent members `null`, `signer` the 43 characters of the public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The PBX name.
    pub name: PbxName,
    /// The kind of PBX.
    pub kind: Kind,
    /// Which system, where the kind does not say it.
    pub system: Option<System>,
    /// Where a connection would go: the file's host, else the name.
    pub host: Host,
    /// Its port, 443 where the file names none.
    pub port: u16,
    /// Who says to have made the file; proven only by `signer`.
    pub issuer: Option<Issuer>,
    /// When it says to have been made.
    pub issued_at: Timestamp,
    /// The first instant at which it may be used, where it names one.
    pub valid_from: Option<Timestamp>,
    /// The last instant at which it may be used, where it names one.
    pub valid_until: Option<Timestamp>,
    /// Who signed it; the signature fits the file.
    pub signer: Option<SignerKey>,
    /// Short name of the key, to be read out on the telephone.
    pub key_id: KeyId,
    /// How far the integration goes.
    pub mode: Mode,
    /// The PBX makes client logins by itself.
    pub autoprovision: bool,
    /// The interfaces to use; empty: whatever the PBX offers.
    pub backends: BTreeSet<Backend>,
    /// Public keys the PBX's certificate may have; empty: no pin.
    pub tls_pins: Vec<SpkiPin>,
}

impl Summary {
    pub(crate) fn of(file: &KeyFile) -> Self {
        let contents = file.contents();
        Self {
            name: contents.pbx.name.clone(),
            kind: contents.pbx.kind,
            system: contents.pbx.system,
            host: contents.pbx.host_or_name(),
            port: contents.pbx.port_or_usual(),
            issuer: contents.issuer.clone(),
            issued_at: contents.issued_at,
            valid_from: contents.not_before,
            valid_until: contents.not_after,
            signer: file.signer(),
            key_id: contents.key.id(),
            mode: contents.mode,
            autoprovision: contents.autoprovision,
            backends: contents.pbx.backends.clone(),
            tls_pins: contents.pbx.tls_pins.clone(),
        }
    }
}
