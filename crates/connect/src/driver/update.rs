//! Whether there is a newer Offhook, asked once a day where the settings name a place. It is shown on the page, and nobody
//! is told otherwise.

use super::{Driver, News};
use crate::desktop::Desktop;
use crate::update::{self, Memory, Release, UpdateConfig, UpdateError, Version};
use offhook_engine::fault::Fault;
use offhook_engine::text::Text;
use offhook_protocol::settings::UpdateLine;
use std::time::Duration;
use tokio::task::AbortHandle;

/// Not while everything else begins.
const FIRST: Duration = Duration::from_secs(300);
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(4 * 60 * 60);

#[derive(Debug, Default)]
pub(super) struct Updates {
    config: Option<Result<UpdateConfig, Fault>>,
    attempt: u64,
    task: Option<Task>,
    pub(super) found: Option<Result<Release, UpdateError>>,
}

/// Ends with the settings it belongs to.
#[derive(Debug)]
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Updates {
    /// Asked anew, over another connection.
    pub(super) fn forget(&mut self) {
        self.config = None;
    }
}

impl<D: Desktop> Driver<D> {
    pub(super) fn start_updates(&mut self) {
        let config = self.settings.update();
        if self.parts.updates.config == config {
            return;
        }
        let first = self.parts.updates.attempt == 0;
        self.parts.updates = Updates {
            config,
            attempt: self.parts.updates.attempt + 1,
            ..Updates::default()
        };
        // Whoever has just named the place wants to see whether it works.
        self.ask_for_update(if first { FIRST } else { Duration::ZERO });
    }

    fn ask_for_update(&mut self, after: Duration) {
        let Some(Ok(config)) = self.parts.updates.config.clone() else {
            self.show_update();
            return;
        };
        let (http, news, clock) = (self.parts.http.clone(), self.news.clone(), self.clock.clone());
        let (attempt, memory) = (self.parts.updates.attempt, Memory::load(&self.data_dir));
        let task = tokio::task::spawn_local(async move {
            // All desks of an organisation ask the same place.
            let share = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
            tokio::time::sleep(after.mul_f64(1.0 + share / 4.0)).await;
            let outcome = update::ask(&http, &config, memory.newest, clock.now().wall).await;
            let _ended = news.send(News::Update { attempt, outcome });
        });
        self.parts.updates.task = Some(Task(task.abort_handle()));
        self.show_update();
    }

    pub(super) fn on_update(&mut self, attempt: u64, outcome: Result<Release, UpdateError>) {
        if attempt != self.parts.updates.attempt {
            return;
        }
        let next = match &outcome {
            Ok(release) => {
                Memory::load(&self.data_dir).remember(release.made);
                EVERY
            }
            Err(error) => {
                tracing::info!(%error, "nothing was learnt about updates");
                AGAIN
            }
        };
        self.parts.updates.found = Some(outcome);
        self.ask_for_update(next);
    }

    pub(super) fn show_update(&mut self) {
        let language = self.settings.language();
        let updates = &self.parts.updates;
        let line = |text: String, page: Option<String>| Some(UpdateLine { text, page });
        let broken = |fault: &Fault| {
            let problem = fault.problem(language);
            format!("{} {}", problem.sentence, problem.mend).trim().to_owned()
        };
        self.desk.update = match (&updates.config, &updates.found) {
            (None, _) => None,
            (Some(Err(fault)), _) => line(broken(fault), None),
            (Some(Ok(_)), None) => line(Text::UpdateWaiting.text(language).to_owned(), None),
            (Some(Ok(_)), Some(Err(error))) => line(broken(&error.fault()), None),
            (Some(Ok(_)), Some(Ok(release))) => {
                if Version::parse(env!("CARGO_PKG_VERSION")).is_some_and(|ours| ours < release.version) {
                    let text = Text::UpdateNewer.with(language, &[("version", &release.version.to_string())]);
                    line(text, Some(release.page.clone()))
                } else {
                    line(Text::UpdateNone.text(language).to_owned(), None)
                }
            }
        };
    }
}
