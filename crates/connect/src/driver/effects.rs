//! What the engine wants, done: each request a task, its outcome one more piece of news.

use super::{Driver, News};
use crate::desktop::Desktop;
use crate::graph::{Graph, GraphError, Reading, with_token};
use crate::kill_point::{self, Point};
use crate::ledger_file::LedgerFile;
use crate::port::{LineCommand, PhoneCommand};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::{Ledger, Stage};
use offhook_engine::line::SourceId;
use offhook_engine::phone::FieldValue;
use offhook_engine::{Effect, Input};
use secrecy::SecretString;
use std::future::Future;
use std::rc::Rc;
use tokio::sync::mpsc;

impl<D: Desktop> Driver<D> {
    pub(super) fn drain(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        tracing::debug!(?effect, "to do");
        match effect {
            Effect::WarmUp => self.warm_up(),
            Effect::ReadTeams => self.read_teams(),
            Effect::SetSession { pair, lifetime } => {
                self.graph(Input::SessionSet, move |graph, token| async move {
                    graph.set_session(&token, pair, lifetime).await
                });
            }
            Effect::ClearSession => {
                self.graph(Input::SessionCleared, |graph, token| async move {
                    graph.clear_session(&token).await
                });
            }
            Effect::SetPreferred { pair, lifetime } => {
                self.graph(Input::PreferredSet, move |graph, token| async move {
                    graph.set_preferred(&token, pair, lifetime).await
                });
            }
            Effect::ClearPreferred => {
                self.graph(Input::PreferredCleared, |graph, token| async move {
                    graph.clear_preferred(&token).await
                });
            }
            Effect::SetMessage(message) => {
                self.graph(Input::MessageSet, move |graph, token| {
                    let message = message.clone();
                    async move { graph.set_message(&token, &message).await }
                });
            }
            Effect::ReadCalendar { from, until } => self.read_calendar(from, until),
            Effect::ReadPhone => self.tell_phone(PhoneCommand::Read),
            Effect::WritePhone(value) => self.write_phone(value),
            Effect::Resync(source) => self.resync(&source),
            Effect::SaveLedger { revision, ledger } => {
                if ledger.holds.iter().any(|hold| hold.stage == Stage::Intent) {
                    kill_point::reach(Point::BeforeIntent);
                }
                self.saver.save(revision, *ledger);
            }
            Effect::Notify(notice) => self.notify(&notice),
            Effect::ForgetTokens => self.forget_tokens(),
            Effect::Finished => self.finished = true,
        }
    }

    /// The message comes first: it is judged with the reading that brings it.
    fn read_teams(&self) {
        let news = |outcome: Result<Reading, Fault>| match outcome {
            Ok(Reading { presence, message }) => {
                vec![Input::MessageSeen(message), Input::TeamsRead(Ok(presence))]
            }
            Err(fault) => vec![Input::TeamsRead(Err(fault))],
        };
        self.graph_news(news, |graph, token| async move { graph.read(&token).await });
    }

    /// One request to Graph with a token, and its outcome as news.
    fn graph<T, F>(
        &self,
        news: impl FnOnce(Result<T, Fault>) -> Input + 'static,
        operation: impl Fn(Rc<Graph>, SecretString) -> F + 'static,
    ) where
        T: 'static,
        F: Future<Output = Result<T, GraphError>> + 'static,
    {
        self.graph_news(|outcome| vec![news(outcome)], operation);
    }

    fn graph_news<T, F>(
        &self,
        news: impl FnOnce(Result<T, Fault>) -> Vec<Input> + 'static,
        operation: impl Fn(Rc<Graph>, SecretString) -> F + 'static,
    ) where
        T: 'static,
        F: Future<Output = Result<T, GraphError>> + 'static,
    {
        let sender = self.news.clone();
        let microsoft = self
            .parts
            .microsoft
            .as_ref()
            .map(|m| (m.entra.clone(), m.graph.clone()));
        tokio::task::spawn_local(async move {
            let outcome = match microsoft {
                Some((entra, graph)) => with_token(&entra, |token| operation(graph.clone(), token)).await,
                None => Err(Fault::new(FaultKind::SignInRequired, Code::SignInNeeded)),
            };
            for input in news(outcome) {
                // Nobody listens only when the program ends.
                let _ended = sender.send(News::Input(Box::new(input)));
            }
        });
    }

    fn warm_up(&self) {
        let Some(microsoft) = &self.parts.microsoft else {
            return;
        };
        microsoft.entra.warm_up();
        let graph = microsoft.graph.clone();
        tokio::task::spawn_local(async move {
            if let Err(error) = graph.warm_up().await {
                tracing::debug!(%error, "the connection could not be made ready");
            }
        });
    }

    pub(super) fn read_phone_lines(&self) {
        self.tell_phone(PhoneCommand::Read);
    }

    fn tell_phone(&self, command: PhoneCommand) {
        if let Some(phone) = &self.parts.phone {
            // A task that has ended tells so itself.
            let _ended = phone.commands.send(command);
        }
    }

    fn write_phone(&mut self, value: FieldValue) {
        let field = value.field();
        match &self.parts.phone {
            Some(_) => self.tell_phone(PhoneCommand::Write(value)),
            None => {
                let outcome = Err(Fault::new(FaultKind::Unreachable, Code::PhoneUnreachable));
                let _ended = self
                    .news
                    .send(News::Input(Box::new(Input::PhoneWritten { field, outcome })));
            }
        }
    }

    fn resync(&self, source: &SourceId) {
        if *source == SourceId::phone() {
            self.tell_phone(PhoneCommand::Read);
        } else if let Some(line) = self.parts.lines.get(source) {
            let _ended = line.commands.send(LineCommand::Resync);
        }
    }

    fn forget_tokens(&self) {
        let Some(microsoft) = &self.parts.microsoft else {
            return;
        };
        let (entra, news) = (microsoft.entra.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            let _ended = news.send(News::SignedOut(entra.sign_out().await));
        });
    }
}

/// Writes ledgers in order, off the loop, and says when each is safe.
#[derive(Debug)]
pub(super) struct Saver {
    queue: mpsc::UnboundedSender<(u64, Ledger)>,
}

impl Saver {
    pub(super) fn new(file: LedgerFile, news: mpsc::UnboundedSender<News>) -> Self {
        let (queue, mut jobs) = mpsc::unbounded_channel::<(u64, Ledger)>();
        tokio::task::spawn_local(async move {
            while let Some((revision, ledger)) = jobs.recv().await {
                let file = file.clone();
                let saved = tokio::task::spawn_blocking(move || file.save(&ledger)).await;
                let outcome = match saved {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "the ledger could not be written");
                        Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten))
                    }
                    Err(_) => Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten)),
                };
                let input = Input::LedgerSaved { revision, outcome };
                if news.send(News::Input(Box::new(input))).is_err() {
                    return;
                }
            }
        });
        Self { queue }
    }

    fn save(&self, revision: u64, ledger: Ledger) {
        let _ended = self.queue.send((revision, ledger));
    }
}
