//! A phone system made of the person's own commands: a program with its arguments, or a web request, for "do not disturb
//! on", "off", "forward to {target}", "forward to nowhere", and where there is one, for how either stands. So that nobody
//! is left out whose phone system can be steered by anything at all.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | settings, parsed once into valid values |
//! | [`action`] | one command: a program or a web request, with its placeholders; pure |
//! | [`program`] | a program run with a time limit, a size limit, and an end for all that it started |
//! | [`session`] | runs them: reads, writes |
//! | [`probe`] | the Test button: reads, looks for the programs, changes nothing |
//!
//! No shell is involved unless the person names one. The secret goes to a program by its environment and into a web
//! request's headers or body, never into arguments or an address. What a field shows that has no command to read it is not
//! known: [`offhook_engine::phone::Unconfirmed`].

mod action;
mod actor;
pub mod config;
pub mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod probe;
mod program;
pub mod session;
#[cfg(test)]
mod tests;

use crate::phones::keep;
use crate::port::{PhoneEvents, PhoneHandle};
pub use config::{CommandConfig, CommandSettings, Timing};
pub use probe::test_step_by_step;
use secrecy::SecretString;

/// In the log.
const WIRE: &str = "command";

/// Starts the adapter on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: CommandConfig, secret: SecretString, events: PhoneEvents) -> PhoneHandle {
    let place = config.place();
    keep::spawn(actor::Actor::new(config, secret), &place, events)
}
