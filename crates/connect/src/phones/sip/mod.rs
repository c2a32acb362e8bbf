//! SIP, the universal one: any phone system that lets the person's own SIP account in (facts/asterisk.md sections 4 to 6).
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`message`] | the bytes: messages in, requests and answers out; pure |
//! | [`digest`] | the answer to a challenge, MD5 or SHA-256; pure |
//! | [`dialogue`] | who speaks with whom, and where the next request goes; pure |
//! | [`socket`] | UDP, TCP or TLS |
//! | [`xml`], [`dialog_info`], [`features`], [`pidf`] | the bodies; pure |
//! | [`calls`] | dialogs to calls; pure |
//! | [`session`] | subscriptions, questions with their answers, reads, writes |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! ```text
//! socket → message → session ┬ dialog_info → calls → LineEvent
//!                            ├ dialog_info (what shows do not disturb) ┐
//!                            ├ features (as-feature-event) ────────────┴→ Dnd, Forward
//!                            └ PUBLISH ↔ pidf ────────────────────────── Presence, Note
//! ```
//!
//! What decides its shape: it never registers, so it is no phone, takes no place and is never rung. What a server can do
//! is found out by asking for it: a subscription is taken or refused, a publication under a name that nobody has given is
//! answered with 412 or refused. Do not disturb is set by `as-feature-event`, else by dialling a feature code, and the
//! latter where something shows its state: else nobody could say whether it was set, so it is done only where the person
//! says so, and told to be unconfirmed. Dialling a code is a call, and do not disturb may look like one; [`calls`] keeps
//! both out.
//!
//! Its own small part speaks SIP. What was looked at instead: `rsipstack` has what is needed and brings a resolver, a
//! second web socket library and tasks of its own; `ezk-sip-core` subscribes to nothing but REFER; `rsip` parses alone,
//! and is no longer kept.
//!
//! Left out, because the facts do not carry it: other addresses of the server by SRV and NAPTR, where a
//! forward goes that was set by a code, presence that others publish.

mod actor;
pub mod calls;
pub mod config;
pub mod dialog_info;
pub mod dialogue;
pub mod digest;
pub mod error;
pub mod features;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod message;
pub mod pidf;
pub mod probe;
pub mod session;
pub mod socket;
pub mod xml;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{SipConfig, SipSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it says everything it knows by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: SipConfig, password: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.host.clone();
    keep::spawn(actor::Actor::new(config, password), &host, events)
}
