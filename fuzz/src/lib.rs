//! Whatever comes from outside breaks nothing.
//!
//! A target takes any bytes, hands them to one parser and panics when something that must hold does not: what was
//! read reads the same when it is written again, a stream is the same in whatever pieces it comes, nothing personal
//! shows in a log. Targets for private parsers lie beside them, in a `fuzzing.rs` of the adapter's folder; those for
//! public ones in [`targets`].
//!
//! `tests/replay.rs` tries all that were ever kept.

#[cfg(feature = "fuzzing")]
pub mod targets;

#[cfg(feature = "fuzzing")]
mod list;
#[cfg(feature = "fuzzing")]
pub use list::{TARGETS, Target, named};

use std::path::{Path, PathBuf};

/// The inputs of a target that are kept: those that reach something new, and those that once broke it.
#[must_use]
pub fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}
