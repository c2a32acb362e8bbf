//! The calendar: its source as the settings say, and the later consent to read it (R18).

use super::parts::RIGHTS;
use super::{Driver, News};
use crate::calendar::ics::{self, Place};
use crate::calendar::{CalendarConfig, CalendarSource, Means, Reading};
use crate::control::Reply;
use crate::desktop::{Desktop, Opened};
use crate::doctor;
use crate::entra::Way;
use crate::secrets::Ask;
use jiff::Timestamp;
use offhook_engine::Input;
use offhook_engine::facts::calendar::window;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Right;
use offhook_engine::text::{self, CalendarText};
use offhook_protocol::command::{Answer, Finding, SignInStarted};
use offhook_protocol::settings::TestView;
use std::rc::Rc;
use tokio::task::AbortHandle;

/// The source that is read, and what became of its password.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) config: CalendarConfig,
    /// Readings are told apart by the settings and the password they were made with.
    attempt: u64,
    /// The password was refused: it is not tried again before the person has done something.
    pub(super) refused: Option<Fault>,
    /// The keyring may have asked the person once; it does not again by itself.
    prompted: bool,
    tests: Vec<Reply>,
    /// What was read last of a file or an address.
    kept: Rc<ics::Kept>,
    /// Looks whether the file has changed.
    watch: Option<Watch>,
}

/// Ends with the source it belongs to.
#[derive(Debug)]
struct Watch(AbortHandle);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<D: Desktop> Driver<D> {
    pub(super) fn start_calendar(&mut self) {
        let config = self.settings.calendar();
        if self.parts.calendar.config == config {
            return;
        }
        let before = std::mem::replace(&mut self.parts.calendar.config, config);
        let (CalendarConfig::Source(before), CalendarConfig::Source(now)) =
            (&before, &self.parts.calendar.config)
        else {
            self.restart_calendar();
            return;
        };
        if std::mem::discriminant(before) != std::mem::discriminant(now) {
            // The one's password says nothing of the other's.
            self.desk.calendar_password = false;
        }
        self.restart_calendar();
    }

    /// The calendar anew, with the password as it is stored now.
    pub(super) fn restart_calendar(&mut self) {
        let source = &mut self.parts.calendar;
        source.attempt += 1;
        source.refused = None;
        source.prompted = false;
        let link = source.config.link();
        self.parts.calendar.kept = Rc::default();
        self.input(Input::CalendarConfigured(link));
        self.watch_calendar();
    }

    /// A file that has changed is read at once.
    fn watch_calendar(&mut self) {
        let attempt = self.parts.calendar.attempt;
        self.parts.calendar.watch = match &self.parts.calendar.config {
            CalendarConfig::Source(CalendarSource::Ics(config)) => match &config.place {
                Place::File(path) => {
                    let (news, path, look) = (self.news.clone(), path.clone(), config.timing.look);
                    let task = tokio::task::spawn_local(async move {
                        loop {
                            ics::changed(path.clone(), look).await;
                            if news.send(News::CalendarChanged { attempt }).is_err() {
                                return;
                            }
                        }
                    });
                    Some(Watch(task.abort_handle()))
                }
                Place::Address(_) => None,
            },
            CalendarConfig::Off
            | CalendarConfig::Unusable(_)
            | CalendarConfig::Source(CalendarSource::Graph | CalendarSource::Ews(_)) => None,
        };
    }

    pub(super) fn on_calendar_changed(&mut self, attempt: u64) {
        if attempt == self.parts.calendar.attempt {
            self.input(Input::CalendarChanged);
        }
    }

    pub(super) fn read_calendar(&mut self, from: Timestamp, until: Timestamp) {
        let ask = if std::mem::replace(&mut self.parts.calendar.prompted, true) {
            Ask::Quietly
        } else {
            Ask::MayPrompt
        };
        let (news, attempt) = (self.news.clone(), self.parts.calendar.attempt);
        let refused = self.parts.calendar.refused.clone();
        let (config, means) = self.calendar_means(ask);
        tokio::task::spawn_local(async move {
            let outcome = match refused {
                Some(fault) => Err(fault),
                None => read(config, means, from, until).await,
            };
            // Nobody listens only when the program ends.
            let _ended = news.send(News::CalendarRead { attempt, outcome });
        });
    }

    pub(super) fn calendar_means(&self, ask: Ask) -> (CalendarConfig, Means) {
        let microsoft = self.parts.microsoft.as_ref();
        let account = self.engine.facts().signed_in();
        let means = Means {
            microsoft: microsoft.map(|microsoft| (microsoft.entra.clone(), microsoft.graph.clone())),
            store: self.parts.store.clone(),
            ask,
            zone: self.engine.rules().zone.clone(),
            addresses: account
                .map(|account| account.address.clone())
                .into_iter()
                .collect(),
            kept: Rc::clone(&self.parts.calendar.kept),
        };
        (self.parts.calendar.config.clone(), means)
    }

    pub(super) fn on_calendar_read(&mut self, attempt: u64, outcome: Result<Reading, Fault>) {
        if attempt != self.parts.calendar.attempt {
            return;
        }
        self.learn_of_password(&outcome);
        self.input(Input::CalendarRead(outcome.map(|reading| reading.appointments)));
    }

