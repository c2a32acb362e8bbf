//! What Teams says, as far as it can be believed: echo (R8), unknown words and fading (R7), silence (R11).

use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::teams::{Presence, StatusMessage};
use jiff::Timestamp;
use std::time::Duration;

/// How long our own words are still taken for an echo after the clear was confirmed or what we set ran out.
pub(crate) const ECHO_AFTER: Duration = Duration::from_secs(15);

/// How our own words came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnEnd {
    /// Cleared, replaced or run out: Teams may repeat them for a while.
    Over,
    /// They never took effect.
    Refused,
}
/// Offline, OffWork and PresenceUnknown count after so many equal reads,
const ENDING_READS: u32 = 3;
/// at least so far apart.
const ENDING_SPACING: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamsFacts {
    /// The last reading as it was, for people.
    pub seen: Option<Seen>,
    /// The reading the rules go by.
    pub in_force: Option<InForce>,
    /// Since when reading has failed without a success in between.
    failing_since: Option<Instant>,
    /// Own words: presences that say nothing new while one of them is read, and until when.
    own: Vec<(Presence, EchoUntil)>,
    ending: Option<Ending>,
    /// The status message beside it.
    pub(crate) message: KnownMessage,
}

/// The message as last read, and when; `None` inside: there is one that Offhook can't read, so it could not be put back.
pub(crate) type KnownMessage = Option<(Option<StatusMessage>, Instant)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub presence: Presence,
    pub at: Timestamp,
    /// It was our own write.
    pub echo: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub presence: Presence,
    /// Since when, for people: the reading that brought it.
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EchoUntil {
    /// While it is up.
    Open,
    At(Instant),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Ending {
    presence: Presence,
    reads: u32,
    last: Instant,
}

/// What a reading was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Equal to what we wrote: nothing new.
    Echo,
    /// As before.
    Same,
    Changed,
}

impl TeamsFacts {
    /// A successful read. `ends_at_once`: the profile's row for this presence says unset, so that Offline and
    /// its like need no confirmation.
    pub fn on_read(&mut self, presence: Presence, ends_at_once: bool, now: Now) -> Reading {
        self.failing_since = None;
        let echo = self.is_echo(&presence, now.mono);
        let changed = self.seen.as_ref().is_none_or(|seen| seen.presence != presence);
        self.seen = Some(Seen {
            presence: presence.clone(),
            at: now.wall,
            echo,
        });
        if echo {
            self.ending = None;
            return Reading::Echo;
        }
        if is_ending(&presence) && !ends_at_once && !self.confirm_ending(&presence, now.mono) {
            return if changed { Reading::Changed } else { Reading::Same };
        }
        if !is_ending(&presence) {
            self.ending = None;
        }
        match &mut self.in_force {
            Some(in_force) if in_force.presence == presence => {}
            other => {
                *other = Some(InForce {
                    presence,
                    since: now.wall,
                })
            }
        }
        if changed { Reading::Changed } else { Reading::Same }
    }

    pub fn on_failed_read(&mut self, now: Instant) {
        self.failing_since.get_or_insert(now);
    }

    /// Signed out or another account: what was read belongs to nobody.
    pub fn forget(&mut self) {
        *self = Self {
            own: std::mem::take(&mut self.own),
            ..Self::default()
        };
    }

    /// Since when nothing could be read, when that is now the case.
    pub fn failing_since(&self) -> Option<Instant> {
        self.failing_since
    }

    /// R11: silent for longer than the person allows.
    pub fn is_stale(&self, after: Duration, now: Instant) -> bool {
        self.failing_since.is_some_and(|since| now.since(since) >= after)
    }

    /// From the moment our request leaves, its words are an echo.
    pub fn own_words(&mut self, presence: Presence) {
        // What ended a moment ago stays an echo for its time, even if this request is refused.
        self.own
            .retain(|(own, until)| *own != presence || *until != EchoUntil::Open);
        self.own.push((presence, EchoUntil::Open));
    }

