//! Key files: made, shown and checked without a running program.

use crate::args::{KeyTask, NewKey};
use crate::failure::Failure;
use crate::{pin, show, words};
use jiff::tz::TimeZone;
use offhook_engine::text::{date, key_fault};
use offhook_pbxkey::{
    Contents, EntraId, Host, Issuer, KeyFault, KeyFile, Kind, MAX_BYTES, PbxKey, PbxName, SignerSecret,
    SpkiPin, Summary, System, Trusted, check,
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
    let (kind, system) = kind_of(kind)?;
    let name = PbxName::from_typed(&new.name).map_err(fault)?;
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| Failure::Io(error.to_string()))?;
    let now = jiff::Timestamp::now();
    let mut contents = Contents::new(name.clone(), kind, PbxKey::from_random(&name, random), now);
    contents.pbx.system = system;
    contents.pbx.port = new.port;
    contents.pbx.host = new.host.as_deref().map(Host::parse).transpose().map_err(fault)?;
    contents.issuer = new
        .issuer
        .as_deref()
        .map(Issuer::parse)
        .transpose()
        .map_err(fault)?;
    let entra = |id: &Option<String>| id.as_deref().map(EntraId::parse).transpose();
    contents.entra.tenant_id = entra(&new.tenant).map_err(fault)?;
    contents.entra.client_id = entra(&new.client_id).map_err(fault)?;
    contents.pbx.tls_pins = pins(new, &contents)?;
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

/// The format's own kinds, and those that it counts as generic.
fn kind_of(word: &str) -> Result<(Kind, Option<System>), Failure> {
    let system = || Some((Kind::Generic, Some(System::from_word(word)?)));
    let known = Kind::from_word(word).map(|kind| (kind, None)).or_else(system);
    known.ok_or_else(|| {
        let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
        let systems = System::ALL.iter().map(|system| system.as_str());
        let all: Vec<&str> = kinds.chain(systems).collect();
        Failure::Usage(format!("'{word}' is no kind of PBX: {}", all.join(", ")))
    })
}

/// The pins asked for: of the certificates in files, and of the one that the PBX shows now.
fn pins(new: &NewKey, contents: &Contents) -> Result<Vec<SpkiPin>, Failure> {
    let files = new.pin_certificates.iter();
    let mut pins = files
        .map(|path| pin::of_file(path))
        .collect::<Result<Vec<_>, _>>()?;
    if new.pin_tls {
        let usual = match contents.pbx.system {
            // The manager's usual port with TLS.
            Some(System::Asterisk | System::Freepbx) => 5039,
            Some(System::Innovaphone | System::Procall | System::Csta) | None => contents.pbx.port_or_usual(),
        };
        let port = contents.pbx.port.map_or(usual, std::num::NonZeroU16::get);
        pins.push(pin::of_host(&contents.pbx.host_or_name(), port)?);
    }
    pins.dedup();
    Ok(pins)
}

/// The file's bytes, no more than a key file may have.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Refused(format!("{}: {error}", path.display()));
    // Asked of what was opened, so that nothing can be exchanged in between.
    let file = std::fs::File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(refused(&KeyFault::NotAFile));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
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

/// The sentence that a person at a desk would read as well, and the code for scripts.
fn refused(fault: &KeyFault) -> Failure {
    let language = words::language();
    let day = fault.date().map(|at| date(at, &TimeZone::system(), language));
    let detail = day.or_else(|| fault.member().map(ToString::to_string));
    let problem = key_fault(fault.code(), detail.as_deref(), language);
    Failure::Refused(format!("{problem} ({})", fault.code()))
}
