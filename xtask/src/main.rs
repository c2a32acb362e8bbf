//! `cargo xtask …`: the one list of commands, for people and for CI alike.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console program")]

mod bench;
mod cross;
mod fuzz;
mod mutants;
mod package;
mod pages;
mod run;
mod screenshots;
mod setup;
mod soak;
mod step;
mod supply;
mod test;
mod workspace;
mod world;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::setup::Extent;
use crate::step::Steps;

const USAGE: &str = "usage: cargo xtask COMMAND
  setup            installs what building, running and testing need
  run [ARGUMENTS]  builds the programs and starts Offhook with these arguments
  test             sets up, then checks and tests everything
  fuzz [--brief] [--seconds N] [--target T]… [--keep]
                   looks for inputs that break a parser, a minute for each target
  mutants [--file PART]… [--anew] [--together] [--world]
                   puts small faults into the engine and sees whether the tests notice; goes on where it stopped
  bench [NAME…]    measures the released programs; `--help` names what can be measured
  soak [--minutes N]
                   the released program at work for half an hour, and whether anything grows
  world [--hours N] [--seed S] [--minutes N] [--threads N] [--keep FOLDER]
                   goes through simulated days, a million hours unless told
  fleet [--desks N] [--seed S] [--out FOLDER]
                   the desks of one tenant on a morning against Graph's limit; writes docs/FLEET.md and docs/fleet.svg
  cross [NAME…]    checks what only Windows and macOS compile, from Debian 12 (lints, tests), and uses the programs
                   for Windows and all installers (programs); everything unless told
  package [NAME…]  makes what people install, in target/package: deb, tarball, nsis, msi; all unless told
  package --try    makes the one for Debian and has a new user of a bare Debian use it; needs root and mmdebstrap
  screenshots      takes the pictures of docs/screenshots anew
  supply           checks what comes from others: licences, sources, versions, and known weaknesses where
                   cargo-deny is installed
  sbom [FOLDER]    writes what each program is made of, in CycloneDX
  fmt              formats the sources
  lint             the checks without the tests";

fn main() -> ExitCode {
    if let Some(answer) = fuzz::as_rustc().or_else(mutants::as_rustc) {
        return answer;
    }
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
    let rest: Vec<String> = arguments.collect();
    let mut steps = Steps::default();
    if !matches!(
        command.as_str(),
        "run" | "bench" | "cross" | "fleet" | "fuzz" | "mutants" | "package" | "sbom" | "soak" | "world"
    ) && !rest.is_empty()
    {
        bail!("`{command}` takes no arguments\n{USAGE}");
    }
    match command.as_str() {
        "setup" => setup::setup(Extent::Tests, &mut steps)?,
        "run" => return run::run(&rest, &mut steps),
        "test" => return test::test(&mut steps),
        "bench" => bench::bench(&rest, &mut steps)?,
        "fuzz" => fuzz::fuzz(&rest, &mut steps)?,
        "mutants" => mutants::mutants(&rest, &mut steps)?,
        "soak" => soak::soak(&rest, &mut steps)?,
        "world" => return world::world(&rest),
        "fleet" => return world::fleet(&rest),
        "cross" => cross::cross(&rest, &mut steps)?,
        "package" => package::package(&rest, &mut steps)?,
        "screenshots" => screenshots::screenshots(&mut steps)?,
        "supply" => supply::supply(&mut steps)?,
        "sbom" => {
            if rest.len() > 1 {
                bail!("`sbom` takes one folder\n{USAGE}");
            }
            for file in supply::sbom::sbom(rest.first().map(std::path::Path::new), None)? {
                println!("{}", file.display());
            }
            return Ok(());
        }
        "fmt" => test::format(&mut steps)?,
        "lint" => test::lint(&mut steps)?,
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return Ok(());
        }
        _ => bail!("there is no command `{command}`\n{USAGE}"),
    }
    steps.print_times();
    Ok(())
}
