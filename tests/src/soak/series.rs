//! What is looked at while the program works, and whether it grows.

use std::fs;
use std::path::Path;

use crate::vitals;

/// What must not grow. The order is that of the values of a [`Look`].
pub const QUANTITIES: [Quantity; 9] = [
    Quantity::of("resident", Unit::KiB, Level::Middle, 1024.0),
    Quantity::of("private-dirty", Unit::KiB, Level::Middle, 256.0),
    Quantity::of("handles (`/proc/PID/fd`)", Unit::Count, Level::Least, 1.5),
    Quantity::of("of them sockets", Unit::Count, Level::Least, 1.5),
    Quantity::of("threads", Unit::Count, Level::Least, 0.5),
    Quantity::of("processes that it started", Unit::Count, Level::Least, 0.5),
    Quantity::of("files in the data directory", Unit::Count, Level::Least, 0.5),
    Quantity::of("their size without the logs", Unit::KiB, Level::Least, 1.0),
    // Logs grow until the oldest is dropped: the one that is written and three more, each of a mebibyte.
    Quantity {
        most: Some(4.1 * 1024.0),
        ..Quantity::of("size of the logs", Unit::KiB, Level::Least, 0.0)
    },
];

/// The values of [`QUANTITIES`] at one moment.
pub type Look = [f64; QUANTITIES.len()];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    KiB,
    Count,
}

/// Which of the values of a round stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What is in use for a moment (a connection, a question's file) comes and goes within a round: at rest there is
    /// least of it.
    Least,
    /// Memory has no moment of rest.
    Middle,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    pub name: &'static str,
    unit: Unit,
    level: Level,
    /// How much more it may be at the end of the second half than at its begin, by the line that fits best.
    pub tolerance: f64,
    /// Judged by this alone, where it may grow up to there.
    pub most: Option<f64>,
}

impl Quantity {
    const fn of(name: &'static str, unit: Unit, level: Level, tolerance: f64) -> Self {
        Self {
            name,
            unit,
            level,
            tolerance,
            most: None,
        }
    }

    pub fn text(&self, value: f64) -> String {
        match self.unit {
            Unit::KiB if value.abs() >= 1024.0 => format!("{:.2} MiB", value / 1024.0),
            Unit::KiB => format!("{value:.0} KiB"),
            Unit::Count => format!("{value:.1}"),
        }
    }

    /// The level of each round, and whether it grows: over the second half, or over all where there are fewer than four.
    ///
    /// # Panics
    /// Without two rounds.
    pub fn judge(&self, rounds: &[Vec<f64>]) -> Course {
        let levels: Vec<f64> = rounds.iter().map(|values| self.level(values)).collect();
        let from = if levels.len() < 4 { 0 } else { levels.len() / 2 };
        let half = &levels[from..];
        assert!(
            half.len() > 1,
            "two rounds at least are needed to see whether something grows"
        );
        let growth = slope(half) * (half.len() - 1) as f64;
        let last = levels[levels.len() - 1];
        let flat = match self.most {
            Some(most) => last <= most,
            None => growth <= self.tolerance,
        };
        Course {
            first: levels[0],
            middle: half[0],
            last,
            growth,
            flat,
        }
    }

    fn level(&self, values: &[f64]) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = match self.level {
            Level::Least => 0,
            Level::Middle => sorted.len() / 2,
        };
        sorted.get(at).copied().unwrap_or_default()
    }
}

/// How one quantity went, by the levels of the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    pub first: f64,
    /// At the begin of the second half.
    pub middle: f64,
    pub last: f64,
    /// Over the second half, by the line that fits best.
    pub growth: f64,
    pub flat: bool,
}

/// By least squares, per step.
fn slope(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let distance = at as f64 - middle;
        above += distance * (value - mean);
        below += distance * distance;
    }
    above / below
}

/// Looks at a process and its data directory. `None` once it has ended.
pub fn look(pid: u32, data_dir: &Path) -> Option<Look> {
    let memory = vitals::memory(pid);
    if memory.resident == 0 {
        return None;
    }
    let (mut handles, mut sockets) = (0, 0);
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten() {
        handles += 1;
        let leads = fs::read_link(entry.path()).unwrap_or_default();
        sockets += usize::from(leads.to_string_lossy().starts_with("socket:"));
    }
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.count();
    let (logs, others) = sizes(data_dir);
    Some([
        memory.resident as f64,
        memory.private_dirty as f64,
        f64::from(handles),
        sockets as f64,
        threads as f64,
        (vitals::family(pid).len() - 1) as f64,
        others.len() as f64,
        others.iter().sum::<u64>() as f64 / 1024.0,
        logs as f64 / 1024.0,
    ])
}

/// Bytes in `logs/`, and the sizes of all other files.
fn sizes(data_dir: &Path) -> (u64, Vec<u64>) {
    let of = |folder: &Path| -> Vec<u64> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.metadata().ok())
            .filter(fs::Metadata::is_file)
            .map(|meta| meta.len())
            .collect()
    };
    (of(&data_dir.join("logs")).into_iter().sum(), of(data_dir))
}

#[cfg(test)]
mod tests {
    use super::{Level, Quantity, Unit};

    const HANDLES: Quantity = Quantity::of("handles", Unit::Count, Level::Least, 1.5);
    const MEMORY: Quantity = Quantity::of("memory", Unit::KiB, Level::Middle, 256.0);

    /// Each round with a peak in it.
    fn rounds(levels: &[f64]) -> Vec<Vec<f64>> {
        levels
            .iter()
            .map(|level| vec![*level, level + 9.0, *level])
            .collect()
    }

    #[test]
    fn what_comes_and_goes_in_each_round_is_flat() {
        let course = HANDLES.judge(&rounds(&[20.0, 25.0, 25.0, 26.0, 25.0, 25.0, 26.0, 25.0]));
        assert!(course.flat, "{course:?}");
        assert_eq!((course.first, course.middle, course.last), (20.0, 25.0, 25.0));
    }

    #[test]
    fn a_handle_that_is_left_in_every_other_round_is_seen() {
        let course = HANDLES.judge(&rounds(&[
            20.0, 20.0, 21.0, 21.0, 22.0, 22.0, 23.0, 23.0, 24.0, 24.0,
        ]));
        assert!(!course.flat, "{course:?}");
    }

    #[test]
    fn memory_that_settles_is_flat_and_memory_that_climbs_is_not() {
        let settles = [8000.0, 9000.0, 9500.0, 9600.0, 9650.0, 9640.0, 9660.0, 9650.0];
        assert!(MEMORY.judge(&rounds(&settles)).flat);
        let climbs: Vec<f64> = (0..8).map(|at| 8000.0 + 100.0 * f64::from(at)).collect();
        let course = MEMORY.judge(&rounds(&climbs));
        assert!(!course.flat && (course.growth - 300.0).abs() < 1e-6, "{course:?}");
    }

    #[test]
    fn what_has_a_most_may_grow_up_to_it() {
        let logs = Quantity {
            most: Some(100.0),
            ..MEMORY
        };
        assert!(logs.judge(&rounds(&[0.0, 90.0])).flat);
        assert!(!logs.judge(&rounds(&[0.0, 101.0])).flat);
    }
}
