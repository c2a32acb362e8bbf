//! STARFACE over REST and, for calls and what REST lacks, over UCI (facts/starface.md sections 1, 2 and 9).
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`logins`] | what is made of name and password; pure |
//! | [`http`] | the way of a request and of its answer; logins in addresses are hidden by type |
//! | [`rest`] | one file per operation: request, parse; pure |
//! | [`uci`] | the same over XML-RPC, in three generations; the reader of XML; calls |
//! | [`oauth`] | the sign-in of STARFACE 10 with a client; pure |
//! | `chat` | the chat status over XMPP, where the person wants it |
//! | `listener` | the door for what the phone system reports by itself, where the person has opened one |
//! | [`session`] | a signed-in connection: reads, writes, polls |
//! | [`actor`] | the task: connects, serves, tries again |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! What decides its shape: REST knows do not disturb and redirections, but neither calls nor the chat's message; UCI
//! knows those, can set do not disturb, but can't read it. Nothing is pushed to a desk behind a firewall, so all is
//! polled; what is reported to a door in the local network is a reason to look sooner and nothing else. A member of UCI that is merely likely (facts/starface.md, marked L) is used only where this very system
//! has answered it, and every write is read back.
//!
//! A forward is the person's own ALWAYS redirections, switched on and off, never changed: [`rest::redirects`].
//! Where an account can set do not disturb in neither way, or not read it, the person's own codes are dialled as a call of
//! their own phone, which is not told.
//!
//! Left out, because the facts do not carry it: the sign-in of STARFACE 10 in the browser, OneHub.

mod actor;
mod chat;
pub mod config;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod http;
mod listener;
pub mod logins;
pub mod oauth;
pub mod probe;
pub mod rest;
pub mod session;
pub mod uci;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{StarfaceConfig, StarfaceSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: StarfaceConfig, password: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.host.clone();
    keep::spawn(actor::Actor::new(config, password), &host, events)
}
