//! The first run: what each step shows, and where it leads.

use super::pages::{Desk, IconPlace};
use crate::engine::Engine;
use crate::teams::SignIn;
use crate::text::{Language, Text};
use offhook_protocol::command::Finding;
use offhook_protocol::first_run::{FirstRun, FirstRunMove, FirstRunStep, Job, Onward, Stage};

impl Engine {
    pub(super) fn first_run(&self, desk: &Desk) -> Option<FirstRun> {
        let language = self.rules.language;
        let step = desk.first_run?;
        let onward = match step {
            FirstRunStep::Welcome => Onward::Next,
            FirstRunStep::Microsoft => next_if(self.facts.signed_in().is_some()),
            // Without a phone system Offhook still tells Teams of a softphone's calls: a choice like any other.
            FirstRunStep::Phone => next_if(has_phone(desk) && !desk.phone.host.value.is_empty()),
            FirstRunStep::Access => next_if(self.facts.phone.is_up()),
            FirstRunStep::Ready => Onward::Finish,
        };
        Some(FirstRun {
            step,
            stages: self.stages(step, language),
            can_go_back: step != FirstRunStep::Welcome,
            onward,
            language: desk.language.clone(),
            jobs: jobs(language),
            checks: self.checks(desk),
            meetings: self.meetings_matter(desk).then(|| desk.dnd_in_meetings.clone()),
            place: place(desk.icon).text(language).to_owned(),
            has_tray: desk.icon != IconPlace::Nowhere,
        })
    }

    /// Where a move leads; `None` ends the first run.
    pub fn first_run_after(&self, desk: &Desk, made: FirstRunMove) -> Option<FirstRunStep> {
        use FirstRunStep::{Access, Microsoft, Phone, Ready, Welcome};
        let step = desk.first_run.unwrap_or_default();
        match made {
            FirstRunMove::Again => Some(Welcome),
            FirstRunMove::Finish => None,
            FirstRunMove::Next => match step {
                Welcome => Some(Microsoft),
                Microsoft => Some(Phone),
                Phone if has_phone(desk) => Some(Access),
                Phone | Access => Some(Ready),
                Ready => None,
            },
            FirstRunMove::Back => Some(match step {
                Welcome | Microsoft => Welcome,
                Phone => Microsoft,
                Ready if has_phone(desk) => Access,
                Access | Ready => Phone,
            }),
        }
    }

    fn stages(&self, step: FirstRunStep, language: Language) -> Vec<Stage> {
        let stage = |name: Text, current: bool, done: bool| Stage {
            name: name.text(language).to_owned(),
            current,
            done,
        };
        let phone = matches!(step, FirstRunStep::Phone | FirstRunStep::Access);
        vec![
            stage(
                Text::StageWelcome,
                step == FirstRunStep::Welcome,
                step != FirstRunStep::Welcome,
            ),
            stage(
                Text::StageMicrosoft,
                step == FirstRunStep::Microsoft,
                self.facts.signed_in().is_some(),
            ),
            stage(Text::StagePhone, phone, self.facts.phone.is_up()),
            stage(Text::StageReady, step == FirstRunStep::Ready, false),
        ]
    }

    /// What is set up, as it is now.
    fn checks(&self, desk: &Desk) -> Vec<Finding> {
        let language = self.rules.language;
        let finding = |what: Text, ok: bool, text: String| Finding {
            what: what.text(language).to_owned(),
            ok,
            text,
            mend: String::new(),
        };
        let health = self.health();
        let mut checks = Vec::new();
        match &self.facts.sign_in {
            SignIn::SignedIn(account) => {
                let text = Text::MenuSignedIn.with(language, &[("name", &account.name)]);
                checks.push(finding(Text::CheckSignIn, true, format!("{text}.")));
                match (&self.facts.microsoft.fault, self.teams_says()) {
                    (Some(fault), _) => {
                        let problem = fault.problem(language);
                        checks.push(Finding {
                            mend: problem.mend,
                            ..finding(Text::LightMicrosoft, false, problem.sentence)
                        });
                    }
                    (None, Some((says, _))) => {
                        let text = Text::WhyTeamsSays.with(language, &[("says", &says)]);
                        checks.push(finding(Text::LightMicrosoft, true, text));
                    }
                    (None, None) => {}
                }
            }
            SignIn::SignedOut
            | SignIn::Waiting(_)
            | SignIn::Browser { .. }
            | SignIn::DeviceCode { .. }
            | SignIn::Expired { .. } => {
                let text = Text::LightSignedOut.text(language).to_owned();
                checks.push(finding(Text::CheckSignIn, false, text));
            }
        }
        match health.phone {
            Some(light) => checks.push(finding(Text::LightPhone, light.ok, light.text)),
            None if has_phone(desk) => {}
            None => checks.push(finding(
                Text::LightPhone,
                true,
                Text::CheckNoPhone.text(language).to_owned(),
            )),
        }
        checks
    }

    /// Whether the question about meetings changes anything: not where the profile decides meetings itself, and
    /// not without a phone to silence.
    fn meetings_matter(&self, desk: &Desk) -> bool {
        has_phone(desk) && self.rules.profile.asks_about_meetings()
    }
}

fn has_phone(desk: &Desk) -> bool {
    let kind = desk.phone.kind.value.as_str();
    !kind.is_empty() && kind != "none"
}

const fn next_if(done: bool) -> Onward {
    if done { Onward::Next } else { Onward::Later }
}

fn jobs(language: Language) -> Vec<Job> {
    let job = |name: Text, text: Text, right: Text| Job {
        name: name.text(language).to_owned(),
        text: text.text(language).to_owned(),
        right: right.text(language).to_owned(),
    };
    vec![
        job(
            Text::JobPhoneTeams,
            Text::JobPhoneTeamsText,
            Text::RightPresenceWrite,
        ),
        job(
            Text::JobTeamsPhone,
            Text::JobTeamsPhoneText,
            Text::RightPresenceRead,
        ),
        job(Text::JobCalendar, Text::JobCalendarText, Text::RightCalendar),
    ]
}

const fn place(icon: IconPlace) -> Text {
    match icon {
        IconPlace::Panel => Text::PlacePanel,
        IconPlace::Taskbar => Text::PlaceTaskbar,
        IconPlace::MenuBar => Text::PlaceMenuBar,
        IconPlace::Nowhere => Text::PlaceNowhere,
    }
}
