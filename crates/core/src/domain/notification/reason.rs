//! Why somebody is told.

/// Why somebody is told. Where several hold at once, the first wins: they are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// They were named in a description or a comment.
    Mentioned,
    /// A task was given to them.
    Assigned,
    /// A task was taken from them.
    Unassigned,
    /// Somebody commented on a task they follow.
    Commented,
    /// A task they follow entered another status.
    StatusChanged,
    /// A task they follow or are to do is due within 24 hours.
    DueSoon,
    /// A task they follow or are to do is overdue.
    Overdue,
    /// They became a member of a project.
    MemberAdded,
}

impl Reason {
    /// All of them, the first wins.
    pub const ALL: [Self; 8] = [
        Self::Mentioned,
        Self::Assigned,
        Self::Unassigned,
        Self::Commented,
        Self::StatusChanged,
        Self::DueSoon,
        Self::Overdue,
        Self::MemberAdded,
    ];

    /// The number in the API and in the database.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Mentioned => 1,
            Self::Assigned => 2,
            Self::Unassigned => 3,
            Self::Commented => 4,
            Self::StatusChanged => 5,
            Self::DueSoon => 6,
            Self::Overdue => 7,
            Self::MemberAdded => 8,
        }
    }

    /// The reason with this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }

    /// A word for programs: mail filters look at it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mentioned => "mentioned",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Commented => "commented",
            Self::StatusChanged => "status-changed",
            Self::DueSoon => "due-soon",
            Self::Overdue => "overdue",
            Self::MemberAdded => "member-added",
        }
    }

    /// Whether it is about a deadline, which time brings and nobody does.
    #[must_use]
    pub fn is_about_deadline(self) -> bool {
        matches!(self, Self::DueSoon | Self::Overdue)
    }
}

#[cfg(test)]
mod tests {
    use tasktracker_proto::core::v1::NotificationReason;

    use super::*;

    #[test]
    fn numbers_are_those_of_the_api_in_the_order_of_precedence() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(reason));
            let name = NotificationReason::try_from(reason.number()).unwrap().as_str_name();
            let word = name.trim_start_matches("NOTIFICATION_REASON_").to_lowercase().replace('_', "-");
            assert_eq!(word, reason.word());
        }
        assert!(Reason::ALL.is_sorted());
        assert_eq!(NotificationReason::try_from(9).ok(), None, "the API knows no more");
        assert_eq!((Reason::from_number(0), Reason::from_number(9)), (None, None));
    }
}
