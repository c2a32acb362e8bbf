//! Between the file's JSON and its contents: what is missing, what is bad, and the way back.

use std::num::NonZeroU16;

use jiff::Timestamp;

use crate::contents::{Backend, Contents, Entra, EntraId, Issuer, Kind, Mode, Pbx, System};
use crate::fault::{Member, bad};
use crate::json::{Json, Object, join};
use crate::sign::Signature;
use crate::text::{from_base64url, from_rfc3339, to_base64url};
use crate::{Host, KeyFault, PbxKey, PbxName, SignerKey};

pub(crate) const FORMAT: &str = "pbx-presence-key";
pub(crate) const VERSION: i64 = 1;
const INTEGRITY_ALG: &str = "HMAC-SHA256";
const SIGNATURE_ALG: &str = "Ed25519";

/// What must be there, in the order of the sheet. The second column's members are looked for only where
/// the first is an object: `signature` may be absent as a whole.
const REQUIRED: &[(&str, &[&str])] = &[
    ("pbx", &["name", "kind"]),
    ("key", &[]),
    ("key_id", &[]),
    ("issued_at", &[]),
    ("integrity", &["alg", "value"]),
    ("signature", &["alg", "public_key", "value"]),
];

/// The first required member that is not there.
pub(crate) fn require_members(file: &Object) -> Result<(), KeyFault> {
    let missing = |path: &str| Err(KeyFault::MissingField(Member::new(path)));
    for name in ["format", "version"] {
        if file.member(name).is_none() {
            return missing(name);
        }
    }
    for (name, inner) in REQUIRED {
        match file.member(name) {
            None if *name == "signature" => {}
            None => return missing(name),
            Some(Json::Object(object)) => {
                if let Some(absent) = inner.iter().find(|inner| object.member(inner).is_none()) {
                    return missing(&join(name, absent));
                }
            }
            Some(Json::Bool(_) | Json::Integer(_) | Json::Text(_) | Json::List(_) | Json::Unfit) => {}
        }
    }
    Ok(())
}

/// A file's parts, each valid by itself. Nothing has been compared yet.
pub(crate) struct Parts {
    pub(crate) contents: Contents,
    pub(crate) key_id: String,
    pub(crate) integrity: [u8; 32],
    pub(crate) signature: Option<Signature>,
}

/// Reads every known member into its type; the first bad one is the fault.
pub(crate) fn read_parts(file: &Object) -> Result<Parts, KeyFault> {
    let file = Reader {
        object: file,
        path: "",
    };
    let pbx = file.object("pbx")?.ok_or_else(|| bad("pbx"))?;
    let pbx = read_pbx(&pbx.reader("pbx"))?;
    let contents = Contents {
        pbx,
        key: file.required("key", |text| PbxKey::parse(text).ok())?,
        mode: file.text("mode", Mode::from_word)?.unwrap_or(Mode::Full),
        autoprovision: file.boolean("autoprovision")?.unwrap_or(false),
        issued_at: file.required("issued_at", from_rfc3339)?,
        not_before: file.text("not_before", from_rfc3339)?,
        not_after: file.text("not_after", from_rfc3339)?,
        issuer: file.text("issuer", |text| Issuer::parse(text).ok())?,
        entra: read_entra(&file)?,
    };
    let is_id = |id: &str| id.len() == 16 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    Ok(Parts {
        contents,
        key_id: file.required("key_id", |id| is_id(id).then(|| id.to_owned()))?,
        integrity: read_integrity(&file)?,
        signature: read_signature(&file)?,
    })
}

fn read_pbx(pbx: &Reader<'_>) -> Result<Pbx, KeyFault> {
    let host = |text: &str| Host::parse(text).ok();
    Ok(Pbx {
        name: pbx.required("name", |text| PbxName::parse(text).ok())?,
        kind: pbx.required("kind", Kind::from_word)?,
        system: pbx.word("system", System::from_word),
        host: pbx.text("host", host)?,
        port: pbx.port("port")?,
        xmpp_port: pbx.port("xmpp_port")?,
        xmpp_domain: pbx.text("xmpp_domain", host)?,
        onehub_port: pbx.port("onehub_port")?,
        backends: {
            let backends = pbx.texts("backends", 8, Backend::from_word)?;
            let count = backends.len();
            let unique: std::collections::BTreeSet<_> = backends.into_iter().collect();
            if unique.len() < count {
                return Err(pbx.bad("backends"));
            }
            unique
        },
        tls_pins: pbx.texts("tls_spki_sha256", Pbx::MAX_TLS_PINS, |text| text.parse().ok())?,
    })
}

