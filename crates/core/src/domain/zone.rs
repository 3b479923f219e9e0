//! IANA time zones by name. The rules of the zones come with the program, so that every process agrees on when a day begins.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone that is known, under its name as IANA spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// There is no such zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an IANA time zone such as Europe/Berlin")]
pub struct UnknownZone;

impl Zone {
    /// The zone of projects that name none.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The name, such as `Europe/Berlin`.
    pub fn name(&self) -> &str {
        self.0.iana_name().expect("zones are only ever made from a name")
    }

    /// When a day begins here: at midnight, or where daylight saving skips midnight, at the first moment after it. Behind the end of time:
    /// never.
    pub fn start_of(&self, day: Date) -> Timestamp {
        day.to_zoned(self.0.clone())
            .and_then(|midnight| midnight.start_of_day())
            .map_or(Timestamp::MAX, |start| start.timestamp())
    }

    /// When a wall clock here shows this time. A time that daylight saving skips moves forward, one that it repeats means the first.
    pub fn instant_of(&self, local: DateTime) -> Timestamp {
        local.to_zoned(self.0.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The day that a calendar here shows at this moment.
    pub fn day_of(&self, instant: Timestamp) -> Date {
        instant.to_zoned(self.0.clone()).date()
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Finds a zone by its name in any case.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        // A placeholder of the database that means "not configured".
        const NO_ZONE: &str = "Factory";

        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone)?;
        match zone.iana_name() {
            Some(NO_ZONE) | None => Err(UnknownZone),
            Some(_) if zone.is_unknown() => Err(UnknownZone),
            Some(_) => Ok(Self(zone)),
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn names_are_read_in_any_case_and_written_as_iana_spells_them() {
        for (given, canonical) in [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("utc", "UTC"),
            ("Asia/Calcutta", "Asia/Calcutta"),
        ] {
            assert_eq!(zone(given).name(), canonical);
        }
        assert_eq!(zone("UTC"), Zone::UTC);
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for name in [
            "",
            " ",
            "Local",
            "Europe/Atlantis",
            "CEST-2",
            "+02:00",
            "Etc/Unknown",
            "Factory",
            "../etc/localtime",
            "Europe/Berlin ",
        ] {
            assert_eq!(name.parse::<Zone>(), Err(UnknownZone), "{name:?}");
        }
    }

    #[test]
    fn days_begin_at_midnight_or_just_after_it() {
        assert_eq!(zone("Europe/Berlin").start_of(date(2026, 5, 2)).to_string(), "2026-05-01T22:00:00Z");
        // Clocks went from 00:00 to 01:00.
        assert_eq!(
            zone("America/Sao_Paulo").start_of(date(2018, 11, 4)).to_string(),
            "2018-11-04T03:00:00Z"
        );
        // Midnight came twice.
        assert_eq!(
            zone("America/Havana").start_of(date(2025, 11, 2)).to_string(),
            "2025-11-02T04:00:00Z"
        );
        // Samoa had no 30 December 2011.
        let apia = zone("Pacific/Apia");
        assert_eq!(apia.start_of(date(2011, 12, 30)), apia.start_of(date(2011, 12, 31)));
    }

    #[test]
    fn skipped_times_move_forward_and_repeated_ones_mean_the_first() {
        let berlin = zone("Europe/Berlin");
        assert_eq!(
            berlin.instant_of(datetime(2026, 3, 29, 2, 30, 0, 0)).to_string(),
            "2026-03-29T01:30:00Z"
        );
        assert_eq!(
            berlin.instant_of(datetime(2026, 10, 25, 2, 30, 0, 0)).to_string(),
            "2026-10-25T00:30:00Z"
        );
    }

    #[test]
    fn behind_the_end_of_time_is_never() {
        assert_eq!(zone("America/Los_Angeles").start_of(Date::MAX), Timestamp::MAX);
        assert_eq!(zone("America/Los_Angeles").instant_of(DateTime::MAX), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn the_first_moment_of_a_day_is_in_it_and_the_one_before_is_not(day in 0..40_000_i64, name in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Apia", "America/Havana", "Africa/Cairo"])) {
            let zone = zone(name);
            let day = date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            prop_assume!((name, day) != ("Pacific/Apia", date(2011, 12, 30)));

            let start = zone.start_of(day);
            let just_before = start - jiff::SignedDuration::from_nanos(1);
            prop_assert_eq!(zone.day_of(start), day);
            prop_assert!(zone.day_of(just_before) < day);
        }
    }
}
