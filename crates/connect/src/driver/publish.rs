//! What people see, told when it has changed.

use super::Driver;
use crate::desktop::{Desktop, IconStyle};
use offhook_engine::view::tray::Tray;
use offhook_protocol::command::Event;

/// What was shown last.
#[derive(Debug, Default)]
pub(super) struct Shown {
    tray: Option<(Tray, IconStyle)>,
}

impl<D: Desktop> Driver<D> {
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
        self.server
            .publish(Event::Status(Box::new(self.engine.status(now))));
        self.server
            .publish(Event::Pages(Box::new(self.engine.pages(&self.desk, now))));
    }
}
