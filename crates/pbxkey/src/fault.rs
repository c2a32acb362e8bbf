//! Everything that can be wrong with a key file, as a closed set of codes.

use std::fmt;

use jiff::Timestamp;

use crate::SignerKey;

/// Why a key file, or a key typed by hand, was not taken.
///
/// `Display` gives the code and, where there is one, the member; the sentence for the person is chosen by
/// the caller from its string tables by [`KeyFault::code`]. No variant carries a value out of the file
/// other than a member's name, a date or a public key.
///
/// Source: fact sheet `starface.md`, section 6.3, table of codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// `PBXKEY_NOT_A_FILE`: what was dropped is a folder, a link or cannot be read. Found by the caller:
    /// this crate sees bytes only.
    #[error("PBXKEY_NOT_A_FILE")]
    NotAFile,
    /// `PBXKEY_NOT_READABLE`: a file that the person has no right to read. Found by the caller. Not in the
    /// fact sheet, which counts it to the one above: whoever rolls a file out reads the code alone.
    #[error("PBXKEY_NOT_READABLE")]
    NotReadable,
    /// `PBXKEY_MULTIPLE_FILES`: more than one thing was dropped. Found by the caller.
    #[error("PBXKEY_MULTIPLE_FILES")]
    MultipleFiles,
    /// `PBXKEY_TOO_LARGE`: over [`crate::MAX_BYTES`]. Callers check the size before they read the file.
    #[error("PBXKEY_TOO_LARGE")]
    TooLarge,
    /// `PBXKEY_NOT_UTF8`: the bytes are no UTF-8, so this is not a key file of this program.
    #[error("PBXKEY_NOT_UTF8")]
    NotUtf8,
    /// `PBXKEY_NOT_JSON`: the text is no JSON, so this is not a key file of this program.
    #[error("PBXKEY_NOT_JSON")]
    NotJson,
    /// `PBXKEY_NOT_A_KEY_FILE`: JSON of something else; another vendor's key file ends here too.
    #[error("PBXKEY_NOT_A_KEY_FILE")]
    NotAKeyFile,
    /// `PBXKEY_DUPLICATE_FIELD`: a member stands twice in one object, so two readers could disagree.
    #[error("PBXKEY_DUPLICATE_FIELD: {0}")]
    DuplicateField(Member),
    /// `PBXKEY_MISSING_FIELD`: a required member is not there; the file is damaged.
    #[error("PBXKEY_MISSING_FIELD: {0}")]
    MissingField(Member),
    /// `PBXKEY_BAD_FIELD`: a member has a value that the format does not allow; the file is damaged. Also
    /// given for a `key_id` that is not the key's, and for a name or key typed by hand that cannot be one.
    #[error("PBXKEY_BAD_FIELD: {0}")]
    BadField(Member),
    /// `PBXKEY_UNSUPPORTED_VERSION`: a `version` other than 1; made by a newer program.
    #[error("PBXKEY_UNSUPPORTED_VERSION")]
    UnsupportedVersion,
    /// `PBXKEY_CONTAINS_SECRET`: a member is named like a password, secret or token. A key file goes to
    /// every desk and must carry none, so it is not used.
    #[error("PBXKEY_CONTAINS_SECRET: {0}")]
    ContainsSecret(Member),
    /// `PBXKEY_NAME_KEY_MISMATCH`: key and PBX name do not belong together (or one has a typing error).
    #[error("PBXKEY_NAME_KEY_MISMATCH")]
    NameKeyMismatch,
    /// `PBXKEY_INTEGRITY_FAILED`: the file was changed after it was made.
    #[error("PBXKEY_INTEGRITY_FAILED")]
    IntegrityFailed,
    /// `PBXKEY_SIGNATURE_INVALID`: there is a signature and it does not fit the file.
    #[error("PBXKEY_SIGNATURE_INVALID")]
    SignatureInvalid,
    /// `PBXKEY_UNTRUSTED_SIGNER`: a signer is expected for this PBX, and the file is unsigned or signed by
    /// someone else.
    #[error("PBXKEY_UNTRUSTED_SIGNER")]
    UntrustedSigner {
        /// Who signed it; `None` for an unsigned file.
        signer: Option<SignerKey>,
    },
    /// `PBXKEY_NOT_YET_VALID`: now is before `not_before`.
    #[error("PBXKEY_NOT_YET_VALID")]
    NotYetValid {
        /// The first instant at which the file may be used.
        not_before: Timestamp,
    },
    /// `PBXKEY_EXPIRED`: now is after `not_after`.
    #[error("PBXKEY_EXPIRED")]
    Expired {
        /// The last instant at which the file could be used.
        not_after: Timestamp,
    },
}

