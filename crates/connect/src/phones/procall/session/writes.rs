//! Writes one field and reads it back: an answer without an error does not mean done.

use super::super::error::Error;
use super::super::lines::{forward_of, has_others, long_form};
use super::super::presence::Absent;
use super::super::rose::Operation;
use super::{Ours, Session};
use jiff::SignedDuration;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::debug;

impl Session {
    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        match value {
            FieldValue::Dnd(on) => self.write_dnd(*on).await?,
            FieldValue::Forward(target) => return self.write_forward(target.as_deref()).await,
            FieldValue::Presence(word) => {
                let wanted = FieldValue::Presence(self.write_presence(*word).await?);
                return self.shows(&wanted).await;
            }
            FieldValue::Note(text) => self.write_note(text).await?,
        }
        self.shows(value).await
    }

    async fn shows(&mut self, value: &FieldValue) -> Result<(), Error> {
        let deadline = Instant::now() + self.config.timing.confirm;
        while !self.read(&[value.field()]).await?.contains(value) {
            if Instant::now() >= deadline {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(self.config.timing.look).await;
        }
        Ok(())
    }

    /// The address of the chosen line.
    fn address(&self) -> Result<String, Error> {
        let line = self.chosen().and_then(|at| self.lines.get(at));
        line.map(|line| line.info.address.clone())
            .ok_or(Error::NotPermitted("CTI"))
    }

    fn contact(&self) -> Result<(String, String), Error> {
        let who = self.who.as_ref().ok_or(Error::Unknown(Operation::WHO.name))?;
        Ok((who.contact.clone(), who.display.clone()))
    }

    async fn write_dnd(&mut self, on: bool) -> Result<(), Error> {
        let address = self.address()?;
        if self.read(&[Field::Dnd]).await?.contains(&FieldValue::Dnd(on)) {
            return Ok(());
        }
        if !self.abilities().dnd.write {
            return Err(Error::NotPermitted("do not disturb"));
        }
        let members = json!({ "u8sLinePhoneNumber": address, "bDoNotDisturb": on });
        let done = self.ask(Operation::SET_DND, members).await;
        self.allowed(done, |session| session.denied.dnd = true).map(drop)
    }

    /// One forward of all calls is set and taken away, on a line that has no other: the operation that takes away
    /// takes them all.
    async fn write_forward(&mut self, wanted: Option<&str>) -> Result<(), Error> {
        let address = self.address()?;
        let field = Field::Forward;
        self.read(&[field]).await?;
        let line = self.chosen().and_then(|at| self.lines.get(at));
        let forwards = line
            .and_then(|line| line.forwards.clone())
            .ok_or(Error::NotPermitted("CTI"))?;
        let before = forward_of(&forwards);
        if before.as_deref() == wanted {
            return Ok(());
        }
        // What could not be put back is not replaced.
        if has_others(&forwards) || before.as_deref().is_some_and(|before| !is_long(before)) {
            return Err(Error::OtherForwards);
        }
        if wanted.is_some_and(|wanted| !is_long(wanted)) {
            return Err(Error::ShortTarget);
        }
        if before.is_some() {
            self.remove_forward(&address).await?;
        }
        let Some(wanted) = wanted else {
            return self.shows(&FieldValue::Forward(None)).await;
        };
        let mut outcome = self.set_forward(&address, wanted).await;
        if outcome.is_ok() {
            outcome = self.shows(&FieldValue::Forward(Some(wanted.to_owned()))).await;
        }
        match outcome {
            Err(error) if !error.ends_connection() => {
                debug!(%error, "the forward is as it was again");
                let line = self.chosen().and_then(|at| self.lines.get(at));
                let shown = line.and_then(|line| line.forwards.as_deref().and_then(forward_of));
                if shown.is_some() && shown != before {
                    self.remove_forward(&address).await?;
                }
                if let Some(before) = before.filter(|before| shown.as_ref() != Some(before)) {
                    self.set_forward(&address, &before).await?;
                }
                Err(error)
            }
            other => other,
        }
    }

    async fn set_forward(&mut self, address: &str, target: &str) -> Result<(), Error> {
        let members = json!({ "u8sPhoneNumberFrom": address, "u8sPhoneNumberTo": target });
        let done = self.ask(Operation::SET_FORWARD, members).await;
        let done = self.allowed(done, |session| session.denied.forward = true)?;
        succeeded(&done, Operation::SET_FORWARD)
    }

    async fn remove_forward(&mut self, address: &str) -> Result<(), Error> {
        let members = json!({ "u8sPhoneNumberFrom": address });
        let done = self.ask(Operation::REMOVE_FORWARD, members).await;
        let done = self.allowed(done, |session| session.denied.forward = true)?;
        succeeded(&done, Operation::REMOVE_FORWARD)
    }

    /// What it shows from then on: a state that the person had set for a time that is over is not put back.
    async fn write_presence(&mut self, word: Option<PhonePresence>) -> Result<Option<PhonePresence>, Error> {
        self.read_presence().await?;
        let Some(now) = self.presence.as_ref().map(|presence| presence.absent) else {
            return Err(Error::Unknown(Operation::PRESENCE.name));
        };
        let is_ours = self.memory.ours.is_some_and(|ours| ours.absent.is_like(&now));
        if !is_ours {
            self.memory.ours = None;
            self.memory.replaced = now.is_set().then_some(now);
        }
        let Some(word) = word else {
            self.memory.replaced = None;
            self.reset_absent().await?;
            self.memory.ours = None;
            return Ok(None);
        };
        // What the person had set goes back as it was, unless its time is over.
        let kept = self
            .memory
            .replaced
            .filter(|kept| is_ours && kept.word() == Some(word));
        if let Some(kept) = kept {
            self.memory.replaced = None;
            let is_over = kept.until.is_some_and(|until| until <= self.server_time());
            let back = if is_over { None } else { Some(word) };
            match back {
                Some(_) => self.set_absent(kept).await?,
                None => self.reset_absent().await?,
            }
            self.memory.ours = None;
            return Ok(back);
        }
        self.set_ours(word).await?;
        Ok(Some(word))
    }

    /// With an end, which [`Session::renew`] puts off.
    async fn set_ours(&mut self, word: PhonePresence) -> Result<(), Error> {
        let timing = self.config.timing;
        let span = SignedDuration::try_from(timing.span).unwrap_or(SignedDuration::from_mins(10));
        let absent = Absent::ours(word, self.server_time(), span);
        self.set_absent(absent).await?;
        self.memory.ours = Some(Ours {
            word,
            absent,
            renew_at: Instant::now() + timing.renew,
        });
        Ok(())
    }

    async fn set_absent(&mut self, absent: Absent) -> Result<(), Error> {
        let (contact, _) = self.contact()?;
        let members = json!({ "absentstate": absent.to_json(&contact) });
        let done = self.ask(Operation::SET_ABSENT, members).await;
        let done = self.allowed(done, |session| session.denied.presence = true)?;
        succeeded(&done, Operation::SET_ABSENT)
    }

    async fn reset_absent(&mut self) -> Result<(), Error> {
        if !self.denied.reset {
            let (contact, _) = self.contact()?;
            let done = self
                .ask(Operation::RESET_ABSENT, json!({ "u8sContactId": contact }))
                .await;
            match done {
                Err(Error::Unknown(_)) => self.denied.reset = true,
                other => {
                    return self
                        .allowed(other, |session| session.denied.presence = true)
                        .map(drop);
                }
            }
        }
        self.set_absent(Absent::NOT_SET).await
    }

    /// When the absent state of ours is to be renewed.
    pub fn renewal_due(&self) -> Option<Instant> {
        self.memory.ours.map(|ours| ours.renew_at)
    }

    /// Puts its end off, if it still shows.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn renew(&mut self) -> Result<(), Error> {
        self.read_presence().await?;
        let shown = self.presence.as_ref().map(|presence| presence.absent);
        let Some(ours) = self
            .memory
            .ours
            .filter(|ours| shown.is_some_and(|shown| ours.absent.is_like(&shown)))
        else {
            self.memory.ours = None;
            return Ok(());
        };
        match self.set_ours(ours.word).await {
            Err(error) if error.ends_connection() => Err(error),
            Err(error) => {
                debug!(%error, "the absent state was not renewed");
                let renew_at = Instant::now() + self.config.timing.renew / 4;
                self.memory.ours = Some(Ours { renew_at, ..ours });
                Ok(())
            }
            Ok(()) => self.read_presence().await,
        }
    }

    async fn write_note(&mut self, text: &str) -> Result<(), Error> {
        let (contact, display) = self.contact()?;
        let note = json!({
            "_type": "AsnCustomNote",
            "u8sContactID": contact,
            "u8sUsername": display,
            "u8sNote": text,
        });
        let done = self.ask(Operation::SET_NOTE, json!({ "customnote": note })).await;
        self.allowed(done, |session| session.denied.note = true).map(drop)
    }

    /// A right that is missing, or an operation that is, is remembered.
    fn allowed<T>(&mut self, outcome: Result<T, Error>, deny: impl FnOnce(&mut Self)) -> Result<T, Error> {
        if let Err(Error::NotPermitted(_) | Error::Unknown(_)) = &outcome {
            deny(self);
            self.tell_up_again();
        }
        outcome
    }
}

fn is_long(target: &str) -> bool {
    long_form(target).as_deref() == Some(target)
}

/// Some operations say in their result that they have failed.
fn succeeded(result: &Value, operation: Operation) -> Result<(), Error> {
    if result["bSuccess"] == Value::Bool(false) {
        Err(Error::Refused(operation.name))
    } else {
        Ok(())
    }
}
