//! From what a calendar holds to the occurrences of a window: series, what is left out of them, and what was moved.

use super::event::{Event, Length, Moment};
use super::rule::{DAYS, Odd};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use offhook_engine::appointment::{Appointment, AppointmentId, Span};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A calendar that has more in a few days is none.
const MOST: usize = 20_000;
/// Longer names are replaced by their hash: they are kept while one is left out.
const LONGEST_NAME: usize = 200;

/// What is read for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// The person's zone.
    pub(super) own: &'a TimeZone,
}

impl Window<'_> {
    fn touches(&self, span: &Span) -> bool {
        let (start, end) = span.bounds(self.own);
        start < self.until && (end > self.from || start >= self.from)
    }

    /// Days of that zone that may have something to do with the window.
    fn days(&self, zone: &TimeZone, length: Length) -> (Date, Date) {
        let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
        (
            date(self.from).saturating_sub(length.days_over().days()),
            date(self.until).saturating_add(1.day()),
        )
    }
}

/// Everything that touches the window, each occurrence by itself.
///
/// # Errors
/// More than any calendar holds.
pub(super) fn occurrences(events: &[Event], window: &Window<'_>) -> Result<Vec<Appointment>, Odd> {
    let mut series: BTreeMap<&str, Series<'_>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for event in events {
        if event.uid.is_empty() {
            nameless.push(Series {
                whole: Some(event),
                changed: Vec::new(),
            });
        } else {
            series.entry(&event.uid).or_default().add(event, window.own);
        }
    }
    let mut left = DAYS;
    let mut found = Vec::new();
    for series in series.values().chain(&nameless) {
        series.occurrences(window, &mut left, &mut found)?;
        if found.len() > MOST {
            return Err(Odd::Endless);
        }
    }
    Ok(found)
}

/// Everything with one name: a series with those of it that were changed, or an appointment by itself.
#[derive(Default)]
struct Series<'a> {
    whole: Option<&'a Event>,
    changed: Vec<&'a Event>,
}

impl<'a> Series<'a> {
    /// What is there twice is what was written later.
    fn add(&mut self, event: &'a Event, own: &TimeZone) {
        let Some(of) = &event.of else {
            if self.whole.is_none_or(|known| known.sequence <= event.sequence) {
                self.whole = Some(event);
            }
            return;
        };
        let same = |known: &&mut &Event| {
            let theirs = known.of.as_ref();
            theirs.is_some_and(|theirs| is_same(&theirs.original, &of.original, own))
        };
        match self.changed.iter_mut().find(same) {
            Some(known) if known.sequence <= event.sequence => *known = event,
            Some(_) => {}
            None => self.changed.push(event),
        }
    }

    fn occurrences(
        &self,
        window: &Window<'_>,
        left: &mut u32,
        found: &mut Vec<Appointment>,
    ) -> Result<(), Odd> {
        let own = window.own;
        let mut add = |event: &Event, start: &Moment, original: Option<&Moment>| {
            let span = span(start, event.length, own).filter(|span| window.touches(span));
            found.extend(span.map(|span| appointment(event, span, name(&event.uid, original, start, own))));
        };
        for event in &self.changed {
            let original = event.of.as_ref().map(|of| &of.original);
            add(event, &event.start, original);
        }
        let Some(whole) = self.whole else { return Ok(()) };
        if whole.again.is_empty() && whole.also.is_empty() {
            add(whole, &whole.start, None);
            return Ok(());
        }
        let later: Vec<&Event> = self.later(own);
        for start in starts(whole, &later, window, left)? {
            let is = |moment: &Moment| is_same(moment, &start, own);
            let changed = self.changed.iter().filter_map(|event| event.of.as_ref());
            if whole.except.iter().any(is) || changed.map(|of| &of.original).any(is) {
                continue;
            }
            let at = start.timestamp(own);
            let from = later.iter().rev().find(|event| {
                let of = event.of.as_ref();
                of.and_then(|of| of.original.timestamp(own)) <= at
            });
            match from.map(|event| (event, moved(event, &start))) {
                Some((event, Some(moved))) => add(event, &moved, Some(&start)),
                Some((_, None)) => {}
                None => add(whole, &start, Some(&start)),
            }
        }
        Ok(())
    }

    /// Those that change all later ones, too, the earliest first.
    fn later(&self, own: &TimeZone) -> Vec<&'a Event> {
        let later = |event: &&&Event| event.of.as_ref().is_some_and(|of| of.and_later);
        let mut list: Vec<&Event> = self.changed.iter().filter(later).copied().collect();
        list.sort_by_key(|event| event.of.as_ref().and_then(|of| of.original.timestamp(own)));
        list
    }
}

