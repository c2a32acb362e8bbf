//! The real telephony: `tapi32.dll`, loaded when it is asked for and not before, so that a Windows without it starts
//! Offhook as well. The only unsafe code for TAPI; what is filled in is read elsewhere, as bytes.
#![expect(unsafe_code, reason = "functions of a library of Windows")]

use crate::device::LINEMEDIAMODE_INTERACTIVEVOICE;
use crate::message::{ADDRESS_STATES, LINE_STATES, Raw};
use crate::refusal::{LINEERR_OPERATIONFAILED, Refusal};
use crate::telephony::{Telephony, Woken};
use std::ffi::{CStr, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;
use windows_sys::Win32::Foundation::{CloseHandle, FARPROC, HANDLE, HMODULE, WAIT_FAILED, WAIT_OBJECT_0};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};
use windows_sys::Win32::System::Threading::{CreateEventW, SetEvent, WaitForMultipleObjects};

/// The structures of TAPI 2 are the ones that [`crate`] reads; 3 has others.
const HIGHEST: u32 = 0x0002_0002;
/// The first that tells of new calls by a message of their own.
const LOWEST: u32 = 0x0002_0000;
const LINEINITIALIZEEXOPTION_USEEVENT: u32 = 2;
const LINECALLPRIVILEGE_MONITOR: u32 = 2;
const LINECALLSELECT_LINE: u32 = 1;

/// `LINEINITIALIZEEXPARAMS`.
#[repr(C, packed(1))]
struct Parameters {
    total: u32,
    needed: u32,
    used: u32,
    options: u32,
    event: HANDLE,
    completion_key: u32,
}

/// `LINEMESSAGE`.
#[repr(C, packed(1))]
#[derive(Clone, Copy, Default)]
struct RawMessage {
    device: u32,
    id: u32,
    instance: usize,
    first: usize,
    second: usize,
    third: usize,
}

/// `LINEEXTENSIONID`.
type Extension = [u32; 4];

type Initialize = unsafe extern "system" fn(
    *mut u32,
    HMODULE,
    *const c_void,
    *const u16,
    *mut u32,
    *mut u32,
    *mut Parameters,
) -> i32;
type Negotiate = unsafe extern "system" fn(u32, u32, u32, u32, *mut u32, *mut Extension) -> i32;
type DeviceCaps = unsafe extern "system" fn(u32, u32, u32, u32, *mut u8) -> i32;
type AddressCaps = unsafe extern "system" fn(u32, u32, u32, u32, u32, *mut u8) -> i32;
type Open = unsafe extern "system" fn(u32, u32, *mut u32, u32, u32, usize, u32, u32, *const c_void) -> i32;
type Message = unsafe extern "system" fn(u32, *mut RawMessage, u32) -> i32;
type NewCalls = unsafe extern "system" fn(u32, u32, u32, *mut u8) -> i32;
type Status = unsafe extern "system" fn(u32, *mut u8) -> i32;
type AddressStatus = unsafe extern "system" fn(u32, u32, *mut u8) -> i32;
type States = unsafe extern "system" fn(u32, u32, u32) -> i32;
type Forward = unsafe extern "system" fn(u32, u32, u32, *const u8, u32, *mut u32, *const c_void) -> i32;
type OfHandle = unsafe extern "system" fn(u32) -> i32;

/// What is used of `tapi32.dll`. Some stand-ins lack the last four.
#[derive(Debug, Clone, Copy)]
struct Library {
    initialize: Initialize,
    shutdown: OfHandle,
    negotiate: Negotiate,
    device_caps: DeviceCaps,
    open: Open,
    close: OfHandle,
    states: States,
    message: Message,
    new_calls: NewCalls,
    call_status: Status,
    release: OfHandle,
    line_status: Option<Status>,
    address_caps: Option<AddressCaps>,
    address_status: Option<AddressStatus>,
    forward: Option<Forward>,
}

