//! What the driver asks of the desktop, and what the desktop tells the driver.

use offhook_engine::view::pages::IconPlace;
use offhook_engine::view::tray::{Action, Tray};

/// The desktop around the driver. No method may block or fail: a desktop without tray or notifications is a
/// desktop all the same.
pub trait Desktop {
    /// Called only when something has changed.
    fn show_tray(&mut self, tray: &Tray);

    fn notify(&mut self, title: &str, body: &str);

    /// Opens a web address in the person's browser; `false` when that could not be started.
    fn open_url(&mut self, url: &str) -> bool;

    /// Starts `offhook-window` at that page; `false` when that could not be started.
    fn open_window(&mut self, page: Option<&str>) -> bool;
}

/// News from the desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesktopEvent {
    /// A menu entry, a click or a notification's button.
    Action(Action),
    /// The machine is about to sleep, or the person logs off.
    Sleep,
    /// Where Offhook's icon is, or that nothing shows it.
    Icon(IconPlace),
    /// The window program was started and failed at once.
    WindowFailed,
    /// The machine woke up. Linux needs none: the clocks tell.
    Woke,
}

/// For machines without a desktop session, and for tests that look at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn show_tray(&mut self, _tray: &Tray) {}

    fn notify(&mut self, title: &str, _body: &str) {
        tracing::info!(title, "there is no desktop to show a notification on");
    }

    fn open_url(&mut self, _url: &str) -> bool {
        false
    }

    fn open_window(&mut self, _page: Option<&str>) -> bool {
        false
    }
}
