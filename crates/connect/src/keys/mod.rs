//! Key files: from the dropped file to the settings, with the person's word in between.
//!
//! | module | what |
//! |---|---|
//! | `read` | the dropped file's bytes, and nothing but a file's |
//! | `offer` | what is before the person, and how it is shown |
//! | `plan` | what the settings will say once the person agrees |
//! | `memory` | the keys and signers this desk has agreed to, in `keys.json` |
//!
//! Nothing here connects, resolves a name or stores anything before the person agrees.
//!
//! Source of the format and of the order of checks: `facts/starface.md`, section 6.3.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod memory;
mod offer;
mod plan;
mod read;

pub(crate) use memory::Memory;
pub(crate) use offer::{Offer, Offered, Refusal, What};
pub(crate) use plan::plan;
pub(crate) use read::{READ_LIMIT, read};
