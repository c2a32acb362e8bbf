//! Decides: what Teams and the phone system should show, and why. No I/O, no clock, no async.
//!
//! Levels, not edges: facts come in, the wanted state is computed afresh, the difference goes out.
//!
//! ```text
//! Input → facts → desired(facts, rules, ledger) → reconcile (holds, echo, pace) → Effect
//!                                              ↘ view (tray, status, pages, why)
//! ```
//!
//! The loop around it (the driver, or a test on virtual time):
//! one [`Input`] → [`Engine::handle_input`]; drain [`Engine::poll_effect`]; sleep until
//! [`Engine::poll_timeout`]; [`Engine::handle_timeout`]. The outcome of an effect is one more input. After a
//! resume `handle_timeout` comes first.
//!
//! | module | one job |
//! |---|---|
//! | [`facts`] | what is known, with its age: calls, Teams, calendar, phone, sign-in |
//! | [`appointment`], [`calendar`] | what an appointment is, and what several at once say together |
//! | [`rules`], [`profile`], [`table`] | the person's settings, parsed once; rule tables as data; their cells |
//! | [`desired`](mod@desired) | what should be: total, no memory |
//! | `reconcile` | what to do about it: holds, ownership, renewal, back-off |
//! | [`ledger`] | what must be put back, also after a crash |
//! | `timer` | every deadline in one table |
//! | `trouble` | what needs the person |
//! | [`view`], [`text`] | tray, status, pages; German and English |

// A loop over one decides differently from run to run; `clippy.toml` forbids its iterators.
#![deny(clippy::iter_over_hash_type)]

pub mod appointment;
#[cfg(feature = "breaks")]
pub mod breaks;
#[cfg(not(feature = "breaks"))]
mod breaks;
pub mod calendar;
pub mod clock;
pub mod desired;
mod effect;
mod engine;
pub mod facts;
pub mod fault;
pub mod ledger;
pub mod line;
pub mod phone;
pub mod profile;
mod reconcile;
mod rule_name;
pub mod rules;
pub mod table;
pub mod teams;
pub mod text;
mod timer;
mod trouble;
pub mod view;

pub use clock::{Instant, Now};
pub use effect::{Effect, Input, Notice, NoticeKind};
pub use engine::Engine;
pub use fault::{Code, Fault, FaultKind};
/// Its types are in this interface: wall times, the person's zone, working hours.
pub use jiff;
