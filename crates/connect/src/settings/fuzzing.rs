//! What must hold for whatever a person, or a program, writes into `settings.toml`.

use super::keys::{self, KNOWN};
use super::policy::{of_json, of_raw, policy_values};
use super::{Settings, put, undo, unknown_keys};
use offhook_engine::fault::Code;
use offhook_protocol::pages::Draft;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml_edit::DocumentMut;

/// The file, and after a zero byte the entries of a form, `key=value` in each line.
pub fn file(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (file, form) = text.split_once('\0').unwrap_or((&text, ""));
    let Ok(document) = file.parse::<DocumentMut>() else {
        return;
    };
    let settings = of(document);
    for (key, value) in &settings.values {
        let known = keys::find(key);
        let again = known.and_then(|known| known.kind.parse(value));
        assert_eq!(again.as_ref(), Some(value), "{key}: a value in its one form");
    }
    parts_take(&settings);
    let draft = Draft(
        form.lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    );
    let Some(whole) = changed(&settings, &draft) else {
        return;
    };
    let mut least = whole.clone();
    settings.drop_same_rules(&mut least);
    let (Some(whole), Some(least)) = (read_again(&whole), read_again(&least)) else {
        return;
    };
    assert_eq!(whole.rules(), least.rules(), "what is left out changes no rule");
    for known in KNOWN.iter().filter(|known| known.fixed_default().is_some()) {
        let entered = draft
            .0
            .get(known.key.as_ref())
            .and_then(|text| known.kind.parse(text));
        let wanted = entered.as_deref().unwrap_or_else(|| settings.text(&known.key));
        assert_eq!(least.text(&known.key), wanted, "{} after the change", known.key);
    }
    let kept = unknown_keys(least.document.as_table(), "");
    let entered = |folder: &str| draft.0.keys().any(|key| key.starts_with(&format!("{folder}.")));
    for unknown in unknown_keys(settings.document.as_table(), "") {
        // `phone = 3` has to make room when something below `[phone]` is set.
        let in_the_way = unknown.detail.as_deref().is_some_and(entered);
        assert!(
            in_the_way || kept.contains(&unknown),
            "{:?} is lost",
            unknown.detail
        );
    }
}

/// The machine's policy, and after a zero byte the person's file: what the policy says is in force and locked.
pub fn policy(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (policy, file) = text.split_once('\0').unwrap_or((&text, ""));
    let Ok(document) = file.parse::<DocumentMut>() else {
        return;
    };
    let mut problems = Vec::new();
    let mut settings = of(document);
    settings.policy = policy_values(policy, &mut problems);
    assert!(
        policy.parse::<DocumentMut>().is_ok() || (settings.policy.is_empty() && problems.len() == 1),
        "one that cannot be read is named and says nothing"
    );
    settings.resolve();
    for (key, value) in &settings.policy {
        assert_eq!(settings.text(key), value, "{key}: the policy goes first");
        assert!(settings.field(key).locked, "{key}: shown locked");
        let known = keys::find(key);
        let again = known.and_then(|known| known.kind.parse(value));
        assert_eq!(again.as_ref(), Some(value), "{key}: a value in its one form");
    }
    parts_take(&settings);
}

/// Preferences that a profile manages, as JSON, and what registries hold, of the same shape: each value has its one form,
/// what can't be used is named, and the file that says the same forces the same.
pub fn forced(input: &[u8]) {
    let raw = of_json(input);
    let keys: Vec<String> = raw.iter().map(|(key, _)| key.clone()).collect();
    let mut problems = Vec::new();
    let forced = of_raw(raw, &mut problems);
    assert!(
        forced.len() + problems.len() <= keys.len(),
        "one of both for each"
    );
    let used = |key: &String| forced.keys().any(|known| known.eq_ignore_ascii_case(key));
    let unused = keys.iter().filter(|key| !used(key)).count();
    assert!(problems.len() >= unused, "what is not used is named");
    let mut lines = String::new();
    for (key, value) in &forced {
        let Some(known) = keys::find(key) else {
            unreachable!("{key} is no key")
        };
        assert_eq!(
            known.kind.parse(value).as_ref(),
            Some(value),
            "{key}: a value in its one form"
        );
        lines.push_str(&format!("{key} = {}\n", known.kind.to_toml(value)));
    }
    let mut problems = Vec::new();
    let file = policy_values(&lines, &mut problems);
    assert_eq!(
        (file, problems),
        (forced.clone(), Vec::new()),
        "the file that says the same"
    );
    let mut settings = of(DocumentMut::new());
    settings.policy = forced;
    settings.resolve();
    parts_take(&settings);
}

fn of(document: DocumentMut) -> Settings {
    let mut settings = Settings {
        path: PathBuf::new(),
        document,
        policy: BTreeMap::new(),
        forced: BTreeMap::new(),
        values: BTreeMap::new(),
        problems: Vec::new(),
        newer: false,
        last_change: None,
        changed: false,
        fresh: false,
    };
    settings.problems = settings.resolve();
    settings
}

/// The file with the entries of a form in it, when all of them are possible.
fn changed(settings: &Settings, draft: &Draft) -> Option<DocumentMut> {
    let entries = draft.0.iter().map(|(key, text)| {
        let known = keys::find(key)?;
        Some((known, known.kind.parse(text)?))
    });
    let changes: Vec<_> = entries.collect::<Option<_>>()?;
    settings.possible_together(&changes).ok()?;
    if undo::clash(&changes, settings).is_some() {
        return None;
    }
    let mut document = settings.document.clone();
    for (known, value) in &changes {
        put(&mut document, known, value);
    }
    Some(document)
}

fn read_again(document: &DocumentMut) -> Option<Settings> {
    let again = document.to_string().parse::<DocumentMut>();
    assert!(again.is_ok(), "what is written can be read");
    Some(of(again.ok()?))
}

/// One value of a form, as it is typed.
pub fn value(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for known in KNOWN.iter() {
        let Some(value) = known.kind.parse(&text) else {
            continue;
        };
        assert_eq!(
            known.kind.parse(&value).as_ref(),
            Some(&value),
            "{}: its one form is its own",
            known.key
        );
        let item = toml_edit::Item::Value(known.kind.to_toml(&value));
        assert_eq!(
            known.kind.of_toml(&item).as_ref(),
            Some(&value),
            "{}: written and read again",
            known.key
        );
        assert!(keys::find(&known.key).is_some(), "known by its name");
    }
}

/// Every part of the program takes the values in force, or names the one it cannot take.
fn parts_take(settings: &Settings) {
    let rules = settings.rules();
    if let Some(hours) = rules.working_hours {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let (_, next) = hours.at(at, &rules.zone);
        assert!(next.is_none_or(|next| next > at), "the next border lies ahead");
    }
    for fault in [settings.entra().err(), settings.phone().err()]
        .into_iter()
        .flatten()
    {
        assert!(
            fault.detail.is_some() || fault.code == Code::ClientIdMissing,
            "the setting is named"
        );
    }
    let _ = (
        settings.baresip(),
        settings.fritzbox(),
        settings.sip_line(),
        settings.language(),
        settings.log_level().len(),
    );
}
