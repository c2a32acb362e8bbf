//! The task that owns the sign-in.
//!
//! What takes time runs beside it and comes back as a [`Note`]; whatever was started for an account that is no
//! longer the one is known by its epoch and ignored.

use super::access::{Access, Freshness};
use super::client::{Oauth, Tokens};
use super::config::{EntraConfig, rights_in, scopes_for};
use super::error::EntraError;
use super::flow::{Flow, Signed};
use super::handle::{Command, Open, Way};
use super::stored::{self, Found};
use super::{Clock, PageTexts};
use crate::backoff::Backoff;
use crate::clock::Alarm;
use crate::secrets::{Ask, SecretError, SecretName, SecretStore, again_after};
use offhook_engine::clock::{Instant, Now};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::{Account, Right, SignIn};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

/// Two refusals of fresh tokens by Graph this close together are not mended by a third token.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);
/// How long to leave it at that.
const REFUSED_WAIT: Duration = Duration::from_secs(5 * 60);

/// Says what became of something that ran beside the actor.
pub(super) enum Note {
    Loaded {
        epoch: u64,
        found: Result<Option<SecretString>, SecretError>,
    },
    Refreshed {
        epoch: u64,
        asked: Now,
        outcome: Result<Renewed, EntraError>,
    },
    Saved {
        epoch: u64,
        outcome: Result<(), SecretError>,
    },
    Deleted {
        epoch: u64,
        outcome: Result<(), SecretError>,
        reply: Option<oneshot::Sender<Result<String, Fault>>>,
    },
    Shown {
        flow: u64,
        sign_in: SignIn,
    },
    Opened {
        flow: u64,
        opened: bool,
    },
    Signed {
        flow: u64,
        asked: Now,
        outcome: Result<Signed, EntraError>,
    },
    Adopted {
        epoch: u64,
        signed: Box<Signed>,
        asked: Now,
        saved: Result<(), SecretError>,
        reply: Reply,
    },
}

type Reply = oneshot::Sender<Result<Account, Fault>>;

/// A refresh's gain, and whether the store has it.
pub(super) struct Renewed {
    tokens: Tokens,
    account: Account,
    saved: Result<(), SecretError>,
}

enum State {
    /// The store is being asked, for the first time or again.
    Waiting(Option<Fault>),
    SignedOut,
    SignedIn(Box<Session>),
    /// Something was stored that is of no use.
    Useless {
        account: Option<Account>,
        fault: Fault,
    },
}

struct Session {
    account: Account,
    refresh: SecretString,
    access: Option<Access>,
    /// Entra takes the refresh token no longer, or not now.
    rejected: Option<Fault>,
}

/// No refresh before then; `None`: not by itself.
struct Pause {
    until: Option<Instant>,
    fault: Fault,
}

/// What the store has yet to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chore {
    Load,
    Save,
    Delete,
}

struct UnderWay {
    id: u64,
    task: AbortHandle,
    reply: Reply,
    shown: Option<SignIn>,
}

pub(super) struct Actor {
    config: EntraConfig,
    texts: PageTexts,
    store: SecretStore,
    oauth: Oauth,
    clock: Clock,
    events: mpsc::UnboundedSender<SignIn>,
    trouble: watch::Sender<Option<Fault>>,
    notes: mpsc::UnboundedSender<Note>,
    tasks: JoinSet<()>,
    state: State,
    told: Option<SignIn>,
    /// Counts the accounts: each sign-in and each sign-out is a new one.
    epoch: u64,
    flow: Option<UnderWay>,
    flows: u64,
    refreshing: Option<AbortHandle>,
    /// A new sign-in is being stored.
    adopting: bool,
    waiters: Vec<oneshot::Sender<Result<SecretString, Fault>>>,
    pace: Backoff,
    slow_pace: Backoff,
    pause: Option<Pause>,
    /// When Graph last refused a token.
    refused: Option<Instant>,
    chore: Option<(Chore, Instant)>,
    tries: u32,
}

/// What the actor is made of.
pub(super) struct Parts {
    pub config: EntraConfig,
    pub texts: PageTexts,
    pub store: SecretStore,
    pub oauth: Oauth,
    pub clock: Clock,
    pub events: mpsc::UnboundedSender<SignIn>,
    pub trouble: watch::Sender<Option<Fault>>,
}

