//! Human names of tasks: a project's key, a task's key such as `WEB-12`, and what a client may write where a task's id is asked for.

use std::fmt;
use std::str::FromStr;

use super::ids::{TaskId, parse_uuid};

/// Prefix of the keys of a project's tasks: a capital letter, then 1 to 9 capital letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectKey(String);

/// A task's key: `WEB-12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey {
    /// Key of the project.
    pub project: ProjectKey,
    /// Number in the project, from 1.
    pub number: i32,
}

/// What names a task in a request: its id, or its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskRef {
    /// By id.
    Id(TaskId),
    /// By key.
    Key(TaskKey),
}

/// The text is no project key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a capital letter followed by 1 to 9 capital letters or digits")]
pub struct BadProjectKey;

/// The text names no task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the UUID of a task, or a key such as WEB-12")]
pub struct BadTaskRef;

impl ProjectKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectKey {
    type Err = BadProjectKey;

    fn from_str(text: &str) -> Result<Self, BadProjectKey> {
        let starts_with_letter = text.starts_with(|c: char| c.is_ascii_uppercase());
        let rest_fits = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if starts_with_letter && rest_fits && (2..=10).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadProjectKey)
        }
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TaskKey {
    type Err = BadTaskRef;

    /// Reads a key in any case. Each task has one key: a number with leading zeros or a sign is refused.
    fn from_str(text: &str) -> Result<Self, BadTaskRef> {
        let (project, number) = text.split_once('-').ok_or(BadTaskRef)?;
        let project = project.to_ascii_uppercase().parse().map_err(|BadProjectKey| BadTaskRef)?;
        if !number.starts_with(|c: char| ('1'..='9').contains(&c)) {
            return Err(BadTaskRef);
        }
        let number = number.parse().map_err(|_| BadTaskRef)?;
        Ok(Self { project, number })
    }
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.project, self.number)
    }
}

impl FromStr for TaskRef {
    type Err = BadTaskRef;

    fn from_str(text: &str) -> Result<Self, BadTaskRef> {
        match parse_uuid(text) {
            Ok(uuid) => Ok(Self::Id(uuid.into())),
            Err(_) => text.parse().map(Self::Key),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn project_keys() {
        for good in ["WEB", "AB", "A1", "ABCDEFGHIJ", "X123456789"] {
            assert_eq!(good.parse::<ProjectKey>().unwrap().as_str(), good);
        }
        for bad in ["", "A", "1A", "web", "WEb", "ABCDEFGHIJK", "A-B", "ÄB", "A B", "WEB "] {
            assert_eq!(bad.parse::<ProjectKey>(), Err(BadProjectKey), "{bad:?}");
        }
    }

    #[test]
    fn a_task_is_named_by_id_or_by_key_in_any_case() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(id.to_uppercase().parse::<TaskRef>(), Ok(TaskRef::Id(id.parse().unwrap())));

        let key = TaskKey {
            project: "WEB".parse().unwrap(),
            number: 12,
        };
        for text in ["WEB-12", "web-12", "Web-12"] {
            assert_eq!(text.parse::<TaskRef>(), Ok(TaskRef::Key(key.clone())));
        }
    }

    #[test]
    fn what_names_no_task_is_refused() {
        for bad in [
            "",
            "WEB",
            "WEB-",
            "WEB-0",
            "WEB-012",
            "WEB-+1",
            "WEB--1",
            "WEB-1-2",
            "W-1",
            "-1",
            "WEB-2147483648",
            " WEB-1",
            "WEB-1 ",
            "WEB_1",
        ] {
            assert_eq!(bad.parse::<TaskRef>(), Err(BadTaskRef), "{bad:?}");
        }
        assert!("WEB-2147483647".parse::<TaskRef>().is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(project in "[A-Z][A-Z0-9]{1,9}", number in 1..=i32::MAX) {
            let key = TaskKey { project: project.parse().unwrap(), number };
            prop_assert_eq!(key.to_string().parse::<TaskKey>(), Ok(key.clone()));
            prop_assert_eq!(key.to_string().to_lowercase().parse::<TaskRef>(), Ok(TaskRef::Key(key)));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,50}") {
            let _ = text.parse::<TaskRef>();
        }
    }
}
