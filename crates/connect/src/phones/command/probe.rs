//! The Test button: runs what reads, looks whether the programs are there, and changes nothing.

use super::action::Action;
use super::config::{CommandConfig, Switch};
use super::error::Error;
use super::program;
use super::session::{Session, Webs};
use crate::phones::probe::{Finding, Step};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends where the network, a host or the secret fails. May
/// be dropped at any time.
pub async fn test_step_by_step(config: &CommandConfig, secret: &SecretString, mut tell: impl FnMut(Finding)) {
    let mut found = |step, outcome: Result<String, Error>| {
        let outcome = outcome.map_err(|error| error.fault());
        tell(Finding { step, outcome });
    };
    let (nobody, _listens) = mpsc::unbounded_channel();
    let mut session = Session::new(config.clone(), secret.clone(), nobody, Webs::new());
    if config.dnd_read.is_some() {
        let read = match session.read(Field::Dnd).await {
            Ok(Some(FieldValue::Dnd(true))) => Ok("on".to_owned()),
            Ok(Some(_) | None) => Ok("off".to_owned()),
            Err(error) if error.ends_connection() => return found(step_of(&error), Err(error)),
            Err(error) => Err(error),
        };
        found(Step::DndRead, read);
    }
    if let Some(dnd) = &config.dnd {
        let word = if config.dnd_read.is_some() {
            "command"
        } else {
            "unconfirmed"
        };
        found(
            Step::DndWrite,
            are_there(dnd, ["dnd_on", "dnd_off"]).map(|()| word.to_owned()),
        );
    }
    let read = match session.read(Field::Forward).await {
        Ok(Some(FieldValue::Forward(Some(_)))) => Ok("command-on"),
        Ok(Some(_)) => Ok("command-off"),
        Ok(None) => Ok("unconfirmed"),
        Err(error) if error.ends_connection() => return found(step_of(&error), Err(error)),
        Err(error) => Err(error),
    };
    match &config.forward {
        None => {}
        Some(forward) => {
            let there = are_there(forward, ["forward_on", "forward_off"]);
            found(Step::Forward, there.and(read.map(str::to_owned)));
        }
    }
    found(Step::Calls, Ok("none".to_owned()));
}

const fn step_of(error: &Error) -> Step {
    match error {
        Error::Net(_) => Step::Reach,
        Error::WrongPassword(_) => Step::SignIn,
        Error::NotUnderstood(_)
        | Error::Status { .. }
        | Error::NotStarted(_)
        | Error::Failed { .. }
        | Error::Late(_)
        | Error::Output(_)
        | Error::NotFilled(_)
        | Error::NoCommand(_)
        | Error::NotConfirmed(_) => Step::Greeting,
    }
}

/// What changes something is not run; a program that is not there can be said at once.
fn are_there(switch: &Switch, names: [&'static str; 2]) -> Result<(), Error> {
    for (action, name) in [&switch.on, &switch.off].into_iter().zip(names) {
        if let Action::Program(program) = action
            && !program::is_there(&program.name)
        {
            return Err(Error::NotStarted(name));
        }
    }
    Ok(())
}
