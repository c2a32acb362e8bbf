//! What the organisation forces: on Linux a file, on Windows the registry, on macOS managed preferences. The same keys
//! everywhere, and the same meaning: a value that is there goes before all others, and is shown locked.

#[cfg(any(test, feature = "fuzzing", windows, target_os = "macos"))]
use super::arguments;
use super::keys::KNOWN;
#[cfg(any(test, feature = "fuzzing", windows, target_os = "macos"))]
use super::keys::Kind;
#[cfg(test)]
use super::keys::TOLD;
use super::{fault, lookup, unknown_keys};
use offhook_engine::fault::{Code, Fault};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml_edit::DocumentMut;

/// The values by their keys.
pub(super) type Forced = BTreeMap<&'static str, String>;

/// Where an organisation's will rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Settings as in `settings.toml`.
    File(PathBuf),
    /// `SOFTWARE\Policies\Offhook`, the machine's before the person's; a value for each key. After them what the
    /// installation was told: [`of_installation`].
    #[cfg(windows)]
    Registry,
    /// Preferences that a profile manages, the person's after the machine's.
    #[cfg(target_os = "macos")]
    Preferences(Vec<PathBuf>),
}

impl Source {
    /// This system's.
    pub fn of_system() -> Option<Self> {
        // For tests of the whole program, which must not touch the machine's.
        #[cfg(feature = "kill-points")]
        if let Some(path) = std::env::var_os("OFFHOOK_TEST_POLICY") {
            return Some(Self::File(path.into()));
        }
        #[cfg(windows)]
        return Some(Self::Registry);
        #[cfg(target_os = "macos")]
        return Some(Self::Preferences(preferences()));
        #[cfg(not(any(windows, target_os = "macos")))]
        return Some(Self::File(PathBuf::from("/etc/offhook/policy.toml")));
    }

    /// Everything it forces; what can't be used of it is a problem to show.
    pub(super) fn read(&self, problems: &mut Vec<Fault>) -> Forced {
        match self {
            Self::File(path) => of_file(path, problems),
            #[cfg(windows)]
            Self::Registry => {
                let installation = registry(windows_registry::CURRENT_USER, r"SOFTWARE\Offhook\Policy");
                let mut forced = of_installation(installation, problems);
                let machine = registry(windows_registry::LOCAL_MACHINE, POLICIES);
                let person = registry(windows_registry::CURRENT_USER, POLICIES);
                forced.extend(of_raw(person.into_iter().chain(machine), problems));
                forced
            }
            #[cfg(target_os = "macos")]
            Self::Preferences(files) => {
                let raw: Vec<_> = files.iter().flat_map(|file| preference(file)).collect();
                of_raw(raw, problems)
            }
        }
    }
}

fn of_file(path: &Path, problems: &mut Vec<Fault>) -> Forced {
    match std::fs::read_to_string(path) {
        Ok(text) => policy_values(&text, problems),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Forced::new(),
        Err(_) => {
            problems.push(fault(Code::SettingsValue, "policy.toml"));
            Forced::new()
        }
    }
}

pub(super) fn policy_values(text: &str, problems: &mut Vec<Fault>) -> Forced {
    let Ok(document) = text.parse::<DocumentMut>() else {
        problems.push(fault(Code::SettingsValue, "policy.toml"));
        return Forced::new();
    };
    problems.extend(unknown_keys(document.as_table(), ""));
    KNOWN
        .iter()
        .filter_map(|known| {
            let item = lookup(document.as_table(), &known.key)?;
            let value = known.kind.of_toml(item);
            if value.is_none() {
                problems.push(fault(Code::SettingsValue, &format!("policy.toml: {}", known.key)));
            }
            Some((known.key.as_ref(), value?))
        })
        .collect()
}

/// A value as registries and preferences hold it.
#[cfg(any(test, feature = "fuzzing", windows, target_os = "macos"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    Text(String),
    Number(i64),
    #[cfg(any(test, feature = "fuzzing", target_os = "macos"))]
    Flag(bool),
    List(Vec<String>),
}

