//! Line sources, one folder each.

pub mod baresip;
pub mod hook;
