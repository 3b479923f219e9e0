//! Ids as types, so that a project's id cannot stand where a task's belongs. All are UUIDs, written in canonical lower case.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The text is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct BadId;

/// Parses the hyphenated form of a UUID in any case; the other forms that the `uuid` crate knows (URN, braces, no hyphens) are refused.
pub fn parse_uuid(text: &str) -> Result<Uuid, BadId> {
    const HYPHENATED: usize = uuid::fmt::Hyphenated::LENGTH;
    if text.len() != HYPHENATED {
        return Err(BadId);
    }
    Uuid::try_parse(text).map_err(|_| BadId)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that is this UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for the database.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_uuid(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id! {
    /// Id of a project.
    ProjectId
}
id! {
    /// Id of a status of a project's workflow.
    StatusId
}
id! {
    /// Id of a task.
    TaskId
}
id! {
    /// Id of a comment.
    CommentId
}
id! {
    /// Id of a user, given by Auth.
    UserId
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn upper_case_is_read_and_lower_case_is_written() {
        let id: TaskId = "01890A5D-AC96-774B-BCCE-B302099A8057".parse().unwrap();
        assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(format!("{id:?}"), "TaskId(01890a5d-ac96-774b-bcce-b302099a8057)");
    }

    #[test]
    fn other_forms_of_a_uuid_are_refused() {
        for text in [
            "",
            "WEB-12",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a805g",
            " 01890a5d-ac96-774b-bcce-b302099a805",
        ] {
            assert_eq!(text.parse::<TaskId>(), Err(BadId), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits: u128) {
            let id = UserId::from(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        }
    }
}
