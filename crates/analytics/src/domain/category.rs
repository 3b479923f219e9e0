//! Categories of statuses: everything that is counted uses only them.

use tasktracker_proto::events::v1::StatusCategory;

/// Category of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Not yet looked at.
    Triage = 1,
    /// Some day.
    Backlog = 2,
    /// Next.
    Unstarted = 3,
    /// Being worked on.
    Started = 4,
    /// Done.
    Completed = 5,
    /// Not to be done.
    Canceled = 6,
}

impl Category {
    /// All, in the order of the API.
    pub const ALL: [Self; 6] = [
        Self::Triage,
        Self::Backlog,
        Self::Unstarted,
        Self::Started,
        Self::Completed,
        Self::Canceled,
    ];

    /// The category of a number in events and in the API; both use the same.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.number() == number)
    }

    /// Its number in events and in the API.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Its number in messages.
    #[must_use]
    pub fn proto(self) -> i32 {
        self as i32
    }

    /// Whether a task in it waits to be done: only such a task can be overdue.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Canceled)
    }
}

impl TryFrom<StatusCategory> for Category {
    type Error = ();

    fn try_from(category: StatusCategory) -> Result<Self, ()> {
        Self::from_number(i64::from(category as i32)).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use tasktracker_proto::analytics::v1::StatusCategory as Answered;
    use tasktracker_proto::core::v1::StatusCategory as OfCore;

    use super::*;

    #[test]
    fn events_core_and_analytics_number_categories_alike() {
        for category in Category::ALL {
            let number = category.proto();
            let event = StatusCategory::try_from(number).unwrap().as_str_name();
            assert_eq!(Answered::try_from(number).unwrap().as_str_name(), event);
            assert_eq!(OfCore::try_from(number).unwrap().as_str_name(), event);
            assert_eq!(Category::from_number(i64::from(number)), Some(category));
        }
        assert_eq!(Category::from_number(0), None);
        assert_eq!(Category::from_number(7), None);
    }
}
