//! Many desks of one tenant share Graph's limit: the real engine, ten thousand times, on virtual time.
//!
//! | module | one job |
//! |---|---|
//! | [`limit`] | Graph's limit, as documented, in its readings |
//! | [`desk`] | one desk: the engine, and what Graph answers it |
//! | [`person`] | what a person does in a day |
//! | [`chart`] | the result as a picture |

pub mod chart;
pub mod desk;
pub mod limit;
pub mod person;

use desk::{Desk, Told};
use limit::{After, Limit, Window};
use offhook_engine::Instant;
use offhook_engine::ledger::Ledger;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// On its way there and back.
const ROUND_TRIP: Duration = Duration::from_millis(150);
/// The figures of a run are kept for each such span: that of the limit.
pub const SLICE: Duration = Duration::from_secs(30);

/// What is to be simulated.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub desks: u32,
    /// Requests in 30 s, for all desks together.
    pub limit: u32,
    pub window: Window,
    pub after: After,
    pub hours: f64,
    pub seed: u64,
    /// All within a minute, as after a power cut, instead of over half an hour around eight.
    pub at_once: bool,
}

impl Case {
    /// From half past seven to ten, in the reading of the limit that forgives least.
    pub const fn morning(desks: u32, limit: u32) -> Self {
        Self {
            desks,
            limit,
            window: Window::Sliding,
            after: After::Room,
            hours: 2.5,
            seed: 1,
            at_once: false,
        }
    }
}

/// What happened within one [`SLICE`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slice {
    pub asked: u32,
    pub refused: u32,
    pub running: u32,
}

#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub slices: Vec<Slice>,
    /// From a change in Teams to the reading that showed it, in seconds: calls and "do not disturb", unannounced,
    pub sudden: Vec<f64>,
    /// those within a quarter of a minute of an appointment's border,
    pub at_borders: Vec<f64>,
    /// and leaving the desk and coming back.
    pub away: Vec<f64>,
    /// From the start of a call on the phone to the session in Teams.
    pub calls: Vec<f64>,
    /// What each desk's disk holds in the end.
    pub ledgers: Vec<Ledger>,
}

impl Outcome {
    pub fn refused_share(&self, slices: std::ops::Range<usize>) -> f64 {
        let slices = self.slices.get(slices).unwrap_or_default();
        let (asked, refused) = slices.iter().fold((0_u64, 0_u64), |(asked, refused), slice| {
            (asked + u64::from(slice.asked), refused + u64::from(slice.refused))
        });
        if asked == 0 {
            0.0
        } else {
            refused as f64 / asked as f64
        }
    }

    /// Requests that were answered, as a share of what the limit allows.
    pub fn used(&self, limit: u32, slices: std::ops::Range<usize>) -> f64 {
        let slices = self.slices.get(slices).unwrap_or_default();
        let answered: u64 = slices.iter().map(|s| u64::from(s.asked - s.refused)).sum();
        answered as f64 / (f64::from(limit) * slices.len().max(1) as f64)
    }

    /// The first slice from which on no five minutes have more than `share` refused.
    pub fn steady_from(&self, share: f64) -> Option<usize> {
        let five = 10;
        let last = self.slices.len().checked_sub(five)?;
        let worst = (0..=last)
            .rev()
            .find(|at| self.refused_share(*at..at + five) > share);
        let from = worst.map_or(0, |at| at + 1);
        (from <= last).then_some(from)
    }
}

/// The value below which `share` of them lie; they are sorted by it.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values
        .get(at.min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Something in the person's morning.
    Life,
    /// An answer of Graph's, by its number at that desk.
    Answer(u32),
    /// The engine's own deadline.
    Due,
}

/// From half past seven on. `before`: what the disks hold, of the same desks; nothing on the first day.
pub fn run(case: &Case, before: &[Ledger]) -> Outcome {
    let mut limit = Limit::new(case.limit, case.window, case.after);
    let mut desks: Vec<Desk> = (0..case.desks)
        .map(|number| {
            let ledger = before.get(number as usize).cloned();
            Desk::new(number, case, ledger.unwrap_or_default())
        })
        .collect();
    let end = Duration::from_secs_f64(case.hours * 3600.0);
    let mut outcome = Outcome::default();
    let slices = (end.as_secs() / SLICE.as_secs()) as usize;
    outcome.slices.resize(slices, Slice::default());
    let mut queue: BinaryHeap<Reverse<(Duration, u32, What)>> = BinaryHeap::new();
    for (number, desk) in (0_u32..).zip(&desks) {
        queue.push(Reverse((desk.starts(), number, What::Life)));
    }
    while let Some(Reverse((at, number, what))) = queue.pop() {
        if at >= end {
            break;
        }
        let desk = &mut desks[number as usize];
        match what {
            What::Life => {
                if let Some(next) = desk.live(at) {
                    queue.push(Reverse((next, number, What::Life)));
                }
            }
            What::Answer(request) => desk.answer(request, at),
            What::Due if desk.armed == Some(at) => desk.due(at),
            What::Due => continue,
        }
        let slice = &mut outcome.slices[(at.as_secs() / SLICE.as_secs()) as usize];
        while let Some(request) = desk.ask(&mut limit, at) {
            slice.asked += 1;
            slice.refused += u32::from(request.refused);
            queue.push(Reverse((at + ROUND_TRIP, number, What::Answer(request.number))));
        }
        for told in desk.told.drain(..) {
            match told {
                Told::Sudden(lag) => outcome.sudden.push(lag),
                Told::AtBorder(lag) => outcome.at_borders.push(lag),
                Told::Away(lag) => outcome.away.push(lag),
                Told::Call(lag) => outcome.calls.push(lag),
            }
        }
        if let Some(due) = desk.arm(at) {
            queue.push(Reverse((due, number, What::Due)));
        }
    }
    for (at, slice) in (0_u32..).zip(&mut outcome.slices) {
        let over = SLICE * (at + 1);
        slice.running = desks.iter().filter(|desk| desk.starts() < over).count() as u32;
    }
    outcome.ledgers = desks.into_iter().map(Desk::into_ledger).collect();
    outcome
}

/// The engine's clock at a moment of the morning.
fn instant(at: Duration) -> Instant {
    Instant::from_origin(Duration::from_secs(1) + at)
}
