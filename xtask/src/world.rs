//! `cargo xtask world` and `cargo xtask fleet`: simulated days of one desk, and the desks of one tenant on a morning.

use anyhow::Result;

use crate::step;

/// Runs the simulated world with `arguments`.
///
/// # Errors
/// When it can't be built, and when an invariant did not hold.
pub fn world(arguments: &[String]) -> Result<()> {
    simulate("offhook-world", arguments)
}

/// Runs the simulation of many desks with `arguments`.
///
/// # Errors
/// When it can't be built or run.
pub fn fleet(arguments: &[String]) -> Result<()> {
    simulate("fleet", arguments)
}

/// Built for speed, since a million hours take their time.
fn simulate(program: &str, arguments: &[String]) -> Result<()> {
    let mut run = step::cargo(&["run", "--quiet", "--profile", "world"]);
    run.args(["--package", "offhook-world", "--bin", program, "--"]);
    step::run(run.args(arguments))
}
