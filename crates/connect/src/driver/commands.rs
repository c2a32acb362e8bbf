//! What clients ask.

use super::parts::{RIGHTS, phone_secret};
use super::{Driver, FIRST_RUN_PAGE, News};
use crate::control::{Asked, Complaint, Reply};
use crate::desktop::{Desktop, Notification, Opened};
use crate::doctor;
use crate::entra::Way;
use crate::lines::sip;
use crate::secrets::{self, Ask};
use crate::settings::{PhoneConfig, Settings};
use offhook_engine::Input;
use offhook_engine::appointment::AppointmentId;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::profile::NAMES;
use offhook_engine::teams::SignIn;
use offhook_engine::text::{self, Text};
use offhook_engine::view::tray::Page;
use offhook_protocol::Problem;
use offhook_protocol::command::{Answer, Command, Event, Finding, SecretName, SignInStarted, Watch};
use offhook_protocol::first_run::FirstRunMove;
use offhook_protocol::pages::{FieldView, Language};
use secrecy::SecretString;

/// What the control socket itself has to say, in the person's language.
pub(super) fn complaint(complaint: Complaint, detail: Option<&str>, language: Language) -> Problem {
    text::complaint(complaint.code(), detail, language)
}

impl<D: Desktop> Driver<D> {
    pub(super) fn language(&self) -> Language {
        self.engine.rules().language
    }

    pub(super) fn on_asked(&mut self, asked: Asked) {
        let Asked { command, reply, .. } = asked;
        let now = self.now();
        match command {
            Command::Version => reply.answer(Answer::Version {
                version: self.desk.version.clone(),
            }),
            Command::Status => reply.answer(Answer::Status(Box::new(self.status(now)))),
            Command::Why => {
                let mut sentences = self.engine.why(now);
                // What needs the person belongs to it: a console has no other page for it.
                let attention = self.engine.pages(&self.desk, now).now.attention;
                sentences.extend(attention.map(|problem| problem.to_string()));
                reply.answer(Answer::Text(sentences));
            }
            // The server keeps watchers itself.
            Command::Watch(Watch::Status) => reply.answer(Answer::Done),
            Command::Watch(Watch::Pages) => {
                self.look_at_autostart();
                reply.answer(Answer::Done);
            }
            Command::Pause(pause) => self.take(Input::Pause(pause), reply),
            Command::Resume => self.take(Input::Resume, reply),
            Command::PutBack => self.take(Input::PutBack, reply),
            Command::SetAgain => self.take(Input::SetAgain, reply),
            Command::OnePerson => self.take(Input::OnePerson, reply),
            Command::SkipAppointment { id, skip } => {
                let id = AppointmentId::new(id);
                self.take(Input::SkipAppointment { id, skip }, reply);
            }
            Command::AskCalendar => self.ask_calendar(reply),
            Command::TestCalendar => self.test_calendar(reply),
            Command::TestSip => self.test_sip_line(reply),
            Command::Call(_) if !self.settings.flag("lines.hook.enabled") => {
                reply.refuse(text::problem(Code::HookOff, None, self.language()));
            }
            Command::Call(event) => match self.hook.report(&event) {
                Ok(()) => reply.answer(Answer::Done),
                Err(fault) => reply.refuse(fault.problem(self.language())),
            },
            Command::SignIn { device_code } => {
                self.sign_in_asked = Some(reply);
                self.start_sign_in(device_code);
            }
            Command::OpenSignIn => {
                self.open_sign_in();
                reply.answer(Answer::Done);
            }
            Command::CancelSignIn => {
                self.cancel_sign_in();
                reply.answer(Answer::Done);
            }
            Command::SignOut => self.take(Input::SignOut, reply),
            Command::ConsentLink => match self.settings.entra() {
                Ok(_) => reply.answer(Answer::Text(self.desk.consent_texts(self.language()))),
                Err(fault) => reply.refuse(fault.problem(self.language())),
            },
            Command::SecretSet { secret, value } => self.set_secret(secret, value.0, reply),
            Command::SecretRemove { secret } => self.remove_secret(secret, reply),
            Command::RulesList => {
                let names = NAMES.iter().map(|name| (*name).to_owned()).collect();
                reply.answer(Answer::Text(names));
            }
            Command::RulesShow { profile } => self.show_rules(profile.as_deref(), reply),
            Command::RulesPreview(situation) => self.preview(&situation, reply),
            Command::RulesCompare { from, to } => self.compare_rules(from.as_deref(), &to, reply),
            Command::RulesBack { under } => {
                let outcome = self.settings.rules_back(&under);
                self.on_applied(outcome, reply);
            }
            Command::Lines => reply.answer(Answer::Lines(self.engine.lines())),
            Command::Doctor => self.examine(reply),
            Command::Apply(draft) => {
                let outcome = self.settings.apply(&draft);
                self.on_applied(outcome, reply);
            }
            Command::Undo => self.undo(reply),
            Command::Autostart { on } => self.set_autostart(on, reply),
            Command::HookAccess => self.hook_access(reply),
            Command::PhoneAccess => self.phone_access(reply),
            Command::RenewPhoneAccess => self.renew_phone_access(reply),
            Command::Microsip(task) => self.microsip(task, reply),
            Command::TestNotification => self.test_notification(reply),
            Command::TestSignIn => self.test_sign_in(reply),
            Command::Log => self.show_log(reply),
            Command::Report => self.report(reply),
            Command::OpenDataFolder => self.open_data_folder(reply),
            Command::TestPhone => self.test_phone(reply),
            Command::CancelTest => {
                self.cancel_test();
                reply.answer(Answer::Done);
            }
            Command::FirstRun(made) => self.move_first_run(made, reply),
            Command::OfferKeyFile { paths } => self.offer_key_file(paths, reply),
            Command::OfferTypedKey { name, key } => self.offer_typed_key(&name, &key.0, reply),
            Command::AcceptKey { number, microsoft } => self.accept_key(number, microsoft, reply),
            Command::CancelKey => self.cancel_key(reply),
            Command::OpenWindow { page } => {
                if self.open_window(page.as_deref()) {
                    reply.answer(Answer::Done);
                } else {
                    reply.refuse(text::problem(Code::WindowMissing, None, self.language()));
                }
            }
            Command::Quit => self.take(Input::Quit, reply),
        }
    }

