//! Requests to Graph: what becomes of them on the way.

use super::desk::{Desk, Event, Request, secs};
use super::graph::{Session, Shown, Who};
use super::program::fault;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Presence;
use offhook_engine::{Effect, Input};
use std::time::Duration;

/// A session is renewed after half of its lifetime, more or less.
const RENEWED: Duration = Duration::from_secs(170);

/// What becomes of one request.
struct Fate {
    /// Until the answer is there.
    answered: f64,
    outcome: Result<(), Fault>,
    /// When Graph carries it out, if it does.
    acts: Option<f64>,
    /// And once more.
    again: Option<f64>,
}

impl Desk {
    fn graph_fate(&mut self, writes: bool) -> Fate {
        let mut delay = self.chance.between(0.03, 0.5);
        let fails = |answered, kind| Fate {
            answered,
            outcome: Err(fault(kind)),
            acts: None,
            again: None,
        };
        if self.expired {
            return fails(0.01, FaultKind::SignInRequired);
        }
        if self.now.mono >= self.token_until {
            delay += self.chance.between(0.2, 1.0);
            if self.strikes("refreshing the token fails", 0.8) {
                let unreachable = Fault::new(FaultKind::Unreachable, Code::EntraUnreachable);
                let throttled = fault(FaultKind::Throttled { retry_after: None });
                let why = if self.chance.hits(0.8) {
                    unreachable
                } else {
                    throttled
                };
                return Fate {
                    outcome: Err(why),
                    ..fails(delay, FaultKind::Unreachable)
                };
            }
            self.story.happens("the access token expires");
            let lasts = self.chance.between(3600.0, 5400.0);
            self.token_until = self.now.mono + secs(lasts);
        } else if self.trouble.contains("refreshing the token fails") {
            // As good as run out.
            self.token_until = self.now.mono;
        }
        if self.strikes("graph is slow", 0.6) {
            delay = self.chance.between(1.0, 4.0);
        }
        if self.strikes("graph throttles", 0.6) {
            let known = self.chance.hits(0.6);
            let retry_after = known.then(|| secs(self.chance.between(0.5, 120.0)));
            return fails(delay, FaultKind::Throttled { retry_after });
        }
        if self.strikes("graph fails", 0.6) {
            return fails(delay, FaultKind::Unreachable);
        }
        if self.strikes("graph loses the request", 0.6) {
            return fails(10.0, FaultKind::Unreachable);
        }
        let mut fate = Fate {
            answered: delay,
            outcome: Ok(()),
            acts: Some(delay / 2.0),
            again: None,
        };
        if self.strikes("graph loses the answer", 0.6) {
            fate.answered = 10.0;
            fate.outcome = Err(fault(FaultKind::Unreachable));
        } else if self.strikes("graph answers out of order", 0.6) {
            fate.answered = delay + self.chance.between(2.0, 9.0);
        } else if writes && self.strikes("graph does it twice", 0.6) {
            fate.again = Some(delay + self.chance.between(0.0, 8.0));
        } else if writes && self.strikes("graph does it late", 0.6) {
            fate.answered = 10.0;
            fate.outcome = Err(fault(FaultKind::Unreachable));
            fate.acts = Some(10.0 + self.chance.between(0.0, 15.0));
        }
        fate
    }

    pub fn reads_teams(&mut self) {
        let fate = self.graph_fate(false);
        if let Err(fault) = fate.outcome {
            self.tell(fate.answered, Input::TeamsRead(Err(fault)));
            return;
        }
        let lag = secs(self.chance.between(0.0, 3.0));
        self.graph.note(self.now.mono);
        let shown = self.graph.showed(lag, self.now.mono);
        if shown != self.graph.shows(self.now.mono) {
            self.story.happens("a reading lags behind");
        }
        if self.graph.is_hidden(self.now.mono) {
            self.story.happens("a stronger state of Teams hides ours");
        }
        let message = self.reads_message(lag);
        self.later(fate.answered, Event::TeamsSays(self.epoch, shown, message));
    }

    pub fn teams_says(&mut self, shown: Shown) {
        let in_force = |desk: &Self| {
            let facts = desk.engine.as_ref().map(|e| &e.facts().teams);
            facts.and_then(|t| t.in_force.clone()).map(|f| f.presence)
        };
        let before = in_force(self);
        self.input(Input::TeamsRead(Ok(shown.presence.clone())));
        let after = in_force(self);
        let ours = shown.by == Some(Who::Desk);
        if ours && after != before && after.as_ref() == Some(&shown.presence) {
            self.fail(
                4,
                &format!("our own words {} were taken for news", shown.presence),
            );
        }
    }

