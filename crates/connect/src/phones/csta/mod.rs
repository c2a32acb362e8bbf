//! CSTA phase III as XML over TCP (ECMA-269, ECMA-323, ECMA-354; facts/estos-csta.md part B, facts/csta.json). A link that
//! a company's administrator provides: OpenScape, MiVoice Office 400, Avaya AES and others speak it.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`frame`] | eight bytes and XML; pure |
//! | [`messages`] | requests written, answers and events read, in whatever edition; pure |
//! | [`calls`] | the calls of the own device, from events and from a snapshot; pure |
//! | [`session`] | a connection with its session and its monitor: asks, hears, reads, writes |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! What decides its shape: events come between a request and its answer, and even before the answer to the request that
//! brought them, so all is read in one place. Editions differ in their namespace alone as far as this is concerned: names
//! without it are compared, and what is sent goes in the edition that the phone system speaks.
//!
//! Left out, because the facts do not carry it: `SystemRegister`, which OpenScape may want, CSTA in ASN.1, presence in
//! private data.

mod actor;
pub mod calls;
pub mod config;
pub mod error;
pub mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod messages;
pub mod probe;
pub mod session;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{CstaConfig, CstaSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: CstaConfig, password: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.place.host.clone();
    keep::spawn(actor::Actor::new(config, password), &host, events)
}