    fn take(&mut self, input: Input, reply: Reply) {
        self.input(input);
        reply.answer(Answer::Done);
    }

    fn move_first_run(&mut self, made: FirstRunMove, reply: Reply) {
        let next = self.engine.first_run_after(&self.desk, made);
        // Finished once is finished: opened again by the person, it does not open by itself after a restart.
        if made == FirstRunMove::Again && self.settings.first_run().is_none() {
            self.first_run_again = true;
        }
        if self.first_run_again {
            self.first_run_again = next.is_some();
            self.desk.first_run = next;
        } else if let Err(refused) = self.settings.apply(&Settings::first_run_draft(next)) {
            reply.refuse(refused.fault.problem(self.language()));
            return;
        } else {
            self.desk.first_run = next;
        }
        if made == FirstRunMove::Again {
            self.open_window(Some(FIRST_RUN_PAGE));
        }
        reply.answer(Answer::Done);
    }

    /// A window that is there already comes to the front; else one is started.
    pub(super) fn open_window(&mut self, page: Option<&str>) -> bool {
        if self.server.watching(Watch::Pages) > 0 {
            self.server.publish(Event::Show {
                page: page.map(str::to_owned),
            });
            return true;
        }
        // What was refused in a window that is gone is nobody's entry any more.
        self.fill_desk();
        self.desktop.open_window(page)
    }

    /// Nobody waits for an answer to a click, so a notification says it.
    pub(super) fn say_no_window(&mut self) {
        let problem = text::problem(Code::WindowMissing, None, self.language());
        self.desktop.notify(&Notification {
            title: problem.sentence,
            body: problem.mend,
            button: Text::NoticeButton.text(self.language()).to_owned(),
            page: Page::Now,
        });
    }

