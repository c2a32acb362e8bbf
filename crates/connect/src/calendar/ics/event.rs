//! One `VEVENT` (RFC 5545 section 3.6.1), understood: when, how long, how often, and what is judged of it.

use super::lines::{Line, split};
use super::rule::Rule;
use super::zone::Zones;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use offhook_engine::appointment::{Answer, Sensitivity, ShowAs};

/// Longer subjects are cut: nobody reads them, and a status text is much shorter.
const SUBJECT: usize = 500;
/// Nobody means a longer appointment.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 1000);

/// A point in time as the file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    Day(Date),
    /// `None`: in the zone of whoever reads it.
    At(DateTime, Option<TimeZone>),
}

impl Moment {
    pub(super) fn date(&self) -> Date {
        match self {
            Self::Day(day) => *day,
            Self::At(local, _) => local.date(),
        }
    }

    /// A whole day begins at its midnight. A time that the clocks leave out is the one that it would have been; of two
    /// it is the first (section 3.3.5).
    pub(super) fn timestamp(&self, own: &TimeZone) -> Option<Timestamp> {
        let (local, zone) = match self {
            Self::Day(day) => (day.to_datetime(Time::midnight()), own),
            Self::At(local, zone) => (*local, zone.as_ref().unwrap_or(own)),
        };
        Some(local.to_zoned(zone.clone()).ok()?.timestamp())
    }

    /// The same time of day, on another day.
    pub(super) fn on(&self, day: Date) -> Self {
        match self {
            Self::Day(_) => Self::Day(day),
            Self::At(local, zone) => Self::At(day.to_datetime(local.time()), zone.clone()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Days(i32),
    /// Of hours and minutes, however the clocks are changed meanwhile.
    Time(SignedDuration),
}

/// Which occurrence of a series an appointment stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Of {
    /// Where it would have been.
    pub(super) original: Moment,
    /// And for all later ones, too.
    pub(super) and_later: bool,
}

/// Days that come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Again {
    pub(super) rule: Rule,
    /// The last day that counts.
    pub(super) last: Option<Date>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) uid: String,
    pub(super) sequence: i64,
    pub(super) of: Option<Of>,
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) again: Vec<Again>,
    pub(super) also: Vec<Moment>,
    pub(super) except: Vec<Moment>,
    pub(super) subject: String,
    pub(super) show_as: ShowAs,
    pub(super) sensitivity: Sensitivity,
    pub(super) answer: Answer,
    pub(super) cancelled: bool,
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("start", &self.start)
            .field("length", &self.length)
            .field("again", &self.again)
            .finish_non_exhaustive()
    }
}

/// `own`: addresses of the person, to find their answer among those of others. `None`: not understood.
pub(super) fn event(lines: &[Line], zones: &Zones, own: &[String]) -> Option<Event> {
    let find = |name: &str| lines.iter().find(|line| line.name == name);
    let value = |name: &str| find(name).map(|line| line.value.trim());
    let start = moment(find("DTSTART")?, zones)?;
    let of = match find("RECURRENCE-ID") {
        None => None,
        Some(line) => Some(Of {
            original: moment(line, zones)?,
            and_later: line
                .param("RANGE")
                .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE")),
        }),
    };
    let (start, length) = whole_days(lines, start, find("DTEND"), value("DURATION"), zones)?;
    if find("EXRULE").is_some() {
        return None;
    }
    let rules = lines.iter().filter(|line| line.name == "RRULE");
    let again = rules
        .map(|line| again(&line.value, &start))
        .collect::<Option<Vec<_>>>()?;
    let list = |name: &'static str| {
        let lines = lines.iter().filter(move |line| line.name == name);
        let all = lines.flat_map(|line| moments(line, zones));
        all.collect::<Option<Vec<_>>>()
    };
    Some(Event {
        uid: value("UID").unwrap_or_default().to_owned(),
        sequence: value("SEQUENCE")
            .and_then(|number| number.parse().ok())
            .unwrap_or(0),
        of,
        again,
        also: list("RDATE")?,
        except: list("EXDATE")?,
        subject: find("SUMMARY").map_or_else(String::new, |line| line.text().chars().take(SUBJECT).collect()),
        show_as: show_as(
            value("X-MICROSOFT-CDO-BUSYSTATUS"),
            value("TRANSP"),
            value("STATUS"),
        ),
        sensitivity: sensitivity(value("CLASS")),
        answer: answer(lines, own),
        cancelled: value("STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")),
        start,
        length,
    })
}

