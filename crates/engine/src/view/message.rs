//! What is said of the status message in Teams.

use super::quoted;
use super::sentences::Tongue;
use crate::clock::Now;
use crate::engine::Engine;
use crate::ledger::{MessageRecord, Reason, Stage};
use crate::teams::StatusMessage;
use crate::text::{CalendarText, Language, Text};
use offhook_protocol::status::NotDoneReason;

/// A sentence, and whether something is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Set(String),
    NotDone(String),
    /// Just on its way.
    Rest(String),
}

impl Engine {
    pub(super) fn why_message(&self, tongue: Tongue<'_>, now: Now) -> Option<Said> {
        if let Some(record) = &self.ledger.message {
            return Some(Said::Set(held(tongue, record)));
        }
        let wish = self.desired.message.as_ref()?;
        let wanted = |text: Text| said(tongue, text, &wish.message, &wish.why);
        let untold = |because: String| {
            let values = [
                ("value", &*shown(&wish.message, tongue.language)),
                ("because", &tongue.because(&wish.why)),
            ];
            let wanted = CalendarText::MessageWanted.with(tongue.language, &values);
            Some(Said::NotDone(format!("{wanted} {because}")))
        };
        let refused = self.message.refused();
        if let Some(because) = self.why_teams_is_not_told(refused, tongue.language, now) {
            return untold(because);
        }
        match self.message.not_done() {
            Some(NotDoneReason::Person) => return Some(Said::NotDone(wanted(Text::NotPerson))),
            Some(NotDoneReason::Capability) => {
                return untold(CalendarText::MessageUnreadable.text(tongue.language).to_owned());
            }
            Some(
                NotDoneReason::Paused
                | NotDoneReason::Echo
                | NotDoneReason::OtherWriter
                | NotDoneReason::RightMissing,
            )
            | None => {}
        }
        let seen = self.facts.teams.message.as_ref();
        let met = seen.and_then(|(seen, _)| seen.as_ref());
        let met = met.is_some_and(|seen| seen.says(&wish.message.text));
        Some(if met {
            Said::Set(wanted(Text::ReasonMet))
        } else {
            Said::Rest(wanted(Text::ReasonComing))
        })
    }

    /// For the page "Now": what Teams shows of ours beside the presence.
    pub(crate) fn message_sentence(&self, now: Now) -> Option<String> {
        let record = self.ledger.message.as_ref()?;
        (record.stage != Stage::Releasing).then(|| held(self.tongue(now), record))
    }
}

fn name(language: Language) -> &'static str {
    CalendarText::MessageName.text(language)
}

fn shown(message: &StatusMessage, language: Language) -> String {
    if message.is_none() {
        return Text::ValueNone.text(language).to_owned();
    }
    quoted(&message.text, language)
}

fn held(tongue: Tongue<'_>, record: &MessageRecord) -> String {
    let language = tongue.language;
    let text = match (record.stage, record.earlier.last()) {
        (Stage::Intent, None) => Text::ReasonHoldWriting,
        (Stage::Intent, Some(_)) => Text::ReasonHoldChanging,
        (Stage::Written, _) => Text::ReasonHold,
        (Stage::Releasing, _) => Text::ReasonHoldReleasing,
    };
    let earlier = record.earlier.last().unwrap_or(&record.wrote);
    text.with(
        language,
        &[
            ("field", name(language)),
            ("value", &shown(&record.wrote, language)),
            ("earlier", &shown(earlier, language)),
            ("before", &shown(&record.before.at(tongue.now), language)),
            ("since", &tongue.time(record.since)),
            ("because", &tongue.because(&record.why)),
            ("end", &tongue.end(record.why.until)),
        ],
    )
}

fn said(tongue: Tongue<'_>, text: Text, message: &StatusMessage, why: &Reason) -> String {
    let language = tongue.language;
    text.with(
        language,
        &[
            ("field", name(language)),
            ("value", &shown(message, language)),
            ("because", &tongue.because(why)),
        ],
    )
}
