//! The hook: any program reports a call, through the control socket, `offhookctl call` or loopback HTTP.
//!
//! Both doors use [`Hook::report`]. It parses the event, forms the call's identity and drops the numbers, keeps
//! the limits, and tells the engine. A reporting program may set call state and nothing more.
//!
//! | module | what |
//! |---|---|
//! | [`event`] | what a valid event is, and which call it means |
//! | `limits` | events per second and live calls of each source |
//! | [`http`] | the loopback listener |
//! | `guard` | which HTTP requests are let in: the rules against browsers, rebinding and floods |
//! | `key` | `hook.json`: port and token |
//!
//! Source: `facts/call-sources.md`, section 5; the design, section 5 (the hook).

pub mod event;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guard;
pub mod http;
mod key;
pub(in crate::lines) mod limits;

pub use http::{Listener, OpenError};

use crate::port::LineEvents;
use event::{Report, What};
use limits::{Excess, Limits};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallState, LineEvent, SourceId};
use offhook_protocol::{CallEvent, CallEventKind, Direction};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Troubles of one kind are told to the person at most this often.
const NOTICE_PACE: Duration = Duration::from_secs(60);

/// Takes reports of calls from other programs. Clones share limits and live calls.
#[derive(Debug, Clone)]
pub struct Hook {
    events: LineEvents,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// New in every run, so that a slot's name says nothing about its number.
    salt: [u8; 16],
    limits: Limits,
    noticed: HashMap<Code, Instant>,
}

impl Hook {
    /// Health and troubles of the hook itself are told as [`Hook::source`], calls as the source that the
    /// event names.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(events: LineEvents) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let state = State {
            salt,
            limits: Limits::default(),
            noticed: HashMap::new(),
        };
        let hook = Self {
            events,
            state: Arc::new(Mutex::new(state)),
        };
        hook.announce();
        Ok(hook)
    }

    /// Says that reports are taken.
    pub(crate) fn announce(&self) {
        self.tell(Self::source(), LineEvent::Up { resyncs: false });
    }

    /// The hook itself, as a line source.
    pub fn source() -> SourceId {
        SourceId::new("hook")
    }

    /// Takes one event.
    ///
    /// # Errors
    /// [`Code::HookMalformed`] with the name of the field as its detail; [`Code::HookFlood`] with the name of
    /// the source, when it reports more than 10 events a second or has more than 32 live calls.
    pub fn report(&self, event: &CallEvent) -> Result<(), Fault> {
        self.report_at(event, Instant::now())
    }

    fn report_at(&self, event: &CallEvent, now: Instant) -> Result<(), Fault> {
        let outcome = Report::parse(event)
            .map_err(|malformed| malformed_event(malformed.field))
            .and_then(|report| self.take(report, now));
        if let Err(fault) = &outcome {
            self.notice(fault, now);
        }
        outcome
    }

    /// Something that could not even be read as an event came through an authorised door.
    pub(crate) fn unreadable(&self, text: &[u8]) -> Fault {
        let fault = malformed_event(event::unreadable(text).field);
        self.notice(&fault, Instant::now());
        fault
    }

    fn take(&self, report: Report, now: Instant) -> Result<(), Fault> {
        let flood = || Fault::new(FaultKind::Rejected, Code::HookFlood).about(report.source.as_str());
        // The lock is held while telling, so that events of one call stay in order.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { salt, limits, .. } = &mut *state;
        let source = limits.admit(&report.source, now).map_err(|Excess| flood())?;
        let id = match report.what {
            What::Reset => {
                source.clear();
                self.tell(report.source, LineEvent::Reset);
                return Ok(());
            }
            What::Call(kind, ref call) => {
                let id = call.id(&report.source, salt, |id| source.is_live(id, now));
                match kind {
                    event::Kind::State(_) => source.keep(&id, now).map_err(|Excess| flood())?,
                    event::Kind::Heartbeat => source.heartbeat(&id, now),
                    event::Kind::Ended => source.forget(&id),
                }
                match kind {
                    event::Kind::State(state) => LineEvent::Call { id, state },
                    event::Kind::Heartbeat => LineEvent::Heartbeat { id },
                    event::Kind::Ended => LineEvent::Ended { id },
                }
            }
        };
        self.tell(report.source, id);
        Ok(())
    }

    fn notice(&self, fault: &Fault, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let due = state
            .noticed
            .get(&fault.code)
            .is_none_or(|last| now.duration_since(*last) >= NOTICE_PACE);
        if due {
            state.noticed.insert(fault.code, now);
            self.tell(Self::source(), LineEvent::Trouble(fault.clone()));
        }
    }

    fn tell(&self, source: SourceId, event: LineEvent) {
        // Fails only when the driver has ended, and then nobody is interested.
        let _ = self.events.send((source, event));
    }
}

fn malformed_event(field: &'static str) -> Fault {
    Fault::new(FaultKind::Rejected, Code::HookMalformed).about(field)
}

/// What an event says about its call.
fn kind_of(event: CallEventKind, direction: Option<Direction>) -> Option<event::Kind> {
    let state = match event {
        CallEventKind::NewCall => match direction {
            Some(Direction::Out) => CallState::Dialling,
            // Ringing never counts (R1): the careful reading where the direction is missing.
            Some(Direction::In) | None => CallState::Ringing,
        },
        CallEventKind::Answer | CallEventKind::Resume => CallState::Connected,
        CallEventKind::Hold => CallState::Held,
        CallEventKind::Hangup => return Some(event::Kind::Ended),
        CallEventKind::Heartbeat => return Some(event::Kind::Heartbeat),
        CallEventKind::Reset => return None,
    };
    Some(event::Kind::State(state))
}

#[cfg(test)]
mod tests;
