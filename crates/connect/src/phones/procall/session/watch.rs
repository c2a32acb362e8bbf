//! The own lines: which there are, what they tell, and which one is set.

use super::super::error::Error;
use super::super::lines::{self, Call, Change, Forward, LineInfo, Now, Snapshot, Trouble, shaped};
use super::super::rose::{Odd, Operation};
use super::{MOST, Session, known};
use crate::port::PhoneEvent;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::FieldValue;
use serde_json::json;
use std::collections::BTreeMap;
use tracing::debug;

/// A line of the person's own.
pub(super) struct Line {
    pub(super) info: LineInfo,
    /// Under which name its events come; none: it may not be watched.
    pub(super) monitor: Option<String>,
    pub(super) dnd: Option<bool>,
    pub(super) forwards: Option<Vec<Forward>>,
    calls: BTreeMap<CallId, CallState>,
    /// What was said to be wrong with it.
    said: Option<Trouble>,
}

impl Session {
    pub(super) fn on_change(&mut self, change: Change) {
        let chosen = self.chosen();
        let found = self
            .lines
            .iter_mut()
            .enumerate()
            .find(|(_, line)| line.monitor.as_ref() == Some(&change.monitor));
        let Some((at, line)) = found else {
            return;
        };
        let mut events = Vec::new();
        let mut seen = Vec::new();
        if let Some(info) = change.info {
            line.info = info;
        }
        if let Some(dnd) = change.dnd {
            line.dnd = Some(dnd != 0);
            seen.push(FieldValue::Dnd(dnd != 0));
        }
        if let Some(forwards) = change.forwards {
            seen.push(FieldValue::Forward(lines::forward_of(&forwards)));
            line.forwards = Some(forwards);
        }
        if let Some(call) = change.call {
            events.extend(line.on_call(&call));
        }
        events.extend(line.trouble());
        self.tell_up_again();
        if self.line_up {
            for event in events {
                self.tell(PhoneEvent::Line(event));
            }
        }
        if self.told.is_some() && !seen.is_empty() && chosen == Some(at) {
            self.tell(PhoneEvent::Seen(seen));
        }
    }

    /// Which line do not disturb and forwarding go by.
    pub(super) fn chosen(&self) -> Option<usize> {
        match &self.config.line {
            Some(typed) => self.lines.iter().position(|line| line.info.is_meant(typed)),
            None => {
                let primary = self.lines.iter().position(|line| line.info.is_primary());
                primary.or((!self.lines.is_empty()).then_some(0))
            }
        }
    }

    /// Lists the own lines, watches those that are new, and reads them all.
    pub(super) async fn survey_lines(&mut self) -> Result<(), Error> {
        self.lines_stale = false;
        let attach = i64::from(!self.is_attached);
        let members = json!({ "typeofLines": 0, "attachChangeNotify": attach });
        let infos = match self.ask(Operation::LINES, members).await {
            Ok(value) => lines::lines(value).map_err(|Odd| self.socket.not_understood())?,
            Err(error) if error.ends_connection() => return Err(error),
            Err(error) => {
                self.lines.clear();
                self.no_lines = Some(error);
                return Ok(());
            }
        };
        self.is_attached = true;
        self.no_lines = None;
        self.lines
            .retain(|line| infos.iter().any(|info| info.address == line.info.address));
        for info in infos.into_iter().take(MOST) {
            self.survey_line(info).await?;
        }
        if let (Some(typed), None) = (&self.config.line, self.chosen()) {
            return Err(Error::LineUnknown(typed.clone()));
        }
        Ok(())
    }

    async fn survey_line(&mut self, info: LineInfo) -> Result<(), Error> {
        let at = match self
            .lines
            .iter()
            .position(|line| line.info.address == info.address)
        {
            Some(at) => at,
            None => {
                self.lines.push(Line::new(info.clone()));
                self.lines.len() - 1
            }
        };
        let is_watched = self.lines.get(at).is_some_and(|line| line.monitor.is_some());
        let operation = if is_watched {
            Operation::SNAPSHOT
        } else {
            Operation::MONITOR
        };
        match self.look_at_line(operation, &info.address).await {
            Ok(snapshot) => self.take_snapshot(&snapshot),
            Err(error) if error.ends_connection() => return Err(error),
            Err(error) => {
                debug!(%error, "a line cannot be watched");
                self.no_lines = Some(error);
            }
        }
        Ok(())
    }

    async fn look_at_line(&mut self, operation: Operation, address: &str) -> Result<Snapshot, Error> {
        let value = self
            .ask(operation, json!({ "u8sLinePhoneNumber": address }))
            .await?;
        shaped(value).map_err(|Odd| self.socket.not_understood())
    }

    fn take_snapshot(&mut self, snapshot: &Snapshot) {
        let found = self
            .lines
            .iter_mut()
            .find(|line| line.info.address == snapshot.info.address);
        let Some(line) = found else {
            return;
        };
        if let Some(monitor) = &snapshot.monitor {
            line.monitor = Some(monitor.clone());
        }
        line.info = snapshot.info.clone();
        line.dnd = Some(snapshot.dnd());
        line.forwards = Some(snapshot.forwards.clone());
        line.calls.clear();
        for call in snapshot.calls.iter().take(MOST) {
            line.on_call(call);
        }
    }

    /// Reads the chosen line again.
    pub(super) async fn read_line(&mut self) -> Result<(), Error> {
        let Some(line) = self.chosen().and_then(|at| self.lines.get(at)) else {
            return Ok(());
        };
        let address = line.info.address.clone();
        if let Some(snapshot) = known(self.look_at_line(Operation::SNAPSHOT, &address).await)? {
            self.take_snapshot(&snapshot);
        }
        Ok(())
    }

    /// All calls of all lines, and whether any line can be watched at all.
    pub(super) fn tell_lines(&mut self) {
        self.tell_up();
        if !self.is_watching() {
            if std::mem::take(&mut self.line_up) {
                let error = self.no_lines.clone().unwrap_or(Error::Refused("own lines"));
                self.tell(PhoneEvent::Line(LineEvent::Down(error.fault())));
            }
            return;
        }
        if !std::mem::replace(&mut self.line_up, true) {
            self.tell(PhoneEvent::Line(LineEvent::Up { resyncs: true }));
        }
        let calls = self.lines.iter().flat_map(|line| line.calls.clone()).collect();
        self.tell(PhoneEvent::Line(LineEvent::Snapshot(calls)));
        let troubles: Vec<LineEvent> = self.lines.iter_mut().filter_map(Line::trouble).collect();
        for trouble in troubles {
            self.tell(PhoneEvent::Line(trouble));
        }
    }
}

impl Line {
    const fn new(info: LineInfo) -> Self {
        Self {
            info,
            monitor: None,
            dnd: None,
            forwards: None,
            calls: BTreeMap::new(),
            said: None,
        }
    }

    fn on_call(&mut self, call: &Call) -> Option<LineEvent> {
        let id = call.id(&self.info.address);
        match call.now() {
            Now::Is(state) => {
                self.calls.insert(id.clone(), state);
                Some(LineEvent::Call { id, state })
            }
            Now::Over => {
                self.calls.remove(&id);
                Some(LineEvent::Ended { id })
            }
            Now::Unclear => None,
        }
    }

    /// What is wrong with it, if that was not said yet.
    fn trouble(&mut self) -> Option<LineEvent> {
        let now = self.info.trouble();
        let is_new = std::mem::replace(&mut self.said, now) != now;
        now.filter(|_| is_new)
            .map(|trouble| LineEvent::Trouble(trouble.fault()))
    }
}
