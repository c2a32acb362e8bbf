//! `cargo xtask soak`: the programs as they are released, at work for a long time.

use anyhow::Result;

use crate::bench;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace;

/// Builds all programs and lets them work. `arguments` go to the program that does it; `--debug` takes unoptimised
/// programs.
///
/// # Errors
/// The first step that failed: also when something grew or was left behind.
pub fn soak(arguments: &[String], steps: &mut Steps) -> Result<()> {
    setup::setup(Extent::Tests, steps)?;
    let profile = bench::programs(
        arguments.iter().any(|argument| argument == "--debug"),
        true,
        steps,
    )?;
    steps.step("soak", || {
        let mut soak = step::cargo(&[
            "run",
            "--quiet",
            "--package",
            "offhook-tests",
            "--bin",
            "soak",
            "--",
        ]);
        soak.args(arguments);
        step::run(soak.env("OFFHOOK_PROGRAMS", workspace::target_folder()?.join(profile)))
    })
}
