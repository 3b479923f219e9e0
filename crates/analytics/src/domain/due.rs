//! Deadlines: from which moment on a task is overdue, and the minute under which that moment is counted.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::zone::Zone;

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// In the course of this day: overdue when the next one begins where the project is.
    Date(Date),
    /// When a wall clock in the zone shows this time.
    At(DateTime, Zone),
    /// At this moment: what remains where the day or the zone cannot be read.
    Moment(Timestamp),
}

impl Due {
    /// Reads a deadline as events say it. The moment that the event computed counts only where nothing else can be read, because it is of the
    /// zone that the project had then.
    #[must_use]
    pub fn read(date: &str, local: &str, zone: &str, moment: Option<Timestamp>) -> Option<Self> {
        let day = date.parse().ok().map(Self::Date);
        let at = || Some(Self::At(local.parse().ok()?, Zone::named(zone)?));
        day.or_else(at).or(moment.map(Self::Moment))
    }

    /// From when on a task of a project in this zone is overdue; none for never.
    #[must_use]
    pub fn moment(&self, project: &Zone) -> Option<Timestamp> {
        match self {
            Self::Date(date) => project.start_of(date.tomorrow().ok()?),
            Self::At(local, zone) => zone.moment_of(*local),
            Self::Moment(moment) => Some(*moment).filter(|moment| *moment < Timestamp::MAX),
        }
    }

    /// Reads what `to_string` wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some(micros) = text.strip_prefix('@') {
            return Some(Self::Moment(Timestamp::from_microsecond(micros.parse().ok()?).ok()?));
        }
        match text.split_once(' ') {
            Some((local, zone)) => Some(Self::At(local.parse().ok()?, Zone::named(zone)?)),
            None => Some(Self::Date(text.parse().ok()?)),
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{date}"),
            Self::At(local, zone) => write!(f, "{local} {}", zone.name()),
            Self::Moment(moment) => write!(f, "@{}", moment.as_microsecond()),
        }
    }
}

/// A minute of a day in UTC: `day` and minutes since it began. Deadlines are moments, so their index needs no zone and knows no
/// daylight saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute {
    /// The day in UTC.
    pub day: Date,
    /// 0 to 1439.
    pub minute: i16,
}

impl Minute {
    /// The last minute that has begun at this moment.
    #[must_use]
    pub fn begun(moment: Timestamp) -> Self {
        let local = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        Self {
            day: local.date(),
            minute: i16::from(local.hour()) * 60 + i16::from(local.minute()),
        }
    }

    /// The first minute that begins at this moment or after it: whoever is overdue from the moment on is not counted too early. Deadlines are
    /// whole minutes, but for a few zones before 1973.
    #[must_use]
    pub fn from(moment: Timestamp) -> Self {
        const MINUTE: i64 = 60_000_000;
        let micros = moment.as_microsecond();
        let whole = micros.div_euclid(MINUTE) + i64::from(micros.rem_euclid(MINUTE) != 0);
        Self::begun(Timestamp::from_microsecond(whole * MINUTE).unwrap_or(moment))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn moment(due: &Due, zone: &str) -> Option<String> {
        due.moment(&Zone::named(zone).unwrap()).map(|moment| moment.to_string())
    }

    #[test]
    fn a_day_ends_where_the_project_is_and_a_time_does_not_care() {
        let day = Due::read("2026-05-01", "", "", None).unwrap();
        assert_eq!(moment(&day, "UTC").unwrap(), "2026-05-02T00:00:00Z");
        assert_eq!(moment(&day, "America/New_York").unwrap(), "2026-05-02T04:00:00Z");
        let at = Due::read("", "2026-05-01T23:30", "America/New_York", None).unwrap();
        assert_eq!(moment(&at, "UTC"), moment(&at, "Asia/Tokyo"));
        assert_eq!(moment(&at, "UTC").unwrap(), "2026-05-02T03:30:00Z");
        assert_eq!(moment(&Due::Date(date(9999, 12, 31)), "UTC"), None, "the last day never ends");
    }

    #[test]
    fn what_cannot_be_read_is_the_moment_that_the_event_says() {
        let said: Timestamp = "2026-05-02T03:30:00Z".parse().unwrap();
        assert_eq!(
            Due::read("", "2026-05-01T23:30", "Mars/Olympus", Some(said)),
            Some(Due::Moment(said))
        );
        assert_eq!(Due::read("", "", "", None), None);
    }

    #[test]
    fn deadlines_survive_their_text() {
        for due in [
            Due::read("2026-05-01", "", "", None).unwrap(),
            Due::read("", "2026-05-01T23:30", "America/New_York", None).unwrap(),
            Due::Moment("2026-05-02T03:30:00.000001Z".parse().unwrap()),
        ] {
            assert_eq!(Due::from_text(&due.to_string()), Some(due));
        }
    }

    #[test]
    fn minutes_are_those_of_the_day_in_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let minute = |hour: i16, minute: i16| Minute {
            day: date(2026, 5, 1),
            minute: hour * 60 + minute,
        };
        assert_eq!(Minute::begun(at("2026-05-01T08:30:59.999999Z")), minute(8, 30));
        assert_eq!(Minute::from(at("2026-05-01T08:30:00Z")), minute(8, 30));
        assert_eq!(Minute::from(at("2026-05-01T08:30:00.000001Z")), minute(8, 31));
        assert_eq!(Minute::from(at("2026-04-30T23:59:30Z")), minute(0, 0));
    }
}