/// Outlook marks whole days that are written as midnights.
fn whole_days(
    lines: &[Line],
    start: Moment,
    end: Option<&Line>,
    duration: Option<&str>,
    zones: &Zones,
) -> Option<(Moment, Length)> {
    let length = length(&start, end, duration, zones)?;
    let marks = [
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
    ];
    let marked = marks
        .into_iter()
        .any(|mark| lines.iter().any(|line| line.is(mark, "TRUE")));
    match (&start, length) {
        (Moment::At(local, _), Length::Time(time)) if marked && local.time() == Time::midnight() => {
            // A day of 23 or 25 hours is one all the same.
            let days = i32::try_from((time.as_hours() + 12) / 24).ok()?.max(1);
            Some((Moment::Day(local.date()), Length::Days(days)))
        }
        _ => Some((start, length)),
    }
}

fn length(start: &Moment, end: Option<&Line>, duration: Option<&str>, zones: &Zones) -> Option<Length> {
    // For a difference any zone will do where the file names none.
    let at = |moment: &Moment| moment.timestamp(&TimeZone::UTC);
    let length = match (start, end, duration) {
        (Moment::Day(first), Some(end), _) => {
            let days = first.until(moment(end, zones)?.date()).ok()?.get_days();
            Length::Days(days.max(1))
        }
        (Moment::At(..), Some(end), _) => {
            let length = at(&moment(end, zones)?)?.duration_since(at(start)?);
            Length::Time(length.max(SignedDuration::ZERO))
        }
        (Moment::Day(_), None, Some(duration)) => {
            let hours = self::duration(duration)?.as_hours();
            Length::Days(i32::try_from(hours / 24).ok()?.max(1))
        }
        (Moment::At(..), None, Some(duration)) => Length::Time(self::duration(duration)?),
        (Moment::Day(_), None, None) => Length::Days(1),
        (Moment::At(..), None, None) => Length::Time(SignedDuration::ZERO),
    };
    let fits = match length {
        Length::Days(days) => i64::from(days) <= LONGEST.as_hours() / 24,
        Length::Time(time) => time <= LONGEST,
    };
    fits.then_some(length)
}

/// `P1W`, `P1DT2H30M`; never to the past.
fn duration(text: &str) -> Option<SignedDuration> {
    let text = text.strip_prefix('+').unwrap_or(text).to_ascii_uppercase();
    let mut rest = text.strip_prefix('P')?;
    let mut seconds = 0_i64;
    while !rest.is_empty() {
        rest = rest.strip_prefix('T').unwrap_or(rest);
        let end = rest.find(|sign: char| !sign.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(end)?;
        let number: i64 = number.parse().ok()?;
        let each = match unit.chars().next()? {
            'W' => 7 * 24 * 3600,
            'D' => 24 * 3600,
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(each)?)?;
        rest = unit.get(1..)?;
    }
    Some(SignedDuration::from_secs(seconds))
}

fn again(text: &str, start: &Moment) -> Option<Again> {
    let (rule, until) = Rule::parse(text)?;
    let last = match until {
        None => None,
        Some(until) => Some(last_day(until, start)?),
    };
    Some(Again { rule, last })
}

/// `UNTIL` is the last moment that counts: a day, a time of the series' own zone, or one in UTC.
fn last_day(until: &str, start: &Moment) -> Option<Date> {
    let (local, time) = match (written(until)?, start) {
        ((Written::Day(day), _), _) => return Some(day),
        ((Written::At(local), _), Moment::Day(_)) => return Some(local.date()),
        ((Written::At(local), true), Moment::At(start, Some(zone))) => {
            let at = local.to_zoned(TimeZone::UTC).ok()?;
            (at.with_time_zone(zone.clone()).datetime(), start.time())
        }
        ((Written::At(local), _), Moment::At(start, _)) => (local, start.time()),
    };
    if time <= local.time() {
        Some(local.date())
    } else {
        local.date().yesterday().ok()
    }
}

/// A day, or a time of day; the zone is told elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Day(Date),
    At(DateTime),
}

