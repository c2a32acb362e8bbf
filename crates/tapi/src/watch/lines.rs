//! The chosen lines: open or not, and when to try again.

use super::{Again, LASTED, News, Pace, Watch};
use crate::call;
use crate::device::{Offered, PermanentId};
use crate::message::{
    LINEADDRESSSTATE_CAPSCHANGE, LINEADDRESSSTATE_FORWARD, LINEADDRESSSTATE_NUMCALLS, LINEDEVSTATE_CONNECTED,
    LINEDEVSTATE_DISCONNECTED, LINEDEVSTATE_INSERVICE, LINEDEVSTATE_NUMCALLS, LINEDEVSTATE_OUTOFSERVICE,
    LINEDEVSTATE_REMOVED,
};
use crate::record::Record;
use crate::refusal::{LINEERR_NODEVICE, Refusal};
use crate::telephony::Telephony;
use std::fmt;
use std::time::Instant;

pub(super) struct Line {
    pub(super) id: PermanentId,
    pub(super) device: u32,
    version: u32,
    state: State,
    again: Box<dyn Again + Send>,
    /// Anything at all of a call, since it was opened for the first time.
    heard: bool,
    pub(super) in_service: bool,
    /// It counts calls and tells none.
    mute: bool,
    /// When to see whether it is.
    look_at: Option<Instant>,
}

enum State {
    Open { handle: u32, since: Instant },
    Shut { until: Instant, why: Option<Refusal> },
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("id", &self.id)
            .field("device", &self.device)
            .field("open", &self.handle().is_some())
            .finish_non_exhaustive()
    }
}

impl Line {
    fn new(offered: &Offered, pace: &Pace, now: Instant) -> Self {
        Self {
            id: offered.id,
            device: offered.device,
            version: offered.version,
            state: State::Shut {
                until: now,
                why: None,
            },
            again: (pace.again)(),
            heard: false,
            in_service: true,
            mute: false,
            look_at: None,
        }
    }

    pub(super) const fn handle(&self) -> Option<u32> {
        match self.state {
            State::Open { handle, .. } => Some(handle),
            State::Shut { .. } => None,
        }
    }

    /// Why it could not be opened.
    pub(super) const fn refusal(&self) -> Option<Refusal> {
        match self.state {
            State::Open { .. } => None,
            State::Shut { why, .. } => why,
        }
    }

    pub(super) fn is_silent(&self, pace: &Pace, now: Instant) -> bool {
        match self.state {
            State::Open { since, .. } => {
                !self.heard && (self.mute || now.saturating_duration_since(since) >= pace.silent)
            }
            State::Shut { .. } => false,
        }
    }

    pub(super) const fn on_heard(&mut self) {
        self.heard = true;
        self.mute = false;
        self.look_at = None;
    }

    pub(super) fn next(&self, pace: &Pace) -> Option<Instant> {
        match self.state {
            State::Shut { until, .. } => Some(until),
            State::Open { since, .. } if !self.heard && !self.mute => {
                let silent = since + pace.silent;
                Some(self.look_at.map_or(silent, |at| at.min(silent)))
            }
            State::Open { .. } => None,
        }
    }

    pub(super) fn forget(&mut self) {
        self.look_at = None;
    }
}

