//! The names of rules: what `status` and the ledger hold of a reason, and the same in a person's words.

use crate::appointment::{Keyword, ShowAs};
use crate::calendar::CalendarRule;
use crate::profile::NAMES;
use crate::table::PhoneState;
use crate::teams::Presence;
use crate::text::{CalendarText, Language, Text};
use std::fmt;

/// Why something is wanted. Nothing personal: words of Teams, names of profiles and of sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RuleName {
    /// For example `starface-9: Busy/InAMeeting`.
    Teams {
        profile: String,
        /// The person's own cell, not the profile's.
        own: bool,
        presence: String,
        /// No row knows the words.
        anything_else: bool,
    },
    Call {
        source: String,
        own: bool,
    },
    /// A state that the person set on the phone (R5).
    Phone {
        profile: String,
        own: bool,
        state: PhoneState,
    },
    Calendar(CalendarRule),
    SignedOut,
    TeamsUnreachable,
    Paused,
    OutsideHours,
    Watching,
    Leaving,
}

const OWN: &str = "own";
const ANYTHING_ELSE: &str = "anything else (";
const ON_THE_PHONE: &str = " on the phone";
const CALENDAR: &str = "calendar";
const CHAT: &str = "chat status ";
const STATUS_TEXT: &str = "status text";
const OVER: &str = "over";

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn table(own: bool, profile: &str) -> &str {
            if own { OWN } else { profile }
        }
        match self {
            Self::Teams {
                profile,
                own,
                presence,
                anything_else,
            } => {
                let table = table(*own, profile);
                if *anything_else {
                    write!(f, "{table}: {ANYTHING_ELSE}{presence})")
                } else {
                    write!(f, "{table}: {presence}")
                }
            }
            Self::Call { source, own: false } => write!(f, "call: {source}"),
            Self::Call { source, own: true } => write!(f, "{OWN}: call: {source}"),
            Self::Phone { profile, own, state } => {
                write!(f, "{}: {}{ON_THE_PHONE}", table(*own, profile), state.name())
            }
            Self::Calendar(rule) => match rule {
                CalendarRule::Kind(kind) => write!(f, "{CALENDAR}: {kind}"),
                CalendarRule::Keyword(keyword) => write!(f, "{CALENDAR}: {}", keyword.name()),
                CalendarRule::ChatStatus(kind) => write!(f, "{CALENDAR}: {CHAT}{kind}"),
                CalendarRule::Text => write!(f, "{CALENDAR}: {STATUS_TEXT}"),
                CalendarRule::Over => write!(f, "{CALENDAR}: {OVER}"),
            },
            Self::SignedOut => f.write_str("signed-out"),
            Self::TeamsUnreachable => f.write_str("teams-unreachable"),
            Self::Paused => f.write_str("paused"),
            Self::OutsideHours => f.write_str("outside-hours"),
            Self::Watching => f.write_str("watching"),
            Self::Leaving => f.write_str("leaving"),
        }
    }
}

impl RuleName {
    /// As [`Self::Teams`] is written; asked for so often that nothing is built on the way.
    pub(crate) fn teams(profile: &str, own: bool, presence: &Presence, anything_else: bool) -> String {
        let table = if own { OWN } else { profile };
        let (before, after) = if anything_else {
            (ANYTHING_ELSE, ")")
        } else {
            ("", "")
        };
        let (availability, activity) = (presence.availability.as_str(), presence.activity.as_str());
        [table, ": ", before, availability, "/", activity, after].concat()
    }

    /// A name that an earlier version wrote into the ledger may be none of ours any more.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let fixed = [
            Self::SignedOut,
            Self::TeamsUnreachable,
            Self::Paused,
            Self::OutsideHours,
            Self::Watching,
            Self::Leaving,
        ];
        if let Some(rule) = fixed.into_iter().find(|rule| rule.to_string() == name) {
            return Some(rule);
        }
        let call = |text: &str, own: bool| {
            let source = text.strip_prefix("call: ")?.to_owned();
            Some(Self::Call { source, own })
        };
        if let Some(rule) = call(name, false) {
            return Some(rule);
        }
        let (table, rest) = name.split_once(": ")?;
        if table == CALENDAR {
            return Some(Self::Calendar(calendar_rule(rest)));
        }
        let own = table == OWN;
        if !own && !NAMES.contains(&table) {
            return None;
        }
        if let Some(rule) = call(rest, own) {
            return Some(rule);
        }
        let profile = if own { String::new() } else { table.to_owned() };
        if let Some(state) = rest.strip_suffix(ON_THE_PHONE).and_then(PhoneState::parse) {
            return Some(Self::Phone { profile, own, state });
        }
        let unknown = rest
            .strip_prefix(ANYTHING_ELSE)
            .and_then(|rest| rest.strip_suffix(')'));
        Some(Self::Teams {
            profile,
            own,
            presence: unknown.unwrap_or(rest).to_owned(),
            anything_else: unknown.is_some(),
        })
    }

    /// In a person's words, to stand between brackets.
    pub(crate) fn text(&self, language: Language) -> String {
        let table = |own: bool, profile: &str| {
            if own {
                Text::RuleOwn.text(language).to_owned()
            } else {
                profile.to_owned()
            }
        };
        match self {
            Self::Teams {
                profile,
                own,
                presence,
                anything_else,
            } => {
                let table = table(*own, profile);
                if *anything_else {
                    let other = Text::RuleAnythingElse.text(language);
                    format!("{table}: {other} ({presence})")
                } else {
                    format!("{table}: {presence}")
                }
            }
            Self::Call { source, .. } => Text::RuleCall.with(language, &[("source", source)]),
            Self::Phone { profile, own, state } => {
                let state = crate::view::phone_state_text(*state, language);
                let values = [("table", table(*own, profile)), ("state", state)];
                let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
                Text::RulePhone.with(language, &values)
            }
            Self::Calendar(rule) => calendar_text(rule, language),
            Self::SignedOut => Text::RuleSignedOut.text(language).to_owned(),
            Self::TeamsUnreachable => Text::RuleTeamsUnreachable.text(language).to_owned(),
            Self::Paused => Text::RulePaused.text(language).to_owned(),
            Self::OutsideHours => Text::RuleOutsideHours.text(language).to_owned(),
            Self::Watching => Text::RuleWatching.text(language).to_owned(),
            Self::Leaving => Text::RuleLeaving.text(language).to_owned(),
        }
    }
}