impl KeyFault {
    /// Every code there is, so that a string table can be tested for completeness.
    pub const CODES: [&'static str; 18] = [
        "PBXKEY_NOT_A_FILE",
        "PBXKEY_NOT_READABLE",
        "PBXKEY_MULTIPLE_FILES",
        "PBXKEY_TOO_LARGE",
        "PBXKEY_NOT_UTF8",
        "PBXKEY_NOT_JSON",
        "PBXKEY_NOT_A_KEY_FILE",
        "PBXKEY_DUPLICATE_FIELD",
        "PBXKEY_MISSING_FIELD",
        "PBXKEY_BAD_FIELD",
        "PBXKEY_UNSUPPORTED_VERSION",
        "PBXKEY_CONTAINS_SECRET",
        "PBXKEY_NAME_KEY_MISMATCH",
        "PBXKEY_INTEGRITY_FAILED",
        "PBXKEY_SIGNATURE_INVALID",
        "PBXKEY_UNTRUSTED_SIGNER",
        "PBXKEY_NOT_YET_VALID",
        "PBXKEY_EXPIRED",
    ];

    /// The code, one of [`KeyFault::CODES`]. Stable: string tables and scripts rely on it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAFile => "PBXKEY_NOT_A_FILE",
            Self::NotReadable => "PBXKEY_NOT_READABLE",
            Self::MultipleFiles => "PBXKEY_MULTIPLE_FILES",
            Self::TooLarge => "PBXKEY_TOO_LARGE",
            Self::NotUtf8 => "PBXKEY_NOT_UTF8",
            Self::NotJson => "PBXKEY_NOT_JSON",
            Self::NotAKeyFile => "PBXKEY_NOT_A_KEY_FILE",
            Self::DuplicateField(_) => "PBXKEY_DUPLICATE_FIELD",
            Self::MissingField(_) => "PBXKEY_MISSING_FIELD",
            Self::BadField(_) => "PBXKEY_BAD_FIELD",
            Self::UnsupportedVersion => "PBXKEY_UNSUPPORTED_VERSION",
            Self::ContainsSecret(_) => "PBXKEY_CONTAINS_SECRET",
            Self::NameKeyMismatch => "PBXKEY_NAME_KEY_MISMATCH",
            Self::IntegrityFailed => "PBXKEY_INTEGRITY_FAILED",
            Self::SignatureInvalid => "PBXKEY_SIGNATURE_INVALID",
            Self::UntrustedSigner { .. } => "PBXKEY_UNTRUSTED_SIGNER",
            Self::NotYetValid { .. } => "PBXKEY_NOT_YET_VALID",
            Self::Expired { .. } => "PBXKEY_EXPIRED",
        }
    }

    /// The member the fault is about, for the codes that name one.
    #[must_use]
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::DuplicateField(member)
            | Self::MissingField(member)
            | Self::BadField(member)
            | Self::ContainsSecret(member) => Some(member),
            Self::NotAFile
            | Self::NotReadable
            | Self::MultipleFiles
            | Self::TooLarge
            | Self::NotUtf8
            | Self::NotJson
            | Self::NotAKeyFile
            | Self::UnsupportedVersion
            | Self::NameKeyMismatch
            | Self::IntegrityFailed
            | Self::SignatureInvalid
            | Self::UntrustedSigner { .. }
            | Self::NotYetValid { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// The date the fault is about, for the codes that name one.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        match self {
            Self::NotYetValid { not_before: at } | Self::Expired { not_after: at } => Some(*at),
            Self::NotAFile
            | Self::NotReadable
            | Self::MultipleFiles
            | Self::TooLarge
            | Self::NotUtf8
            | Self::NotJson
            | Self::NotAKeyFile
            | Self::DuplicateField(_)
            | Self::MissingField(_)
            | Self::BadField(_)
            | Self::UnsupportedVersion
            | Self::ContainsSecret(_)
            | Self::NameKeyMismatch
            | Self::IntegrityFailed
            | Self::SignatureInvalid
            | Self::UntrustedSigner { .. } => None,
        }
    }
}

/// Where in the file: `pbx.port`, `pbx.backends[2]`, `mode`.
///
/// Names come out of an untrusted file, so what is kept is printable ASCII of at most 96 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member(Box<str>);

impl Member {
    const LIMIT: usize = 96;

    pub(crate) fn new(path: &str) -> Self {
        let printable = |c: char| if c.is_ascii_graphic() { c } else { '?' };
        Self(path.chars().take(Self::LIMIT).map(printable).collect())
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shorthand for the most frequent fault.
pub(crate) fn bad(path: &str) -> KeyFault {
    KeyFault::BadField(Member::new(path))
}
