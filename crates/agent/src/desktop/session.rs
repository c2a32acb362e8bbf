//! Windows: sleep, wake-up, unlocking, log-off and shutdown, told to a window that nobody sees (R20).
//!
//! No crate offers these messages by safe calls: `tao` keeps them to itself. So this module is the one place of the
//! resident program with calls that Rust can't check; each says why it holds.
#![expect(
    unsafe_code,
    reason = "the system tells these things to a window procedure and in no other way"
)]
#![allow(
    clippy::missing_const_for_thread_local,
    reason = "it is one; clippy of this system overlooks that in some versions"
)]

use super::Events;
use super::ending::{END, Ending};
use offhook_connect::desktop::DesktopEvent;
use offhook_engine::view::tray::Action;
use std::cell::RefCell;
use std::io;
use std::ptr::{null, null_mut};
use std::time::Duration;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::RemoteDesktop::{NOTIFY_FOR_THIS_SESSION, WTSRegisterSessionNotification};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, MSG, PBT_APMRESUMEAUTOMATIC,
    PBT_APMSUSPEND, RegisterClassW, WM_ENDSESSION, WM_POWERBROADCAST, WM_WTSSESSION_CHANGE, WNDCLASSW,
    WTS_CONSOLE_CONNECT, WTS_REMOTE_CONNECT, WTS_SESSION_UNLOCK,
};

/// The window's class. Not a name that a person ever sees.
const CLASS: &str = "OffhookSession";

/// How long the releases may take before the machine sleeps: Windows waits about 2 s for every program.
const RELEASE: Duration = Duration::from_millis(1800);

/// Listens for as long as the program runs, on a thread of its own.
pub fn watch(events: Events, ending: Ending) {
    let started = std::thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || {
            if let Err(error) = listen(Listener { events, ending }) {
                tracing::warn!(%error, "sleep, log-off and shutdown are not announced here");
            }
        });
    if let Err(error) = started {
        tracing::warn!(%error, "no thread for sleep, log-off and shutdown");
    }
}

/// What the window's messages lead to.
struct Listener {
    events: Events,
    ending: Ending,
}

thread_local! {
    /// Of the thread that made the window: its procedure runs on no other.
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

impl Listener {
    fn power(&self, what: u32) {
        match what {
            PBT_APMSUSPEND => {
                let _gone = self.events.send(DesktopEvent::Sleep);
                // The machine sleeps once this returns.
                std::thread::sleep(RELEASE);
            }
            PBT_APMRESUMEAUTOMATIC => self.woke(),
            _ => {}
        }
    }

    /// Locking changes nothing: a call goes on, and Teams sees by itself that nobody is there.
    fn session(&self, what: u32) {
        if matches!(
            what,
            WTS_SESSION_UNLOCK | WTS_CONSOLE_CONNECT | WTS_REMOTE_CONNECT
        ) {
            self.woke();
        }
    }

    fn woke(&self) {
        let _gone = self.events.send(DesktopEvent::Woke);
    }

    fn log_off(&self) {
        let _gone = self.events.send(DesktopEvent::Action(Action::Quit));
        self.ending.wait(END);
    }
}

fn listen(listener: Listener) -> io::Result<()> {
    LISTENER.set(Some(listener));
    let class: Vec<u16> = CLASS.encode_utf16().chain([0]).collect();
    // SAFETY: without a name it is this program's own module, which stays loaded.
    let module = unsafe { GetModuleHandleW(null()) };
    let description = WNDCLASSW {
        style: 0,
        lpfnWndProc: Some(procedure),
        cbClsExtra: 0,
        cbWndExtra: 0,
        hInstance: module,
        hIcon: null_mut(),
        hCursor: null_mut(),
        hbrBackground: null_mut(),
        lpszMenuName: null(),
        lpszClassName: class.as_ptr(),
    };
    // SAFETY: the description and the name in it outlive the call, which copies both.
    if unsafe { RegisterClassW(&raw const description) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: class and module are those just registered. No parent: a window for messages alone would be told nothing
    // of what is told to everybody.
    let window = unsafe {
        CreateWindowExW(
            0,
            class.as_ptr(),
            class.as_ptr(),
            0,
            0,
            0,
            0,
            0,
            null_mut(),
            null_mut(),
            module,
            null(),
        )
    };
    if window.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the window lives as long as this thread, which is as long as the program.
    if unsafe { WTSRegisterSessionNotification(window, NOTIFY_FOR_THIS_SESSION) } == 0 {
        // Sleep and log-off are told all the same.
        tracing::debug!(error = %io::Error::last_os_error(), "unlocking is not announced here");
    }
    let mut message = MSG::default();
    loop {
        // SAFETY: the message is ours to write, and the window's thread is this one.
        match unsafe { GetMessageW(&raw mut message, null_mut(), 0, 0) } {
            -1 => return Err(io::Error::last_os_error()),
            0 => return Ok(()),
            _ => {
                // SAFETY: the message is as it was just filled in.
                unsafe { DispatchMessageW(&raw const message) };
            }
        }
    }
}

/// Called by the system, on the thread of [`listen`] and while that waits for messages.
unsafe extern "system" fn procedure(window: HWND, message: u32, word: WPARAM, long: LPARAM) -> LRESULT {
    let what = u32::try_from(word).unwrap_or_default();
    let tell = |tell: fn(&Listener, u32)| {
        LISTENER.with_borrow(|listener| {
            if let Some(listener) = listener {
                tell(listener, what);
            }
        });
    };
    match message {
        WM_POWERBROADCAST => {
            tell(Listener::power);
            1
        }
        WM_WTSSESSION_CHANGE => {
            tell(Listener::session);
            0
        }
        // 0: somebody stopped the log-off.
        WM_ENDSESSION if what != 0 => {
            tell(|listener, _| listener.log_off());
            0
        }
        // SAFETY: passed on as it came, on the thread it came to.
        _ => unsafe { DefWindowProcW(window, message, word, long) },
    }
}
