//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::config::AsteriskConfig;
use super::connection::Connection;
use super::error::Error;
use super::rights::{Way, needed_right};
use super::session::Session;
use crate::phones::probe::{Finding, Step};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings. Ends at the first step without which the next make no sense.
pub async fn test(config: &AsteriskConfig, secret: &SecretString) -> Vec<Finding> {
    let mut findings = Vec::new();
    test_step_by_step(config, secret, |finding| findings.push(finding)).await;
    findings
}

/// As [`test()`], each finding told as soon as it is there. May be dropped at any time.
pub async fn test_step_by_step(
    config: &AsteriskConfig,
    secret: &SecretString,
    mut tell: impl FnMut(Finding),
) {
    // How far it got is in the findings.
    let _stopped = steps(config, secret, &mut tell).await;
}

struct Stopped;

async fn steps(
    config: &AsteriskConfig,
    secret: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), Stopped> {
    let mut connection = essential(tell, Step::Reach, Connection::open(config).await, |_| {
        String::new()
    })?;
    essential(tell, Step::Greeting, connection.greeting().await, Clone::clone)?;
    let signed_in = connection.sign_in(&config.user, secret).await;
    if let Err(error) = signed_in {
        return essential(tell, Step::SignIn, Err(error), |()| String::new());
    }
    let (nobody, _listens) = mpsc::unbounded_channel();
    let mut session = Session::over(connection, config.clone(), nobody);
    let looked = session.look().await;
    tell(Finding {
        step: Step::SignIn,
        outcome: Ok(session.system().to_owned()),
    });
    essential(tell, Step::Extension, looked, |()| String::new())?;

    let dnd = session.read(&[Field::Dnd]).await;
    let dnd = dnd
        .map_err(|error| error.fault())
        .and_then(|values| match values.first() {
            Some(FieldValue::Dnd(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
            Some(FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(lacks("DBGet"))
            }
        });
    let readable = dnd.is_ok();
    tell(Finding {
        step: Step::DndRead,
        outcome: dnd,
    });

    let rights = *session.rights();
    let has_codes = config.codes.dnd_on.is_some() && config.codes.dnd_off.is_some();
    let ways: Vec<&str> = rights.ways(config.how, has_codes).into_iter().map(word).collect();
    let writable = if ways.is_empty() {
        Err(lacks(needed_right(config.how)))
    } else if readable {
        Ok(ways.join(","))
    } else {
        Err(lacks("DBGet"))
    };
    tell(Finding {
        step: Step::DndWrite,
        outcome: writable,
    });

    let calls = if !session.abilities().calls {
        let is_allowed = rights.channels || rights.get_var;
        let unknown_device = Fault::new(FaultKind::Rejected, Code::PhoneNotConfigured).about("device");
        Err(if is_allowed {
            unknown_device
        } else {
            lacks("CoreShowChannels")
        })
    } else if rights.channels {
        Ok("channels".to_owned())
    } else {
        Ok("devices".to_owned())
    };
    tell(Finding {
        step: Step::Calls,
        outcome: calls,
    });

    let others = if rights.could_change_others() {
        "everybody"
    } else {
        "nobody"
    };
    tell(Finding {
        step: Step::Others,
        outcome: Ok(others.to_owned()),
    });
    Ok(())
}

fn essential<T>(
    tell: &mut impl FnMut(Finding),
    step: Step,
    outcome: Result<T, Error>,
    detail: impl FnOnce(&T) -> String,
) -> Result<T, Stopped> {
    match outcome {
        Ok(value) => {
            tell(Finding {
                step,
                outcome: Ok(detail(&value)),
            });
            Ok(value)
        }
        Err(error) => {
            tell(Finding {
                step,
                outcome: Err(error.fault()),
            });
            Err(Stopped)
        }
    }
}

const fn word(way: Way) -> &'static str {
    match way {
        Way::Code => "code",
        Way::DbPut => "dbput",
    }
}

fn lacks(action: &str) -> Fault {
    Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(action)
}
