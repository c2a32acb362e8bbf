//! Recurrence rules against another program's answers.

use super::rule::{DAYS, Odd, Rule};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

const VECTORS: &str = include_str!("../../../tests/data/recurrences.txt");

fn days(rule: &str, start: Date, from: Date, last: Date) -> Vec<Date> {
    let (rule, _until) = Rule::parse(rule).unwrap_or_else(|| panic!("{rule}"));
    let mut left = DAYS;
    rule.days(start, from, last, &mut left).unwrap()
}

#[test]
fn rules_name_the_days_that_python_dateutil_names() {
    let mut checked = 0;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('|').collect();
        let day = |at: usize| -> Date { cells[at].parse().unwrap() };
        let wanted: Vec<Date> = cells[4]
            .split(',')
            .filter(|day| !day.is_empty())
            .map(|day| day.parse().unwrap())
            .collect();
        assert_eq!(days(cells[1], day(0), day(2), day(3)), wanted, "{line}");
        checked += 1;
    }
    assert!(checked > 350, "{checked}");
}

/// Of the first week, too, all days are counted; `python-dateutil` counts those from the first occurrence on.
#[test]
fn positions_are_those_of_the_whole_week() {
    let found = days(
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
        date(2026, 3, 11),
        date(2026, 3, 1),
        date(2026, 3, 31),
    );
    assert_eq!(found, [date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30)]);
}

/// By another library's count of weeks: `python-dateutil` miscounts those around the turn of a year.
#[test]
fn weeks_have_the_numbers_of_iso_8601() {
    let start = date(1999, 12, 1);
    let (from, last) = (date(2000, 1, 1), date(2030, 12, 31));
    for week in [1, 2, 20, 52, 53, -1] {
        let wanted = from.series(1.day()).take_while(|day| *day <= last).filter(|day| {
            let iso = day.iso_week_date();
            let week = if week < 0 {
                iso.weeks_in_year() + week + 1
            } else {
                week
            };
            iso.week() == week
        });
        let found = days(
            &format!("FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TU,WE,TH,FR,SA,SU"),
            start,
            from,
            last,
        );
        assert_eq!(found, wanted.collect::<Vec<_>>(), "{week}");
    }
}

/// What is asked for far away from the first occurrence is the same as what comes of walking there.
#[test]
fn a_short_cut_leads_to_the_same_days() {
    let start = date(2001, 5, 30);
    for rule in [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=5;BYDAY=-1WE",
    ] {
        let all = days(rule, start, start, date(2030, 1, 1));
        for from in [
            date(2001, 6, 1),
            date(2015, 12, 31),
            date(2026, 2, 27),
            date(2029, 12, 1),
        ] {
            let some: Vec<Date> = all.iter().copied().filter(|day| *day >= from).collect();
            assert_eq!(days(rule, start, from, date(2030, 1, 1)), some, "{rule} {from}");
        }
    }
}

#[test]
fn what_is_no_rule_for_days_is_none() {
    for text in [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=HOURLY",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=ä",
        "FREQ=YEARLY;BYMONTH=13",
    ] {
        assert_eq!(Rule::parse(text), None, "{text}");
    }
    let (_, until) = Rule::parse("freq=weekly;until=20260101T000000Z;x-y=z").unwrap();
    assert_eq!(until, Some("20260101T000000Z"));
}

/// Nothing ever matches, and it has to be counted from the begin: the search has an end.
#[test]
fn a_series_that_never_comes_is_given_up() {
    let (rule, _) = Rule::parse("FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30").unwrap();
    let mut left = 10_000;
    let (from, last) = (date(2026, 1, 1), date(2026, 1, 5));
    let never = rule.days(date(1950, 1, 1), from, last, &mut left);
    assert_eq!(never, Err(Odd::Endless));
    let mut left = 0;
    let ended = rule.days(date(1604, 1, 1), from, last, &mut left);
    assert_eq!(
        ended,
        Ok(Vec::new()),
        "counted from before anybody had a calendar"
    );
    let (rule, _) = Rule::parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").unwrap();
    let mut left = 20;
    let none = rule.days(date(1, 1, 1), from, last, &mut left);
    assert_eq!(none, Ok(Vec::new()), "without a count nobody walks there");
}
