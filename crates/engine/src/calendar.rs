//! What appointments do: the person's settings (R14, R16), and several at once as one cause (R12).

use crate::appointment::{Appointment, Keyword, ShowAs, Span};
use crate::breaks::{self, Break};
use crate::phone::PhonePresence;
use crate::text::{CalendarText, Language};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;

/// What the phone does while an appointment of a kind runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    #[default]
    Nothing,
    Dnd,
    /// All calls go to the forward that the person has prepared, or to `forward_to`.
    Forward,
}

impl Action {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Dnd, Self::Forward];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Dnd => "dnd",
            Self::Forward => "forward",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// The options of the Exchange Status Sync document, for one person. `Debug` hides the number.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the document's page"
)]
pub struct CalendarRules {
    pub free: Action,
    pub elsewhere: Action,
    pub tentative: Action,
    pub busy: Action,
    pub out_of_office: Action,
    /// Where calls go on a phone system that stores no forward which is switched off.
    pub forward_to: Option<String>,
    /// R20: a forward that an appointment set outlives quitting, sleep and shutdown.
    pub forward_when_off: bool,
    /// "Chat-Status setzen"
    pub chat_status: bool,
    /// "Status während eines Termins verändern": the chat status follows the kind of appointment also where the
    /// action for it is another one than do not disturb.
    pub change_during: bool,
    /// "Termintitel als Status-Text"
    pub title: bool,
    /// "Status-Text bei Frei nicht setzen"
    pub no_text_when_free: bool,
    /// "Titel von parallelen Terminen verketten"
    pub join_titles: bool,
    /// "Terminbeginn anzeigen"
    pub show_start: bool,
    /// "Terminende anzeigen"
    pub show_end: bool,
    /// "Termindauer anzeigen"
    pub show_duration: bool,
    /// "Status nicht überschreiben": chat status and text that were changed by hand are set again.
    pub leads: bool,
    /// "Benutzerstatus nicht zurücksetzen": quit and pause leave chat status and text as they are.
    pub keep_on_stop: bool,
    /// "Ignoriere Status Abwesend": an Away that a client set is overwritten.
    pub ignore_away: bool,
    /// The status text also as the status message in Teams.
    pub teams_message: bool,
}

impl fmt::Debug for CalendarRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            free,
            elsewhere,
            tentative,
            busy,
            out_of_office,
            forward_to,
            forward_when_off,
            chat_status,
            change_during,
            title,
            no_text_when_free,
            join_titles,
            show_start,
            show_end,
            show_duration,
            leads,
            keep_on_stop,
            ignore_away,
            teams_message,
        } = self;
        f.debug_struct("CalendarRules")
            .field("free", free)
            .field("elsewhere", elsewhere)
            .field("tentative", tentative)
            .field("busy", busy)
            .field("out_of_office", out_of_office)
            .field("forward_to", &forward_to.is_some())
            .field("forward_when_off", forward_when_off)
            .field("chat_status", chat_status)
            .field("change_during", change_during)
            .field("title", title)
            .field("no_text_when_free", no_text_when_free)
            .field("join_titles", join_titles)
            .field("show_start", show_start)
            .field("show_end", show_end)
            .field("show_duration", show_duration)
            .field("leads", leads)
            .field("keep_on_stop", keep_on_stop)
            .field("ignore_away", ignore_away)
            .field("teams_message", teams_message)
            .finish()
    }
}

impl Default for CalendarRules {
    /// Appointments that take the person's time silence the phone; everything else is off.
    fn default() -> Self {
        Self {
            free: Action::Nothing,
            elsewhere: Action::Nothing,
            tentative: Action::Nothing,
            busy: Action::Dnd,
            out_of_office: Action::Dnd,
            forward_to: None,
            forward_when_off: false,
            chat_status: false,
            change_during: false,
            title: false,
            no_text_when_free: true,
            join_titles: false,
            show_start: false,
            show_end: false,
            show_duration: false,
            leads: false,
            keep_on_stop: false,
            ignore_away: false,
            teams_message: false,
        }
    }
}

impl CalendarRules {
    /// The default action of a kind of appointment. A kind that nobody has described does nothing.
    pub const fn action(&self, kind: &ShowAs) -> Action {
        match kind {
            ShowAs::Free => self.free,
            ShowAs::WorkingElsewhere => self.elsewhere,
            ShowAs::Tentative => self.tentative,
            ShowAs::Busy => self.busy,
            ShowAs::OutOfOffice => self.out_of_office,
            ShowAs::Unknown(_) => Action::Nothing,
        }
    }

    const fn has_text(&self) -> bool {
        self.title || self.show_start || self.show_end || self.show_duration
    }
}

/// What one appointment says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    On,
    /// By a keyword: nothing of the kind, whatever else asks for it.
    Off,
    /// By `(No action)`: no appointment does anything here.
    Untouched,
}

/// Why appointments want something. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarRule {
    /// The action chosen for that kind, by Graph's word.
    Kind(String),
    Keyword(Keyword),
    ChatStatus(String),
    Text,
    /// None of them says anything any more.
    Over,
}

