//! Access tokens: given out, refreshed one at a time, refused.

use super::{Actor, Note, Pause, Renewed, State};
use crate::entra::access::{Access, Freshness};
use crate::entra::client::Oauth;
use crate::entra::config::{EntraConfig, rights_in, scopes_for};
use crate::entra::error::EntraError;
use crate::entra::stored;
use crate::secrets::{Ask, SecretName, SecretStore};
use offhook_engine::clock::Now;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Account;
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;

/// Two refusals of fresh tokens by Graph this close together are not mended by a third token.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);
/// How long to leave it at that.
const REFUSED_WAIT: Duration = Duration::from_secs(5 * 60);

impl Actor {
    pub(super) fn on_access_token(&mut self, reply: oneshot::Sender<Result<SecretString, Fault>>) {
        let now = self.clock.now();
        if let State::SignedIn(session) = &self.state
            && let Some(access) = &session.access
        {
            match access.freshness(now) {
                Freshness::Gone => {}
                Freshness::Ageing => {
                    let _ = reply.send(Ok(access.token.clone()));
                    return self.refresh();
                }
                Freshness::Good => {
                    let _ = reply.send(Ok(access.token.clone()));
                    return;
                }
            }
        }
        match self.no_token() {
            Some(fault) => {
                let _ = reply.send(Err(fault));
            }
            None => {
                self.waiters.push(reply);
                if matches!(self.state, State::SignedIn(_)) {
                    self.refresh();
                }
            }
        }
    }

    /// Why nothing that is under way will bring a token; `None`: wait for it.
    pub(super) fn no_token(&self) -> Option<Fault> {
        if self.adopting || self.refreshing.is_some() {
            return None;
        }
        match &self.state {
            State::Waiting(fault) => fault.clone(),
            State::SignedOut => Some(EntraError::SignedOut.fault()),
            State::Useless { fault, .. } => Some(fault.clone()),
            State::SignedIn(_) => self.pausing().map(|pause| pause.fault.clone()),
        }
    }

    pub(super) fn pausing(&self) -> Option<&Pause> {
        let now = self.clock.now().mono;
        self.pause
            .as_ref()
            .filter(|pause| pause.until.is_none_or(|until| now < until))
    }

    /// Starts a refresh, if none is under way and Entra may be asked. One at a time: of two, the later one's
    /// token would be lost (`facts/graph.md`, section 4.4).
    pub(super) fn refresh(&mut self) {
        if self.ending.is_some() || self.adopting || self.refreshing.is_some() || self.pausing().is_some() {
            return;
        }
        let State::SignedIn(session) = &self.state else {
            return;
        };
        let (oauth, store, config) = (self.oauth.clone(), self.store.clone(), self.config.clone());
        let (account, before) = (session.account.clone(), session.refresh.clone());
        let (epoch, asked) = (self.epoch, self.clock.now());
        let task = self.beside(async move {
            let outcome = renew(&oauth, &store, &config, account, &before).await;
            Note::Refreshed {
                epoch,
                asked,
                outcome,
            }
        });
        self.refreshing = Some(task);
    }

