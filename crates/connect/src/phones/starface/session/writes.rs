//! Writes one field and reads it back: an answer without an error does not mean done.

use super::super::chat::Shown;
use super::super::error::Error;
use super::super::rest::{phone_config, redirects};
use super::super::uci::xml::Value;
use super::{Method, Session};
use offhook_engine::phone::{Field, FieldValue};
use tokio::time::{Instant, sleep};

/// How a value was written, which says how soon it can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Asked,
    Dialled,
}

impl Session {
    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        let timing = self.config.timing;
        let way = match value {
            FieldValue::Dnd(on) => self.write_dnd(*on).await?,
            FieldValue::Forward(target) => self.write_forward(target.as_deref()).await?,
            FieldValue::Note(text) if self.chat.is_some() => {
                let note = text.clone();
                return self.show(|shown| shown.note = note).await;
            }
            FieldValue::Note(text) => self.write_note(text).await?,
            FieldValue::Presence(word) => return self.show(|shown| shown.presence = *word).await,
        };
        let limit = match way {
            Way::Asked => timing.confirm,
            Way::Dialled if self.abilities().unconfirmed.has(value.field()) => return Ok(()),
            Way::Dialled => timing.dial,
        };
        let deadline = Instant::now() + limit;
        while !self.read(&[value.field()]).await?.contains(value) {
            if Instant::now() >= deadline {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(timing.look).await;
            // A phone that rings first takes its time, and calls go on meanwhile.
            if way == Way::Dialled
                && let Some((at, due)) = self.uci_due()
                && at <= Instant::now()
            {
                self.serve_uci(due).await?;
            }
        }
        Ok(())
    }

    /// By the phone configuration, else by UCI, else by the person's code. Without a reading only a code is dialled, by
    /// the person's choice: what was there before could not be put back.
    async fn write_dnd(&mut self, on: bool) -> Result<Way, Error> {
        let abilities = self.abilities();
        if abilities.unconfirmed.dnd {
            return self.dial_code(on).await;
        }
        if !abilities.of(Field::Dnd).read {
            return Err(Error::NotPermitted("read do not disturb"));
        }
        let config = self.phone_config().await?;
        if config.dnd() == on {
            return Ok(Way::Asked);
        }
        if !self.denied.dnd_by_rest {
            match self
                .rest(phone_config::write(self.user(), config.with_dnd(on)))
                .await
            {
                Ok(_) => return Ok(Way::Asked),
                Err(Error::NotPermitted(_)) => {
                    tracing::info!("the account may not write its phone configuration; UCI is tried");
                    self.denied.dnd_by_rest = true;
                }
                Err(error) => return Err(error),
            }
        }
        if !self.denied.dnd_by_uci {
            match self.uci(Method::SetDnd, &[Value::Bool(on)]).await {
                Ok(answer) if answer.is_yes() => return Ok(Way::Asked),
                Ok(_no) => return Err(Error::Refused(Method::SetDnd.what())),
                Err(error @ (Error::NotPermitted(_) | Error::Refused(_))) => {
                    self.denied.dnd_by_uci = true;
                    self.tell_up();
                    if self.config.star_codes.is_none() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        self.dial_code(on).await
    }

    /// As a call of the person's own phone, which may ring first (facts/starface.md sections 1.5 and 4).
    async fn dial_code(&mut self, on: bool) -> Result<Way, Error> {
        let what = Method::PlaceCall.what();
        let (Some(codes), false) = (&self.config.star_codes, self.denied.dnd_by_code) else {
            return Err(Error::NotPermitted(what));
        };
        let code = if on { &codes.on } else { &codes.off };
        // The primary phone, and an id of the phone system's choice.
        let parameters = [code.as_str(), "", ""].map(|text| Value::Text(text.to_owned()));
        match self.uci(Method::PlaceCall, &parameters).await {
            Ok(answer) => {
                if let Some(id) = answer.text() {
                    self.calls.dialled(id);
                    self.code = Some((id.to_owned(), Instant::now() + self.config.timing.dial));
                }
                Ok(Way::Dialled)
            }
            Err(error @ Error::NotPermitted(_)) => {
                self.denied.dnd_by_code = true;
                self.tell_up();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The call of a code that nobody has ended by then: a phone that still rings for it, or a text without an end.
    pub(super) async fn end_code(&mut self, ids: &[String]) -> Result<(), Error> {
        let Some((id, _)) = self.code.take_if(|(_, until)| Instant::now() >= *until) else {
            return Ok(());
        };
        if !ids.contains(&id) {
            return Ok(());
        }
        match self.uci(Method::HangUp, &[Value::Text(id)]).await {
            Ok(_) | Err(Error::Refused(_) | Error::NotPermitted(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn write_forward(&mut self, wanted: Option<&str>) -> Result<Way, Error> {
        let own = self.redirects().await?;
        let changes = redirects::changes(&own, wanted).ok_or(Error::ForwardMissing)?;
        for redirection in changes {
            match self.rest(redirects::switch(redirection)).await {
                Ok(_) => {}
                Err(error @ Error::NotPermitted(_)) => {
                    self.denied.redirects_write = true;
                    self.tell_up();
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Way::Asked)
    }

    /// The chat's server has taken it; that others see it is likely only (facts/starface.md section 3).
    async fn show(&mut self, change: impl FnOnce(&mut Shown)) -> Result<(), Error> {
        let Some(chat) = &self.chat else {
            return Err(Error::NotPermitted("chat presence"));
        };
        let mut shown = chat.shown();
        change(&mut shown);
        let outcome = chat.show(shown).await;
        self.tell_up();
        outcome.map_err(|error| {
            tracing::debug!(%error, "the chat status is not shown");
            Error::Refused("XMPP")
        })
    }

    async fn write_note(&mut self, text: &str) -> Result<Way, Error> {
        match self
            .uci(Method::SetMessage, &[Value::Text(text.to_owned())])
            .await
        {
            Ok(answer) if answer.is_yes() => Ok(Way::Asked),
            Ok(_no) => Err(Error::Refused(Method::SetMessage.what())),
            Err(error @ Error::NotPermitted(_)) => {
                self.denied.note_write = true;
                self.tell_up();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }
}
