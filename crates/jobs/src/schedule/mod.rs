//! What is done again and again: schedules as the code says them, and the task that fires them.

mod fire;
mod timing;

use std::time::Duration;

pub(crate) use fire::run;
pub(crate) use timing::Timing;

/// The least catch-up: a slot may always be fired this late.
const LEAST_CATCH_UP: Duration = Duration::from_secs(60);

/// Makes a job of a kind at every slot of a cron.
///
/// The jobs have no payload (`null`), the unique key `name@slot`, and the group `name`, so they run one after another; a slot is left out while
/// the job of one before it still waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Name, such as `core.purge`.
    pub name: &'static str,
    /// Minute, hour, day of the month, month, day of the week: `15 3 * * *`.
    pub cron: &'static str,
    /// IANA time zone of `cron`. A local time that the clocks leave out fires at the first moment after the gap; one that they repeat fires the
    /// first time. Where the hour is `*`, the slots are those of real hours instead: none is left out and each fires.
    pub time_zone: &'static str,
    /// Kind of the jobs.
    pub kind: &'static str,
    /// How late a slot may be fired, at least a minute. Of several that were missed the last one is; those that are older never are.
    pub catch_up: Duration,
}

/// A schedule that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("schedule {name}: {problem}")]
pub struct BadSchedule {
    name: String,
    problem: String,
}

impl Schedule {
    /// Whether its cron and time zone can be read, and it is ever due: for those that take a cron from the configuration.
    ///
    /// # Errors
    /// It says what is wrong.
    pub fn check(&self) -> Result<(), BadSchedule> {
        self.timing().map(drop)
    }

    pub(crate) fn timing(&self) -> Result<Timing, BadSchedule> {
        Timing::parse(self.cron, self.time_zone).map_err(|problem| BadSchedule {
            name: self.name.to_owned(),
            problem,
        })
    }

    fn catch_up(&self) -> Duration {
        self.catch_up.max(LEAST_CATCH_UP)
    }
}