fn read_entra(file: &Reader<'_>) -> Result<Entra, KeyFault> {
    let Some(entra) = file.object("entra")? else {
        return Ok(Entra::default());
    };
    let entra = entra.reader("entra");
    entra.only(&["tenant_id", "client_id"])?;
    let id = |text: &str| EntraId::parse(text).ok();
    Ok(Entra {
        tenant_id: entra.text("tenant_id", id)?,
        client_id: entra.text("client_id", id)?,
    })
}

fn read_integrity(file: &Reader<'_>) -> Result<[u8; 32], KeyFault> {
    let integrity = file.object("integrity")?.ok_or_else(|| bad("integrity"))?;
    let integrity = integrity.reader("integrity");
    integrity.only(&["alg", "value"])?;
    integrity.required("alg", |alg| (alg == INTEGRITY_ALG).then_some(()))?;
    integrity.required("value", from_base64url)
}

fn read_signature(file: &Reader<'_>) -> Result<Option<Signature>, KeyFault> {
    let Some(signature) = file.object("signature")? else {
        return Ok(None);
    };
    let signature = signature.reader("signature");
    signature.only(&["alg", "public_key", "value"])?;
    signature.required("alg", |alg| (alg == SIGNATURE_ALG).then_some(()))?;
    Ok(Some(Signature {
        signer: signature.required("public_key", |text| text.parse::<SignerKey>().ok())?,
        value: signature.required("value", from_base64url)?,
    }))
}

/// One object of the file and where it stands.
struct Reader<'a> {
    object: &'a Object,
    path: &'a str,
}

impl Object {
    fn reader<'a>(&'a self, path: &'a str) -> Reader<'a> {
        Reader { object: self, path }
    }
}

impl<'a> Reader<'a> {
    fn bad(&self, name: &str) -> KeyFault {
        bad(&join(self.path, name))
    }

    fn required<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, KeyFault> {
        self.text(name, parse)?.ok_or_else(|| self.bad(name))
    }

    fn text<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, KeyFault> {
        let Some(value) = self.object.member(name) else {
            return Ok(None);
        };
        let Json::Text(text) = value else {
            return Err(self.bad(name));
        };
        parse(text).map(Some).ok_or_else(|| self.bad(name))
    }

    /// A member of our own beside the format's: whatever else it holds counts as absent.
    fn word<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        match self.object.member(name) {
            Some(Json::Text(text)) => parse(text),
            Some(Json::Bool(_) | Json::Integer(_) | Json::List(_) | Json::Object(_) | Json::Unfit) | None => {
                None
            }
        }
    }

    fn texts<T>(
        &self,
        name: &str,
        most: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, KeyFault> {
        let Some(value) = self.object.member(name) else {
            return Ok(Vec::new());
        };
        let Json::List(values) = value else {
            return Err(self.bad(name));
        };
        if values.len() > most {
            return Err(self.bad(name));
        }
        let one = |(at, value): (usize, &Json)| {
            let Json::Text(text) = value else {
                return Err(self.bad(&format!("{name}[{at}]")));
            };
            parse(text).ok_or_else(|| self.bad(&format!("{name}[{at}]")))
        };
        values.iter().enumerate().map(one).collect()
    }

    fn port(&self, name: &str) -> Result<Option<NonZeroU16>, KeyFault> {
        let Some(value) = self.object.member(name) else {
            return Ok(None);
        };
        let Json::Integer(port) = value else {
            return Err(self.bad(name));
        };
        let port = u16::try_from(*port).ok().and_then(NonZeroU16::new);
        port.map(Some).ok_or_else(|| self.bad(name))
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, KeyFault> {
        match self.object.member(name) {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(Json::Integer(_) | Json::Text(_) | Json::List(_) | Json::Object(_) | Json::Unfit) => {
                Err(self.bad(name))
            }
        }
    }

    fn object(&self, name: &str) -> Result<Option<&'a Object>, KeyFault> {
        match self.object.member(name) {
            None => Ok(None),
            Some(Json::Object(object)) => Ok(Some(object)),
            Some(Json::Bool(_) | Json::Integer(_) | Json::Text(_) | Json::List(_) | Json::Unfit) => {
                Err(self.bad(name))
            }
        }
    }

    /// No members but these: the schema closes `entra`, `integrity` and `signature`.
    fn only(&self, names: &[&str]) -> Result<(), KeyFault> {
        let other = self
            .object
            .0
            .iter()
            .find(|(name, _)| !names.contains(&name.as_str()));
        other.map_or(Ok(()), |(name, _)| Err(self.bad(name)))
    }
}

