//! Soak: the real program at work for a long time, with a real phone system and real phones, a pretend Microsoft behind
//! TLS, a tray and, where wanted, windows; with calls, meetings, appointments, and everything that fails now and then.
//! Meanwhile memory, handles, sockets, threads and files are looked at, and at the end nothing may be left.
//!
//! | module | what |
//! |---|---|
//! | `day` | what happens, step by step |
//! | `series` | what is looked at, and whether it grows |

mod day;
mod series;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::vitals;
pub use day::{Day, Often, STEPS};
pub use series::{Course, Look, QUANTITIES, Quantity};

/// How often the program is looked at. A look costs it nothing and this process a few milliseconds.
const PACE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// From the begin of one round to that of the next; one that takes longer costs a round.
    pub period: Duration,
    /// A window is opened and closed now and then; the desk has a screen for it.
    pub window: bool,
    /// Each round ends with an appointment.
    pub appointments: bool,
    /// What is gone through in each third round: most of what fails, and takes its time to be well again.
    pub thirds: bool,
}

impl Plan {
    /// # Panics
    /// When that is less than four rounds.
    pub fn of(length: Duration) -> Self {
        let period = Duration::from_secs(150);
        let rounds = usize::try_from(length.as_secs() / period.as_secs()).unwrap_or_default();
        assert!(
            rounds >= 4,
            "it takes ten minutes at least to see whether something grows"
        );
        Self {
            rounds,
            period,
            window: true,
            appointments: true,
            thirds: true,
        }
    }

    /// For a test, which sees that everything comes about and that nothing is left. Whether something grows takes longer.
    pub const fn brief() -> Self {
        Self {
            rounds: 2,
            period: Duration::from_secs(1),
            window: false,
            appointments: false,
            thirds: false,
        }
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    pub took: Duration,
    pub rounds: usize,
    /// In the order of [`QUANTITIES`].
    pub courses: Vec<Course>,
    /// How often each step was gone through.
    pub steps: Vec<(&'static str, u32)>,
    /// Resident and private-dirty memory in KiB by what it is mapped from, after the first round and at the end.
    pub mappings: [Vec<(&'static str, u64, u64)>; 2],
    /// What did not come about, and what was left at the end.
    pub troubles: Vec<String>,
}

impl Outcome {
    /// In words: what grew, what did not come about, what was left.
    pub fn faults(&self) -> Vec<String> {
        let grew = QUANTITIES
            .iter()
            .zip(&self.courses)
            .filter(|(_, course)| !course.flat);
        let grew = grew.map(|(quantity, course)| {
            let text = |value| quantity.text(value);
            format!(
                "{} grew by {} over the second half (from {} to {})",
                quantity.name,
                text(course.growth),
                text(course.middle),
                text(course.last)
            )
        });
        grew.chain(self.troubles.iter().cloned()).collect()
    }
}

/// # Panics
/// When the desk can't be set up, or the program ends in the midst of it.
pub fn soak(plan: &Plan) -> Outcome {
    let begun = Instant::now();
    let mut day = Day::begin(plan);
    let (pid, data_dir) = (day.pid(), day.data_dir().to_owned());
    let (round, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut at_begin = Vec::new();
    let (mut gone_through, mut rounds) = (0, Vec::new());
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut rounds: Vec<Vec<Look>> = Vec::new();
            while !over.load(Ordering::Acquire) {
                // One that has ended is the steps' to find out.
                if let Some(look) = series::look(pid, &data_dir) {
                    let at = round.load(Ordering::Acquire);
                    rounds.resize_with(rounds.len().max(at + 1), Vec::new);
                    rounds[at].push(look);
                }
                thread::park_timeout(PACE);
            }
            rounds
        });
        let first = Instant::now();
        let mut slot = 0;
        while slot < plan.rounds {
            let from = plan.period * u32::try_from(slot).unwrap_or(u32::MAX);
            // What is waited for is the time itself.
            thread::sleep(from.saturating_sub(first.elapsed()));
            round.store(gone_through, Ordering::Release);
            day.round(gone_through, slot);
            if gone_through == 0 {
                at_begin = vitals::by_mapping(pid);
            }
            gone_through += 1;
            let periods = first.elapsed().as_secs_f64() / plan.period.as_secs_f64();
            slot = if plan.appointments {
                (slot + 1).max(periods as usize)
            } else {
                slot + 1
            };
        }
        over.store(true, Ordering::Release);
        watch.thread().unpark();
        rounds = watch.join().expect("the watch");
    });
    let at_end = vitals::by_mapping(pid);
    let (steps, troubles) = day.end();
    rounds.retain(|looks| !looks.is_empty());
    let courses = QUANTITIES.iter().enumerate().map(|(at, quantity)| {
        let values: Vec<Vec<f64>> = rounds
            .iter()
            .map(|looks| looks.iter().map(|look| look[at]).collect())
            .collect();
        quantity.judge(&values)
    });
    Outcome {
        took: begun.elapsed(),
        rounds: gone_through,
        courses: courses.collect(),
        steps,
        mappings: [at_begin, at_end],
        troubles,
    }
}