/// The function of that name. `F` is its type.
///
/// # Safety
/// `F` is a function pointer, and of the type that the library declares under that name.
unsafe fn find<F: Copy>(module: HMODULE, name: &CStr) -> Option<F> {
    // SAFETY: the module is loaded and stays; the name ends with a nought.
    let found: FARPROC = unsafe { GetProcAddress(module, name.as_ptr().cast()) };
    // SAFETY: by this function's own condition; both are pointers to functions, of one size.
    found.map(|found| unsafe { std::mem::transmute_copy::<_, F>(&found) })
}

impl Library {
    /// The one of Windows itself, or for tests another file.
    fn load(other: Option<&Path>) -> Option<Self> {
        let name = other.map_or_else(|| "tapi32.dll".into(), |path| path.display().to_string());
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        // Never from a folder that others may write to.
        let flags = if other.is_some() {
            0
        } else {
            LOAD_LIBRARY_SEARCH_SYSTEM32
        };
        // SAFETY: the name ends with a nought. The library is never unloaded: it has threads of its own.
        let module = unsafe { LoadLibraryExW(name.as_ptr(), null_mut(), flags) };
        if module.is_null() {
            return None;
        }
        // SAFETY: the types are those of tapi.h under these names (2.2); the double of the tests is compiled with that
        // header. Structures are passed as bytes: they are packed to single ones.
        unsafe {
            Some(Self {
                initialize: find(module, c"lineInitializeExW")?,
                shutdown: find(module, c"lineShutdown")?,
                negotiate: find(module, c"lineNegotiateAPIVersion")?,
                device_caps: find(module, c"lineGetDevCapsW")?,
                open: find(module, c"lineOpenW")?,
                close: find(module, c"lineClose")?,
                states: find(module, c"lineSetStatusMessages")?,
                message: find(module, c"lineGetMessage")?,
                new_calls: find(module, c"lineGetNewCalls")?,
                call_status: find(module, c"lineGetCallStatus")?,
                release: find(module, c"lineDeallocateCall")?,
                line_status: find(module, c"lineGetLineDevStatusW"),
                address_caps: find(module, c"lineGetAddressCapsW"),
                address_status: find(module, c"lineGetAddressStatusW"),
                forward: find(module, c"lineForwardW"),
            })
        }
    }
}

/// An event of ours, which ends [`Telephony::wait`].
#[derive(Debug)]
struct Event(HANDLE);

// SAFETY: a handle of an event may be used by any thread.
unsafe impl Send for Event {}
// SAFETY: as above; setting it is one call of the system's.
unsafe impl Sync for Event {}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody else has it any more.
        unsafe { CloseHandle(self.0) };
    }
}

/// Wakes the thread that waits for TAPI.
#[derive(Debug, Clone)]
pub struct Waker(Arc<Event>);

impl Waker {
    pub fn wake(&self) {
        // SAFETY: the event lives as long as this.
        unsafe { SetEvent(self.0.0) };
    }
}

/// One use of the telephony of this computer. For one thread.
#[derive(Debug)]
pub struct System {
    library: Option<Library>,
    waker: Waker,
    /// Nought: not begun.
    app: u32,
    event: HANDLE,
}

// SAFETY: its handles belong to no thread; only one thread at a time has it.
unsafe impl Send for System {}

impl System {
    /// The telephony of Windows, which may be missing.
    ///
    /// # Errors
    /// The system has no event left.
    pub fn new() -> std::io::Result<Self> {
        Self::with(Library::load(None))
    }