/// Runs until the last handle is gone.
pub(super) async fn run(parts: Parts, mut commands: mpsc::UnboundedReceiver<Command>) {
    let (notes, mut inbox) = mpsc::unbounded_channel();
    let Parts {
        config,
        texts,
        store,
        oauth,
        clock,
        events,
        trouble,
    } = parts;
    let mut actor = Actor {
        config,
        texts,
        store,
        oauth,
        clock,
        events,
        trouble,
        notes,
        tasks: JoinSet::new(),
        state: State::Waiting(None),
        told: None,
        epoch: 0,
        flow: None,
        flows: 0,
        refreshing: None,
        adopting: false,
        waiters: Vec::new(),
        pace: Backoff::connection(),
        slow_pace: Backoff::refused(),
        pause: None,
        refused: None,
        chore: None,
        tries: 0,
    };
    actor.load(Ask::MayPrompt);
    let alarm = Alarm::new();
    loop {
        let wait = actor.chore.map(|(_, at)| at.since(actor.clock.now().mono));
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => actor.on_command(command),
                None => return,
            },
            Some(note) = inbox.recv() => actor.on_note(note),
            Some(_ended) = actor.tasks.join_next() => {}
            () = alarm.ring(wait) => actor.do_chore(),
        }
    }
}

impl Actor {
    fn on_command(&mut self, command: Command) {
        match command {
            Command::SignIn {
                way,
                rights,
                open,
                reply,
            } => self.sign_in(way, &rights, open, reply),
            Command::Cancel => {
                self.end_flow(&EntraError::Cancelled);
                self.tell();
            }
            Command::SignOut { reply } => self.sign_out(reply),
            Command::AccessToken { reply } => self.on_access_token(reply),
            Command::Refused { token } => self.on_refused(&token),
            Command::WarmUp => self.warm_up(),
            Command::TryAgain => self.try_again(),
        }
    }

    fn on_note(&mut self, note: Note) {
        match note {
            Note::Loaded { epoch, found } if epoch == self.epoch => self.on_loaded(found),
            Note::Refreshed {
                epoch,
                asked,
                outcome,
            } if epoch == self.epoch => self.on_refreshed(asked, outcome),
            Note::Saved { epoch, outcome } if epoch == self.epoch => self.on_saved(outcome),
            Note::Deleted {
                epoch,
                outcome,
                reply,
            } => self.on_deleted(epoch, outcome, reply),
            Note::Shown { flow, sign_in } => {
                if let Some(under_way) = self.flow.as_mut().filter(|under_way| under_way.id == flow) {
                    under_way.shown = Some(sign_in);
                    self.tell();
                }
            }
            Note::Opened { flow, opened } => {
                if !opened && self.flow.as_ref().is_some_and(|under_way| under_way.id == flow) {
                    self.trouble.send_replace(Some(EntraError::BrowserFailed.fault()));
                }
            }
            Note::Signed { flow, asked, outcome } => self.on_signed(flow, asked, outcome),
            Note::Adopted {
                epoch,
                signed,
                asked,
                saved,
                reply,
            } => self.on_adopted(epoch, *signed, asked, saved, reply),
            Note::Loaded { .. } | Note::Refreshed { .. } | Note::Saved { .. } => {}
        }
    }

    // The store.

    fn load(&mut self, ask: Ask) {
        let (store, epoch) = (self.store.clone(), self.epoch);
        self.beside(async move {
            Note::Loaded {
                epoch,
                found: store.load(&SecretName::microsoft(), ask).await,
            }
        });
    }

