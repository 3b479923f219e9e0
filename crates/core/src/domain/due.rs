//! Deadlines and days. A deadline is a day, the same for everybody, or a wall-clock time in a zone; never an instant made from a day.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::choices::StatusCategory;
use super::zone::{UnknownZone, Zone};

/// When a task is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// In the course of this day.
    Date(Date),
    /// When a wall clock in `zone` shows `local`.
    At {
        /// Wall-clock time, whole minutes.
        local: DateTime,
        /// Where the clock hangs.
        zone: Zone,
    },
}

/// What the database keeps of a deadline to sort, filter and compare by: both depend on the project's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The task is overdue from this moment on.
    pub instant: Timestamp,
    /// The day of the deadline in the project's zone.
    pub day: Date,
}

/// The text is no day or no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDue {
    /// No day.
    #[error("must be a day from 1970-01-01 to 9999-12-31, written YYYY-MM-DD")]
    Date,
    /// No wall-clock time.
    #[error("must be a time from 1970-01-01T00:00 to 9999-12-31T23:59, written YYYY-MM-DDTHH:MM")]
    LocalDateTime,
    /// No zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
}

impl Due {
    /// Reads a day.
    pub fn on(date: &str) -> Result<Self, BadDue> {
        parse_date(date).map(Self::Date)
    }

    /// Reads a wall-clock time in a zone.
    pub fn at(local: &str, zone: &str) -> Result<Self, BadDue> {
        Ok(Self::At {
            local: parse_local(local)?,
            zone: zone.parse()?,
        })
    }

    /// The day, or the wall-clock time without its zone, as it was read.
    pub fn local_text(&self) -> String {
        match self {
            Self::Date(date) => date.to_string(),
            Self::At { local, .. } => local.strftime("%Y-%m-%dT%H:%M").to_string(),
        }
    }

    /// From when on the task is overdue, and on which day that counts, in a project of this zone. A day has passed when the next one begins.
    pub fn deadline(&self, project: &Zone) -> Deadline {
        match self {
            Self::Date(date) => {
                let instant = date.tomorrow().map_or(Timestamp::MAX, |next_day| project.start_of(next_day));
                Deadline { instant, day: *date }
            }
            Self::At { local, zone } => {
                let instant = zone.instant_of(*local);
                let day = if instant == Timestamp::MAX {
                    local.date()
                } else {
                    project.day_of(instant)
                };
                Deadline { instant, day }
            }
        }
    }

    /// The deadline as in the resource's JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Date(_) => json!({ "date": self.local_text() }),
            Self::At { zone, .. } => json!({ "at": { "localDateTime": self.local_text(), "timeZone": zone.name() } }),
        }
    }
}

impl Deadline {
    /// Whether the deadline has passed, and the task still waits to be done.
    pub fn is_overdue(&self, category: StatusCategory, now: Timestamp) -> bool {
        self.instant <= now && !category.is_closed()
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(_) => f.write_str(&self.local_text()),
            Self::At { zone, .. } => write!(f, "{} {zone}", self.local_text()),
        }
    }
}

/// Reads `YYYY-MM-DD`, from 1970 on.
pub fn parse_date(text: &str) -> Result<Date, BadDue> {
    let [year, month, day] = numbers(text, "####-##-##").ok_or(BadDue::Date)?;
    civil_date(year, month, day).ok_or(BadDue::Date)
}

/// Reads `YYYY-MM-DDTHH:MM`, from 1970 on.
fn parse_local(text: &str) -> Result<DateTime, BadDue> {
    let [year, month, day, hour, minute] = numbers(text, "####-##-##T##:##").ok_or(BadDue::LocalDateTime)?;
    let date = civil_date(year, month, day).ok_or(BadDue::LocalDateTime)?;
    // Two digits always fit, and the range of hours and minutes is jiff's to check.
    let time = jiff::civil::Time::new(hour as i8, minute as i8, 0, 0).map_err(|_| BadDue::LocalDateTime)?;
    Ok(date.to_datetime(time))
}

fn civil_date(year: i16, month: i16, day: i16) -> Option<Date> {
    const FIRST_YEAR: i16 = 1970;
    Date::new(year, month as i8, day as i8)
        .ok()
        .filter(|date| date.year() >= FIRST_YEAR)
}

