//! Settings of the adapter, parsed once into valid values.

use crate::phones::ConfigError;
pub use crate::phones::tls::Tls;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The settings as they are written in the file; [`AsteriskConfig::parse`] makes them valid. The defaults are
/// FreePBX's (facts/asterisk.md section 2); other systems use other codes, so all can be set.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AsteriskSettings {
    pub host: String,
    /// 0: 5038, with TLS 5039.
    pub port: u16,
    /// `system`, `off`, or `pin:` and the SHA-256 fingerprint of the server's certificate or of its public key, in
    /// hex or Base64; several with commas between them.
    pub tls: String,
    /// The manager account, not the extension.
    pub user: String,
    pub extension: String,
    /// The extension's channel devices with commas between them; empty: `PJSIP/<extension>`.
    pub device: String,
    /// Where feature codes are dialled.
    pub context: String,
    /// How do not disturb and forward are written: `auto`, `code` (dial the feature code) or `dbput`.
    pub how: String,
    pub dnd_on: String,
    pub dnd_off: String,
    /// The number follows.
    pub forward_on: String,
    pub forward_off: String,
    /// Feature codes that the person's phone may dial and that are no calls, besides the four above.
    pub other_codes: Vec<String>,
    /// Values of `DB(DND/<extension>)` that mean off, besides an empty one and none.
    pub dnd_off_words: Vec<String>,
    /// States of `Custom:DND<extension>` that mean off. The first is the one that is written.
    pub lamp_off_words: Vec<String>,
}

impl Default for AsteriskSettings {
    fn default() -> Self {
        let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            host: String::new(),
            port: 0,
            tls: "system".into(),
            user: String::new(),
            extension: String::new(),
            device: String::new(),
            context: "from-internal".into(),
            how: "auto".into(),
            dnd_on: "*78".into(),
            dnd_off: "*79".into(),
            forward_on: "*72".into(),
            forward_off: "*73".into(),
            other_codes: strings(&["*76", "*96", "*74", "*93"]),
            dnd_off_words: Vec::new(),
            lamp_off_words: strings(&["UNAVAILABLE", "NOT_INUSE"]),
        }
    }
}

impl fmt::Debug for AsteriskSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsteriskSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("how", &self.how)
            .finish_non_exhaustive()
    }
}

/// An extension: digits, `*` and `#`, at most 20. It becomes part of database keys and channel names.
#[derive(Clone, PartialEq, Eq)]
pub struct Extension(String);

impl Extension {
    pub fn parse(text: &str) -> Option<Self> {
        is_dialled(text, 20).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Personal.
impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extension(…)")
    }
}

/// The target of a forward: what can be dialled, with `+` only in front, at most 40 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct ForwardTarget(String);

impl ForwardTarget {
    pub fn parse(text: &str) -> Option<Self> {
        is_dialled(text.strip_prefix('+').unwrap_or(text), 39).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Personal.
impl fmt::Debug for ForwardTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForwardTarget(…)")
    }
}

fn is_dialled(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'*' | b'#'))
}

/// A channel device such as `PJSIP/1001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    pub fn parse(text: &str) -> Option<Self> {
        let (technology, name) = text.split_once('/')?;
        let fits = |part: &str, more: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        (text.len() <= 80 && fits(technology, "") && fits(name, "-_.+@")).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a channel of that name belongs to this very device: `PJSIP/1001-0000002a`, but neither
    /// `PJSIP/10011-0000002a` nor `PJSIP/1001-desk-0000002a`.
    pub fn owns(&self, channel: &str) -> bool {
        channel.rsplit_once('-').is_some_and(|(device, number)| {
            device.eq_ignore_ascii_case(&self.0) && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }
}

/// Dialled feature codes. `None`: this system has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    pub dnd_on: Option<String>,
    pub dnd_off: Option<String>,
    pub forward_on: Option<String>,
    pub forward_off: Option<String>,
    pub others: Vec<String>,
}

impl Codes {
    /// Whether a dialled number is one of the codes, so that the call is none.
    pub fn is_code(&self, dialled: &str) -> bool {
        let whole = [&self.dnd_on, &self.dnd_off, &self.forward_off]
            .into_iter()
            .flatten()
            .chain(&self.others);
        let forwards = self
            .forward_on
            .as_deref()
            .is_some_and(|code| dialled.starts_with(code));
        forwards || whole.into_iter().any(|code| code == dialled)
    }
}

