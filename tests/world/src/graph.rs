//! Teams and Graph for one person: sessions with precedence and expiry, the preferred presence, reads that lag.

use offhook_engine::Instant;
use offhook_engine::teams::{PreferredPair, Presence, SessionPair};
use std::collections::VecDeque;
use std::time::Duration;

/// Whose program sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Desk,
    Second,
}

#[derive(Debug)]
pub struct Graph {
    /// What Teams' own sessions say.
    pub own: Presence,
    /// Automatic replies are on; told beside whatever else shows, where it is told at all.
    pub out_of_office: Option<bool>,
    /// Picked by the person, or set by us: one slot, the last one wins.
    pub preferred: Option<Preferred>,
    /// One for each person and client id, whichever desk sets it.
    pub session: Option<Session>,
    shown: VecDeque<(Instant, Shown)>,
    noted: Instant,
}

#[derive(Debug, Clone)]
pub struct Preferred {
    pub presence: Presence,
    pub until: Instant,
    pub by: Option<Who>,
    /// As with a session.
    pub jumped: bool,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub pair: SessionPair,
    pub until: Instant,
    pub by: Who,
    /// How long the request was on its way.
    pub way: Duration,
    /// Graph carried it out again, or late, after a newer request: the program has every reason to think it gone.
    pub revived: bool,
    /// The clock has jumped since: the ledger says wrongly until when it is up.
    pub jumped: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub presence: Presence,
    /// It comes from what this program wrote; of one that Graph revived nobody can tell.
    pub by: Option<Who>,
}

impl Graph {
    pub fn new() -> Self {
        Self {
            own: Presence::new("Available", "Available"),
            out_of_office: None,
            preferred: None,
            session: None,
            shown: VecDeque::new(),
            noted: Instant::from_origin(Duration::ZERO),
        }
    }

    pub fn prefer(&mut self, pair: PreferredPair, until: Instant, by: Option<Who>) {
        self.preferred = Some(Preferred {
            presence: pair.presence(),
            until,
            by,
            jumped: false,
        });
    }

    pub fn session(&self, now: Instant) -> Option<&Session> {
        self.session.as_ref().filter(|session| now < session.until)
    }

    /// What a read without lag shows.
    pub fn shows(&self, now: Instant) -> Shown {
        let mut shown = self.strongest(now);
        shown.presence.out_of_office = self.out_of_office;
        shown
    }

    fn strongest(&self, now: Instant) -> Shown {
        if let Some(preferred) = self.preferred.as_ref().filter(|p| now < p.until) {
            return Shown {
                presence: preferred.presence.clone(),
                by: preferred.by,
            };
        }
        match self.session(now) {
            Some(session) if strength(&session.pair.presence()) > strength(&self.own) => Shown {
                presence: session.pair.presence(),
                by: (!session.revived).then_some(session.by),
            },
            Some(_) | None => Shown {
                presence: self.own.clone(),
                by: None,
            },
        }
    }

    /// The desk has a session, and something else shows.
    pub fn is_hidden(&self, now: Instant) -> bool {
        let session = self.session(now).filter(|session| session.by == Who::Desk);
        session.is_some_and(|session| self.strongest(now).presence != session.pair.presence())
    }

    /// Called after every change and as time passes, for reads that lag. What has run out since the last call shows
    /// from its end on.
    pub fn note(&mut self, now: Instant) {
        let session = self.session.as_ref().map(|session| session.until);
        let preferred = self.preferred.as_ref().map(|preferred| preferred.until);
        let mut ends = [session, preferred];
        ends.sort();
        let noted = self.noted;
        for at in ends.into_iter().flatten().filter(|at| *at > noted && *at < now) {
            self.push(at);
        }
        self.push(now);
        self.noted = now;
    }

    fn push(&mut self, at: Instant) {
        let shows = self.shows(at);
        if self.shown.back().is_none_or(|(_, last)| *last != shows) {
            self.shown.push_back((at, shows));
        }
        if self.shown.len() > 12 {
            self.shown.pop_front();
        }
    }

    /// Reads lag no more: whose words they were is another matter now.
    pub fn forget(&mut self) {
        self.shown.clear();
    }

    pub fn showed(&self, lag: Duration, now: Instant) -> Shown {
        let at = now - lag;
        let past = self.shown.iter().rev().find(|(since, _)| *since <= at);
        past.map_or_else(|| self.shows(now), |(_, shown)| shown.clone())
    }
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
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
