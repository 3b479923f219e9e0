//! A comment under a task. Its author may edit it, and its author or a moderator may delete it, for good.

use jiff::Timestamp;
use serde_json::json;

use super::change::{FieldChange, Outcome};
use super::ids::{CommentId, ProjectId, TaskId, UserId};
use super::invalid::Invalid;
use super::mask::EditableField;
use super::mention::mentioned_users;
use super::merge::{ChangedSince, Conflict, Edit, merge};
use super::text;

/// Longest comment, in bytes.
pub const BODY_MAX_BYTES: usize = 32 * 1024;

/// What somebody wrote under a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// Id.
    pub id: CommentId,
    /// Task it belongs to.
    pub task_id: TaskId,
    /// Project of the task.
    pub project_id: ProjectId,
    /// Who wrote it.
    pub author_id: UserId,
    /// Markdown.
    pub body: String,
    /// People named in `body` who can see the task. A verb that changes the body sets all who are named; whoever knows who can see the task
    /// then takes the others out.
    pub mentioned_user_ids: Vec<UserId>,
    /// When it was written.
    pub create_time: Timestamp,
    /// When `body` was last edited.
    pub edit_time: Option<Timestamp>,
    /// When anything of it was last changed.
    pub update_time: Timestamp,
    /// When it was deleted.
    pub delete_time: Option<Timestamp>,
    /// Counted from 1 with every change.
    pub version: i64,
}

/// The one field of a comment that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommentField {
    /// `body`.
    Body,
}

/// What a verb of a comment may refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommentError {
    /// The body breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody else changed it.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Only the author may.
    #[error("the comment is somebody else's")]
    NotTheAuthor,
    /// It is deleted.
    #[error("the comment is deleted")]
    Deleted,
}

/// Who wants to delete a comment, and what their roles allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleter {
    /// Who it is.
    pub user_id: UserId,
    /// Whether they may delete what they wrote (`comment.delete_own`).
    pub own: bool,
    /// Whether they may delete what anybody wrote (`comment.delete_any`).
    pub any: bool,
}

impl EditableField for CommentField {
    const ALL: &'static [Self] = &[Self::Body];
    const SENT_BACK: &'static [&'static str] = &["etag"];

    fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
        }
    }
}

impl Comment {
    /// Writes a comment under a task.
    pub fn create(id: CommentId, task: (TaskId, ProjectId), author_id: UserId, body: String, now: Timestamp) -> Result<Self, CommentError> {
        check_body(&body)?;
        Ok(Self {
            id,
            task_id: task.0,
            project_id: task.1,
            author_id,
            mentioned_user_ids: mentioned_users(&body),
            body,
            create_time: now,
            edit_time: None,
            update_time: now,
            delete_time: None,
            version: 1,
        })
    }

    /// Replaces the body, unless it was changed since the version that the editor had read.
    pub fn edit(&mut self, editor: UserId, body: String, since: &ChangedSince, now: Timestamp) -> Result<Outcome, CommentError> {
        self.must_live()?;
        if editor != self.author_id {
            return Err(CommentError::NotTheAuthor);
        }
        check_body(&body)?;

        let change = FieldChange {
            field: CommentField::Body.name(),
            before: json!(self.body),
            after: json!(body),
        };
        let edit = Edit {
            field: CommentField::Body,
            name: change.field,
            current: change.before.clone(),
            wanted: change.after.clone(),
        };
        if merge([edit], since)?.is_empty() {
            return Ok(Outcome::Unchanged);
        }

        self.mentioned_user_ids = mentioned_users(&body);
        self.body = body;
        self.edit_time = Some(now);
        self.next_version(now);
        Ok(Outcome::Changed(vec![change]))
    }

    /// Deletes the comment.
    pub fn delete(&mut self, by: Deleter, now: Timestamp) -> Result<(), CommentError> {
        self.must_live()?;
        let is_own = by.user_id == self.author_id;
        if !(by.any || by.own && is_own) {
            return Err(CommentError::NotTheAuthor);
        }
        self.delete_time = Some(now);
        self.next_version(now);
        Ok(())
    }

