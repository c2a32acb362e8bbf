//! What only the running program knows: who is signed in, its lights, its doors, the desktop around it.

use super::{Area, Look, Start, calendar, missing, needed, right_name};
use crate::calendar::{CalendarConfig, CalendarSource, Means};
use crate::desktop::{LookingForNotifier, Notifier};
use crate::graph::with_token;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::SourceId;
use offhook_engine::teams::{Account, Right, SignIn};
use offhook_engine::text::{CalendarText, DoctorText, Text};
use offhook_engine::view::pages::IconPlace;
use offhook_protocol::command::Finding;
use offhook_protocol::pages::Language;
use offhook_protocol::problem::Problem;
use offhook_protocol::status::{Health, Light};
use std::fmt;

/// The running program as the doctor sees it.
pub struct Running {
    pub health: Health,
    /// What is wrong with our own files beside the settings.
    pub files: Vec<Problem>,
    /// `None` where the settings name no application.
    pub sign_in: Option<SignIn>,
    /// Granted once, and refused since.
    pub refused: Vec<Right>,
    pub calendar: CalendarConfig,
    /// Its password was not taken and is not tried again.
    pub calendar_refused: Option<Fault>,
    pub means: Means,
    /// The port of the hook's web door; `None`: it is switched off.
    pub door: Option<Result<u16, Fault>>,
    pub start: Start,
    pub icon: IconPlace,
    pub notifier: LookingForNotifier,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn files(&self) -> impl Iterator<Item = Look> {
        self.files.iter().map(|problem| Look {
            area: Area::Settings,
            finding: Finding {
                what: problem.code.clone(),
                ok: false,
                text: problem.sentence.clone(),
                mend: problem.mend.clone(),
            },
            code: None,
        })
    }

    /// Who is signed in, and each right: granted, and the one for reading used once.
    pub(super) async fn sign_in(&self, language: Language) -> Vec<Look> {
        let what = DoctorText::SignIn.text(language);
        let failed = |fault: &Fault| vec![Look::failed(Area::SignIn, what, fault, language)];
        let nobody = Fault::new(FaultKind::SignInRequired, Code::NotSignedIn);
        match &self.sign_in {
            None | Some(SignIn::SignedOut | SignIn::Browser { .. } | SignIn::DeviceCode { .. }) => {
                failed(&nobody)
            }
            Some(SignIn::Waiting(fault) | SignIn::Expired { fault, .. }) => failed(fault),
            Some(SignIn::SignedIn(account)) => {
                let fine = DoctorText::SignInFine.text(language);
                let mut looks = vec![Look::fine(Area::SignIn, what, fine)];
                let calendar = self.calendar == CalendarConfig::Source(CalendarSource::Graph);
                for right in needed(calendar) {
                    let outcome = self.right(right, account, language).await;
                    looks.push(Look::of(
                        Area::Right,
                        &right_name(right, language),
                        outcome,
                        language,
                    ));
                }
                looks
            }
        }
    }

    async fn right(&self, right: Right, account: &Account, language: Language) -> Result<String, Fault> {
        if !self.has(right, account) {
            return Err(missing(right));
        }
        let granted = DoctorText::RightFine.text(language).to_owned();
        match (right, &self.means.microsoft) {
            (Right::PresenceRead, Some((entra, graph))) => {
                let read = with_token(entra, |token| {
                    let graph = graph.clone();
                    async move { graph.read_presence(&token).await }
                });
                let says = read.await?.to_string();
                Ok(DoctorText::RightUsed.with(language, &[("says", &says)]))
            }
            // To use it would change something. The calendar is read below.
            (Right::PresenceWrite | Right::CalendarRead, _) | (Right::PresenceRead, None) => Ok(granted),
        }
    }

    fn has(&self, right: Right, account: &Account) -> bool {
        account.rights.contains(&right) && !self.refused.contains(&right)
    }

