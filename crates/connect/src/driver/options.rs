//! What the settings pages ask: changes that can be taken back, start-up, tests, the log, the report.

use super::{Driver, News};
use crate::autostart::{Autostart, Found};
use crate::control::Reply;
use crate::desktop::{Desktop, Notification, Opened};
use crate::doctor;
use crate::graph::with_token;
use crate::lines::hook::{Hook, Listener};
use crate::logging;
use crate::settings::Refused;
use offhook_engine::clock::{Instant, Now};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::SourceId;
use offhook_engine::text::{self, Language, Text};
use offhook_engine::view::settings::changed_text;
use offhook_engine::view::tray::Page;
use offhook_engine::{Input, Notice};
use offhook_protocol::command::{Answer, Finding, Hidden};
use offhook_protocol::settings::{AutostartView, ChangedLine, HookAccess, LogLine, TestView};
use secrecy::ExposeSecret;
use std::time::Duration;

/// How long taking back is offered beside a page.
const OFFERED: Duration = Duration::from_secs(60);
/// Lines of the log that the page shows.
const SHOWN: usize = 400;
/// An answer may be so long, in bytes of text: the socket's limit, with room for what JSON adds.
const ANSWER: usize = 48 * 1024;

/// What the driver keeps for the settings pages.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) autostart: Option<Autostart>,
    /// What the organisation forces could not be done.
    autostart_failed: Option<String>,
    pub(super) listener: Option<Listener>,
    opening: bool,
    /// It was tried and could not be opened.
    pub(super) no_port: bool,
    changed_until: Option<Instant>,
    sign_in_tested: Vec<Reply>,
}

impl Options {
    pub(super) fn new(data_dir: &std::path::Path, listener: Option<Listener>, hook_on: bool) -> Self {
        Self {
            autostart: Autostart::of_this_program(data_dir),
            no_port: hook_on && listener.is_none(),
            listener,
            ..Self::default()
        }
    }

    /// The data directory, where it is not the usual one: console programs have to be told of it.
    pub(super) fn own_data_dir(&self) -> Option<std::path::PathBuf> {
        self.autostart.as_ref().and_then(|own| own.data_dir.clone())
    }
}

impl<D: Desktop> Driver<D> {
    /// New settings are in force, or were refused.
    pub(super) fn on_applied(&mut self, outcome: Result<(), Refused>, reply: Reply) {
        match outcome {
            Ok(()) => {
                if let Some(change) = self.settings.take_news() {
                    let keys = change.keys();
                    self.say_changed(Text::Changed, &keys, true);
                    if keys.contains(&"person.start_hidden") {
                        self.renew_autostart();
                    }
                }
                self.settings_changed();
                reply.answer(Answer::Done);
            }
            Err(refused) => {
                let problem = refused.fault.problem(self.language());
                self.show_refused(&refused.key, &problem);
                reply.refuse(problem);
            }
        }
    }

    pub(super) fn undo(&mut self, reply: Reply) {
        let undone = self.settings.undo();
        self.options.changed_until = None;
        self.desk.changed = None;
        match undone {
            Ok(undone) => {
                let text = if undone.whole {
                    Text::PutBack
                } else {
                    Text::PutBackPartly
                };
                self.settings_changed();
                self.say_changed(text, &undone.put_back, false);
                if undone.put_back.contains(&"person.start_hidden") {
                    self.renew_autostart();
                }
                reply.answer(Answer::Done);
            }
            Err(fault) => {
                // The file was read again.
                self.settings_changed();
                reply.refuse(fault.problem(self.language()));
            }
        }
    }

    /// In the language that holds from now on.
    fn say_changed(&mut self, text: Text, keys: &[&str], undo: bool) {
        self.desk.changed = Some(ChangedLine {
            text: changed_text(text, keys, self.settings.language()),
            undo,
        });
        self.options.changed_until = Some(self.now().mono + OFFERED);
    }

    /// The next moment at which the pages change by time alone.
    pub(super) fn offered_until(&self) -> Option<Instant> {
        self.options.changed_until
    }