/// The file's members besides seal and signature, in the order of the sheet.
pub(crate) fn write_body(contents: &Contents) -> Object {
    let mut body = Object::default();
    body.push("format", text(FORMAT));
    body.push("version", Json::Integer(VERSION));
    body.push("pbx", Json::Object(write_pbx(&contents.pbx)));
    body.push("key", text(contents.key.to_text()));
    body.push("key_id", text(contents.key.id().to_string()));
    body.push("mode", text(contents.mode.as_str()));
    body.push("autoprovision", Json::Bool(contents.autoprovision));
    let date = |date: &Timestamp| text(date.to_string());
    body.push("issued_at", date(&contents.issued_at));
    push_some(&mut body, "not_before", contents.not_before.as_ref().map(date));
    push_some(&mut body, "not_after", contents.not_after.as_ref().map(date));
    push_some(
        &mut body,
        "issuer",
        contents.issuer.as_ref().map(|issuer| text(issuer.as_str())),
    );
    let mut entra = Object::default();
    let id = |id: &EntraId| text(id.as_str());
    push_some(&mut entra, "tenant_id", contents.entra.tenant_id.as_ref().map(id));
    push_some(&mut entra, "client_id", contents.entra.client_id.as_ref().map(id));
    if entra != Object::default() {
        body.push("entra", Json::Object(entra));
    }
    body
}

fn write_pbx(pbx: &Pbx) -> Object {
    let mut object = Object::default();
    object.push("name", text(pbx.name.as_str()));
    object.push("kind", text(pbx.kind.as_str()));
    push_some(
        &mut object,
        "system",
        pbx.system.map(|system| text(system.as_str())),
    );
    let port = |port: NonZeroU16| Json::Integer(port.get().into());
    push_some(
        &mut object,
        "host",
        pbx.host.as_ref().map(|host| text(host.as_str())),
    );
    push_some(&mut object, "port", pbx.port.map(port));
    push_some(&mut object, "xmpp_port", pbx.xmpp_port.map(port));
    push_some(
        &mut object,
        "xmpp_domain",
        pbx.xmpp_domain.as_ref().map(|domain| text(domain.as_str())),
    );
    push_some(&mut object, "onehub_port", pbx.onehub_port.map(port));
    if !pbx.backends.is_empty() {
        object.push(
            "backends",
            Json::List(
                pbx.backends
                    .iter()
                    .map(|backend| text(backend.as_str()))
                    .collect(),
            ),
        );
    }
    if !pbx.tls_pins.is_empty() {
        let pins = pbx.tls_pins.iter().map(|pin| text(pin.to_string())).collect();
        object.push("tls_spki_sha256", Json::List(pins));
    }
    object
}

pub(crate) fn write_integrity(value: &[u8]) -> Json {
    let mut integrity = Object::default();
    integrity.push("alg", text(INTEGRITY_ALG));
    integrity.push("value", text(to_base64url(value)));
    Json::Object(integrity)
}

pub(crate) fn write_signature(signature: &Signature) -> Json {
    let mut object = Object::default();
    object.push("alg", text(SIGNATURE_ALG));
    object.push("public_key", text(signature.signer.to_string()));
    object.push("value", text(to_base64url(&signature.value)));
    Json::Object(object)
}

fn text(text: impl Into<String>) -> Json {
    Json::Text(text.into())
}

fn push_some(object: &mut Object, name: &str, value: Option<Json>) {
    if let Some(value) = value {
        object.push(name, value);
    }
}
