//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::config::{Extent, SipConfig};
use super::error::Error;
use super::session::{Memory, Session, Watch};
use crate::phones::probe::{Finding, Step};
use offhook_engine::fault::Fault;
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
pub async fn test_step_by_step(config: &SipConfig, password: &SecretString, mut tell: impl FnMut(Finding)) {
    if let Err((step, error)) = steps(config, password, &mut tell).await {
        tell(Finding {
            step,
            outcome: Err(error.fault()),
        });
    }
}

async fn steps(
    config: &SipConfig,
    password: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let (nobody, _listens) = mpsc::unbounded_channel();
    let session = Session::open(config, password, Memory::default(), nobody).await;
    let mut session = session.map_err(|error| (Step::Reach, error))?;
    let looked = session.look().await;
    // Datagrams reach somebody only once an answer has come.
    let is_reached = !matches!(looked, Err(Error::Net(_)));
    if is_reached {
        found(Step::Reach, Ok(String::new()));
    }
    if let Err(error) = looked {
        if config.extent == Extent::Calls && matches!(error, Error::NotOffered { .. }) {
            found(Step::SignIn, Ok(session.system().to_owned()));
            return Err((Step::Calls, error));
        }
        return Err((at(&error), error));
    }
    found(Step::SignIn, Ok(session.system().to_owned()));

    let why = |watch| {
        let refused: Option<&Error> = session.refused(watch);
        refused.map_or_else(|| not_set().fault(), Error::fault)
    };
    let abilities = session.abilities();
    let values = session.values(&[Field::Dnd, Field::Forward]);
    let seen = |field: Field| values.iter().find(|value| value.field() == field);
    found(
        Step::Calls,
        if abilities.calls {
            Ok("events".to_owned())
        } else {
            Err(why(Watch::Calls))
        },
    );
    match config.extent {
        Extent::Everything => {}
        Extent::Calls => return Ok(()),
    }
    found(
        Step::DndRead,
        match seen(Field::Dnd) {
            Some(FieldValue::Dnd(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
            Some(FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(why(Watch::Dnd))
            }
        },
    );
    found(
        Step::DndWrite,
        match (session.has_features(), session.has_codes()) {
            _ if abilities.unconfirmed.dnd => Ok("code-unconfirmed".to_owned()),
            (true, _) if abilities.dnd.write => Ok("features".to_owned()),
            (_, true) if abilities.dnd.write => Ok("code".to_owned()),
            // What can't be read is not set: nobody could tell whether it was, or put it back.
            (_, true) => Ok("code-unread".to_owned()),
            (_, false) => Err(not_set().fault()),
        },
    );
    found(
        Step::Forward,
        match seen(Field::Forward) {
            _ if abilities.unconfirmed.forward => Ok("code-unconfirmed".to_owned()),
            Some(FieldValue::Forward(Some(_))) => Ok("line-on".to_owned()),
            Some(FieldValue::Forward(None)) => Ok("line-off".to_owned()),
            Some(FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(why(Watch::Features))
            }
        },
    );
    let published = |word: &str| -> Result<String, Fault> {
        session
            .publishes()
            .map(|()| word.to_owned())
            .map_err(Error::fault)
    };
    found(Step::Presence, published("published"));
    found(Step::Note, published("yes"));
    Ok(())
}

/// Nothing was asked for.
const fn not_set() -> Error {
    Error::NotPermitted("dnd_state")
}

/// At which step it failed.
const fn at(error: &Error) -> Step {
    match error {
        Error::Net(_) | Error::Failing { .. } => Step::Reach,
        Error::NotUnderstood(_) => Step::Greeting,
        Error::WrongPassword(_)
        | Error::OtherMethod(_)
        | Error::NotEnabled(_)
        | Error::SubscriptionEnded(_)
        | Error::NotOffered { .. }
        | Error::NotPermitted(_)
        | Error::Refused { .. }
        | Error::Target
        | Error::NotConfirmed(_) => Step::SignIn,
    }
}
