//! What must hold for whatever lies in the keyring or in the file of secrets: other programs may write there.

use super::{MemoryStore, SecretError, SecretName, file};
use crate::fuzzing::choice;
use secrecy::{ExposeSecret as _, SecretString};

/// Entries of a keyring whose entries are short, one in each line, the last line a value to be kept: what is there is
/// whole or damaged, and a value that was kept comes back and is forgotten without a rest.
pub fn entries(input: &[u8]) {
    let (limit, input) = choice(input);
    // The line that describes a value has to fit.
    let store = MemoryStore::with_limit(112 + usize::from(limit));
    let name = SecretName::microsoft();
    let mut lines = input.split(|byte| *byte == b'|');
    let value = lines.next().unwrap_or_default();
    let entries = ["", "#a0", "#a1", "#b0", "#b1", "#a2", "#b2"];
    for (entry, content) in entries.iter().zip(lines) {
        store.spoil(&format!("{}{entry}", name.as_str()), content);
    }
    let found = store.load(&name);
    assert!(
        matches!(found, Ok(_) | Err(SecretError::Damaged)),
        "whole, damaged or not there"
    );
    let value = SecretString::from(String::from_utf8_lossy(value).into_owned());
    match store.save(&name, &value) {
        Ok(()) => {
            let kept = store.load(&name).ok().flatten();
            let kept = kept.as_ref().map(SecretString::expose_secret);
            assert_eq!(kept, Some(value.expose_secret()), "kept and read again");
        }
        Err(error) => assert_eq!(error, SecretError::TooLong),
    }
    assert_eq!(store.delete(&name), Ok(()));
    assert!(matches!(store.load(&name), Ok(None)), "forgotten");
}

/// The file for machines without a keyring.
pub fn contents(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(contents) = file::parse(&text) else {
        return;
    };
    let again = serde_json::to_string(&contents);
    assert!(again.is_ok(), "it can be written");
    let again = again.map(|text| file::parse(&text));
    assert!(
        matches!(again, Ok(Ok(again)) if again.secrets == contents.secrets),
        "written and read again"
    );
}