    pub(super) fn stop_offering(&mut self, now: Now) {
        if self.options.changed_until.is_some_and(|until| until <= now.mono) {
            self.options.changed_until = None;
            self.desk.changed = None;
        }
    }

    /// What goes with new settings, whoever changed them.
    pub(super) fn settings_changed(&mut self) {
        let language = self.settings.language();
        self.speaks.send_replace(language);
        let ledger: Vec<_> = self.ledger_problems().cloned().collect();
        let problems = self.settings.problems.iter().map(|f| f.problem(language));
        self.desk.settings = problems.chain(ledger).collect();
        logging::set_level(self.settings.log_level());
        self.start_all();
    }

    /// The hook's web door opens and closes with its switch; a source that is switched off has no calls.
    pub(super) fn start_switches(&mut self) {
        let hook = self.settings.flag("lines.hook.enabled");
        if hook {
            self.open_hook();
        } else {
            self.options.listener = None;
            self.forget_hook_sources();
        }
        if !self.settings.flag("lines.phone.enabled") {
            self.input(Input::LineGone(SourceId::phone()));
        } else if !self.phone_line_was_on {
            // Its list of calls is asked for again.
            self.read_phone_lines();
        }
        self.phone_line_was_on = self.settings.flag("lines.phone.enabled");
    }