    fn must_live(&self) -> Result<(), CommentError> {
        if self.delete_time.is_some() {
            Err(CommentError::Deleted)
        } else {
            Ok(())
        }
    }

    fn next_version(&mut self, now: Timestamp) {
        self.version += 1;
        self.update_time = now;
    }
}

fn check_body(body: &str) -> Result<(), Invalid> {
    if body.trim().is_empty() {
        return Err(Invalid::new(CommentField::Body.name(), "must not be blank"));
    }
    text::markdown(CommentField::Body.name(), body, BODY_MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        Uuid::from_u128(number).into()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn create(body: &str) -> Result<Comment, CommentError> {
        let task = (Uuid::from_u128(2).into(), Uuid::from_u128(3).into());
        Comment::create(Uuid::from_u128(1).into(), task, user(1), body.to_owned(), at(0))
    }

    #[test]
    fn a_comment_says_something() {
        let comment = create(&format!("ask @(user:{})", user(7))).unwrap();
        assert_eq!(
            (comment.mentioned_user_ids, comment.edit_time, comment.version),
            (vec![user(7)], None, 1)
        );
        assert!(create(&"x".repeat(32 * 1024)).is_ok());
        for body in ["", " \n\t", "a\0b", &"x".repeat(32 * 1024 + 1)] {
            assert!(matches!(create(body), Err(CommentError::Invalid(_))));
        }
    }

    #[test]
    fn only_the_author_edits() {
        let mut comment = create("first").unwrap();
        assert_eq!(
            comment.edit(user(2), "other".to_owned(), &ChangedSince::nothing(), at(1)),
            Err(CommentError::NotTheAuthor)
        );

        let outcome = comment
            .edit(user(1), format!("now @(user:{})", user(8)), &ChangedSince::nothing(), at(2))
            .unwrap();
        assert!(outcome.touches("body"));
        assert_eq!((comment.edit_time, comment.update_time, comment.version), (Some(at(2)), at(2), 2));
        assert_eq!(comment.mentioned_user_ids, [user(8)]);
    }

    #[test]
    fn the_same_body_is_no_edit() {
        let mut comment = create("first").unwrap();
        assert_eq!(
            comment.edit(user(1), "first".to_owned(), &ChangedSince::nothing(), at(1)),
            Ok(Outcome::Unchanged)
        );
        assert_eq!((comment.edit_time, comment.version), (None, 1));
    }

    #[test]
    fn an_edit_of_an_edited_comment_conflicts() {
        let mut comment = create("second").unwrap();
        let since = ChangedSince::from_history([("body".to_owned(), json!("first"))]);
        let stale = comment.edit(user(1), "third".to_owned(), &since, at(1));
        assert!(matches!(stale, Err(CommentError::Conflict(_))), "{stale:?}");
    }

    #[test]
    fn authors_and_moderators_delete() {
        let delete = |number, own, any| {
            create("x").unwrap().delete(
                Deleter {
                    user_id: user(number),
                    own,
                    any,
                },
                at(1),
            )
        };
        assert_eq!(delete(1, true, false), Ok(()));
        assert_eq!(delete(2, false, true), Ok(()));
        assert_eq!(delete(2, true, false), Err(CommentError::NotTheAuthor));
        assert_eq!(delete(1, false, false), Err(CommentError::NotTheAuthor));
    }

    #[test]
    fn what_is_deleted_is_gone() {
        let mut comment = create("x").unwrap();
        let author = Deleter {
            user_id: user(1),
            own: true,
            any: false,
        };
        assert_eq!(comment.delete(author, at(1)), Ok(()));
        assert_eq!(comment.delete(author, at(2)), Err(CommentError::Deleted));
        assert_eq!(
            comment.edit(user(1), "y".to_owned(), &ChangedSince::nothing(), at(2)),
            Err(CommentError::Deleted)
        );
        assert_eq!((comment.delete_time, comment.version), (Some(at(1)), 2));
    }
}
