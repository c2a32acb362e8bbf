//! What the settings will say once the person agrees.

use super::offer::What;
use crate::settings::{Settings, speaks_with};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_pbxkey::{Contents, Kind, Mode, Pbx, System, Trust};
use offhook_protocol::key::KeyMicrosoft;
use offhook_protocol::pages::Draft;
use std::collections::BTreeMap;

/// What agreeing would do, worked out from the settings in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The changes, without those of the sign-in at Microsoft.
    pub(crate) draft: Draft,
    /// The kind's name, where the file says it.
    pub(crate) kind: Option<&'static str>,
    /// This Offhook can speak with that kind.
    pub(crate) spoken: bool,
    /// The host of the phone system whose place is taken: its password must not go to the new one.
    pub(crate) replaces: Option<String>,
    pub(crate) tls: Tls,
    /// A pinned certificate is no longer asked for.
    pub(crate) pin_gone: bool,
    pub(crate) microsoft: Option<KeyMicrosoft>,
    pub(crate) presence_only: bool,
    /// Why it can't be done here.
    pub(crate) blocked: Option<Fault>,
}

/// How the connection will be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    System,
    Pins(usize),
    /// As the settings have it.
    Kept,
}

/// The settings' word for a key file's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Is(&'static str),
    /// The file does not say.
    NotNamed,
    /// The settings have no such kind.
    None,
}

pub(crate) fn plan(what: &What, settings: &Settings) -> Plan {
    let target = Target::of(what);
    let mut changes = BTreeMap::new();
    let mut change = |key: &'static str, value: String| {
        if settings.text(key) != value {
            changes.insert(key.to_owned(), value);
        }
    };
    let (before_kind, before_host) = (settings.text("phone.kind"), settings.text("phone.host"));
    let same_host = before_host.eq_ignore_ascii_case(&target.host);
    if let Word::Is(word) = target.word {
        change("phone.kind", word.to_owned());
    }
    change("phone.host", target.host.clone());
    let tls = target.tls(same_host);
    match tls {
        Tls::System => change("phone.tls", "system".to_owned()),
        Tls::Pins(_) => change("phone.tls", format!("pin:{}", target.pins.join(","))),
        Tls::Kept => {}
    }
    if let Some(port) = target.port(same_host) {
        change("phone.port", port.to_string());
    }
    let is_new = !same_host || changes.contains_key("phone.kind");
    let locked = changes.keys().find(|key| settings.field(key).locked);
    let blocked = match (target.word, locked) {
        (Word::None, _) => {
            let fault = Fault::new(FaultKind::Rejected, Code::PhoneKindNotYet);
            Some(fault.about(target.kind.unwrap_or("?")))
        }
        (Word::Is(_) | Word::NotNamed, Some(key)) => {
            Some(Fault::new(FaultKind::Rejected, Code::Locked).about(key.clone()))
        }
        (Word::Is(_) | Word::NotNamed, None) => None,
    };
    Plan {
        kind: target.kind,
        spoken: match target.word {
            Word::Is(word) => speaks_with(word),
            Word::NotNamed => true,
            Word::None => false,
        },
        replaces: (is_new && before_kind != "none").then(|| before_host.to_owned()),
        pin_gone: tls == Tls::System && settings.text("phone.tls").starts_with("pin:"),
        tls,
        microsoft: what.contents().and_then(|contents| microsoft(contents, settings)),
        presence_only: what
            .contents()
            .is_some_and(|contents| contents.mode == Mode::PresenceOnly),
        draft: Draft(changes),
        blocked,
    }
}

impl Plan {
    /// All changes, those of the sign-in at Microsoft among them where the person wants them.
    pub(crate) fn changes(&self, with_microsoft: bool) -> Draft {
        let mut draft = self.draft.clone();
        if let Some(microsoft) = self.microsoft.as_ref().filter(|_| with_microsoft) {
            let pairs = [
                ("microsoft.tenant", &microsoft.tenant),
                ("microsoft.client_id", &microsoft.client_id),
            ];
            for (key, value) in pairs {
                if let Some(value) = value {
                    draft.0.insert(key.to_owned(), value.clone());
                }
            }
        }
        draft
    }
}

/// Where the phone system is and how to reach it, from a file or from what was typed.
struct Target {
    word: Word,
    kind: Option<&'static str>,
    host: String,
    /// `Some(0)`: the usual one. `None`: nothing is said of it.
    port: Option<u16>,
    pins: Vec<String>,
    /// The file speaks for its signer, whom this desk knows: what it leaves out is meant.
    trusted: bool,
}

impl Target {
    fn of(what: &What) -> Self {
        match what {
            What::File { checked, .. } => {
                let pbx = &checked.file.contents().pbx;
                let (word, kind) = word_of(pbx);
                Self {
                    word,
                    kind,
                    host: pbx.host_or_name().as_str().to_owned(),
                    port: Some(pbx.port.map_or(0, std::num::NonZeroU16::get)),
                    pins: pbx
                        .tls_pins
                        .iter()
                        .map(|pin| format!("SHA256:{}", pin.to_hex()))
                        .collect(),
                    trusted: matches!(checked.trust, Trust::Trusted(_)),
                }
            }
            What::Typed { name, .. } => Self {
                word: Word::NotNamed,
                kind: None,
                host: name.to_string(),
                port: None,
                pins: Vec::new(),
                trusted: false,
            },
        }
    }

    /// A file without pins takes none away from a host that has some, unless a known signer says so.
    fn tls(&self, same_host: bool) -> Tls {
        match self.pins.len() {
            0 if same_host && !self.trusted => Tls::Kept,
            0 => Tls::System,
            count => Tls::Pins(count),
        }
    }

    fn port(&self, same_host: bool) -> Option<u16> {
        match self.port {
            None if same_host => None,
            None => Some(0),
            port => port,
        }
    }
}

fn word_of(pbx: &Pbx) -> (Word, Option<&'static str>) {
    let is = |word, name| (Word::Is(word), Some(name));
    match pbx.kind {
        Kind::Starface => is("starface", "STARFACE"),
        Kind::Sip => is("sip", "SIP"),
        Kind::Fritzbox => (Word::None, Some("FRITZ!Box")),
        Kind::ThreeCx => (Word::None, Some("3CX")),
        Kind::Generic => match pbx.system {
            Some(System::Asterisk) => is("asterisk", "Asterisk"),
            Some(System::Freepbx) => is("freepbx", "FreePBX"),
            Some(System::Innovaphone) => is("innovaphone", "innovaphone"),
            Some(System::Procall) => is("procall", "estos ProCall"),
            Some(System::Csta) => is("csta", "CSTA"),
            None => (Word::NotNamed, None),
        },
    }
}

/// What the file brings for the sign-in at Microsoft and is neither in force nor the organisation's to set.
fn microsoft(contents: &Contents, settings: &Settings) -> Option<KeyMicrosoft> {
    let news = |key: &str, value: Option<&str>| {
        value
            .filter(|value| settings.text(key) != *value && !settings.field(key).locked)
            .map(str::to_owned)
    };
    let entra = &contents.entra;
    let tenant = news(
        "microsoft.tenant",
        entra.tenant_id.as_ref().map(offhook_pbxkey::EntraId::as_str),
    );
    let client_id = news(
        "microsoft.client_id",
        entra.client_id.as_ref().map(offhook_pbxkey::EntraId::as_str),
    );
    (tenant.is_some() || client_id.is_some()).then(|| KeyMicrosoft {
        tenant,
        client_id,
        suggested: settings.text("microsoft.client_id").is_empty(),
    })
}
