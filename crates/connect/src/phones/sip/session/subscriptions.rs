//! Subscriptions (RFC 6665): asked for, renewed, made again where the server forgot them.

use super::super::dialogue::Dialogue;
use super::super::error::Error;
use super::super::message::Start;
use super::asking::{Question, Who};
use super::{Features, Session, Subscription, Watch};
use std::time::Duration;
use tokio::time::Instant;
use tracing::debug;

impl Session {
    pub(super) async fn subscribe(&mut self, watch: Watch) -> Result<(), Error> {
        let target = match watch {
            Watch::Calls => self.config.calls_at.clone(),
            Watch::Dnd => self.config.dnd_state.clone().unwrap_or_default(),
            Watch::Features => self.config.extension.clone(),
        };
        let dialogue = self.dialogue_with(&target);
        self.subscriptions.retain(|one| one.watch != watch);
        // Its notification may come before the answer does.
        self.subscriptions.push(Subscription {
            watch,
            dialogue,
            renew_at: Instant::now() + self.config.timing.expires,
            is_fresh: false,
            is_over: false,
        });
        if watch == Watch::Calls {
            self.calls.begin_anew();
        }
        if watch == Watch::Features {
            self.features = Some(Features::default());
        }
        let outcome = self.ask_to_tell(watch, None).await;
        if outcome.is_err() {
            self.subscriptions.retain(|one| one.watch != watch);
            if watch == Watch::Features {
                self.features = None;
            }
        }
        outcome
    }

    pub(super) fn dialogue_with(&self, user: &str) -> Dialogue {
        let own = self.config.uri(&self.config.user);
        Dialogue::new(own, self.config.uri(user), self.config.user.clone())
    }

    /// SUBSCRIBE, for the first time or again, with a body where something is to be changed.
    pub(super) async fn ask_to_tell(
        &mut self,
        watch: Watch,
        body: Option<(&'static str, String)>,
    ) -> Result<(), Error> {
        if let Some(one) = self.subscription(watch) {
            one.is_fresh = false;
        }
        let mut expires = self.config.timing.expires.as_secs().max(1);
        // A server may want them longer, and says so once.
        for _ in 0..2 {
            let question = Question {
                who: Who::Watch(watch),
                method: "SUBSCRIBE",
                headers: vec![
                    ("Event", watch.package().to_owned()),
                    ("Accept", watch.accept().to_owned()),
                    ("Expires", expires.to_string()),
                ],
                body: body.clone(),
            };
            let answer = self.ask(&question).await?;
            let Start::Response { status, .. } = answer.start else {
                continue;
            };
            match status {
                200..=299 => {
                    let granted = answer.header("expires").and_then(|text| text.parse().ok());
                    let granted = granted.unwrap_or(expires);
                    self.grant(watch, Duration::from_secs(granted));
                    if let Some(one) = self.subscription(watch) {
                        one.dialogue.learn(&answer);
                    }
                    return Ok(());
                }
                423 => {
                    let least = answer.header("min-expires").and_then(|text| text.parse().ok());
                    expires = least
                        .filter(|least| *least > expires && *least <= 86_400)
                        .ok_or_else(|| self.refusal(watch.name(), status))?;
                }
                _ => return Err(self.refusal(watch.name(), status)),
            }
        }
        Err(self.refusal(watch.name(), 423))
    }

    pub(super) fn subscription(&mut self, watch: Watch) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|one| one.watch == watch)
    }

    pub(super) fn grant(&mut self, watch: Watch, granted: Duration) {
        // A server that grants nothing must not be asked all the time.
        let half = (granted / 2).max(Duration::from_secs(1));
        if let Some(one) = self.subscription(watch) {
            one.renew_at = Instant::now() + half;
        }
    }

    pub(super) fn refusal(&self, what: &'static str, status: u16) -> Error {
        match status {
            408 | 503 | 504 => Error::Failing {
                host: self.config.host.clone(),
                status,
            },
            _ => Error::NotOffered { what, status },
        }
    }

    /// When a subscription is to be asked for again.
    pub fn renewal_due(&self) -> Option<Instant> {
        let now = Instant::now();
        let due = self.subscriptions.iter();
        due.map(|one| if one.is_over { now } else { one.renew_at }).min()
    }

    /// Asks for those again whose time has come.
    ///
    /// # Errors
    /// What became of the connection; [`Error::SubscriptionEnded`] where it is not taken any more: then everything is
    /// looked at anew.
    pub async fn renew(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let due = self.subscriptions.iter();
        let due = due.filter(|one| one.is_over || one.renew_at <= now);
        let due: Vec<(Watch, bool)> = due.map(|one| (one.watch, one.is_over)).collect();
        for (watch, is_over) in due {
            let asked = if is_over {
                self.subscribe(watch).await
            } else {
                self.ask_to_tell(watch, None).await
            };
            match asked {
                // Forgotten there, by a restart for instance.
                Err(Error::NotOffered {
                    status: 481 | 404, ..
                }) if !is_over => {
                    self.subscribe(watch).await.map_err(|error| self.ended(error))?;
                }
                asked => asked.map_err(|error| self.ended(error))?,
            }
        }
        self.settle().await
    }

    pub(super) fn ended(&self, error: Error) -> Error {
        if error.ends_connection() {
            return error;
        }
        debug!(%error, "a subscription has ended");
        Error::SubscriptionEnded(self.config.host.clone())
    }

    /// Waits until each subscription has brought what is there now.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.config.timing.answer;
        while self.subscriptions.iter().any(|one| !one.is_fresh && !one.is_over) {
            let heard = self.hear_before(deadline).await;
            if Instant::now() < deadline {
                heard?;
                continue;
            }
            let is_late = |one: &Subscription| !one.is_fresh && !one.is_over;
            if self
                .subscriptions
                .iter()
                .any(|one| is_late(one) && one.watch != Watch::Features)
            {
                return heard;
            }
            // Some take the subscription and tell nothing; the rest goes on.
            debug!("nothing is told of features");
            self.subscriptions.retain(|one| one.watch != Watch::Features);
            self.features = None;
            self.refused
                .push((Watch::Features, self.refusal(Watch::Features.name(), 200)));
        }
        Ok(())
    }
}
