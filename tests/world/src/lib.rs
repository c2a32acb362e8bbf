//! The simulated world: the real engine through days of calls, meetings, faults, crashes and clock changes, with the
//! invariants of docs/BEHAVIOUR.md ("What always holds") looked at after every step. Repeatable by seed.
//!
//! | module | one job |
//! |---|---|
//! | [`day`] | a day for each seed, and many of them |
//! | [`desk`] | virtual time: what happens next, and to whom |
//! | [`person`], [`weather`] | what the person does; which faults there are |
//! | [`program`], [`second`] | the process that is watched, and that of a second desk |
//! | [`graph`], [`network`] | Teams, and what becomes of requests to it |
//! | [`pbx`], [`mod@line`] | the phone system; call events |
//! | [`message`] | the status message in Teams, and its invariants |
//! | [`watch`], [`held`], [`sent`], [`compare`] | the invariants |
//! | [`model`], [`mod@calendar`], [`told`] | what is wanted, from tables alone |
//! | [`fleet`] | something else: many desks that share Graph's limit |
//! | [`logs`], [`story`] | what is logged; what happened |

pub mod calendar;
pub mod chance;
pub mod compare;
pub mod day;
pub mod desk;
pub mod fleet;
pub mod graph;
pub mod held;
pub mod line;
pub mod logs;
pub mod message;
pub mod model;
pub mod network;
pub mod pbx;
pub mod person;
pub mod program;
pub mod second;
pub mod sent;
pub mod story;
pub mod told;
pub mod watch;
pub mod weather;
