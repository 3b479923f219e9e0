//! The days that a question asks for.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use super::page::Month;

/// Most days after the first one.
const LONGEST: i32 = 366;
/// Days before the last one, where no first one is named.
const USUAL: i32 = 29;
/// Months that the longest span can touch, and one that only some zones see.
const MOST_MONTHS: usize = 15;
/// The first day that can be asked for.
const FIRST: Date = date(1, 1, 1);

/// The first and the last day asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub start: Date,
    /// Last day, not before the first.
    pub end: Date,
}

/// The days asked for, as far as they were named: the rest depends on what day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    start: Option<Date>,
    end: Option<Date>,
}

/// What is wrong with a question: the field, and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDays(pub &'static str, pub &'static str);

impl Asked {
    /// Reads both days.
    ///
    /// # Errors
    /// One is no day of the calendar, or both together are no span that can be asked for.
    pub fn read(start: &str, end: &str) -> Result<Self, BadDays> {
        let asked = Self {
            start: day("start_date", start)?,
            end: day("end_date", end)?,
        };
        if let (Some(start), Some(end)) = (asked.start, asked.end) {
            check(start, end)?;
        }
        Ok(asked)
    }

    /// The days, when today is this.
    ///
    /// # Errors
    /// The first day is named alone, and it lies behind today or too long before it.
    pub fn on(self, today: Date) -> Result<Days, BadDays> {
        let end = self.end.unwrap_or(today);
        let start = self.start.unwrap_or_else(|| end.saturating_sub(Span::new().days(USUAL)).max(FIRST));
        check(start, end)?;
        Ok(Days { start, end })
    }

    /// The months that may be needed, whatever zone decides which day is today.
    #[must_use]
    pub fn months(self, today_in_utc: Date) -> Vec<Month> {
        let around = |days: i32| today_in_utc.saturating_add(days.days());
        let end = self.end.unwrap_or_else(|| around(1));
        let usual = self.end.unwrap_or_else(|| around(-1)).saturating_sub(USUAL.days());
        let start = self.start.unwrap_or(usual).max(FIRST);
        let (mut month, last) = (Month::of(start), Month::of(end));
        let mut months = Vec::new();
        // More than this many are refused anyway, once it is known what day it is.
        while month <= last && months.len() < MOST_MONTHS {
            months.push(month);
            month = month.next();
        }
        months
    }
}

impl Days {
    /// Every day, in order.
    pub fn each(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.start), move |day| day.tomorrow().ok().filter(|day| *day <= self.end))
    }
}

fn check(start: Date, end: Date) -> Result<(), BadDays> {
    if start > end {
        return Err(BadDays("start_date", "must not be after end_date"));
    }
    match start.until(end) {
        Ok(span) if span.get_days() <= LONGEST => Ok(()),
        _ => Err(BadDays("start_date", "must be at most 366 days before end_date")),
    }
}

fn day(field: &'static str, text: &str) -> Result<Option<Date>, BadDays> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<Date>() {
        Ok(day) if day >= FIRST && day.to_string() == text => Ok(Some(day)),
        _ => Err(BadDays(field, "must be a day of the calendar, written YYYY-MM-DD")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 5, 1);

    #[test]
    fn without_days_it_is_the_thirty_up_to_today() {
        let days = Asked::read("", "").unwrap().on(TODAY).unwrap();
        assert_eq!((days.start, days.end), (date(2026, 4, 2), TODAY));
        assert_eq!(days.each().count(), 30);
        let days = Asked::read("", "2026-01-10").unwrap().on(TODAY).unwrap();
        assert_eq!(days.start, date(2025, 12, 12));
        let days = Asked::read("2026-04-30", "").unwrap().on(TODAY).unwrap();
        assert_eq!(days.each().collect::<Vec<_>>(), [date(2026, 4, 30), TODAY]);
    }

    #[test]
    fn a_span_is_at_most_366_days_long_and_not_upside_down() {
        assert!(Asked::read("2025-01-01", "2026-01-02").is_ok());
        assert_eq!(Asked::read("2025-01-01", "2026-01-03").unwrap_err().0, "start_date");
        assert_eq!(Asked::read("2026-01-02", "2026-01-01").unwrap_err().1, "must not be after end_date");
        assert!(Asked::read("2026-05-02", "").unwrap().on(TODAY).is_err());
        assert!(Asked::read("2024-01-01", "").unwrap().on(TODAY).is_err());
        let days = Asked::read("9999-12-30", "9999-12-31").unwrap().on(TODAY).unwrap();
        assert_eq!(days.each().count(), 2);
        let days = Asked::read("", "0001-01-05").unwrap().on(TODAY).unwrap();
        assert_eq!(days.each().count(), 5);
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["2026-02-30", "2026-13-01", "0000-01-01", "2026-00-10", "9999-99-99"] {
            assert_eq!(Asked::read(text, "").unwrap_err().0, "start_date", "{text}");
            assert_eq!(Asked::read("", text).unwrap_err().0, "end_date", "{text}");
        }
    }

    #[test]
    fn months_cover_the_days_of_every_zone() {
        for (start, end) in [("", ""), ("2025-05-01", ""), ("", "2026-04-30"), ("2026-01-31", "2026-02-01")] {
            let asked = Asked::read(start, end).unwrap();
            let months = asked.months(TODAY);
            for today in [date(2026, 4, 30), TODAY, date(2026, 5, 2)] {
                let days = asked.on(today).unwrap();
                assert!(days.each().all(|day| months.contains(&Month::of(day))), "{start}..{end} on {today}");
            }
            assert!(months.len() <= 14);
        }
    }
}