    fn open_hook(&mut self) {
        if !self.hook_was_on {
            self.hook.announce();
        }
        self.hook_was_on = true;
        if self.options.listener.is_some() || std::mem::replace(&mut self.options.opening, true) {
            return;
        }
        let (data_dir, hook, news) = (self.data_dir.clone(), self.hook.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            let opened = super::open_listener(&data_dir, &hook).await;
            let _ended = news.send(News::HookOpened(opened));
        });
    }

    pub(super) fn on_hook_opened(&mut self, listener: Option<Listener>) {
        self.options.opening = false;
        self.options.no_port = listener.is_none();
        // It may have been switched off meanwhile.
        self.options.listener = listener.filter(|_| self.settings.flag("lines.hook.enabled"));
    }

    fn forget_hook_sources(&mut self) {
        self.hook_was_on = false;
        let own: Vec<String> = self
            .settings
            .sources()
            .into_iter()
            .map(|known| known.id)
            .collect();
        let others: Vec<SourceId> = self
            .engine
            .lines()
            .into_iter()
            .map(|line| line.source)
            .filter(|source| !own.contains(source) || *source == Hook::source().as_str())
            .map(SourceId::new)
            .collect();
        for source in others {
            self.input(Input::LineGone(source));
        }
    }

    pub(super) fn hook_access(&self, reply: Reply) {
        let token = self.options.listener.as_ref().and_then(Listener::token);
        let (Some(listener), Some(token)) = (&self.options.listener, token) else {
            reply.refuse(text::problem(Code::HookOff, None, self.language()));
            return;
        };
        let address = format!("http://{}/v1/call", listener.address());
        let call = r#"{"v":1,"event":"answer","source":"my-phone","callId":"1"}"#;
        let folder = match self.options.own_data_dir() {
            Some(folder) => format!("--data-dir \"{}\" ", folder.display()),
            None => String::new(),
        };
        reply.answer(Answer::HookAccess(HookAccess {
            examples: vec![
                format!("offhookctl {folder}call answer --source my-phone --id 1"),
                format!("offhookctl {folder}call hangup --source my-phone --id 1"),
                format!(
                    "curl -H \"Authorization: Bearer $TOKEN\" -H \"Content-Type: application/json\" -d '{call}' {address}"
                ),
            ],
            address,
            token: Hidden(token.expose_secret().to_owned()),
        }));
    }

    /// Looks at what the system does at sign-in: it may have been changed outside. What the organisation forces is
    /// set right.
    pub(super) fn look_at_autostart(&mut self) {
        let language = self.language();
        let refused = self.desk.autostart.refused.take();
        let (forced, hidden) = (self.settings.forced_autostart(), self.settings.starts_hidden());
        let kept = self.options.autostart.as_ref();
        let kept = kept.map_or(Ok(Found::Unknown), |own| own.keep(forced, hidden));
        let (found, failed) = match kept {
            Ok(found) => (found, None),
            Err((found, error)) => (found, Some(error.to_string())),
        };
        if let Some(why) = failed
            .as_ref()
            .filter(|_| self.options.autostart_failed.is_none())
        {
            tracing::warn!(
                why,
                "start at sign-in could not be set as the organisation has it"
            );
        }
        let of_forced = failed
            .as_ref()
            .map(|why| text::problem(Code::AutostartFailed, Some(why), language).to_string());
        self.options.autostart_failed = failed;
        let (locked, view) = (
            self.forced_autostart().is_some(),
            autostart_view(&found, language),
        );
        self.desk.autostart = AutostartView {
            refused: of_forced.or(refused),
            locked,
            // What a person may still do about it is none then.
            text: view.text.filter(|_| !(locked && found == Found::Everyone)),
            ..view
        };
    }

    fn forced_autostart(&self) -> Option<bool> {
        let forced = self.settings.forced_autostart();
        self.options.autostart.as_ref().and_then(|own| own.meant(forced))
    }

    /// For the doctor.
    pub(super) fn autostart_found(&self) -> doctor::Start {
        doctor::Start {
            found: self
                .options
                .autostart
                .as_ref()
                .map_or(Found::Unknown, Autostart::look),
            forced: self.forced_autostart(),
            failed: self.options.autostart_failed.clone(),
        }
    }

    pub(super) fn set_autostart(&mut self, on: bool, reply: Reply) {
        let language = self.language();
        if self.forced_autostart().is_some() {
            reply.refuse(text::problem(Code::Locked, None, language));
            return;
        }
        let hidden = self.settings.starts_hidden();
        let set = match &self.options.autostart {
            Some(autostart) => autostart.set(on, hidden).map_err(|error| error.to_string()),
            None => Err("-".to_owned()),
        };
        self.desk.autostart.refused = None;
        match set {
            Ok(()) => reply.answer(Answer::Done),
            Err(why) => {
                tracing::warn!(why, "start-up could not be changed");
                let problem = text::problem(Code::AutostartFailed, Some(&why), language);
                self.desk.autostart.refused = Some(problem.to_string());
                reply.refuse(problem);
            }
        }
        self.look_at_autostart();
    }

    /// The entry names how to start.
    fn renew_autostart(&mut self) {
        if let Some(autostart) = &self.options.autostart
            && autostart.look() == Found::On
            && let Err(error) = autostart.set(true, self.settings.starts_hidden())
        {
            tracing::warn!(%error, "the start-up entry could not be written again");
        }
        self.look_at_autostart();
    }

    pub(super) fn notify(&mut self, notice: &Notice) {
        let language = self.language();
        let (title, body) = notice.texts(language);
        self.desktop.notify(&Notification {
            title,
            body,
            button: Text::NoticeButton.text(language).to_owned(),
            page: notice.kind.page(),
        });
    }

    /// No tray has come: said once, and never again on this machine.
    pub(super) fn say_no_tray(&mut self) {
        const WORD: &str = "no-tray";
        if self.settings.was_told(WORD) {
            return;
        }
        self.show_words(Text::NoticeNoTrayTitle, Text::NoticeNoTrayBody, Page::Startup);
        self.settings.remember_told(WORD);
    }

    fn show_words(&mut self, title: Text, body: Text, page: Page) {
        let language = self.language();
        self.desktop.notify(&Notification {
            title: title.text(language).to_owned(),
            body: body.text(language).to_owned(),
            button: Text::NoticeButton.text(language).to_owned(),
            page,
        });
    }

    pub(super) fn test_notification(&mut self, reply: Reply) {
        self.show_words(Text::NoticeTestTitle, Text::NoticeTestBody, Page::Diagnostics);
        let language = self.language();
        self.desk.notification.findings = vec![Finding {
            what: Text::TestNotification.text(language).to_owned(),
            ok: true,
            text: Text::TestNotificationSent.text(language).to_owned(),
            mend: String::new(),
        }];
        reply.answer(Answer::Done);
    }

    pub(super) fn test_sign_in(&mut self, reply: Reply) {
        self.options.sign_in_tested.push(reply);
        if std::mem::replace(&mut self.desk.sign_in_test.running, true) {
            return;
        }
        let (news, language) = (self.news.clone(), self.language());
        let microsoft = self.parts.microsoft.as_ref();
        let microsoft = microsoft.map(|m| (m.entra.clone(), m.graph.clone()));
        tokio::task::spawn_local(async move {
            let outcome = match microsoft {
                Some((entra, graph)) => {
                    with_token(&entra, |token| {
                        let graph = graph.clone();
                        async move { graph.read_presence(&token).await }
                    })
                    .await
                }
                None => Err(Fault::new(FaultKind::SignInRequired, Code::ClientIdMissing)),
            };
            let what = Text::TestSignIn.text(language);
            let finding = match outcome {
                Ok(presence) => Finding {
                    what: what.to_owned(),
                    ok: true,
                    text: Text::TestSignInFine.with(language, &[("says", &presence.to_string())]),
                    mend: String::new(),
                },
                Err(fault) => doctor::failed(what, &fault, language),
            };
            let _ended = news.send(News::SignInTested(vec![finding]));
        });
    }

    pub(super) fn on_sign_in_tested(&mut self, findings: Vec<Finding>) {
        for reply in self.options.sign_in_tested.drain(..) {
            reply.answer(Answer::Findings(findings.clone()));
        }
        self.desk.sign_in_test = TestView {
            running: false,
            findings,
        };
    }

    pub(super) fn show_log(&self, reply: Reply) {
        let (data_dir, language) = (self.data_dir.clone(), self.language());
        tokio::task::spawn_local(async move {
            match read_log(data_dir, SHOWN).await {
                Ok(lines) => reply.answer(Answer::Log(newest(lines, |line| line.text.len() + 24))),
                Err(fault) => reply.refuse(fault.problem(language)),
            }
        });
    }

    pub(super) fn open_data_folder(&mut self, reply: Reply) {
        match self.desktop.open_folder(&self.data_dir) {
            Opened::Started => reply.answer(Answer::Done),
            Opened::Failed | Opened::Nowhere => {
                reply.refuse(text::problem(Code::FolderNotOpened, None, self.language()));
            }
        }
    }
}

