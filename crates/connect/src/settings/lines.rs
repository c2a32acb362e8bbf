//! The line sources' settings as the sources use them.

use super::Settings;
use super::keys::Known;
use crate::lines::baresip::BaresipConfig;
use crate::lines::deskphone::{DeskphoneConfig, MOST_PHONES, Phone};
use crate::lines::fritzbox::{FritzboxConfig, Own};
use crate::lines::jami::JamiConfig;
use crate::lines::linphone::LinphoneConfig;
use crate::lines::microphone::MicrophoneConfig;
use crate::lines::microsip::Microsip;
use crate::lines::sip;
use crate::phones::sip::{SipConfig, SipSettings};
use offhook_engine::fault::{Code, Fault, FaultKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

impl Settings {
    pub fn baresip(&self) -> Option<BaresipConfig> {
        self.flag("lines.baresip.enabled").then(|| BaresipConfig {
            address: self.text("lines.baresip.address").to_owned(),
        })
    }

    pub fn fritzbox(&self) -> Option<FritzboxConfig> {
        self.flag("lines.fritzbox.enabled").then(|| FritzboxConfig {
            address: self.text("lines.fritzbox.address").to_owned(),
            own: Own {
                numbers: self.words("lines.fritzbox.numbers"),
                extensions: self.words("lines.fritzbox.extensions"),
            },
        })
    }

    pub fn jami(&self) -> Option<JamiConfig> {
        self.flag("lines.jami.enabled")
            .then_some(JamiConfig { bus: None })
    }

    pub fn linphone(&self) -> Option<LinphoneConfig> {
        self.flag("lines.linphone.enabled").then(|| LinphoneConfig {
            pipe: self.text("lines.linphone.address").into(),
        })
    }

    pub fn microphone(&self) -> Option<MicrophoneConfig> {
        self.flag("lines.microphone.enabled").then(|| MicrophoneConfig {
            apps: self
                .words("lines.microphone.apps")
                .iter()
                .map(|app| app.to_lowercase())
                .collect(),
        })
    }

    /// SIP as a call source; what can't be used of its settings is named.
    pub fn sip_line(&self) -> Option<Result<SipConfig, Fault>> {
        self.flag("lines.sip.enabled").then(|| self.sip_account())
    }

    /// The account of that source, also while it is switched off.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn sip_account(&self) -> Result<SipConfig, Fault> {
        let own = |name: &str| self.text(&format!("lines.{}.{name}", sip::SOURCE)).to_owned();
        let host = match own("host").trim() {
            "" => self.text("phone.host").to_owned(),
            host => host.to_owned(),
        };
        let settings = SipSettings {
            host,
            port: u16::try_from(self.number("lines.sip.port")).unwrap_or(0),
            tls: own("tls"),
            transport: own("transport"),
            user: own("user"),
            extension: own("extension"),
            domain: own("domain"),
            calls_at: own("calls_at"),
            dnd_state: own("dnd_state"),
            ..SipSettings::default()
        };
        SipConfig::parse(&settings)
            .map(SipConfig::calls_only)
            .map_err(|error| Fault::new(FaultKind::Rejected, Code::SipNotConfigured).about(error.key))
    }

    /// MicroSIP's settings: where the person says, else where an installed one keeps them.
    pub fn microsip_ini(&self) -> Option<PathBuf> {
        match self.text("lines.microsip.ini") {
            "" => Microsip::usual_ini(),
            path => Some(path.into()),
        }
    }

    /// `None` also while no phone is named: there is nobody to listen to. `renewed` counts the times that their
    /// addresses were made anew.
    pub fn deskphone(&self, renewed: u32) -> Option<DeskphoneConfig> {
        let words = self.words("lines.deskphone.phones");
        let phones: Vec<Phone> = words.iter().filter_map(|word| Phone::parse(word)).collect();
        (self.flag("lines.deskphone.enabled") && !phones.is_empty()).then(|| DeskphoneConfig {
            address: self.text("lines.deskphone.address").to_owned(),
            phones,
            data_dir: self.path.parent().unwrap_or(Path::new(".")).to_owned(),
            renewed,
        })
    }
}

/// Entries that a source can't work with: the key that was changed, and what fits.
pub(super) fn impossible(values: &[(&'static Known, String)]) -> Option<(&'static str, String)> {
    values.iter().find_map(|(known, value)| {
        let words: Vec<&str> = value.split(',').filter(|word| !word.is_empty()).collect();
        let fits = match known.key.as_ref() {
            "lines.deskphone.phones" => {
                let phones: Option<Vec<Phone>> = words.iter().map(|word| Phone::parse(word)).collect();
                let named_once = |phones: &Vec<Phone>| {
                    let others = |phone: &Phone| phones.iter().filter(|o| o.name == phone.name).count() == 1;
                    phones.len() <= MOST_PHONES && phones.iter().all(others)
                };
                phones.as_ref().is_some_and(named_once)
            }
            "lines.deskphone.address" => value.parse::<SocketAddr>().is_ok(),
            _ => true,
        };
        let allowed = match known.key.as_ref() {
            "lines.deskphone.address" => "0.0.0.0:47311, 192.168.1.10:47311",
            _ => "abc, abc@192.168.1.20 (1–8)",
        };
        (!fits).then(|| (known.key.as_ref(), allowed.to_owned()))
    })
}
