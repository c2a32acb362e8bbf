//! Microsoft's side: what Teams shows of the person, and what is ours there.

use super::values::fault;
use super::world::World;
use jiff::{SignedDuration, Timestamp};
use offhook_engine::fault::{Fault, FaultKind};
use offhook_engine::teams::{PreferredPair, Presence, SessionPair, StatusMessage};
use offhook_engine::{Effect, Input, Instant};

/// What Graph holds for the person.
#[derive(Debug)]
pub struct Graph {
    /// What Teams itself says (meetings, Teams calls, picked by hand).
    pub teams: Presence,
    /// Picked by hand: outranks our session.
    pub by_hand: bool,
    pub session: Option<(SessionPair, Instant)>,
    pub preferred: Option<PreferredPair>,
    /// The status message, the person's own or ours.
    pub message: StatusMessage,
    /// For so many seconds after a write the one before it is still read.
    pub message_lag: f64,
    pub(super) message_was: Option<(StatusMessage, Instant)>,
    /// So many seconds Teams' clock is before ours, or behind.
    pub clock_ahead: f64,
    /// It is there, and has something that Offhook can't read.
    pub message_unreadable: bool,
    /// Messages are carried out, but nobody answers.
    pub message_mute: bool,
    /// Every request fails so.
    pub fails: Option<Fault>,
    /// Only writes fail so.
    pub writes_fail: Option<Fault>,
    /// Requests are not answered until `answer_graph`.
    pub silent: bool,
}

impl Graph {
    /// The person is available, and nothing of ours is there.
    pub(super) fn new() -> Self {
        Self {
            teams: Presence::new("Available", "Available"),
            by_hand: false,
            session: None,
            preferred: None,
            message: StatusMessage::default(),
            message_lag: 0.0,
            message_was: None,
            clock_ahead: 0.0,
            message_unreadable: false,
            message_mute: false,
            fails: None,
            writes_fail: None,
            silent: false,
        }
    }
}

impl World {
    /// Comes before the presence it is read with.
    pub(super) fn message_seen(&self, effect: &Effect) -> Option<Input> {
        if *effect != Effect::ReadTeams || self.graph.silent || self.graph.fails.is_some() {
            return None;
        }
        let seen = (!self.graph.message_unreadable).then(|| self.message_shows());
        Some(Input::MessageSeen(seen))
    }

    /// What a reading shows, which may lag.
    pub fn message_shows(&self) -> StatusMessage {
        let was = self.graph.message_was.as_ref();
        let lags = was.filter(|(_, until)| self.now.mono < *until);
        let shown = lags.map_or(&self.graph.message, |(was, _)| was);
        shown.at(self.teams_clock())
    }

    fn teams_clock(&self) -> Timestamp {
        let ahead = SignedDuration::try_from_secs_f64(self.graph.clock_ahead).unwrap();
        self.now.wall.checked_add(ahead).unwrap()
    }

    /// What Teams shows people.
    pub fn message(&self) -> String {
        self.graph.message.at(self.teams_clock()).text
    }

    /// The person writes it in Teams; read at once.
    pub fn message_by_hand(&mut self, text: &str) {
        self.message_is(StatusMessage {
            text: text.into(),
            ..StatusMessage::default()
        });
    }

    pub fn message_is(&mut self, message: StatusMessage) {
        self.graph.message = message;
        self.graph.message_was = None;
        self.poll();
    }

    pub(super) fn graph_write(&self) -> Result<(), Fault> {
        match self.graph.writes_fail.as_ref().or(self.graph.fails.as_ref()) {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn teams_shows(&self) -> Presence {
        let session = self.graph.session.filter(|(_, until)| self.now.mono < *until);
        if self.graph.by_hand {
            return self.graph.teams.clone();
        }
        let teams_busy =
            !self.graph.teams.availability.is("Available") && !self.graph.teams.availability.is("Away");
        if teams_busy {
            return self.graph.teams.clone();
        }
        let mut shows = match (session, self.graph.preferred) {
            (_, Some(pair)) => pair.presence(),
            (Some((pair, _)), None) => pair.presence(),
            (None, None) => self.graph.teams.clone(),
        };
        shows.out_of_office = self.graph.teams.out_of_office;
        shows
    }

    /// Teams itself says so from now on; the engine hears of it at its next poll.
    pub fn teams_is(&mut self, availability: &str, activity: &str) {
        self.graph.teams = Presence::new(availability, activity);
    }

    /// As `teams_is`, and polled at once.
    pub fn teams(&mut self, availability: &str, activity: &str) {
        self.teams_is(availability, activity);
        self.poll();
    }

    /// Waits for the next poll of Teams.
    pub fn poll(&mut self) {
        let before = self.count(|e| *e == Effect::ReadTeams);
        for _ in 0..4000 {
            if self.count(|e| *e == Effect::ReadTeams) > before {
                return;
            }
            let Some((at, _)) = self.engine.poll_timeout(self.now) else {
                break;
            };
            self.after(at.since(self.now.mono).as_secs_f64());
        }
        panic!("Teams is not polled any more");
    }

    /// A reading as Graph would give it, whatever it holds.
    pub fn read(&mut self, availability: &str, activity: &str) {
        self.input(Input::TeamsRead(Ok(Presence::new(availability, activity))));
    }

    pub fn graph_fails(&mut self, kind: FaultKind) {
        self.graph.fails = Some(fault(kind));
    }
}
