//! Every setting, with its kind and its default. The one list of what a settings file may say.

use offhook_engine::table::{Cell, PhoneField};
use std::borrow::Cow;
use std::sync::LazyLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Flag,
    Number {
        least: i64,
        most: i64,
    },
    OneOf(&'static [&'static str]),
    /// A list of words.
    Words,
    /// `08:00`
    TimeOfDay,
    /// A cell of the rule table: only there where it is otherwise than the profile.
    Rule(Cell),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Dotted, as in a draft.
    pub key: Cow<'static, str>,
    pub kind: Kind,
    /// As text; a list with commas between. Of a rule's cell none: the profile gives it.
    pub default: &'static str,
}

const fn known(key: &'static str, kind: Kind, default: &'static str) -> Known {
    let key = Cow::Borrowed(key);
    Known { key, kind, default }
}

const PORT: Kind = Kind::Number {
    least: 0,
    most: 65535,
};

/// All of them: these lines, and a key for each cell of the rule table after them.
pub(super) static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let cells = Cell::all().map(|cell| Known {
        key: Cow::Owned(cell.key()),
        kind: Kind::Rule(cell),
        default: "",
    });
    LINES.iter().cloned().chain(cells).collect()
});

const LINES: &[Known] = &[
    known("role", Kind::OneOf(&["full", "watch"]), "full"),
    known("person.language", Kind::OneOf(&["auto", "de", "en"]), "auto"),
    // Where the first run stands. A file that says nothing of it was written by somebody who needs none.
    known(
        FIRST_RUN,
        Kind::OneOf(&["welcome", "microsoft", "phone", "access", "ready", "done"]),
        "done",
    ),
    known("person.pause_outside_hours", Kind::Flag, "false"),
    known("person.work_days", Kind::Words, "mon,tue,wed,thu,fri"),
    known("person.work_from", Kind::TimeOfDay, "08:00"),
    known("person.work_to", Kind::TimeOfDay, "18:00"),
    known(
        "microsoft.cloud",
        Kind::OneOf(&["global", "us-gov", "us-dod", "custom"]),
        "global",
    ),
    known("microsoft.tenant", Kind::Text, "organizations"),
    known("microsoft.client_id", Kind::Text, ""),
    known("microsoft.login_url", Kind::Text, ""),
    known("microsoft.graph_url", Kind::Text, ""),
    known(
        "teams.poll_seconds_min",
        Kind::Number { least: 1, most: 300 },
        "3",
    ),
    known(
        "teams.release_after_minutes",
        Kind::Number { least: 1, most: 120 },
        "10",
    ),
    known(
        "phone.kind",
        Kind::OneOf(&[
            "none",
            "starface",
            "innovaphone",
            "procall",
            "asterisk",
            "freepbx",
            "sip",
            "csta",
            "tapi",
            "command",
        ]),
        "none",
    ),
    known("phone.host", Kind::Text, ""),
    known("phone.port", PORT, "0"),
    known("phone.tls", Kind::Text, "system"),
    // Public keys of who may sign key files, for every phone system; empty: whoever signed the first one.
    known("phone.key_signers", Kind::Words, ""),
    known("phone.user", Kind::Text, ""),
    known("phone.extension", Kind::Text, ""),
    known("phone.device", Kind::Text, ""),
    known("phone.context", Kind::Text, "from-internal"),
    known("phone.how", Kind::OneOf(&["auto", "code", "dbput"]), "auto"),
    known("phone.dnd_on", Kind::Text, "*78"),
    known("phone.dnd_off", Kind::Text, "*79"),
    known("phone.forward_on", Kind::Text, "*72"),
    known("phone.forward_off", Kind::Text, "*73"),
    known("phone.other_codes", Kind::Words, "*76,*96,*74,*93"),
    known("phone.dnd_off_words", Kind::Words, ""),
    known("phone.lamp_off_words", Kind::Words, "UNAVAILABLE,NOT_INUSE"),
    known("calls.outgoing_counts", Kind::Flag, "true"),
    known("lines.phone.enabled", Kind::Flag, "true"),
    known("lines.hook.enabled", Kind::Flag, "true"),
    known("lines.baresip.enabled", Kind::Flag, "false"),
    known("lines.baresip.address", Kind::Text, "127.0.0.1:4444"),
    known(
        "rules.profile",
        Kind::OneOf(&offhook_engine::profile::NAMES),
        "recommended",
    ),
    known("rules.dnd_in_meetings", Kind::Flag, "false"),
    known("calendar.enabled", Kind::Flag, "false"),
    known(
        "calendar.profile",
        Kind::OneOf(&["exchange-status-sync"]),
        "exchange-status-sync",
    ),
    known("store.secrets", Kind::OneOf(&["keyring", "file"]), "keyring"),
    known(
        "log.level",
        Kind::OneOf(&["error", "warn", "info", "debug", "trace"]),
        "info",
    ),
];

