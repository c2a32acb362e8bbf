//! The calendar: its source as the settings say, and the later consent to read it (R18).

use super::parts::RIGHTS;
use super::{Driver, News};
use crate::calendar::{CalendarConfig, Means};
use crate::control::Reply;
use crate::desktop::{Desktop, Opened};
use crate::entra::Way;
use jiff::Timestamp;
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Right;
use offhook_engine::text;
use offhook_protocol::command::{Answer, SignInStarted};

impl<D: Desktop> Driver<D> {
    pub(super) fn start_calendar(&mut self) {
        let config = self.settings.calendar();
        if self.parts.calendar == config {
            return;
        }
        self.input(Input::CalendarConfigured(config.link()));
        self.parts.calendar = config;
    }

    pub(super) fn read_calendar(&self, from: Timestamp, until: Timestamp) {
        let CalendarConfig::Source(source) = self.parts.calendar.clone() else {
            return;
        };
        let microsoft = self.parts.microsoft.as_ref();
        let means = Means {
            microsoft: microsoft.map(|microsoft| (microsoft.entra.clone(), microsoft.graph.clone())),
        };
        let news = self.news.clone();
        tokio::task::spawn_local(async move {
            let outcome = source.read(means, from, until).await;
            // Nobody listens only when the program ends.
            let _ended = news.send(News::Input(Box::new(Input::CalendarRead(outcome))));
        });
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
