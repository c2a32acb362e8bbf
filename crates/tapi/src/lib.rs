//! Windows' telephony, TAPI 2.2 (facts/call-sources.md, section 1; tapi.h).
//!
//! | module | what |
//! |---|---|
//! | [`record`] | the structures that TAPI and its drivers fill in: sizes, offsets, texts; pure |
//! | [`device`], [`call`], [`forward`], [`message`] | what stands in them; pure |
//! | [`refusal`] | why something was refused |
//! | [`telephony`] | what can be asked of TAPI, as bytes: implemented by `windows`, and by doubles in tests |
//! | [`phone`] | a line as a phone system: forwards and do not disturb |
//! | [`watch`] | opens the chosen lines and tells their calls |
//! | `windows` | the real one: `tapi32.dll`, the only unsafe code |
//!
//! Everything that a driver fills in is outside data: a driver is somebody else's program.

pub mod call;
pub mod device;
pub mod forward;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod message;
pub mod phone;
pub mod record;
pub mod refusal;
pub mod telephony;
pub mod watch;
#[cfg(windows)]
pub mod windows;

pub use device::{Offered, PermanentId};
pub use refusal::Refusal;
pub use telephony::{Telephony, Woken};
pub use watch::{Again, News, Pace, Watch};