/// How do not disturb and forward are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The code where the account may dial, else the database; the database too where dialling had no effect.
    Auto,
    Code,
    DbPut,
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For the answer to one action.
    pub answer: Duration,
    pub ping: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between reads while a written value is waited for.
    pub look: Duration,
    /// After a push, before its field is read: one change makes several events, in no fixed order.
    pub settle: Duration,
    /// Calls and fields are read anew at this pace.
    pub resync: Duration,
    /// Calls, while no event has been heard: perhaps the account is sent none. Not longer than `ping`, which it stands
    /// for.
    pub calls_unheard: Duration,
    /// Calls, once there were some that no event had told of.
    pub calls_deaf: Duration,
    /// Fields, while no event has been heard: slower than the calls, since most accounts are sent events once there is
    /// something to tell, and each answer wakes the program. Not shorter than `calls_unheard`.
    pub fields_unheard: Duration,
    /// Fields, once it is known that no event tells of them.
    pub fields_deaf: Duration,
    /// After sign-in, before the rights are looked at once more: an Asterisk that has just started learns its
    /// commands one by one.
    pub look_again: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(5),
            ping: Duration::from_secs(30),
            confirm: Duration::from_secs(3),
            look: Duration::from_millis(200),
            settle: Duration::from_millis(200),
            resync: Duration::from_secs(180),
            calls_unheard: Duration::from_secs(30),
            calls_deaf: Duration::from_secs(5),
            fields_unheard: Duration::from_secs(90),
            fields_deaf: Duration::from_secs(30),
            look_again: Duration::from_secs(15),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct AsteriskConfig {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub user: String,
    pub extension: Extension,
    pub devices: Vec<Device>,
    pub context: String,
    pub how: How,
    pub codes: Codes,
    pub dnd_off_words: Vec<String>,
    pub lamp_off_words: Vec<String>,
    pub timing: Timing,
}

impl fmt::Debug for AsteriskConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsteriskConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("how", &self.how)
            .finish_non_exhaustive()
    }
}

impl AsteriskConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &AsteriskSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let host = settings.host.trim();
        if host.is_empty() {
            return Err(bad("host", "it is empty"));
        }
        if host.len() > 253 || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
            return Err(bad("host", "it is no host name or address"));
        }
        let tls = Tls::parse(&settings.tls).ok_or(bad("tls", "it is neither system, off nor pin:SHA256"))?;
        let user = settings.user.trim();
        if user.is_empty() || user.len() > 80 || user.contains(char::is_control) {
            return Err(bad("user", "it is empty or too long"));
        }
        let extension = Extension::parse(settings.extension.trim())
            .ok_or(bad("extension", "it has other characters than digits, * and #"))?;
        let devices = parse_devices(&settings.device, &extension)
            .ok_or(bad("device", "it is not written like PJSIP/1001"))?;
        let context = settings.context.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if context.is_empty() || context.len() > 79 || !context.chars().all(plain) {
            return Err(bad("context", "it is no dialplan context"));
        }
        let how = match settings.how.trim() {
            "auto" | "" => How::Auto,
            "code" => How::Code,
            "dbput" => How::DbPut,
            _ => return Err(bad("how", "it is neither auto, code nor dbput")),
        };
        Ok(Self {
            host: host.to_owned(),
            port: match (settings.port, &tls) {
                (0, Tls::Off) => 5038,
                (0, Tls::System | Tls::Pinned(_)) => 5039,
                (port, _) => port,
            },
            tls,
            user: user.to_owned(),
            extension,
            devices,
            context: context.to_owned(),
            how,
            codes: parse_codes(settings)?,
            dnd_off_words: settings.dnd_off_words.clone(),
            lamp_off_words: parse_lamp_words(&settings.lamp_off_words)
                .ok_or(bad("lamp_off_words", "it has words other than device states"))?,
            timing: Timing::default(),
        })
    }

    /// Stable name of this extension on this system.
    pub fn key(&self) -> String {
        format!(
            "asterisk:{}:{}/{}",
            self.host.to_ascii_lowercase(),
            self.port,
            self.extension.as_str()
        )
    }
}

fn parse_devices(text: &str, extension: &Extension) -> Option<Vec<Device>> {
    if text.trim().is_empty() {
        return Device::parse(&format!("PJSIP/{}", extension.as_str()))
            // An extension with `*` or `#` is no device name.
            .map(|device| vec![device]);
    }
    text.split(',')
        .map(|device| Device::parse(device.trim()))
        .collect()
}

fn parse_codes(settings: &AsteriskSettings) -> Result<Codes, ConfigError> {
    let code = |key: &'static str, text: &str| match text.trim() {
        "" => Ok(None),
        text if is_dialled(text, 12) => Ok(Some(text.to_owned())),
        _ => Err(ConfigError::new(
            key,
            "it has other characters than digits, * and #",
        )),
    };
    let others = settings
        .other_codes
        .iter()
        .map(|text| code("other_codes", text))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Codes {
        dnd_on: code("dnd_on", &settings.dnd_on)?,
        dnd_off: code("dnd_off", &settings.dnd_off)?,
        forward_on: code("forward_on", &settings.forward_on)?,
        forward_off: code("forward_off", &settings.forward_off)?,
        others: others.into_iter().flatten().collect(),
    })
}

