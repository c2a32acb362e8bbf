//! Talks: to Entra, Graph, phone systems, line sources, the keyring, the disk and our own clients, and runs the
//! one event loop. Decides nothing: what comes in becomes an `Input` of the engine, what the engine wants
//! becomes a request, and the request's outcome is one more input.
//!
//! | module | what |
//! |---|---|
//! | [`driver`] | the one event loop |
//! | [`doctor`] | looks at everything Offhook needs |
//! | [`port`] | the shapes through which phone systems and line sources meet the driver |
//! | [`entra`] | sign-in, tokens |
//! | [`graph`] | presence: read, set, clear |
//! | [`phones`] | one folder per phone system |
//! | [`lines`] | one folder per line source |
//! | [`control`] | the socket on which clients ask and watch |
//! | [`secrets`] | keyring or file |
//! | `keys` | key files: read, offered, agreed to, remembered |
//! | [`settings`], [`ledger_file`], [`instance`] | what rests in the data directory |
//! | [`clock`], [`desktop`], [`autostart`] | the machine around the driver |
//! | [`logging`], [`report`], [`doctor`] | what helps those who help |
//! | [`net`], [`backoff`], [`pii`], `wire` | one HTTP client, one pace of trying again, one wrapper for what is personal, one line in the log for what goes over a wire |

pub mod autostart;
pub mod backoff;
pub mod calendar;
pub mod clock;
pub mod control;
pub mod desktop;
pub mod doctor;
pub mod driver;
pub mod entra;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
pub mod graph;
pub mod instance;
pub mod keys;
pub mod kill_point;
pub mod ledger_file;
pub mod lines;
pub mod logging;
pub mod net;
pub mod phones;
pub mod pii;
pub mod port;
pub mod report;
pub mod secrets;
pub mod settings;
pub mod update;
mod wire;
