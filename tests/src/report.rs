//! Sections of Markdown, and the document that keeps them.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// One measurement: a table, and what must be known to read it.
#[derive(Debug, Default)]
pub struct Section {
    pub title: &'static str,
    /// How it was measured.
    pub how: String,
    pub rows: Vec<Row>,
    /// Further tables and sentences, below the table.
    pub more: String,
}

#[derive(Debug)]
pub struct Row {
    what: String,
    value: String,
    goal: Option<(String, bool)>,
}

impl Row {
    pub fn new(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            value: value.into(),
            goal: None,
        }
    }

    /// `goal` as a person writes it, and whether it was reached.
    pub fn goal(mut self, goal: impl Into<String>, reached: bool) -> Self {
        self.goal = Some((goal.into(), reached));
        self
    }
}

impl Section {
    pub fn render(&self, name: &str, machine: &str) -> String {
        let command = match name {
            "soak" => "soak".to_owned(),
            "window" => "bench --window window".to_owned(),
            _ => format!("bench {name}"),
        };
        let (title, how) = (self.title, &self.how);
        let mut text = format!(
            "## {title}\n\n`cargo xtask {command}` · {machine}\n\n{how}\n\n\
             | what | measured | goal | |\n|---|---|---|---|\n"
        );
        for Row { what, value, goal } in &self.rows {
            let (goal, reached) = match goal {
                Some((goal, true)) => (goal.as_str(), "reached"),
                Some((goal, false)) => (goal.as_str(), "**missed**"),
                None => ("", ""),
            };
            text.push_str(&format!("| {what} | {value} | {goal} | {reached} |\n"));
        }
        if !self.more.is_empty() {
            text.push_str(&format!("\n{}\n", self.more.trim()));
        }
        text
    }
}

/// Puts a section into the document, in the place of its last run's; everything else there stays.
///
/// # Panics
/// When the document can't be written.
pub fn keep(name: &str, text: &str) {
    let path = xtask::parts::workspace().join("docs/MEASURED.md");
    let old = fs::read_to_string(&path).unwrap_or_else(|_| "# Measured\n".to_owned());
    let (begin, end) = (format!("<!-- bench: {name} -->"), format!("<!-- end: {name} -->"));
    let block = format!("{begin}\n{text}{end}");
    let span = old.find(&begin).zip(old.find(&end));
    let new = match span {
        Some((from, to)) => format!("{}{block}{}", &old[..from], &old[to + end.len()..]),
        None => format!("{}\n\n{block}\n", old.trim_end()),
    };
    fs::write(&path, new).expect("docs/MEASURED.md");
}

/// Date and machine in general words, with how busy it was.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let date = Command::new("date").arg("+%F").output();
    let date = date.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    let system = read("/etc/os-release");
    let system = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let memory = memory
        .and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .unwrap_or_default();
    let load = read("/proc/loadavg");
    let kind = if read("/proc/cpuinfo").contains("hypervisor") {
        "virtual machine"
    } else {
        "machine"
    };
    format!(
        "{} · {kind} with {cores} cores ({}) and {:.0} GiB, {}, load before the run {}",
        date.unwrap_or_default(),
        std::env::consts::ARCH,
        memory / 1024.0 / 1024.0,
        system.unwrap_or("Linux").trim_matches('"'),
        load.split_whitespace().next().unwrap_or("unknown"),
    )
}

/// Values of one kind, in order.
#[derive(Debug, Clone)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// # Panics
    /// Without a value.
    pub fn of(mut values: Vec<Duration>) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_unstable();
        Self(values)
    }

    /// The smallest value that at least `percent` of all do not exceed.
    pub fn p(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0[rank - 1]
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn max(&self) -> Duration {
        self.0[self.0.len() - 1]
    }

    /// `p50 …, p99 …, most …` in milliseconds.
    pub fn milliseconds(&self, high: usize) -> String {
        format!(
            "p50 {}, p{high} {}, most {} (n = {})",
            ms(self.p(50)),
            ms(self.p(high)),
            ms(self.max()),
            self.count()
        )
    }

    /// Deciles in seconds.
    pub fn seconds(&self) -> String {
        let s = |span: Duration| format!("{:.1}", span.as_secs_f64());
        format!(
            "least {}, p10 {}, p50 {}, p90 {}, most {} s (n = {})",
            s(self.0[0]),
            s(self.p(10)),
            s(self.p(50)),
            s(self.p(90)),
            s(self.max()),
            self.count()
        )
    }
}

pub fn ms(span: Duration) -> String {
    let value = span.as_secs_f64() * 1e3;
    if value < 10.0 {
        format!("{value:.2} ms")
    } else {
        format!("{value:.0} ms")
    }
}

/// How many times the one is the other, of one run.
pub fn ratio(of: Duration, to: Duration) -> String {
    format!("{:.1} ×", of.as_secs_f64() / to.as_secs_f64().max(1e-9))
}

pub fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