/// Where the occurrences of a series are by its rule, in order. The first one is always one of them (section 3.8.2.4).
fn starts(whole: &Event, later: &[&Event], window: &Window<'_>, left: &mut u32) -> Result<Vec<Moment>, Odd> {
    let zone = match &whole.start {
        Moment::At(_, Some(zone)) => zone,
        Moment::At(_, None) | Moment::Day(_) => window.own,
    };
    let (mut first, mut last) = window.days(zone, whole.length);
    // What was moved comes from as far away as it was moved.
    for event in later {
        let (earlier, after) = window.days(zone, event.length);
        let away = event.of.as_ref().map_or(0, |of| {
            let days = of.original.date().until(event.start.date());
            days.map_or(0, |length| i64::from(length.get_days()))
        });
        first = first.min(earlier.saturating_sub(away.max(0).days()));
        last = last.max(after.saturating_sub(away.min(0).days()));
    }
    let begin = whole.start.date();
    let mut days = Vec::new();
    for again in &whole.again {
        let last = again.last.map_or(last, |until| until.min(last));
        days.extend(again.rule.days(begin, first, last, left)?);
    }
    if (first..=last).contains(&begin) {
        days.push(begin);
    }
    days.sort_unstable();
    days.dedup();
    let mut starts: Vec<Moment> = days.into_iter().map(|day| whole.start.on(day)).collect();
    for also in &whole.also {
        let also = match (&whole.start, also) {
            // A day alone means the time of day of the others.
            (Moment::At(..), Moment::Day(day)) => whole.start.on(*day),
            (Moment::Day(_), moment) => Moment::Day(moment.date()),
            (Moment::At(..), moment) => moment.clone(),
        };
        if !starts.iter().any(|known| is_same(&also, known, window.own)) {
            starts.push(also);
        }
    }
    Ok(starts)
}

/// Whether a moment names that occurrence. Programs write days where times are meant, and the other way round.
fn is_same(moment: &Moment, occurrence: &Moment, own: &TimeZone) -> bool {
    match (moment, occurrence) {
        (Moment::Day(_), _) => moment.date() == occurrence.date(),
        (Moment::At(local, zone), Moment::Day(day)) => {
            let in_utc = zone.as_ref() == Some(&TimeZone::UTC) && local.time() != Time::midnight();
            let here = || Some(moment.timestamp(own)?.to_zoned(own.clone()).date());
            if in_utc {
                here() == Some(*day)
            } else {
                local.date() == *day
            }
        }
        (Moment::At(..), Moment::At(..)) => moment.timestamp(own) == occurrence.timestamp(own),
    }
}

/// Where an occurrence is, when a change of an earlier one holds for it, too.
fn moved(event: &Event, start: &Moment) -> Option<Moment> {
    let days = event
        .of
        .as_ref()?
        .original
        .date()
        .until(event.start.date())
        .ok()?;
    Some(event.start.on(start.date().checked_add(days).ok()?))
}

fn span(start: &Moment, length: Length, own: &TimeZone) -> Option<Span> {
    match (start, length) {
        (Moment::Day(first), Length::Days(days)) => Some(Span::AllDay {
            first: *first,
            until: Length::end_of_day(days, *first),
        }),
        (Moment::Day(_), Length::Time(time)) => timed(start.timestamp(own)?, time),
        (Moment::At(..), Length::Time(time)) => timed(start.timestamp(own)?, time),
        (Moment::At(..), Length::Days(days)) => timed(
            start.timestamp(own)?,
            SignedDuration::from_hours(24 * i64::from(days)),
        ),
    }
}

fn timed(start: Timestamp, time: SignedDuration) -> Option<Span> {
    let end = start.checked_add(time).ok()?;
    Some(Span::Timed { start, end })
}

/// The same for as long as the occurrence exists, moved or not.
fn name(uid: &str, original: Option<&Moment>, start: &Moment, own: &TimeZone) -> String {
    let when = match (uid, original) {
        ("", _) => Some(start),
        (_, original) => original,
    };
    let name = match when {
        None => uid.to_owned(),
        Some(Moment::Day(day)) => format!("{uid}/{day}"),
        Some(moment @ Moment::At(..)) => {
            let at = moment.timestamp(own).map(|at| at.to_string());
            format!("{uid}/{}", at.unwrap_or_default())
        }
    };
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn appointment(event: &Event, span: Span, name: String) -> Appointment {
    Appointment {
        id: AppointmentId::new(name),
        subject: event.subject.clone(),
        show_as: event.show_as.clone(),
        sensitivity: event.sensitivity,
        answer: event.answer,
        cancelled: event.cancelled,
        draft: false,
        span,
    }
}
