//! What one person is told of one happening.

use jiff::Timestamp;

use super::reason::Reason;
use crate::domain::ids::{CommentId, ProjectId, StatusId, TaskId, UserId};

/// What one person is told of one happening, before it has its place in their inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Who is told.
    pub recipient: UserId,
    /// What it follows from: one notice per recipient and cause, however often the cause is delivered.
    pub cause: String,
    /// Why.
    pub reason: Reason,
    /// Where it happened.
    pub project_id: ProjectId,
    /// The task it is about.
    pub task_id: Option<TaskId>,
    /// The comment it is about.
    pub comment_id: Option<CommentId>,
    /// Who did it; none for what time did.
    pub actor_id: Option<UserId>,
    /// The status that was entered.
    pub status_id: Option<StatusId>,
    /// The deadline it is about.
    pub due_time: Option<Timestamp>,
    /// When it happened.
    pub at: Timestamp,
}

impl Notice {
    /// Whether it tells of a comment, which takes the permission to read comments.
    #[must_use]
    pub fn tells_of_comment(&self) -> bool {
        self.comment_id.is_some()
    }
}
