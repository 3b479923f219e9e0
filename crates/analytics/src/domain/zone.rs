//! Time zones by name. A project's days begin and end in its zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone that is known, under its name as IANA spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of projects of which nothing is known yet.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Finds a zone by its name; none where this program's rules do not have it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        (!zone.is_unknown() && zone.iana_name().is_some()).then_some(Self(zone))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day that a calendar here shows at this moment.
    #[must_use]
    pub fn day_of(&self, moment: Timestamp) -> Date {
        moment.to_zoned(self.0.clone()).date()
    }

    /// When a day begins here: at midnight, or where daylight saving skips midnight, at the first moment after it. None behind the end of
    /// time.
    #[must_use]
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_zoned(self.0.clone()).ok()?;
        Some(midnight.start_of_day().ok()?.timestamp())
    }

    /// When a wall clock here shows this time. A time that daylight saving skips moves forward, one that it repeats means the first.
    #[must_use]
    pub fn moment_of(&self, local: DateTime) -> Option<Timestamp> {
        Some(local.to_zoned(self.0.clone()).ok()?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_and_their_beginnings_follow_the_zone() {
        let berlin = Zone::named("europe/berlin").unwrap();
        assert_eq!(berlin.name(), "Europe/Berlin");
        assert_eq!(berlin.start_of(date(2026, 5, 2)).unwrap().to_string(), "2026-05-01T22:00:00Z");
        assert_eq!(berlin.day_of("2026-05-01T22:00:00Z".parse().unwrap()), date(2026, 5, 2));
        assert_eq!(berlin.day_of("2026-05-01T21:59:59Z".parse().unwrap()), date(2026, 5, 1));
        // Clocks went from 00:00 to 01:00.
        let sao_paulo = Zone::named("America/Sao_Paulo").unwrap();
        assert_eq!(sao_paulo.start_of(date(2018, 11, 4)).unwrap().to_string(), "2018-11-04T03:00:00Z");
        for unknown in ["", "Europe/Atlantis", "Etc/Unknown"] {
            assert_eq!(Zone::named(unknown), None, "{unknown:?}");
        }
    }
}
