//! AMI messages: `Key: value` lines ended by an empty line (asterisk.md 1.1).

use std::fmt::Write as _;

/// A message either way; keys may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) lines: Vec<(String, String)>,
}

impl Message {
    pub(crate) fn new(key: &str, value: &str) -> Self {
        Self::default().with(key, value)
    }

    /// An event of a class, as subscribers see it.
    pub(crate) fn event(name: &str, class: Class) -> Self {
        Self::new("Event", name).with("Privilege", &format!("{},all", class.word()))
    }

    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.lines.push((key.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn and(mut self, lines: Vec<(String, String)>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// The first value of a key, compared without case as Asterisk does; empty when it is missing.
    pub(crate) fn value(&self, key: &str) -> &str {
        self.lines
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.lines {
            let _ = write!(text, "{key}: {value}\r\n");
        }
        text.push_str("\r\n");
        text
    }

    /// Lines that are no `Key: value` are dropped, as Asterisk drops them.
    pub(crate) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let (key, value) = line.split_once(':')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        Self {
            lines: text.lines().filter_map(line).collect(),
        }
    }
}

/// Rights classes of AMI that the playground knows (asterisk.json, `ami.classes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    System,
    Call,
    Command,
    User,
    Reporting,
    Originate,
}

impl Class {
    pub(crate) const ALL: [Self; 6] = [
        Self::System,
        Self::Call,
        Self::Command,
        Self::User,
        Self::Reporting,
        Self::Originate,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Call => "call",
            Self::Command => "command",
            Self::User => "user",
            Self::Reporting => "reporting",
            Self::Originate => "originate",
        }
    }
}

/// Who may log in to AMI, and what for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    pub user: String,
    pub secret: String,
    pub read: Vec<Class>,
    pub write: Vec<Class>,
    /// Sees only events of this extension, as with the event filters of the captures' `desk101`. Lists and actions are
    /// not limited by it (asterisk.md 1.2).
    pub only_extension: Option<String>,
}

impl Account {
    /// The account that an administrator makes for a desk: `read=call`, `write=call,originate,reporting`.
    pub fn desk(user: &str, secret: &str) -> Self {
        Self {
            user: user.into(),
            secret: secret.into(),
            read: vec![Class::Call],
            write: vec![Class::Call, Class::Originate, Class::Reporting],
            only_extension: None,
        }
    }

    /// An account with all rights.
    pub fn full(user: &str, secret: &str) -> Self {
        let all = Class::ALL.to_vec();
        Self {
            user: user.into(),
            secret: secret.into(),
            read: all.clone(),
            write: all,
            only_extension: None,
        }
    }

    /// With event filters for one extension.
    #[must_use]
    pub fn filtered(mut self, extension: &str) -> Self {
        self.only_extension = Some(extension.into());
        self
    }

    pub(crate) fn sees(&self, class: Class, event: &Message) -> bool {
        self.read.contains(&class)
            && self
                .only_extension
                .as_deref()
                .is_none_or(|extension| concerns(extension, event))
    }
}

fn concerns(extension: &str, event: &Message) -> bool {
    match event.value("Event") {
        "DeviceStateChange" => {
            let device = event.value("Device");
            device == format!("PJSIP/{extension}") || device == format!("Custom:DND{extension}")
        }
        "ExtensionStatus" | "PresenceStatus" => event.value("Exten") == extension,
        _ => event.value("Channel").starts_with(&format!("PJSIP/{extension}-")),
    }
}
