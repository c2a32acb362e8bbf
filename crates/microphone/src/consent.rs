//! What Windows' consent store says about the microphone (Windows 10 1903 and later). It is no documented contract: a program
//! that sits in a muted call counts as using the microphone, which is what is wanted here (facts/call-sources.md, section
//! 3.1).

use crate::App;
use std::collections::BTreeSet;

/// Under the current user's part of the registry. Programs from the store are keys directly in it, classic ones under
/// [`CLASSIC`].
pub const STORE: &str =
    r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone";
pub const CLASSIC: &str = "NonPackaged";

/// Hundreds of nanoseconds since 1601.
pub type FileTime = u64;

/// Between 1601 and 1970.
const UNIX: FileTime = 116_444_736_000_000_000;
/// Clocks are set: a use that began a little before the system did is not taken for an old one.
const SLACK: FileTime = 120 * 10_000_000;

/// One program's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the key is called.
    pub key: String,
    pub classic: bool,
    pub started: FileTime,
    /// 0: not yet.
    pub stopped: FileTime,
}

/// What shows that an entry without an end is left over from a crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alive {
    /// File names of what runs, in small letters; `None`: not known.
    pub programs: Option<BTreeSet<String>>,
    /// When the system started; `None`: not known.
    pub booted: Option<FileTime>,
}

impl Entry {
    /// By which the person's choice knows the program: its file name, or its package family.
    pub fn id(&self) -> String {
        let name = if self.classic {
            // The whole path, with `#` for each backslash.
            self.key.rsplit('#').next().unwrap_or(&self.key)
        } else {
            &self.key
        };
        name.to_lowercase()
    }

    fn is_open(&self) -> bool {
        self.started != 0 && self.stopped == 0
    }

    fn is_stale(&self, alive: &Alive) -> bool {
        let before_boot = alive
            .booted
            .is_some_and(|booted| self.started.saturating_add(SLACK) < booted);
        // A package's key does not tell its program.
        let gone = self.classic
            && alive
                .programs
                .as_ref()
                .is_some_and(|running| !running.contains(&self.id()));
        before_boot || gone
    }
}

/// All programs of the store.
pub fn apps(entries: &[Entry], alive: &Alive) -> Vec<App> {
    crate::merged(entries.iter().map(|entry| App {
        id: entry.id(),
        in_use: entry.is_open() && !entry.is_stale(alive),
    }))
}

/// Whether it has to be known what runs.
pub fn is_any_open(entries: &[Entry]) -> bool {
    entries.iter().any(Entry::is_open)
}

/// What `tasklist /FO CSV /NH` says: file names of what runs, in small letters. `None` where it says nothing of the kind.
pub fn programs(list: &str) -> Option<BTreeSet<String>> {
    let names: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
        .map(str::to_lowercase)
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then_some(names)
}

/// When the system started, from the present moment and how long it has run, both in milliseconds.
pub fn booted(now_since_1970: u64, runs: u64) -> FileTime {
    now_since_1970.saturating_sub(runs).saturating_mul(10_000) + UNIX
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: FileTime = 134_000_000_000_000_000;

    fn classic(key: &str, started: FileTime, stopped: FileTime) -> Entry {
        Entry {
            key: key.to_owned(),
            classic: true,
            started,
            stopped,
        }
    }

    fn uses(entries: &[Entry], alive: &Alive) -> Vec<String> {
        let apps = apps(entries, alive).into_iter();
        apps.filter(|app| app.in_use).map(|app| app.id).collect()
    }

    #[test]
    fn in_use_is_a_start_without_an_end() {
        let entries = [
            classic(r"C:#Program Files#MicroSIP#MicroSIP.exe", NOON, 0),
            classic(r"C:#Phoner#PhonerLite.exe", NOON, NOON + 1),
            classic(r"C:#never.exe", 0, 0),
            Entry {
                key: "MSTeams_8wekyb3d8bbwe".to_owned(),
                classic: false,
                started: NOON,
                stopped: 0,
            },
        ];
        let alive = Alive::default();
        assert_eq!(uses(&entries, &alive), ["microsip.exe", "msteams_8wekyb3d8bbwe"]);
        let all: Vec<String> = apps(&entries, &alive).into_iter().map(|app| app.id).collect();
        assert_eq!(
            all,
            [
                "microsip.exe",
                "msteams_8wekyb3d8bbwe",
                "never.exe",
                "phonerlite.exe"
            ]
        );
    }

    #[test]
    fn what_a_crash_left_is_no_use() {
        let entries = [classic(r"C:#a.exe", NOON, 0), classic(r"C:#b.exe", NOON, 0)];
        let running = Alive {
            programs: programs("\"System\",\"4\"\r\n\"B.EXE\",\"77\",\"Console\"\r\n"),
            booted: None,
        };
        assert_eq!(uses(&entries, &running), ["b.exe"]);
        let rebooted = Alive {
            programs: None,
            booted: Some(NOON + 2 * SLACK),
        };
        assert!(uses(&entries, &rebooted).is_empty());
        let just_booted = Alive {
            programs: None,
            booted: Some(NOON + SLACK / 2),
        };
        assert_eq!(
            uses(&entries, &just_booted),
            ["a.exe", "b.exe"],
            "a clock that was set"
        );
    }

    #[test]
    fn nothing_is_known_of_what_runs_where_the_list_says_nothing() {
        assert_eq!(programs(""), None);
        assert_eq!(
            programs("INFO: No tasks are running which match the specified criteria."),
            None
        );
    }

    #[test]
    fn the_start_of_the_system_is_counted_back() {
        // 2026-11-23 12:00:00 UTC, an hour after the start.
        let noon = 1_795_435_200_000;
        assert_eq!(booted(noon, 3_600_000), (noon - 3_600_000) * 10_000 + UNIX);
    }
}