    pub(super) fn start_sign_in(&mut self, device_code: bool) {
        let Some(microsoft) = &self.parts.microsoft else {
            let fault = self.settings.entra().err();
            let fault = fault.unwrap_or_else(|| Fault::new(FaultKind::Rejected, Code::ClientIdMissing));
            self.on_sign_in_ended(Err(fault));
            return;
        };
        self.desk.sign_in_problem = None;
        let way = if device_code {
            Way::DeviceCode
        } else {
            Way::Browser
        };
        let (entra, news) = (microsoft.entra.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            // The browser is opened by the desktop, which lives on the loop: `on_sign_in` sees the address.
            let outcome = entra.sign_in(way, &RIGHTS, Box::new(|_url| true)).await;
            let _ended = news.send(News::SignInEnded(outcome.map(|_account| ())));
        });
    }

    fn open_sign_in(&mut self) {
        let url = match &self.engine.facts().sign_in {
            SignIn::Browser { url } | SignIn::DeviceCode { url, .. } => url.clone(),
            SignIn::SignedOut | SignIn::Waiting(_) | SignIn::SignedIn(_) | SignIn::Expired { .. } => return,
        };
        let opened = self.desktop.open_url(&url);
        self.desk.sign_in_problem = (opened == Opened::Failed)
            .then(|| text::problem(Code::SignInBrowserFailed, None, self.language()));
    }

    pub(super) fn cancel_sign_in(&self) {
        if let Some(microsoft) = &self.parts.microsoft {
            microsoft.entra.cancel();
        }
    }

    /// The address or the code is there: the browser is opened, and who asked is told.
    pub(super) fn answer_sign_in(&mut self, sign_in: &SignIn) {
        let started = match sign_in {
            SignIn::Browser { url } => {
                // The same state told again opens no second page.
                let known =
                    matches!(&self.engine.facts().sign_in, SignIn::Browser { url: before } if before == url);
                if !known {
                    match self.desktop.open_url(url) {
                        // Without a desktop the address itself goes to whoever asked.
                        Opened::Started | Opened::Nowhere => {}
                        Opened::Failed => {
                            self.desk.sign_in_problem =
                                Some(text::problem(Code::SignInBrowserFailed, None, self.language()));
                        }
                    }
                }
                SignInStarted::Browser { url: url.clone() }
            }
            SignIn::DeviceCode { user_code, url } => SignInStarted::DeviceCode {
                user_code: user_code.clone(),
                url: url.clone(),
                minutes: 15,
            },
            SignIn::SignedOut | SignIn::Waiting(_) | SignIn::SignedIn(_) | SignIn::Expired { .. } => return,
        };
        if let Some(reply) = self.sign_in_asked.take() {
            reply.answer(Answer::SignIn(started));
        }
    }

    pub(super) fn on_sign_in_ended(&mut self, outcome: Result<(), Fault>) {
        let problem = outcome.err().map(|fault| fault.problem(self.language()));
        if let Some(reply) = self.sign_in_asked.take() {
            match &problem {
                Some(problem) => reply.refuse(problem.clone()),
                None => reply.answer(Answer::Done),
            }
        }
        // Cancelled by the person is no problem to show.
        self.desk.sign_in_problem = problem.filter(|p| p.code != Code::SignInCancelled.name());
    }

    fn set_secret(&mut self, name: SecretName, value: String, reply: Reply) {
        let (store, news) = (self.parts.store.clone(), self.news.clone());
        let language = self.language();
        let secret = SecretString::from(value);
        let (name, changed) = self.stored_as(name);
        tokio::task::spawn_local(async move {
            // Told first, so that whoever asks for a test after the answer gets one of the new password.
            let stored = store.save(&name, &secret, Ask::MayPrompt).await;
            let _ended = news.send(changed);
            match stored {
                Ok(()) => reply.answer(Answer::Done),
                Err(error) => reply.refuse(error.fault().problem(language)),
            }
        });
    }

    fn remove_secret(&mut self, name: SecretName, reply: Reply) {
        let (store, news) = (self.parts.store.clone(), self.news.clone());
        let language = self.language();
        let (stored, changed) = self.stored_as(name);
        // Those of a calendar that was set earlier, too.
        let stored = match name {
            SecretName::Calendar => ["graph", "ews", "ics"]
                .map(secrets::SecretName::calendar)
                .to_vec(),
            SecretName::Phone | SecretName::PhoneClient | SecretName::Proxy | SecretName::Sip => vec![stored],
        };
        tokio::task::spawn_local(async move {
            let mut outcome = Ok(());
            for name in &stored {
                outcome = outcome.and(store.delete(name, Ask::MayPrompt).await);
            }
            let _ended = news.send(changed);
            match outcome {
                Ok(()) => reply.answer(Answer::Done),
                Err(error) => reply.refuse(error.fault().problem(language)),
            }
        });
    }

    /// Where a secret is kept, and who is told of its change.
    fn stored_as(&self, name: SecretName) -> (secrets::SecretName, News) {
        match name {
            SecretName::Phone => (phone_secret(), News::PhoneSecretChanged),
            SecretName::PhoneClient => (secrets::SecretName::phone_client(), News::PhoneSecretChanged),
            SecretName::Proxy => (secrets::SecretName::proxy(), News::ProxySecretChanged),
            SecretName::Sip => (secrets::SecretName::line(sip::SOURCE), News::SipSecretChanged),
            SecretName::Calendar => {
                let source = self.settings.calendar_source();
                (secrets::SecretName::calendar(source), News::CalendarSecretChanged)
            }
        }
    }

    /// The reason stands beside its field until the next change.
    pub(super) fn show_refused(&mut self, key: &str, problem: &Problem) {
        if let Some(field) = self.desk.fields.get_mut(key) {
            field.refused = Some(problem.sentence.clone());
        }
        let form = &mut self.desk.phone;
        let field: Option<&mut FieldView> = match key {
            "phone.kind" => Some(&mut form.kind),
            "phone.host" => Some(&mut form.host),
            "phone.port" => Some(&mut form.port),
            "phone.user" => Some(&mut form.user),
            "phone.login" => Some(&mut form.login),
            "phone.extension" => Some(&mut form.extension),
            "phone.tls" => Some(&mut form.tls),
            "microsoft.tenant" => Some(&mut self.desk.tenant),
            "microsoft.client_id" => Some(&mut self.desk.client_id),
            _ => None,
        };
        if key.starts_with("rules.") {
            let refused = &mut self.desk.rules.refused;
            refused.insert(key.to_owned(), problem.sentence.clone());
        }
        if let Some(field) = field {
            field.refused = Some(problem.sentence.clone());
        }
    }

    fn test_phone(&mut self, reply: Reply) {
        self.tests_asked.push(reply);
        if std::mem::replace(&mut self.desk.testing, true) {
            return;
        }
        let (store, news, language) = (self.parts.store.clone(), self.news.clone(), self.language());
        let config = self.phone_config().cloned();
        self.desk.findings.clear();
        self.test.attempt += 1;
        let attempt = self.test.attempt;
        let tell = move |findings: Vec<Finding>, ended: bool| {
            let _ended = news.send(News::Tested {
                attempt,
                findings,
                ended,
            });
        };
        let task = tokio::task::spawn_local(async move {
            let findings = match config {
                Some(Ok(PhoneConfig::System(system))) => {
                    let stored = system.with_stored(&phone_secret(), &store, Ask::MayPrompt).await;
                    match stored.map(|(system, stored)| (system.enough(stored), system)) {
                        Ok((Some(secret), system)) => {
                            let mut findings = Vec::new();
                            // Each step as soon as it is known.
                            let found = |finding| {
                                findings.extend(doctor::phone_findings(vec![finding], language));
                                tell(findings.clone(), false);
                            };
                            system.test_step_by_step(&secret, found).await;
                            findings
                        }
                        Ok((None, _)) => vec![doctor::failed(
                            "secret",
                            &Fault::new(FaultKind::Rejected, Code::SecretMissing),
                            language,
                        )],
                        Err(fault) => vec![doctor::failed("secret", &fault, language)],
                    }
                }
                Some(Err(fault)) => vec![doctor::failed("settings", &fault, language)],
                None | Some(Ok(PhoneConfig::None)) => vec![doctor::failed(
                    "settings",
                    &Fault::new(FaultKind::Rejected, Code::PhoneNotConfigured).about("phone.kind"),
                    language,
                )],
            };
            tell(findings, true);
        });
        self.test.task = Some(task.abort_handle());
    }

    /// What was found so far stays.
    fn cancel_test(&mut self) {
        if let Some(task) = self.test.task.take() {
            task.abort();
        }
        // News of it that is on its way already is no longer wanted.
        self.test.attempt += 1;
        self.end_test();
    }

    pub(super) fn end_test(&mut self) {
        self.desk.testing = false;
        self.test.task = None;
        self.answer_tests();
    }

    fn answer_tests(&mut self) {
        let findings: Vec<Finding> = self.desk.findings.clone();
        for reply in self.tests_asked.drain(..) {
            reply.answer(Answer::Findings(findings.clone()));
        }
    }

    /// What was odd about our own notes and the policy's key file at the start: new settings do not mend it.
    pub(super) fn ledger_problems(&self) -> impl Iterator<Item = &Problem> {
        let all = self.desk.settings.iter();
        all.filter(|problem| {
            [
                Code::LedgerUnreadable,
                Code::KeyMemoryUnreadable,
                Code::ForcedKeyRefused,
            ]
            .iter()
            .any(|code| problem.code == code.name())
        })
    }
}
