//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::config::InnovaphoneConfig;
use super::error::{Error, confirm};
use super::login::Login;
use super::session::Session;
use super::sign_in::sign_in;
use crate::phones::probe::{Finding, Step};
use crate::port::PhoneEvent;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
///
/// A sign-in with the password makes a session there, which is given back at the end.
pub async fn test_step_by_step(
    config: &InnovaphoneConfig,
    secret: &SecretString,
    mut tell: impl FnMut(Finding),
) {
    if let Err((step, error)) = steps(config, secret, &mut tell).await {
        tell(Finding {
            step,
            outcome: Err(error.fault()),
        });
    }
}

async fn steps(
    config: &InnovaphoneConfig,
    secret: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let login = Login::parse(secret, config).map_err(|error| (Step::SignIn, error))?;
    let Some(at) = login.places(config).into_iter().next() else {
        return Err((Step::SignIn, Error::OtherSession));
    };
    let (numbers, mut shown) = mpsc::unbounded_channel();
    let mut ask = move |code| {
        let _nobody = numbers.send(code);
    };
    let mut signing_in = Box::pin(sign_in(config, &login, &at, &mut ask));
    let outcome = loop {
        tokio::select! {
            outcome = &mut signing_in => break outcome,
            Some(code) = shown.recv() => {
                tell(Finding { step: Step::Reach, outcome: Ok(String::new()) });
                tell(Finding { step: Step::SignIn, outcome: Err(confirm(code)) });
            }
        }
    };
    drop(signing_in);
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let signed_in = match outcome {
        Ok(signed_in) => signed_in,
        Err(error) if error.is_silence() => return Err((Step::Reach, error)),
        Err(error) => {
            found(Step::Reach, Ok(String::new()));
            let greets = matches!(error, Error::NotUnderstood(_) | Error::NoMyApps(_));
            let step = if greets { Step::Greeting } else { Step::SignIn };
            return Err((step, error));
        }
    };
    found(Step::Reach, Ok(String::new()));
    let is_new = signed_in.session.is_some() && matches!(login, Login::Password(_));
    let (nobody, _listens): (_, mpsc::UnboundedReceiver<PhoneEvent>) = mpsc::unbounded_channel();
    let opened = Box::pin(Session::open(config, signed_in, nobody)).await;
    let mut session = opened.map_err(|error| (Step::SignIn, error))?;
    found(Step::SignIn, Ok(session.system().to_owned()));
    let values = session.read_all().await.map_err(|error| (Step::Calls, error))?;
    let abilities = session.abilities();
    let seen = |field: Field| values.iter().find(|value| value.field() == field);
    let is_known = abilities.dnd.write;
    let of_presence = |word: &str| {
        if is_known {
            Ok(word.to_owned())
        } else {
            Err(lacks("UpdateOwnPresence"))
        }
    };
    let dnd = seen(Field::Dnd) == Some(&FieldValue::Dnd(true));
    found(Step::DndRead, of_presence(if dnd { "on" } else { "off" }));
    found(Step::DndWrite, of_presence("presence"));
    found(
        Step::Forward,
        match (seen(Field::Forward), &config.app) {
            (Some(FieldValue::Forward(Some(_))), _) => Ok("pbxapi-on".to_owned()),
            (Some(FieldValue::Forward(None)), _) => Ok("pbxapi-off".to_owned()),
            (Some(FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None, Some(_)) => {
                let what = if session.has_second() {
                    "PbxApi GetDiversion"
                } else {
                    "AppGetLogin"
                };
                Err(lacks(what))
            }
            (Some(FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None, None) => {
                Ok("no-app".to_owned())
            }
        },
    );
    found(Step::Note, of_presence("yes"));
    found(Step::Calls, Ok("dialogs".to_owned()));
    if is_new {
        session.log_out().await;
    }
    Ok(())
}

fn lacks(what: &str) -> Fault {
    Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what)
}