pub(super) async fn read_log(data_dir: std::path::PathBuf, most: usize) -> Result<Vec<LogLine>, Fault> {
    let read = tokio::task::spawn_blocking(move || logging::last_lines(&data_dir, most)).await;
    match read {
        Ok(Ok(lines)) => Ok(lines),
        Ok(Err(_)) | Err(_) => Err(Fault::new(FaultKind::Rejected, Code::LogUnreadable)),
    }
}

/// As many of the last as one answer holds.
pub(super) fn newest<T>(lines: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<T> {
    let mut room = ANSWER;
    let fitting = lines.iter().rev().take_while(|line| {
        let fits = size(line) <= room;
        room = room.saturating_sub(size(line));
        fits
    });
    let count = fitting.count();
    let mut lines = lines;
    lines.split_off(lines.len() - count)
}

fn autostart_view(found: &Found, language: Language) -> AutostartView {
    let text = |text: Text| Some(text.text(language).to_owned());
    let (on, text) = match found {
        Found::Off => (false, None),
        Found::On => (true, None),
        Found::Elsewhere(program) => (
            false,
            Some(Text::AutostartElsewhere.with(language, &[("what", program)])),
        ),
        Found::SwitchedOff => (false, text(Text::AutostartSwitchedOff)),
        Found::Everyone => (true, text(Text::AutostartEveryone)),
        Found::Unknown => (false, text(Text::AutostartUnknown)),
    };
    AutostartView {
        on,
        can: *found != Found::Unknown,
        text,
        refused: None,
        locked: false,
    }
}
