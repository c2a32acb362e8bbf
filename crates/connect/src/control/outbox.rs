//! What waits to be written to one client. Putting something in never waits; a client that lets too much
//! pile up is closed.

use bytes::Bytes;
use offhook_protocol::MAX_LINE;
use offhook_protocol::command::{Event, Watch};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many bytes of answers may wait for one client. States do not count: of each only the newest is kept.
const MAX_WAITING: usize = 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Bytes>,
    waiting: usize,
    watches_status: bool,
    watches_pages: bool,
    status: Option<Bytes>,
    pages: Option<Bytes>,
    show: Option<Bytes>,
    end: End,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// What waits is still written, nothing is added.
    Finishing,
    Closed,
}

/// The kinds of events: of each, only the newest matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Status,
    Pages,
    Show,
}

impl Kind {
    pub(super) const fn of(event: &Event) -> Self {
        match event {
            Event::Status(_) => Self::Status,
            Event::Pages(_) => Self::Pages,
            Event::Show { .. } => Self::Show,
        }
    }
}

/// The line of a message; `None` when it is longer than a line may be.
pub(super) fn line(message: &impl serde::Serialize) -> Option<Bytes> {
    let mut line = serde_json::to_vec(message).ok()?;
    line.push(b'\n');
    (line.len() <= MAX_LINE).then(|| line.into())
}

impl Outbox {
    pub(super) fn answer(&self, line: Bytes) {
        let mut state = self.state();
        if state.end != End::Open {
            return;
        }
        state.waiting += line.len();
        if state.waiting > MAX_WAITING {
            *state = State {
                end: End::Closed,
                ..State::default()
            };
        } else {
            state.answers.push_back(line);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Whether the client watches such events, and so will be told.
    pub(super) fn event(&self, kind: Kind, line: Bytes) -> bool {
        let mut state = self.state();
        let watched = match kind {
            Kind::Status => state.watches_status,
            Kind::Pages | Kind::Show => state.watches_pages,
        };
        if !watched || state.end != End::Open {
            return false;
        }
        match kind {
            Kind::Status => state.status = Some(line),
            Kind::Pages => state.pages = Some(line),
            Kind::Show => state.show = Some(line),
        }
        drop(state);
        self.changed.notify_one();
        true
    }

    pub(super) fn watch(&self, what: Watch, newest: Option<Bytes>) {
        let mut state = self.state();
        match what {
            Watch::Status => {
                state.watches_status = true;
                state.status = newest;
            }
            Watch::Pages => {
                state.watches_pages = true;
                state.pages = newest;
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn watches(&self, what: Watch) -> bool {
        let state = self.state();
        state.end == End::Open
            && match what {
                Watch::Status => state.watches_status,
                Watch::Pages => state.watches_pages,
            }
    }

    /// Lets what waits go out and takes no more.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        if state.end == End::Open {
            state.end = End::Finishing;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets what waits.
    pub(super) fn close(&self) {
        *self.state() = State {
            end: End::Closed,
            ..State::default()
        };
        self.changed.notify_one();
    }

    #[cfg(test)]
    #[cfg(unix)]
    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        state.answers.is_empty() && state.status.is_none() && state.pages.is_none() && state.show.is_none()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().end == End::Closed
    }

    /// The next line to write, answers first; waits for one. `None` at the end. For one task only.
    pub(super) async fn next(&self) -> Option<Bytes> {
        loop {
            {
                let mut state = self.state();
                if state.end == End::Closed {
                    return None;
                }
                if let Some(line) = state.answers.pop_front() {
                    state.waiting -= line.len();
                    return Some(line);
                }
                // The page to show comes after the state in which it is shown.
                let newest = state
                    .status
                    .take()
                    .or_else(|| state.pages.take())
                    .or_else(|| state.show.take());
                if newest.is_some() {
                    return newest;
                }
                if state.end == End::Finishing {
                    state.end = End::Closed;
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
