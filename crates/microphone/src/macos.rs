//! Core Audio's process objects (macOS 14 and later), looked at every other second; before them whether anything at all uses
//! the default microphone. No permission is asked for: nothing is heard (facts/call-sources.md, section 2).
//!
//! Looked at instead of listened to: on macOS 15 the listeners that would be needed are said never to call. Checked for
//! types alone, never run.

#![expect(
    unsafe_code,
    reason = "Core Audio has no safe binding; each call is a plain one of the system"
)]

use crate::{App, WatchError, Watching};
use objc2_core_audio::{
    AudioObjectGetPropertyData, AudioObjectGetPropertyDataSize, AudioObjectHasProperty, AudioObjectID,
    AudioObjectPropertyAddress, AudioObjectPropertySelector, kAudioDevicePropertyDeviceIsRunningSomewhere,
    kAudioHardwarePropertyDefaultInputDevice, kAudioHardwarePropertyProcessObjectList,
    kAudioObjectPropertyElementMain, kAudioObjectPropertyScopeGlobal, kAudioProcessPropertyBundleID,
    kAudioProcessPropertyIsRunningInput,
};
use objc2_core_foundation::{CFRetained, CFString};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PACE: Duration = Duration::from_secs(2);
/// `kAudioObjectSystemObject`.
const SYSTEM: AudioObjectID = 1;
/// More processes than ever speak with the sound system.
const MOST: u32 = 4096;
/// Where the system does not say who.
const ANY: &str = "any program";

pub(crate) fn watch(
    mut tell: impl FnMut(Result<Vec<App>, WatchError>) + Send + 'static,
) -> Result<Watching, WatchError> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || {
        let mut told = None;
        while !stopped.load(Ordering::Acquire) {
            let apps = apps().ok_or(WatchError::Unreadable);
            if told.as_ref() != Some(&apps) {
                tell(apps.clone());
                told = Some(apps);
            }
            std::thread::park_timeout(PACE);
        }
    });
    Ok(Watching::new(move || {
        stop.store(true, Ordering::Release);
        thread.thread().unpark();
    }))
}

fn apps() -> Option<Vec<App>> {
    if !has(SYSTEM, kAudioHardwarePropertyProcessObjectList) {
        let device: AudioObjectID = number(SYSTEM, kAudioHardwarePropertyDefaultInputDevice)?;
        let in_use = number(device, kAudioDevicePropertyDeviceIsRunningSomewhere)? != 0;
        let id = ANY.to_owned();
        return Some(vec![App { id, in_use }]);
    }
    let processes = objects(SYSTEM, kAudioHardwarePropertyProcessObjectList)?;
    let apps = processes.into_iter().filter_map(|process| {
        let id = text(process, kAudioProcessPropertyBundleID)?.to_lowercase();
        let in_use = number(process, kAudioProcessPropertyIsRunningInput)? != 0;
        (!id.is_empty()).then_some(App { id, in_use })
    });
    Some(crate::merged(apps))
}

const fn address(selector: AudioObjectPropertySelector) -> AudioObjectPropertyAddress {
    AudioObjectPropertyAddress {
        mSelector: selector,
        mScope: kAudioObjectPropertyScopeGlobal,
        mElement: kAudioObjectPropertyElementMain,
    }
}

fn has(object: AudioObjectID, selector: AudioObjectPropertySelector) -> bool {
    let mut address = address(selector);
    // SAFETY: the address lives through the call.
    unsafe { AudioObjectHasProperty(object, NonNull::from(&mut address)) }
}

/// A property of 32 bits.
fn number(object: AudioObjectID, selector: AudioObjectPropertySelector) -> Option<u32> {
    let mut value = 0_u32;
    let written = read(
        object,
        selector,
        NonNull::from(&mut value).cast(),
        size_of::<u32>(),
    )?;
    (written == size_of::<u32>()).then_some(value)
}

fn text(object: AudioObjectID, selector: AudioObjectPropertySelector) -> Option<String> {
    let mut value: *mut CFString = std::ptr::null_mut();
    let size = size_of::<*mut CFString>();
    let written = read(object, selector, NonNull::from(&mut value).cast(), size)?;
    if written != size {
        return None;
    }
    let value = NonNull::new(value)?;
    // SAFETY: Core Audio gives a string that its caller has to release.
    let value = unsafe { CFRetained::from_raw(value) };
    Some(value.to_string())
}

fn objects(object: AudioObjectID, selector: AudioObjectPropertySelector) -> Option<Vec<AudioObjectID>> {
    let (mut address, mut size) = (address(selector), 0_u32);
    // SAFETY: address and size live through the call; there is no qualifier.
    let status = unsafe {
        AudioObjectGetPropertyDataSize(
            object,
            NonNull::from(&mut address),
            0,
            std::ptr::null(),
            NonNull::from(&mut size),
        )
    };
    let each = size_of::<AudioObjectID>();
    let count = usize::try_from(size).ok()? / each;
    if status != 0 || u32::try_from(count).ok()? > MOST {
        return None;
    }
    let mut objects: Vec<AudioObjectID> = vec![0; count];
    let Some(first) = objects.first_mut() else {
        return Some(objects);
    };
    let written = read(object, selector, NonNull::from(first).cast(), count * each)?;
    // It may have become fewer meanwhile.
    objects.truncate(written / each);
    Some(objects)
}

/// Reads at most `size` bytes to `to`, which must have room for them; gives how many were written.
fn read(
    object: AudioObjectID,
    selector: AudioObjectPropertySelector,
    to: NonNull<std::ffi::c_void>,
    size: usize,
) -> Option<usize> {
    let (mut address, mut written) = (address(selector), u32::try_from(size).ok()?);
    // SAFETY: the callers above give room for `size` bytes, and the system writes no more than that.
    let status = unsafe {
        AudioObjectGetPropertyData(
            object,
            NonNull::from(&mut address),
            0,
            std::ptr::null(),
            NonNull::from(&mut written),
            to,
        )
    };
    (status == 0).then_some(usize::try_from(written).ok()?)
}
