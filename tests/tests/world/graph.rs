//! Teams and Graph for one person: sessions with precedence and expiry, the preferred presence, reads that lag.

use offhook_engine::Instant;
use offhook_engine::teams::{PreferredPair, Presence, SessionPair};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug)]
pub struct Graph {
    /// What Teams' own sessions say.
    pub own: Presence,
    /// Picked by the person, or set by us: one slot, the last one wins.
    pub preferred: Option<Preferred>,
    pub session: Option<(SessionPair, Instant)>,
    shown: VecDeque<(Instant, Shown)>,
}

#[derive(Debug, Clone)]
pub struct Preferred {
    pub presence: Presence,
    pub until: Instant,
    pub ours: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub presence: Presence,
    /// It comes from what we wrote.
    pub ours: bool,
}

impl Graph {
    pub fn new() -> Self {
        Self {
            own: Presence::new("Available", "Available"),
            preferred: None,
            session: None,
            shown: VecDeque::new(),
        }
    }

    pub fn prefer(&mut self, pair: PreferredPair, until: Instant) {
        self.preferred = Some(Preferred {
            presence: pair.presence(),
            until,
            ours: true,
        });
    }

    /// What a read without lag shows.
    pub fn shows(&self, now: Instant) -> Shown {
        if let Some(preferred) = self.preferred.as_ref().filter(|p| now < p.until) {
            return Shown {
                presence: preferred.presence.clone(),
                ours: preferred.ours,
            };
        }
        let session = self.session.filter(|(_, until)| now < *until);
        match session {
            Some((pair, _)) if strength(&pair.presence()) > strength(&self.own) => Shown {
                presence: pair.presence(),
                ours: true,
            },
            Some(_) | None => Shown {
                presence: self.own.clone(),
                ours: false,
            },
        }
    }

    /// Called after every change and as time passes, for reads that lag.
    pub fn note(&mut self, now: Instant) {
        let shows = self.shows(now);
        if self.shown.back().is_none_or(|(_, last)| *last != shows) {
            self.shown.push_back((now, shows));
        }
        if self.shown.len() > 12 {
            self.shown.pop_front();
        }
    }

    pub fn showed(&self, lag: Duration, now: Instant) -> Shown {
        let at = now - lag;
        let past = self.shown.iter().rev().find(|(since, _)| *since <= at);
        past.map_or_else(|| self.shows(now), |(_, shown)| shown.clone())
    }
}

/// `facts/graph.md`: do not disturb before busy before the rest; of equals Teams' own stands.
fn strength(presence: &Presence) -> u8 {
    match presence.availability.as_str() {
        "DoNotDisturb" => 4,
        "Busy" => 3,
        "Available" => 2,
        "Away" | "BeRightBack" => 1,
        _ => 0,
    }
}
