//! When a cron is due, in a zone whose clocks change.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Hours of a day.
const HOURS: usize = 24;
/// Local times that are looked at before giving up: those of the hour that clocks repeat.
const MOST_REPEATED: usize = 24 * 60;

/// A cron and its zone.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    cron: Cron,
    zone: TimeZone,
    /// The cron takes every hour: it counts real hours, not those on the clock.
    hourly: bool,
}

impl Timing {
    /// Reads a cron of five fields, and the name of a zone. The error says what is wrong.
    pub(crate) fn parse(cron: &str, zone: &str) -> Result<Self, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser
            .parse(cron)
            .map_err(|error| format!("the cron {cron:?} cannot be read: {error}"))?;
        let zone = TimeZone::get(zone).map_err(|_| format!("there is no time zone {zone:?}"))?;
        let timing = Self {
            hourly: cron.pattern.hours.values().len() == HOURS,
            cron,
            zone,
        };
        match timing.next_after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(timing),
            None => Err("the cron is never due".to_owned()),
        }
    }

    /// The first slot after a moment.
    pub(crate) fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let zoned = after.to_zoned(self.zone.clone());
        if self.hourly {
            return self.cron.find_next_occurrence(&zoned, false).ok().map(|zoned| zoned.timestamp());
        }
        let mut local = zoned.datetime();
        for _ in 0..MOST_REPEATED {
            local = self.cron.find_next_occurrence(&local, false).ok()?;
            let slot = self.moment_of(local)?;
            // A time in the hour that is repeated has been before.
            if slot > after {
                return Some(slot);
            }
        }
        None
    }

    /// The last slot of a period, both ends included.
    pub(crate) fn last_between(&self, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let before = from.checked_sub(SignedDuration::from_micros(1)).ok()?;
        let mut last = None;
        let mut slot = self.next_after(before);
        while let Some(found) = slot.filter(|found| *found <= until) {
            last = Some(found);
            slot = self.next_after(found);
        }
        last
    }

    /// When a local time comes: the first time it does, or where the clocks leave it out, when they do.
    fn moment_of(&self, local: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                let within = before.to_timestamp(local).ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
                self.zone.preceding(within).next().map(|transition| transition.timestamp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The slots after a moment, as local times in Berlin.
    fn berlin(cron: &str, after: &str, count: usize) -> Vec<String> {
        let timing = Timing::parse(cron, "Europe/Berlin").unwrap();
        let mut slots = Vec::new();
        let mut moment = at(after);
        for _ in 0..count {
            moment = timing.next_after(moment).unwrap();
            slots.push(moment.to_zoned(timing.zone.clone()).strftime("%d %H:%M %z").to_string());
        }
        slots
    }

    #[test]
    fn a_time_that_is_left_out_fires_once_when_the_gap_is_over() {
        assert_eq!(
            berlin("30 2 * * *", "2026-03-28T00:00:00Z", 3),
            ["28 02:30 +0100", "29 03:00 +0200", "30 02:30 +0200"]
        );
        // Two of the gap, and one just after it: one moment.
        assert_eq!(
            berlin("0,30 2,3 * * *", "2026-03-29T00:00:00Z", 3),
            ["29 03:00 +0200", "29 03:30 +0200", "30 02:00 +0200"]
        );
        assert_eq!(berlin("0 2 * * *", "2026-03-28T12:00:00Z", 2), ["29 03:00 +0200", "30 02:00 +0200"]);
    }

    #[test]
    fn a_time_that_is_repeated_fires_the_first_time() {
        assert_eq!(
            berlin("30 2 * * *", "2026-10-24T12:00:00Z", 2),
            ["25 02:30 +0200", "26 02:30 +0100"]
        );
        assert_eq!(
            berlin("0,30 2,3 * * *", "2026-10-24T23:00:00Z", 5),
            [
                "25 02:00 +0200",
                "25 02:30 +0200",
                "25 03:00 +0100",
                "25 03:30 +0100",
                "26 02:00 +0100"
            ]
        );
        // Asked within the repeated hour.
        assert_eq!(berlin("0,30 2 * * *", "2026-10-25T01:10:00Z", 1), ["26 02:00 +0100"]);
    }

    #[test]
    fn every_hour_means_every_real_hour() {
        assert_eq!(
            berlin("0 * * * *", "2026-10-24T23:30:00Z", 3),
            ["25 02:00 +0200", "25 02:00 +0100", "25 03:00 +0100"]
        );
        assert_eq!(
            berlin("30 * * * *", "2026-03-29T00:00:00Z", 3),
            ["29 01:30 +0100", "29 03:30 +0200", "29 04:30 +0200"]
        );
    }

    #[test]
    fn no_slot_comes_twice_and_none_goes_back() {
        for (cron, zone) in [
            ("15 3 * * *", "UTC"),
            ("*/20 * * * *", "Europe/Berlin"),
            ("10,50 0-3 * * *", "Europe/Berlin"),
            ("0 2 * * 0", "Australia/Lord_Howe"),
            ("30 0 * * *", "America/Santiago"),
            ("0 12 29 2 *", "Europe/Berlin"),
        ] {
            let timing = Timing::parse(cron, zone).unwrap();
            let mut moment = at("2026-03-01T00:00:00Z");
            for _ in 0..3000 {
                if moment > at("2060-01-01T00:00:00Z") {
                    break;
                }
                let next = timing.next_after(moment).unwrap();
                assert!(next > moment, "{cron} {zone}: {next} after {moment}");
                // From any moment between the two it is the same one.
                let between = moment + next.duration_since(moment) / 2;
                assert_eq!(timing.next_after(between), Some(next), "{cron} {zone}");
                moment = next;
            }
        }
    }

    #[test]
    fn the_last_of_a_period() {
        let timing = Timing::parse("*/15 * * * *", "UTC").unwrap();
        let last = |from, until| timing.last_between(at(from), at(until));
        assert_eq!(
            last("2026-05-01T12:00:00Z", "2026-05-01T13:10:00Z"),
            Some(at("2026-05-01T13:00:00Z"))
        );
        assert_eq!(
            last("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"),
            Some(at("2026-05-01T12:00:00Z"))
        );
        assert_eq!(last("2026-05-01T12:01:00Z", "2026-05-01T12:14:00Z"), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for (cron, zone) in [
            ("", "UTC"),
            ("* * * *", "UTC"),
            ("0 * * * * *", "UTC"),
            ("60 * * * *", "UTC"),
            ("0 0 30 2 *", "UTC"),
            ("0 0 * * *", "Europe/Atlantis"),
        ] {
            assert!(Timing::parse(cron, zone).is_err(), "{cron} {zone}");
        }
    }
}
