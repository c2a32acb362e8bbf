//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::WIRE;
use super::config::FreepbxConfig;
use super::error::Error;
use super::session::Session;
use crate::phones::probe::{Finding, Step};
use crate::phones::web::Web;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::FieldValue;
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
pub async fn test_step_by_step(
    config: &FreepbxConfig,
    password: &SecretString,
    mut tell: impl FnMut(Finding),
) {
    if let Err((step, error)) = steps(config, password, &mut tell).await {
        let outcome = Err(error.fault());
        tell(Finding { step, outcome });
    }
}

async fn steps(
    config: &FreepbxConfig,
    password: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let (nobody, _listens) = mpsc::unbounded_channel();
    let (place, timing) = (&config.place, &config.timing);
    let web = Web::new(WIRE, &place.host, &place.tls, timing.connect, timing.answer);
    let web = web.map_err(|error| (Step::Reach, error.into()))?;
    let mut session = Session::new(config, web, password, nobody);
    let signed_in = session.sign_in().await;
    if !matches!(signed_in, Err(Error::Net(_))) {
        found(Step::Reach, Ok(String::new()));
    }
    signed_in.map_err(at)?;
    found(Step::SignIn, Ok("FreePBX UCP".to_owned()));
    session.look().await.map_err(at)?;
    found(Step::Extension, Ok(String::new()));
    let lacks = |what: &str| Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what);
    let values = session.values();
    let dnd = values.iter().find_map(|value| match value {
        FieldValue::Dnd(on) => Some(*on),
        FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_) => None,
    });
    let forward = values.iter().find_map(|value| match value {
        FieldValue::Forward(target) => Some(target.is_some()),
        FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_) => None,
    });
    match dnd {
        Some(on) => {
            found(Step::DndRead, Ok(if on { "on" } else { "off" }.to_owned()));
            found(Step::DndWrite, Ok("portal".to_owned()));
        }
        None => found(Step::DndRead, Err(lacks("donotdisturb"))),
    }
    found(
        Step::Forward,
        match forward {
            Some(true) => Ok("line-on".to_owned()),
            Some(false) => Ok("line-off".to_owned()),
            None => Err(lacks("callforward")),
        },
    );
    found(Step::Calls, Ok("none".to_owned()));
    Ok(())
}

/// At which step it failed.
fn at(error: Error) -> (Step, Error) {
    let step = match &error {
        Error::Net(_) | Error::Failing { .. } => Step::Reach,
        Error::NotUnderstood(_) => Step::Greeting,
        Error::ExtensionUnknown(_) => Step::Extension,
        Error::WrongPassword(_)
        | Error::Declined
        | Error::NotPermitted(_)
        | Error::Refused(_)
        | Error::NotConfirmed(_) => Step::SignIn,
    };
    (step, error)
}
