//! The requests that read and write do not disturb and forward, and what their answers mean (facts/asterisk.md
//! section 2.1, facts/test-parts.md section 1.3).

use super::config::{AsteriskConfig, ForwardTarget};
use super::wire::{Action, HeaderError};
use offhook_engine::phone::FieldValue;

/// A switch that FreePBX keeps in its database, with a lamp and feature codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    Dnd(bool),
    Forward(Option<ForwardTarget>),
}

impl Switch {
    /// # Errors
    /// For a target that can't be dialled. `None` for a field that is no switch.
    pub fn from_value(value: &FieldValue) -> Result<Option<Self>, HeaderError> {
        match value {
            FieldValue::Dnd(on) => Ok(Some(Self::Dnd(*on))),
            FieldValue::Forward(None) => Ok(Some(Self::Forward(None))),
            FieldValue::Forward(Some(target)) => {
                let target = ForwardTarget::parse(target).ok_or(HeaderError::NotANumber)?;
                Ok(Some(Self::Forward(Some(target))))
            }
            FieldValue::Presence(_) | FieldValue::Note(_) => Ok(None),
        }
    }

    const fn family(&self) -> &'static str {
        match self {
            Self::Dnd(_) => "DND",
            Self::Forward(_) => "CF",
        }
    }

    /// The feature code to dial, if this system has one.
    pub fn code(&self, config: &AsteriskConfig) -> Option<String> {
        let codes = &config.codes;
        match self {
            Self::Dnd(true) => codes.dnd_on.clone(),
            Self::Dnd(false) => codes.dnd_off.clone(),
            Self::Forward(Some(target)) => codes
                .forward_on
                .as_ref()
                .map(|code| format!("{code}{}", target.as_str())),
            Self::Forward(None) => codes.forward_off.clone(),
        }
    }

    /// Dials the code in the extension's name. The other end of the local channel only waits. The channel's id
    /// makes it known in every log of the system.
    ///
    /// # Errors
    /// See [`super::wire::Header::new`].
    pub fn dial(&self, code: &str, config: &AsteriskConfig, id: &str) -> Result<Action, HeaderError> {
        Action::new("Originate")
            .with("Channel", format!("Local/{code}@{}/n", config.context))?
            .with("Application", "Wait")?
            .with("Data", "3")?
            .with("CallerID", config.extension.as_str())?
            .with("Async", "true")?
            .with("Timeout", "5000")?
            .with("ChannelId", id)?
            .with("OtherChannelId", format!("{id}-2"))
    }

    /// Writes the database: off is a missing key.
    ///
    /// # Errors
    /// See [`super::wire::Header::new`].
    pub fn put(&self, config: &AsteriskConfig) -> Result<Action, HeaderError> {
        let value = match self {
            Self::Dnd(true) => "YES",
            Self::Forward(Some(target)) => target.as_str(),
            Self::Dnd(false) | Self::Forward(None) => {
                return key(Action::new("DBDel"), self.family(), config.extension.as_str());
            }
        };
        key(Action::new("DBPut"), self.family(), config.extension.as_str())?.with("Val", value)
    }

    /// The custom states that FreePBX sets with the database, without which lamps stay wrong; `per_device` has
    /// one too where somebody has ever set it.
    pub fn lamps(&self, config: &AsteriskConfig) -> Lamps {
        let extension = config.extension.as_str();
        let off = config
            .lamp_off_words
            .first()
            .map_or("UNAVAILABLE", String::as_str);
        match self {
            Self::Dnd(on) => Lamps {
                own: format!("DND{extension}"),
                per_device: format!("DEVDND{extension}"),
                state: if *on { "BUSY" } else { off }.to_owned(),
            },
            Self::Forward(target) => Lamps {
                own: format!("CF{extension}"),
                per_device: format!("DEVCF{extension}"),
                state: if target.is_some() { "BUSY" } else { "NOT_INUSE" }.to_owned(),
            },
        }
    }
}

/// Names without `Custom:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lamps {
    pub own: String,
    pub per_device: String,
    pub state: String,
}

/// # Errors
/// See [`super::wire::Header::new`].
pub fn db_get(family: &'static str, name: &str) -> Result<Action, HeaderError> {
    key(Action::new("DBGet"), family, name)
}

/// # Errors
/// See [`super::wire::Header::new`].
pub fn set_var(variable: String, value: &str) -> Result<Action, HeaderError> {
    Action::new("Setvar")
        .with("Variable", variable)?
        .with("Value", value)
}

