//! What can be asked of TAPI. Structures are bytes here: [`crate::record`] reads them.

use crate::message::Raw;
use crate::refusal::Refusal;
use std::time::Duration;

/// Why [`Telephony::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// TAPI says that a message is there.
    Message,
    /// Somebody of ours asked for attention.
    Asked,
    Late,
}

/// One use of TAPI. A `room` begins with its own length, as a number of four bytes.
pub trait Telephony {
    /// Begins; how many devices there are, numbered from nought.
    ///
    /// # Errors
    /// As refused; [`Refusal::Missing`] where nothing answers to the name of TAPI.
    fn initialize(&mut self) -> Result<u32, Refusal>;

    /// Ends: every handle is worthless. May be called at any time.
    fn shutdown(&mut self);

    /// The version to speak with a device.
    ///
    /// # Errors
    /// As refused.
    fn negotiate(&mut self, device: u32) -> Result<u32, Refusal>;

    /// Fills in `LINEDEVCAPS`.
    ///
    /// # Errors
    /// As refused.
    fn device_caps(&mut self, device: u32, version: u32, room: &mut [u8]) -> Result<(), Refusal>;

    /// Fills in `LINEADDRESSCAPS`.
    ///
    /// # Errors
    /// As refused.
    fn address_caps(
        &mut self,
        device: u32,
        address: u32,
        version: u32,
        room: &mut [u8],
    ) -> Result<(), Refusal>;

    /// Opens a line to watch the calls on it, and asks to be told of everything in [`crate::message`]: its handle.
    ///
    /// # Errors
    /// As refused.
    fn open(&mut self, device: u32, version: u32) -> Result<u32, Refusal>;

    fn close(&mut self, line: u32);

    /// Fills in `LINECALLLIST` with handles of calls that we have none of yet.
    ///
    /// # Errors
    /// As refused.
    fn new_calls(&mut self, line: u32, room: &mut [u8]) -> Result<(), Refusal>;

    /// Fills in `LINECALLSTATUS`.
    ///
    /// # Errors
    /// As refused.
    fn call_status(&mut self, call: u32, room: &mut [u8]) -> Result<(), Refusal>;

    /// Fills in `LINEDEVSTATUS`.
    ///
    /// # Errors
    /// As refused.
    fn line_status(&mut self, line: u32, room: &mut [u8]) -> Result<(), Refusal>;

    /// Fills in `LINEADDRESSSTATUS`.
    ///
    /// # Errors
    /// As refused.
    fn address_status(&mut self, line: u32, address: u32, room: &mut [u8]) -> Result<(), Refusal>;

    /// Replaces all forwards of an address by a `LINEFORWARDLIST`; `None`: by none. So many rings are no answer. The
    /// number of the request, which [`crate::message::Message::Reply`] answers.
    ///
    /// # Errors
    /// As refused.
    fn forward(&mut self, line: u32, address: u32, list: Option<&[u8]>, rings: u32) -> Result<u32, Refusal>;

    /// Gives a call's handle back.
    fn release(&mut self, call: u32);

    /// The next message, without waiting.
    ///
    /// # Errors
    /// As refused: TAPI has ended.
    fn message(&mut self) -> Result<Option<Raw>, Refusal>;

    /// Waits for a message, for one of ours, or as long as given.
    fn wait(&mut self, limit: Duration) -> Woken;
}