/// `20260115`, `20260115T100000`, and with a `Z` in UTC (sections 3.3.4 and 3.3.5).
pub(super) fn written(text: &str) -> Option<(Written, bool)> {
    let text = text.trim();
    let (text, utc) = text
        .strip_suffix(['Z', 'z'])
        .map_or((text, false), |text| (text, true));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = text
        .split_once(['T', 't'])
        .map_or((text, None), |(day, time)| (day, Some(time)));
    if day.len() != 8 || !digits(day) {
        return None;
    }
    let year: i16 = day.get(..4)?.parse().ok()?;
    let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let date = Date::new(year, two(day, 4)?, two(day, 6)?).ok()?;
    let Some(time) = time else {
        return Some((Written::Day(date), utc));
    };
    if time.len() != 6 || !digits(time) {
        return None;
    }
    // A leap second is the one before it.
    let time = Time::new(two(time, 0)?, two(time, 2)?, two(time, 4)?.min(59), 0).ok()?;
    Some((Written::At(date.to_datetime(time)), utc))
}

fn moment(line: &Line, zones: &Zones) -> Option<Moment> {
    moment_in(line, &line.value, zones)
}

fn moment_in(line: &Line, text: &str, zones: &Zones) -> Option<Moment> {
    match written(text)? {
        (Written::Day(day), _) => Some(Moment::Day(day)),
        (Written::At(local), true) => Some(Moment::At(local, Some(TimeZone::UTC))),
        // A zone that nobody knows is taken for the person's own.
        (Written::At(local), false) => {
            let zone = line.param("TZID").and_then(|id| zones.find(id));
            Some(Moment::At(local, zone))
        }
    }
}

/// Of a list; of a period, when it begins.
fn moments(line: &Line, zones: &Zones) -> impl Iterator<Item = Option<Moment>> {
    split(&line.value, ',').map(move |text| {
        let begin = text.split_once('/').map_or(text, |(begin, _)| begin);
        moment_in(line, begin, zones)
    })
}

/// Outlook's own word says it best; else RFC 5545 section 3.8.2.7, where what is not said to be transparent takes time.
fn show_as(outlook: Option<&str>, transparency: Option<&str>, status: Option<&str>) -> ShowAs {
    let is = |text: Option<&str>, word: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(word));
    match outlook {
        Some(word) if !word.is_empty() => ShowAs::parse(word),
        _ if is(transparency, "TRANSPARENT") => ShowAs::Free,
        _ if is(status, "TENTATIVE") => ShowAs::Tentative,
        _ => ShowAs::Busy,
    }
}

/// A word that nobody has described is taken for a secret (section 3.8.1.3).
fn sensitivity(class: Option<&str>) -> Sensitivity {
    match class.map(str::to_ascii_uppercase).as_deref() {
        None | Some("" | "PUBLIC") => Sensitivity::Normal,
        Some("CONFIDENTIAL") => Sensitivity::Confidential,
        Some(_) => Sensitivity::Private,
    }
}

fn answer(lines: &[Line], own: &[String]) -> Answer {
    let attendees = lines.iter().filter(|line| line.name == "ATTENDEE");
    let mut mine = attendees.filter(|line| {
        let address = line.value.trim();
        let bare = address.split_once(':').map_or(address, |(_, bare)| bare);
        own.iter().any(|own| own.eq_ignore_ascii_case(bare.trim()))
    });
    let said = mine.next().and_then(|line| line.param("PARTSTAT"));
    match said.map(str::to_ascii_uppercase).as_deref() {
        Some("DECLINED") => Answer::Declined,
        Some("ACCEPTED") => Answer::Accepted,
        Some("TENTATIVE") => Answer::TentativelyAccepted,
        Some("NEEDS-ACTION") => Answer::NotResponded,
        Some(_) | None => Answer::None,
    }
}

impl Length {
    /// Whole days that one occurrence may reach over, and one more for the zones.
    pub(super) fn days_over(self) -> i64 {
        match self {
            Self::Days(days) => i64::from(days) + 1,
            Self::Time(time) => time.as_hours() / 24 + 2,
        }
    }

    pub(super) fn end_of_day(days: i32, first: Date) -> Date {
        first.saturating_add(i64::from(days).days())
    }
}
