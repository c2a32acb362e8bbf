//! `cargo xtask fleet`: the desks of one tenant on a morning, against Graph's limit.

use anyhow::Result;

use crate::step;

/// Builds the simulation for speed and runs it with `arguments`.
///
/// # Errors
/// When it can't be built or run.
pub fn fleet(arguments: &[String]) -> Result<()> {
    let mut run = step::cargo(&[
        "run",
        "--quiet",
        "--profile",
        "world",
        "--package",
        "offhook-world",
        "--bin",
        "fleet",
        "--",
    ]);
    step::run(run.args(arguments))
}
