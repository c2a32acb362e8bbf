//! Calls per line source, each with its lease (R1).

use super::Past;
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::fault::Fault;
use crate::line::{CallId, CallState, LineEvent, SourceId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Dialling counts after this long.
pub(crate) const DIALLING: Duration = Duration::from_secs(2);
/// A source that disconnected keeps its calls this long.
pub(crate) const GRACE: Duration = Duration::from_secs(60);
/// A call nobody speaks of any more ends after this long.
pub(crate) const LEASE: Duration = Duration::from_secs(4 * 3600);
/// With heartbeats: after this many missed ones.
const HEARTBEATS: u32 = 3;

/// All line sources that have spoken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    sources: BTreeMap<SourceId, Source>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub calls: BTreeMap<CallId, Call>,
    /// Whether it can list its calls when asked.
    pub resyncs: bool,
    pub up: bool,
    /// Since when `up` has been as it is.
    pub since: Timestamp,
    /// Why it is down, or what was odd last.
    pub fault: Option<Fault>,
    pub past: Past,
    /// What was heard from it last, for people.
    pub last: Option<(Heard, Timestamp)>,
    /// The do not disturb of its phones themselves, while it is on.
    pub dnd: Option<OwnDnd>,
    down_at: Option<Instant>,
}

/// Do not disturb on a phone itself, not on the phone system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnDnd {
    pub since: Timestamp,
    /// It came on while we held do not disturb on the phone system, which phones may follow: nobody pressed a key.
    pub follows: bool,
}

/// What a source told, as far as a person who watches it wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Up,
    Down,
    Call(CallState),
    /// One call ended.
    Ended,
    /// All calls ended.
    Reset,
    /// Do not disturb on the phone itself.
    Dnd {
        on: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub state: CallState,
    /// Since when it has been in this state, for people.
    pub since: Timestamp,
    /// Since when the person has been taken up by it: dialling, talking or holding without a gap.
    engaged: Timestamp,
    began: Instant,
    heard: Instant,
    lease: Instant,
    heartbeat: Option<Heartbeat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heartbeat {
    at: Instant,
    pace: Option<Duration>,
}

impl Call {
    fn new(state: CallState, now: Now) -> Self {
        Self {
            state,
            since: now.wall,
            engaged: now.wall,
            began: now.mono,
            heard: now.mono,
            lease: now.mono + LEASE,
            heartbeat: None,
        }
    }

    fn set(&mut self, state: CallState, now: Now) {
        if self.state != state {
            if self.state == CallState::Ringing {
                self.engaged = now.wall;
            }
            self.state = state;
            self.since = now.wall;
            self.began = now.mono;
        }
        self.heard = now.mono;
        if self.heartbeat.is_none() {
            self.lease = now.mono + LEASE;
        }
    }

    fn beat(&mut self, now: Now) {
        self.heard = now.mono;
        let pace = self
            .heartbeat
            .map(|last| now.mono.since(last.at))
            .filter(|pace| !pace.is_zero());
        let pace = pace.or(self.heartbeat.and_then(|last| last.pace));
        self.heartbeat = Some(Heartbeat { at: now.mono, pace });
        self.lease = now.mono + pace.map_or(LEASE, |pace| (pace * HEARTBEATS).min(LEASE));
    }

    /// Whether the person is in this call, by R1.
    pub fn counts(&self, outgoing_counts: bool, now: Instant) -> bool {
        match self.state {
            CallState::Connected | CallState::Held | CallState::Conference => true,
            CallState::Dialling => outgoing_counts && now.since(self.began) >= DIALLING,
            CallState::Ringing => breaks::is(Break::RingingCounts),
        }
    }
}

/// The calls that count, put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCall {
    pub conference: bool,
    /// Since when the person has been in a call without a gap, as far as the calls that are still up tell.
    pub since: Timestamp,
    /// The source of the oldest call, for the reason.
    pub source: SourceId,
}

impl Calls {
    pub fn sources(&self) -> impl Iterator<Item = (&SourceId, &Source)> {
        self.sources.iter()
    }

    pub fn handle(&mut self, source: &SourceId, event: LineEvent, now: Now) {
        let entry = self.sources.entry(source.clone()).or_insert_with(|| Source {
            calls: BTreeMap::new(),
            resyncs: false,
            up: true,
            since: now.wall,
            fault: None,
            past: Past::default(),
            last: None,
            dnd: None,
            down_at: None,
        });
        let outcome = match &event {
            LineEvent::Down(fault) | LineEvent::Trouble(fault) => Err(fault),
            LineEvent::Up { .. }
            | LineEvent::Snapshot(_)
            | LineEvent::Call { .. }
            | LineEvent::Ended { .. }
            | LineEvent::Heartbeat { .. }
            | LineEvent::Dnd { .. }
            | LineEvent::Reset => Ok(()),
        };
        entry.past.on(outcome, now.wall);
        if let Some(heard) = heard(&event) {
            entry.last = Some((heard, now.wall));
        }
        match event {
            // The grace of its calls goes on: only a list, or news of a call, says that it is still up.
            LineEvent::Up { resyncs } => {
                entry.resyncs = resyncs;
                entry.fault = None;
                entry.mark(true, now);
            }
            LineEvent::Down(fault) => {
                entry.fault = Some(fault);
                entry.mark(false, now);
            }
            LineEvent::Trouble(fault) => entry.fault = Some(fault),
            LineEvent::Reset => entry.calls.clear(),
            LineEvent::Dnd { on: true } => {
                let (since, follows) = (now.wall, false);
                entry.dnd.get_or_insert(OwnDnd { since, follows });
            }
            LineEvent::Dnd { on: false } => entry.dnd = None,
            LineEvent::Snapshot(list) => {
                entry.mark(true, now);
                entry.down_at = None;
                let mut before = std::mem::take(&mut entry.calls);
                for (id, state) in list {
                    let mut call = before.remove(&id).unwrap_or_else(|| Call::new(state, now));
                    call.set(state, now);
                    entry.calls.insert(id, call);
                }
            }
            LineEvent::Call { id, state } => {
                entry
                    .calls
                    .entry(id)
                    .or_insert_with(|| Call::new(state, now))
                    .set(state, now);
            }
            LineEvent::Ended { id } => {
                entry.calls.remove(&id);
            }
            LineEvent::Heartbeat { id } => {
                if let Some(call) = entry.calls.get_mut(&id) {
                    call.beat(now);
                }
            }
        }
    }

