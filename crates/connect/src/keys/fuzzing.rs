//! What must hold for whatever lies in `keys.json`.

use super::memory;

/// What was read reads the same when it is written again, and no key shows.
pub fn remembered(input: &[u8]) {
    let Some(systems) = memory::parse(&String::from_utf8_lossy(input)) else {
        return;
    };
    let text = serde_json::to_string(&memory::written(&systems)).unwrap_or_default();
    assert_eq!(
        memory::parse(&text).as_ref(),
        Some(&systems),
        "written and read again"
    );
    let shown = format!("{systems:?} {:?}", memory::written(&systems));
    for system in systems.values() {
        assert!(!shown.contains(&system.key.to_text()), "the key does not show");
    }
}
