//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::WIRE;
use super::config::ProcallConfig;
use super::error::Error;
use super::session::{Memory, Session};
use crate::phones::probe::{Finding, Step};
use crate::phones::web::Web;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
pub async fn test_step_by_step(
    config: &ProcallConfig,
    password: &SecretString,
    mut tell: impl FnMut(Finding),
) {
    if let Err((step, error)) = steps(config, password, &mut tell).await {
        tell(Finding {
            step,
            outcome: Err(error.fault()),
        });
    }
}

async fn steps(
    config: &ProcallConfig,
    password: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let timing = &config.timing;
    let web = Web::new(WIRE, &config.host, &config.tls, timing.connect, timing.answer);
    let web = web.map_err(|error| (Step::Reach, error.into()))?;
    let signed_in = Session::sign_in(config, &web, password, &mut Memory::default()).await;
    if !matches!(signed_in, Err(Error::Net(_))) {
        found(Step::Reach, Ok(String::new()));
    }
    let ticket = signed_in.map_err(at)?;
    let (nobody, _listens) = mpsc::unbounded_channel();
    let session = Session::open(config, &ticket, Memory::default(), nobody).await;
    let mut session = session.map_err(at)?;
    let looked = session.look().await;
    found(Step::SignIn, Ok(session.system().to_owned()));
    match looked {
        Err(error @ Error::OwnTeams) => return Err((Step::OwnTeams, error)),
        Err(error @ Error::LineUnknown(_)) => return Err((Step::Extension, error)),
        Err(error) => return Err(at(error)),
        Ok(()) => found(Step::OwnTeams, Ok("none".to_owned())),
    }

    let trouble = session.line_trouble();
    found(
        Step::Extension,
        trouble.map_or(Ok(String::new()), |error| Err(error.fault())),
    );
    let values = session.values(&Field::ALL);
    let abilities = session.abilities();
    let seen = |field: Field| values.iter().find(|value| value.field() == field);
    found(
        Step::DndRead,
        match seen(Field::Dnd) {
            Some(FieldValue::Dnd(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
            Some(FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(lacks("CTI"))
            }
        },
    );
    let line = |can: bool| {
        if can {
            Ok("line".to_owned())
        } else {
            Err(Fault::new(FaultKind::Rejected, Code::PhoneLineCannot))
        }
    };
    found(Step::DndWrite, line(abilities.dnd.write));
    found(
        Step::Forward,
        match seen(Field::Forward) {
            Some(_) if session.has_other_forwards() => Err(Error::OtherForwards.fault()),
            Some(_) if !abilities.forward.write => line(false),
            Some(FieldValue::Forward(Some(_))) => Ok("line-on".to_owned()),
            Some(FieldValue::Forward(None)) => Ok("line-off".to_owned()),
            Some(FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(lacks("CTI"))
            }
        },
    );
    let own = |can: bool, word: &str| {
        if can {
            Ok(word.to_owned())
        } else {
            Err(lacks("PresenceV2"))
        }
    };
    found(Step::Presence, own(abilities.presence.write, "ends"));
    found(Step::Note, own(abilities.note.write, "yes"));
    found(
        Step::Calls,
        if abilities.calls {
            Ok("events".to_owned())
        } else {
            Err(lacks("CTI"))
        },
    );
    Ok(())
}

/// At which step it failed.
fn at(error: Error) -> (Step, Error) {
    let step = match &error {
        Error::Net(_) | Error::Failing { .. } => Step::Reach,
        Error::NotUnderstood(_) => Step::Greeting,
        Error::WrongPassword(_)
        | Error::NoLicence(_)
        | Error::NotEnabled(_)
        | Error::TlsNeeded(_)
        | Error::Locked(_)
        | Error::SignIn { .. }
        | Error::SessionEnded(_)
        | Error::OwnTeams
        | Error::LineUnknown(_)
        | Error::NotPermitted(_)
        | Error::Refused(_)
        | Error::Unknown(_)
        | Error::Line(_)
        | Error::OtherForwards
        | Error::ShortTarget
        | Error::NotConfirmed(_) => Step::SignIn,
    };
    (step, error)
}

fn lacks(what: &str) -> Fault {
    Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what)
}
