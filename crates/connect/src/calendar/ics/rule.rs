//! Recurrence rules (RFC 5545 section 3.3.10), on days alone: an occurrence has the time of day of the first one. Why
//! this is our own is told in `docs/decisions/007-series-on-our-own.md`.

use super::lines::split;
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

/// So many days may be looked at for all series of a calendar together. A thousand that are counted for ten years each
/// need fewer; what needs more is no calendar.
pub(super) const DAYS: u32 = 4_000_000;
/// Birthdays without a year begin in 1604, but nobody counts them.
const EARLIEST: i16 = 1900;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// A rule that is understood. `UNTIL` is not part of it: it needs the zone of its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    every: Every,
    interval: i32,
    count: Option<u32>,
    months: Vec<i16>,
    weeks: Vec<i16>,
    year_days: Vec<i16>,
    month_days: Vec<i16>,
    /// Zero: each of them.
    weekdays: Vec<(i16, Weekday)>,
    positions: Vec<i16>,
    week_start: Weekday,
}

/// Why there are no days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Odd {
    /// More would have to be looked at than any calendar is worth.
    Endless,
}

impl Rule {
    /// With the text of `UNTIL`. `None`: not a rule, or one for minutes and hours, which nobody's appointments have.
    pub(super) fn parse(text: &str) -> Option<(Self, Option<&str>)> {
        let mut every = None;
        let mut until = None;
        let mut rule = Self {
            every: Every::Day,
            interval: 1,
            count: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        for part in split(text, ';') {
            let (name, value) = part.split_once('=')?;
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => every = Some(frequency(value)?),
                "INTERVAL" => rule.interval = within(value, 1, 10_000)?.into(),
                "COUNT" => rule.count = Some(value.trim().parse().ok()?),
                "UNTIL" => until = Some(value.trim()),
                "BYMONTH" => rule.months = numbers(value, 1, 12)?,
                "BYWEEKNO" => rule.weeks = signed(value, 53)?,
                "BYYEARDAY" => rule.year_days = signed(value, 366)?,
                "BYMONTHDAY" => rule.month_days = signed(value, 31)?,
                "BYSETPOS" => rule.positions = signed(value, 366)?,
                "BYDAY" => rule.weekdays = split(value, ',').map(nth).collect::<Option<_>>()?,
                "WKST" => rule.week_start = weekday(value.trim())?,
                "BYHOUR" | "BYMINUTE" | "BYSECOND" => return None,
                // Of a later RFC, or somebody's own.
                _ => {}
            }
        }
        rule.every = every?;
        Some((rule, until))
    }

    /// The days of the series from `from` to `last`, both included, in order. `start`: of the first occurrence, which
    /// counts as one only where the rule names it. `left`: days that may still be looked at.
    ///
    /// # Errors
    /// More than `left`.
    pub(super) fn days(&self, start: Date, from: Date, last: Date, left: &mut u32) -> Result<Vec<Date>, Odd> {
        let rule = self.completed(start);
        let mut found = Vec::new();
        // One that would have to be counted from then on has ended.
        if rule.count.is_some() && start.year() < EARLIEST {
            return Ok(found);
        }
        let mut count = rule.count.unwrap_or(u32::MAX);
        // Without a count nobody asks for what lies before.
        let skipped = match rule.count {
            Some(_) => 0,
            None => rule.periods_before(start, from),
        };
        let counted = rule.count.is_some() || !rule.positions.is_empty();
        let wanted = if counted {
            (Date::MIN, Date::MAX)
        } else {
            (from, last)
        };
        let mut begin = rule.period(start, skipped);
        let mut index = skipped;
        while let Some(first) = begin.filter(|first| *first <= last && count > 0) {
            let days = rule.in_period(first, wanted);
            *left = left.checked_sub(days.looked_at).ok_or(Odd::Endless)?;
            for day in days.days {
                if day < start || count == 0 {
                    continue;
                }
                count -= 1;
                if (from..=last).contains(&day) {
                    found.push(day);
                }
            }
            index += 1;
            begin = rule.period(start, index);
        }
        Ok(found)
    }

    /// What a rule does not say, the first occurrence does.
    fn completed(&self, start: Date) -> Self {
        let mut rule = self.clone();
        let says = !(self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.weekdays.is_empty());
        if says {
            return rule;
        }
        match self.every {
            Every::Day => {}
            Every::Week => rule.weekdays.push((0, start.weekday())),
            Every::Month => rule.month_days.push(start.day().into()),
            Every::Year => {
                rule.month_days.push(start.day().into());
                if rule.months.is_empty() {
                    rule.months.push(start.month().into());
                }
            }
        }
        rule
    }

    /// Where the `index`th period begins; `None` beyond every calendar.
    fn period(&self, start: Date, index: i32) -> Option<Date> {
        let steps = self.interval.checked_mul(index)?;
        let (first, step): (Date, Span) = match self.every {
            Every::Day => (start, Span::new().try_days(steps).ok()?),
            Every::Week => (
                week_begin(start, self.week_start)?,
                Span::new().try_weeks(steps).ok()?,
            ),
            Every::Month => (start.first_of_month(), Span::new().try_months(steps).ok()?),
            Every::Year => (start.first_of_year(), Span::new().try_years(steps).ok()?),
        };
        first.checked_add(step).ok()
    }

