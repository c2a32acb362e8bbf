//! Appointments of the person's own calendar, whatever it is read from.

use crate::teams::Word;
use crate::text::Language;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Length, Timestamp};
use std::fmt;

/// One appointment of one day: of a series one occurrence. `Debug` hides what it is about (R17, R23).
#[derive(Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Names this occurrence for as long as it exists, moved or not.
    pub id: AppointmentId,
    pub subject: String,
    pub show_as: ShowAs,
    pub sensitivity: Sensitivity,
    /// What the person answered to an invitation.
    pub answer: Answer,
    pub cancelled: bool,
    pub draft: bool,
    pub span: Span,
}

/// The source's name of an occurrence. Its letters mean nothing to us.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppointmentId(String);

impl AppointmentId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppointmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppointmentId(…)")
    }
}

/// "Show as": what kind of appointment it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowAs {
    Free,
    WorkingElsewhere,
    Tentative,
    Busy,
    OutOfOffice,
    /// A word nobody has described: shown by name, and nothing is done for it.
    Unknown(Word),
}

impl ShowAs {
    /// The five that have a meaning, by R12's order: the weakest first.
    pub const KNOWN: [Self; 5] = [
        Self::Free,
        Self::WorkingElsewhere,
        Self::Tentative,
        Self::Busy,
        Self::OutOfOffice,
    ];

