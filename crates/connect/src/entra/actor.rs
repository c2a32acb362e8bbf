//! The task that owns the sign-in.
//!
//! What takes time runs beside it and comes back as a [`Note`]; whatever was started for an account that is no
//! longer the one is known by its epoch and ignored.

mod keep;
mod person;
mod tokens;

use super::access::Access;
use super::client::{Oauth, Tokens};
use super::config::EntraConfig;
use super::error::EntraError;
use super::flow::Signed;
use super::handle::Command;
use super::{Clock, PageTexts};
use crate::backoff::Backoff;
use crate::clock::Alarm;
use crate::secrets::{Ask, SecretError, SecretStore};
use offhook_engine::clock::{Instant, Now};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::{Account, SignIn};
use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

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
    /// For a further right: who is signed in goes on.
    beside: bool,
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
    /// What an earlier try could not store is being stored.
    saving: bool,
    /// Nothing new is begun; answered when nothing is under way that would be lost.
    ending: Option<Option<oneshot::Sender<()>>>,
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

/// Runs until it is told to end, or until the last handle is gone.
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
        saving: false,
        ending: None,
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
        let ending = actor.ending.is_some();
        if ending && !actor.would_lose() {
            return;
        }
        let chore = actor.chore.filter(|_| !ending);
        let wait = chore.map(|(_, at)| at.since(actor.clock.now().mono));
        tokio::select! {
            command = commands.recv(), if !ending => match command {
                Some(command) => actor.on_command(command),
                None => actor.end(None),
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
                beside,
                open,
                reply,
            } => self.sign_in(way, &rights, beside, open, reply),
            Command::Cancel => {
                self.end_flow(&EntraError::Cancelled);
                self.tell();
            }
            Command::SignOut { reply } => self.sign_out(reply),
            Command::AccessToken { reply } => self.on_access_token(reply),
            Command::Refused { token } => self.on_refused(&token),
            Command::WarmUp => self.warm_up(),
            Command::TryAgain => self.try_again(),
            Command::Speak(texts) => self.texts = texts,
            Command::End { reply } => self.end(Some(reply)),
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

    fn end(&mut self, reply: Option<oneshot::Sender<()>>) {
        self.end_flow(&EntraError::Cancelled);
        if self.chore.is_some_and(|(chore, _)| chore == Chore::Save) {
            self.do_chore();
        }
        self.ending = Some(reply);
    }

    /// Whether something is under way whose outcome only this process has.
    const fn would_lose(&self) -> bool {
        self.refreshing.is_some() || self.adopting || self.saving
    }

    /// Says how it stands, if that has changed.
    fn tell(&mut self) {
        let stands = match (
            self.flow
                .as_ref()
                .filter(|flow| !self.goes_on(flow))
                .and_then(|flow| flow.shown.clone()),
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

    fn goes_on(&self, flow: &UnderWay) -> bool {
        flow.beside && self.has_session()
    }

    /// Somebody is signed in, and Entra has not taken it back.
    fn has_session(&self) -> bool {
        match &self.state {
            State::SignedIn(session) => session.rejected.is_none(),
            State::Waiting(_) | State::SignedOut | State::Useless { .. } => false,
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
