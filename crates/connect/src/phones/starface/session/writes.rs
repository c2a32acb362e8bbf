//! Writes one field and reads it back: an answer without an error does not mean done.

use super::super::error::Error;
use super::super::rest::{phone_config, redirects};
use super::super::uci::xml::Value;
use super::{Method, Session};
use offhook_engine::phone::{Field, FieldValue};
use tokio::time::{Instant, sleep};

impl Session {
    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        match value {
            FieldValue::Dnd(on) => self.write_dnd(*on).await?,
            FieldValue::Forward(target) => self.write_forward(target.as_deref()).await?,
            FieldValue::Note(text) => self.write_note(text).await?,
            FieldValue::Presence(_) => return Err(Error::NotPermitted("chat presence")),
        }
        let deadline = Instant::now() + self.config.timing.confirm;
        while !self.read(&[value.field()]).await?.contains(value) {
            if Instant::now() >= deadline {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(self.config.timing.look).await;
        }
        Ok(())
    }

    /// By the phone configuration, else by UCI. Without a reading nothing is written: it could not be put back.
    async fn write_dnd(&mut self, on: bool) -> Result<(), Error> {
        if !self.abilities().of(Field::Dnd).read {
            return Err(Error::NotPermitted("read do not disturb"));
        }
        let config = self.phone_config().await?;
        if config.dnd() == on {
            return Ok(());
        }
        if !self.denied.dnd_by_rest {
            match self
                .rest(phone_config::write(self.user(), config.with_dnd(on)))
                .await
            {
                Ok(_) => return Ok(()),
                Err(Error::NotPermitted(_)) => {
                    tracing::info!("the account may not write its phone configuration; UCI is tried");
                    self.denied.dnd_by_rest = true;
                }
                Err(error) => return Err(error),
            }
        }
        match self.uci(Method::SetDnd, &[Value::Bool(on)]).await {
            Ok(answer) if answer.is_yes() => Ok(()),
            Ok(_no) => Err(Error::Refused(Method::SetDnd.what())),
            Err(error @ (Error::NotPermitted(_) | Error::Refused(_))) => {
                self.denied.dnd_by_uci = true;
                self.tell_up();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn write_forward(&mut self, wanted: Option<&str>) -> Result<(), Error> {
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
        Ok(())
    }

    async fn write_note(&mut self, text: &str) -> Result<(), Error> {
        match self
            .uci(Method::SetMessage, &[Value::Text(text.to_owned())])
            .await
        {
            Ok(answer) if answer.is_yes() => Ok(()),
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
