//! Ids of documents. Everything that a rebuild makes anew begins with its generation, such as `g1|`.

use uuid::Uuid;

use crate::domain::page::{Address, Month, Page};

/// The documents of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(pub i64);

impl Generation {
    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        format!("g{}", self.0)
    }

    /// What all its ids begin with.
    #[must_use]
    pub fn prefix(self) -> String {
        format!("g{}|", self.0)
    }

    /// A task as it is after its events.
    #[must_use]
    pub fn task(self, task_id: Uuid) -> String {
        format!("g{}|task|{task_id}", self.0)
    }

    /// What is known of a project.
    #[must_use]
    pub fn project(self, project_id: Uuid) -> String {
        format!("g{}|project|{project_id}|about", self.0)
    }

    /// What is known of a person.
    #[must_use]
    pub fn account(self, user_id: Uuid) -> String {
        format!("g{}|account|{user_id}", self.0)
    }

    /// What is known of a comment.
    #[must_use]
    pub fn comment(self, comment_id: Uuid) -> String {
        format!("g{}|comment|{comment_id}", self.0)
    }

    /// A page of numbers. Those of a person are ordered by page first, so that one range holds all projects.
    #[must_use]
    pub fn page(self, address: &Address) -> String {
        match address.user_id {
            None => format!("g{}|project|{}|{}", self.0, address.project_id, address.page),
            Some(user_id) => format!("g{}|user|{user_id}|{}|{}", self.0, address.page, address.project_id),
        }
    }

    /// The range of a person's pages of this kind, in all projects.
    #[must_use]
    pub fn pages_of_user(self, user_id: Uuid, page: Page) -> (String, String) {
        let from = format!("g{}|user|{user_id}|{page}|", self.0);
        let to = crate::store::end_of(&from);
        (from, to)
    }

    /// The range of a person's pages of days in these months, in all projects.
    #[must_use]
    pub fn days_of_user(self, user_id: Uuid, first: Month, last: Month) -> (String, String) {
        let (from, _) = self.pages_of_user(user_id, Page::Days(first));
        let (_, to) = self.pages_of_user(user_id, Page::Days(last));
        (from, to)
    }
}

/// How far a part of a topic was counted.
#[must_use]
pub fn source(topic: &str, partition: i32) -> String {
    match partition {
        // As it was before topics had parts.
        0 => format!("source|{topic}"),
        _ => format!("source|{topic}|{partition}"),
    }
}

/// The project at the end of the id of a person's page.
#[must_use]
pub fn project_of_page(id: &str) -> Option<Uuid> {
    Uuid::try_parse(id.rsplit('|').next()?).ok()
}
