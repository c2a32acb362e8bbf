//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::config::CstaConfig;
use super::error::Error;
use super::session::Session;
use crate::phones::probe::{Finding, Step};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
pub async fn test_step_by_step(config: &CstaConfig, password: &SecretString, mut tell: impl FnMut(Finding)) {
    if let Err((step, error)) = steps(config, password, &mut tell).await {
        let outcome = Err(error.fault());
        tell(Finding { step, outcome });
    }
}

async fn steps(
    config: &CstaConfig,
    password: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let (nobody, _listens) = mpsc::unbounded_channel();
    let opened = Session::open(config, password, nobody).await;
    if !matches!(opened, Err(Error::Net(_))) {
        found(Step::Reach, Ok(String::new()));
    }
    let mut session = opened.map_err(at)?;
    let looked = session.look().await;
    // Without a session the first answer shows that it is CSTA.
    if !matches!(looked, Err(Error::Net(_) | Error::NotUnderstood(_))) {
        found(Step::SignIn, Ok(session.system()));
    }
    looked.map_err(at)?;
    found(Step::Extension, Ok(String::new()));

    let abilities = session.abilities();
    let lacks = |what: &str| Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what);
    if abilities.dnd.read {
        let read = session.read(Field::Dnd).await.map_err(at)?;
        let word = if read == Some(FieldValue::Dnd(true)) {
            "on"
        } else {
            "off"
        };
        found(Step::DndRead, Ok(word.to_owned()));
        found(Step::DndWrite, Ok("offered".to_owned()));
    } else {
        found(Step::DndRead, Err(lacks("GetDoNotDisturb")));
    }
    let forward = if !session.can_forward().read {
        Err(lacks("GetForwarding"))
    } else if session.has_other_forwards() {
        Err(Error::OtherForwards.fault())
    } else {
        let read = session.read(Field::Forward).await.map_err(at)?;
        let is_on = matches!(read, Some(FieldValue::Forward(Some(_))));
        Ok(if is_on { "line-on" } else { "line-off" }.to_owned())
    };
    found(Step::Forward, forward);
    found(Step::Calls, Ok("events".to_owned()));
    found(Step::Others, Ok("everybody".to_owned()));
    Ok(())
}

/// At which step it failed.
fn at(error: Error) -> (Step, Error) {
    let step = match &error {
        Error::Net(_) => Step::Reach,
        Error::NotUnderstood(_) => Step::Greeting,
        Error::DeviceUnknown(_) | Error::NoLicence { .. } => Step::Extension,
        Error::WrongPassword(_)
        | Error::NoSession(_)
        | Error::SessionEnded(_)
        | Error::Refused { .. }
        | Error::OtherForwards
        | Error::NotConfirmed(_) => Step::SignIn,
    };
    (step, error)
}
