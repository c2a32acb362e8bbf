//! The sentences of "why", each from plain values.

use super::{clock_time, field_text, value_text};
use crate::ledger::{Hold, Reason, Stage};
use crate::phone::{Field, FieldValue};
use crate::rule_name;
use crate::rules::Rules;
use crate::text::{Language, Text};
use jiff::Timestamp;
use offhook_protocol::status::{Cause, NotDoneReason};

/// What sentences need beside the thing itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tongue<'a> {
    pub(super) language: Language,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
}

impl Tongue<'_> {
    pub(super) fn time(self, at: Timestamp) -> String {
        clock_time(at, self.now, self.rules)
    }

    pub(super) fn field(self, field: Field) -> &'static str {
        field_text(field).text(self.language)
    }

    /// "Teams (starface-9: Busy/InAMeeting)".
    pub(super) fn because(self, why: &Reason) -> String {
        let cause = match why.cause {
            Cause::Teams => Text::CauseTeams,
            Cause::Calendar => Text::CauseCalendar,
            Cause::Call => Text::CauseCall,
            Cause::Person => Text::CausePerson,
            Cause::OtherProgram => Text::CauseOtherProgram,
        };
        let rule = rule_name::in_words(&why.rule, self.language);
        Text::Because.with(
            self.language,
            &[("cause", cause.text(self.language)), ("rule", &rule)],
        )
    }

    /// When it ends.
    pub(super) fn end(self, until: Option<Timestamp>) -> String {
        match until {
            Some(until) => Text::EndsAt.with(self.language, &[("until", &self.time(until))]),
            None => Text::EndsWithCause.text(self.language).to_owned(),
        }
    }

    pub(super) fn held(self, field: Field, hold: &Hold) -> String {
        let text = match (hold.stage, &hold.earlier) {
            (Stage::Intent, None) => Text::ReasonHoldWriting,
            (Stage::Intent, Some(_)) => Text::ReasonHoldChanging,
            (Stage::Written, _) => Text::ReasonHold,
            (Stage::Releasing, _) => Text::ReasonHoldReleasing,
        };
        let earlier = hold.earlier.as_ref().unwrap_or(&hold.wrote);
        text.with(
            self.language,
            &[
                ("field", self.field(field)),
                ("value", &value_text(&hold.wrote, self.language)),
                ("earlier", &value_text(earlier, self.language)),
                ("before", &value_text(&hold.before, self.language)),
                ("since", &self.time(hold.since)),
                ("because", &self.because(&hold.why)),
                ("end", &self.end(hold.why.until)),
            ],
        )
    }

    /// Something that the rules want: met, on its way, or not done.
    pub(super) fn wanted(self, text: Text, field: Field, value: &FieldValue, why: &Reason) -> String {
        text.with(
            self.language,
            &[
                ("field", self.field(field)),
                ("value", &value_text(value, self.language)),
                ("because", &self.because(why)),
                ("since", &self.time(why.since)),
            ],
        )
    }

    pub(super) fn not_done(
        self,
        reason: NotDoneReason,
        field: Field,
        value: &FieldValue,
        why: &Reason,
    ) -> String {
        let text = match reason {
            NotDoneReason::Capability => Text::NotCapability,
            NotDoneReason::Person => Text::NotPerson,
            NotDoneReason::Paused => Text::NotPaused,
            NotDoneReason::Echo => Text::NotEcho,
            NotDoneReason::OtherWriter => Text::NotOtherWriter,
            NotDoneReason::RightMissing => Text::NotRight,
        };
        self.wanted(text, field, value, why)
    }

    /// What is there and is none of ours.
    pub(super) fn left_alone(self, text: Text, field: Field, value: &FieldValue, since: Timestamp) -> String {
        text.with(
            self.language,
            &[
                ("field", self.field(field)),
                ("value", &value_text(value, self.language)),
                ("since", &self.time(since)),
            ],
        )
    }

    pub(super) fn told(self, text: Text, value: &str, why: &Reason, until: Timestamp) -> String {
        text.with(
            self.language,
            &[
                ("value", value),
                ("because", &self.because(why)),
                ("since", &self.time(why.since)),
                ("until", &self.time(until)),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::PhonePresence;
    use crate::rule_name::RuleName;
    use crate::table::PhoneState;
    use crate::teams::{PreferredPair, SessionPair};
    use crate::view::rules::{preferred_text, session_text};

    const CAUSES: [Cause; 5] = [
        Cause::Teams,
        Cause::Calendar,
        Cause::Call,
        Cause::Person,
        Cause::OtherProgram,
    ];
    const NOT_DONE: [NotDoneReason; 6] = [
        NotDoneReason::Capability,
        NotDoneReason::Person,
        NotDoneReason::Paused,
        NotDoneReason::Echo,
        NotDoneReason::OtherWriter,
        NotDoneReason::RightMissing,
    ];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn values(field: Field) -> Vec<FieldValue> {
        match field {
            Field::Dnd => vec![FieldValue::Dnd(true), FieldValue::Dnd(false)],
            Field::Forward => vec![FieldValue::Forward(Some("100".into())), FieldValue::Forward(None)],
            Field::Presence => PhonePresence::ALL
                .into_iter()
                .map(Some)
                .chain([None])
                .map(FieldValue::Presence)
                .collect(),
            Field::Note => vec![
                FieldValue::Note("at lunch".into()),
                FieldValue::Note(String::new()),
            ],
        }
    }

    fn rules() -> Vec<String> {
        let mut names = vec![
            RuleName::SignedOut,
            RuleName::TeamsUnreachable,
            RuleName::Paused,
            RuleName::OutsideHours,
            RuleName::Watching,
            RuleName::Leaving,
        ];
        for own in [false, true] {
            names.push(RuleName::Call {
                source: "baresip".into(),
                own,
            });
            for anything_else in [false, true] {
                names.push(RuleName::Teams {
                    profile: "procall".into(),
                    own,
                    presence: "Busy/InAMeeting".into(),
                    anything_else,
                });
            }
            names.extend(PhoneState::all().map(|state| RuleName::Phone {
                profile: "innovaphone".into(),
                own,
                state,
            }));
        }
        names.iter().map(ToString::to_string).collect()
    }

    fn is_whole(text: &str, about: &[&str]) {
        assert!(text.ends_with('.'), "{text}");
        assert!(
            !text.contains('{') && !text.contains('}') && !text.contains("  "),
            "{text}"
        );
        assert!(!text.contains("()") && !text.contains(": ;"), "{text}");
        for part in about {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }

    /// Every language, with every cause, rule, end and value that a sentence may have to name.
    fn everything(mut check: impl FnMut(Tongue<'_>, Reason)) {
        let now = at("2026-03-10T09:00:00Z");
        for language in [Language::De, Language::En] {
            let told = Rules {
                language,
                ..Rules::default()
            };
            let tongue = Tongue {
                language,
                rules: &told,
                now,
            };
            for cause in CAUSES {
                for rule in rules() {
                    for until in [None, Some(at("2026-03-10T10:30:00Z"))] {
                        let why = Reason {
                            cause,
                            rule: rule.clone(),
                            since: at("2026-03-10T08:15:00Z"),
                            until,
                        };
                        check(tongue, why);
                    }
                }
            }
        }
    }

    #[test]
    fn r22_every_hold_has_a_sentence_with_cause_rule_since_until_and_what_comes_after() {
        everything(|tongue, why| {
            let rule = rule_name::in_words(&why.rule, tongue.language);
            for field in Field::ALL {
                for before in values(field) {
                    for stage in [Stage::Intent, Stage::Written, Stage::Releasing] {
                        for earlier in [None, Some(values(field)[1].clone())] {
                            let hold = Hold {
                                stage,
                                before: before.clone(),
                                wrote: values(field)[0].clone(),
                                earlier,
                                why: why.clone(),
                                since: why.since,
                                phone: "k".into(),
                            };
                            let text = tongue.held(field, &hold);
                            let before = value_text(&hold.before, tongue.language);
                            is_whole(&text, &[tongue.field(field), &before]);
                            if stage == Stage::Written {
                                let wrote = value_text(&hold.wrote, tongue.language);
                                is_whole(&text, &["08:15", &rule, &wrote]);
                                assert_eq!(why.until.is_some(), text.contains("10:30"), "{text}");
                            }
                        }
                    }
                }
            }
        });
    }

    #[test]
    fn r22_everything_wanted_and_not_done_has_a_sentence_with_the_reason() {
        everything(|tongue, why| {
            let rule = rule_name::in_words(&why.rule, tongue.language);
            for field in Field::ALL {
                let mut texts = std::collections::BTreeSet::new();
                for value in values(field) {
                    let name = value_text(&value, tongue.language);
                    for reason in NOT_DONE {
                        let text = tongue.not_done(reason, field, &value, &why);
                        is_whole(&text, &[tongue.field(field), &name, &rule]);
                        texts.insert(text);
                    }
                    for text in [Text::ReasonMet, Text::ReasonComing, Text::ReasonTriedAgain] {
                        let text = tongue.wanted(text, field, &value, &why);
                        is_whole(&text, &[tongue.field(field), &name, &rule]);
                        texts.insert(text);
                    }
                    for text in [
                        Text::ReasonPerson,
                        Text::ReasonPersonOrConnector,
                        Text::ReasonOtherProgram,
                        Text::ReasonAtRest,
                    ] {
                        let text = tongue.left_alone(text, field, &value, why.since);
                        is_whole(&text, &[tongue.field(field), &name]);
                        texts.insert(text);
                    }
                }
                assert_eq!(texts.len(), values(field).len() * 13, "each says something else");
            }
        });
    }

    #[test]
    fn r22_everything_told_to_teams_has_a_sentence() {
        everything(|tongue, why| {
            let rule = rule_name::in_words(&why.rule, tongue.language);
            let until = at("2026-03-10T09:05:00Z");
            let sessions = SessionPair::ALL.map(|pair| session_text(pair).text(tongue.language));
            let preferred = PreferredPair::ALL.map(|pair| preferred_text(pair).text(tongue.language));
            for (text, words) in [
                (Text::ReasonSession, sessions.to_vec()),
                (Text::ReasonPreferred, preferred.to_vec()),
            ] {
                for words in words {
                    let text = tongue.told(text, words, &why, until);
                    is_whole(&text, &[words, &rule, "08:15", "09:05"]);
                    is_whole(
                        &tongue.told(Text::TeamsWanted, words, &why, until),
                        &[words, &rule],
                    );
                }
            }
        });
    }
}
