//! estos ProCall: the UCServer's WebService (facts/estos-csta.md part A).
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`sign_in`] | the session, by password or by token |
//! | [`socket`] | the web socket |
//! | [`rose`] | remote operations in JSON: asked, answered, refused, told; pure |
//! | [`lines`] | own lines, calls, do not disturb, forwards; pure |
//! | [`presence`] | absent state and note; pure |
//! | [`session`] | a signed-in connection: asks, hears, reads, writes |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! What decides its shape: everything is told over one web socket, and a frame may hold several messages. The absent
//! state has an end time, so what we set there ends by itself when nobody renews it. A forward is set and taken away
//! as a whole, so a line with further forwards is left alone. Where ProCall's own Teams integration serves the person,
//! two programs would write the same: then this one does nothing and says so.
//!
//! Left out, because the facts do not carry it: NTLM and OAuth, the way over UCConnect, writing
//! `externalPresenceStates`, the user-defined actions of the client.

mod actor;
pub mod config;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod lines;
pub mod presence;
pub mod probe;
pub mod rose;
pub mod session;
pub mod sign_in;
pub mod socket;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{ProcallConfig, ProcallSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// In the log.
const WIRE: &str = "ProCall";

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: ProcallConfig, password: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.host.clone();
    keep::spawn(actor::Actor::new(config, password), &host, events)
}