    /// From Graph's word (`facts/graph.md`, section 3.1), in any case.
    pub fn parse(word: &str) -> Self {
        let known = Self::KNOWN
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| Self::Unknown(Word::new(word)))
    }

    /// Graph's word.
    pub fn name(&self) -> &str {
        match self {
            Self::Free => "free",
            Self::WorkingElsewhere => "workingElsewhere",
            Self::Tentative => "tentative",
            Self::Busy => "busy",
            Self::OutOfOffice => "oof",
            Self::Unknown(word) => word.as_str(),
        }
    }

    /// R12: out of office > busy > tentative > elsewhere > free. What is not known is weaker than all of them.
    pub const fn strength(&self) -> u8 {
        match self {
            Self::Unknown(_) => 0,
            Self::Free => 1,
            Self::WorkingElsewhere => 2,
            Self::Tentative => 3,
            Self::Busy => 4,
            Self::OutOfOffice => 5,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sensitivity {
    #[default]
    Normal,
    Personal,
    Private,
    Confidential,
}

impl Sensitivity {
    /// Whether the subject must not leave the program (R17).
    pub const fn is_secret(self) -> bool {
        match self {
            Self::Private | Self::Confidential => true,
            Self::Normal | Self::Personal => false,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Answer {
    /// An appointment of the person's own, or nothing is said.
    #[default]
    None,
    Organizer,
    TentativelyAccepted,
    Accepted,
    Declined,
    NotResponded,
}

/// From when to when. The end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Timed {
        start: Timestamp,
        end: Timestamp,
    },
    /// Whole days: judged in the person's own zone, wherever the appointment was made (R17). `until` is the first
    /// day after it.
    AllDay {
        first: Date,
        until: Date,
    },
}

impl Span {
    /// Begin and end in that zone. A day may have 23 or 25 hours, or begin later than at midnight.
    pub fn bounds(&self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        match self {
            Self::Timed { start, end } => (*start, *end),
            Self::AllDay { first, until } => (midnight(*first, zone), midnight(*until, zone)),
        }
    }

    pub const fn is_all_day(&self) -> bool {
        match self {
            Self::AllDay { .. } => true,
            Self::Timed { .. } => false,
        }
    }
}

/// Where that day begins.
pub fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    let zoned = day.to_zoned(zone.clone()).and_then(|zoned| zoned.start_of_day());
    // Out of reach of any calendar.
    zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The local day of a moment, and so many days on.
pub(crate) fn day_of(at: Timestamp, days: i64, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone())
        .date()
        .saturating_add(Length::new().days(days))
}

impl Appointment {
    /// Whether it says anything at all: cancelled and declined ones do not, nor what was never sent (R17).
    pub fn counts(&self) -> bool {
        !self.cancelled && !self.draft && self.answer != Answer::Declined
    }

    pub fn is_running(&self, now: Timestamp, zone: &TimeZone) -> bool {
        let (start, end) = self.span.bounds(zone);
        start <= now && now < end
    }

    /// What the person wrote at the end of the subject (R15).
    pub fn keyword(&self) -> Option<Keyword> {
        Keyword::at_end_of(&self.subject)
    }

    /// The subject for other people: without the keyword, on one line; `None` where it must stay here or says
    /// nothing.
    pub fn title(&self) -> Option<String> {
        if self.sensitivity.is_secret() {
            return None;
        }
        let keyword = self.keyword();
        let subject = self.subject.trim_end();
        let plain = keyword.map_or(subject, |keyword| {
            subject.strip_suffix(keyword.found_in(subject)).unwrap_or(subject)
        });
        let words: Vec<&str> = plain
            .split(|sign: char| sign.is_whitespace() || sign.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

impl fmt::Debug for Appointment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appointment")
            .field("show_as", &self.show_as)
            .field("sensitivity", &self.sensitivity)
            .field("answer", &self.answer)
            .field("cancelled", &self.cancelled)
            .field("draft", &self.draft)
            .field("keyword", &self.keyword())
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

/// What a subject can end in to override the default of its kind (the Exchange Status Sync document, "Manuelle
/// Aktionen").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyword {
    NoDnd,
    Dnd,
    NoForwarding,
    Forwarding,
    NoAction,
}

impl Keyword {
    pub const ALL: [Self; 5] = [
        Self::NoDnd,
        Self::Dnd,
        Self::NoForwarding,
        Self::Forwarding,
        Self::NoAction,
    ];

    /// German and English, letter for letter.
    pub const fn spellings(self) -> [&'static str; 2] {
        match self {
            Self::NoDnd => ["(Keine Ruhe)", "(No DND)"],
            Self::Dnd => ["(Ruhe)", "(DND)"],
            Self::NoForwarding => ["(Keine Anrufe weiterleiten)", "(No call forwarding)"],
            Self::Forwarding => ["(Anrufe weiterleiten)", "(Call forwarding)"],
            Self::NoAction => ["(Keine Aktion)", "(No action)"],
        }
    }

    /// The English spelling: what rules and programs call it.
    pub const fn name(self) -> &'static str {
        self.spellings()[1]
    }

    /// As that language spells it.
    pub const fn name_in(self, language: Language) -> &'static str {
        let [german, english] = self.spellings();
        match language {
            Language::De => german,
            Language::En => english,
        }
    }

    /// Blanks after it can't be seen, so they make no difference.
    fn at_end_of(subject: &str) -> Option<Self> {
        let subject = subject.trim_end();
        let ends = |keyword: &Self| keyword.spellings().iter().any(|text| subject.ends_with(text));
        Self::ALL.into_iter().find(ends)
    }

    fn found_in(self, subject: &str) -> &'static str {
        let [german, english] = self.spellings();
        if subject.ends_with(german) {
            german
        } else {
            english
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(subject: &str) -> Appointment {
        Appointment {
            id: AppointmentId::new("a1"),
            subject: subject.into(),
            show_as: ShowAs::Busy,
            sensitivity: Sensitivity::Normal,
            answer: Answer::None,
            cancelled: false,
            draft: false,
            span: Span::AllDay {
                first: jiff::civil::date(2026, 3, 10),
                until: jiff::civil::date(2026, 3, 11),
            },
        }
    }

    #[test]
    fn r15_each_keyword_counts_in_both_languages_at_the_end() {
        for keyword in Keyword::ALL {
            for text in keyword.spellings() {
                for subject in [
                    text.to_owned(),
                    format!("Talk {text}"),
                    format!("Talk{text}"),
                    format!("Talk {text} \t"),
                ] {
                    assert_eq!(called(&subject).keyword(), Some(keyword), "{subject:?}");
                }
            }
        }
    }

    #[test]
    fn r15_what_is_only_nearly_a_keyword_is_none() {
        for subject in [
            "Talk (dnd)",
            "Talk (Dnd)",
            "Talk (ruhe)",
            "Talk (RUHE)",
            "Talk (keine Ruhe)",
            "Talk (no DND)",
            "Talk (No dnd)",
            "Talk (NO DND)",
            "Talk (No Action)",
            "Talk (Keine aktion)",
            "Talk (Call Forwarding)",
            "Talk (Anrufe Weiterleiten)",
            "Talk [DND]",
            "Talk {DND}",
            "Talk <DND>",
            "Talk DND",
            "Talk ( DND )",
            "Talk (DND",
            "Talk DND)",
            "(DND) Talk",
            "Talk (DND).",
            "Talk (DND) with Ada",
            "Talk (Keine  Ruhe)",
            "Talk (No\u{a0}DND)",
            "Talk （DND）",
            "Talk (Keine Anrufe weiterleiten",
            "Talk (Not DND)",
            "",
        ] {
            assert_eq!(called(subject).keyword(), None, "{subject:?}");
        }
    }

    #[test]
    fn r15_of_several_keywords_only_the_end_counts() {
        assert_eq!(called("Talk (DND) (Keine Ruhe)").keyword(), Some(Keyword::NoDnd));
        assert_eq!(called("Talk (Keine Ruhe) (DND)").keyword(), Some(Keyword::Dnd));
        assert_eq!(
            called("Talk (Ruhe)(No action)").keyword(),
            Some(Keyword::NoAction)
        );
    }

    #[test]
    fn r17_titles_are_one_line_without_the_keyword_and_never_a_secret_one() {
        assert_eq!(
            called("  Talk\r\n with  Ada (No DND) ").title().as_deref(),
            Some("Talk with Ada")
        );
        assert_eq!(called("(DND)").title(), None);
        assert_eq!(called(" \u{7} ").title(), None);
        for (sensitivity, shown) in [
            (Sensitivity::Normal, true),
            (Sensitivity::Personal, true),
            (Sensitivity::Private, false),
            (Sensitivity::Confidential, false),
        ] {
            let appointment = Appointment {
                sensitivity,
                ..called("Doctor (DND)")
            };
            assert_eq!(appointment.title().is_some(), shown, "{sensitivity:?}");
            assert_eq!(
                appointment.keyword(),
                Some(Keyword::Dnd),
                "it steers all the same"
            );
            assert!(!format!("{appointment:?}").contains("Doctor"));
        }
    }

    #[test]
    fn r17_whole_days_are_the_persons_own() {
        let span = called("").span;
        let zone = |name: &str| TimeZone::get(name).unwrap();
        for (name, from, to) in [
            ("Europe/Berlin", "2026-03-09T23:00:00Z", "2026-03-10T23:00:00Z"),
            (
                "America/Los_Angeles",
                "2026-03-10T07:00:00Z",
                "2026-03-11T07:00:00Z",
            ),
            (
                "Pacific/Kiritimati",
                "2026-03-09T10:00:00Z",
                "2026-03-10T10:00:00Z",
            ),
        ] {
            let bounds = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(span.bounds(&zone(name)), bounds, "{name}");
        }
        // Clocks go forward on the 29th of March and back on the 25th of October.
        let day = |month: i8, day: i8| Span::AllDay {
            first: jiff::civil::date(2026, month, day),
            until: jiff::civil::date(2026, month, day + 1),
        };
        for (span, hours) in [(day(3, 29), 23), (day(10, 25), 25)] {
            let (start, end) = span.bounds(&zone("Europe/Berlin"));
            assert_eq!(end.duration_since(start).as_hours(), hours);
        }
        // There is no midnight on that day in Cairo.
        let (start, _) = day(4, 24).bounds(&zone("Africa/Cairo"));
        assert_eq!(start, "2026-04-23T22:00:00Z".parse().unwrap());
    }

    #[test]
    fn what_is_shown_as_has_graphs_words_and_keeps_others() {
        for kind in ShowAs::KNOWN {
            assert_eq!(ShowAs::parse(&kind.name().to_uppercase()), kind);
        }
        assert_eq!(ShowAs::parse("unknown").name(), "unknown");
        let strengths: Vec<u8> = ShowAs::KNOWN.iter().map(ShowAs::strength).collect();
        assert!(strengths.is_sorted() && ShowAs::parse("later").strength() < strengths[0]);
    }
}
