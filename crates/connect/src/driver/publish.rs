//! What people see, told when it has changed.

use super::Driver;
use crate::desktop::{Desktop, IconStyle};
use offhook_engine::clock::Now;
use offhook_engine::view::tray::Tray;
use offhook_protocol::command::Event;
use offhook_protocol::status::Status;

/// What was shown last.
#[derive(Debug, Default)]
pub(super) struct Shown {
    tray: Option<(Tray, IconStyle)>,
}

impl<D: Desktop> Driver<D> {
    /// As the engine sees it, with what is wrong with our own files: much else may come of that.
    pub(super) fn status(&self, now: Now) -> Status {
        let mut status = self.engine.status(now);
        status.problems.splice(0..0, self.desk.settings.iter().cloned());
        status.attention = !status.problems.is_empty();
        status
    }

    pub(super) fn publish(&mut self) {
        let now = self.now();
        let tray = (self.engine.tray(now), self.settings.icon());
        if self.shown.tray.as_ref() != Some(&tray) {
            self.desktop.show_tray(&tray.0, tray.1);
            self.shown.tray = Some(tray);
        }
        let rules = self.engine.rules();
        self.desk.key = self.keys.offer.view(&self.settings, &rules.zone, rules.language);
        // The server leaves out what has not changed.
        self.server.publish(Event::Status(Box::new(self.status(now))));
        self.server
            .publish(Event::Pages(Box::new(self.engine.pages(&self.desk, now))));
    }
}
