//! Every setting, with its kind and its default. The one list of what a settings file may say.

use super::arguments;
use crate::net::proxy_address;
use offhook_engine::NoticeKind;
use offhook_engine::calendar::Action;
use offhook_engine::table::{Cell, PhoneField, parse_target};
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
    /// A program with its arguments, or a web request: words that may have spaces in them.
    Command,
    /// Of `mon` to `sun`, in that order.
    Days,
    /// `08:00`
    TimeOfDay,
    /// `host:port`
    Address,
    /// A proxy without a login, or none.
    Proxy,
    /// Where a call can be forwarded to, or nowhere.
    Target,
    /// A cell of the rule table: only there where it is otherwise than the profile.
    Rule(Cell),
}

const ACTIONS: [&str; 3] = [Action::Nothing.name(), Action::Dnd.name(), Action::Forward.name()];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

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

const fn notice(kind: NoticeKind) -> Known {
    known(
        kind.key(),
        Kind::Flag,
        if kind.usual() { "true" } else { "false" },
    )
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
    known("person.work_days", Kind::Days, "mon,tue,wed,thu,fri"),
    known("person.work_from", Kind::TimeOfDay, "08:00"),
    known("person.work_to", Kind::TimeOfDay, "18:00"),
    known(
        "person.icon",
        Kind::OneOf(&["colour", "one-colour", "light", "dark"]),
        "colour",
    ),
    known("person.start_hidden", Kind::Flag, "true"),
    // Start at sign-in: only where the organisation forces it. What a person chooses rests with the system.
    known("person.autostart", Kind::Flag, "false"),
    known(TOLD, Kind::Words, ""),
    notice(NoticeKind::SignIn),
    notice(NoticeKind::Phone),
    notice(NoticeKind::Rule),
    notice(NoticeKind::TeamsKeeps),
    notice(NoticeKind::Microsoft),
    notice(NoticeKind::Others),
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
    // A key file that is taken over at the start; only where the organisation forces it.
    known("phone.key_file", Kind::Text, ""),
    known("phone.user", Kind::Text, ""),
    known(
        "phone.login",
        Kind::OneOf(&["internal", "active-directory", "oauth"]),
        "internal",
    ),
    known(
        "phone.uci",
        Kind::OneOf(&["auto", "off", "md5", "password"]),
        "auto",
    ),
    known("phone.oauth_client", Kind::Text, ""),
    known("phone.oauth_scope", Kind::Text, ""),
    known("phone.star_on", Kind::Text, ""),
    known("phone.star_off", Kind::Text, ""),
    known("phone.chat", Kind::Flag, "false"),
    known("phone.chat_port", PORT, "0"),
    known("phone.chat_domain", Kind::Text, ""),
    known("phone.listen", Kind::Text, ""),
    known("phone.interface", Kind::OneOf(&["myapps", "soap"]), "myapps"),
    known("phone.app", Kind::Text, ""),
    known("phone.alien_calls", Kind::Flag, "false"),
    known(
        "phone.activities",
        Kind::OneOf(&["documented", "any"]),
        "documented",
    ),
    known(
        "phone.session",
        Kind::OneOf(&["application", "none"]),
        "application",
    ),
    known("phone.edition", Kind::OneOf(&["3", "4", "5", "6"]), "4"),
    known("phone.own_teams", Kind::OneOf(&["quiet", "ignore"]), "quiet"),
    known("phone.extension", Kind::Text, ""),
    known("phone.device", Kind::Text, ""),
    known("phone.line", Kind::Text, ""),
    known("phone.transport", Kind::OneOf(&["udp", "tcp"]), "udp"),
    known("phone.domain", Kind::Text, ""),
    known("phone.calls_at", Kind::Text, ""),
    known("phone.dnd_state", Kind::Text, "*76{extension}"),
    known("phone.unconfirmed", Kind::Flag, "false"),
    known("phone.context", Kind::Text, "from-internal"),
    known("phone.how", Kind::OneOf(&["auto", "code", "dbput"]), "auto"),
    known("phone.dnd_on", Kind::Text, "*78"),
    known("phone.dnd_off", Kind::Text, "*79"),
    known("phone.forward_on", Kind::Text, "*72"),
    known("phone.forward_off", Kind::Text, "*73"),
    known("phone.other_codes", Kind::Words, "*76,*96,*74,*93"),
    known("phone.dnd_off_words", Kind::Words, ""),
    known("phone.lamp_off_words", Kind::Words, "UNAVAILABLE,NOT_INUSE"),
    known("phone.commands.dnd_on", Kind::Command, ""),
    known("phone.commands.dnd_off", Kind::Command, ""),
    known("phone.commands.dnd_read", Kind::Command, ""),
    known("phone.commands.dnd_shows", Kind::Text, ""),
    known("phone.commands.forward_on", Kind::Command, ""),
    known("phone.commands.forward_off", Kind::Command, ""),
    known("phone.commands.forward_read", Kind::Command, ""),
    known(
        "phone.commands.read_seconds",
        Kind::Number { least: 5, most: 3600 },
        "30",
    ),
    known(
        "phone.commands.limit_seconds",
        Kind::Number { least: 1, most: 120 },
        "10",
    ),
    known("calls.outgoing_counts", Kind::Flag, "true"),
    known("lines.phone.enabled", Kind::Flag, "true"),
    known("lines.hook.enabled", Kind::Flag, "true"),
    known("lines.baresip.enabled", Kind::Flag, "false"),
    known("lines.baresip.address", Kind::Address, "127.0.0.1:4444"),
    known("lines.fritzbox.enabled", Kind::Flag, "false"),
    known("lines.fritzbox.address", Kind::Address, "fritz.box:1012"),
    known("lines.fritzbox.numbers", Kind::Words, ""),
    known("lines.fritzbox.extensions", Kind::Words, ""),
    known("lines.sip.enabled", Kind::Flag, "false"),
    known("lines.sip.host", Kind::Text, ""),
    known("lines.sip.port", PORT, "0"),
    known("lines.sip.tls", Kind::Text, "system"),
    known("lines.sip.transport", Kind::OneOf(&["udp", "tcp"]), "udp"),
    known("lines.sip.user", Kind::Text, ""),
    known("lines.sip.extension", Kind::Text, ""),
    known("lines.sip.domain", Kind::Text, ""),
    known("lines.sip.calls_at", Kind::Text, ""),
    known("lines.sip.dnd_state", Kind::Text, "*76{extension}"),
    // Windows alone; elsewhere the settings are kept and nothing comes of them.
    known("lines.tapi.enabled", Kind::Flag, "false"),
    known("lines.tapi.lines", Kind::Words, ""),
    known("lines.deskphone.enabled", Kind::Flag, "false"),
    known("lines.deskphone.address", Kind::Address, "0.0.0.0:47311"),
    known("lines.deskphone.phones", Kind::Words, ""),
    known("lines.microphone.enabled", Kind::Flag, "false"),
    known("lines.microphone.apps", Kind::Words, ""),
    known("lines.jami.enabled", Kind::Flag, "false"),
    known("lines.linphone.enabled", Kind::Flag, "false"),
    known("lines.linphone.address", Kind::Text, "/tmp/offhook-linphone"),
    // No source of its own: MicroSIP reports through the hook.
    known("lines.microsip.ini", Kind::Text, ""),
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
    known("calendar.source", Kind::OneOf(&["graph", "ews", "ics"]), "graph"),
    known("calendar.address", Kind::Text, ""),
    known("calendar.user", Kind::Text, ""),
    known("calendar.ics", Kind::Text, ""),
    known("calendar.ics_user", Kind::Text, ""),
    known("calendar.tls", Kind::Text, "system"),
    known("calendar.free", Kind::OneOf(&ACTIONS), "none"),
    known("calendar.elsewhere", Kind::OneOf(&ACTIONS), "none"),
    known("calendar.tentative", Kind::OneOf(&ACTIONS), "none"),
    known("calendar.busy", Kind::OneOf(&ACTIONS), "dnd"),
    known("calendar.oof", Kind::OneOf(&ACTIONS), "dnd"),
    known("calendar.forward_to", Kind::Target, ""),
    known("calendar.forward_internal", Kind::Flag, "true"),
    known("calendar.forward_when_off", Kind::Flag, "false"),
    known("calendar.chat_status", Kind::Flag, "false"),
    known("calendar.change_during", Kind::Flag, "false"),
    known("calendar.title", Kind::Flag, "false"),
    known("calendar.no_text_when_free", Kind::Flag, "true"),
    known("calendar.join_titles", Kind::Flag, "false"),
    known("calendar.show_start", Kind::Flag, "false"),
    known("calendar.show_end", Kind::Flag, "false"),
    known("calendar.show_duration", Kind::Flag, "false"),
    known("calendar.leads", Kind::Flag, "false"),
    known("calendar.keep_on_stop", Kind::Flag, "false"),
    known("calendar.ignore_away", Kind::Flag, "false"),
    known("calendar.teams_message", Kind::Flag, "false"),
    known(
        "network.proxy",
        Kind::OneOf(&["system", "off", "named"]),
        "system",
    ),
    known("network.proxy_address", Kind::Proxy, ""),
    known("network.proxy_user", Kind::Text, ""),
    known("network.no_proxy", Kind::Words, ""),
    known("network.root_file", Kind::Text, ""),
    known("update.check", Kind::Flag, "true"),
    known("update.feed", Kind::Text, ""),
    known("update.keys", Kind::Words, ""),
    known("store.secrets", Kind::OneOf(&["keyring", "file"]), "keyring"),
    known(
        "log.level",
        Kind::OneOf(&["error", "warn", "info", "debug", "trace"]),
        "info",
    ),
];

