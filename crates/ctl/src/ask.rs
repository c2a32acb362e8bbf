//! Questions to the running program.

use crate::failure::Failure;
use crate::{rules, secret, show, words};
use offhook_client::{AskError, Client, data_dir};
use offhook_protocol::command::{Answer, Command, Event, Finding, Hidden, SecretName, Watch};
use offhook_protocol::status::State;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// A softphone may wait for its hook: rather give up soon.
const CALL_LIMIT: Duration = Duration::from_secs(2);

/// Signing out and looking for trouble talk to other systems.
const SLOW_LIMIT: Duration = Duration::from_secs(120);

/// Putting back what was set takes two seconds at most; what follows, far less.
const END_LIMIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(crate) fn connect(explicit: Option<&Path>) -> Result<Client, Failure> {
    Ok(Client::connect(&data_dir(explicit))?)
}

pub(crate) fn ask(explicit: Option<&Path>, json: bool, command: Command) -> Result<(), Failure> {
    let limit = if matches!(command, Command::Call(_)) {
        CALL_LIMIT
    } else {
        SLOW_LIMIT
    };
    let mut client = match (connect(explicit), rules::at_rest(&command)) {
        (Err(Failure::NotRunning), Some(answer)) => return show::answer(&answer?, json),
        (client, _) => client?,
    };
    let signs_out = matches!(command, Command::SignOut);
    let answer = client.ask_within(command, limit)?;
    if signs_out {
        wait_signed_out(&mut client)?;
    }
    show::answer(&answer, json)
}

/// Returns once the tokens are gone: what Offhook holds is put back before, and who removes it next shall leave none.
fn wait_signed_out(client: &mut Client) -> Result<(), Failure> {
    let asked = Instant::now();
    while let Answer::Status(status) = client.ask(Command::Status)? {
        if status.state == State::SignedOut {
            return Ok(());
        }
        if asked.elapsed() > SLOW_LIMIT {
            break;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Err(Failure::Lost)
}

pub(crate) fn set_secret(explicit: Option<&Path>, json: bool, secret: SecretName) -> Result<(), Failure> {
    // First, so that nobody types a password for a program that is not there.
    let mut client = connect(explicit)?;
    let value = Hidden(secret::read()?);
    show::answer(
        &client.ask_within(Command::SecretSet { secret, value }, SLOW_LIMIT)?,
        json,
    )
}

pub(crate) fn remove_secrets(
    explicit: Option<&Path>,
    json: bool,
    secrets: &[SecretName],
) -> Result<(), Failure> {
    let mut client = connect(explicit)?;
    for secret in secrets {
        let secret = *secret;
        client.ask_within(Command::SecretRemove { secret }, SLOW_LIMIT)?;
    }
    show::answer(&Answer::Done, json)
}

pub(crate) fn watch_status(explicit: Option<&Path>, json: bool) -> Result<(), Failure> {
    for event in connect(explicit)?.watch(Watch::Status)? {
        match event {
            Event::Status(status) => show::answer(&Answer::Status(status), json)?,
            Event::Pages(_) | Event::Show { .. } => {}
        }
    }
    Err(Failure::Lost)
}

/// Returns once Offhook has ended: who removes its programs next finds them in nobody's use.
pub(crate) fn quit(explicit: Option<&Path>, json: bool) -> Result<(), Failure> {
    match connect(explicit)?.ask(Command::Quit) {
        // Or it was quicker to end than to answer.
        Ok(_) => {}
        Err(AskError::Lost(error)) if error.kind() == ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(error.into()),
    }
    let (lock, asked) = (data_dir(explicit).join("lock"), Instant::now());
    while is_held(&lock) {
        if asked.elapsed() > END_LIMIT {
            return Err(Failure::Lost);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    show::answer(&Answer::Done, json)
}

/// Whether a program has the lock that it holds for as long as it runs.
fn is_held(lock: &Path) -> bool {
    let lock = File::open(lock).map(|lock| lock.try_lock_shared());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// Without a running program, the program beside this one looks for itself and its answer is shown.
pub(crate) fn doctor(explicit: Option<&Path>, json: bool) -> Result<(), Failure> {
    let mut client = match connect(explicit) {
        Err(Failure::NotRunning) => return doctor_of_resting(explicit, json),
        client => client?,
    };
    tell_findings(&client.ask_within(Command::Doctor, SLOW_LIMIT)?, json)
}

fn doctor_of_resting(explicit: Option<&Path>, json: bool) -> Result<(), Failure> {
    let own = std::env::current_exe().map_err(|error| Failure::Io(error.to_string()))?;
    let offhook = own.with_file_name(format!("offhook{}", std::env::consts::EXE_SUFFIX));
    let mut program = std::process::Command::new(&offhook);
    program.arg("--doctor").stderr(std::process::Stdio::inherit());
    if let Some(folder) = explicit {
        program.arg("--data-dir").arg(folder);
    }
    let output = match program.output() {
        Ok(output) => output,
        // Nothing runs and nothing is there to ask.
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Failure::NotRunning),
        Err(error) => return Err(Failure::Io(error.to_string())),
    };
    let findings: Vec<Finding> =
        serde_json::from_slice(&output.stdout).map_err(|error| Failure::Io(error.to_string()))?;
    tell_findings(&Answer::Findings(findings), json)
}

fn tell_findings(answer: &Answer, json: bool) -> Result<(), Failure> {
    show::answer(answer, json)?;
    let is_ill = matches!(answer, Answer::Findings(findings) if findings.iter().any(|finding| !finding.ok));
    if is_ill {
        Err(Failure::Refused(words::of_environment().doctor_found.into()))
    } else {
        Ok(())
    }
}
