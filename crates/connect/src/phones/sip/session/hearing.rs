//! What the server tells by itself: handled, answered, and remembered.

use super::super::dialog_info::{self, Phase};
use super::super::dialogue::random;
use super::super::error::Error;
use super::super::features::{self, Feature};
use super::super::message::{Draft, Message, Start};
use super::{Session, Watch, gone};
use offhook_engine::phone::Field;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

impl Session {
    /// The next message, handled.
    pub(super) async fn hear_before(&mut self, deadline: Instant) -> Result<(), Error> {
        let socket = self.socket.as_mut().ok_or_else(|| gone(&self.config))?;
        match timeout_at(deadline, socket.next()).await {
            Ok(message) => {
                let message = message?;
                self.handle(message).await
            }
            Err(_elapsed) => Err(socket.silent()),
        }
    }

    /// The next message. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn next(&mut self) -> Result<Message, Error> {
        let socket = self.socket.as_mut().ok_or_else(|| gone(&self.config))?;
        socket.next().await
    }

    /// A message that nobody waited for. Must not be given up.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn handle(&mut self, message: Message) -> Result<(), Error> {
        self.heard_at = Instant::now();
        let method = match &message.start {
            Start::Request { method, .. } => method.clone(),
            Start::Response { .. } => return self.on_late_answer(&message).await,
        };
        let of = self
            .subscriptions
            .iter()
            .position(|one| one.dialogue.is_of(&message));
        let is_own = self.own.as_ref().is_some_and(|own| own.dialogue.is_of(&message));
        match (method.as_str(), of) {
            ("NOTIFY", Some(at)) => {
                self.answer(&message, 200, "OK").await?;
                self.on_notify(at, &message);
                Ok(())
            }
            ("BYE", _) if is_own => {
                self.own_is_over();
                self.answer(&message, 200, "OK").await
            }
            ("OPTIONS", _) => self.answer(&message, 200, "OK").await,
            ("ACK", _) => Ok(()),
            ("NOTIFY" | "BYE" | "CANCEL", _) => {
                self.answer(&message, 481, "Subscription Does Not Exist").await
            }
            ("INVITE", _) => self.answer(&message, 480, "Temporarily Unavailable").await,
            _ => self.answer(&message, 405, "Method Not Allowed").await,
        }
    }

    pub(super) async fn answer(&mut self, request: &Message, status: u16, reason: &str) -> Result<(), Error> {
        let draft = Draft::answer(request, status, reason, &random());
        let draft = if status == 405 || status == 200 {
            draft.with("Allow", "NOTIFY, BYE, CANCEL, ACK, OPTIONS")
        } else {
            draft
        };
        self.send(&draft.into_bytes()).await
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let socket = self.socket.as_mut().ok_or_else(|| gone(&self.config))?;
        socket.send(bytes).await
    }

    fn on_notify(&mut self, at: usize, message: &Message) {
        let Some(one) = self.subscriptions.get_mut(at) else {
            return;
        };
        one.dialogue.learn(message);
        let state = message.header("subscription-state").unwrap_or_default();
        one.is_over = state.split(';').next().unwrap_or_default().trim() == "terminated";
        one.is_fresh = true;
        let watch = one.watch;
        let expires = message.parameter("subscription-state", "expires");
        if let Some(left) = expires.and_then(|text| text.parse().ok()) {
            self.grant(watch, Duration::from_secs(left));
        }
        match watch {
            Watch::Calls => self.on_calls(&message.body),
            Watch::Dnd => self.on_dnd(&message.body),
            Watch::Features => {
                let kind = message.header("content-type").unwrap_or_default();
                self.on_features(kind, &message.body);
            }
        }
    }

    fn on_calls(&mut self, body: &[u8]) {
        let Ok(info) = dialog_info::parse(body) else {
            self.tell_odd("dialog");
            return;
        };
        let heard = self.calls.handle(info, Instant::now());
        if heard.gap
            && let Some(one) = self.subscription(Watch::Calls)
        {
            one.renew_at = Instant::now();
        }
        self.tell_calls(heard.events);
    }

    fn on_dnd(&mut self, body: &[u8]) {
        let Ok(info) = dialog_info::parse(body) else {
            self.tell_odd("dnd_state");
            return;
        };
        let on = info.dialogs.iter().any(|dialog| dialog.phase == Phase::Confirmed);
        let news = self.dnd.replace(on) != Some(on);
        let events = self.calls.set_dnd(on, Instant::now());
        self.tell_calls(events);
        if news {
            self.tell_values(&[Field::Dnd]);
        }
    }

    fn on_features(&mut self, kind: &str, body: &[u8]) {
        let Ok(told) = features::parse(kind, body) else {
            self.tell_odd(features::PACKAGE);
            return;
        };
        let Some(known) = &mut self.features else { return };
        if told.is_empty() && !known.heard {
            // Nothing was ever set there (facts/sip-kamailio-features-presence.txt, part P).
            (known.dnd, known.forward) = (Some(false), Some((false, String::new())));
        }
        known.heard |= !told.is_empty();
        let mut news = Vec::new();
        for feature in told {
            match feature {
                Feature::Dnd(on) => {
                    if known.dnd.replace(on) != Some(on) {
                        news.push(Field::Dnd);
                    }
                }
                Feature::Forward { on, to } => {
                    let forward = Some((on, to));
                    if known.forward != forward {
                        known.forward = forward;
                        news.push(Field::Forward);
                    }
                }
                Feature::Other => {}
            }
        }
        self.tell_values(&news);
    }
}