    pub(super) async fn calendar(&self, language: Language) -> Vec<Look> {
        let what = CalendarText::TestName.text(language);
        if let Some(fault) = &self.calendar_refused {
            return vec![Look::failed(Area::Calendar, what, fault, language)];
        }
        let readable = match (&self.calendar, &self.sign_in) {
            (CalendarConfig::Source(CalendarSource::Graph), Some(SignIn::SignedIn(account))) => {
                self.has(Right::CalendarRead, account)
            }
            (CalendarConfig::Source(CalendarSource::Graph), _) => false,
            (CalendarConfig::Off | CalendarConfig::Unusable(_) | CalendarConfig::Source(_), _) => true,
        };
        if readable {
            return Box::pin(calendar(self.calendar.clone(), self.means.clone(), language)).await;
        }
        // Its light says what is missing.
        let light = self.health.calendar.as_ref();
        light
            .map(|light| of_light(Area::Calendar, what, light))
            .into_iter()
            .collect()
    }

    /// The lights that say something which has not been said.
    pub(super) fn lights(&self, looks: &[Look], language: Language) -> Vec<Look> {
        let health = &self.health;
        let phone = health.phone.as_ref();
        let phone = phone.map(|light| of_light(Area::Phone, Text::LightPhone.text(language), light));
        let microsoft = health.microsoft.as_ref();
        let microsoft =
            microsoft.map(|light| of_light(Area::SignIn, Text::LightMicrosoft.text(language), light));
        let calendar = health.calendar.as_ref();
        let calendar =
            calendar.map(|light| of_light(Area::Calendar, CalendarText::TestName.text(language), light));
        let services = [microsoft, phone, calendar].into_iter().flatten();
        // The phone system's calls share its light.
        let sources = health
            .lines
            .iter()
            .filter(|(id, _)| *id != SourceId::phone().as_str());
        let sources = sources.map(|(id, light)| match id.as_str() {
            "hook" => of_light(Area::Calls, Text::LightHook.text(language), light),
            other => {
                let what = DoctorText::CallsBy.with(language, &[("source", other)]);
                of_light(Area::Calls, &what, light)
            }
        });
        let door = self.door.iter().map(|door| {
            let fine = |port: &u16| DoctorText::HookDoorFine.with(language, &[("port", &port.to_string())]);
            let outcome = door.as_ref().map(fine).map_err(Clone::clone);
            Look::of(
                Area::Calls,
                DoctorText::HookDoor.text(language),
                outcome,
                language,
            )
        });
        let news = services.filter(|light| {
            let finding = &light.finding;
            let is_said = |look: &&Look| look.area == light.area && said(&look.finding) == finding.text;
            let in_order = finding.ok && looks.iter().any(|look| look.area == light.area);
            !in_order && !looks.iter().any(|look| is_said(&look))
        });
        news.chain(sources).chain(door).collect()
    }

    pub(super) async fn desktop(self, language: Language) -> Vec<Look> {
        let notifier = self.notifier.await;
        let notifications = DoctorText::Notifications.text(language);
        let tray = match self.icon {
            IconPlace::Panel | IconPlace::Taskbar | IconPlace::MenuBar => {
                Ok(DoctorText::TrayFine.text(language).to_owned())
            }
            IconPlace::Nowhere => Err(Fault::new(FaultKind::Rejected, Code::TrayMissing)),
        };
        let tray = Look::of(Area::Tray, DoctorText::Tray.text(language), tray, language);
        match notifier {
            Notifier::NoDesktop => vec![Look::fine(
                Area::Tray,
                DoctorText::Desktop.text(language),
                DoctorText::NoDesktop.text(language),
            )],
            Notifier::Unknown => vec![tray],
            Notifier::Missing => {
                let fault = Fault::new(FaultKind::Rejected, Code::NotificationsMissing);
                vec![
                    Look::failed(Area::Notifications, notifications, &fault, language),
                    tray,
                ]
            }
            Notifier::Shows(name) => {
                let text = DoctorText::NotificationsFine.with(language, &[("name", &name)]);
                vec![Look::fine(Area::Notifications, notifications, text), tray]
            }
        }
    }
}

/// As a light says it: sentence and mend in one.
fn said(finding: &Finding) -> String {
    format!("{} {}", finding.text, finding.mend).trim().to_owned()
}

fn of_light(area: Area, what: &str, light: &Light) -> Look {
    Look {
        area,
        finding: Finding {
            what: what.to_owned(),
            ok: light.ok,
            text: light.text.clone(),
            mend: String::new(),
        },
        code: None,
    }
}
