//! macOS: sleep and wake-up, as the workspace tells them (R20). Log-off and shutdown need nothing of their own: they end the
//! application, `tao` hands that on as the end of its loop, and `native` waits there for the releases.
//!
//! Checked for types alone, never run.
#![expect(
    unsafe_code,
    reason = "the system's names and its registration have no safe binding"
)]

use super::Events;
use block2::RcBlock;
use objc2_app_kit::{
    NSWorkspace, NSWorkspaceDidWakeNotification, NSWorkspaceSessionDidBecomeActiveNotification,
    NSWorkspaceWillSleepNotification,
};
use objc2_foundation::{NSNotification, NSNotificationName};
use offhook_connect::desktop::DesktopEvent;
use std::ptr::NonNull;
use std::time::Duration;

/// How long the releases may take (R20). macOS sleeps once everybody who was told has returned, and waits up to 30 s for
/// that (Apple's Technical Q&A QA1340).
const RELEASE: Duration = Duration::from_secs(2);

/// Listens for as long as the program runs. For the main thread, on which the workspace tells it.
pub fn watch(events: &Events) {
    // SAFETY: constants of the system, there since macOS 10.3 and 10.6.
    let (sleeps, woke, returned) = unsafe {
        (
            NSWorkspaceWillSleepNotification,
            NSWorkspaceDidWakeNotification,
            NSWorkspaceSessionDidBecomeActiveNotification,
        )
    };
    let told = events.clone();
    on(sleeps, move || {
        let _gone = told.send(DesktopEvent::Sleep);
        // The driver releases on its own thread meanwhile.
        std::thread::sleep(RELEASE);
    });
    // Also when the person comes back from somebody else's session on the same Mac.
    for name in [woke, returned] {
        let told = events.clone();
        on(name, move || drop(told.send(DesktopEvent::Woke)));
    }
}

fn on(name: &NSNotificationName, then: impl Fn() + Send + 'static) {
    let block = RcBlock::new(move |_: NonNull<NSNotification>| then());
    let center = NSWorkspace::sharedWorkspace().notificationCenter();
    // SAFETY: no object and no queue are named, so that whoever posts runs the block and waits for it; what the block holds
    // may be sent to other threads, see the bound above.
    let observer =
        unsafe { center.addObserverForName_object_queue_usingBlock(Some(name), None, None, &block) };
    // The center keeps it until it is taken off, which is never.
    drop(observer);
}