/// What the person was told once and is not told again.
pub(super) const TOLD: &str = "person.told";

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
            | Kind::Command
            | Kind::Days
            | Kind::TimeOfDay
            | Kind::Target
            | Kind::Proxy
            | Kind::Address => Some(self.default.to_owned()),
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
                let words: Vec<&str> = split(text).collect();
                (!text.contains(char::is_control)).then(|| words.join(","))
            }
            Self::Command => {
                let words = arguments::split(text)?;
                Some(arguments::join(words.iter().map(String::as_str)))
            }
            Self::Days => {
                let words: Vec<&str> = split(text).collect();
                let known = words.iter().all(|word| DAYS.contains(word));
                let days: Vec<&str> = DAYS.into_iter().filter(|day| words.contains(day)).collect();
                // None at all would be a pause for ever.
                (known && !days.is_empty()).then(|| days.join(","))
            }
            Self::Address => {
                let (host, port) = text.rsplit_once(':')?;
                let plain = |sign: char| !sign.is_whitespace() && !sign.is_control();
                let fits = !host.is_empty() && host.chars().all(plain) && text.len() <= 300;
                let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
                fits.then(|| format!("{host}:{port}"))
            }
            Self::TimeOfDay => {
                let time: jiff::civil::Time = format!("{text}:00").parse().ok()?;
                Some(time.strftime("%H:%M").to_string())
            }
            Self::Proxy if text.is_empty() => Some(String::new()),
            // As it was written, if it is one.
            Self::Proxy => proxy_address(text).map(|_| text.to_owned()),
            Self::Target => parse_target(text),
            Self::Rule(cell) => cell.parse(text).map(|value| value.text()),
        }
    }

    /// Whether its values say nothing about a person or a place.
    pub(super) const fn is_closed(self) -> bool {
        match self {
            Self::Flag | Self::Number { .. } | Self::OneOf(_) | Self::Days | Self::TimeOfDay => true,
            // A row may name a number to forward to, or a note.
            Self::Text
            | Self::Words
            | Self::Command
            | Self::Address
            | Self::Target
            | Self::Proxy
            | Self::Rule(_) => false,
        }
    }

    /// What a person may enter, in signs that every language reads.
    pub(super) fn allowed(self) -> String {
        match self {
            Self::Text | Self::Words => "abc…".to_owned(),
            Self::Command => "/usr/bin/abc def 'g h' | POST https://abc…".to_owned(),
            Self::Flag => "true | false".to_owned(),
            Self::Number { least, most } => format!("{least}–{most}"),
            Self::OneOf(words) => words.join(" | "),
            Self::Days => DAYS.join(", "),
            Self::TimeOfDay => "00:00–23:59".to_owned(),
            Self::Target => "\"\" | 0123456789+*#@.-_:abc…".to_owned(),
            Self::Rule(cell) => cell.allowed(),
            Self::Proxy => "proxy.example.com:8080".to_owned(),
            Self::Address => "127.0.0.1:4444".to_owned(),
        }
    }

    pub(super) fn to_toml(self, text: &str) -> toml_edit::Value {
        match self {
            Self::Text | Self::OneOf(_) | Self::TimeOfDay | Self::Address | Self::Target | Self::Proxy => {
                text.into()
            }
            Self::Flag => (text == "true").into(),
            Self::Number { .. } | Self::Rule(Cell::Phone(_, PhoneField::Minutes)) => {
                text.parse::<i64>().unwrap_or_default().into()
            }
            Self::Rule(Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams)) => text.into(),
            Self::Words | Self::Days => {
                let words = text
                    .split(',')
                    .filter(|word| !word.is_empty())
                    .map(toml_edit::Value::from);
                toml_edit::Value::Array(words.collect())
            }
            Self::Command => {
                let words = arguments::split(text).unwrap_or_default();
                toml_edit::Value::Array(words.into_iter().map(toml_edit::Value::from).collect())
            }
        }
    }

    /// A value of a file as text, if it has the right shape.
    pub(super) fn of_toml(self, item: &toml_edit::Item) -> Option<String> {
        let text = match self {
            Self::Text | Self::OneOf(_) | Self::TimeOfDay | Self::Address | Self::Target | Self::Proxy => {
                item.as_str()?.to_owned()
            }
            Self::Flag => item.as_bool()?.to_string(),
            Self::Number { .. } | Self::Rule(Cell::Phone(_, PhoneField::Minutes)) => {
                item.as_integer()?.to_string()
            }
            Self::Rule(Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams)) => {
                item.as_str()?.to_owned()
            }
            Self::Words | Self::Days => {
                let words: Option<Vec<&str>> =
                    item.as_array()?.iter().map(toml_edit::Value::as_str).collect();
                words?.join(",")
            }
            Self::Command => {
                let words: Option<Vec<&str>> =
                    item.as_array()?.iter().map(toml_edit::Value::as_str).collect();
                arguments::join(words?)
            }
        };
        self.parse(&text)
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}
