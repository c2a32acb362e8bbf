//! Desired state against holds and last-known state: what to do next, and in which order.

pub(crate) mod calendar;
mod doubts;
pub(crate) mod field;
pub(crate) mod message;
pub(crate) mod poll;
pub(crate) mod preferred;
pub(crate) mod session;
mod tries;

use std::time::Duration;

/// Doubling waits with jitter, without a random source of the system: the engine must be repeatable.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Pace {
    pub(crate) const fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            next: first,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next wait: 50 to 100 % of a doubling span.
    pub(crate) fn wait(&mut self, chance: &mut Chance) -> Duration {
        let full = self.next;
        self.next = (self.next * 2).min(self.cap);
        full.mul_f64(0.5 + 0.5 * chance.share())
    }
}

/// Repeatable randomness for jitter (xorshift64*).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Uniform in 0..1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds exactly")]
        let share = bits as f64 / (1u64 << 53) as f64;
        share
    }

    /// `span` ± `percent` %.
    pub(crate) fn around(&mut self, span: Duration, percent: u32) -> Duration {
        let part = f64::from(percent) / 100.0;
        span.mul_f64(1.0 - part + 2.0 * part * self.share())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled": xorshift64* of seed 1.
    #[test]
    fn chance_is_xorshift64_star() {
        let mut chance = Chance::new(1);
        for number in [
            0x47e4_ce4b_896c_dd1d_u64,
            0xabcf_a6a8_e079_651d,
            0xb9d1_0d8f_eb73_1f57,
        ] {
            #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds exactly")]
            let share = (number >> 11) as f64 / (1u64 << 53) as f64;
            assert!((chance.share() - share).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn chance_is_spread_evenly_whatever_the_seed() {
        for seed in [0, 1, 7, 0xdead_beef, u64::MAX] {
            let mut chance = Chance::new(seed);
            // The first few of a small seed are small.
            let shares: Vec<f64> = (0..10_050).map(|_| chance.share()).skip(50).collect();
            for tenth in 0..10 {
                let from = f64::from(tenth) / 10.0;
                let within = shares.iter().filter(|share| (from..from + 0.1).contains(*share));
                let count = within.count();
                assert!((850..1150).contains(&count), "seed {seed}: {count} from {from}");
            }
            let rising = shares.windows(2).filter(|pair| pair[0] < pair[1]).count();
            assert!(
                (4_800..5_200).contains(&rising),
                "seed {seed}: {rising} are followed by a larger one"
            );
        }
    }

    #[test]
    fn waits_double_up_to_their_cap_and_begin_anew() {
        let mut chance = Chance::new(7);
        let mut pace = Pace::new(Duration::from_secs(2), Duration::from_secs(60));
        for full in [2, 4, 8, 16, 32, 60, 60] {
            let wait = pace.wait(&mut chance).as_secs_f64();
            let full = f64::from(full);
            assert!((full / 2.0..=full).contains(&wait), "{wait} of {full}");
        }
        pace.reset();
        assert!(pace.wait(&mut chance) <= Duration::from_secs(2));
    }
}
