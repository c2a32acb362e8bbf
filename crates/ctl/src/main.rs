//! `offhookctl`, the console program: a client of the running Offhook. Hooks call it, administrators and tests
//! use it. It never starts Offhook.
//!
//! Exit codes: 0 done, 1 refused or failed with a sentence on standard error, 2 wrong usage, 3 no running
//! instance. Source: the design, section 5 (programs).

mod args;
mod ask;
mod failure;
mod key;
mod pin;
mod rules;
mod secret;
mod show;
mod sign_in;
mod words;

use args::{Invocation, What};
use failure::Failure;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words = words::of_environment();
    let outcome = args::parse(lexopt::Parser::from_env())
        .map_err(Failure::Usage)
        .and_then(run);
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{}", failure.sentence(&words));
    ExitCode::from(failure.exit_code())
}

fn run(invocation: Invocation) -> Result<(), Failure> {
    let Invocation { data_dir, json, what } = invocation;
    match what {
        What::Help => show::line(args::USAGE),
        What::OwnVersion => show::line(concat!("offhookctl ", env!("CARGO_PKG_VERSION"))),
        What::Key(task) => key::run(task, json),
        What::SignIn { device_code } => sign_in::run(data_dir.as_deref(), json, device_code),
        What::SetSecret(secret) => ask::set_secret(data_dir.as_deref(), json, secret),
        What::RemoveSecrets(secrets) => ask::remove_secrets(data_dir.as_deref(), json, &secrets),
        What::WatchStatus => ask::watch_status(data_dir.as_deref(), json),
        What::Doctor => ask::doctor(data_dir.as_deref(), json),
        What::Quit => ask::quit(data_dir.as_deref(), json),
        What::Ask(command) => ask::ask(data_dir.as_deref(), json, command),
    }
}
