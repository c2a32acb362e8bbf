//! SIP as a call source: it signs in with a password of its own, which the keyring may have to be asked for.

use super::{Driver, News};
use crate::control::Reply;
use crate::desktop::Desktop;
use crate::doctor;
use crate::lines::sip;
use crate::phones::sip::{SipConfig, test_step_by_step};
use crate::secrets::{Ask, SecretName, again_after};
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{LineEvent, SourceId};
use offhook_protocol::command::{Answer, Finding};
use offhook_protocol::settings::TestView;
use secrecy::SecretString;

#[derive(Debug, Default)]
pub(super) struct SipLine {
    /// `None`: it is switched off.
    config: Option<Result<SipConfig, Fault>>,
    /// Passwords are told apart by the settings they were loaded for.
    attempt: u64,
    tries: u32,
    tests: Vec<Reply>,
}

impl SipLine {
    /// The password is to be loaded from elsewhere.
    pub(super) fn forget(&mut self) {
        self.config = None;
    }
}

impl<D: Desktop> Driver<D> {
    pub(super) fn start_sip_line(&mut self) {
        let config = self.settings.sip_line();
        if self.parts.sip_line.config == config {
            return;
        }
        self.parts.sip_line.config = config;
        self.parts.sip_line.tries = 0;
        self.restart_sip_line();
    }

    /// The source anew, with the password as it is stored now.
    pub(super) fn restart_sip_line(&mut self) {
        let source = SourceId::new(sip::SOURCE);
        self.parts.lines.remove(&source);
        self.parts.sip_line.attempt += 1;
        self.input(Input::LineGone(source));
        match self.parts.sip_line.config.clone() {
            None => {}
            Some(Err(fault)) => self.sip_line_is_down(fault),
            Some(Ok(_)) => self.load_sip_secret(),
        }
    }

    fn sip_line_is_down(&mut self, fault: Fault) {
        self.input(Input::Line(SourceId::new(sip::SOURCE), LineEvent::Down(fault)));
    }

    fn load_sip_secret(&self) {
        let line = &self.parts.sip_line;
        let (attempt, tries) = (line.attempt, line.tries);
        let (store, news) = (self.parts.store.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            let ask = if tries == 0 { Ask::MayPrompt } else { Ask::Quietly };
            if tries > 0 {
                tokio::time::sleep(again_after(tries)).await;
            }
            let secret = store.load(&SecretName::line(sip::SOURCE), ask).await;
            let secret = secret.map_err(|error| error.fault());
            let _ended = news.send(News::SipSecret { attempt, secret });
        });
    }

    pub(super) fn on_sip_secret(&mut self, attempt: u64, secret: Result<Option<SecretString>, Fault>) {
        if attempt != self.parts.sip_line.attempt {
            return;
        }
        match secret {
            Ok(stored) => {
                self.desk.sip_password = stored.is_some();
                let Some(Ok(config)) = self.parts.sip_line.config.clone() else {
                    return;
                };
                let Some(secret) = stored else {
                    self.sip_line_is_down(Fault::new(FaultKind::Rejected, Code::SipSecretMissing));
                    return;
                };
                self.parts.sip_line.tries = 0;
                let handle = sip::spawn(config, secret, self.parts.line_events.clone());
                self.parts.lines.insert(SourceId::new(sip::SOURCE), handle);
            }
            Err(fault) => {
                self.sip_line_is_down(fault);
                self.parts.sip_line.tries += 1;
                self.load_sip_secret();
            }
        }
    }

    /// Looks with the settings and the password as they stand, and changes nothing.
    pub(super) fn test_sip_line(&mut self, reply: Reply) {
        self.parts.sip_line.tests.push(reply);
        if std::mem::replace(&mut self.desk.sip_test.running, true) {
            return;
        }
        self.desk.sip_test.findings.clear();
        let (store, news, language) = (self.parts.store.clone(), self.news.clone(), self.language());
        // Also before it is switched on.
        let config = self.settings.sip_account();
        tokio::task::spawn_local(async move {
            let tell = |findings: Vec<Finding>, ended: bool| {
                let _ended = news.send(News::SipTested { findings, ended });
            };
            let name = SecretName::line(sip::SOURCE);
            let stored = match &config {
                Ok(_) => store
                    .load(&name, Ask::MayPrompt)
                    .await
                    .map_err(|error| ("secret", error.fault())),
                Err(fault) => Err(("settings", fault.clone())),
            };
            let findings = match (config, stored) {
                (Ok(config), Ok(Some(secret))) => {
                    let mut findings = Vec::new();
                    // Each step as soon as it is known.
                    let found = |finding| {
                        findings.extend(doctor::phone_findings(vec![sip::told(finding)], language));
                        tell(findings.clone(), false);
                    };
                    Box::pin(test_step_by_step(&config.calls_only(), &secret, found)).await;
                    findings
                }
                (Ok(_), Ok(None)) => {
                    let missing = Fault::new(FaultKind::Rejected, Code::SipSecretMissing);
                    vec![doctor::failed("secret", &missing, language)]
                }
                (_, Err((what, fault))) => vec![doctor::failed(what, &fault, language)],
                (Err(fault), Ok(_)) => vec![doctor::failed("settings", &fault, language)],
            };
            tell(findings, true);
        });
    }

    pub(super) fn on_sip_tested(&mut self, findings: Vec<Finding>, ended: bool) {
        self.desk.sip_test = TestView {
            running: !ended,
            findings: findings.clone(),
        };
        if ended {
            for reply in self.parts.sip_line.tests.drain(..) {
                reply.answer(Answer::Findings(findings.clone()));
            }
        }
    }
}
