//! When people are reminded of a deadline: a day before it, and when it has passed. Never of a task that is closed or deleted, and never of a
//! moment that had passed already when the deadline was set.

use jiff::{SignedDuration, Timestamp};

use super::task::Task;

/// How long before a deadline people are told that it comes.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What a reminder says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The deadline comes within a day.
    DueSoon,
    /// The deadline has passed.
    Overdue,
}

impl Kind {
    /// As it is stored.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::DueSoon => 1,
            Self::Overdue => 2,
        }
    }

    /// From how it is stored.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::DueSoon),
            2 => Some(Self::Overdue),
            _ => None,
        }
    }

    /// When each fires for a deadline. A deadline that never comes reminds nobody.
    #[must_use]
    pub fn times(due_time: Timestamp) -> Vec<(Self, Timestamp)> {
        if due_time == Timestamp::MAX {
            return Vec::new();
        }
        let ahead = due_time.checked_sub(AHEAD).ok();
        ahead
            .map(|ahead| (Self::DueSoon, ahead))
            .into_iter()
            .chain([(Self::Overdue, due_time)])
            .collect()
    }
}

/// The reminders of a task: what, when, and of which deadline.
#[must_use]
pub fn plan(task: &Task, now: Timestamp) -> Vec<(Kind, Timestamp, Timestamp)> {
    let Some(deadline) = task.deadline.filter(|_| is_waiting(task)) else {
        return Vec::new();
    };
    Kind::times(deadline.instant)
        .into_iter()
        .filter(|(_, fire_time)| *fire_time > now)
        .map(|(kind, fire_time)| (kind, fire_time, deadline.instant))
        .collect()
}

/// What a fired reminder still has to say: nothing for a task that is closed, deleted or has another deadline by now; and late, when the
/// deadline itself has passed, only that.
#[must_use]
pub fn still_holds(kind: Kind, due_time: Timestamp, task: &Task, now: Timestamp) -> bool {
    let same = task.deadline.is_some_and(|deadline| deadline.instant == due_time);
    let timely = kind == Kind::Overdue || due_time > now;
    is_waiting(task) && same && timely
}

fn is_waiting(task: &Task) -> bool {
    task.delete_time.is_none() && !task.fields.step.category.is_closed()
}
