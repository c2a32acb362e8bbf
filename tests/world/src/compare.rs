//! The reference model against the engine, after each of its steps (invariant 11).

use super::desk::{Desk, PHONE};
use super::model::{self, ByHand};
use offhook_engine::Engine;
use offhook_engine::desired::Want;
use offhook_engine::ledger::Stage;
use offhook_engine::phone::{Field, FieldValue};
use std::time::Duration;

impl Desk {
    pub fn model_check(&mut self) {
        let Some(engine) = &self.engine else { return };
        let now = self.now.mono;
        let facts = engine.facts();
        let stale = facts.teams.is_stale(self.rules.release_after, now);
        let outgoing = self.rules.outgoing_counts;
        let on_phone = self.told.on_the_phone(outgoing, now);
        let mut wants = [None, None, None, None];
        if !facts.is_signed_out()
            && !stale
            && let Some(in_force) = &facts.teams.in_force
        {
            wants = model::wants(self.choices(), &in_force.presence, on_phone);
        }
        wants = self.with_known_appointments(engine, wants);
        model::in_words(&mut wants, facts.phone.abilities().presence_words);
        let mut differ = None;
        let text = wants[3].as_ref().filter(|_| self.rules.calendar.teams_message);
        let text = text.filter(
            |text| matches!(text, FieldValue::Note(text) if super::calendar::is_text_of_an_appointment(text)),
        );
        let got = engine.desired().message.as_ref();
        let got = got.map(|wish| FieldValue::Note(wish.message.text.clone()));
        if got.as_ref() != text {
            differ = Some("the status message is not the text of the appointment".to_owned());
        }
        for (field, want) in Field::ALL.into_iter().zip(&wants) {
            let got = engine.desired().of(field).and_then(|wish| match &wish.want {
                Want::Set(value) => Some(value),
                Want::Leave | Want::Unset => None,
            });
            if got != want.as_ref() {
                let shows = facts.teams.in_force.as_ref().map(|in_force| &in_force.presence);
                let running = self.running(engine);
                differ = Some(format!(
                    "the model wants {want:?}, the engine {got:?}, with Teams {shows:?} and {running:?}"
                ));
            }
        }
        let call = self.told.session(outgoing, now);
        let (session, preferred) = model::tells_teams(self.choices(), call, self.set_by_hand(engine));
        let got = engine.desired().session.as_ref().map(|wish| wish.pair);
        if got != session {
            differ = Some(format!(
                "the model wants the session {session:?}, the engine {got:?}"
            ));
        }
        let got = engine.desired().preferred.as_ref();
        let got = got.map(|wish| (wish.pair, wish.lifetime));
        let preferred = preferred.map(|(pair, minutes)| (pair, Duration::from_secs(minutes * 60)));
        if got != preferred {
            differ = Some(format!(
                "the model wants preferred {preferred:?}, the engine {got:?}"
            ));
        }
        if let Some(differ) = differ {
            self.fail(11, &differ);
        }
    }

    /// What the person has set on the phone, as far as the program knows.
    pub fn set_by_hand(&self, engine: &Engine) -> ByHand {
        let by_hand = |field: Field| {
            let known = engine.facts().phone.recent(field, self.now.mono);
            let known = known.map(|known| &known.value);
            known.filter(|known| match engine.ledger().hold_on(field, PHONE) {
                Some(hold) => hold.stage == Stage::Intent && **known == hold.before,
                None => !engine.ledger().comes_late(known),
            })
        };
        let presence = match by_hand(Field::Presence) {
            Some(FieldValue::Presence(presence)) => *presence,
            Some(FieldValue::Dnd(_) | FieldValue::Forward(_) | FieldValue::Note(_)) | None => None,
        };
        ByHand {
            dnd: by_hand(Field::Dnd) == Some(&FieldValue::Dnd(true)),
            presence,
        }
    }
}
