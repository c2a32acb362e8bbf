//! The settings of the phone system, by its kind.

use super::{Settings, arguments};
use crate::phones::asterisk::{AsteriskConfig, AsteriskSettings};
use crate::phones::command::{CommandConfig, CommandSettings};
use crate::phones::csta::{CstaConfig, CstaSettings};
use crate::phones::freepbx::{FreepbxConfig, FreepbxSettings};
use crate::phones::innovaphone::{InnovaphoneConfig, InnovaphoneSettings};
use crate::phones::procall::{ProcallConfig, ProcallSettings};
use crate::phones::sip::{SipConfig, SipSettings};
use crate::phones::starface::{StarfaceConfig, StarfaceSettings};
use crate::phones::{ConfigError, PhoneSystem};
use offhook_engine::fault::{Code, Fault, FaultKind};

/// The phone system to speak with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneConfig {
    None,
    System(PhoneSystem),
}

/// Whether this Offhook can speak with phone systems of that kind, by the settings' word.
pub(crate) fn speaks_with(kind: &str) -> bool {
    matches!(
        kind,
        "asterisk" | "command" | "csta" | "freepbx" | "innovaphone" | "procall" | "sip" | "starface"
    ) || (cfg!(windows) && kind == "tapi")
}

impl Settings {
    /// # Errors
    /// The setting that is missing or impossible.
    pub fn phone(&self) -> Result<PhoneConfig, Fault> {
        let system = match self.text("phone.kind") {
            "none" => return Ok(PhoneConfig::None),
            "asterisk" => self.asterisk(),
            "command" => self.command(),
            "csta" => self.csta(),
            "freepbx" => self.freepbx(),
            "innovaphone" => self.innovaphone(),
            "procall" => self.procall(),
            "sip" => self.sip(),
            "starface" => self.starface(),
            #[cfg(windows)]
            "tapi" => self.tapi_phone(),
            other => {
                // Its adapter comes with its own issue; until then nothing pretends.
                return Err(Fault::new(FaultKind::Rejected, Code::PhoneKindNotYet).about(other));
            }
        };
        system.map(PhoneConfig::System).map_err(|error| error.fault())
    }

    fn phone_port(&self) -> u16 {
        u16::try_from(self.number("phone.port")).unwrap_or(0)
    }

    fn asterisk(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = AsteriskSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            extension: self.text("phone.extension").to_owned(),
            device: self.text("phone.device").to_owned(),
            context: self.text("phone.context").to_owned(),
            how: self.text("phone.how").to_owned(),
            dnd_on: self.text("phone.dnd_on").to_owned(),
            dnd_off: self.text("phone.dnd_off").to_owned(),
            forward_on: self.text("phone.forward_on").to_owned(),
            forward_off: self.text("phone.forward_off").to_owned(),
            other_codes: self.words("phone.other_codes"),
            dnd_off_words: self.words("phone.dnd_off_words"),
            lamp_off_words: self.words("phone.lamp_off_words"),
        };
        AsteriskConfig::parse(&settings).map(|config| PhoneSystem::Asterisk(Box::new(config)))
    }

    fn command(&self) -> Result<PhoneSystem, ConfigError> {
        let words = |key: &str| arguments::split(self.text(key)).unwrap_or_default();
        let seconds = |key: &str| u64::try_from(self.number(key)).unwrap_or_default();
        let settings = CommandSettings {
            dnd_on: words("phone.commands.dnd_on"),
            dnd_off: words("phone.commands.dnd_off"),
            dnd_read: words("phone.commands.dnd_read"),
            dnd_shows: self.text("phone.commands.dnd_shows").to_owned(),
            forward_on: words("phone.commands.forward_on"),
            forward_off: words("phone.commands.forward_off"),
            forward_read: words("phone.commands.forward_read"),
            tls: self.text("phone.tls").to_owned(),
            read_seconds: seconds("phone.commands.read_seconds"),
            limit_seconds: seconds("phone.commands.limit_seconds"),
        };
        CommandConfig::parse(&settings).map(|config| PhoneSystem::Command(Box::new(config)))
    }

    fn csta(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = CstaSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            extension: self.text("phone.extension").to_owned(),
            session: self.text("phone.session").to_owned(),
            edition: self.text("phone.edition").to_owned(),
            external_only: !self.flag("calendar.forward_internal"),
        };
        CstaConfig::parse(&settings).map(|config| PhoneSystem::Csta(Box::new(config)))
    }

    fn freepbx(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = FreepbxSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            extension: self.text("phone.extension").to_owned(),
        };
        FreepbxConfig::parse(&settings).map(|config| PhoneSystem::Freepbx(Box::new(config)))
    }

    fn innovaphone(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = InnovaphoneSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            interface: self.text("phone.interface").to_owned(),
            app: self.text("phone.app").to_owned(),
            alien_calls: self.flag("phone.alien_calls"),
            activities: self.text("phone.activities").to_owned(),
        };
        InnovaphoneConfig::parse(&settings).map(|config| PhoneSystem::Innovaphone(Box::new(config)))
    }

    fn procall(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = ProcallSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            extension: self.text("phone.extension").to_owned(),
            own_teams: self.text("phone.own_teams").to_owned(),
        };
        ProcallConfig::parse(&settings).map(|config| PhoneSystem::Procall(Box::new(config)))
    }

    fn sip(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = SipSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            transport: self.text("phone.transport").to_owned(),
            user: self.text("phone.user").to_owned(),
            extension: self.text("phone.extension").to_owned(),
            domain: self.text("phone.domain").to_owned(),
            calls_at: self.text("phone.calls_at").to_owned(),
            dnd_state: self.text("phone.dnd_state").to_owned(),
            dnd_on: self.text("phone.dnd_on").to_owned(),
            dnd_off: self.text("phone.dnd_off").to_owned(),
            forward_on: self.text("phone.forward_on").to_owned(),
            forward_off: self.text("phone.forward_off").to_owned(),
            unconfirmed: self.flag("phone.unconfirmed"),
        };
        SipConfig::parse(&settings).map(|config| PhoneSystem::Sip(Box::new(config)))
    }

    fn starface(&self) -> Result<PhoneSystem, ConfigError> {
        let settings = StarfaceSettings {
            host: self.text("phone.host").to_owned(),
            port: self.phone_port(),
            tls: self.text("phone.tls").to_owned(),
            user: self.text("phone.user").to_owned(),
            login: self.text("phone.login").to_owned(),
            uci: self.text("phone.uci").to_owned(),
            oauth_client: self.text("phone.oauth_client").to_owned(),
            oauth_scope: self.text("phone.oauth_scope").to_owned(),
            star_on: self.text("phone.star_on").to_owned(),
            star_off: self.text("phone.star_off").to_owned(),
            chat: self.flag("phone.chat"),
            chat_port: u16::try_from(self.number("phone.chat_port")).unwrap_or(0),
            chat_domain: self.text("phone.chat_domain").to_owned(),
            listen: self.text("phone.listen").to_owned(),
        };
        StarfaceConfig::parse(&settings).map(|config| PhoneSystem::Starface(Box::new(config)))
    }

    #[cfg(windows)]
    fn tapi_phone(&self) -> Result<PhoneSystem, ConfigError> {
        let config = crate::phones::tapi::TapiPhoneConfig::parse(self.text("phone.line"))?;
        Ok(PhoneSystem::Tapi(Box::new(config)))
    }
}