impl<T: Telephony> Watch<T> {
    /// Which of the lines that there are are to be watched.
    pub(super) fn choose(&mut self, now: Instant) {
        let wanted: Vec<Offered> = match (&self.chosen[..], &self.offered[..]) {
            ([], [only]) => vec![only.clone()],
            (chosen, offered) => {
                let is_chosen = |offered: &&Offered| chosen.contains(&offered.id);
                offered.iter().filter(is_chosen).cloned().collect()
            }
        };
        let is_wanted = |line: &Line| {
            wanted
                .iter()
                .any(|offered| (offered.id, offered.device) == (line.id, line.device))
        };
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.lines).into_iter().partition(is_wanted);
        self.lines = kept;
        for line in gone {
            if let Some(handle) = line.handle() {
                self.calls.release_line(line.id, &mut self.telephony);
                self.telephony.close(handle);
            }
            self.calls.on_line_gone(line.id, now + self.pace.grace);
        }
        for offered in wanted {
            if !self.lines.iter().any(|line| line.device == offered.device) {
                self.lines.push(Line::new(&offered, &self.pace, now));
            }
        }
    }

    /// Opens what is due, and looks at what may be mute.
    pub(super) fn mind_lines(&mut self, now: Instant) {
        for at in 0..self.lines.len() {
            match self.lines[at].state {
                State::Shut { until, .. } if until <= now => self.open(at, now),
                State::Open { handle, .. } if self.lines[at].look_at.is_some_and(|due| due <= now) => {
                    self.lines[at].look_at = None;
                    let has_calls = Record::filled(|room| self.telephony.line_status(handle, room))
                        .is_ok_and(|status| STATUS_CALLS.iter().any(|place| status.number(*place) > 0));
                    let line = &mut self.lines[at];
                    line.mute = has_calls && !line.heard;
                }
                State::Shut { .. } | State::Open { .. } => {}
            }
        }
    }

    fn open(&mut self, at: usize, now: Instant) {
        let Some(line) = self.lines.get_mut(at) else {
            return;
        };
        match self.telephony.open(line.device, line.version) {
            Ok(handle) => {
                tracing::debug!(line = line.id.0, "line opened");
                line.state = State::Open { handle, since: now };
                line.in_service = true;
                self.calls.on_line_there(line.id);
                self.snapshot_due = true;
                self.news.push(News::Forwards);
                self.ask_line(at, now);
            }
            Err(why) => {
                tracing::debug!(line = line.id.0, %why, "line not opened");
                line.state = State::Shut {
                    until: now + line.again.wait(),
                    why: Some(why),
                };
            }
        }
    }

    /// Takes up the calls on a line that we have no handle of.
    pub(super) fn ask_line(&mut self, at: usize, now: Instant) {
        let Some((line, handle)) = self
            .lines
            .get(at)
            .and_then(|line| Some((line.id, line.handle()?)))
        else {
            return;
        };
        match call::existing(&mut self.telephony, handle) {
            Ok(calls) => {
                for call in calls {
                    if !self.calls.take_up(line, call) {
                        self.telephony.release(call);
                        continue;
                    }
                    self.lines[at].on_heard();
                    self.ask_call(call, now);
                }
            }
            Err(refusal) => tracing::debug!(line = line.0, %refusal, "calls that are up are not told"),
        }
    }

    fn line_of(&mut self, handle: u32) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.handle() == Some(handle))
    }

    pub(super) fn on_new_call(&mut self, line: u32, call: u32) {
        let id = self.line_of(line).map(|line| {
            line.on_heard();
            line.id
        });
        let known = id.is_some_and(|id| self.calls.take_up(id, call));
        if !known {
            self.telephony.release(call);
        }
    }

    pub(super) fn on_closed(&mut self, handle: u32, now: Instant) {
        let grace = now + self.pace.grace;
        let Some(line) = self.line_of(handle) else {
            return;
        };
        tracing::debug!(line = line.id.0, "line closed by its driver");
        if let State::Open { since, .. } = line.state
            && now.saturating_duration_since(since) >= LASTED
        {
            line.again.reset();
        }
        line.state = State::Shut {
            until: now + line.again.wait(),
            why: None,
        };
        line.look_at = None;
        let id = line.id;
        self.calls.on_line_gone(id, grace);
    }

    pub(super) fn on_removed(&mut self, device: u32, now: Instant) {
        let handles = self.lines.iter().filter(|line| line.device == device);
        for handle in handles.filter_map(Line::handle).collect::<Vec<_>>() {
            self.on_closed(handle, now);
        }
        self.lines.retain(|line| line.device != device);
        self.offered.retain(|offered| offered.device != device);
        self.tell_offered();
        self.choose(now);
    }

    pub(super) fn on_line_state(&mut self, handle: u32, what: u32, now: Instant) {
        let look = now + self.pace.look;
        let Some(line) = self.line_of(handle) else {
            return;
        };
        if what & (LINEDEVSTATE_OUTOFSERVICE | LINEDEVSTATE_DISCONNECTED) != 0 {
            line.in_service = false;
        }
        if what & (LINEDEVSTATE_INSERVICE | LINEDEVSTATE_CONNECTED) != 0 {
            line.in_service = true;
        }
        if what & LINEDEVSTATE_NUMCALLS != 0 && !line.heard {
            line.look_at = Some(look);
        }
        let device = line.device;
        if what & LINEDEVSTATE_REMOVED != 0 {
            self.on_removed(device, now);
        }
    }

    pub(super) fn on_address_state(&mut self, handle: u32, what: u32, now: Instant) {
        let look = now + self.pace.look;
        let Some(line) = self.line_of(handle) else {
            return;
        };
        if what & LINEADDRESSSTATE_NUMCALLS != 0 && !line.heard {
            line.look_at = Some(look);
        }
        if what & (LINEADDRESSSTATE_FORWARD | LINEADDRESSSTATE_CAPSCHANGE) != 0 {
            self.news.push(News::Forwards);
        }
    }
}

impl<T> Watch<T> {
    /// A chosen line that no driver offers.
    pub(super) fn missing(&self) -> Option<PermanentId> {
        let is_there = |id: &PermanentId| self.lines.iter().any(|line| line.id == *id);
        self.chosen.iter().copied().find(|id| !is_there(id))
    }

    /// The first chosen line, with its handle, for what is asked of it alone.
    ///
    /// # Errors
    /// Why it is not open.
    pub fn first_line(&self) -> Result<(&Offered, u32), Refusal> {
        let line = self.lines.first().ok_or(Refusal::Code(LINEERR_NODEVICE))?;
        let handle = line
            .handle()
            .ok_or_else(|| line.refusal().unwrap_or(Refusal::Code(LINEERR_NODEVICE)))?;
        let mut offered = self.offered.iter();
        let offered = offered.find(|offered| offered.device == line.device);
        Ok((offered.ok_or(Refusal::Code(LINEERR_NODEVICE))?, handle))
    }
}

/// `LINEDEVSTATUS`: active, on hold, on hold for a while.
pub const STATUS_CALLS: [usize; 3] = [20, 24, 28];
