//! innovaphone over myApps, the protocol of the vendor's own client, or over SOAP for older firmware (facts/innovaphone.md).
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`digest`] | what is made of name, password and challenge; pure |
//! | [`wire`] | messages of the two web sockets; pure |
//! | [`login`] | the password once, then the session that is kept in its place |
//! | [`socket`] | a web socket: opening, text, signs of life |
//! | [`sign_in`] | the sign-in: digest both ways, second factor, redirect |
//! | [`presence`] | the person's own activity and note, and three of our fields in them; pure |
//! | [`calls`] | the person's own calls; pure |
//! | [`apps`] | the second socket with `PbxApi`: forwards, and calls that Teams carries |
//! | [`soap`] | the older interface, for firmware before 13 |
//! | [`session`] | a signed-in connection: hears, reads, writes |
//! | [`actor`] | the task: connects, serves, tries the standby |
//! | [`probe`] | the Test button: looks at everything, changes nothing |
//!
//! What decides its shape: everything about the person is pushed, so nothing is polled but forwards; activity and note
//! are one write; do not disturb is an activity, and no page says what the phone system does with calls then. The
//! protocol answers no write: what is pushed afterwards shows whether it was taken. An answer to a ping comes after
//! whatever was pushed before it, which is how a reading is made.
//!
//! Only what the facts mark as certain is used unasked. What is merely likely is a setting that is off: activities
//! beyond the four documented ones, and calls added for those in Teams, of which nobody knows whether they end with
//! the connection. Left out: sign-in by NTLM and OAuth2, and which stock apps would lend `PbxApi`.

mod actor;
pub mod apps;
pub mod calls;
pub mod config;
pub mod digest;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod login;
pub mod presence;
pub mod probe;
pub mod session;
pub mod sign_in;
pub mod soap;
pub mod socket;
pub mod wire;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{InnovaphoneConfig, InnovaphoneSettings, Interface, Timing};
use secrecy::SecretString;

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// After every [`crate::port::PhoneEvent::Up`] it reads everything by itself.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: InnovaphoneConfig, secret: SecretString, events: PhoneEvents) -> PhoneHandle {
    let host = config.endpoint.host.clone();
    match config.interface {
        Interface::MyApps => keep::spawn(actor::Actor::new(config, secret), &host, events),
        Interface::Soap => keep::spawn(soap::Actor::new(config, secret), &host, events),
    }
}

/// Tries the settings, each finding told as soon as it is there. May be dropped at any time.
pub async fn test_step_by_step(
    config: &InnovaphoneConfig,
    secret: &SecretString,
    tell: impl FnMut(crate::phones::probe::Finding),
) {
    match config.interface {
        Interface::MyApps => Box::pin(probe::test_step_by_step(config, secret, tell)).await,
        Interface::Soap => Box::pin(soap::test_step_by_step(config, secret, tell)).await,
    }
}
