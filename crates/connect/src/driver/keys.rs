//! Key files: offered, agreed to, taken over. Until the person agrees nothing is stored and nobody is asked.

use super::parts::phone_secret;
use super::{Driver, News};
use crate::control::Reply;
use crate::desktop::Desktop;
use crate::keys::{Memory, Offer, Offered, READ_LIMIT, Refusal, What, plan, read};
use crate::secrets::Ask;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::text::KeyText;
use offhook_pbxkey::{KeyFault, SignerKey, Trusted, check, check_typed};
use offhook_protocol::command::Answer;
use std::path::PathBuf;

/// The key files of this desk: what is remembered, and the one that is before the person.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) memory: Memory,
    pub(super) offer: Offer,
    last_number: u32,
    /// The number of the file that the organisation wants taken over.
    forced: Option<u32>,
}

/// One piece of news about a key file.
#[derive(Debug)]
pub(super) enum KeyNews {
    /// The dropped file of that number, read.
    Read {
        number: u32,
        outcome: Result<Vec<u8>, KeyFault>,
        reply: Reply,
    },
    /// The password of the phone system before is deleted, or could not be.
    Cleared {
        number: u32,
        microsoft: bool,
        outcome: Result<(), Fault>,
        reply: Reply,
    },
}

impl Keys {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            memory,
            offer: Offer::Nothing,
            last_number: 0,
            forced: None,
        }
    }

    fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }
}

impl<D: Desktop> Driver<D> {
    /// What the organisation's policy names is agreed to without a person, by the same checks.
    pub(super) fn import_forced_key(&mut self) {
        if let Some(path) = self.settings.forced_key_file() {
            self.offer_key_file(vec![path], Reply::to_nobody());
            self.keys.forced = Some(self.keys.last_number);
        }
    }

    fn take_forced(&mut self, number: u32) {
        if self.keys.forced.take_if(|forced| *forced == number).is_none() {
            return;
        }
        match &self.keys.offer {
            Offer::Offered(offered) => {
                let plan = plan(&offered.what, &self.settings);
                let changes = plan.changes(true);
                let changed = changes
                    .0
                    .iter()
                    .any(|(key, value)| self.settings.text(key) != value);
                let known = self.keys.memory.of(offered.what.name()).is_some();
                if changed || !known {
                    if let Some(fault) = &plan.blocked {
                        tracing::warn!(
                            code = fault.code.name(),
                            "the policy's key file was not taken over"
                        );
                        let code = fault.code.name();
                        self.keys.offer = Offer::Nothing;
                        self.say_forced_refused(code);
                        return;
                    }
                    self.accept_key(number, true, Reply::to_nobody());
                } else {
                    self.keys.offer = Offer::Nothing;
                }
            }
            // It stands in the view, with the reason.
            Offer::Refused(refusal) => {
                let code = refusal.code();
                tracing::warn!(code, "the policy's key file was refused");
                self.say_forced_refused(code);
            }
            Offer::Nothing | Offer::Reading(_) | Offer::Accepted { .. } => {}
        }
    }

    /// Whoever rolled it out looks at the status or asks the doctor, not at the page of the phone.
    fn say_forced_refused(&mut self, code: &str) {
        let fault = Fault::new(FaultKind::Rejected, Code::ForcedKeyRefused).about(code);
        self.desk.settings.push(fault.problem(self.language()));
    }