fn calendar_rule(name: &str) -> CalendarRule {
    let keyword = Keyword::ALL.into_iter().find(|keyword| keyword.name() == name);
    match (keyword, name.strip_prefix(CHAT)) {
        (Some(keyword), _) => CalendarRule::Keyword(keyword),
        (None, Some(kind)) => CalendarRule::ChatStatus(kind.to_owned()),
        (None, None) if name == STATUS_TEXT => CalendarRule::Text,
        (None, None) if name == OVER => CalendarRule::Over,
        (None, None) => CalendarRule::Kind(name.to_owned()),
    }
}

pub(crate) fn calendar_text(rule: &CalendarRule, language: Language) -> String {
    let kind = |word: &str| kind_text(&ShowAs::parse(word), language);
    match rule {
        CalendarRule::Kind(word) => CalendarText::RuleKind.with(language, &[("kind", &kind(word))]),
        CalendarRule::Keyword(keyword) => {
            CalendarText::RuleKeyword.with(language, &[("keyword", keyword.name_in(language))])
        }
        CalendarRule::ChatStatus(word) => CalendarText::RuleChat.with(language, &[("kind", &kind(word))]),
        CalendarRule::Text => CalendarText::RuleText.text(language).to_owned(),
        CalendarRule::Over => CalendarText::RuleOver.text(language).to_owned(),
    }
}

/// A kind of appointment as Outlook calls it.
pub(crate) fn kind_text(kind: &ShowAs, language: Language) -> String {
    let text = match kind {
        ShowAs::Free => CalendarText::KindFree,
        ShowAs::WorkingElsewhere => CalendarText::KindElsewhere,
        ShowAs::Tentative => CalendarText::KindTentative,
        ShowAs::Busy => CalendarText::KindBusy,
        ShowAs::OutOfOffice => CalendarText::KindOutOfOffice,
        ShowAs::Unknown(word) => {
            return CalendarText::KindUnknown.with(language, &[("word", word.as_str())]);
        }
    };
    text.text(language).to_owned()
}

/// A rule's name in a person's words; as it stands where it is none of ours.
pub(crate) fn in_words(name: &str, language: Language) -> String {
    RuleName::parse(name).map_or_else(|| name.to_owned(), |rule| rule.text(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_was_written() {
        let teams = |own: bool, anything_else: bool| RuleName::Teams {
            profile: if own { String::new() } else { "starface-9".into() },
            own,
            presence: "Busy/InAMeeting".into(),
            anything_else,
        };
        let mut names = vec![
            RuleName::SignedOut,
            RuleName::TeamsUnreachable,
            RuleName::Paused,
            RuleName::OutsideHours,
            RuleName::Watching,
            RuleName::Leaving,
        ];
        for own in [false, true] {
            names.extend([teams(own, false), teams(own, true)]);
            names.push(RuleName::Call {
                source: "baresip".into(),
                own,
            });
            names.extend(PhoneState::all().map(|state| RuleName::Phone {
                profile: if own { String::new() } else { "innovaphone".into() },
                own,
                state,
            }));
        }
        names.extend([CalendarRule::Text, CalendarRule::Over].map(RuleName::Calendar));
        for kind in ShowAs::KNOWN {
            let kind = kind.name().to_owned();
            names.push(RuleName::Calendar(CalendarRule::Kind(kind.clone())));
            names.push(RuleName::Calendar(CalendarRule::ChatStatus(kind)));
        }
        for keyword in Keyword::ALL {
            names.push(RuleName::Calendar(CalendarRule::Keyword(keyword)));
        }
        for (own, anything_else) in [(false, false), (false, true), (true, false), (true, true)] {
            let presence = Presence::new("Busy", "InAMeeting");
            let written = RuleName::teams("starface-9", own, &presence, anything_else);
            assert_eq!(
                RuleName::parse(&written),
                Some(teams(own, anything_else)),
                "{written}"
            );
        }
        for name in names {
            assert_eq!(RuleName::parse(&name.to_string()), Some(name.clone()), "{name}");
            for language in [Language::De, Language::En] {
                assert!(!name.text(language).contains('{'), "{name}");
            }
        }
        assert_eq!(in_words("something older", Language::De), "something older");
    }
}
