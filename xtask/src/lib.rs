//! What `cargo xtask` and the tests must agree on: where the real parts lie that tests are run against.

pub mod parts;