    pub(super) fn offer_key_file(&mut self, mut paths: Vec<String>, reply: Reply) {
        let path = match (paths.pop(), paths.is_empty()) {
            (Some(path), true) => PathBuf::from(path),
            (Some(_), false) => return self.refuse_key(Refusal::File(KeyFault::MultipleFiles), reply),
            (None, _) => return self.refuse_key(Refusal::File(KeyFault::NotAFile), reply),
        };
        let number = self.keys.next_number();
        self.keys.offer = Offer::Reading(number);
        let (done, outcome) = tokio::sync::oneshot::channel();
        // A thread of its own: a drive that is not there may hold it for minutes, and nothing waits for its end.
        let reader = std::thread::Builder::new()
            .name("key-file".to_owned())
            .spawn(move || done.send(read(&path)));
        if let Err(error) = reader {
            tracing::warn!(%error, "no thread for reading a key file");
        }
        let news = self.news.clone();
        tokio::task::spawn_local(async move {
            let outcome = match tokio::time::timeout(READ_LIMIT, outcome).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) | Err(_) => Err(KeyFault::NotAFile),
            };
            let _ended = news.send(News::Key(Box::new(KeyNews::Read {
                number,
                outcome,
                reply,
            })));
        });
    }

    pub(super) fn offer_typed_key(&mut self, name: &str, key: &str, reply: Reply) {
        let number = self.keys.next_number();
        let (name, key) = match check_typed(name, key) {
            Ok(typed) => typed,
            Err(fault) => return self.refuse_key(Refusal::Typed(fault), reply),
        };
        match self.trusted() {
            Err(fault) => return self.refuse_key(Refusal::Ours(fault), reply),
            // What is typed bears no signature; the key of a file that bore one is as good.
            Ok(trusted) if trusted.expects(&name) => {
                let known = self.keys.memory.of(&name);
                if known.is_none_or(|known| known.key != key) {
                    let fault = KeyFault::UntrustedSigner { signer: None };
                    return self.refuse_key(Refusal::Typed(fault), reply);
                }
            }
            Ok(_) => {}
        }
        let what = What::Typed { name, key };
        self.keys.offer = Offer::Offered(Box::new(Offered { number, what }));
        reply.answer(Answer::Done);
    }

    pub(super) fn on_key_news(&mut self, news: KeyNews) {
        match news {
            KeyNews::Read {
                number,
                outcome,
                reply,
            } => {
                // Another file came meanwhile, or the person no longer wants it.
                if !matches!(self.keys.offer, Offer::Reading(reading) if reading == number) {
                    reply.answer(Answer::Done);
                    return;
                }
                match outcome {
                    Ok(bytes) => self.check_file(number, bytes, reply),
                    Err(fault) => self.refuse_key(Refusal::File(fault), reply),
                }
                self.take_forced(number);
            }
            KeyNews::Cleared {
                number,
                microsoft,
                outcome,
                reply,
            } => {
                let language = self.engine.rules().language;
                match (self.offered(number), outcome) {
                    (None, _) => reply.refuse(offer_gone().problem(language)),
                    (Some(_), Err(fault)) => reply.refuse(fault.problem(language)),
                    (Some(offered), Ok(())) => {
                        self.desk.phone.password_stored = false;
                        self.take_over(&offered.what, microsoft, reply);
                    }
                }
            }
        }
    }

    fn check_file(&mut self, number: u32, bytes: Vec<u8>, reply: Reply) {
        match self.checked(bytes) {
            Ok(what) => {
                self.keys.offer = Offer::Offered(Box::new(Offered { number, what }));
                reply.answer(Answer::Done);
            }
            Err(refusal) => self.refuse_key(refusal, reply),
        }
    }

    fn checked(&self, bytes: Vec<u8>) -> Result<What, Refusal> {
        let trusted = self.trusted().map_err(Refusal::Ours)?;
        let checked = Box::new(check(&bytes, self.now().wall, &trusted).map_err(Refusal::File)?);
        Ok(What::File { bytes, checked })
    }

    /// Whom this desk expects to sign: who the settings or the organisation name, else who was first.
    fn trusted(&self) -> Result<Trusted, Fault> {
        const KEY: &str = "phone.key_signers";
        let named = self.settings.words(KEY);
        if named.is_empty() {
            return Ok(self.keys.memory.signers());
        }
        named.iter().try_fold(Trusted::nobody(), |trusted, word| {
            let signer: SignerKey = word
                .parse()
                .map_err(|_| Fault::new(FaultKind::Rejected, Code::SettingsValue).about(KEY))?;
            Ok(trusted.with_signer(signer))
        })
    }

    /// The refusal stands in the view, so that a drop, which nobody waits for, shows it as well.
    fn refuse_key(&mut self, refusal: Refusal, reply: Reply) {
        self.keys.offer = Offer::Refused(refusal);
        reply.answer(Answer::Done);
    }

    fn offered(&self, number: u32) -> Option<Offered> {
        match &self.keys.offer {
            Offer::Offered(offered) if offered.number == number => Some((**offered).clone()),
            Offer::Nothing
            | Offer::Reading(_)
            | Offer::Refused(_)
            | Offer::Offered(_)
            | Offer::Accepted { .. } => None,
        }
    }

    pub(super) fn accept_key(&mut self, number: u32, microsoft: bool, reply: Reply) {
        let language = self.engine.rules().language;
        let Some(mut offered) = self.offered(number) else {
            reply.refuse(offer_gone().problem(language));
            return;
        };
        if let What::File { bytes, .. } = offered.what {
            // It may have run out since, or the signer may be another one's by now.
            match self.checked(bytes) {
                Ok(what) => offered.what = what,
                Err(refusal) => return self.refuse_key(refusal, reply),
            }
        }
        let plan = plan(&offered.what, &self.settings);
        if let Some(fault) = &plan.blocked {
            reply.refuse(fault.problem(language));
            return;
        }
        if plan.replaces.is_none() {
            self.take_over(&offered.what, microsoft, reply);
            return;
        }
        // Before anything connects to the new phone system, the old one's password is gone.
        let (store, news) = (self.parts.store.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            let outcome = store.delete(&phone_secret(), Ask::MayPrompt).await;
            let _ended = news.send(News::Key(Box::new(KeyNews::Cleared {
                number,
                microsoft,
                outcome: outcome.map_err(|error| error.fault()),
                reply,
            })));
        });
    }

    /// First what is remembered, then the settings: a crash in between leaves a known signer and nothing connected.
    fn take_over(&mut self, what: &What, microsoft: bool, reply: Reply) {
        let language = self.engine.rules().language;
        let plan = plan(what, &self.settings);
        let signer = match what {
            What::File { checked, .. } => checked.signer_to_remember().map(|(_, signer)| signer),
            What::Typed { .. } => None,
        };
        let agreed = self.now().wall;
        let remembered = self.keys.memory.remember(what.name(), what.key(), signer, agreed);
        if let Err(error) = remembered {
            tracing::warn!(%error, "keys.json could not be written");
            let fault = Fault::new(FaultKind::Rejected, Code::LedgerNotWritten).about("keys.json");
            reply.refuse(fault.problem(language));
            return;
        }
        if let Err(refused) = self.settings.apply(&plan.changes(microsoft)) {
            reply.refuse(refused.fault.problem(language));
            return;
        }
        tracing::info!(key_id = %what.key().id(), "a phone key was taken over");
        let mut next = Vec::new();
        if plan.spoken {
            if self.settings.text("phone.kind") == "none" || plan.kind.is_none() {
                next.push(KeyText::NextKind);
            }
            next.extend([KeyText::NextUser, KeyText::NextTest]);
        }
        self.keys.offer = Offer::Accepted {
            name: what.name().clone(),
            next,
        };
        self.settings_changed();
        reply.answer(Answer::Done);
    }

    pub(super) fn cancel_key(&mut self, reply: Reply) {
        self.keys.offer = Offer::Nothing;
        reply.answer(Answer::Done);
    }
}

fn offer_gone() -> Fault {
    Fault::new(FaultKind::Rejected, Code::KeyOfferGone)
}
