//! Rule tables that come with Offhook: they need no running program (design, section 2).

use crate::failure::Failure;
use crate::words;
use offhook_engine::clock::{Instant, Now};
use offhook_engine::profile::{NAMES, Profile};
use offhook_engine::rules::Rules;
use offhook_engine::view::{preview, rules};
use offhook_protocol::command::{Answer, Command, Situation};
use std::time::Duration;

/// The answer to a question about a profile by name. `None`: only the running program knows.
pub(crate) fn at_rest(command: &Command) -> Option<Result<Answer, Failure>> {
    match command {
        Command::RulesList => Some(Ok(Answer::Text(
            NAMES.iter().map(|name| (*name).to_owned()).collect(),
        ))),
        Command::RulesShow { profile: Some(name) } => Some(imagined(name).map(|imagined| {
            let page = rules::page(&imagined, &rules::RulesForm::default(), None);
            Answer::Rules(Box::new(page))
        })),
        Command::RulesPreview(situation) => Some(preview(situation, situation.profile.as_deref()?)),
        Command::RulesCompare { from: Some(from), to } => Some(compare(from, to)),
        Command::RulesCompare { from: None, .. }
        | Command::RulesBack { .. }
        | Command::RulesShow { profile: None }
        | Command::Version
        | Command::Status
        | Command::Why
        | Command::Watch(_)
        | Command::Pause(_)
        | Command::Resume
        | Command::PutBack
        | Command::SetAgain
        | Command::OnePerson
        | Command::SkipAppointment { .. }
        | Command::AskCalendar
        | Command::Call(_)
        | Command::SignIn { .. }
        | Command::OpenSignIn
        | Command::CancelSignIn
        | Command::SignOut
        | Command::ConsentLink
        | Command::SecretSet { .. }
        | Command::SecretRemove { .. }
        | Command::Lines
        | Command::Doctor
        | Command::Apply(_)
        | Command::Undo
        | Command::Autostart { .. }
        | Command::HookAccess
        | Command::PhoneAccess
        | Command::Microsip(_)
        | Command::RenewPhoneAccess
        | Command::TestNotification
        | Command::TestSignIn
        | Command::Log
        | Command::Report
        | Command::OpenDataFolder
        | Command::TestPhone
        | Command::TestCalendar
        | Command::TestSip
        | Command::CancelTest
        | Command::FirstRun(_)
        | Command::OpenWindow { .. }
        | Command::OfferKeyFile { .. }
        | Command::OfferTypedKey { .. }
        | Command::AcceptKey { .. }
        | Command::CancelKey
        | Command::Quit => None,
    }
}

fn preview(situation: &Situation, profile: &str) -> Result<Answer, Failure> {
    // Imagined now: only differences of time mean something here.
    let mono = Instant::from_origin(Duration::ZERO);
    let now = Now {
        mono,
        wall: jiff::Timestamp::now(),
    };
    preview::preview(situation, &imagined(profile)?, None, now)
        .map(Answer::Preview)
        .map_err(|fault| refused(fault.code, fault.detail.as_deref()))
}

fn compare(from: &str, to: &str) -> Result<Answer, Failure> {
    let around = imagined(to)?;
    let compared = rules::compare_profiles(imagined(from)?.profile, around.profile.clone(), &around);
    Ok(Answer::Compared(compared))
}

/// A profile as it comes, with everything else as it is built in.
fn imagined(name: &str) -> Result<Rules, Failure> {
    let profile =
        Profile::named(name).ok_or_else(|| refused(offhook_engine::Code::ProfileUnknown, Some(name)))?;
    Ok(Rules {
        language: words::language(),
        zone: jiff::tz::TimeZone::system(),
        profile,
        ..Rules::default()
    })
}

fn refused(code: offhook_engine::Code, detail: Option<&str>) -> Failure {
    Failure::Refused(offhook_engine::text::problem(code, detail, words::language()).to_string())
}
