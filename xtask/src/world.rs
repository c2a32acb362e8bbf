//! `cargo xtask world`: many days of the simulated world.

use anyhow::Result;

use crate::step;

/// Builds the simulated world for speed, since a million hours take their time, and runs it with `arguments`.
///
/// # Errors
/// When it can't be built, and when an invariant did not hold.
pub fn world(arguments: &[String]) -> Result<()> {
    let mut run = step::cargo(&[
        "run",
        "--quiet",
        "--profile",
        "world",
        "--package",
        "offhook-world",
        "--",
    ]);
    step::run(run.args(arguments))
}