/// Later ones go before earlier ones of the same key.
#[cfg(any(test, feature = "fuzzing", windows, target_os = "macos"))]
pub(super) fn of_raw(raw: impl IntoIterator<Item = (String, Raw)>, problems: &mut Vec<Fault>) -> Forced {
    let mut forced = Forced::new();
    for (key, raw) in raw {
        let Some(known) = KNOWN.iter().find(|known| known.key.eq_ignore_ascii_case(&key)) else {
            problems.push(fault(Code::SettingsUnknownKey, &key));
            continue;
        };
        let text = match (&raw, known.kind) {
            (Raw::Number(number @ (0 | 1)), Kind::Flag) => (*number == 1).to_string(),
            #[cfg(any(test, feature = "fuzzing", target_os = "macos"))]
            (Raw::Flag(flag), _) => flag.to_string(),
            (Raw::Number(number), _) => number.to_string(),
            (Raw::Text(text), _) => text.clone(),
            (Raw::List(words), Kind::Command) => arguments::join(words.iter().map(String::as_str)),
            (Raw::List(words), _) => words.join(","),
        };
        match known.kind.parse(&text) {
            Some(value) => {
                forced.insert(known.key.as_ref(), value);
            }
            None => problems.push(fault(Code::SettingsValue, &format!("policy: {}", known.key))),
        }
    }
    forced
}

/// What an MSI's properties left behind: values for keys, and before them those of a file in the form of
/// `settings.toml`, which the value `file` names.
#[cfg(any(test, windows))]
fn of_installation(raw: Vec<(String, Raw)>, problems: &mut Vec<Fault>) -> Forced {
    let (file, values): (Vec<_>, Vec<_>) = raw
        .into_iter()
        .partition(|(name, _)| name.eq_ignore_ascii_case("file"));
    let mut forced = Forced::new();
    for (_, raw) in file {
        // Somebody named it: one that is not there is a problem as well.
        if let Raw::Text(path) = raw
            && Path::new(&path).is_file()
        {
            forced.extend(of_file(Path::new(&path), problems));
        } else {
            problems.push(fault(Code::SettingsValue, "policy.toml"));
        }
    }
    forced.extend(of_raw(values, problems));
    forced
}

#[cfg(windows)]
const POLICIES: &str = r"SOFTWARE\Policies\Offhook";

#[cfg(windows)]
fn registry(root: &windows_registry::Key, path: &str) -> Vec<(String, Raw)> {
    use windows_registry::Type;
    let Ok(key) = root.open(path) else {
        return Vec::new();
    };
    let Ok(values) = key.values() else {
        return Vec::new();
    };
    values
        .filter_map(|(name, value)| {
            let raw = match value.ty() {
                Type::String | Type::ExpandString => Raw::Text(String::try_from(value).ok()?),
                Type::MultiString => Raw::List(Vec::try_from(value).ok()?),
                Type::U32 => Raw::Number(u32::try_from(value).ok()?.into()),
                Type::U64 => Raw::Number(u64::try_from(value).ok()?.try_into().ok()?),
                Type::Bytes | Type::Other(_) => return None,
            };
            Some((name, raw))
        })
        .collect()
}

#[cfg(target_os = "macos")]
const DOMAIN: &str = "io.github.offhook.plist";

#[cfg(target_os = "macos")]
fn preferences() -> Vec<PathBuf> {
    let managed = Path::new("/Library/Managed Preferences");
    let person = std::env::var_os("USER").map(|user| managed.join(user).join(DOMAIN));
    person.into_iter().chain([managed.join(DOMAIN)]).collect()
}

/// By the system's own program: these files are binary.
#[cfg(target_os = "macos")]
fn preference(file: &Path) -> Vec<(String, Raw)> {
    if !file.is_file() {
        return Vec::new();
    }
    let mut read = std::process::Command::new("/usr/bin/plutil");
    let output = read.args(["-convert", "json", "-o", "-"]).arg(file).output();
    output.map(|output| of_json(&output.stdout)).unwrap_or_default()
}

