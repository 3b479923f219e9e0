//! What the RPCs of a single comment begin with: the comment, its task, and what the caller may do there. A comment that the caller may
//! not view is not found, exactly as one that does not exist.

use tasktracker_database::{Failure, Transaction};
use tasktracker_identity::{Call, Granted};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::ActivityKind;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

use crate::app::App;
use crate::db::activity::Entry;
use crate::db::comments;
use crate::db::task_rows::TaskRow;
use crate::domain::change::FieldChange;
use crate::domain::comment::Comment;
use crate::domain::ids::{UserId, parse_uuid};
use crate::domain::task::TaskError;
use crate::domain::task_key::TaskRef;
use crate::facts::{self, Cause, Told};
use crate::rpc::{refuse, task_service};

/// The id of a comment in a request.
///
/// # Errors
/// INVALID_ARGUMENT.
pub fn id(field: &'static str, text: &str) -> Result<Uuid, RpcError> {
    parse_uuid(text).map_err(|error| RpcError::invalid(field, format!("{error}")))
}

/// A comment that is there and that the caller may view, with its task.
///
/// # Errors
/// NOT_FOUND.
pub async fn visible(app: &App, call: &Call, comment_id: Uuid) -> Result<(Comment, TaskRow, Granted), Failure> {
    let missing = || RpcError::not_found("comment");
    let comment = comments::find(app.db.reader(), comment_id)
        .await?
        .filter(|comment| comment.delete_time.is_none())
        .ok_or_else(missing)?;
    let task = task_service::load::visible(app, call, &TaskRef::Id(comment.task_id)).await;
    let (task, granted) = task.map_err(|failure| match failure {
        // Nothing about the task may show either.
        Failure::Answer(error) if matches!(error.code(), Code::NotFound | Code::PermissionDenied) => missing().into(),
        failure => failure,
    })?;
    if !granted.has(Permission::CommentView) {
        return Err(missing().into());
    }
    Ok((comment, task, granted))
}

/// Refuses to write under a task that can only be read.
///
/// # Errors
/// FAILED_PRECONDITION.
pub fn check_writable(task: &TaskRow) -> Result<(), RpcError> {
    if task.project_archived {
        return Err(refuse::archived());
    }
    if task.delete_time.is_some() {
        return Err(refuse::task(TaskError::Deleted, "task", ""));
    }
    Ok(())
}

/// What the project's log says of a comment as it has just become.
pub fn entry<'a>(app: &App, comment: &Comment, actor: UserId, kind: ActivityKind, changes: &'a [FieldChange]) -> Entry<'a> {
    Entry {
        id: app.ids.next(),
        task_id: Some(comment.task_id.uuid()),
        comment_id: Some(comment.id.uuid()),
        actor: actor.to_string(),
        at: comment.update_time,
        kind,
        changes,
        version: comment.version,
    }
}

/// Tells the other services what happened to a comment. The task is told as it was read: comments do not change it.
///
/// # Errors
/// The task's row breaks a rule: a defect.
pub fn tell(txn: &mut Transaction, app: &App, call: &Call, (comment, task): (&Comment, &TaskRow), kind: Kind) -> Result<(), Failure> {
    let cause = Cause::call(call, comment.update_time)?;
    let told = Told {
        after: &task.clone().into_task()?,
        before: None,
        zone: &task.project_zone,
        kind,
    };
    facts::task(txn, app, &cause, told);
    Ok(())
}
