//! What the driver asks of the desktop, and what the desktop tells the driver.

use offhook_engine::view::pages::IconPlace;
use offhook_engine::view::tray::{Action, Page, Tray};
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

/// The desktop around the driver. No method may block or fail: a desktop without tray or notifications is a
/// desktop all the same.
pub trait Desktop {
    /// Called only when something has changed.
    fn show_tray(&mut self, tray: &Tray, icon: IconStyle);

    fn notify(&mut self, notification: &Notification);

    /// Opens a web address in the person's browser.
    fn open_url(&mut self, url: &str) -> Opened;

    /// Shows a folder in the person's file manager.
    fn open_folder(&mut self, folder: &Path) -> Opened;

    /// Starts `offhook-window` at that page; `false` when that could not be started.
    fn open_window(&mut self, page: Option<&str>) -> bool;

    /// Asks the system who shows notifications, beside the driver.
    fn notifier(&self) -> LookingForNotifier {
        LookingForNotifier::found(Notifier::Unknown)
    }
}

/// Who shows notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notifier {
    /// The program's name for itself.
    Shows(String),
    /// Nobody.
    Missing,
    /// This system can't be asked.
    Unknown,
    /// Started without one.
    NoDesktop,
}

/// The answer to that, which may take a moment.
pub struct LookingForNotifier(Pin<Box<dyn Future<Output = Notifier>>>);

impl LookingForNotifier {
    pub fn new(looking: impl Future<Output = Notifier> + 'static) -> Self {
        Self(Box::pin(looking))
    }

    pub fn found(notifier: Notifier) -> Self {
        Self::new(std::future::ready(notifier))
    }
}

impl Future for LookingForNotifier {
    type Output = Notifier;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Notifier> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for LookingForNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookingForNotifier").finish_non_exhaustive()
    }
}

/// What is shown for a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub title: String,
    pub body: String,
    /// The label of its button, where the platform has one.
    pub button: String,
    /// Where a click and the button lead.
    pub page: Page,
}

/// Whether a browser or a file manager was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    Started,
    Failed,
    /// There is no desktop to open it on; whoever asked is shown the address.
    Nowhere,
}

/// How the tray's pictures look. All differ by shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IconStyle {
    #[default]
    Colour,
    /// One colour that fits the desktop's theme, as far as the desktop tells it.
    OneColour,
    /// Light, for dark panels.
    Light,
    /// Dark, for light panels.
    Dark,
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
    /// No tray has come for so long that the person should know.
    TrayMissed,
    /// The machine woke up. Linux needs none: the clocks tell.
    Woke,
}

/// For machines without a desktop session, and for tests that look at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn show_tray(&mut self, _tray: &Tray, _icon: IconStyle) {}

    fn notify(&mut self, notification: &Notification) {
        let title = &notification.title;
        tracing::info!(title, "there is no desktop to show a notification on");
    }

    fn open_url(&mut self, _url: &str) -> Opened {
        Opened::Nowhere
    }

    fn open_folder(&mut self, _folder: &Path) -> Opened {
        Opened::Nowhere
    }

    fn open_window(&mut self, _page: Option<&str>) -> bool {
        false
    }

    fn notifier(&self) -> LookingForNotifier {
        LookingForNotifier::found(Notifier::NoDesktop)
    }
}
