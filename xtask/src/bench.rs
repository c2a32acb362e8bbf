//! `cargo xtask bench`: measures the programs as they are released.

use anyhow::Result;

use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace::{self, PROGRAMS};

/// Builds the released programs, each by itself so that no feature of another gets into it, and measures them.
///
/// # Errors
/// The first step that failed.
pub fn bench(steps: &mut Steps) -> Result<()> {
    setup::setup(Extent::Tests, steps)?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages", || pages::script("build"))?;
    for package in PROGRAMS {
        steps.step(&format!("release build of {package}"), || {
            step::run(&mut step::cargo(&["build", "--release", "--package", package]))
        })?;
    }
    steps.step("measurements", || {
        let mut measure = step::cargo(&["run", "--quiet", "--package", "offhook-tests", "--bin", "bench"]);
        step::run(measure.env("OFFHOOK_PROGRAMS", workspace::target_folder()?.join("release")))
    })
}
