//! The status message in Teams: what the rules say of it, and who else has a word.

use super::{Engine, Released};
use crate::breaks::{self, Break};
use crate::clock::Now;
use crate::desired::MessageWish;
use crate::phone::Field;
use crate::reconcile::message::{Context, Message, Word};
use crate::teams::{Right, StatusMessage};

impl Engine {
    pub(super) fn on_message_seen(&mut self, seen: Option<StatusMessage>, now: Now) {
        self.message
            .on_read(seen, &mut self.facts.teams.message, now.mono);
    }

    pub(super) fn step_message(&mut self, now: Now) {
        let wish = self.desired.message.clone();
        self.poll.ask(false);
        let word = self.word_on_message(wish.as_ref(), now);
        self.with_message(now, |message, context| message.step(word, context, now));
    }

    fn word_on_message<'a>(&self, wish: Option<&'a MessageWish>, now: Now) -> Word<'a> {
        let record = self.ledger.message.as_ref();
        let lasts = record.and_then(|record| record.wrote.until);
        let lasts = lasts.is_some_and(|until| now.wall < until);
        match (self.released(now), wish) {
            (Some(why), _) if lasts && self.keeps_texts(why) => Word::Keep,
            (Some(_), _) => Word::Leave,
            (None, Some(wish)) => Word::Set(wish),
            // Nothing is known: that ends no quiet either (R10).
            (None, None) if self.desired.message_unknown && (record.is_none() || lasts) => Word::Keep,
            (None, None) => Word::Leave,
        }
    }

    /// "Quit and pause leave chat status and text as they are" (R16).
    fn keeps_texts(&self, released: Released) -> bool {
        self.may_keep(Field::Note, released)
    }

    pub(super) fn is_message_settled(&self) -> bool {
        let kept = self.keeps_texts(Released::Leaving);
        kept || self.message.is_settled(&self.ledger)
    }

    /// The person wants back what was there (R10).
    pub(super) fn put_message_back(&mut self) {
        let wanted = self.desired.message.is_some() && self.ledger.message.is_some();
        if wanted && !self.ledger.message_yielded && !breaks::is(Break::KeepsWhatIsPutBack) {
            self.ledger.message_yielded = true;
            self.revision += 1;
        }
    }

    pub(super) fn set_message_again(&mut self) {
        if self.ledger.message_yielded {
            self.ledger.message_yielded = false;
            self.revision += 1;
        }
    }

    pub(super) fn with_message<R>(
        &mut self,
        now: Now,
        act: impl FnOnce(&mut Message, &mut Context<'_>) -> R,
    ) -> R {
        let may = self.facts.has(Right::PresenceWrite) && self.facts.has(Right::PresenceRead);
        let released = self.released(now).is_some();
        let account = self.facts.sign_in.account().filter(|_| may);
        let (mut effects, mut read) = (Vec::new(), false);
        let result = act(
            &mut self.message,
            &mut Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                saved: self.saved,
                known: &mut self.facts.teams.message,
                chance: &mut self.chance,
                effects: &mut effects,
                read: &mut read,
                account: account.map(|account| account.key.as_str()),
                released,
            },
        );
        self.effects.extend(effects);
        if read {
            self.poll.ask(true);
        }
        result
    }
}