/// Preferences as JSON; what is no value of a setting is left out.
#[cfg(any(test, feature = "fuzzing", target_os = "macos"))]
pub(super) fn of_json(json: &[u8]) -> Vec<(String, Raw)> {
    use serde_json::Value;
    let Ok(Value::Object(values)) = serde_json::from_slice(json) else {
        return Vec::new();
    };
    // What the system itself puts there.
    let own = |key: &String| !key.starts_with("Payload") && !key.starts_with("Apple");
    let values = values.into_iter().filter(|(key, _)| own(key));
    values
        .filter_map(|(key, value)| {
            let raw = match value {
                Value::Bool(flag) => Raw::Flag(flag),
                Value::Number(number) => Raw::Number(number.as_i64()?),
                Value::String(text) => Raw::Text(text),
                Value::Array(words) => {
                    let words = words.iter().map(|word| word.as_str().map(str::to_owned));
                    Raw::List(words.collect::<Option<_>>()?)
                }
                Value::Null | Value::Object(_) => return None,
            };
            Some((key, raw))
        })
        .collect()
}

/// What an administrator may force: every setting but what the program notes for itself.
#[cfg(test)]
pub(super) fn forceable() -> impl Iterator<Item = &'static super::keys::Known> {
    KNOWN.iter().filter(|known| known.key != TOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_and_preferences_say_the_same_as_the_file() {
        let text = "[phone]\nhost = \"pbx\"\nport = 5038\nkey_signers = [\"a\", \"b\"]\n\
            [phone.commands]\ndnd_on = [\"/opt/pbx tool\", \"a,b\"]\n[calendar]\nenabled = true\n";
        let mut problems = Vec::new();
        let file = policy_values(text, &mut problems);
        let registry = [
            ("phone.host", Raw::Text("pbx".into())),
            ("Phone.Port", Raw::Number(5038)),
            ("phone.key_signers", Raw::List(vec!["a".into(), "b".into()])),
            (
                "phone.commands.dnd_on",
                Raw::List(vec!["/opt/pbx tool".into(), "a,b".into()]),
            ),
            ("calendar.enabled", Raw::Number(1)),
        ];
        let registry = registry.map(|(key, raw)| (key.to_owned(), raw));
        assert_eq!(of_raw(registry, &mut problems), file);
        let json = br#"{"phone.host":"pbx","phone.port":5038,"phone.key_signers":["a","b"],
            "phone.commands.dnd_on":["/opt/pbx tool","a,b"],"calendar.enabled":true,"PayloadUUID":"x","phone.user":null}"#;
        assert_eq!(of_raw(of_json(json), &mut problems), file);
        assert_eq!(problems, []);
        assert_eq!(file.len(), 5);
    }

    #[test]
    fn an_installation_names_a_file_and_single_values() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, "[phone]\nhost = \"pbx\"\nport = 5038\n").unwrap();
        let text = |text: &Path| Raw::Text(text.display().to_string());
        let key_file = folder.path().join("pbx.pbxkey");
        let raw = |file: &Path| {
            vec![
                ("phone.key_file".to_owned(), text(&key_file)),
                ("phone.port".to_owned(), Raw::Number(5039)),
                ("file".to_owned(), text(file)),
            ]
        };
        let mut problems = Vec::new();
        let forced = of_installation(raw(&file), &mut problems);
        let wanted = [
            ("phone.host", "pbx".to_owned()),
            ("phone.key_file", key_file.display().to_string()),
            ("phone.port", "5039".to_owned()),
        ];
        assert_eq!((forced, problems), (Forced::from(wanted), vec![]));
        let mut problems = Vec::new();
        let forced = of_installation(raw(&folder.path().join("none.toml")), &mut problems);
        assert_eq!(forced.len(), 2);
        assert_eq!(problems, [fault(Code::SettingsValue, "policy.toml")]);
    }

    #[test]
    fn what_cannot_be_forced_is_said_and_left_out() {
        let mut problems = Vec::new();
        let raw = [
            ("phone.port", Raw::Number(-1)),
            ("calendar.enabled", Raw::Number(2)),
            ("phone.colour", Raw::Text("red".into())),
            ("phone.host", Raw::Text("theirs".into())),
            ("phone.host", Raw::Text("ours".into())),
        ];
        let forced = of_raw(raw.map(|(key, raw)| (key.to_owned(), raw)), &mut problems);
        assert_eq!(forced, Forced::from([("phone.host", "ours".to_owned())]));
        let codes: Vec<Code> = problems.iter().map(|fault| fault.code).collect();
        assert_eq!(
            codes,
            [Code::SettingsValue, Code::SettingsValue, Code::SettingsUnknownKey]
        );
        assert_eq!(of_json(b"no json"), []);
        assert_eq!(of_json(br#"["a"]"#), []);
    }
}