    /// For tests: another library with the same functions.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_file(path: &Path) -> std::io::Result<Self> {
        Self::with(Library::load(Some(path)))
    }

    fn with(library: Option<Library>) -> std::io::Result<Self> {
        // SAFETY: without a name and with the usual rights; it resets itself.
        let event = unsafe { CreateEventW(null(), 0, 0, null()) };
        if event.is_null() {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self {
            library,
            waker: Waker(Arc::new(Event(event))),
            app: 0,
            event: null_mut(),
        })
    }

    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn library(&self) -> Result<Library, Refusal> {
        self.library.ok_or(Refusal::Missing)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Telephony for System {
    fn initialize(&mut self) -> Result<u32, Refusal> {
        self.shutdown();
        let library = self.library()?;
        let name: Vec<u16> = "Offhook".encode_utf16().chain([0]).collect();
        let (mut app, mut devices, mut version) = (0, 0, HIGHEST);
        let mut parameters = Parameters {
            total: size_of::<Parameters>() as u32,
            needed: 0,
            used: 0,
            options: LINEINITIALIZEEXOPTION_USEEVENT,
            event: null_mut(),
            completion_key: 0,
        };
        // SAFETY: all pointers are to places of our own that outlive the call; with the event option there is no
        // function to call back.
        let answer = unsafe {
            (library.initialize)(
                &raw mut app,
                null_mut(),
                null(),
                name.as_ptr(),
                &raw mut devices,
                &raw mut version,
                &raw mut parameters,
            )
        };
        Refusal::check(answer)?;
        self.app = app;
        self.event = parameters.event;
        // A stand-in that says yes and does nothing.
        if app == 0 || self.event.is_null() {
            self.shutdown();
            return Err(Refusal::Missing);
        }
        Ok(devices)
    }

    fn shutdown(&mut self) {
        if let Some(library) = self.library.filter(|_| self.app != 0) {
            // SAFETY: the handle is one of TAPI's; a dead one is refused.
            unsafe { (library.shutdown)(self.app) };
        }
        self.app = 0;
        // TAPI closes its event by itself.
        self.event = null_mut();
    }

    fn negotiate(&mut self, device: u32) -> Result<u32, Refusal> {
        let (mut version, mut extension) = (0, Extension::default());
        let negotiate = self.library()?.negotiate;
        // SAFETY: both pointers are to places of our own that outlive the call.
        let answer = unsafe {
            negotiate(
                self.app,
                device,
                LOWEST,
                HIGHEST,
                &raw mut version,
                &raw mut extension,
            )
        };
        Refusal::check(answer)?;
        // Lines are told apart by what was agreed on; nothing agreed on is none.
        if (LOWEST..=HIGHEST).contains(&version) {
            Ok(version)
        } else {
            Err(Refusal::Odd)
        }
    }

    fn device_caps(&mut self, device: u32, version: u32, room: &mut [u8]) -> Result<(), Refusal> {
        let ask = self.library()?.device_caps;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(self.app, device, version, 0, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn address_caps(
        &mut self,
        device: u32,
        address: u32,
        version: u32,
        room: &mut [u8],
    ) -> Result<(), Refusal> {
        let ask = self.library()?.address_caps.ok_or(Refusal::Unknown)?;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(self.app, device, address, version, 0, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn open(&mut self, device: u32, version: u32) -> Result<u32, Refusal> {
        let library = self.library()?;
        let mut line = 0;
        // SAFETY: the pointer is to a place of our own that outlives the call; there are no parameters of a call.
        let answer = unsafe {
            (library.open)(
                self.app,
                device,
                &raw mut line,
                version,
                0,
                device as usize,
                LINECALLPRIVILEGE_MONITOR,
                LINEMEDIAMODE_INTERACTIVEVOICE,
                null(),
            )
        };
        Refusal::check(answer)?;
        if line == 0 {
            return Err(Refusal::Odd);
        }
        // SAFETY: numbers alone.
        let told = unsafe { (library.states)(line, LINE_STATES, ADDRESS_STATES) };
        if let Err(refusal) = Refusal::check(told) {
            tracing::debug!(device, %refusal, "states of this line are not told");
        }
        Ok(line)
    }

    fn close(&mut self, line: u32) {
        if let Some(library) = self.library {
            // SAFETY: a number alone; a dead handle is refused.
            unsafe { (library.close)(line) };
        }
    }

    fn new_calls(&mut self, line: u32, room: &mut [u8]) -> Result<(), Refusal> {
        let ask = self.library()?.new_calls;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(line, 0, LINECALLSELECT_LINE, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn call_status(&mut self, call: u32, room: &mut [u8]) -> Result<(), Refusal> {
        let ask = self.library()?.call_status;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(call, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn line_status(&mut self, line: u32, room: &mut [u8]) -> Result<(), Refusal> {
        let ask = self.library()?.line_status.ok_or(Refusal::Unknown)?;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(line, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn address_status(&mut self, line: u32, address: u32, room: &mut [u8]) -> Result<(), Refusal> {
        let ask = self.library()?.address_status.ok_or(Refusal::Unknown)?;
        // SAFETY: the room says itself how long it is, and outlives the call.
        let answer = unsafe { ask(line, address, room.as_mut_ptr()) };
        Refusal::check(answer).map(|_| ())
    }

    fn forward(&mut self, line: u32, address: u32, list: Option<&[u8]>, rings: u32) -> Result<u32, Refusal> {
        let ask = self.library()?.forward.ok_or(Refusal::Unknown)?;
        // Written before the answer comes, and only by drivers that forward by a call of their own.
        let mut consultation = 0;
        let list = list.map_or_else(null, <[u8]>::as_ptr);
        // SAFETY: the list says itself how long it is; it and the place for a call outlive the call, before whose end
        // both are used.
        let answer = unsafe { ask(line, 0, address, list, rings, &raw mut consultation, null()) };
        let request = Refusal::check(answer)?;
        if consultation != 0 {
            self.release(consultation);
        }
        Ok(request)
    }

    fn release(&mut self, call: u32) {
        if let Some(library) = self.library {
            // SAFETY: a number alone; a dead handle is refused.
            unsafe { (library.release)(call) };
        }
    }

    fn message(&mut self) -> Result<Option<Raw>, Refusal> {
        let ask = self.library()?.message;
        let mut message = RawMessage::default();
        // SAFETY: the pointer is to a place of our own that outlives the call.
        let answer = unsafe { ask(self.app, &raw mut message, 0) };
        match Refusal::check(answer) {
            Ok(_) => Ok(Some(Raw {
                device: message.device,
                id: message.id,
                instance: message.instance,
                first: message.first,
                second: message.second,
                third: message.third,
            })),
            // Nothing has come.
            Err(Refusal::Code(LINEERR_OPERATIONFAILED)) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn wait(&mut self, limit: Duration) -> Woken {
        let ours = self.waker.0.0;
        let handles = [ours, self.event];
        let count = if self.event.is_null() { 1 } else { 2 };
        // One more than the whole milliseconds: woken a little early, there would be nothing to do yet.
        let limit = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX - 2) + 1;
        // SAFETY: so many handles are there; ours lives as long as this, TAPI's until its end is asked for, here.
        let answer = unsafe { WaitForMultipleObjects(count, handles.as_ptr(), 0, limit) };
        if answer == WAIT_OBJECT_0 {
            Woken::Asked
        } else if answer == WAIT_OBJECT_0 + 1 || answer == WAIT_FAILED {
            // An event that is none any more is TAPI's end: the next question says so.
            Woken::Message
        } else {
            Woken::Late
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Extension, Parameters, RawMessage};
    use crate::{call, device, forward, watch};
    use std::mem::offset_of;
    use windows_sys::Win32::Devices::Tapi::*;

    #[test]
    fn places_are_those_of_the_headers() {
        assert_eq!(size_of::<Parameters>(), size_of::<LINEINITIALIZEEXPARAMS>());
        assert_eq!(
            offset_of!(Parameters, event),
            offset_of!(LINEINITIALIZEEXPARAMS, Handles)
        );
        assert_eq!(size_of::<RawMessage>(), size_of::<LINEMESSAGE>());
        assert_eq!(offset_of!(RawMessage, first), offset_of!(LINEMESSAGE, dwParam1));
        assert_eq!(size_of::<Extension>(), size_of::<LINEEXTENSIONID>());
        assert_eq!(forward::ENTRY, size_of::<LINEFORWARD>());
        for (ours, theirs) in [
            (
                device::CAPS_PROVIDER_SIZE,
                offset_of!(LINEDEVCAPS, dwProviderInfoSize),
            ),
            (
                device::CAPS_PROVIDER_OFFSET,
                offset_of!(LINEDEVCAPS, dwProviderInfoOffset),
            ),
            (
                device::CAPS_PERMANENT_ID,
                offset_of!(LINEDEVCAPS, dwPermanentLineID),
            ),
            (device::CAPS_NAME_SIZE, offset_of!(LINEDEVCAPS, dwLineNameSize)),
            (
                device::CAPS_NAME_OFFSET,
                offset_of!(LINEDEVCAPS, dwLineNameOffset),
            ),
            (device::CAPS_ADDRESSES, offset_of!(LINEDEVCAPS, dwNumAddresses)),
            (device::CAPS_MEDIA_MODES, offset_of!(LINEDEVCAPS, dwMediaModes)),
            (device::CAPS_FEATURES, offset_of!(LINEDEVCAPS, dwLineFeatures)),
            (call::STATUS_STATE, offset_of!(LINECALLSTATUS, dwCallState)),
            (call::STATUS_MODE, offset_of!(LINECALLSTATUS, dwCallStateMode)),
            (call::LIST_SIZE, offset_of!(LINECALLLIST, dwCallsSize)),
            (call::LIST_OFFSET, offset_of!(LINECALLLIST, dwCallsOffset)),
            (
                watch::STATUS_CALLS[0],
                offset_of!(LINEDEVSTATUS, dwNumActiveCalls),
            ),
            (
                watch::STATUS_CALLS[1],
                offset_of!(LINEDEVSTATUS, dwNumOnHoldCalls),
            ),
            (
                watch::STATUS_CALLS[2],
                offset_of!(LINEDEVSTATUS, dwNumOnHoldPendCalls),
            ),
            (
                forward::CAPS_FORWARD_MODES,
                offset_of!(LINEADDRESSCAPS, dwForwardModes),
            ),
            (
                forward::CAPS_MOST_FORWARDS,
                offset_of!(LINEADDRESSCAPS, dwMaxForwardEntries),
            ),
            (
                forward::CAPS_FEATURES,
                offset_of!(LINEADDRESSCAPS, dwAddressFeatures),
            ),
            (
                forward::STATUS_RINGS,
                offset_of!(LINEADDRESSSTATUS, dwNumRingsNoAnswer),
            ),
            (
                forward::STATUS_ENTRIES,
                offset_of!(LINEADDRESSSTATUS, dwForwardNumEntries),
            ),
            (forward::STATUS_SIZE, offset_of!(LINEADDRESSSTATUS, dwForwardSize)),
            (
                forward::STATUS_OFFSET,
                offset_of!(LINEADDRESSSTATUS, dwForwardOffset),
            ),
            (
                forward::ENTRY_CALLER_SIZE,
                offset_of!(LINEFORWARD, dwCallerAddressSize),
            ),
            (
                forward::ENTRY_CALLER_OFFSET,
                offset_of!(LINEFORWARD, dwCallerAddressOffset),
            ),
            (forward::ENTRY_COUNTRY, offset_of!(LINEFORWARD, dwDestCountryCode)),
            (forward::ENTRY_TO_SIZE, offset_of!(LINEFORWARD, dwDestAddressSize)),
            (
                forward::ENTRY_TO_OFFSET,
                offset_of!(LINEFORWARD, dwDestAddressOffset),
            ),
            (forward::LIST, offset_of!(LINEFORWARDLIST, ForwardList)),
        ] {
            assert_eq!(ours, theirs);
        }
        assert_eq!(LINEDEVSTATE_REINIT, crate::message::LINEDEVSTATE_REINIT);
        assert_eq!(LINEERR_OPERATIONFAILED, crate::refusal::LINEERR_OPERATIONFAILED);
    }
}
