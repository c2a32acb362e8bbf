//! Writes one field and reads it back: "Success" does not mean done (facts/asterisk.md section 0).

use super::super::error::Error;
use super::super::fields::Switch;
use super::super::presence::Presence;
use super::super::rights::{Way, needed_right};
use super::super::wire::Header;
use super::{Session, succeeded};
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use tokio::time::{Instant, timeout_at};

impl Session {
    /// Writes one field and waits until it shows.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] when it does not show in time; a missing right; a value that can't be written.
    pub async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        let field = value.field();
        let Some(switch) = Switch::from_value(value)? else {
            return self.write_presence(value).await;
        };
        if self.read(&[field]).await?.contains(value) {
            return Ok(());
        }
        let may_read = self.abilities().of(field).read;
        let code = switch.code(&self.config);
        let mut ways = self.rights.ways(self.config.how, code.is_some());
        if self.code_in_vain && ways.contains(&Way::DbPut) {
            ways.retain(|way| *way != Way::Code);
        }
        if ways.is_empty() || !may_read {
            return Err(Error::NotPermitted(if may_read {
                needed_right(self.config.how)
            } else {
                "DBGet"
            }));
        }
        let mut outcome = Err(Error::NotConfirmed(field));
        let mut in_vain = false;
        for way in ways {
            let done = match (way, &code) {
                (Way::Code, Some(code)) => self.dial(&switch, code).await,
                (Way::Code, None) => continue,
                (Way::DbPut, _) => self.put(&switch).await,
            };
            outcome = match done {
                Ok(()) if self.shows(value).await? => {
                    self.code_in_vain |= in_vain;
                    return Ok(());
                }
                Ok(()) => Err(Error::NotConfirmed(field)),
                Err(error) if error.ends_connection() => return Err(error),
                Err(error) => Err(error),
            };
            in_vain |= way == Way::Code;
        }
        outcome
    }

    async fn dial(&mut self, switch: &Switch, code: &str) -> Result<(), Error> {
        self.dialled += 1;
        let id = format!(
            "offhook-{:08x}-{}",
            getrandom::u32().unwrap_or_default(),
            self.dialled
        );
        let answer = self.ask(switch.dial(code, &self.config, &id)?).await?;
        succeeded(&answer, "Originate")
    }

    async fn put(&mut self, switch: &Switch) -> Result<(), Error> {
        let action = switch.put(&self.config)?;
        let name = action.name();
        let answer = self.ask(action).await?;
        if name == "DBPut" {
            succeeded(&answer, name)?;
        }
        // A key that is not there can't be deleted and is what was wanted; the read-back tells.
        if self.rights.set_var {
            let lamps = switch.lamps(&self.config);
            self.set_var(format!("DEVICE_STATE(Custom:{})", lamps.own), &lamps.state)
                .await?;
            if self.rights.db_get && self.db_get("CustomDevstate", &lamps.per_device).await?.is_some() {
                self.set_var(format!("DEVICE_STATE(Custom:{})", lamps.per_device), &lamps.state)
                    .await?;
            }
        }
        Ok(())
    }

    async fn write_presence(&mut self, value: &FieldValue) -> Result<(), Error> {
        let abilities = self.abilities();
        if !abilities.of(value.field()).write {
            return Err(Error::NotPermitted(if self.rights.presence_state {
                "Setvar"
            } else {
                "PresenceState"
            }));
        }
        let before = self.presence().await?;
        let wanted = match value {
            FieldValue::Presence(word) => self.presence_with(&before, *word),
            FieldValue::Note(text) => {
                // Encoded it would pass, and break the lines of everybody who reads it.
                Header::new(text.as_str())?;
                before.with_message(text)
            }
            FieldValue::Dnd(_) | FieldValue::Forward(_) => return Err(Error::Refused("Setvar")),
        };
        if wanted == before {
            return Ok(());
        }
        let variable = format!(
            "PRESENCE_STATE(CustomPresence:{})",
            self.config.extension.as_str()
        );
        self.set_var(variable, &wanted.value()).await?;
        let deadline = Instant::now() + self.config.timing.confirm;
        while self.presence().await? != wanted {
            if !self.listen(deadline, value.field()).await? {
                return Err(Error::NotConfirmed(value.field()));
            }
        }
        Ok(())
    }

    /// A presence that has no word of ours is kept aside while what we wrote stands in its place, and put back
    /// when its nearest word is asked for again.
    fn presence_with(&mut self, before: &Presence, word: Option<PhonePresence>) -> Presence {
        let is_ours = self
            .wrote
            .as_ref()
            .is_some_and(|wrote| *before == wrote.with_message(&before.message));
        if !is_ours {
            let is_other = before.with_word(before.word()) != *before;
            self.replaced = is_other.then(|| (before.word(), before.clone()));
        }
        let kept = self.replaced.take_if(|(nearest, _)| *nearest == word);
        let wanted = match kept {
            Some((_, kept)) => kept.with_message(&before.message),
            None => before.with_word(word),
        };
        self.wrote = Some(wanted.clone());
        wanted
    }

    /// Whether the field comes to show the value in time.
    async fn shows(&mut self, value: &FieldValue) -> Result<bool, Error> {
        let deadline = Instant::now() + self.config.timing.confirm;
        loop {
            self.dirty.remove(&value.field());
            if self.read(&[value.field()]).await?.contains(value) {
                return Ok(true);
            }
            if !self.listen(deadline, value.field()).await? {
                return Ok(false);
            }
        }
    }

    /// Hears events for a moment, or until a push tells of the field. False: the deadline has come.
    async fn listen(&mut self, deadline: Instant, field: Field) -> Result<bool, Error> {
        let now = Instant::now();
        let until = deadline.min(now + self.config.timing.look);
        while !self.dirty.contains(&field) {
            match timeout_at(until, self.connection.next()).await {
                Ok(message) => self.handle(&message?)?,
                Err(_elapsed) => break,
            }
        }
        Ok(now < deadline)
    }
}