    fn on_loaded(&mut self, found: Result<Option<SecretString>, SecretError>) {
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

    fn on_saved(&mut self, outcome: Result<(), SecretError>) {
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

    fn on_deleted(
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

    fn again_later(&mut self, chore: Chore) {
        self.tries = self.tries.saturating_add(1);
        self.chore = Some((chore, self.clock.now().mono + again_after(self.tries)));
    }

    fn do_chore(&mut self) {
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
                self.beside(async move {
                    let outcome = store.save(&SecretName::microsoft(), &value, Ask::Quietly).await;
                    Note::Saved { epoch, outcome }
                });
            }
            Chore::Delete => self.delete(Ask::Quietly, None),
        }
    }

    fn delete(&mut self, ask: Ask, reply: Option<oneshot::Sender<Result<String, Fault>>>) {
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

    // Tokens.

    fn on_access_token(&mut self, reply: oneshot::Sender<Result<SecretString, Fault>>) {
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
    fn no_token(&self) -> Option<Fault> {
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

    fn pausing(&self) -> Option<&Pause> {
        let now = self.clock.now().mono;
        self.pause
            .as_ref()
            .filter(|pause| pause.until.is_none_or(|until| now < until))
    }

    /// Starts a refresh, if none is under way and Entra may be asked. One at a time: of two, the later one's
    /// token would be lost (`facts/graph.md`, section 4.4).
    fn refresh(&mut self) {
        if self.adopting || self.refreshing.is_some() || self.pausing().is_some() {
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

    fn on_refreshed(&mut self, asked: Now, outcome: Result<Renewed, EntraError>) {
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
                match tokens.refresh {
                    Some(refresh) => {
                        session.refresh = refresh;
                        self.on_saved(saved);
                    }
                    // Nothing new was to be stored, but something older may still have to be.
                    None => {}
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
                    FaultKind::SignInRequired => match fault.code {
                        Code::BlockedByPolicy | Code::DeviceNotCompliant => Some(self.slow_pace.wait()),
                        _ => None,
                    },
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
    fn answer_waiters(&mut self) {
        for waiter in std::mem::take(&mut self.waiters) {
            self.on_access_token(waiter);
        }
    }

    fn on_refused(&mut self, token: &SecretString) {
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

    fn warm_up(&mut self) {
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

    fn try_again(&mut self) {
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

    // The person.

    fn sign_in(&mut self, way: Way, rights: &[Right], open: Open, reply: Reply) {
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
        let flow = Flow {
            id: self.flows,
            config: self.config.clone(),
            texts: self.texts.clone(),
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
        });
    }

    fn end_flow(&mut self, why: &EntraError) {
        if let Some(under_way) = self.flow.take() {
            under_way.task.abort();
            let _ = under_way.reply.send(Err(why.fault()));
        }
    }

    fn on_signed(&mut self, flow: u64, asked: Now, outcome: Result<Signed, EntraError>) {
        let Some(under_way) = self.flow.take_if(|under_way| under_way.id == flow) else {
            return;
        };
        match outcome {
            Err(error) => {
                tracing::warn!(%error, "the sign-in failed");
                let _ = under_way.reply.send(Err(self.config.name(error.fault())));
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

    fn on_adopted(
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

    fn sign_out(&mut self, reply: oneshot::Sender<Result<String, Fault>>) {
        self.end_flow(&EntraError::Cancelled);
        self.new_epoch();
        self.state = State::SignedOut;
        self.answer_waiters();
        self.tell();
        self.delete(Ask::MayPrompt, Some(reply));
    }

    /// What was under way for the account before is of no use now.
    fn new_epoch(&mut self) {
        self.epoch += 1;
        if let Some(task) = self.refreshing.take() {
            task.abort();
        }
        self.adopting = false;
        self.chore = None;
        self.tries = 0;
        self.pause = None;
        self.refused = None;
        self.pace.reset();
        self.slow_pace.reset();
    }

    fn account(&self) -> Option<&Account> {
        match &self.state {
            State::SignedIn(session) => Some(&session.account),
            State::Useless { account, .. } => account.as_ref(),
            State::Waiting(_) | State::SignedOut => None,
        }
    }

    // Telling.

    /// Says how it stands, if that has changed.
    fn tell(&mut self) {
        let stands = match (
            self.flow.as_ref().and_then(|flow| flow.shown.clone()),
            &self.state,
        ) {
            (Some(shown), _) => shown,
            // Nothing is known yet.
            (None, State::Waiting(None)) => return,
            (None, State::Waiting(Some(fault))) => SignIn::Waiting(fault.clone()),
            (None, State::SignedOut) => SignIn::SignedOut,
            (None, State::Useless { account, fault }) => SignIn::Expired {
                account: account.clone(),
                fault: fault.clone(),
            },
            (None, State::SignedIn(session)) => match &session.rejected {
                None => SignIn::SignedIn(session.account.clone()),
                Some(fault) => SignIn::Expired {
                    account: Some(session.account.clone()),
                    fault: fault.clone(),
                },
            },
        };
        if self.told.as_ref() != Some(&stands) {
            self.told = Some(stands.clone());
            let _ = self.events.send(stands);
        }
    }

    fn beside(&mut self, work: impl Future<Output = Note> + Send + 'static) -> AbortHandle {
        let notes = self.notes.clone();
        self.tasks.spawn(async move {
            let note = work.await;
            let _ = notes.send(note);
        })
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

fn microsoft(kind: FaultKind, code: Code) -> Fault {
    Fault::new(kind, code).about("Microsoft")
}

impl EntraConfig {
    /// Names what a sentence about the registration needs.
    fn name(&self, fault: Fault) -> Fault {
        match (fault.code, &fault.detail) {
            (Code::AppUnknown | Code::AppDisabled, None) => fault.about(self.client_id()),
            (Code::TenantUnknown, None) => fault.about(self.tenant()),
            _ => fault,
        }
    }
}
