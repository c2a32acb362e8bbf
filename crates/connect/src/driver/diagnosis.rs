//! The doctor of the running program, and the report for those who help.

use super::options::{newest, read_log};
use super::{Driver, News};
use crate::control::Reply;
use crate::desktop::Desktop;
use crate::doctor::{self, Look, Running};
use crate::lines::hook::Listener;
use crate::report;
use crate::secrets::Ask;
use crate::settings::Settings;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_protocol::command::{Answer, LineReport};

/// Lines of the log that the report takes along.
const REPORTED: usize = 150;

/// What the driver keeps for the doctor.
#[derive(Debug, Default)]
pub(super) struct Diagnosis {
    /// Who waits.
    asked: Vec<Reply>,
    /// What was found last, as the report names it: areas and codes.
    found: Vec<(&'static str, Result<(), &'static str>)>,
}

impl<D: Desktop> Driver<D> {
    pub(super) fn examine(&mut self, reply: Reply) {
        self.diagnosis.asked.push(reply);
        self.look_at_autostart();
        if std::mem::replace(&mut self.desk.examining, true) {
            return;
        }
        let (settings, store) = (self.settings.clone(), self.parts.store.clone());
        let (running, news) = (self.running(), self.news.clone());
        tokio::task::spawn_local(async move {
            let looks = doctor::examine(&settings, &store, Some(running)).await;
            let _ended = news.send(News::Examined(looks));
        });
    }

    fn running(&self) -> Running {
        let facts = self.engine.facts();
        let (calendar, means) = self.calendar_means(Ask::Quietly);
        let hook = self.settings.flag("lines.hook.enabled");
        let door = match &self.options.listener {
            Some(listener) => Some(Ok(Listener::port(listener))),
            None if hook && self.options.no_port => {
                Some(Err(Fault::new(FaultKind::Rejected, Code::HookNoPort)))
            }
            // Switched off, or just being opened.
            None => None,
        };
        Running {
            health: self.engine.status(self.now()).health,
            files: self.ledger_problems().cloned().collect(),
            sign_in: self.parts.microsoft.is_some().then(|| facts.sign_in.clone()),
            refused: facts.refused_rights.clone(),
            calendar,
            calendar_refused: self.parts.calendar.refused.clone(),
            means: crate::calendar::Means {
                // What a look reads is not what the driver has read.
                kept: std::rc::Rc::default(),
                ..means
            },
            door,
            start: self.autostart_found(),
            icon: self.desk.icon,
            notifier: self.desktop.notifier(),
        }
    }

    pub(super) fn on_examined(&mut self, looks: Vec<Look>) {
        let found = looks.iter().map(|look| {
            let outcome = match (look.finding.ok, look.code) {
                (true, _) => Ok(()),
                (false, Some(code)) => Err(code.name()),
                (false, None) => Err("see above"),
            };
            (look.area.word(), outcome)
        });
        self.diagnosis.found = found.collect();
        let findings = doctor::findings(looks);
        for reply in self.diagnosis.asked.drain(..) {
            reply.answer(Answer::Findings(findings.clone()));
        }
        self.desk.examining = false;
        self.desk.examined = Some(self.now().wall);
        self.desk.diagnosis = findings;
    }

    pub(super) fn report(&self, reply: Reply) {
        let now = self.now();
        let (data_dir, settings) = (self.data_dir.clone(), self.settings.clone());
        let (version, status) = (self.desk.version.clone(), self.engine.status(now));
        let codes = self.engine.problem_codes(now).into_iter().map(str::to_owned);
        let shown = self.desk.settings.iter().map(|problem| problem.code.clone());
        let problems: Vec<String> = codes.chain(shown).collect();
        let (personal, found) = (self.personal(), self.diagnosis.found.clone());
        tokio::task::spawn_local(async move {
            // A report without a log is a report all the same.
            let log = read_log(data_dir, REPORTED).await.unwrap_or_default();
            let log = newest(log, |line| line.text.len() + 24);
            let lines = report::lines(&report::Sources {
                version: &version,
                settings: &settings,
                status: &status,
                problems,
                found: &found,
                log: &log,
                personal: &personal,
            });
            reply.answer(Answer::Text(lines));
        });
    }

    /// What is known about the person and their places.
    fn personal(&self) -> Vec<String> {
        let facts = self.engine.facts();
        let mut personal = self.settings.personal();
        if let Some(account) = facts.account() {
            personal.extend([account.name.clone(), account.address.clone(), account.key.clone()]);
        }
        if let Some(identity) = facts.phone.link.as_ref().and_then(|link| link.identity.as_ref()) {
            personal.extend(identity.names.iter().cloned());
            personal.push(identity.key.clone());
        }
        let phone = self.engine.status(self.now()).phone;
        personal.extend([phone.forward.value, phone.note.value].into_iter().flatten());
        let message = self.engine.ledger().message.iter();
        personal.extend(message.flat_map(|record| [record.before.text.clone(), record.wrote.text.clone()]));
        let own = ["USER", "USERNAME", "LOGNAME", "COMPUTERNAME", "HOSTNAME"];
        personal.extend(own.into_iter().filter_map(|name| std::env::var(name).ok()));
        personal.extend(sources_by_hook(&self.engine.lines(), &self.settings));
        personal
    }
}

/// They are named by whoever reports.
fn sources_by_hook(lines: &[LineReport], settings: &Settings) -> Vec<String> {
    let own: Vec<String> = settings.sources().into_iter().map(|known| known.id).collect();
    let sources = lines.iter().map(|line| line.source.clone());
    sources.filter(|source| !own.contains(source)).collect()
}