/// # Errors
/// See [`super::wire::Header::new`].
pub fn get_var(variable: String) -> Result<Action, HeaderError> {
    Action::new("Getvar").with("Variable", variable)
}

fn key(action: Action, family: &str, name: &str) -> Result<Action, HeaderError> {
    action.with("Family", family)?.with("Key", name)
}

/// `DB(DND/<ext>)`: any value but an empty one and the words that mean off.
pub fn dnd_from_db(value: Option<&str>, off_words: &[String]) -> bool {
    value.is_some_and(|value| {
        !value.is_empty() && !off_words.iter().any(|word| word.eq_ignore_ascii_case(value))
    })
}

/// `Custom:DND<ext>`; nothing for a state that was never set.
pub fn dnd_from_lamp(state: &str, off_words: &[String]) -> Option<bool> {
    match state {
        "" | "UNKNOWN" | "INVALID" => None,
        state => Some(!off_words.iter().any(|word| word == state)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::AsteriskSettings;
    use super::*;

    fn config() -> AsteriskConfig {
        let settings = AsteriskSettings {
            host: "h".into(),
            user: "u".into(),
            extension: "1001".into(),
            ..AsteriskSettings::default()
        };
        AsteriskConfig::parse(&settings).unwrap()
    }

    fn switch(value: FieldValue) -> Switch {
        Switch::from_value(&value).unwrap().unwrap()
    }

    #[test]
    fn codes_by_freepbx() {
        let config = config();
        let code = |value| switch(value).code(&config);
        assert_eq!(code(FieldValue::Dnd(true)).as_deref(), Some("*78"));
        assert_eq!(code(FieldValue::Dnd(false)).as_deref(), Some("*79"));
        assert_eq!(
            code(FieldValue::Forward(Some("+4930".into()))).as_deref(),
            Some("*72+4930")
        );
        assert_eq!(code(FieldValue::Forward(None)).as_deref(), Some("*73"));
    }

    #[test]
    fn a_code_is_dialled_in_the_extensions_name() {
        let action = switch(FieldValue::Dnd(true))
            .dial("*78", &config(), "offhook-a")
            .unwrap();
        let wanted = "Action: Originate\r\nActionID: offhook-1\r\nChannel: Local/*78@from-internal/n\r\n\
            Application: Wait\r\nData: 3\r\nCallerID: 1001\r\nAsync: true\r\nTimeout: 5000\r\n\
            ChannelId: offhook-a\r\nOtherChannelId: offhook-a-2\r\n\r\n";
        assert_eq!(action.encode(1), wanted);
    }

    #[test]
    fn off_is_a_missing_key() {
        let put = |value| switch(value).put(&config()).unwrap().encode(1);
        let head = |name: &str, family: &str| {
            format!("Action: {name}\r\nActionID: offhook-1\r\nFamily: {family}\r\nKey: 1001\r\n")
        };
        assert_eq!(
            put(FieldValue::Dnd(true)),
            head("DBPut", "DND") + "Val: YES\r\n\r\n"
        );
        assert_eq!(put(FieldValue::Dnd(false)), head("DBDel", "DND") + "\r\n");
        assert_eq!(
            put(FieldValue::Forward(Some("600".into()))),
            head("DBPut", "CF") + "Val: 600\r\n\r\n"
        );
        assert_eq!(put(FieldValue::Forward(None)), head("DBDel", "CF") + "\r\n");
    }

    #[test]
    fn a_target_is_checked() {
        let bad = FieldValue::Forward(Some("600\r\nAction: Logoff".into()));
        assert_eq!(Switch::from_value(&bad), Err(HeaderError::NotANumber));
        assert_eq!(Switch::from_value(&FieldValue::Note(String::new())), Ok(None));
    }

    #[test]
    fn what_means_off() {
        let words = ["no".to_owned()];
        for (value, on) in [
            (None, false),
            (Some(""), false),
            (Some("NO"), false),
            (Some("YES"), true),
            (Some("1"), true),
        ] {
            assert_eq!(dnd_from_db(value, &words), on, "{value:?}");
        }
        let off = ["UNAVAILABLE".to_owned(), "NOT_INUSE".to_owned()];
        for (state, on) in [
            ("BUSY", Some(true)),
            ("NOT_INUSE", Some(false)),
            ("UNAVAILABLE", Some(false)),
            ("UNKNOWN", None),
            ("INVALID", None),
            ("", None),
        ] {
            assert_eq!(dnd_from_lamp(state, &off), on, "{state}");
        }
    }
}
