//! The statements on the tables of jobs and schedules. Nothing outside of this folder knows a column.

pub(crate) mod claim;
pub(crate) mod enqueue;
pub(crate) mod finish;
pub(crate) mod list;
pub(crate) mod operate;
#[cfg(test)]
mod plans;
pub(crate) mod schedules;
pub(crate) mod upkeep;
pub(crate) mod waiting;

use sea_orm::FromQueryResult;
use tasktracker_database::{Id, Time};

/// The columns of [`JobRow`].
const COLUMNS: [&str; 14] = [
    "id",
    "kind",
    "payload",
    "state",
    "priority",
    "run_time",
    "attempt",
    "max_attempts",
    "unique_key",
    "group_key",
    "claim",
    "last_error",
    "create_time",
    "finish_time",
];

/// A job as the table has it.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct JobRow {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) state: String,
    pub(crate) priority: i64,
    pub(crate) run_time: Time,
    pub(crate) attempt: i64,
    pub(crate) max_attempts: i64,
    pub(crate) unique_key: Option<String>,
    pub(crate) group_key: Option<String>,
    pub(crate) claim: Option<Id>,
    pub(crate) last_error: Option<String>,
    pub(crate) create_time: Time,
    pub(crate) finish_time: Option<Time>,
}

impl JobRow {
    /// Which attempt it is at, or was.
    pub(crate) fn attempt(&self) -> u32 {
        u32::try_from(self.attempt).unwrap_or(u32::MAX)
    }

    /// How many attempts it has.
    pub(crate) fn max_attempts(&self) -> u32 {
        u32::try_from(self.max_attempts).unwrap_or(u32::MAX)
    }
}

/// An error as a row keeps it: a few lines, and no NUL, which PostgreSQL does not take.
fn kept_error(error: &str) -> String {
    const LONGEST: usize = 2000;
    let mut kept = error.replace('\0', " ");
    if kept.len() > LONGEST {
        kept.truncate(kept.floor_char_boundary(LONGEST));
        kept.push_str("...");
    }
    kept
}
