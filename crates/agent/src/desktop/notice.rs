//! Notifications. One that can't be shown is no fault: the tray and the pages say the same.

use super::Events;
use notify_rust::Notification;
#[cfg(target_os = "linux")]
use offhook_connect::desktop::DesktopEvent;
#[cfg(target_os = "linux")]
use offhook_engine::view::tray::{Action, Page};
use std::sync::Arc;

/// How many are shown or waited for at a time.
const MOST: usize = 4;
const STACK: usize = 256 * 1024;

/// A body is markup where the desktop knows markup (desktop-tests, section 5).
#[cfg(target_os = "linux")]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The notifications on the screen. Each is shown and waited for on a thread of its own, since the system's calls
/// block; there are never more than [`MOST`] such threads.
#[derive(Debug)]
pub struct Notices {
    events: Events,
    running: Arc<()>,
}

impl Notices {
    pub fn new(events: Events) -> Self {
        Self {
            events,
            running: Arc::new(()),
        }
    }

    pub fn show(&mut self, title: &str, body: &str) {
        if Arc::strong_count(&self.running) > MOST {
            tracing::debug!("a notification was left out: others still wait on the screen");
            return;
        }
        let notification = notification(title, body);
        let (events, running) = (self.events.clone(), Arc::clone(&self.running));
        let thread = std::thread::Builder::new()
            .name("notification".to_owned())
            .stack_size(STACK);
        let started = thread.spawn(move || {
            if let Err(error) = show(&notification, &events) {
                tracing::debug!(%error, "a notification could not be shown");
            }
            drop(running);
        });
        if let Err(error) = started {
            tracing::debug!(%error, "no thread for a notification");
        }
    }
}

#[cfg(target_os = "linux")]
fn notification(title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Offhook")
        .summary(title)
        .body(&escaped(body))
        .icon("offhook");
    notification
        .hint(notify_rust::Hint::DesktopEntry("offhook".to_owned()))
        .action("default", "Offhook");
    notification
}

#[cfg(not(target_os = "linux"))]
fn notification(title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Offhook").summary(title).body(body);
    notification
}

/// Returns when the notification has gone.
#[cfg(target_os = "linux")]
fn show(notification: &Notification, events: &Events) -> Result<(), notify_rust::error::Error> {
    notification.show()?.wait_for_action(|action| {
        if action == "default" {
            let _gone = events.send(DesktopEvent::Action(Action::Open(Page::Now)));
        }
    });
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn show(notification: &Notification, _events: &Events) -> Result<(), notify_rust::error::Error> {
    notification.show().map(drop)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn text_is_not_read_as_markup() {
        assert_eq!(
            escaped("<b>Müller & Söhne</b>"),
            "&lt;b&gt;Müller &amp; Söhne&lt;/b&gt;"
        );
    }
}
