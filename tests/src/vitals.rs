//! Memory, threads and wake-ups of a process, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// In KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub resident: u64,
    pub proportional: u64,
    pub private_dirty: u64,
}

impl std::ops::Add for Memory {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            resident: self.resident + other.resident,
            proportional: self.proportional + other.proportional,
            private_dirty: self.private_dirty + other.private_dirty,
        }
    }
}

/// What the kernel says of a process; nothing of one that has gone.
pub fn memory(pid: u32) -> Memory {
    let text = read(pid, "smaps_rollup");
    let value = |name: &str| text.lines().find_map(|line| kib(line, name)).unwrap_or_default();
    Memory {
        resident: value("Rss:"),
        proportional: value("Pss:"),
        private_dirty: value("Private_Dirty:"),
    }
}

fn kib(line: &str, name: &str) -> Option<u64> {
    line.strip_prefix(name)?.split_whitespace().next()?.parse().ok()
}

fn read(pid: u32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default()
}

/// Resident and private-dirty memory in KiB by what it is mapped from, the largest first.
pub fn by_mapping(pid: u32) -> Vec<(&'static str, u64, u64)> {
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    // Built anew while it runs, its file is called deleted.
    let program = program
        .to_string_lossy()
        .trim_end_matches(" (deleted)")
        .to_owned();
    let mut sums: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    let mut kind = "other";
    for line in read(pid, "smaps").lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if !first.ends_with(':') {
            kind = match words.nth(4) {
                None => "anonymous (further arenas, stacks of threads)",
                Some("[heap]") => "heap",
                Some("[stack]") => "stack of the main thread",
                Some(path) if path == program => "the program's own file",
                Some(path) if path.contains(".so") => "libraries",
                Some(_) => "other",
            };
        }
        let sum = sums.entry(kind).or_default();
        sum.0 += kib(line, "Rss:").unwrap_or_default();
        sum.1 += kib(line, "Private_Dirty:").unwrap_or_default();
    }
    let mut all: Vec<_> = sums
        .into_iter()
        .map(|(kind, (resident, dirty))| (kind, resident, dirty))
        .collect();
    all.sort_by_key(|(_, resident, _)| std::cmp::Reverse(*resident));
    all
}

/// The process and all that it started, with theirs.
pub fn family(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = processes()
        .into_iter()
        .filter_map(|one| Some((one, parent(one)?)))
        .collect();
    let mut family = vec![pid];
    let mut at = 0;
    while let Some(elder) = family.get(at).copied() {
        family.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == elder)
                .map(|(one, _)| *one),
        );
        at += 1;
    }
    family
}

/// Processes that run a program of this name on this data directory.
pub fn running(name: &str, data_dir: &str) -> Option<u32> {
    processes().into_iter().find(|pid| {
        let line = read(*pid, "cmdline");
        let mut words = line.split('\0');
        words.next().is_some_and(|program| program.ends_with(name)) && words.any(|word| word == data_dir)
    })
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn parent(pid: u32) -> Option<u32> {
    // The name in brackets may hold anything.
    read(pid, "stat")
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// Seconds of CPU so far, threads that have ended included.
fn cpu(pid: u32) -> f64 {
    let stat = read(pid, "stat");
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return 0.0;
    };
    let ticks = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<u64>().ok());
    // A hundred ticks a second on every Linux that people run.
    ticks.sum::<u64>() as f64 / 100.0
}

/// What a process did in a span of time.
#[derive(Debug, Clone)]
pub struct Watched {
    pub span: Duration,
    pub cpu_seconds: f64,
    /// At the end.
    pub memory: Memory,
    pub at_begin: Memory,
    /// Name and voluntary context switches of each thread that was seen.
    pub threads: Vec<(String, u64)>,
    pub mappings: Vec<(&'static str, u64, u64)>,
}

impl Watched {
    pub fn wakeups_per_minute(&self) -> f64 {
        let all: u64 = self.threads.iter().map(|(_, count)| *count).sum();
        all as f64 / self.minutes()
    }

    pub fn minutes(&self) -> f64 {
        self.span.as_secs_f64() / 60.0
    }
}

/// Watches a process for a span of time. Looking into `/proc` wakes nobody up.
///
/// # Panics
/// When it ends meanwhile.
pub fn watch(pid: u32, span: Duration) -> Watched {
    let begun = Instant::now();
    let (cpu_begin, at_begin) = (cpu(pid), memory(pid));
    let mut threads: BTreeMap<u32, (String, u64, u64)> = BTreeMap::new();
    let begin = switches(pid);
    assert!(!begin.is_empty(), "the process {pid} has ended");
    for (thread, name, count) in begin {
        threads.insert(thread, (name, count, count));
    }
    while begun.elapsed() < span {
        // Often enough to catch what a short-lived thread did.
        thread::sleep(Duration::from_secs(1).min(span.saturating_sub(begun.elapsed())));
        for (thread, name, count) in switches(pid) {
            threads.entry(thread).or_insert((name, 0, 0)).2 = count;
        }
    }
    let memory = memory(pid);
    assert!(
        memory.resident > 0,
        "the process {pid} ended while it was watched"
    );
    Watched {
        span: begun.elapsed(),
        cpu_seconds: cpu(pid) - cpu_begin,
        memory,
        at_begin,
        threads: threads
            .into_values()
            .map(|(name, from, to)| (name, to.saturating_sub(from)))
            .collect(),
        mappings: by_mapping(pid),
    }
}

/// Number, name and voluntary context switches of every thread.
fn switches(pid: u32) -> Vec<(u32, String, u64)> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let one = |thread: u32| {
        let status = read(pid, &format!("task/{thread}/status"));
        let value = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        Some((
            thread,
            value("Name:")?.to_owned(),
            value("voluntary_ctxt_switches:")?.parse().ok()?,
        ))
    };
    entries
        .filter_map(|entry| one(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}