    fn learn_of_password(&mut self, outcome: &Result<Reading, Fault>) {
        let code = outcome.as_ref().err().map(|fault| fault.code);
        if code == Some(Code::CalendarPasswordMissing) {
            self.desk.calendar_password = false;
        } else if code.is_none() || code.is_some_and(is_refused) {
            self.desk.calendar_password = true;
        }
        let refused = outcome.as_ref().err();
        let refused = refused.filter(|fault| is_refused(fault.code));
        self.parts.calendar.refused = refused.cloned();
    }

    /// The person wants to know, so a password that was refused is tried once more.
    pub(super) fn test_calendar(&mut self, reply: Reply) {
        self.parts.calendar.tests.push(reply);
        if std::mem::replace(&mut self.desk.calendar_test.running, true) {
            return;
        }
        let (from, until) = window(self.now().wall, &self.engine.rules().zone);
        let (news, attempt) = (self.news.clone(), self.parts.calendar.attempt);
        let (config, means) = self.calendar_means(Ask::MayPrompt);
        tokio::task::spawn_local(async move {
            let outcome = read(config, means, from, until).await;
            let _ended = news.send(News::CalendarTested { attempt, outcome });
        });
    }

    pub(super) fn on_calendar_tested(&mut self, attempt: u64, outcome: Result<Reading, Fault>) {
        let language = self.language();
        let what = CalendarText::TestName.text(language);
        let finding = match &outcome {
            Ok(reading) => {
                let count = reading.appointments.len().to_string();
                let text = match reading.way {
                    Some(way) => CalendarText::TestFineBy.with(language, &[("way", way), ("count", &count)]),
                    None => CalendarText::TestFine.with(language, &[("count", &count)]),
                };
                Finding {
                    what: what.to_owned(),
                    ok: true,
                    text,
                    mend: String::new(),
                }
            }
            Err(fault) => doctor::failed(what, fault, language),
        };
        self.desk.calendar_test = TestView {
            running: false,
            findings: vec![finding.clone()],
        };
        for reply in self.parts.calendar.tests.drain(..) {
            reply.answer(Answer::Findings(vec![finding.clone()]));
        }
        if attempt != self.parts.calendar.attempt {
            return;
        }
        let was_refused = self.parts.calendar.refused.is_some();
        self.learn_of_password(&outcome);
        if was_refused && outcome.is_ok() {
            self.restart_calendar();
        }
    }

    /// Asks Microsoft for the right beside the sign-in, which goes on.
    pub(super) fn ask_calendar(&mut self, reply: Reply) {
        let Some(microsoft) = self.parts.microsoft.as_ref() else {
            let fault = Fault::new(FaultKind::SignInRequired, Code::SignInNeeded);
            reply.refuse(fault.problem(self.language()));
            return;
        };
        self.desk.calendar_problem = None;
        self.desk.calendar_asking = true;
        self.calendar_asked.push(reply);
        let (entra, news) = (microsoft.entra.clone(), self.news.clone());
        let rights = [RIGHTS[0], RIGHTS[1], Right::CalendarRead];
        tokio::task::spawn_local(async move {
            let page = news.clone();
            let open = move |url: &str| page.send(News::CalendarPage(url.to_owned())).is_ok();
            let outcome = entra.sign_in_further(Way::Browser, &rights, Box::new(open)).await;
            let outcome = outcome.and_then(|account| {
                if account.rights.contains(&Right::CalendarRead) {
                    Ok(())
                } else {
                    Err(Fault::new(FaultKind::RightMissing, Code::ConsentMissing))
                }
            });
            let _ended = news.send(News::CalendarAsked(outcome));
        });
    }

    pub(super) fn open_calendar_page(&mut self, url: &str) {
        match self.desktop.open_url(url) {
            Opened::Started | Opened::Nowhere => {}
            Opened::Failed => {
                let problem = text::problem(Code::SignInBrowserFailed, None, self.language());
                self.desk.calendar_problem = Some(problem);
            }
        }
        for reply in self.calendar_asked.drain(..) {
            reply.answer(Answer::SignIn(SignInStarted::Browser { url: url.to_owned() }));
        }
    }

    pub(super) fn on_calendar_asked(&mut self, outcome: Result<(), Fault>) {
        let problem = outcome.err().map(|fault| fault.problem(self.language()));
        for reply in self.calendar_asked.drain(..) {
            match &problem {
                Some(problem) => reply.refuse(problem.clone()),
                None => reply.answer(Answer::Done),
            }
        }
        self.desk.calendar_asking = false;
        // Cancelled by the person is no problem to show.
        self.desk.calendar_problem = problem.filter(|p| p.code != Code::SignInCancelled.name());
    }
}

/// The other side does not take the password.
fn is_refused(code: Code) -> bool {
    matches!(code, Code::ExchangeWrongPassword | Code::CalendarWrongPassword)
}

async fn read(
    config: CalendarConfig,
    means: Means,
    from: Timestamp,
    until: Timestamp,
) -> Result<Reading, Fault> {
    match config {
        CalendarConfig::Off => {
            let fault = Fault::new(FaultKind::Rejected, Code::CalendarNotConfigured);
            Err(fault.about("calendar.enabled"))
        }
        CalendarConfig::Unusable(fault) => Err(fault),
        CalendarConfig::Source(source) => Box::pin(source.read(means, from, until)).await,
    }
}