/// Device states as facts/asterisk.json lists them.
fn parse_lamp_words(words: &[String]) -> Option<Vec<String>> {
    const STATES: [&str; 7] = [
        "NOT_INUSE",
        "INUSE",
        "BUSY",
        "UNAVAILABLE",
        "RINGING",
        "RINGINUSE",
        "ONHOLD",
    ];
    let words: Vec<String> = words
        .iter()
        .map(|word| word.trim().to_ascii_uppercase())
        .collect();
    (!words.is_empty() && words.iter().all(|word| STATES.contains(&word.as_str()))).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AsteriskSettings {
        AsteriskSettings {
            host: "pbx.example".into(),
            user: "desk".into(),
            extension: "1001".into(),
            ..AsteriskSettings::default()
        }
    }

    fn refused(change: impl FnOnce(&mut AsteriskSettings)) -> &'static str {
        let mut settings = settings();
        change(&mut settings);
        AsteriskConfig::parse(&settings)
            .err()
            .map_or("accepted", |error| error.key)
    }

    #[test]
    fn the_usual_settings() {
        let config = AsteriskConfig::parse(&settings()).unwrap();
        assert_eq!(
            (config.port, config.tls.clone(), config.how),
            (5039, Tls::System, How::Auto)
        );
        assert_eq!(config.devices, [Device("PJSIP/1001".into())]);
        assert_eq!(config.key(), "asterisk:pbx.example:5039/1001");
        let plain = AsteriskSettings {
            tls: "off".into(),
            ..settings()
        };
        assert_eq!(AsteriskConfig::parse(&plain).unwrap().port, 5038);
        let other = AsteriskSettings {
            port: 7,
            device: "SIP/1001, IAX2/99-1001".into(),
            ..settings()
        };
        let config = AsteriskConfig::parse(&other).unwrap();
        assert_eq!(config.port, 7);
        assert_eq!(
            config.devices,
            [Device("SIP/1001".into()), Device("IAX2/99-1001".into())]
        );
    }

    #[test]
    fn a_wrong_setting_is_named() {
        assert_eq!(refused(|s| s.host = " ".into()), "host");
        assert_eq!(refused(|s| s.host = "http://pbx".into()), "host");
        assert_eq!(refused(|s| s.tls = "pin:12".into()), "tls");
        assert_eq!(refused(|s| s.tls = "on".into()), "tls");
        assert_eq!(refused(|s| s.user = "a\r\nb".into()), "user");
        assert_eq!(refused(|s| s.extension = "10 01".into()), "extension");
        assert_eq!(refused(|s| s.extension = String::new()), "extension");
        assert_eq!(refused(|s| s.device = "1001".into()), "device");
        assert_eq!(refused(|s| s.context = "from internal".into()), "context");
        assert_eq!(refused(|s| s.how = "magic".into()), "how");
        assert_eq!(refused(|s| s.dnd_on = "*78@x".into()), "dnd_on");
        assert_eq!(
            refused(|s| s.lamp_off_words = vec!["off".into()]),
            "lamp_off_words"
        );
    }

    #[test]
    fn a_channel_belongs_to_exactly_one_device() {
        let device = Device::parse("PJSIP/1001").unwrap();
        assert!(device.owns("PJSIP/1001-0000002a"));
        assert!(device.owns("pjsip/1001-0000002a"));
        for other in [
            "PJSIP/10011-00000001",
            "PJSIP/1001-desk-00000001",
            "SIP/1001-00000001",
            "PJSIP/1001",
            "Local/1001@from-internal-00000001;1",
            "PJSIP/1001-0000002a<ZOMBIE>",
        ] {
            assert!(!device.owns(other), "{other}");
        }
    }

    #[test]
    fn codes_are_no_calls() {
        let codes = AsteriskConfig::parse(&settings()).unwrap().codes;
        for code in ["*78", "*79", "*72600", "*73", "*76"] {
            assert!(codes.is_code(code), "{code}");
        }
        for number in ["600", "*780", "78", "s", "*97"] {
            assert!(!codes.is_code(number), "{number}");
        }
    }

    #[test]
    fn targets_are_what_can_be_dialled() {
        for good in ["600", "+49301234", "*55#"] {
            assert!(ForwardTarget::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "+",
            "49+30",
            "a@b",
            "600,1",
            "600@other",
            "6 00",
            "600\r\nAction: Logoff",
        ] {
            assert!(ForwardTarget::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_hides_the_person() {
        let config = AsteriskConfig::parse(&settings()).unwrap();
        assert!(!format!("{config:?} {:?} {:?}", settings(), config.extension).contains("1001"));
    }
}