/// What the winner for one field says, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say<T> {
    pub value: T,
    pub rule: CalendarRule,
    pub start: Timestamp,
    pub end: Timestamp,
}

/// Everything that runs now, reduced to one word per field: that is one cause (R12).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    pub dnd: Option<Say<Switch>>,
    pub forward: Option<Say<Switch>>,
    pub chat: Option<Say<PhonePresence>>,
    pub text: Option<Say<String>>,
}

/// What appointments are judged with.
#[derive(Debug, Clone, Copy)]
pub struct Court<'a> {
    pub rules: &'a CalendarRules,
    pub zone: &'a TimeZone,
    pub language: Language,
}

/// What one appointment by itself does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    pub keyword: Option<Keyword>,
    pub dnd: Option<Switch>,
    pub forward: Option<Switch>,
}

impl Court<'_> {
    /// A keyword replaces the default action altogether (R15).
    pub fn calls(&self, appointment: &Appointment) -> Calls {
        let keyword = appointment.keyword();
        let (dnd, forward) = match keyword {
            Some(Keyword::Dnd) => (Some(Switch::On), None),
            Some(Keyword::NoDnd) => (Some(Switch::Off), None),
            Some(Keyword::Forwarding) => (None, Some(Switch::On)),
            Some(Keyword::NoForwarding) => (None, Some(Switch::Off)),
            Some(Keyword::NoAction) => (Some(Switch::Untouched), Some(Switch::Untouched)),
            None => match self.rules.action(&appointment.show_as) {
                Action::Nothing => (None, None),
                Action::Dnd => (Some(Switch::On), None),
                Action::Forward => (None, Some(Switch::On)),
            },
        };
        Calls {
            keyword,
            dnd,
            forward,
        }
    }

    /// The chat status for an appointment by itself (the document's table), where it is to follow at all.
    pub fn chat(&self, appointment: &Appointment) -> Option<PhonePresence> {
        let follows = self.rules.change_during || self.calls(appointment).dnd == Some(Switch::On);
        if !self.rules.chat_status || !follows {
            return None;
        }
        match appointment.show_as {
            ShowAs::Free | ShowAs::WorkingElsewhere | ShowAs::Tentative => Some(PhonePresence::Available),
            ShowAs::Busy => Some(PhonePresence::Dnd),
            ShowAs::OutOfOffice => Some(PhonePresence::ExtendedAway),
            ShowAs::Unknown(_) => None,
        }
    }

    /// R12. `running`: those that count and run now.
    pub fn judge(&self, running: &[&Appointment]) -> Verdict {
        let dnd = self.strongest(running, |a| {
            let calls = self.calls(a);
            Some((calls.dnd?, self.calls_rule(a)))
        });
        let forward = self.strongest(running, |a| {
            let calls = self.calls(a);
            Some((calls.forward?, self.calls_rule(a)))
        });
        let chat = self.weightiest(running, |a| {
            let kind = a.show_as.name().to_owned();
            Some((self.chat(a)?, CalendarRule::ChatStatus(kind)))
        });
        Verdict {
            dnd,
            forward,
            chat,
            text: self.text(running),
        }
    }

    fn calls_rule(&self, appointment: &Appointment) -> CalendarRule {
        match appointment.keyword() {
            Some(keyword) => CalendarRule::Keyword(keyword),
            None => CalendarRule::Kind(appointment.show_as.name().to_owned()),
        }
    }

    /// Of those that say something, by R12's order: a keyword, then the kind, then the later start.
    fn strongest<T>(
        &self,
        running: &[&Appointment],
        says: impl Fn(&Appointment) -> Option<(T, CalendarRule)>,
    ) -> Option<Say<T>> {
        let speaking = running.iter().filter_map(|a| Some((*a, says(a)?)));
        let (winner, said) = speaking.max_by(|(a, _), (b, _)| {
            let by_keyword = a.keyword().is_some().cmp(&b.keyword().is_some());
            let by_keyword = if breaks::is(Break::KeywordsLose) {
                by_keyword.reverse()
            } else {
                by_keyword
            };
            by_keyword.then_with(|| self.weight(a).cmp(&self.weight(b)))
        })?;
        Some(self.said(winner, said))
    }

    /// As [`Self::strongest`] where keywords have nothing to say.
    fn weightiest<T>(
        &self,
        running: &[&Appointment],
        says: impl Fn(&Appointment) -> Option<(T, CalendarRule)>,
    ) -> Option<Say<T>> {
        let speaking = running.iter().filter_map(|a| Some((*a, says(a)?)));
        let (winner, said) = speaking.max_by(|(a, _), (b, _)| self.weight(a).cmp(&self.weight(b)))?;
        Some(self.said(winner, said))
    }

    fn weight<'a>(&self, appointment: &'a Appointment) -> (u8, Timestamp, &'a str) {
        let (start, _) = appointment.span.bounds(self.zone);
        (appointment.show_as.strength(), start, appointment.id.as_str())
    }

    fn said<T>(&self, winner: &Appointment, (value, rule): (T, CalendarRule)) -> Say<T> {
        let (start, end) = winner.span.bounds(self.zone);
        Say {
            value,
            rule,
            start,
            end,
        }
    }

    /// The status text. Of several the weightiest one's, or all of them joined.
    fn text(&self, running: &[&Appointment]) -> Option<Say<String>> {
        if !self.rules.has_text() {
            return None;
        }
        let shown = |a: &&&Appointment| !(self.rules.no_text_when_free && a.show_as == ShowAs::Free);
        let mut list: Vec<&Appointment> = running.iter().filter(shown).copied().collect();
        list.sort_by(|a, b| self.weight(b).cmp(&self.weight(a)));
        if !self.rules.join_titles {
            list.truncate(1);
        }
        let first = *list.first()?;
        let pieces: Vec<String> = list.into_iter().map(|a| self.piece(a)).collect();
        Some(self.said(first, (pieces.join(", "), CalendarRule::Text)))
    }

    /// What is told of one appointment: `Talk, 10:00–11:00 (1 h)`.
    fn piece(&self, appointment: &Appointment) -> String {
        let neutral = || CalendarText::Neutral.text(self.language).to_owned();
        let title = (self.rules.title).then(|| appointment.title().unwrap_or_else(neutral));
        let (start, end) = (self.rules.show_start, self.rules.show_end);
        let when = (start || end).then(|| self.when(&appointment.span, start, end));
        let long = self.rules.show_duration.then(|| self.duration(&appointment.span));
        let plain: Vec<String> = title.into_iter().chain(when).collect();
        match (plain.is_empty(), long) {
            (true, Some(long)) => long,
            (false, Some(long)) => format!("{} ({long})", plain.join(", ")),
            (_, None) => plain.join(", "),
        }
    }

    fn when(&self, span: &Span, start: bool, end: bool) -> String {
        let (from, to) = self.borders(span);
        let values = [("from", from.as_str()), ("to", to.as_str())];
        let single_day = match span {
            Span::AllDay { first, until } => first.tomorrow().is_ok_and(|day| day >= *until),
            Span::Timed { .. } => false,
        };
        let text = match (span.is_all_day(), start, end) {
            (true, ..) if single_day => CalendarText::WholeDay,
            (true, true, true) => CalendarText::Days,
            (true, true, false) => CalendarText::FromDay,
            (true, false, _) => CalendarText::UntilDay,
            (false, true, true) => CalendarText::Times,
            (false, true, false) => CalendarText::FromTime,
            (false, false, _) => CalendarText::UntilTime,
        };
        text.with(self.language, &values)
    }

    /// Both ends as people write them. The day is named where it is not one and the same.
    fn borders(&self, span: &Span) -> (String, String) {
        let day = match self.language {
            Language::De => "%d.%m.",
            Language::En => "%-d %b",
        };
        match span {
            Span::Timed { start, end } => {
                let (from, to) = (start.to_zoned(self.zone.clone()), end.to_zoned(self.zone.clone()));
                let format = if from.date() == to.date() {
                    "%H:%M".to_owned()
                } else {
                    format!("{day} %H:%M")
                };
                (
                    from.strftime(&format).to_string(),
                    to.strftime(&format).to_string(),
                )
            }
            Span::AllDay { first, until } => {
                let last = until.yesterday().unwrap_or(*until);
                (first.strftime(day).to_string(), last.strftime(day).to_string())
            }
        }
    }

    /// `1 h 30 min`; whole days are counted as days, however long the clocks made them.
    pub fn duration(&self, span: &Span) -> String {
        let number = |text: CalendarText, n: i64| text.with(self.language, &[("n", &n.to_string())]);
        let minutes = match span {
            Span::AllDay { first, until } => {
                let days = i64::from(first.until(*until).map_or(1, |length| length.get_days()));
                return match days {
                    1 => number(CalendarText::OneDay, 1),
                    days => number(CalendarText::ManyDays, days),
                };
            }
            Span::Timed { start, end } => end.duration_since(*start).as_mins(),
        };
        match (minutes / 60, minutes % 60) {
            (0, minutes) => number(CalendarText::Minutes, minutes),
            (hours, 0) => number(CalendarText::Hours, hours),
            (hours, minutes) => {
                let hours = number(CalendarText::Hours, hours);
                format!("{hours} {}", number(CalendarText::Minutes, minutes))
            }
        }
    }
}

/// As much of a status text as the phone system holds: `most` characters, the cut marked.
pub fn fitted(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let short: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_texts_are_cut_to_what_the_phone_system_holds() {
        assert_eq!(fitted("Talk", 4), "Talk");
        assert_eq!(fitted("Talks", 4), "Tal…");
        assert_eq!(fitted("Talk to Ada", 6), "Talk…", "no blank before the mark");
        assert_eq!(fitted("Größe", 4), "Grö…", "characters, not bytes");
        assert_eq!(fitted("x", 0), "…");
    }
}
