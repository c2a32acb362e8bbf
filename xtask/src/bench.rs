//! `cargo xtask bench`: measures the programs as they are released.

use anyhow::Result;

use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace::{self, PROGRAMS};

/// Its pages and its web engine make it slow to build, and only one measurement needs it.
const WINDOW: &str = "offhook-window";

/// Builds the programs, each by itself so that no feature of another gets into it, and measures them. `arguments` go
/// to the program that measures; `--debug` takes unoptimised programs, `--window` builds and measures the window.
///
/// # Errors
/// The first step that failed.
pub fn bench(arguments: &[String], steps: &mut Steps) -> Result<()> {
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    let (debug, window) = (given("--debug"), given("--window") || given("window"));
    setup::setup(Extent::Tests, steps)?;
    let profile = programs(debug, window, steps)?;
    steps.step("measurements", || {
        let mut measure = step::cargo(&[
            "run",
            "--quiet",
            "--package",
            "offhook-tests",
            "--bin",
            "bench",
            "--",
        ]);
        measure.args(arguments);
        step::run(measure.env("OFFHOOK_PROGRAMS", workspace::target_folder()?.join(profile)))
    })
}

/// Builds the programs, each by itself, and says in which folder of the target they lie.
///
/// # Errors
/// The first step that failed.
pub fn programs(debug: bool, window: bool, steps: &mut Steps) -> Result<&'static str> {
    if window {
        steps.step("what the pages need", pages::install)?;
        steps.step("pages", || pages::script("build"))?;
    }
    let profile = if debug { "debug" } else { "release" };
    for package in PROGRAMS
        .into_iter()
        .filter(|package| window || *package != WINDOW)
    {
        steps.step(&format!("{profile} build of {package}"), || {
            let mut build = step::cargo(&["build", "--package", package]);
            if !debug {
                build.arg("--release");
            }
            if package == WINDOW {
                // And what the web engine needs by itself.
                build.args(["--bins", "--example", "bare_window"]);
            }
            step::run(&mut build)
        })?;
    }
    Ok(profile)
}