    /// Available for five minutes without a hand on the keyboard is inactive, and away after five more; a hand on the
    /// keyboard ends both (`facts/graph.md`).
    pub fn fades(&mut self, from: &Presence) {
        if self.graph.own != *from {
            return;
        }
        let (to, stays) = if from.says("AvailableInactive") {
            (Presence::new("Away", "Away"), self.chance.between(30.0, 1800.0))
        } else if from.says("Available") {
            self.story.happens("Available fades in Teams");
            (Presence::new("Available", "AvailableInactive"), 300.0)
        } else {
            self.later(0.0, Event::OwnIs(Presence::new("Available", "Available")));
            return;
        };
        self.watch.change(self.now.mono);
        self.says(|| format!("in Teams {from} fades to {to}"));
        self.graph.note(self.now.mono);
        self.graph.own = to.clone();
        self.graph.note(self.now.mono);
        self.later(stays, Event::Fades(to));
    }

    /// The person switches them on or off.
    pub fn automatic_replies(&mut self) {
        let on = self.graph.out_of_office != Some(true);
        if on {
            self.story.happens("automatic replies");
        }
        self.says(|| format!("automatic replies are {}", if on { "on" } else { "off" }));
        self.watch.change(self.now.mono);
        self.graph.note(self.now.mono);
        self.graph.out_of_office = Some(on);
        self.graph.note(self.now.mono);
        let span = self.chance.between(600.0, 5400.0);
        self.later(span, Event::AutomaticReplies);
    }

    pub fn writes_graph(&mut self, effect: Effect) {
        let fate = self.graph_fate(true);
        let failed = fate.outcome.is_err();
        self.says(|| format!("{effect:?} {}", if failed { "fails" } else { "" }));
        if failed {
            self.watch.fails(&effect);
        }
        let message = matches!(effect, Effect::SetMessage(_));
        if message && failed {
            self.message_unanswered();
        }
        let answer = if matches!(effect, Effect::SetSession { .. }) {
            Input::SessionSet(fate.outcome)
        } else if message {
            Input::MessageSet(fate.outcome)
        } else if effect == Effect::ClearSession {
            Input::SessionCleared(fate.outcome)
        } else if effect == Effect::ClearPreferred {
            Input::PreferredCleared(fate.outcome)
        } else {
            Input::PreferredSet(fate.outcome)
        };
        self.graph_requests += 1;
        let request = Request {
            effect,
            by: Who::Desk,
            number: self.graph_requests,
            sent: self.now.mono,
        };
        for at in [fate.acts, fate.again].into_iter().flatten() {
            self.later(at, Event::GraphActs(request.clone()));
        }
        if self.armed == Some("killed with a request to Graph on its way") {
            self.killed("killed with a request to Graph on its way");
            return;
        }
        self.tell(fate.answered, answer);
    }

    pub fn graph_acts(&mut self, request: Request) {
        if matches!(request.effect, Effect::SetMessage(_)) {
            self.message_acts(request);
            return;
        }
        let now = self.now.mono;
        self.graph.note(now);
        let session =
            matches!(request.effect, Effect::SetSession { .. }) || request.effect == Effect::ClearSession;
        let did = &mut self.graph_did[usize::from(!session)];
        // Also of one that died before its ledger was on disk, so that the next run knows nothing of it.
        let lost = session && request.by == Who::Desk && request.number <= self.lost_until;
        let revived = request.number < *did || lost;
        *did = (*did).max(request.number);
        if revived && !lost {
            // What it took away is back with the next renewal.
            self.watch.told_from = self.watch.told_from.max(now + RENEWED);
            self.says(|| format!("Graph carries out {:?} after a newer request", request.effect));
        }
        if let Effect::SetSession { pair, lifetime } = request.effect {
            self.graph.session = Some(Session {
                pair,
                until: now + lifetime,
                by: request.by,
                way: now.since(request.sent),
                // So late that the ledger of the one who sent it has long taken it for over.
                revived: revived || now.since(request.sent) > secs(5.0),
                jumped: false,
            });
        } else if let Effect::SetPreferred { pair, lifetime } = request.effect {
            self.graph
                .prefer(pair, now + lifetime, (!revived).then_some(request.by));
            if revived {
                // The person finds it, and takes it back.
                self.later(300.0, Event::PickEnds);
            }
        } else if request.effect == Effect::ClearSession {
            self.graph.session = None;
        } else {
            self.graph.preferred = None;
        }
        self.watch.change(now);
        self.graph.note(now);
    }
}
