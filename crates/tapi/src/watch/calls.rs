//! The calls on the watched lines. A handle is given back as soon as its call is idle.

use super::{News, Watch};
use crate::call::{self, Judged};
use crate::device::PermanentId;
use crate::telephony::Telephony;
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::time::Instant;

/// No desk has as many.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Calls {
    known: Vec<Known>,
    /// Handles come again for other calls; names don't.
    count: u64,
}

#[derive(Debug)]
struct Known {
    name: CallId,
    line: PermanentId,
    hold: Hold,
    /// What was told of it. `None`: not in a call.
    state: Option<CallState>,
    /// TAPI has said how it stands.
    judged: bool,
}

/// What we have of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Handle(u32),
    /// Disconnected: given back then, unless it is idle before.
    Lingers(u32, Instant),
    /// Its line closed: forgotten then, unless the line shows it again before.
    Nothing(Instant),
}

impl Known {
    const fn handle(&self) -> Option<u32> {
        match self.hold {
            Hold::Handle(handle) | Hold::Lingers(handle, _) => Some(handle),
            Hold::Nothing(_) => None,
        }
    }
}

impl Calls {
    /// A handle that TAPI gave us. `false`: there are too many.
    pub(super) fn take_up(&mut self, line: PermanentId, handle: u32) -> bool {
        if self.find(handle).is_some() {
            return true;
        }
        if self.known.len() >= MOST || handle == 0 {
            return false;
        }
        self.count += 1;
        self.known.push(Known {
            name: CallId::new(format!("{line}-{}", self.count)),
            line,
            hold: Hold::Handle(handle),
            state: None,
            judged: false,
        });
        true
    }

    fn find(&mut self, handle: u32) -> Option<&mut Known> {
        self.known.iter_mut().find(|known| known.handle() == Some(handle))
    }

    /// Its handles are dead.
    pub(super) fn on_line_gone(&mut self, line: PermanentId, until: Instant) {
        let is_up = |known: &Known| known.line != line || known.state.is_some();
        self.known.retain(is_up);
        for known in self.known.iter_mut().filter(|known| known.line == line) {
            if known.handle().is_some() {
                known.hold = Hold::Nothing(until);
            }
        }
    }

    /// Whatever is still up there has a new handle.
    pub(super) fn on_line_there(&mut self, line: PermanentId) {
        self.known
            .retain(|known| known.line != line || known.handle().is_some());
    }

    pub(super) fn release_line(&mut self, line: PermanentId, telephony: &mut impl Telephony) {
        let of_line = self.known.iter().filter(|known| known.line == line);
        for handle in of_line.filter_map(Known::handle) {
            telephony.release(handle);
        }
    }

    pub(super) fn release_all(&mut self, telephony: &mut impl Telephony) {
        for handle in self.known.iter().filter_map(Known::handle) {
            telephony.release(handle);
        }
        self.known.clear();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let due = self.known.iter().filter_map(|known| match known.hold {
            Hold::Handle(_) => None,
            Hold::Lingers(_, at) | Hold::Nothing(at) => Some(at),
        });
        due.min()
    }

    pub(super) fn snapshot(&self) -> Vec<(CallId, CallState)> {
        let up = self.known.iter();
        up.filter_map(|known| Some((known.name.clone(), known.state?)))
            .collect()
    }
}

impl<T: Telephony> Watch<T> {
    pub(super) fn on_call_state(&mut self, call: u32, state: u32, mode: u32, instance: usize, now: Instant) {
        let judged = call::judge(state, mode);
        let line = self
            .lines
            .iter_mut()
            .find(|line| line.device as usize == instance && line.handle().is_some());
        if let Some(line) = line {
            line.on_heard();
            // A driver that has forgotten to tell of the call itself.
            if judged != Judged::Idle && !self.calls.take_up(line.id, call) {
                self.telephony.release(call);
            }
        }
        if self.calls.find(call).is_none() {
            if judged == Judged::Idle {
                self.telephony.release(call);
            }
            return;
        }
        self.judge(call, judged, now);
    }

    /// Numbers and names have changed, which are nobody's business here. A call that nothing is known of is asked for.
    pub(super) fn on_call_info(&mut self, call: u32) {
        let unknown = self.calls.find(call).is_some_and(|known| !known.judged);
        if unknown {
            self.ask_call(call, Instant::now());
        }
    }

    pub(super) fn ask_call(&mut self, handle: u32, now: Instant) {
        match call::status(&mut self.telephony, handle) {
            Ok(judged) => self.judge(handle, judged, now),
            Err(refusal) => {
                tracing::debug!(%refusal, "a call that can't be asked for is over");
                self.forget(handle);
            }
        }
    }

    fn judge(&mut self, handle: u32, judged: Judged, now: Instant) {
        let linger = now + self.pace.linger;
        let Some(known) = self.calls.find(handle) else {
            return;
        };
        let state = match judged {
            Judged::Up(state) => {
                known.hold = Hold::Handle(handle);
                Some(state)
            }
            Judged::Not => None,
            Judged::Disconnected => {
                if let Hold::Handle(handle) = known.hold {
                    known.hold = Hold::Lingers(handle, linger);
                }
                None
            }
            Judged::Idle => return self.forget(handle),
            Judged::Nothing => {
                let first = !std::mem::replace(&mut known.judged, true);
                return if first {
                    self.ask_call(handle, now)
                };
            }
        };
        known.judged = true;
        if known.state == state {
            return;
        }
        known.state = state;
        let id = known.name.clone();
        // The list that is about to be told has it.
        if self.snapshot_due {
            return;
        }
        self.news.push(News::Line(match state {
            Some(state) => LineEvent::Call { id, state },
            None => LineEvent::Ended { id },
        }));
    }

    /// Gives the handle back; a call that was up has ended.
    fn forget(&mut self, handle: u32) {
        self.telephony.release(handle);
        let Some(at) = self
            .calls
            .known
            .iter()
            .position(|known| known.handle() == Some(handle))
        else {
            return;
        };
        let known = self.calls.known.swap_remove(at);
        if known.state.is_some() && !self.snapshot_due {
            self.news.push(News::Line(LineEvent::Ended { id: known.name }));
        }
    }

    pub(super) fn mind_calls(&mut self, now: Instant) {
        if self.calls.next().is_none_or(|at| at > now) {
            return;
        }
        let known = std::mem::take(&mut self.calls.known);
        let (over, kept): (Vec<_>, Vec<_>) = known.into_iter().partition(|known| match known.hold {
            Hold::Handle(_) => false,
            Hold::Lingers(_, at) | Hold::Nothing(at) => at <= now,
        });
        self.calls.known = kept;
        for known in over {
            if let Some(handle) = known.handle() {
                self.telephony.release(handle);
            }
            if known.state.is_some() {
                self.news.push(News::Line(LineEvent::Ended { id: known.name }));
            }
        }
    }

    /// Asks for every call anew.
    pub(super) fn ask_calls(&mut self, now: Instant) {
        let handles: Vec<u32> = self.calls.known.iter().filter_map(Known::handle).collect();
        for handle in handles {
            self.ask_call(handle, now);
        }
        for at in 0..self.lines.len() {
            self.ask_line(at, now);
        }
    }
}
