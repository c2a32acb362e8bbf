//! A small virtual world around the engine: clocks, a disk, Graph and one phone. No time passes but by `after`.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod answers;
mod calendar;
mod graph;
mod phone;
mod seen;
mod situations;
mod values;
mod world;

pub use self::calendar::*;
pub use self::graph::*;
pub use self::phone::*;
pub use self::situations::*;
pub use self::values::*;
pub use self::world::*;
