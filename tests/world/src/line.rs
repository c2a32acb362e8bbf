//! Lines: the phone system's own events, a softphone, the hook.

use super::desk::{Desk, Event};
use super::program::fault;
use offhook_engine::Input;
use offhook_engine::fault::FaultKind;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};

impl Desk {
    fn source(&self, line: usize) -> SourceId {
        SourceId::new(self.lines[line].name)
    }

    pub fn line_back(&mut self, line: usize) {
        self.watch.change(self.now.mono);
        self.lines[line].up = true;
        let up = LineEvent::Up { resyncs: true };
        self.input(Input::Line(self.source(line), up));
        self.later(0.2, Event::Lists(self.epoch, line));
    }

    pub fn lists(&mut self, line: usize) {
        let calls = &self.lines[line].calls;
        let list = calls
            .iter()
            .map(|(id, state)| (CallId::new(id), *state))
            .collect();
        self.input(Input::Line(self.source(line), LineEvent::Snapshot(list)));
    }

    pub fn call_is(&mut self, line: usize, id: String, state: Option<CallState>) {
        self.watch.change(self.now.mono);
        self.says(|| format!("call {id} on line {line}: {state:?}"));
        match state {
            Some(state) => self.lines[line].calls.insert(id.clone(), state),
            None => self.lines[line].calls.remove(&id),
        };
        if !self.lines[line].up {
            return;
        }
        let source = self.source(line);
        let id = CallId::new(id);
        let event = match state {
            Some(state) => LineEvent::Call { id, state },
            None => LineEvent::Ended { id },
        };
        let mut delay = 0.02;
        // Only the hook's reports travel each by itself.
        let hook = !self.lines[line].resyncs;
        if hook && state.is_none() && self.strikes("a hangup is lost", 1.0) {
            let wait = self.chance.between(100.0, 900.0);
            self.tell(wait, Input::Line(source, LineEvent::Reset));
            return;
        }
        if hook && self.strikes("events out of order", 1.0) {
            delay = self.chance.between(0.0, 8.0);
            self.tell(30.0, Input::Line(source.clone(), LineEvent::Reset));
        }
        if self.strikes("an event comes twice", 1.0) {
            let again = delay + self.chance.pick(&[0.0, 0.01, 0.5]);
            // A repeated end is harmless; a repeated beginning after the end is a call that has to be ended again.
            let again = if state.is_none() { again } else { delay };
            self.tell(again, Input::Line(source.clone(), event.clone()));
        }
        self.tell(delay, Input::Line(source, event));
    }

    pub fn beats(&mut self, id: String, pace: f64) {
        if !self.lines[2].calls.contains_key(&id) {
            return;
        }
        let beat = LineEvent::Heartbeat { id: CallId::new(&id) };
        self.tell(0.02, Input::Line(self.source(2), beat));
        self.later(pace, Event::Heartbeat(id, pace));
    }

    pub fn line_goes(&mut self, line: usize) {
        if !self.lines[line].up || line == 0 {
            return;
        }
        self.story.happens("line disconnects");
        self.lines[line].up = false;
        let down = LineEvent::Down(fault(FaultKind::Unreachable));
        self.tell(0.1, Input::Line(self.source(line), down));
        let wait = self.chance.between(2.0, 120.0);
        self.later(wait, Event::LineBack(line));
    }
}
