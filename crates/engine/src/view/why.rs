//! Why, in sentences: what is set and what was not done (R22).

use super::{clock_time, field_text, value_text};
use crate::clock::Now;
use crate::engine::{Engine, Released};
use crate::ledger::Stage;
use crate::phone::{Field, FieldValue};
use crate::rule_name;
use crate::teams::SignIn;
use crate::text::Text;
use offhook_protocol::status::{Field as Shown, NotDoneReason, State};

impl Engine {
    /// The reason for the state, one sentence.
    pub(crate) fn why_state(&self, now: Now) -> String {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules.zone, language);
        let says = || self.ruling_says();
        match self.state(now) {
            State::SignedOut => Text::WhySignedOut.text(language).to_owned(),
            State::Paused => match self.paused(now) {
                Some((Released::OutsideHours, _)) => Text::WhyOutsideHours.text(language).to_owned(),
                Some((_, Some(until))) => Text::WhyPausedUntil.with(language, &[("until", &time(until))]),
                Some((_, None)) | None => Text::WhyPaused.text(language).to_owned(),
            },
            State::InCall => match self.facts.calls.in_call(self.rules.outgoing_counts, now.mono) {
                Some(call) => {
                    let text = if self.session.up().is_some() {
                        Text::WhyInCallTold
                    } else {
                        Text::WhyInCall
                    };
                    text.with(language, &[("since", &time(call.since))])
                }
                None => Text::WhyTeamsCall.with(language, &[("says", &says())]),
            },
            State::DoNotDisturb => {
                if self.held_by_us(Field::Dnd) {
                    Text::WhyDndOurs.with(language, &[("says", &says())])
                } else if self.facts.phone.value(Field::Dnd) == Some(&FieldValue::Dnd(true)) {
                    Text::WhyDndPerson.text(language).to_owned()
                } else {
                    Text::WhyTeamsSays.with(language, &[("says", &says())])
                }
            }
            State::Forwarded => {
                let target = self.facts.phone.value(Field::Forward);
                let target = target
                    .map(|value| value_text(value, language))
                    .unwrap_or_default();
                if self.held_by_us(Field::Forward) {
                    Text::WhyForwardOurs.with(language, &[("target", &target), ("says", &says())])
                } else {
                    Text::WhyForwardPerson.with(language, &[("target", &target)])
                }
            }
            State::Busy | State::Away => Text::WhyTeamsSays.with(language, &[("says", &says())]),
            State::Free => match &self.facts.teams.seen {
                None if self.waits(now).is_some() => match &self.facts.sign_in {
                    SignIn::Waiting(fault) => fault.problem(language).to_string(),
                    SignIn::SignedOut
                    | SignIn::Browser { .. }
                    | SignIn::DeviceCode { .. }
                    | SignIn::SignedIn(_)
                    | SignIn::Expired { .. } => Text::WhyStarting.text(language).to_owned(),
                },
                Some(_) => Text::WhyTeamsSays.with(language, &[("says", &says())]),
                None => Text::WhyFree.text(language).to_owned(),
            },
        }
    }

    /// One full sentence for each thing that is set, and for each that was not done.
    pub fn why(&self, now: Now) -> Vec<String> {
        let mut lines = vec![self.why_state(now)];
        lines.extend(self.held_sentences(now));
        lines.extend(self.told_teams(now));
        lines.extend(self.not_done_sentences(now));
        lines
    }

    fn held_sentences(&self, now: Now) -> Vec<String> {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules.zone, language);
        let mut lines = Vec::new();
        for field in Field::ALL {
            let name = field_text(field).text(language);
            match self.hold(field) {
                Some(hold) => {
                    let text = match hold.stage {
                        Stage::Intent => Text::ReasonHoldWriting,
                        Stage::Written => Text::ReasonHold,
                        Stage::Releasing => Text::ReasonHoldReleasing,
                    };
                    lines.push(text.with(
                        language,
                        &[
                            ("field", name),
                            ("value", &value_text(&hold.wrote, language)),
                            ("before", &value_text(&hold.before, language)),
                            ("since", &time(hold.since)),
                            ("rule", &rule_name::in_words(&hold.why.rule, language)),
                        ],
                    ));
                }
                None => {
                    if let Some(value) = self
                        .facts
                        .phone
                        .value(field)
                        .filter(|v| is_set(v) && self.facts.phone.is_up())
                    {
                        let value = value_text(value, language);
                        lines.push(Text::ReasonPerson.with(language, &[("field", name), ("value", &value)]));
                    }
                }
            }
        }
        lines
    }

    /// What we have set in Teams, and until when.
    fn told_teams(&self, now: Now) -> Vec<String> {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules.zone, language);
        let mut lines = Vec::new();
        if let (Some(up), Some(wish)) = (self.session.up(), &self.desired.session) {
            lines.push(Text::ReasonSession.with(
                language,
                &[
                    ("value", &up.pair.presence().to_string()),
                    ("since", &time(wish.why.since)),
                    ("rule", &rule_name::in_words(&wish.why.rule, language)),
                    ("until", &time(up.ends_wall)),
                ],
            ));
        }
        lines.extend(self.preferred_sentence(now));
        lines
    }

    pub(crate) fn preferred_sentence(&self, now: Now) -> Option<String> {
        let language = self.rules.language;
        let (record, wish) = (self.ledger.preferred.as_ref()?, self.desired.preferred.as_ref()?);
        Some(Text::ReasonPreferred.with(
            language,
            &[
                ("value", &record.pair.presence().to_string()),
                ("rule", &rule_name::in_words(&wish.why.rule, language)),
                (
                    "until",
                    &clock_time(record.until, now.wall, &self.rules.zone, language),
                ),
            ],
        ))
    }

    pub(crate) fn not_done_sentences(&self, now: Now) -> Vec<String> {
        let language = self.rules.language;
        let mut lines = Vec::new();
        for (field, reason) in self.not_done(now) {
            let text = match reason {
                NotDoneReason::Capability => Text::NotCapability,
                NotDoneReason::Person => Text::NotPerson,
                NotDoneReason::Paused => Text::NotPaused,
                NotDoneReason::Echo => Text::NotEcho,
                NotDoneReason::OtherWriter => Text::NotOtherWriter,
                NotDoneReason::RightMissing => Text::NotRight,
            };
            let name = match field {
                Shown::Dnd => Text::FieldDnd,
                Shown::Forward => Text::FieldForward,
                Shown::Presence => Text::FieldPresence,
                Shown::Note => Text::FieldNote,
                Shown::Teams => Text::FieldTeams,
            };
            lines.push(text.with(language, &[("field", name.text(language))]));
        }
        lines
    }
}

/// Worth a sentence: something other than the state of rest.
pub(crate) fn is_set(value: &FieldValue) -> bool {
    match value {
        FieldValue::Dnd(on) => *on,
        FieldValue::Forward(target) => target.is_some(),
        FieldValue::Presence(presence) => presence.is_some(),
        FieldValue::Note(note) => !note.is_empty(),
    }
}
