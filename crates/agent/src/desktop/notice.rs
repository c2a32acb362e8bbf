//! Notifications. One that can't be shown is no fault: the tray and the pages say the same.

use super::Events;
use notify_rust::Notification;
#[cfg(target_os = "linux")]
use notify_rust::NotificationResponse;
#[cfg(target_os = "linux")]
use offhook_connect::desktop::DesktopEvent;
use offhook_connect::desktop::{Notification as Shown, Notifier};
#[cfg(target_os = "linux")]
use offhook_engine::view::tray::Action;
#[cfg(target_os = "linux")]
use std::rc::Rc;
#[cfg(not(target_os = "linux"))]
use std::sync::Arc;

/// How many are shown or waited for at a time.
const MOST: usize = 4;
#[cfg(not(target_os = "linux"))]
const STACK: usize = 256 * 1024;

/// How long the desktop may take to say who shows notifications.
#[cfg(target_os = "linux")]
const ANSWER: std::time::Duration = std::time::Duration::from_secs(5);

/// Asks the desktop who shows notifications (desktop-tests, section 5). One that is only started when somebody
/// asks is started.
#[cfg(target_os = "linux")]
pub async fn who_shows() -> Notifier {
    const NAME: &str = "org.freedesktop.Notifications";
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let path = "/org/freedesktop/Notifications";
        let answer = bus
            .call_method(Some(NAME), path, Some(NAME), "GetServerInformation", &())
            .await?;
        let (name, _vendor, _version, _specification) =
            answer.body().deserialize::<(String, String, String, String)>()?;
        zbus::Result::Ok(name)
    };
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(Ok(name)) => Notifier::Shows(name),
        Ok(Err(_)) | Err(_) => Notifier::Missing,
    }
}

/// Windows and macOS show them themselves; whether the person has switched them off, they do not say.
#[cfg(not(target_os = "linux"))]
pub fn who_shows() -> impl Future<Output = Notifier> {
    std::future::ready(Notifier::Unknown)
}

/// A body is markup where the desktop knows markup (desktop-tests, section 5).
#[cfg(target_os = "linux")]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The notifications on the screen; never more than [`MOST`] are waited for. On Linux the driver's own loop waits:
/// the blocking calls of `zbus` would start a runtime with a thread for each core.
#[derive(Debug)]
#[cfg(target_os = "linux")]
pub struct Notices {
    events: Events,
    running: Rc<()>,
}

#[cfg(target_os = "linux")]
impl Notices {
    pub fn new(events: Events) -> Self {
        Self {
            events,
            running: Rc::new(()),
        }
    }

    /// Within the driver's loop.
    pub fn show(&mut self, shown: &Shown) {
        if Rc::strong_count(&self.running) > MOST {
            tracing::debug!("a notification was left out: others still wait on the screen");
            return;
        }
        let notification = notification(shown);
        let (events, page, running) = (self.events.clone(), shown.page, Rc::clone(&self.running));
        tokio::task::spawn_local(async move {
            match notification.show_async().await {
                Ok(handle) => {
                    let pressed = |answer: &NotificationResponse| {
                        if is_press(answer) {
                            let _gone = events.send(DesktopEvent::Action(Action::Open(page)));
                        }
                    };
                    handle.wait_for_action_async(pressed).await;
                }
                Err(error) => tracing::debug!(%error, "a notification could not be shown"),
            }
            drop(running);
        });
    }
}

#[cfg(target_os = "linux")]
fn is_press(answer: &NotificationResponse) -> bool {
    *answer == NotificationResponse::Default || *answer == NotificationResponse::Action(OPEN.to_owned())
}

#[cfg(target_os = "linux")]
const OPEN: &str = "open";

#[cfg(target_os = "linux")]
fn notification(shown: &Shown) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Offhook")
        .summary(&shown.title)
        .body(&escaped(&shown.body))
        .icon("offhook");
    notification
        .hint(notify_rust::Hint::DesktopEntry("offhook".to_owned()))
        .action("default", &shown.button)
        .action(OPEN, &shown.button);
    notification
}

/// Each is shown on a thread of its own, since the system's calls block.
#[derive(Debug)]
#[cfg(not(target_os = "linux"))]
pub struct Notices {
    running: Arc<()>,
}

#[cfg(not(target_os = "linux"))]
impl Notices {
    pub fn new(_events: Events) -> Self {
        Self {
            running: Arc::new(()),
        }
    }

    pub fn show(&mut self, shown: &Shown) {
        if Arc::strong_count(&self.running) > MOST {
            tracing::debug!("a notification was left out: others still wait on the screen");
            return;
        }
        let mut notification = Notification::new();
        notification
            .appname("Offhook")
            .summary(&shown.title)
            .body(&shown.body);
        #[cfg(windows)]
        if is_sender_known() {
            notification.app_id(SENDER);
        }
        let running = Arc::clone(&self.running);
        let thread = std::thread::Builder::new()
            .name("notification".to_owned())
            .stack_size(STACK);
        let started = thread.spawn(move || {
            if let Err(error) = notification.show() {
                tracing::debug!(%error, "a notification could not be shown");
            }
            drop(running);
        });
        if let Err(error) = started {
            tracing::debug!(%error, "no thread for a notification");
        }
    }
}

/// What the installers call us to the system. Where none of them was here, a notification bears another name: one from
/// an unknown sender would not be shown at all.
#[cfg(windows)]
const SENDER: &str = "Offhook";

#[cfg(windows)]
fn is_sender_known() -> bool {
    windows_registry::CURRENT_USER
        .open(format!(r"Software\Classes\AppUserModelId\{SENDER}"))
        .is_ok()
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
