//! What is said of the whole: it is up while any chosen line is open, and the first thing that is wrong is named.

use super::lines::Line;
use super::{News, Phase, Watch};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use std::time::Instant;

/// What was told last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Told {
    #[default]
    Nothing,
    Down(Fault),
    Up(Option<Fault>),
}

impl<T> Watch<T> {
    fn health(&self, now: Instant) -> Told {
        if let Phase::Off { why, .. } = &self.phase {
            return Told::Down(why.clone());
        }
        let mut open = self.lines.iter().filter(|line| line.handle().is_some());
        let trouble = self.trouble(now);
        match (open.next(), trouble) {
            (Some(_), trouble) => Told::Up(trouble),
            (None, Some(trouble)) => Told::Down(trouble),
            // Not yet tried.
            (None, None) => Told::Nothing,
        }
    }

    fn trouble(&self, now: Instant) -> Option<Fault> {
        let fault = |code| Fault::new(FaultKind::Unreachable, code);
        if self.lines.is_empty() && self.chosen.is_empty() {
            let code = if self.offered.is_empty() {
                Code::TapiNoLine
            } else {
                Code::TapiChoose
            };
            return Some(fault(code));
        }
        let about = |code, line: &Line| Some(fault(code).about(line.id.to_string()));
        let lines = self.lines.iter().find_map(|line| match line.handle() {
            None => {
                let why = line.refusal().map(|why| format!("{} · {}", line.id, why.word()));
                Some(fault(Code::TapiLineRefused).about(why.unwrap_or_else(|| line.id.to_string())))
            }
            Some(_) if !line.in_service => about(Code::TapiLineOutOfService, line),
            Some(_) if line.is_silent(&self.pace, now) => {
                Some(fault(Code::LineSilent).about(format!("TAPI {}", line.id)))
            }
            Some(_) => None,
        });
        let missing = self
            .missing()
            .map(|id| fault(Code::TapiLineMissing).about(id.to_string()));
        missing.or(lines)
    }

    /// Tells how it stands, if that is new, and the calls, if they are due.
    pub(super) fn settle(&mut self, now: Instant) {
        let health = self.health(now);
        let fault = match &health {
            Told::Nothing => return,
            Told::Down(fault) => Some(fault.clone()),
            Told::Up(fault) => fault.clone(),
        };
        let news = match (&self.told, &health) {
            (before, after) if before == after => Vec::new(),
            (_, Told::Down(fault)) => vec![LineEvent::Down(fault.clone())],
            // What was wrong is over only with the news that all is well.
            (Told::Nothing | Told::Down(_) | Told::Up(Some(_)), Told::Up(_)) => {
                self.snapshot_due = true;
                vec![LineEvent::Up { resyncs: true }]
            }
            (Told::Up(None), Told::Up(_)) | (_, Told::Nothing) => Vec::new(),
        };
        let is_new = self.told != health;
        let is_up = matches!(health, Told::Up(_));
        self.news.extend(news.into_iter().map(News::Line));
        if is_up && std::mem::take(&mut self.snapshot_due) {
            self.news
                .push(News::Line(LineEvent::Snapshot(self.calls.snapshot())));
        }
        if let (true, true, Some(fault)) = (is_new, is_up, fault) {
            self.news.push(News::Line(LineEvent::Trouble(fault)));
        }
        self.told = health;
    }
}
