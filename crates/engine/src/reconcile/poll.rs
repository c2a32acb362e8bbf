//! How often Teams is read (R6).
//!
//! All desks of an organisation share one limit at Microsoft, and none knows how many they are. Each learns from refusals
//! how far apart its reads have to be: a refusal drives them apart by [`STEP`], every answer brings them nearer by a little,
//! by more the longer nothing was refused. Who is refused often is the one who asks often, so that the desks come to a like
//! pace. docs/decisions/011-many-desks.md has the reasons, docs/FLEET.md what ten thousand desks make of it.

use super::{Chance, Pace};
use crate::breaks::{self, Break};
use crate::clock::Instant;
use crate::fault::{Fault, FaultKind};
use std::time::Duration;

/// A hair over 10 s: however the jitter falls, no hour holds more than 360 reads.
const NORMAL: Duration = Duration::from_millis(10_005);
const FAST: Duration = Duration::from_secs(3);
const SLOW: Duration = Duration::from_secs(30);
const FAST_FOR: Duration = Duration::from_secs(30);
const SLOW_AFTER: Duration = Duration::from_secs(600);
/// ±10 % between two reads.
const JITTER: f64 = 0.1;
const CAP: Duration = Duration::from_secs(300);

/// How much farther apart a refusal drives the reads,
const STEP: f64 = 1.4;
/// the first one at least to this: half the pace,
const FIRST: f64 = 2.0;
/// and all of them at most to this: ten seconds become 450.
const MOST: f64 = 45.0;
/// What an answer gives back of the full pace, and as much again for each [`CALM`] answers since the last refusal: where a desk
/// is alone after all, the full pace is back within about an hour; where they are too many, about one read in 150 is refused.
const GAIN: f64 = 0.0005;
const CALM: f64 = 100.0;
/// Between two reads, however far they are driven apart; shorter than what R11 takes for silence.
const WIDEST: Duration = Duration::from_secs(450);
/// What is kept for the next run may be off by this much before it is written anew.
const WORTH: f64 = 1.25;
/// As long as nothing but refusals comes.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Debug, Clone)]
pub(crate) struct Poll {
    in_flight: bool,
    last: Option<Instant>,
    /// Drawn once per read, so that the answer to "when" does not change while one waits.
    jitter: f64,
    /// How far the last read was put off. The next one makes up for it: the count per hour does not drift.
    put_off: f64,
    changed_at: Option<Instant>,
    /// Not before this: it fails.
    held_until: Option<Instant>,
    /// Not before this, whatever else: the service asked for it.
    asked_until: Option<Instant>,
    pace: Pace,
    /// How much slower than a desk alone would read; 1 unless Microsoft has refused.
    stretch: f64,
    /// Answers since the last refusal, and refusals since the last answer.
    calm: u32,
    refused: u32,
    /// Something is to be written that depends on what Teams shows just now.
    asked: bool,
}

/// Between two reads, however much the newer one is asked for.
const ASKED: Duration = Duration::from_secs(1);

impl Poll {
    /// `apart`: how far apart the run before has learned to read, in percent of the pace of a desk alone.
    pub(crate) fn new(apart: Option<u32>) -> Self {
        let stretch = f64::from(apart.unwrap_or(100)) / 100.0;
        Self {
            in_flight: false,
            last: None,
            jitter: 1.0,
            put_off: 0.0,
            changed_at: None,
            held_until: None,
            asked_until: None,
            pace: Pace::new(Duration::from_secs(10), CAP),
            stretch: stretch.clamp(1.0, MOST),
            calm: 0,
            refused: 0,
            asked: false,
        }
    }

