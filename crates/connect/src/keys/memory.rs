//! The keys and signers this desk has agreed to: `keys.json` in the data directory, for this user alone.

use crate::ledger_file::{keep_aside, replace};
use jiff::Timestamp;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_pbxkey::{PbxKey, PbxName, SignerKey, Trusted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

/// What is remembered of each phone system, by its name.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    path: PathBuf,
    systems: BTreeMap<PbxName, Remembered>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) key: PbxKey,
    /// The first signer wins: later files of this phone system must be signed by it.
    pub(crate) signer: Option<SignerKey>,
    pub(crate) agreed: Timestamp,
}

/// `keys.json` as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Written {
    version: u32,
    systems: BTreeMap<String, WrittenSystem>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSystem {
    key: String,
    /// For people who look into the file; the key says it as well.
    key_id: String,
    signer: Option<String>,
    agreed: Timestamp,
}

impl std::fmt::Debug for WrittenSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenSystem")
            .field("key_id", &self.key_id)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

impl Memory {
    /// What earlier agreements left. A file that can't be read is kept aside, and the fault names it.
    pub(crate) fn load(data_dir: &Path) -> (Self, Option<Fault>) {
        let path = data_dir.join("keys.json");
        let empty = |path| Self {
            path,
            systems: BTreeMap::new(),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (empty(path), None),
            Err(_) => String::new(),
        };
        match parse(&text) {
            Some(systems) => (Self { path, systems }, None),
            None => {
                let kept = keep_aside(&path);
                let fault = Fault::new(FaultKind::Rejected, Code::KeyMemoryUnreadable).about(kept);
                (empty(path), Some(fault))
            }
        }
    }

    pub(crate) fn of(&self, name: &PbxName) -> Option<&Remembered> {
        self.systems.get(name)
    }

    /// Whom this desk expects to sign.
    pub(crate) fn signers(&self) -> Trusted {
        self.systems
            .iter()
            .filter_map(|(name, remembered)| Some((name, remembered.signer?)))
            .fold(Trusted::nobody(), |trusted, (name, signer)| {
                trusted.with_signer_of(name.clone(), signer)
            })
    }

    /// Remembers a key, and its signer unless one is known already. On disk when this returns. Blocks, shortly.
    ///
    /// # Errors
    /// Where the file can't be written; then nothing has changed.
    pub(crate) fn remember(
        &mut self,
        name: &PbxName,
        key: &PbxKey,
        signer: Option<SignerKey>,
        agreed: Timestamp,
    ) -> io::Result<()> {
        let known = self.systems.get(name).and_then(|remembered| remembered.signer);
        let mut systems = self.systems.clone();
        systems.insert(
            name.clone(),
            Remembered {
                key: key.clone(),
                signer: known.or(signer),
                agreed,
            },
        );
        let mut text = serde_json::to_vec_pretty(&written(&systems))?;
        text.push(b'\n');
        replace(&self.path, &text)?;
        self.systems = systems;
        Ok(())
    }
}

pub(super) fn parse(text: &str) -> Option<BTreeMap<PbxName, Remembered>> {
    let written: Written = serde_json::from_str(text).ok()?;
    if written.version != VERSION {
        return None;
    }
    let system = |(name, system): (String, WrittenSystem)| {
        let signer = match system.signer {
            Some(signer) => Some(signer.parse().ok()?),
            None => None,
        };
        let remembered = Remembered {
            key: PbxKey::parse(&system.key).ok()?,
            signer,
            agreed: system.agreed,
        };
        Some((PbxName::parse(&name).ok()?, remembered))
    };
    written.systems.into_iter().map(system).collect()
}

pub(super) fn written(systems: &BTreeMap<PbxName, Remembered>) -> Written {
    let system = |(name, system): (&PbxName, &Remembered)| {
        let written = WrittenSystem {
            key: system.key.to_text(),
            key_id: system.key.id().to_string(),
            signer: system.signer.map(|signer| signer.to_string()),
            agreed: system.agreed,
        };
        (name.to_string(), written)
    };
    Written {
        version: VERSION,
        systems: systems.iter().map(system).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_pbxkey::SignerSecret;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn signer(seed: u8) -> SignerKey {
        SignerSecret::from_seed([seed; 32]).signer()
    }

    #[test]
    fn what_was_agreed_to_is_known_after_a_restart_and_the_first_signer_stays() {
        let folder = tempfile::tempdir().unwrap();
        let name = PbxName::parse("pbx.example.de").unwrap();
        let key = PbxKey::from_random(&name, [7; 20]);
        let (mut memory, fault) = Memory::load(folder.path());
        assert_eq!(fault, None);
        memory.remember(&name, &key, Some(signer(1)), now()).unwrap();
        let newer = PbxKey::from_random(&name, [8; 20]);
        memory.remember(&name, &newer, Some(signer(2)), now()).unwrap();

        let (again, fault) = Memory::load(folder.path());
        assert_eq!(fault, None);
        let remembered = again.of(&name).unwrap();
        assert_eq!((&remembered.key, remembered.signer), (&newer, Some(signer(1))));
        assert_eq!(again.signers(), Trusted::nobody().with_signer_of(name, signer(1)));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let name = PbxName::parse("pbx.example.de").unwrap();
        let key = PbxKey::from_random(&name, [7; 20]);
        let (mut memory, _) = Memory::load(folder.path());
        memory.remember(&name, &key, None, now()).unwrap();
        let metadata = std::fs::metadata(folder.path().join("keys.json")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_named() {
        for text in [
            "{",
            r#"{"version":2,"systems":{}}"#,
            r#"{"version":1,"systems":{"a..b":{"key":"","key_id":"","signer":null,"agreed":"2026-06-01T00:00:00Z"}}}"#,
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("keys.json"), text).unwrap();
            let (memory, fault) = Memory::load(folder.path());
            assert!(memory.systems.is_empty());
            let kept = fault.and_then(|fault| fault.detail).unwrap();
            assert_eq!(std::fs::read_to_string(folder.path().join(kept)).unwrap(), text);
        }
    }

    #[test]
    fn where_nothing_can_be_written_nothing_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let name = PbxName::parse("pbx.example.de").unwrap();
        let key = PbxKey::from_random(&name, [7; 20]);
        let (mut memory, _) = Memory::load(&folder.path().join("gone"));
        assert!(memory.remember(&name, &key, Some(signer(1)), now()).is_err());
        assert_eq!(memory.of(&name), None);
    }
}
