//! What a helpdesk wants to know, as text to be copied, with everything personal removed (R23).
//!
//! Made of what is known to be impersonal, rather than of everything with the personal taken out: settings of
//! closed kinds, lights, codes. Of the log only our own lines at INFO and above, which hold nothing personal by
//! rule; and they are scrubbed all the same, of what is known about the person and of what looks like an
//! address, a number or a token.

use crate::settings::Settings;
use offhook_protocol::settings::{LogLevel, LogLine};
use offhook_protocol::status::{Light, Status};

/// What the report is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    pub version: &'a str,
    pub settings: &'a Settings,
    pub status: &'a Status,
    /// Codes of what needs the person.
    pub problems: Vec<String>,
    /// What the doctor found last: areas, and codes of what is wrong.
    pub found: &'a [(&'static str, Result<(), &'static str>)],
    /// Oldest first.
    pub log: &'a [LogLine],
    /// What is known about the person and their places: removed wherever it turns up.
    pub personal: &'a [String],
}

const REMOVED: &str = "‹…›";

/// The report, line by line.
pub fn lines(sources: &Sources<'_>) -> Vec<String> {
    let Sources {
        version,
        settings,
        status,
        problems,
        found,
        log,
        personal,
    } = sources;
    let mut lines = vec![
        format!("Offhook {version}"),
        format!(
            "{} {} · {}",
            std::env::consts::OS,
            std::env::consts::ARCH,
            system()
        ),
        String::new(),
        "[settings]".to_owned(),
    ];
    lines.extend(settings.impersonal());
    for fault in &settings.problems {
        lines.push(format!("problem: {}", fault.code.name()));
    }
    lines.extend([String::new(), "[state]".to_owned()]);
    lines.push(format!("state: {}", word(&status.state)));
    if !problems.is_empty() {
        lines.push(format!("needs attention: {}", problems.join(", ")));
    }
    for why in &status.why {
        lines.push(format!(
            "set: {} by {} ({})",
            word(&why.field),
            word(&why.cause),
            why.rule
        ));
    }
    for not_done in &status.not_done {
        lines.push(format!(
            "not done: {} ({})",
            word(&not_done.field),
            word(&not_done.reason)
        ));
    }
    lines.push(format!(
        "phone: do not disturb {:?}, forwarded {}, presence {}, note {}",
        status.phone.dnd.value,
        status.phone.forward.value.is_some(),
        status.phone.presence.value.is_some(),
        status.phone.note.value.is_some()
    ));
    lines.push(format!("calls: {}", status.calls.len()));
    lines.extend([String::new(), "[connections]".to_owned()]);
    let light = |name: &str, light: Option<&Light>| {
        let shown = light.map_or_else(
            || "not set up".to_owned(),
            |light| format!("{} since {}", if light.ok { "ok" } else { "not ok" }, light.since),
        );
        format!("{name}: {shown}")
    };
    lines.push(light("microsoft", status.health.microsoft.as_ref()));
    lines.push(light("phone", status.health.phone.as_ref()));
    lines.push(light("calendar", status.health.calendar.as_ref()));
    let own: Vec<String> = settings.sources().into_iter().map(|source| source.id).collect();
    let (known, others): (Vec<_>, Vec<_>) = status
        .health
        .lines
        .iter()
        .partition(|(name, _)| own.contains(name));
    lines.extend(
        known
            .into_iter()
            .map(|(name, one)| light(&format!("calls of {name}"), Some(one))),
    );
    // They are named by whoever reports.
    lines.push(format!("programs that report calls: {}", others.len()));
    if !found.is_empty() {
        lines.extend([String::new(), "[doctor]".to_owned()]);
        lines.extend(found.iter().map(|(area, outcome)| match outcome {
            Ok(()) => format!("{area}: ok"),
            Err(code) => format!("{area}: {code}"),
        }));
    }
    lines.extend([String::new(), "[log]".to_owned()]);
    let scrub = Scrub::new(personal);
    let body: Vec<String> = lines.drain(..).map(|line| scrub.known(&line)).collect();
    body.into_iter()
        .chain(log.iter().filter_map(|line| scrub.log_line(line)))
        .collect()
}

/// The word that a closed enum has on the wire.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => "?".to_owned(),
    }
}

fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or("?", |name| name.trim_matches('"'));
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let desktop = [of("XDG_CURRENT_DESKTOP"), of("XDG_SESSION_TYPE")];
    let desktop = desktop.into_iter().filter(|word| !word.is_empty());
    std::iter::once(name.to_owned())
        .chain(desktop)
        .collect::<Vec<_>>()
        .join(" · ")
}

struct Scrub {
    /// In small letters, longest first, so that a part does not hide the whole.
    known: Vec<String>,
}

impl Scrub {
    fn new(personal: &[String]) -> Self {
        let whole = personal.iter().map(|value| value.trim().to_lowercase());
        let parts = personal.iter().flat_map(|value| {
            let parts = value.split(|sign: char| !sign.is_alphanumeric());
            parts
                .filter(|part| part.chars().count() > 2)
                .map(str::to_lowercase)
        });
        let mut known: Vec<String> = whole
            .chain(parts)
            .filter(|value| value.chars().count() > 1 && !COMMON.contains(&value.as_str()))
            .collect();
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
        known.dedup();
        Self { known }
    }

    /// `None` for what does not belong into a report at all.
    fn log_line(&self, line: &LogLine) -> Option<String> {
        // What continues a line can't be told from what pretends to be one.
        match line.level? {
            LogLevel::Error | LogLevel::Warn | LogLevel::Info => {}
            LogLevel::Debug | LogLevel::Trace => return None,
        }
        let mut words = line.text.splitn(2, ": ");
        let (head, said) = (words.next()?, words.next()?);
        let own = head.split_whitespace().next_back()?;
        let is_own = own.split("::").next().is_some_and(|name| {
            name == "offhook"
                || name.starts_with("offhook_") && name.chars().all(|c| c == '_' || c.is_ascii_lowercase())
        });
        is_own.then(|| format!("{head}: {}", shapes(&self.known(said))))
    }

    /// Removes what is known about the person, whatever its letters' case, where it stands as a word of its own.
    fn known(&self, text: &str) -> String {
        self.known
            .iter()
            .fold(text.to_owned(), |text, value| remove(&text, value))
    }
}

/// Parts of names that are no names: a tenant may be called "contoso.com", and a report full of "‹…›" helps nobody.
const COMMON: [&str; 12] = [
    "com",
    "net",
    "org",
    "example",
    "localhost",
    "organizations",
    "common",
    "home",
    "root",
    "users",
    "local",
    "none",
];

fn remove(text: &str, value: &str) -> String {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        // Places of the one are no places of the other: rather too much than too little.
        return if lower.contains(value) {
            REMOVED.to_owned()
        } else {
            text.to_owned()
        };
    }
    let is_word = |sign: Option<char>| sign.is_some_and(char::is_alphanumeric);
    let (mut kept, mut at) = (String::new(), 0);
    while let Some(found) = lower
        .get(at..)
        .and_then(|rest| rest.find(value))
        .map(|found| at + found)
    {
        let end = found + value.len();
        let within = is_word(lower[..found].chars().next_back()) || is_word(lower[end..].chars().next());
        // A short value inside of a longer word is that word's, not the person's.
        let ours = !within || value.chars().count() > 4;
        kept.push_str(text.get(at..found).unwrap_or_default());
        kept.push_str(if ours {
            REMOVED
        } else {
            text.get(found..end).unwrap_or_default()
        });
        at = end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept
}

/// Removes what looks like an address, a number, a path or a token.
fn shapes(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|sign: char| sign.is_whitespace() || "\"'(),;[]{}<>=".contains(sign))
            .unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        kept.push_str(if is_telling(token) { REMOVED } else { token });
        let mut signs = after.chars();
        kept.extend(signs.next());
        rest = signs.as_str();
    }
    kept
}

fn is_telling(token: &str) -> bool {
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let long = token.chars().count() >= 20;
    let mixed = digits > 0 || token.chars().any(|sign| sign.is_ascii_uppercase());
    token.contains('@')
        || token.contains("://")
        || token.contains('%')
        || token.contains('\\')
        || token.starts_with('+') && digits > 0
        || token.starts_with('/') && token.len() > 1
        || digits >= 4
        || token.parse::<std::net::IpAddr>().is_ok()
        || token.split(':').next().is_some_and(|host| host.parse::<std::net::Ipv4Addr>().is_ok())
        // Names of our modules are long and plain.
        || long && mixed
}

#[cfg(test)]
mod tests;