    /// When the next read is due; `None` while one is in flight. `idle`: the last state is Offline or Away and
    /// no call is up.
    pub(crate) fn due(&self, floor: Duration, idle: bool, now: Instant) -> Option<Instant> {
        if self.in_flight {
            return None;
        }
        let not_before = self.held_until.max(self.asked_until);
        let Some(last) = self.last else {
            return Some(not_before.unwrap_or(now));
        };
        if self.asked {
            let due = last + ASKED;
            return Some(not_before.map_or(due, |at| due.max(at)));
        }
        let since_change = self.changed_at.map(|at| now.since(at));
        let normal = self.apart(NORMAL);
        let slow_after = SLOW_AFTER.div_f64(self.stretch);
        let span = match since_change {
            _ if breaks::is(Break::ReadsTooOften) => FAST,
            // Among many, hurrying costs the others more than it gives: beyond less than twice the distance nobody does.
            Some(since) if since < FAST_FOR => FAST.mul_f64(self.stretch.powi(3)).min(normal),
            Some(since) if since < slow_after => normal,
            Some(_) | None if idle => self.apart(SLOW),
            Some(_) | None => normal,
        };
        let due = last + span.mul_f64(self.jitter).max(floor);
        Some(not_before.map_or(due, |at| due.max(at)))
    }

    pub(crate) fn on_sent(&mut self, chance: &mut Chance, now: Instant) {
        self.in_flight = true;
        self.asked = false;
        self.last = Some(now);
        let put_off = JITTER * chance.share();
        self.jitter = 1.0 + put_off - self.put_off;
        self.put_off = put_off;
    }

    pub(crate) fn on_read(&mut self, changed: bool, now: Instant) {
        self.in_flight = false;
        self.held_until = None;
        self.asked_until = None;
        self.pace.reset();
        self.refused = 0;
        self.calm = self.calm.saturating_add(1);
        let share = 1.0 / self.stretch + GAIN * (1.0 + f64::from(self.calm) / CALM);
        self.stretch = (1.0 / share).max(1.0);
        if changed {
            self.changed_at = Some(now);
        }
    }

    pub(crate) fn on_failed(&mut self, fault: &Fault, chance: &mut Chance, now: Instant) {
        self.in_flight = false;
        match fault.kind {
            FaultKind::Throttled { .. } => {
                self.on_refused(fault, now);
                self.refused = self.refused.saturating_add(1);
                // All that were refused are told much the same moment.
                let span = self.apart(NORMAL);
                self.asked_until = self.asked_until.map(|at| at + span.mul_f64(chance.share()));
                let (doubled, most) = match self.refused {
                    0 | 1 => (span, WIDEST),
                    more => (span * 2_u32.pow((more - 1).min(8)), LONGEST),
                };
                let wait = doubled.mul_f64(0.5 + chance.share()).min(most);
                self.held_until = Some(now + wait);
            }
            FaultKind::Rejected
            | FaultKind::RightMissing
            | FaultKind::SignInRequired
            | FaultKind::Unreachable => self.held_until = Some(now + self.pace.wait(chance)),
        }
    }

    /// A request was refused since all desks together ask too often: a read, or a write, after which reads wait, too.
    pub(crate) fn on_refused(&mut self, fault: &Fault, now: Instant) {
        let FaultKind::Throttled { retry_after } = fault.kind else {
            return;
        };
        self.stretch = (self.stretch * STEP).clamp(FIRST, MOST);
        self.calm = 0;
        self.asked_until = self.asked_until.max(retry_after.map(|wait| now + wait));
    }