    /// So many whole periods lie before that day.
    fn periods_before(&self, start: Date, day: Date) -> i32 {
        if day <= start {
            return 0;
        }
        let days = start.until(day).map_or(0, |length| length.get_days());
        let periods = match self.every {
            Every::Day => days,
            Every::Week => days / 7,
            Every::Month => {
                let years = i32::from(day.year()) - i32::from(start.year());
                years * 12 + i32::from(day.month()) - i32::from(start.month())
            }
            Every::Year => i32::from(day.year()) - i32::from(start.year()),
        };
        (periods / self.interval - 1).max(0)
    }

    /// Of one period, the days between these two.
    fn in_period(&self, first: Date, (from, last): (Date, Date)) -> Found {
        let length = match self.every {
            Every::Day => 1,
            Every::Week => 7,
            Every::Month => i64::from(first.days_in_month()),
            Every::Year => i64::from(first.days_in_year()),
        };
        let end = first.saturating_add((length - 1).days()).min(last);
        let all: Vec<Date> = first
            .max(from)
            .series(1.day())
            .take_while(|day| *day <= end)
            .collect();
        let looked_at = u32::try_from(all.len()).unwrap_or(u32::MAX).max(1);
        let days: Vec<Date> = all.into_iter().filter(|day| self.names(*day)).collect();
        Found {
            days: if self.positions.is_empty() {
                days
            } else {
                self.at_positions(&days)
            },
            looked_at,
        }
    }

    fn at_positions(&self, days: &[Date]) -> Vec<Date> {
        let count = i16::try_from(days.len()).unwrap_or(i16::MAX);
        let chosen = |at: i16| self.positions.contains(&at) || self.positions.contains(&(at - count - 1));
        (1..)
            .zip(days)
            .filter(|(at, _)| chosen(*at))
            .map(|(_, day)| *day)
            .collect()
    }

    /// Whether every part of the rule names that day.
    fn names(&self, day: Date) -> bool {
        let in_list = |list: &[i16], value: i16, length: i16| {
            list.is_empty() || list.contains(&value) || list.contains(&(value - length - 1))
        };
        in_list(&self.months, day.month().into(), i16::MAX - 1)
            && in_list(&self.month_days, day.day().into(), day.days_in_month().into())
            && in_list(&self.year_days, day.day_of_year(), day.days_in_year())
            && (self.weeks.is_empty() || self.in_weeks(day))
            && (self.weekdays.is_empty() || self.weekdays.iter().any(|named| self.is_nth(day, *named)))
    }

    fn is_nth(&self, day: Date, (nth, weekday): (i16, Weekday)) -> bool {
        if day.weekday() != weekday {
            return false;
        }
        let (at, length) = match self.every {
            Every::Day | Every::Week => return true,
            Every::Year if self.months.is_empty() => (day.day_of_year(), day.days_in_year()),
            Every::Month | Every::Year => (day.day().into(), i16::from(day.days_in_month())),
        };
        let (from_begin, from_end) = ((at - 1) / 7 + 1, -((length - at) / 7 + 1));
        nth == 0 || nth == from_begin || nth == from_end
    }

    /// A week belongs to the year that has most of it; the 28th of December is always in the last one.
    fn in_weeks(&self, day: Date) -> bool {
        let middle = |day: Date| week_begin(day, self.week_start)?.checked_add(3.days()).ok();
        let number = |middle: Date| (middle.day_of_year() - 1) / 7 + 1;
        let Some(own) = middle(day) else { return false };
        let last = Date::new(own.year(), 12, 28).ok().and_then(middle).map(number);
        let at = number(own);
        self.weeks.contains(&at) || last.is_some_and(|last| self.weeks.contains(&(at - last - 1)))
    }
}

struct Found {
    days: Vec<Date>,
    looked_at: u32,
}

fn week_begin(day: Date, week_start: Weekday) -> Option<Date> {
    let since = i64::from(week_start.until(day.weekday()));
    day.checked_sub(since.days()).ok()
}

fn frequency(word: &str) -> Option<Every> {
    match word.trim().to_ascii_uppercase().as_str() {
        "DAILY" => Some(Every::Day),
        "WEEKLY" => Some(Every::Week),
        "MONTHLY" => Some(Every::Month),
        "YEARLY" => Some(Every::Year),
        _ => None,
    }
}

fn within(text: &str, least: i16, most: i16) -> Option<i16> {
    let number: i16 = text.trim().parse().ok()?;
    (least..=most).contains(&number).then_some(number)
}

fn numbers(text: &str, least: i16, most: i16) -> Option<Vec<i16>> {
    split(text, ',').map(|part| within(part, least, most)).collect()
}

/// From the begin, or negative from the end; never zero.
fn signed(text: &str, most: i16) -> Option<Vec<i16>> {
    let numbers = numbers(text, -most, most)?;
    (!numbers.contains(&0)).then_some(numbers)
}

/// `MO`, `2TU`, `-1FR`
fn nth(text: &str) -> Option<(i16, Weekday)> {
    let at = text.len().checked_sub(2)?;
    let (number, day) = text.split_at_checked(at)?;
    let number = match number {
        "" => 0,
        number => within(number, -53, 53).filter(|number| *number != 0)?,
    };
    Some((number, weekday(day)?))
}

pub(super) fn weekday(text: &str) -> Option<Weekday> {
    match text.to_ascii_uppercase().as_str() {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}