    /// A source that was switched off in the settings: its calls end at once.
    pub fn forget(&mut self, source: &SourceId) {
        self.sources.remove(source);
    }

    /// Drops calls whose lease or whose source's grace has run out. A source that can list its calls needs no
    /// lease: it is believed while it is connected.
    pub fn expire(&mut self, now: Instant) {
        for source in self.sources.values_mut() {
            if let Some(at) = source.down_at.filter(|at| now.since(*at) >= GRACE) {
                source.calls.retain(|_, call| call.heard > at);
                if source.up {
                    source.down_at = None;
                }
            }
            let leased = !source.resyncs;
            source.calls.retain(|_, call| !leased || now < call.lease);
        }
    }

    /// The next moment at which time alone changes something here.
    pub fn next_change(&self, outgoing_counts: bool, now: Instant) -> Option<Instant> {
        let per_source = self
            .sources
            .values()
            .filter(|s| !s.calls.is_empty())
            .flat_map(|source| {
                let grace = source.down_at.map(|at| at + GRACE).filter(|at| *at > now);
                let leased = !source.resyncs;
                let calls = source.calls.values().flat_map(move |call| {
                    let dialling = (call.state == CallState::Dialling && outgoing_counts)
                        .then_some(call.began + DIALLING)
                        .filter(|at| *at > now);
                    [leased.then_some(call.lease), dialling]
                });
                calls.chain([grace]).flatten()
            });
        per_source.min()
    }

    pub fn in_call(&self, outgoing_counts: bool, now: Instant) -> Option<InCall> {
        let counting = || {
            self.sources
                .iter()
                .flat_map(|(id, source)| source.calls.values().map(move |call| (id, call)))
                .filter(|(_, call)| call.counts(outgoing_counts, now))
        };
        let (source, oldest) = counting().min_by_key(|(_, call)| call.engaged)?;
        let conference = counting().any(|(_, call)| call.state == CallState::Conference);
        Some(InCall {
            conference,
            since: oldest.engaged,
            source: source.clone(),
        })
    }

    /// Whether that source alone has a call that counts.
    pub fn counts_on(&self, source: &SourceId, outgoing_counts: bool, now: Instant) -> bool {
        self.sources.get(source).is_some_and(|source| {
            source
                .calls
                .values()
                .any(|call| call.counts(outgoing_counts, now))
        })
    }

    /// Do not disturb that came on just now is the phone system's, which that source's phones follow.
    pub(crate) fn dnd_follows(&mut self, source: &SourceId) {
        if let Some(dnd) = self
            .sources
            .get_mut(source)
            .and_then(|source| source.dnd.as_mut())
        {
            dnd.follows = true;
        }
    }

    pub(crate) fn has_dnd(&self, source: &SourceId) -> bool {
        self.sources
            .get(source)
            .is_some_and(|source| source.dnd.is_some())
    }

    /// Since when the person has had do not disturb on at a phone itself (R5).
    pub fn dnd_by_hand(&self) -> Option<Timestamp> {
        let pressed = self.sources.values().filter_map(|source| source.dnd);
        pressed.filter(|dnd| !dnd.follows).map(|dnd| dnd.since).min()
    }

    /// A call is being set up: time to make connection and token ready (R2).
    pub fn is_any_starting(&self) -> bool {
        self.sources
            .values()
            .flat_map(|source| source.calls.values())
            .any(|call| match call.state {
                CallState::Ringing | CallState::Dialling => true,
                CallState::Connected | CallState::Held | CallState::Conference => false,
            })
    }

    pub fn is_any_up(&self) -> bool {
        self.sources.values().any(|source| !source.calls.is_empty())
    }
}

fn heard(event: &LineEvent) -> Option<Heard> {
    match event {
        LineEvent::Up { .. } => Some(Heard::Up),
        LineEvent::Down(_) => Some(Heard::Down),
        LineEvent::Call { state, .. } => Some(Heard::Call(*state)),
        LineEvent::Ended { .. } => Some(Heard::Ended),
        LineEvent::Reset => Some(Heard::Reset),
        LineEvent::Dnd { on } => Some(Heard::Dnd { on: *on }),
        // A list and a heartbeat say again what is known; a trouble stands at the light.
        LineEvent::Snapshot(_) | LineEvent::Heartbeat { .. } | LineEvent::Trouble(_) => None,
    }
}

impl Source {
    fn mark(&mut self, up: bool, now: Now) {
        if self.up != up {
            self.up = up;
            self.since = now.wall;
        }
        if !up {
            self.down_at.get_or_insert(now.mono);
        }
    }
}
