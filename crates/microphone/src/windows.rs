//! The consent store's keys, with change notices.
//!
//! The notice is armed first, then the keys are read, then the notice is waited for: nothing in between is lost.

#![expect(
    unsafe_code,
    reason = "no library offers the registry's change notices in safe Rust; each call is a plain one of the system"
)]

use crate::consent::{self, Alive, CLASSIC, Entry, STORE};
use crate::{App, WatchError, Watching};
use std::os::windows::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windows_registry::{CURRENT_USER, Key};
use windows_sys::Win32::Foundation::{CloseHandle, ERROR_SUCCESS, HANDLE};
use windows_sys::Win32::System::Registry::{
    REG_NOTIFY_CHANGE_LAST_SET, REG_NOTIFY_CHANGE_NAME, RegNotifyChangeKeyValue,
};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{CreateEventW, SetEvent, WaitForSingleObject};

/// While something is in use: whether its program still runs.
const WHILE_IN_USE: Duration = Duration::from_secs(15);
/// Before the store's key is there, or after it has gone.
const UNTIL_THERE: Duration = Duration::from_secs(30);
const NO_WINDOW: u32 = 0x0800_0000;

/// Set by the system when a key changes, and by us when it is enough.
struct Event(HANDLE);

// SAFETY: the handle of an event may be used from any thread.
unsafe impl Send for Event {}
// SAFETY: as above; the system keeps its state.
unsafe impl Sync for Event {}

impl Event {
    fn new() -> Option<Self> {
        // SAFETY: no name and no attributes; an event that resets itself, not set yet.
        let handle = unsafe { CreateEventW(std::ptr::null(), 0, 0, std::ptr::null()) };
        (!handle.is_null()).then_some(Self(handle))
    }

    fn set(&self) {
        // SAFETY: the handle is open as long as `self` lives.
        unsafe { SetEvent(self.0) };
    }

    /// Until it is set, at most so long.
    fn wait(&self, limit: Option<Duration>) {
        let limit = limit.map_or(u32::MAX, |limit| {
            u32::try_from(limit.as_millis()).unwrap_or(u32::MAX)
        });
        // SAFETY: the handle is open as long as `self` lives.
        unsafe { WaitForSingleObject(self.0, limit) };
    }

    /// Sets the event once when something under the key changes.
    fn arm(&self, key: &Key) -> bool {
        let what = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET;
        // SAFETY: key and event are open; the system holds neither beyond the key's closing.
        unsafe { RegNotifyChangeKeyValue(key.as_raw(), 1, what, self.0, 1) == ERROR_SUCCESS }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is not used any more.
        unsafe { CloseHandle(self.0) };
    }
}

pub(crate) fn watch(
    mut tell: impl FnMut(Result<Vec<App>, WatchError>) + Send + 'static,
) -> Result<Watching, WatchError> {
    let event = Arc::new(Event::new().ok_or(WatchError::NoWay)?);
    let stop = Arc::new(AtomicBool::new(false));
    let (own, stopped) = (event.clone(), stop.clone());
    std::thread::spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            let Ok(store) = CURRENT_USER.open(STORE) else {
                // Nothing has used the microphone yet.
                tell(Ok(Vec::new()));
                own.wait(Some(UNTIL_THERE));
                continue;
            };
            watch_store(&store, &own, &stopped, &mut tell);
        }
    });
    Ok(Watching::new(move || {
        stop.store(true, Ordering::Release);
        event.set();
    }))
}

/// Until it is enough, or the key has gone.
fn watch_store(
    store: &Key,
    event: &Event,
    stopped: &AtomicBool,
    tell: &mut impl FnMut(Result<Vec<App>, WatchError>),
) {
    let mut told = None;
    while !stopped.load(Ordering::Acquire) {
        if !event.arm(store) {
            tell(Err(WatchError::Unreadable));
            event.wait(Some(UNTIL_THERE));
            return;
        }
        let entries = entries(store);
        let open = consent::is_any_open(&entries);
        let alive = if open { alive() } else { Alive::default() };
        let apps = consent::apps(&entries, &alive);
        if told.as_ref() != Some(&apps) {
            tell(Ok(apps.clone()));
            told = Some(apps);
        }
        event.wait(open.then_some(WHILE_IN_USE));
    }
}

fn entries(store: &Key) -> Vec<Entry> {
    let mut entries = entries_under(store, false);
    if let Ok(classic) = store.open(CLASSIC) {
        entries.extend(entries_under(&classic, true));
    }
    entries
}

fn entries_under(folder: &Key, classic: bool) -> Vec<Entry> {
    let names = folder.keys().into_iter().flatten();
    names
        .filter(|name| classic || name != CLASSIC)
        .filter_map(|name| {
            let key = folder.open(&name).ok()?;
            let time = |value: &str| key.get_u64(value).unwrap_or(0);
            Some(Entry {
                key: name,
                classic,
                started: time("LastUsedTimeStart"),
                stopped: time("LastUsedTimeStop"),
            })
        })
        .collect()
}

fn alive() -> Alive {
    let list = Command::new("tasklist")
        .args(["/FO", "CSV", "/NH"])
        .creation_flags(NO_WINDOW)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let programs = list
        .ok()
        .and_then(|list| consent::programs(&String::from_utf8_lossy(&list.stdout)));
    // SAFETY: takes nothing and only reads a counter.
    let runs = unsafe { GetTickCount64() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|now| u64::try_from(now.as_millis()).ok());
    Alive {
        programs,
        booted: now.map(|now| consent::booted(now, runs)),
    }
}