/// Takes a text apart along a pattern in which `#` is one digit and all else stands for itself. Stricter than jiff's own parsers, which
/// know many more ways of writing the same.
fn numbers<const N: usize>(text: &str, pattern: &str) -> Option<[i16; N]> {
    if text.len() != pattern.len() {
        return None;
    }

    let mut numbers = [0; N];
    let mut current = 0;
    for (given, wanted) in text.bytes().zip(pattern.bytes()) {
        match (given, wanted) {
            (b'0'..=b'9', b'#') => numbers[current] = numbers[current] * 10 + i16::from(given - b'0'),
            _ if given == wanted => current += 1,
            _ => return None,
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn deadline(due: Due, project: &str) -> (String, Date) {
        let deadline = due.deadline(&zone(project));
        (deadline.instant.to_string(), deadline.day)
    }

    #[test]
    fn a_day_is_over_when_the_next_begins_where_the_project_is() {
        let due = Due::on("2026-05-01").unwrap();
        assert_eq!(deadline(due.clone(), "UTC"), ("2026-05-02T00:00:00Z".into(), date(2026, 5, 1)));
        assert_eq!(
            deadline(due.clone(), "Europe/Berlin"),
            ("2026-05-01T22:00:00Z".into(), date(2026, 5, 1))
        );
        assert_eq!(deadline(due, "America/New_York"), ("2026-05-02T04:00:00Z".into(), date(2026, 5, 1)));
    }

    #[test]
    fn a_time_does_not_depend_on_the_project_but_its_day_does() {
        let due = Due::at("2026-05-01T23:30", "America/New_York").unwrap();
        assert_eq!(
            deadline(due.clone(), "America/New_York"),
            ("2026-05-02T03:30:00Z".into(), date(2026, 5, 1))
        );
        assert_eq!(deadline(due, "Europe/Berlin"), ("2026-05-02T03:30:00Z".into(), date(2026, 5, 2)));
    }

    #[test]
    fn the_last_day_never_ends() {
        for project in ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"] {
            let last = Due::on("9999-12-31").unwrap().deadline(&zone(project));
            assert_eq!((last.instant, last.day), (Timestamp::MAX, date(9999, 12, 31)));
        }
        let late = Due::at("9999-12-31T23:59", "America/Los_Angeles").unwrap().deadline(&Zone::UTC);
        assert_eq!((late.instant, late.day), (Timestamp::MAX, date(9999, 12, 31)));
    }

    #[test]
    fn overdue_begins_at_the_instant_and_ends_with_the_work() {
        let deadline = Due::on("2026-05-01").unwrap().deadline(&Zone::UTC);
        let midnight: Timestamp = "2026-05-02T00:00:00Z".parse().unwrap();
        let just_before = midnight - jiff::SignedDuration::from_micros(1);

        assert!(!deadline.is_overdue(StatusCategory::Started, just_before));
        assert!(deadline.is_overdue(StatusCategory::Started, midnight));
        assert!(deadline.is_overdue(StatusCategory::Triage, midnight));
        assert!(!deadline.is_overdue(StatusCategory::Completed, midnight));
        assert!(!deadline.is_overdue(StatusCategory::Canceled, midnight));
    }

    #[test]
    fn only_one_way_of_writing_a_day_is_read() {
        for bad in [
            "",
            "2026-5-1",
            "20260501",
            "2026-02-30",
            "2026-13-01",
            "1969-12-31",
            "0000-01-01",
            "-026-05-01",
            "2026-05-01T00:00",
            "2026-05-0１",
            "2026/05/01",
            " 2026-05-01",
        ] {
            assert_eq!(parse_date(bad), Err(BadDue::Date), "{bad:?}");
        }
        assert_eq!(parse_date("1970-01-01"), Ok(date(1970, 1, 1)));
        assert_eq!(parse_date("2024-02-29"), Ok(date(2024, 2, 29)));
    }

    #[test]
    fn only_one_way_of_writing_a_time_is_read() {
        for bad in [
            "",
            "2026-05-01",
            "2026-05-01T24:00",
            "2026-05-01T10:60",
            "2026-05-01 10:00",
            "2026-05-01T10:00:00",
            "2026-05-01T10:00Z",
            "1969-12-31T23:59",
        ] {
            assert_eq!(Due::at(bad, "UTC"), Err(BadDue::LocalDateTime), "{bad:?}");
        }
        assert_eq!(Due::at("2026-05-01T10:00", "Mars/Olympus"), Err(BadDue::Zone(UnknownZone)));
    }

    #[test]
    fn json_is_that_of_the_resource() {
        assert_eq!(Due::on("2026-05-01").unwrap().to_json(), json!({ "date": "2026-05-01" }));
        let at = Due::at("2026-05-01T09:05", "europe/berlin").unwrap();
        assert_eq!(
            at.to_json(),
            json!({ "at": { "localDateTime": "2026-05-01T09:05", "timeZone": "Europe/Berlin" } })
        );
        assert_eq!(at.to_string(), "2026-05-01T09:05 Europe/Berlin");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(days in 0..2_900_000_i64, minutes in 0..1440_i64) {
            let day = date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let local = day.at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(minutes)).unwrap();

            let on = Due::Date(day);
            prop_assert_eq!(Due::on(&on.local_text()), Ok(on));
            let at = Due::At { local, zone: zone("Asia/Kolkata") };
            prop_assert_eq!(Due::at(&at.local_text(), "Asia/Kolkata"), Ok(at));
        }

        #[test]
        fn later_days_are_due_later(a in 0..40_000_i64, b in 0..40_000_i64) {
            let due = |days| Due::Date(date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap()).deadline(&zone("Europe/Berlin"));
            prop_assert_eq!(due(a).instant.cmp(&due(b).instant), a.cmp(&b));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[0-9T:é-]{0,18}") {
            let _ = parse_date(&text);
            let _ = Due::at(&text, &text);
        }
    }
}