pub(super) const FIRST_RUN: &str = "person.first_run";

/// Members that hold no setting.
pub(super) const VERSION: &str = "version";

pub(super) fn find(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

impl Known {
    /// `None`: it depends on other settings.
    pub(super) fn fixed_default(&self) -> Option<String> {
        match self.kind {
            Kind::Text
            | Kind::Flag
            | Kind::Number { .. }
            | Kind::OneOf(_)
            | Kind::Words
            | Kind::TimeOfDay => Some(self.default.to_owned()),
            Kind::Rule(_) => None,
        }
    }
}

impl Kind {
    /// The value in its canonical form, if it is one.
    pub(super) fn parse(self, text: &str) -> Option<String> {
        let text = text.trim();
        match self {
            Self::Text => (text.len() <= 1024 && !text.contains(char::is_control)).then(|| text.to_owned()),
            Self::Flag => matches!(text, "true" | "false").then(|| text.to_owned()),
            Self::Number { least, most } => {
                let number: i64 = text.parse().ok()?;
                (least..=most).contains(&number).then(|| number.to_string())
            }
            Self::OneOf(words) => words.contains(&text).then(|| text.to_owned()),
            Self::Words => {
                let words: Vec<&str> = text
                    .split(',')
                    .map(str::trim)
                    .filter(|word| !word.is_empty())
                    .collect();
                (!text.contains(char::is_control)).then(|| words.join(","))
            }
            Self::TimeOfDay => {
                let time: jiff::civil::Time = format!("{text}:00").parse().ok()?;
                Some(time.strftime("%H:%M").to_string())
            }
            Self::Rule(cell) => cell.parse(text).map(|value| value.text()),
        }
    }

    /// What a person may enter, in signs that every language reads.
    pub(super) fn allowed(self) -> String {
        match self {
            Self::Text | Self::Words => "abc…".to_owned(),
            Self::Flag => "true | false".to_owned(),
            Self::Number { least, most } => format!("{least}–{most}"),
            Self::OneOf(words) => words.join(" | "),
            Self::TimeOfDay => "00:00–23:59".to_owned(),
            Self::Rule(cell) => cell.allowed(),
        }
    }

    pub(super) fn to_toml(self, text: &str) -> toml_edit::Value {
        match self {
            Self::Text | Self::OneOf(_) | Self::TimeOfDay => text.into(),
            Self::Flag => (text == "true").into(),
            Self::Number { .. } | Self::Rule(Cell::Phone(_, PhoneField::Minutes)) => {
                text.parse::<i64>().unwrap_or_default().into()
            }
            Self::Rule(Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams)) => text.into(),
            Self::Words => {
                let words = text
                    .split(',')
                    .filter(|word| !word.is_empty())
                    .map(toml_edit::Value::from);
                toml_edit::Value::Array(words.collect())
            }
        }
    }

    /// A value of a file as text, if it has the right shape.
    pub(super) fn of_toml(self, item: &toml_edit::Item) -> Option<String> {
        let text = match self {
            Self::Text | Self::OneOf(_) | Self::TimeOfDay => item.as_str()?.to_owned(),
            Self::Flag => item.as_bool()?.to_string(),
            Self::Number { .. } | Self::Rule(Cell::Phone(_, PhoneField::Minutes)) => {
                item.as_integer()?.to_string()
            }
            Self::Rule(Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams)) => {
                item.as_str()?.to_owned()
            }
            Self::Words => {
                let words: Option<Vec<&str>> =
                    item.as_array()?.iter().map(toml_edit::Value::as_str).collect();
                words?.join(",")
            }
        };
        self.parse(&text)
    }
}
