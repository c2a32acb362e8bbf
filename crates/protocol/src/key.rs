//! A key file that was dropped, or a key that was typed: from the offer to the person's word.
//!
//! Nothing is connected, resolved or stored before [`crate::Command::AcceptKey`].

use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// Where the person and a key file stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeyOffer {
    #[default]
    Nothing,
    /// The file is being read.
    Reading,
    /// It can't be used.
    Refused { problem: Problem, about: KeyPart },
    /// Whole and in force; waits for the person.
    Offered { key: Box<OfferedKey> },
    /// Its settings are in force.
    Accepted {
        /// The phone system's name.
        name: String,
        /// What is still to be done, one sentence each.
        next: Vec<String>,
    },
}

/// What a refusal is about: a form shows it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeyPart {
    File,
    TypedName,
    TypedKey,
    /// Name and key, each possible by itself.
    Typed,
}

/// What a key file says, in words, for the person to agree with or not. The key itself is not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OfferedKey {
    /// Comes back with [`crate::Command::AcceptKey`]: the person agrees with this offer and with no later one.
    pub number: u32,
    /// The phone system's name.
    pub name: String,
    /// Its kind in words; `None`: not said.
    pub kind: Option<String>,
    /// Where a connection would go: host, with the port where one is named.
    pub address: String,
    /// Who says to have made the file; proven by nothing but the signer.
    pub issuer: Option<String>,
    /// Dates as the person reads them.
    pub issued: Option<String>,
    pub valid_until: Option<String>,
    pub signer: KeySigner,
    /// How the connection will be checked: one sentence.
    pub tls: String,
    /// The key's short name, to be compared by telephone.
    pub key_id: String,
    /// The application registration that the file brings, where it brings one that is not in force yet.
    pub microsoft: Option<KeyMicrosoft>,
    /// What the person should know before agreeing, one sentence each.
    pub notes: Vec<String>,
    /// Why it can't be used here although nothing is wrong with it.
    pub blocked: Option<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KeySigner {
    pub trust: SignerTrust,
    /// One sentence.
    pub text: String,
    /// 43 characters of the public key.
    pub public_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SignerTrust {
    /// Unsigned.
    None,
    /// Signed by someone this desk sees for the first time.
    New,
    /// Signed by someone this desk expects.
    Known,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct KeyMicrosoft {
    pub tenant: Option<String>,
    pub client_id: Option<String>,
    /// Nothing is registered yet, so that taking it is the likely choice.
    pub suggested: bool,
}
