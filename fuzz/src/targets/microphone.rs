//! What a sound server and Windows say of who uses the microphone.

use offhook_microphone::consent::{self, Alive, Entry};
use offhook_microphone::{App, kind, pulse};

/// What `pactl` says of streams, and after a zero byte of microphones; and a line of its news.
pub fn pulse(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (outputs, sources) = text.split_once('\0').unwrap_or((&text, ""));
    let _ = pulse::is_about_recording(outputs);
    let Some(apps) = pulse::apps(outputs, sources) else {
        return;
    };
    sound(&apps);
    assert!(
        apps.iter().all(|app| app.in_use && !app.id.trim().is_empty()),
        "those that record"
    );
    let unheard = pulse::apps(outputs, "").unwrap_or_default();
    assert!(
        apps.iter().all(|app| unheard.contains(app)),
        "what is known of microphones adds nothing"
    );
}

/// The list of what runs on Windows, and after a zero byte the keys of the consent store, one in each line behind a sign
/// each for classic, begun and ended.
pub fn consent(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (list, keys) = text.split_once('\0').unwrap_or((&text, ""));
    let programs = consent::programs(list);
    for name in programs.iter().flatten() {
        assert!(!name.is_empty() && !name.contains(['"', '\n']), "a name");
    }
    let entries: Vec<Entry> = keys.lines().map(entry).collect();
    let alone = consent::apps(&entries, &Alive::default());
    let alive = Alive {
        programs: programs.clone(),
        booted: None,
    };
    let apps = consent::apps(&entries, &alive);
    sound(&apps);
    assert!(
        apps.iter().map(|app| &app.id).eq(alone.iter().map(|app| &app.id)),
        "all are known"
    );
    let used = |app: &App| app.in_use;
    assert!(
        alone.iter().any(used) == consent::is_any_open(&entries),
        "only what is open is in use"
    );
    let classic = |app: &App| entries.iter().all(|entry| entry.classic || entry.id() != app.id);
    for app in apps.iter().filter(|app| app.in_use && classic(app)) {
        let runs = programs.as_ref().is_none_or(|running| running.contains(&app.id));
        assert!(runs, "what does not run is in use no longer");
    }
}

fn entry(line: &str) -> Entry {
    let mut signs = line.chars();
    let mut flag = || signs.next() == Some('1');
    Entry {
        classic: flag(),
        started: u64::from(flag()),
        stopped: u64::from(flag()),
        key: signs.as_str().to_owned(),
    }
}

/// One of each, in order.
fn sound(apps: &[App]) {
    assert!(apps.is_sorted_by(|one, two| one.id < two.id), "one of each");
    for app in apps {
        let _ = kind(&app.id);
    }
}
