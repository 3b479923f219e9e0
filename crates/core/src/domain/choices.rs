//! The closed lists of values: priorities, types of tasks, categories of statuses, visibilities.
//!
//! Numbers and names are those of the protos and of the database; UNSPECIFIED exists on the wire only.

/// A value of a closed list as clients name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Name with the prefix of its list, as in JSON: `PRIORITY_HIGH`.
    pub name: &'static str,
    /// Name without the prefix, as filters also take it: `HIGH`.
    pub short: &'static str,
    /// Number on the wire and in the database.
    pub number: i32,
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident($prefix:literal) { $($(#[$value_doc:meta])* $value:ident = $number:literal $short:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value = $number,)+
        }

        impl $name {
            /// All values with their names, in the order of their numbers.
            pub const NAMES: &'static [Named] = &[$(Named { name: concat!($prefix, $short), short: $short, number: $number },)+];

            /// Number on the wire and in the database.
            pub const fn number(self) -> i32 {
                self as i32
            }

            /// The value with this number; none for 0 (unspecified) and for numbers of a newer version.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$value),)+
                    _ => None,
                }
            }

            /// Name as in JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => concat!($prefix, $short),)+
                }
            }
        }
    };
}

choice! {
    /// How urgent a task is.
    Priority("PRIORITY_") {
        /// Not set.
        None = 1 "NONE",
        /// Low.
        Low = 2 "LOW",
        /// Medium.
        Medium = 3 "MEDIUM",
        /// High.
        High = 4 "HIGH",
        /// Urgent.
        Urgent = 5 "URGENT",
    }
}

choice! {
    /// What kind of work a task is.
    TaskType("TASK_TYPE_") {
        /// Ordinary work.
        Task = 1 "TASK",
        /// Something broken.
        Bug = 2 "BUG",
        /// Work made of other tasks.
        Epic = 3 "EPIC",
    }
}

choice! {
    /// What a step of a workflow means. Everything computed looks at this, never at the name of a status.
    StatusCategory("STATUS_CATEGORY_") {
        /// Came in, not yet accepted.
        Triage = 1 "TRIAGE",
        /// Accepted, not planned.
        Backlog = 2 "BACKLOG",
        /// Planned, not begun.
        Unstarted = 3 "UNSTARTED",
        /// Being worked on.
        Started = 4 "STARTED",
        /// Done.
        Completed = 5 "COMPLETED",
        /// Given up.
        Canceled = 6 "CANCELED",
    }
}

choice! {
    /// Who can see a project.
    Visibility("VISIBILITY_") {
        /// Members only.
        Private = 1 "PRIVATE",
        /// Every member of the instance is viewer; guests are not.
        Internal = 2 "INTERNAL",
    }
}

impl StatusCategory {
    /// Whether work in this category is over, one way or the other.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled)
    }
}

#[cfg(test)]
mod tests {
    use tasktracker_proto::core::v1 as proto;

    use super::*;

    /// Every value of the proto, but for UNSPECIFIED, is here under the same name and number, and nothing else is.
    macro_rules! same_as_in_the_proto {
        ($test:ident, $ours:ident, $theirs:ty) => {
            #[test]
            fn $test() {
                let theirs: Vec<_> = (1..).map_while(|number| <$theirs>::try_from(number).ok()).collect();
                assert_eq!(theirs.len(), $ours::NAMES.len());
                for (their, our) in theirs.iter().zip($ours::NAMES) {
                    assert_eq!((their.as_str_name(), *their as i32), (our.name, our.number));
                    assert!(our.name.ends_with(our.short));
                    let value = $ours::from_number(our.number).unwrap();
                    assert_eq!((value.number(), value.name()), (our.number, our.name));
                }
                assert_eq!($ours::from_number(0), None);
            }
        };
    }

    same_as_in_the_proto!(priorities, Priority, proto::Priority);
    same_as_in_the_proto!(task_types, TaskType, proto::TaskType);
    same_as_in_the_proto!(status_categories, StatusCategory, proto::StatusCategory);
    same_as_in_the_proto!(visibilities, Visibility, proto::Visibility);
}