    /// Our own words ended at `at`, which may lie a little back.
    pub fn own_words_end(&mut self, presence: &Presence, how: OwnEnd, at: Instant, now: Instant) {
        for (own, until) in &mut self.own {
            if own == presence && *until == EchoUntil::Open {
                *until = EchoUntil::At(match how {
                    OwnEnd::Over => at + ECHO_AFTER,
                    OwnEnd::Refused => at,
                });
            }
        }
        self.own.retain(|(_, until)| match until {
            EchoUntil::Open => true,
            EchoUntil::At(at) => now < *at,
        });
    }

    /// Offline or its like was read, and not yet often enough to count (R7).
    pub fn is_confirming(&self) -> bool {
        self.ending
            .as_ref()
            .is_some_and(|ending| ending.reads < ENDING_READS)
    }

    pub fn is_echo(&self, presence: &Presence, now: Instant) -> bool {
        let deaf = breaks::is(Break::BelievesItsEcho);
        !deaf
            && self.own.iter().any(|(own, until)| {
                own.availability == presence.availability
                    && own.activity == presence.activity
                    && match until {
                        EchoUntil::Open => true,
                        EchoUntil::At(at) => now < *at,
                    }
            })
    }

    fn confirm_ending(&mut self, presence: &Presence, now: Instant) -> bool {
        match &mut self.ending {
            Some(ending) if ending.presence == *presence => {
                if ending.reads < ENDING_READS && now.since(ending.last) >= ENDING_SPACING {
                    ending.reads += 1;
                    ending.last = now;
                }
                ending.reads >= ENDING_READS
            }
            other => {
                *other = Some(Ending {
                    presence: presence.clone(),
                    reads: 1,
                    last: now,
                });
                false
            }
        }
    }
}

/// Offline, OffWork and PresenceUnknown never set anything (R7).
pub(crate) fn is_ending(presence: &Presence) -> bool {
    ["Offline", "OffWork", "PresenceUnknown"]
        .iter()
        .any(|word| presence.says(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_origin(Duration::from_secs(1000));

    fn at(seconds: u64) -> Now {
        let now = Now {
            mono: NOW,
            wall: Timestamp::UNIX_EPOCH,
        };
        now.after(Duration::from_secs(seconds))
    }

    fn offline() -> Presence {
        Presence::new("Offline", "Offline")
    }

    #[test]
    fn r8_words_that_have_ended_are_an_echo_for_exactly_fifteen_seconds_also_for_the_next_account() {
        let words = Presence::new("Busy", "InACall");
        for forgotten in [false, true] {
            let mut teams = TeamsFacts::default();
            teams.own_words(words.clone());
            teams.own_words_end(&words, OwnEnd::Over, NOW, NOW);
            if forgotten {
                teams.forget();
            }
            assert!(teams.is_echo(&words, NOW + ECHO_AFTER - Duration::from_nanos(1)));
            assert!(!teams.is_echo(&words, NOW + ECHO_AFTER));
        }
    }

    #[test]
    fn r22_a_reading_is_as_old_as_the_first_one_that_said_so_and_forgotten_with_the_account() {
        let mut teams = TeamsFacts::default();
        let busy = Presence::new("Busy", "Busy");
        assert_eq!(teams.on_read(busy.clone(), false, at(0)), Reading::Changed);
        assert_eq!(teams.on_read(busy, false, at(10)), Reading::Same);
        assert_eq!(teams.in_force.as_ref().unwrap().since, at(0).wall);
        teams.forget();
        assert!(teams.seen.is_none() && teams.in_force.is_none());
    }

    #[test]
    fn r7_different_words_of_an_ending_do_not_confirm_each_other() {
        for (second, confirmed) in [(offline(), true), (Presence::new("Offline", "OffWork"), false)] {
            let mut teams = TeamsFacts::default();
            teams.on_read(offline(), false, at(0));
            teams.on_read(second, false, at(30));
            teams.on_read(offline(), false, at(60));
            assert_eq!(teams.in_force.is_some(), confirmed);
        }
    }
}
