//! `cargo xtask …`: the one list of commands, for people and for CI alike.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console program")]

mod setup;
mod step;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::setup::Extent;
use crate::step::Steps;

const USAGE: &str = "usage: cargo xtask COMMAND
  setup   installs what building, running and testing need
  run     builds the programs and starts Offhook
  test    sets up, then checks and tests everything
  bench   measures the built programs
  fmt     formats the sources
  lint    the checks without the tests";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let mut steps = Steps::default();
    match command.as_str() {
        "setup" => {
            setup::setup(Extent::Tests, &mut steps)?;
            steps.print_times();
            Ok(())
        }
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("there is no command `{command}`\n{USAGE}"),
    }
}
