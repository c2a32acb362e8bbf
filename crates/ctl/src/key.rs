//! Key files: made, shown and checked without a running program.

use crate::args::{KeyTask, NewKey};
use crate::failure::Failure;
use crate::{show, words};
use offhook_pbxkey::{
    Contents, Host, Issuer, KeyFault, KeyFile, Kind, MAX_BYTES, PbxKey, PbxName, SignerSecret, Summary,
    Trusted, check,
};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn run(task: KeyTask, json: bool) -> Result<(), Failure> {
    let words = words::of_environment();
    match task {
        KeyTask::Show(path) => {
            let file = KeyFile::from_bytes(&read(&path)?).map_err(|fault| refused(&fault))?;
            summary(&file.summary(), json)
        }
        KeyTask::Check(path) => {
            let checked = check(&read(&path)?, jiff::Timestamp::now(), &Trusted::nobody())
                .map_err(|fault| refused(&fault))?;
            summary(&checked.summary(), json)?;
            if json { Ok(()) } else { show::line(words.key_fits) }
        }
        KeyTask::New(new) => {
            let file = make(&new)?;
            write(&new.out, &file.to_bytes().map_err(|fault| refused(&fault))?)?;
            summary(&file.summary(), json)?;
            if json {
                Ok(())
            } else {
                show::line(&format!("{} {}", words.key_written, new.out.display()))
            }
        }
    }
}

fn make(new: &NewKey) -> Result<KeyFile, Failure> {
    let fault = |fault: KeyFault| refused(&fault);
    let kind = new.kind.as_deref().unwrap_or("starface");
    let Some(kind) = Kind::from_word(kind) else {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        return Err(Failure::Usage(format!(
            "'{kind}' is no kind of PBX: {}",
            known.join(", ")
        )));
    };
    let name = PbxName::from_typed(&new.name).map_err(fault)?;
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| Failure::Io(error.to_string()))?;
    let now = jiff::Timestamp::now();
    let mut contents = Contents::new(name.clone(), kind, PbxKey::from_random(&name, random), now);
    contents.pbx.host = new.host.as_deref().map(Host::parse).transpose().map_err(fault)?;
    contents.issuer = new
        .issuer
        .as_deref()
        .map(Issuer::parse)
        .transpose()
        .map_err(fault)?;
    if let Some(days) = new.days {
        contents.not_after = now.checked_add(DAY * u32::from(days)).ok();
    }
    let file = KeyFile::new(contents).map_err(fault)?;
    let Some(path) = &new.sign else { return Ok(file) };
    let pem = secrecy::zeroize::Zeroizing::new(read(path)?);
    let secret = std::str::from_utf8(&pem)
        .ok()
        .and_then(|pem| SignerSecret::from_pem(pem).ok());
    let secret = secret.ok_or_else(|| {
        Failure::Refused(format!("{}: no Ed25519 key in PEM form (PKCS#8)", path.display()))
    })?;
    Ok(file.sign(&secret))
}

/// The file's bytes, no more than a key file may have.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Refused(format!("{}: {error}", path.display()));
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(refused(&KeyFault::NotAFile));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)
        .map_err(failed)?
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

/// Whole or not at all, readable by the administrator alone, and never over a file that is there: its key
/// would be gone.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    });
    written.map_err(|error| Failure::Refused(format!("{}: {error}", path.display())))
}

fn summary(summary: &Summary, json: bool) -> Result<(), Failure> {
    if json {
        return show::json(summary);
    }
    // The members' own names, as in the file and in the JSON.
    match serde_json::to_value(summary) {
        Ok(serde_json::Value::Object(members)) => {
            let width = members.keys().map(String::len).max().unwrap_or(0);
            let text = |value: &serde_json::Value| {
                let absent = if value.is_null() {
                    "–".to_owned()
                } else {
                    value.to_string()
                };
                value.as_str().map_or(absent, str::to_owned)
            };
            let lines: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name:width$}  {}", text(value)))
                .collect();
            show::line(&lines.join("\n"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn refused(fault: &KeyFault) -> Failure {
    let words = words::of_environment();
    Failure::Refused(format!(
        "{} {} ({fault})",
        words.key_refused,
        sentence(fault, &words)
    ))
}

fn sentence(fault: &KeyFault, words: &words::Words) -> &'static str {
    let (english, german) = match fault {
        KeyFault::NotAFile => ("it is no file.", "das ist keine Datei."),
        KeyFault::MultipleFiles => ("only one file at a time.", "bitte nur eine Datei auf einmal."),
        KeyFault::TooLarge => (
            "it is larger than a key file can be.",
            "sie ist größer, als eine Schlüsseldatei sein kann.",
        ),
        KeyFault::NotUtf8 | KeyFault::NotJson | KeyFault::NotAKeyFile => (
            "it is not a key file of Offhook. Key files of other vendors cannot be read.",
            "das ist keine Schlüsseldatei von Offhook. Schlüsseldateien anderer Hersteller sind nicht lesbar.",
        ),
        KeyFault::DuplicateField(_) | KeyFault::MissingField(_) | KeyFault::BadField(_) => (
            "the named part is missing, twice there or wrong. Ask your administrator for a new one.",
            "der genannte Teil fehlt, ist doppelt oder falsch. Bitte beim Administrator eine neue anfordern.",
        ),
        KeyFault::UnsupportedVersion => (
            "it was made by a newer program. Update Offhook.",
            "sie stammt von einem neueren Programm. Bitte Offhook aktualisieren.",
        ),
        KeyFault::ContainsSecret(_) => (
            "it contains a password, secret or token, which a key file must not.",
            "sie enthält ein Passwort, Geheimnis oder Token; das darf eine Schlüsseldatei nicht.",
        ),
        KeyFault::NameKeyMismatch => (
            "key and PBX name do not belong together.",
            "Schlüssel und Name der Anlage gehören nicht zusammen.",
        ),
        KeyFault::IntegrityFailed => (
            "it was changed after it was made.",
            "sie wurde nach dem Erstellen verändert.",
        ),
        KeyFault::SignatureInvalid => ("its signature does not fit.", "ihre Unterschrift passt nicht."),
        KeyFault::UntrustedSigner { .. } => (
            "its signer is not the expected one.",
            "sie ist nicht vom erwarteten Aussteller unterschrieben.",
        ),
        KeyFault::NotYetValid { .. } => ("it is not yet in force.", "sie gilt noch nicht."),
        KeyFault::Expired { .. } => (
            "it has expired. Ask for a new one.",
            "sie ist abgelaufen. Bitte eine neue anfordern.",
        ),
    };
    if words.german { german } else { english }
}