    /// How far apart the reads are, in percent of the pace of a desk alone; `None`: not farther.
    pub(crate) fn learned(&self) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 100 and 4500"
        )]
        let percent = (self.stretch * 100.0).round() as u32;
        (percent > 100).then_some(percent)
    }

    /// What is kept for the next run is this far from what has been learned.
    pub(crate) fn has_learned_since(&self, kept: Option<u32>) -> bool {
        let kept = f64::from(kept.unwrap_or(100)) / 100.0;
        let ratio = self.stretch / kept;
        !(1.0 / WORTH..WORTH).contains(&ratio) || self.stretch <= 1.0 && kept > 1.0
    }

    /// Another organisation.
    pub(crate) fn forget(&mut self) {
        self.stretch = 1.0;
        self.calm = 0;
    }

    fn apart(&self, span: Duration) -> Duration {
        span.mul_f64(self.stretch).min(WIDEST)
    }

    /// Something happened after which Teams may soon say something else.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.changed_at = Some(now);
    }

    /// Teams is read as soon as it may be.
    pub(crate) fn ask(&mut self, asked: bool) {
        self.asked = asked;
    }

    pub(crate) const fn is_asked(&self) -> bool {
        self.asked
    }

    /// A read was cut off (sleep, sign-out): its answer is not waited for. One that left at `since` or later was
    /// not cut off.
    pub(crate) fn reset(&mut self, since: Instant, now: Instant) {
        self.changed_at = Some(now);
        if self.in_flight && self.last.is_some_and(|at| at >= since) {
            return;
        }
        self.in_flight = false;
        self.last = None;
        self.held_until = None;
        self.pace.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Code;

    const NOW: Instant = Instant::from_origin(Duration::from_secs(1000));

    fn throttled() -> Fault {
        Fault::new(FaultKind::Throttled { retry_after: None }, Code::TimedOut)
    }

    /// In seconds, after so many refusals one after the other: the shortest and the longest wait that chance makes.
    fn waits(refusals: u32) -> (f64, f64) {
        let waits = (0..400).map(|seed| {
            let mut chance = Chance::new(seed * 7919);
            // The first few of a small seed are small.
            (0..50).for_each(|_| {
                chance.share();
            });
            let mut poll = Poll::new(None);
            poll.on_sent(&mut chance, NOW);
            for _ in 0..refusals {
                poll.on_failed(&throttled(), &mut chance, NOW);
            }
            poll.held_until.unwrap().since(NOW).as_secs_f64()
        });
        waits.fold((f64::MAX, 0.0), |(least, most), wait| {
            (least.min(wait), most.max(wait))
        })
    }

    #[test]
    fn r6_refusals_one_after_the_other_double_the_wait_and_chance_spreads_it() {
        // The pace itself: half of what a desk alone has, then 1.4 times slower with each.
        for (refusals, apart) in [(1, 20.01), (2, 2.0 * 28.014), (3, 4.0 * 39.22)] {
            let (least, most) = waits(refusals);
            assert!(
                (0.5 * apart..0.55 * apart).contains(&least),
                "{refusals}: {least}"
            );
            assert!((1.45 * apart..1.5 * apart).contains(&most), "{refusals}: {most}");
        }
        let (least, most) = waits(12);
        assert!(least >= 599.9 && most <= 600.1, "{least} to {most}");
    }

    #[test]
    fn r6_a_desk_that_is_alone_after_all_has_its_full_pace_back_within_about_an_hour() {
        let mut poll = Poll::new(Some(200));
        let mut answers = 0;
        while poll.learned().is_some() {
            poll.on_read(false, NOW);
            answers += 1;
        }
        assert!((345..365).contains(&answers), "{answers}");
    }

    #[test]
    fn r6_a_newer_reading_that_is_asked_for_leaves_a_second_after_the_last_one() {
        let mut poll = Poll::new(None);
        poll.on_sent(&mut Chance::new(7), NOW);
        poll.on_read(false, NOW);
        poll.ask(true);
        let second = Duration::from_secs(1);
        assert_eq!(poll.due(Duration::ZERO, false, NOW), Some(NOW + second));
    }

    #[test]
    fn r6_a_read_that_sleep_cut_off_is_sent_again_and_one_that_left_since_is_not() {
        let second = Duration::from_secs(1);
        for (answered, sent, again) in [
            (false, NOW - second, true),
            (false, NOW, false),
            (true, NOW - second, true),
            (true, NOW, true),
        ] {
            let mut poll = Poll::new(None);
            poll.on_sent(&mut Chance::new(7), sent);
            if answered {
                poll.on_read(false, sent);
            }
            poll.reset(NOW, NOW);
            let due = poll.due(Duration::ZERO, false, NOW);
            assert_eq!(due == Some(NOW), again, "answered: {answered}");
        }
    }
}