    pub(super) fn on_refreshed(&mut self, asked: Now, outcome: Result<Renewed, EntraError>) {
        self.refreshing = None;
        let State::SignedIn(session) = &mut self.state else {
            return;
        };
        match outcome {
            Ok(Renewed {
                tokens,
                account,
                saved,
            }) => {
                session.access = Some(Access::new(tokens.access, asked, tokens.life));
                session.account = account;
                session.rejected = None;
                self.pause = None;
                self.pace.reset();
                self.slow_pace.reset();
                // Without a new one, something older may still have to be stored.
                if let Some(refresh) = tokens.refresh {
                    session.refresh = refresh;
                    self.on_saved(saved);
                }
            }
            Err(error) => {
                let fault = self.config.name(error.fault());
                tracing::warn!(%error, "no fresh token");
                let now = self.clock.now().mono;
                let wait = match fault.kind {
                    FaultKind::Unreachable => Some(self.pace.wait()),
                    FaultKind::Throttled { retry_after } => {
                        Some(retry_after.unwrap_or_default().max(self.pace.wait()))
                    }
                    // What depends on the place or the device may mend itself; the rest needs the person.
                    FaultKind::SignInRequired => {
                        matches!(fault.code, Code::BlockedByPolicy | Code::DeviceNotCompliant)
                            .then(|| self.slow_pace.wait())
                    }
                    FaultKind::Rejected | FaultKind::RightMissing => Some(self.slow_pace.wait()),
                };
                if matches!(
                    fault.kind,
                    FaultKind::SignInRequired | FaultKind::Rejected | FaultKind::RightMissing
                ) {
                    session.rejected = Some(fault.clone());
                }
                self.pause = Some(Pause {
                    until: wait.map(|wait| now + wait),
                    fault,
                });
            }
        }
        self.tell();
        self.answer_waiters();
    }

    /// Nothing that they wait for is under way any more.
    pub(super) fn answer_waiters(&mut self) {
        for waiter in std::mem::take(&mut self.waiters) {
            self.on_access_token(waiter);
        }
    }

    pub(super) fn on_refused(&mut self, token: &SecretString) {
        let now = self.clock.now().mono;
        let State::SignedIn(session) = &mut self.state else {
            return;
        };
        let same = |access: &Access| -> bool {
            access
                .token
                .expose_secret()
                .as_bytes()
                .ct_eq(token.expose_secret().as_bytes())
                .into()
        };
        // Otherwise it was replaced meanwhile.
        if !session.access.as_ref().is_some_and(same) {
            return;
        }
        session.access = None;
        if self
            .refused
            .is_some_and(|before| now.since(before) < REFUSED_AGAIN)
        {
            let fault = Fault::new(FaultKind::SignInRequired, Code::GraphTokenRefused);
            session.rejected = Some(fault.clone());
            self.pause = Some(Pause {
                until: Some(now + REFUSED_WAIT),
                fault,
            });
            self.tell();
        }
        self.refused = Some(now);
    }

    pub(super) fn warm_up(&mut self) {
        let now = self.clock.now();
        let State::SignedIn(session) = &self.state else {
            return;
        };
        if session
            .access
            .as_ref()
            .is_none_or(|access| access.wants_warmth(now))
        {
            self.refresh();
        }
    }

    pub(super) fn try_again(&mut self) {
        self.do_chore();
        let State::SignedIn(session) = &self.state else {
            return;
        };
        // Entra asked for the wait itself, or the person has to act: waking up changes neither.
        let waits = match self.pause.as_ref().map(|pause| pause.fault.kind) {
            Some(FaultKind::Unreachable) => {
                self.pause = None;
                self.pace.reset();
                false
            }
            Some(
                FaultKind::Throttled { .. }
                | FaultKind::SignInRequired
                | FaultKind::Rejected
                | FaultKind::RightMissing,
            ) => true,
            None => false,
        };
        let now = self.clock.now();
        if !waits
            && session
                .access
                .as_ref()
                .is_none_or(|access| access.freshness(now) != Freshness::Good)
        {
            self.refresh();
        }
    }
}

/// Refreshes, and stores a new refresh token before anything of the answer is used.
async fn renew(
    oauth: &Oauth,
    store: &SecretStore,
    config: &EntraConfig,
    mut account: Account,
    before: &SecretString,
) -> Result<Renewed, EntraError> {
    let tokens = oauth.refresh(before, &scopes_for(&account.rights)).await?;
    if let Some(granted) = &tokens.scopes {
        account.rights = rights_in(granted.iter().map(String::as_str));
    }
    let saved = match &tokens.refresh {
        Some(refresh) => {
            let value = stored::write(config, &account, refresh);
            store.save(&SecretName::microsoft(), &value, Ask::Quietly).await
        }
        None => Ok(()),
    };
    Ok(Renewed {
        tokens,
        account,
        saved,
    })
}
