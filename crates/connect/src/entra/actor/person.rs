//! What the person starts: signing in, cancelling, signing out.

use super::{Actor, Note, Reply, Session, State, UnderWay};
use crate::entra::access::Access;
use crate::entra::error::EntraError;
use crate::entra::flow::{Flow, Signed};
use crate::entra::handle::{Open, Way};
use crate::entra::stored;
use crate::secrets::{Ask, SecretError, SecretName};
use offhook_engine::clock::Now;
use offhook_engine::fault::{Code, Fault};
use offhook_engine::teams::{Account, Right};
use tokio::sync::oneshot;

impl Actor {
    pub(super) fn sign_in(&mut self, way: Way, rights: &[Right], beside: bool, open: Open, reply: Reply) {
        self.end_flow(&EntraError::Cancelled);
        let account = self.account().cloned();
        let mut rights: Vec<Right> = rights
            .iter()
            .chain(account.iter().flat_map(|account| &account.rights))
            .copied()
            .collect();
        rights.sort_unstable();
        rights.dedup();
        self.flows += 1;
        let mut texts = self.texts.clone();
        if beside && self.has_session() {
            texts.not_done.clone_from(&texts.not_further);
        }
        let flow = Flow {
            id: self.flows,
            config: self.config.clone(),
            texts,
            oauth: self.oauth.clone(),
            rights,
            hint: account
                .map(|account| account.address)
                .filter(|address| !address.is_empty()),
            notes: self.notes.clone(),
        };
        let (id, clock) = (flow.id, self.clock.clone());
        let task = self.beside(async move {
            let outcome = Box::pin(flow.run(way, open)).await;
            Note::Signed {
                flow: id,
                asked: clock.now(),
                outcome,
            }
        });
        self.flow = Some(UnderWay {
            id,
            task,
            reply,
            shown: None,
            beside,
        });
    }

    pub(super) fn end_flow(&mut self, why: &EntraError) {
        if let Some(under_way) = self.flow.take() {
            under_way.task.abort();
            let _ = under_way.reply.send(Err(why.fault()));
            self.forget_browser();
        }
    }

    pub(super) fn on_signed(&mut self, flow: u64, asked: Now, outcome: Result<Signed, EntraError>) {
        let Some(under_way) = self.flow.take_if(|under_way| under_way.id == flow) else {
            return;
        };
        match outcome {
            Err(error) => {
                tracing::warn!(%error, "the sign-in failed");
                let _ = under_way.reply.send(Err(self.config.name(error.fault())));
                self.forget_browser();
                self.tell();
            }
            Ok(signed) => {
                // From here on the older account's token must not be stored over the new one.
                self.new_epoch();
                self.adopting = true;
                let value = stored::write(&self.config, &signed.account, &signed.refresh);
                let (store, epoch) = (self.store.clone(), self.epoch);
                let (signed, reply) = (Box::new(signed), under_way.reply);
                self.beside(async move {
                    let saved = store.save(&SecretName::microsoft(), &value, Ask::MayPrompt).await;
                    Note::Adopted {
                        epoch,
                        signed,
                        asked,
                        saved,
                        reply,
                    }
                });
            }
        }
    }

    /// A browser that did not open is no trouble once nobody waits for it.
    pub(super) fn forget_browser(&self) {
        self.trouble.send_if_modified(|trouble| {
            trouble
                .take_if(|fault| fault.code == Code::SignInBrowserFailed)
                .is_some()
        });
    }

    pub(super) fn on_adopted(
        &mut self,
        epoch: u64,
        signed: Signed,
        asked: Now,
        saved: Result<(), SecretError>,
        reply: Reply,
    ) {
        if epoch != self.epoch {
            // Signed out, or signed in anew, while it was being stored.
            let _ = reply.send(Err(EntraError::Cancelled.fault()));
            return;
        }
        self.adopting = false;
        let access = Some(Access::new(signed.access, asked, signed.life));
        let account = signed.account.clone();
        self.state = State::SignedIn(Box::new(Session {
            account: signed.account,
            refresh: signed.refresh,
            access,
            rejected: None,
        }));
        self.on_saved(saved);
        self.tell();
        let _ = reply.send(Ok(account));
        self.answer_waiters();
    }

    pub(super) fn sign_out(&mut self, reply: oneshot::Sender<Result<String, Fault>>) {
        self.end_flow(&EntraError::Cancelled);
        self.new_epoch();
        self.state = State::SignedOut;
        self.answer_waiters();
        self.tell();
        self.delete(Ask::MayPrompt, Some(reply));
    }

    /// What was under way for the account before is of no use now.
    pub(super) fn new_epoch(&mut self) {
        self.epoch += 1;
        if let Some(task) = self.refreshing.take() {
            task.abort();
        }
        self.adopting = false;
        self.saving = false;
        self.chore = None;
        self.tries = 0;
        self.pause = None;
        self.refused = None;
        self.pace.reset();
        self.slow_pace.reset();
    }

    pub(super) fn account(&self) -> Option<&Account> {
        match &self.state {
            State::SignedIn(session) => Some(&session.account),
            State::Useless { account, .. } => account.as_ref(),
            State::Waiting(_) | State::SignedOut => None,
        }
    }
}
