//! The Test button: looks at everything that will be needed, step by step, and changes nothing.

use super::chat::Chat;
use super::config::StarfaceConfig;
use super::error::Error;
use super::http::Http;
use super::session::Session;
use crate::phones::probe::{Finding, Step};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc;

/// Tries the settings, each finding told as soon as it is there. Ends at the first step without which the next make no
/// sense. May be dropped at any time.
pub async fn test_step_by_step(
    config: &StarfaceConfig,
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
    config: &StarfaceConfig,
    password: &SecretString,
    tell: &mut impl FnMut(Finding),
) -> Result<(), (Step, Error)> {
    let mut found = |step, outcome| tell(Finding { step, outcome });
    let (nobody, _listens) = mpsc::unbounded_channel();
    let http = Http::new(config).map_err(|error| (Step::Reach, error))?;
    let mut session = Session::new(config, http, password, nobody);
    let at = |error: Error| {
        let step = if error.is_silence() {
            Step::Reach
        } else if matches!(
            error,
            Error::WrongPassword(_) | Error::OtherLogin(_) | Error::ClientSecret(_) | Error::NotPermitted(_)
        ) {
            Step::SignIn
        } else {
            Step::Greeting
        };
        (step, error)
    };
    let rest = match session.sign_in_rest().await {
        // UCI may be enough.
        Err(Error::NotPermitted(_)) if config.oauth.is_none() => Ok(()),
        outcome => outcome,
    };
    if let Err(error) = rest {
        if !error.is_silence() {
            found(Step::Reach, Ok(String::new()));
        }
        return Err(at(error));
    }
    found(Step::Reach, Ok(String::new()));
    let uci = session.sign_in_uci().await;
    if let (false, Err(error)) = (session.has_rest(), &uci) {
        // Neither lets the account in.
        let error = if error.ends_connection() {
            error.clone()
        } else {
            Error::WrongPassword(config.host.clone())
        };
        return Err(at(error));
    }
    found(Step::SignIn, Ok(session.system().to_owned()));

    let values = session.read(&Field::ALL).await.map_err(at)?;
    let abilities = session.abilities();
    let seen = |field: Field| values.iter().find(|value| value.field() == field);
    found(
        Step::DndRead,
        match seen(Field::Dnd) {
            Some(FieldValue::Dnd(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
            Some(FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(lacks("REST phoneconfig"))
            }
        },
    );
    let by_uci = matches!(session.uci_generation(), Some("v30" | "v22"));
    found(
        Step::DndWrite,
        match (abilities.dnd.read, by_uci) {
            _ if abilities.unconfirmed.dnd => Ok("code-unconfirmed".to_owned()),
            (true, true) => Ok("rest,uci".to_owned()),
            (true, false) => Ok("rest".to_owned()),
            // What can't be read could not be put back.
            (false, _) => Err(lacks("REST phoneconfig")),
        },
    );
    found(
        Step::Forward,
        match seen(Field::Forward) {
            Some(_) if !abilities.forward.write => {
                Err(Fault::new(FaultKind::Rejected, Code::PhoneForwardMissing))
            }
            Some(FieldValue::Forward(Some(_))) => Ok("on".to_owned()),
            Some(FieldValue::Forward(None)) => Ok("off".to_owned()),
            Some(FieldValue::Dnd(_) | FieldValue::Presence(_) | FieldValue::Note(_)) | None => {
                Err(lacks("REST redirects"))
            }
        },
    );
    let chat = match &config.chat {
        Some(chat) => Some(Chat::start(chat.clone(), password.clone()).settled().await),
        None => None,
    };
    if let Some(chat) = &chat {
        let shown = chat.clone().map(|()| "chat".to_owned());
        found(Step::Presence, shown.map_err(|error| error.fault()));
    }
    found(
        Step::Note,
        if chat.map_or(abilities.note.write, |chat| chat.is_ok()) {
            Ok("yes".to_owned())
        } else {
            Err(lacks("UCI userState"))
        },
    );
    found(
        Step::Calls,
        match (session.uci_generation(), uci) {
            (Some(generation), _) => Ok(generation.to_owned()),
            (None, Err(error @ (Error::Failing { .. } | Error::Xml { .. }))) => Err(error.fault()),
            (None, _) => Err(lacks("UCI")),
        },
    );
    Ok(())
}

fn lacks(what: &str) -> Fault {
    Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about(what)
}
