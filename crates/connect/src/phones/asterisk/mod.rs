//! Asterisk and FreePBX over AMI, the manager interface (facts/asterisk.md sections 0 to 2, facts/test-parts.md
//! section 1).
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`wire`] | the bytes: messages in, actions out; no header can be smuggled in |
//! | [`connection`] | TCP or TLS, greeting, sign-in |
//! | [`rights`] | what the account may do, by the manager's own list |
//! | [`calls`] | channels to calls; pure |
//! | [`fields`], [`presence`] | the four fields: requests and answers; pure |
//! | [`session`] | a signed-in connection: asks, hears, reads, writes |
//! | [`actor`] | the task: connects, serves, tries again |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! Three things decide its shape (facts/asterisk.md section 0): the hint of an extension turns Busy with do not
//! disturb, so calls are read from channels; dialling a feature code is a call, so those channels are left out;
//! and "Success" does not mean done, so every write is read back through another door.
//!
//! What it does with a presence: Asterisk knows `available`, `away`, `xa`, `dnd` and free sub-states. Do not
//! disturb, away, extended away and available have words of their own; on the phone, meeting and busy are written
//! as `away` with the sub-state `on-the-phone`, `meeting`, `busy`, which other watchers see as away.

mod actor;
pub mod calls;
pub mod config;
pub mod connection;
pub mod error;
pub mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod presence;
pub mod probe;
pub mod rights;
pub mod session;
pub mod wire;

pub use super::ConfigError;
pub use super::probe::{Finding, Step};
pub use super::tls;
use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{AsteriskConfig, AsteriskSettings, Extension};
pub use probe::{test, test_step_by_step};
use secrecy::SecretString;

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: AsteriskConfig, secret: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.host.clone();
    keep::spawn(actor::Actor::new(config, secret), &host, events)
}
