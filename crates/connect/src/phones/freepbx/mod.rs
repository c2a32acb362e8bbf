//! FreePBX's user portal (UCP), with the person's own portal login: do not disturb and the forward of all calls
//! (facts/asterisk.md section 2.4; the modules `ucp`, `donotdisturb` and `callforward` of FreePBX 16). Calls come from
//! another source.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`portal`] | the sign-in form, requests, answers; pure |
//! | [`session`] | a signed-in connection: asks, reads, writes |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! What decides its shape: the portal is made for browsers. A session lives in a cookie and ends when nobody uses it, so a
//! refusal is answered by one new sign-in; only a second one is a refusal. The server itself checks that the extension is
//! the person's. It is no published interface: another release may differ, and then says so by what can't be read.
//!
//! Left out: presence (only states that an administrator has prepared, and one may switch do not disturb by itself), a
//! second factor, the administrator's interface (its rights are not limited to one extension).

mod actor;
pub mod config;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod portal;
pub mod probe;
pub mod session;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{FreepbxConfig, FreepbxSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// In the log.
const WIRE: &str = "FreePBX";

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: FreepbxConfig, password: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.place.host.clone();
    keep::spawn(actor::Actor::new(config, password), &host, events)
}
