//! What our requests to Teams share: when one may leave again, what was refused, which words are still ours.

use super::{Chance, Pace};
use crate::clock::Instant;
use crate::facts::TeamsFacts;
use crate::facts::teams::OwnEnd;
use crate::fault::{Fault, FaultKind};
use crate::teams::Presence;
use std::time::Duration;

/// After a clear that was refused: what was set ends by itself, so there is no hurry.
const REFUSED: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(crate) struct Tries {
    retry_at: Option<Instant>,
    pace: Pace,
    /// Until the wish or the sign-in changes.
    refused: Option<Fault>,
}

impl Tries {
    pub(crate) const fn new() -> Self {
        Self {
            retry_at: None,
            pace: Pace::new(Duration::from_secs(1), Duration::from_secs(60)),
            refused: None,
        }
    }

    pub(crate) const fn refused(&self) -> Option<&Fault> {
        self.refused.as_ref()
    }

    pub(crate) const fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Whether a request may leave now, as far as earlier ones say.
    pub(crate) fn may(&mut self, now: Instant) -> bool {
        if self.retry_at.is_some_and(|at| now < at) {
            return false;
        }
        self.retry_at = None;
        true
    }

    pub(crate) fn on_success(&mut self) {
        self.pace.reset();
    }

    /// What was refused is not wanted any more.
    pub(crate) fn on_no_wish(&mut self) {
        self.refused = None;
    }

    /// A set that is refused is not repeated; taking back what was set before must not wait for that.
    pub(crate) fn on_set_failed(&mut self, fault: Fault, chance: &mut Chance, now: Instant) {
        match fault.kind {
            FaultKind::Rejected | FaultKind::RightMissing => self.refused = Some(fault),
            FaultKind::Throttled { .. } | FaultKind::SignInRequired | FaultKind::Unreachable => {
                self.wait(&fault, chance, now);
            }
        }
    }

    pub(crate) fn on_clear_failed(&mut self, fault: &Fault, chance: &mut Chance, now: Instant) {
        self.wait(fault, chance, now);
    }

    /// What was asked before is nobody's business any more: sleep, another sign-in.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }

    fn wait(&mut self, fault: &Fault, chance: &mut Chance, now: Instant) {
        let wait = match fault.kind {
            // Where everybody is refused, what is asked for is too short for all of them to come back at once.
            FaultKind::Throttled {
                retry_after: Some(wait),
            } => wait.max(self.pace.wait(chance)),
            FaultKind::Rejected | FaultKind::RightMissing => REFUSED,
            FaultKind::Throttled { retry_after: None }
            | FaultKind::SignInRequired
            | FaultKind::Unreachable => self.pace.wait(chance),
        };
        self.retry_at = Some(now + wait);
    }
}

/// What is up now has taken the place of everything before it.
pub(crate) fn end_replaced(
    teams: &mut TeamsFacts,
    replaced: impl IntoIterator<Item = Presence>,
    current: Option<&Presence>,
    now: Instant,
) {
    for presence in replaced {
        if current != Some(&presence) {
            teams.own_words_end(&presence, OwnEnd::Over, now, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;
    use crate::fault::Code;
    use crate::teams::SessionPair;

    const NOW: Instant = Instant::from_origin(Duration::from_secs(1000));

    fn fault(kind: FaultKind) -> Fault {
        Fault::new(kind, Code::TimedOut)
    }

    #[test]
    fn what_was_refused_or_waited_for_is_forgotten_with_the_account() {
        let mut tries = Tries::new();
        tries.on_set_failed(fault(FaultKind::Rejected), &mut Chance::new(7), NOW);
        tries.on_clear_failed(&fault(FaultKind::Rejected), &mut Chance::new(7), NOW);
        assert!(tries.refused().is_some() && !tries.may(NOW));
        assert_eq!(tries.retry_at(), Some(NOW + REFUSED));
        tries.forget();
        assert!(tries.refused().is_none() && tries.may(NOW));
    }

    #[test]
    fn a_request_may_leave_again_at_the_moment_that_was_named() {
        let wait = Duration::from_secs(70);
        let kind = FaultKind::Throttled {
            retry_after: Some(wait),
        };
        let mut tries = Tries::new();
        tries.on_set_failed(fault(kind), &mut Chance::new(7), NOW);
        assert!(!tries.may(NOW + wait - Duration::from_nanos(1)));
        assert!(tries.may(NOW + wait));
    }

    #[test]
    fn waits_begin_anew_after_a_success() {
        let mut chance = Chance::new(7);
        let mut tries = Tries::new();
        for _ in 0..8 {
            tries.on_set_failed(fault(FaultKind::Unreachable), &mut chance, NOW);
        }
        assert!(tries.retry_at().unwrap() >= NOW + Duration::from_secs(30));
        tries.on_success();
        tries.on_set_failed(fault(FaultKind::Unreachable), &mut chance, NOW);
        assert!(tries.retry_at().unwrap() <= NOW + Duration::from_secs(1));
    }

    #[test]
    fn r8_words_that_were_replaced_are_an_echo_for_a_while_and_those_that_are_up_for_ever() {
        let (call, conference) = (
            SessionPair::BusyInACall.presence(),
            SessionPair::BusyInAConferenceCall.presence(),
        );
        let mut teams = TeamsFacts::default();
        teams.own_words(call.clone());
        teams.own_words(conference.clone());
        end_replaced(
            &mut teams,
            [call.clone(), conference.clone()],
            Some(&conference),
            NOW,
        );
        for (seconds, echo) in [(14, true), (16, false)] {
            let later = NOW + Duration::from_secs(seconds);
            assert_eq!(teams.is_echo(&call, later), echo);
            assert!(teams.is_echo(&conference, later));
        }
        let now = Now {
            mono: NOW + Duration::from_secs(16),
            wall: jiff::Timestamp::UNIX_EPOCH,
        };
        teams.on_read(call.clone(), false, now);
        assert_eq!(teams.in_force.unwrap().presence, call);
    }
}
