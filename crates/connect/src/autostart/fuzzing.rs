//! What must hold for whatever stands where the system starts programs at sign-in.

use super::{agent, entry};

/// A desktop entry: the command that is read of it is the same when it is written again.
pub fn desktop_entry(input: &[u8]) {
    let found = entry::Entry::parse(&String::from_utf8_lossy(input));
    let again = entry::Entry::parse(&entry::text(&found.command));
    assert_eq!(again.command, found.command, "written and read again");
}

/// A launch agent of macOS, the same.
pub fn launch_agent(input: &[u8]) {
    let found = agent::command(&String::from_utf8_lossy(input));
    assert_eq!(
        agent::command(&agent::text("offhook", &found)),
        found,
        "written and read again"
    );
}
