//! The desktop of this system: its tray, its notifications, its browser, and the window program.

mod launch;
mod menu;
mod notice;
mod picture;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod sleep;
#[cfg(target_os = "linux")]
mod theme;
#[cfg(target_os = "linux")]
use linux::Face;
#[cfg(target_os = "linux")]
pub use linux::run;

#[cfg(not(target_os = "linux"))]
mod ending;
#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(not(target_os = "linux"))]
use native::Face;
#[cfg(not(target_os = "linux"))]
pub use native::run;
#[cfg(windows)]
mod session;
#[cfg(target_os = "macos")]
mod workspace;

pub use launch::{sibling, window_program};

use notice::Notices;
use offhook_connect::desktop::{Desktop, DesktopEvent, IconStyle, LookingForNotifier, Notification, Opened};
use offhook_engine::view::tray::Tray;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Where clicks and news of the system go.
type Events = mpsc::UnboundedSender<DesktopEvent>;

/// The desktop as the driver sees it. Lives on the driver's thread, within its runtime.
#[derive(Debug)]
pub struct System {
    data_dir: PathBuf,
    events: Events,
    face: Face,
    notices: Notices,
}

impl System {
    fn new(data_dir: PathBuf, events: Events, face: Face) -> Self {
        let notices = Notices::new(events.clone());
        Self {
            data_dir,
            events,
            face,
            notices,
        }
    }
}

impl Desktop for System {
    fn show_tray(&mut self, tray: &Tray, icon: IconStyle) {
        self.face.show(tray, icon);
    }

    fn notify(&mut self, notification: &Notification) {
        self.notices.show(notification);
    }

    fn open_url(&mut self, url: &str) -> Opened {
        launch::browser(url)
    }

    fn open_folder(&mut self, folder: &Path) -> Opened {
        launch::folder(folder)
    }

    fn open_window(&mut self, page: Option<&str>) -> bool {
        launch::window(&self.data_dir, page, &self.events)
    }

    fn notifier(&self) -> LookingForNotifier {
        LookingForNotifier::new(notice::who_shows())
    }
}
