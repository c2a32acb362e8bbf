//! The sign-in in the secret store: loaded, saved, deleted, and tried again.

use super::{Actor, Chore, Note, Session, State, microsoft};
use crate::entra::stored::{self, Found};
use crate::secrets::{Ask, SecretError, SecretName, again_after};
use offhook_engine::fault::{Code, Fault, FaultKind};
use secrecy::SecretString;
use tokio::sync::oneshot;

impl Actor {
    pub(super) fn load(&mut self, ask: Ask) {
        let (store, epoch) = (self.store.clone(), self.epoch);
        self.beside(async move {
            Note::Loaded {
                epoch,
                found: store.load(&SecretName::microsoft(), ask).await,
            }
        });
    }

    pub(super) fn on_loaded(&mut self, found: Result<Option<SecretString>, SecretError>) {
        let useless = |account, code| {
            let fault = Fault::new(FaultKind::SignInRequired, code).about("Microsoft");
            State::Useless { account, fault }
        };
        self.state = match found {
            Ok(None) => State::SignedOut,
            Ok(Some(text)) => match stored::read(&self.config, &text) {
                Found::Usable { account, refresh } => State::SignedIn(Box::new(Session {
                    account,
                    refresh,
                    access: None,
                    rejected: None,
                })),
                Found::Foreign(account) => useless(Some(account), Code::SignInNeeded),
                Found::Damaged => useless(None, Code::SecretDamaged),
            },
            Err(error) if error.passes() => {
                tracing::warn!(%error, tries = self.tries, "the secret store could not be asked for the sign-in");
                self.again_later(Chore::Load);
                State::Waiting(Some(error.fault()))
            }
            Err(_) => useless(None, Code::SecretDamaged),
        };
        self.tell();
        match &self.state {
            // So that the first request finds a token.
            State::SignedIn(_) => self.refresh(),
            State::Waiting(_) | State::SignedOut | State::Useless { .. } => self.answer_waiters(),
        }
    }

    pub(super) fn on_saved(&mut self, outcome: Result<(), SecretError>) {
        self.saving = false;
        match outcome {
            Ok(()) => {
                self.tries = 0;
                self.chore = None;
                self.trouble.send_replace(None);
            }
            Err(error) => {
                tracing::warn!(%error, "the new refresh token could not be stored; it is kept in memory");
                self.again_later(Chore::Save);
                self.trouble
                    .send_replace(Some(microsoft(FaultKind::Unreachable, Code::SecretNotSaved)));
            }
        }
    }

    pub(super) fn on_deleted(
        &mut self,
        epoch: u64,
        outcome: Result<(), SecretError>,
        reply: Option<oneshot::Sender<Result<String, Fault>>>,
    ) {
        let answer = match outcome {
            Ok(()) => {
                if epoch == self.epoch {
                    self.tries = 0;
                    self.trouble.send_replace(None);
                }
                Ok(self.config.logout_url())
            }
            Err(error) => {
                tracing::warn!(%error, "the stored sign-in could not be deleted");
                let fault = microsoft(FaultKind::Unreachable, Code::SecretNotDeleted);
                // After a new sign-in there is nothing of the old one left to delete.
                if epoch == self.epoch {
                    self.again_later(Chore::Delete);
                    self.trouble.send_replace(Some(fault.clone()));
                }
                Err(fault)
            }
        };
        if let Some(reply) = reply {
            let _ = reply.send(answer);
        }
    }

    pub(super) fn again_later(&mut self, chore: Chore) {
        self.tries = self.tries.saturating_add(1);
        self.chore = Some((chore, self.clock.now().mono + again_after(self.tries)));
    }

    pub(super) fn do_chore(&mut self) {
        let Some((chore, _)) = self.chore.take() else {
            return;
        };
        match chore {
            Chore::Load => self.load(Ask::Quietly),
            Chore::Save => {
                let State::SignedIn(session) = &self.state else {
                    return;
                };
                let value = stored::write(&self.config, &session.account, &session.refresh);
                let (store, epoch) = (self.store.clone(), self.epoch);
                self.saving = true;
                self.beside(async move {
                    let outcome = store.save(&SecretName::microsoft(), &value, Ask::Quietly).await;
                    Note::Saved { epoch, outcome }
                });
            }
            Chore::Delete => self.delete(Ask::Quietly, None),
        }
    }

    pub(super) fn delete(&mut self, ask: Ask, reply: Option<oneshot::Sender<Result<String, Fault>>>) {
        let (store, epoch) = (self.store.clone(), self.epoch);
        self.beside(async move {
            let outcome = store.delete(&SecretName::microsoft(), ask).await;
            Note::Deleted {
                epoch,
                outcome,
                reply,
            }
        });
    }
}
