//! What the program has been told of calls, by R1's words alone: the reference for what counts as a call.

use offhook_engine::Instant;
use offhook_engine::line::{CallState, LineEvent, SourceId};
use offhook_engine::teams::SessionPair;
use std::collections::BTreeMap;
use std::time::Duration;

const HOURS_4: Duration = Duration::from_secs(4 * 3600);
const MINUTE: Duration = Duration::from_secs(60);
const DIALLED: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Told {
    lines: BTreeMap<String, Line>,
}

#[derive(Debug, Default)]
struct Line {
    lists: bool,
    up: bool,
    gone_at: Option<Instant>,
    calls: BTreeMap<String, Call>,
}

#[derive(Debug)]
struct Call {
    state: CallState,
    began: Instant,
    heard: Instant,
    lease: Instant,
    beat_at: Option<Instant>,
    pace: Option<Duration>,
}

/// How a call came to an end without anybody saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanOut {
    Lease,
    Heartbeats,
    SourceGone,
}

impl Told {
    pub fn hear(&mut self, source: &SourceId, event: &LineEvent, now: Instant) {
        let line = self
            .lines
            .entry(source.as_str().to_owned())
            .or_insert_with(|| Line {
                up: true,
                ..Line::default()
            });
        match event {
            LineEvent::Up { resyncs } => {
                line.lists = *resyncs;
                line.up = true;
            }
            LineEvent::Down(_) => {
                line.up = false;
                line.gone_at.get_or_insert(now);
            }
            LineEvent::Snapshot(list) => {
                line.up = true;
                line.gone_at = None;
                line.calls
                    .retain(|id, _| list.iter().any(|(listed, _)| listed.as_str() == id));
                for (id, state) in list {
                    line.call(id.as_str(), *state, now);
                }
            }
            LineEvent::Call { id, state } => line.call(id.as_str(), *state, now),
            LineEvent::Ended { id } => {
                line.calls.remove(id.as_str());
            }
            LineEvent::Heartbeat { id } => {
                if let Some(call) = line.calls.get_mut(id.as_str()) {
                    call.pace = call
                        .beat_at
                        .map(|at| now.since(at))
                        .filter(|p| !p.is_zero())
                        .or(call.pace);
                    call.beat_at = Some(now);
                    call.heard = now;
                    call.lease = now + call.pace.map_or(HOURS_4, |pace| (pace * 3).min(HOURS_4));
                }
            }
            LineEvent::Reset => line.calls.clear(),
            LineEvent::Trouble(_) | LineEvent::Dnd { .. } => {}
        }
    }

    /// Takes out what nobody speaks of any more.
    pub fn pass(&mut self, now: Instant) -> Vec<RanOut> {
        let mut ran_out = Vec::new();
        for line in self.lines.values_mut() {
            let gone = line.gone_at.filter(|at| now.since(*at) >= MINUTE);
            let lists = line.lists;
            line.calls.retain(|_, call| {
                let how = if gone.is_some_and(|at| call.heard <= at) {
                    RanOut::SourceGone
                } else if !lists && now >= call.lease {
                    if call.beat_at.is_some() {
                        RanOut::Heartbeats
                    } else {
                        RanOut::Lease
                    }
                } else {
                    return true;
                };
                ran_out.push(how);
                false
            });
            if gone.is_some() && line.up {
                line.gone_at = None;
            }
        }
        ran_out
    }

    /// The session that calls alone ask for.
    pub fn session(&self, outgoing_counts: bool, now: Instant) -> Option<SessionPair> {
        let counting: Vec<&Call> = self
            .lines
            .values()
            .flat_map(|line| line.calls.values())
            .filter(|call| call.counts(outgoing_counts, now))
            .collect();
        let conference = counting.iter().any(|call| call.state == CallState::Conference);
        match (counting.is_empty(), conference) {
            (true, _) => None,
            (false, true) => Some(SessionPair::BusyInAConferenceCall),
            (false, false) => Some(SessionPair::BusyInACall),
        }
    }

    /// The phone system itself reports the person in a call.
    pub fn on_the_phone(&self, outgoing_counts: bool, now: Instant) -> bool {
        let phone = self.lines.get(SourceId::phone().as_str());
        phone.is_some_and(|line| line.calls.values().any(|call| call.counts(outgoing_counts, now)))
    }

    pub fn any_call(&self) -> bool {
        self.lines.values().any(|line| !line.calls.is_empty())
    }
}

impl Line {
    fn call(&mut self, id: &str, state: CallState, now: Instant) {
        let call = self.calls.entry(id.to_owned()).or_insert(Call {
            state,
            began: now,
            heard: now,
            lease: now + HOURS_4,
            beat_at: None,
            pace: None,
        });
        if call.state != state {
            call.state = state;
            call.began = now;
        }
        call.heard = now;
        if call.beat_at.is_none() {
            call.lease = now + HOURS_4;
        }
    }
}

impl Call {
    fn counts(&self, outgoing_counts: bool, now: Instant) -> bool {
        match self.state {
            CallState::Ringing => false,
            CallState::Dialling => outgoing_counts && now.since(self.began) >= DIALLED,
            CallState::Connected | CallState::Held | CallState::Conference => true,
        }
    }
}
