//! What is before the person, and how it is shown.

use super::plan::{Plan, Tls, plan};
use crate::settings::Settings;
use jiff::tz::TimeZone;
use offhook_engine::fault::Fault;
use offhook_engine::text::{KeyText, date, key_fault, typed_key_fault};
use offhook_pbxkey::{Checked, Contents, KeyFault, PbxKey, PbxName, Trust};
use offhook_protocol::key::{KeyOffer, KeyPart, KeySigner, OfferedKey, SignerTrust};
use offhook_protocol::pages::Language;
use offhook_protocol::problem::Problem;

#[derive(Debug, Default)]
pub(crate) enum Offer {
    #[default]
    Nothing,
    /// The file of that number is being read.
    Reading(u32),
    Refused(Refusal),
    Offered(Box<Offered>),
    Accepted {
        name: PbxName,
        next: Vec<KeyText>,
    },
}

/// Why something was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    File(KeyFault),
    Typed(KeyFault),
    /// Not the file's fault.
    Ours(Fault),
}

impl Refusal {
    /// The stable name of the reason.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::File(fault) | Self::Typed(fault) => fault.code(),
            Self::Ours(fault) => fault.code.name(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) number: u32,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// The bytes are kept: they are checked again when the person agrees, which may be tomorrow.
    File {
        bytes: Vec<u8>,
        checked: Box<Checked>,
    },
    Typed {
        name: PbxName,
        key: PbxKey,
    },
}

impl What {
    pub(crate) fn name(&self) -> &PbxName {
        match self {
            Self::File { checked, .. } => &checked.file.contents().pbx.name,
            Self::Typed { name, .. } => name,
        }
    }

    pub(crate) fn key(&self) -> &PbxKey {
        match self {
            Self::File { checked, .. } => &checked.file.contents().key,
            Self::Typed { key, .. } => key,
        }
    }

    pub(crate) fn contents(&self) -> Option<&Contents> {
        match self {
            Self::File { checked, .. } => Some(checked.file.contents()),
            Self::Typed { .. } => None,
        }
    }
}

impl Offer {
    pub(crate) fn view(&self, settings: &Settings, zone: &TimeZone, language: Language) -> KeyOffer {
        match self {
            Self::Nothing => KeyOffer::Nothing,
            Self::Reading(_) => KeyOffer::Reading,
            Self::Refused(refusal) => refusal.view(zone, language),
            Self::Offered(offered) => KeyOffer::Offered {
                key: Box::new(offered.view(settings, zone, language)),
            },
            Self::Accepted { name, next } => KeyOffer::Accepted {
                name: name.to_string(),
                next: next.iter().map(|text| text.text(language).to_owned()).collect(),
            },
        }
    }
}

impl Refusal {
    fn view(&self, zone: &TimeZone, language: Language) -> KeyOffer {
        let (problem, about) = match self {
            Self::File(fault) => (file_problem(fault, zone, language), KeyPart::File),
            Self::Ours(fault) => (fault.problem(language), KeyPart::File),
            Self::Typed(fault) => {
                let member = fault.member().map(offhook_pbxkey::Member::as_str);
                let about = match member {
                    Some("pbx.name") => KeyPart::TypedName,
                    Some(_) => KeyPart::TypedKey,
                    None => KeyPart::Typed,
                };
                (typed_key_fault(fault.code(), member, language), about)
            }
        };
        KeyOffer::Refused { problem, about }
    }
}

fn file_problem(fault: &KeyFault, zone: &TimeZone, language: Language) -> Problem {
    let day = fault.date().map(|at| date(at, zone, language));
    let detail = day.or_else(|| fault.member().map(ToString::to_string));
    key_fault(fault.code(), detail.as_deref(), language)
}

impl Offered {
    fn view(&self, settings: &Settings, zone: &TimeZone, language: Language) -> OfferedKey {
        let plan = plan(&self.what, settings);
        let day = |at| date(at, zone, language);
        let contents = self.what.contents();
        OfferedKey {
            number: self.number,
            name: self.what.name().to_string(),
            kind: plan.kind.map(str::to_owned),
            address: self.address(),
            issuer: contents.and_then(|contents| Some(contents.issuer.as_ref()?.to_string())),
            issued: contents.map(|contents| day(contents.issued_at)),
            valid_until: contents.and_then(|contents| contents.not_after).map(day),
            signer: self.signer(language),
            tls: match plan.tls {
                Tls::System => KeyText::TlsSystem.text(language).to_owned(),
                Tls::Kept => KeyText::TlsKept.text(language).to_owned(),
                Tls::Pins(1) => KeyText::TlsPin.text(language).to_owned(),
                Tls::Pins(count) => KeyText::TlsPins.with(language, &[("count", &count.to_string())]),
            },
            key_id: self.what.key().id().to_string(),
            notes: notes(&plan, language),
            blocked: plan.blocked.as_ref().map(|fault| fault.problem(language)),
            microsoft: plan.microsoft,
        }
    }

    /// Host, and the port where one is named.
    fn address(&self) -> String {
        match self.what.contents() {
            None => self.what.name().to_string(),
            Some(contents) => {
                let host = contents.pbx.host_or_name();
                match contents.pbx.port {
                    Some(port) => format!("{}:{port}", host.in_url()),
                    None => host.to_string(),
                }
            }
        }
    }

    fn signer(&self, language: Language) -> KeySigner {
        let name = self.what.name().to_string();
        let (trust, text, public_key) = match &self.what {
            What::Typed { .. } => (SignerTrust::None, KeyText::SignerTyped, None),
            What::File { checked, .. } => match checked.trust {
                Trust::Unsigned => (SignerTrust::None, KeyText::SignerNone, None),
                Trust::FirstSeen(signer) => (SignerTrust::New, KeyText::SignerNew, Some(signer)),
                Trust::Trusted(signer) => (SignerTrust::Known, KeyText::SignerKnown, Some(signer)),
            },
        };
        KeySigner {
            trust,
            text: text.with(language, &[("name", &name)]),
            public_key: public_key.map(|key| key.to_string()),
        }
    }
}

fn notes(plan: &Plan, language: Language) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.blocked.is_none() {
        match plan.kind {
            None => notes.push(KeyText::NoteNoKind.text(language).to_owned()),
            Some(kind) if !plan.spoken => {
                notes.push(KeyText::NoteNoAdapter.with(language, &[("kind", kind)]));
            }
            Some(_) => {}
        }
    }
    if let Some(host) = &plan.replaces {
        notes.push(KeyText::NoteReplaces.with(language, &[("host", host)]));
    }
    if plan.pin_gone {
        notes.push(KeyText::NotePinGone.text(language).to_owned());
    }
    if plan.presence_only {
        notes.push(KeyText::NotePresenceOnly.text(language).to_owned());
    }
    notes
}
