//! Rule tables that come with Offhook: they need no running program (design, section 2).

use crate::failure::Failure;
use crate::words;
use offhook_engine::clock::{Instant, Now};
use offhook_engine::profile::{NAMES, Profile};
use offhook_engine::rules::Rules;
use offhook_engine::view::rules;
use offhook_protocol::command::{Answer, Command};
use std::time::Duration;

/// The answer to a question about a profile by name. `None`: only the running program knows.
pub(crate) fn at_rest(command: &Command) -> Option<Result<Answer, Failure>> {
    let language = words::language();
    match command {
        Command::RulesList => Some(Ok(Answer::Text(
            NAMES.iter().map(|name| (*name).to_owned()).collect(),
        ))),
        Command::RulesShow { profile: Some(name) } => {
            Some(named(name).map(|profile| Answer::Rules(rules::table(&profile, language))))
        }
        Command::RulesPreview(situation) => {
            let name = situation.profile.as_deref()?;
            Some(named(name).map(|profile| {
                let imagined = Rules {
                    language,
                    profile,
                    ..Rules::default()
                };
                // Imagined now: only differences of time mean something here.
                let mono = Instant::from_origin(Duration::ZERO);
                let now = Now {
                    mono,
                    wall: jiff::Timestamp::now(),
                };
                Answer::Preview(rules::preview(situation, &imagined, now))
            }))
        }
        Command::RulesShow { profile: None }
        | Command::Version
        | Command::Status
        | Command::Why
        | Command::Watch(_)
        | Command::Pause(_)
        | Command::Resume
        | Command::PutBack
        | Command::SetAgain
        | Command::OnePerson
        | Command::Call(_)
        | Command::SignIn { .. }
        | Command::OpenSignIn
        | Command::CancelSignIn
        | Command::SignOut
        | Command::SecretSet { .. }
        | Command::Lines
        | Command::Doctor
        | Command::Apply(_)
        | Command::TestPhone
        | Command::CancelTest
        | Command::FirstRun(_)
        | Command::OpenWindow { .. }
        | Command::Quit => None,
    }
}

fn named(name: &str) -> Result<Profile, Failure> {
    Profile::named(name).ok_or_else(|| {
        let code = offhook_engine::Code::ProfileUnknown;
        let problem = offhook_engine::text::problem(code, Some(name), words::language());
        Failure::Refused(problem.to_string())
    })
}
