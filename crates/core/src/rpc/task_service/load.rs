//! What the RPCs of a single task begin with: the task, and what the caller may do in its project. A task that the caller may not view
//! is not found, exactly as one that does not exist.

use jiff::Timestamp;
use tasktracker_database::{Failure, Transaction};
use tasktracker_identity::{Call, Granted};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::ActivityKind;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{TaskDeleted, TaskRestored};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::convert;
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::task_rows::TaskRow;
use crate::db::{reminders, statuses, tasks};
use crate::domain::hierarchy;
use crate::domain::ids::{StatusId, TaskId, UserId};
use crate::domain::status::Status;
use crate::domain::task::Task;
use crate::domain::task_key::TaskRef;
use crate::domain::version::Etag;
use crate::facts::{self, Cause, Told};
use crate::rpc::{refuse, replay};

/// The id of a task that a request names by id or by key. Says nothing about whether the caller may see it.
///
/// # Errors
/// INVALID_ARGUMENT, NOT_FOUND for a key that no task has.
pub async fn id(app: &App, field: &'static str, text: &str) -> Result<TaskId, RpcError> {
    match convert::task_ref(field, text)? {
        TaskRef::Id(id) => Ok(id),
        by_key => {
            let row = tasks::find(app.db.reader(), &by_key, None).await.map_err(Failure::from)?;
            row.map(|row| row.id.into()).ok_or_else(|| RpcError::not_found("task"))
        }
    }
}

/// A task that the caller may view, deleted or not.
///
/// # Errors
/// NOT_FOUND.
pub async fn visible(app: &App, call: &Call, task: &TaskRef) -> Result<(TaskRow, Granted), Failure> {
    let missing = || RpcError::not_found("task");
    let row = tasks::find(app.db.reader(), task, Some(call.user_id()?))
        .await?
        .ok_or_else(missing)?;
    let granted = app.access.in_project(call, row.project_id).await?;
    granted.require_visible("task")?;
    granted.require(Permission::TaskView, "task")?;
    if row.delete_time.is_some() && !granted.has(Permission::TaskDelete) {
        return Err(missing().into());
    }
    Ok((row, granted))
}

/// A task that the caller may change in this way.
///
/// # Errors
/// NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION in an archived project.
pub async fn writable(app: &App, call: &Call, task: &TaskRef, permission: Permission) -> Result<(TaskRow, Granted), Failure> {
    let (row, granted) = visible(app, call, task).await?;
    granted.require(permission, "task")?;
    if row.project_archived {
        return Err(refuse::archived().into());
    }
    Ok((row, granted))
}

/// Refuses a write whose `if-match` or etag names another version.
///
/// # Errors
/// ABORTED with the present etag.
pub fn check_etag(call: &Call, etag: &str, version: i64) -> Result<(), RpcError> {
    let current = Etag::of(version);
    let sent = call.if_match().or(Some(etag).filter(|etag| !etag.is_empty()));
    match sent {
        Some(sent) if !current.satisfies(sent) => Err(RpcError::etag_mismatch(&current.to_string())),
        _ => Ok(()),
    }
}

/// The workflow's status with this id.
///
/// # Errors
/// INVALID_ARGUMENT for a status of another project.
pub async fn status(app: &App, project_id: Uuid, status_id: &str, field: &'static str) -> Result<Status, Failure> {
    let wanted: StatusId = status_id.parse().map_err(|error| RpcError::invalid(field, format!("{error}")))?;
    let workflow = statuses::list(app.db.reader(), project_id).await?;
    let found = workflow.into_iter().find(|status| status.id == wanted);
    found.ok_or_else(|| RpcError::invalid(field, "must be a status of the same project").into())
}

/// Refuses assignees who cannot see tasks of the project. Nobody learns more about strangers than that.
///
/// # Errors
/// INVALID_ARGUMENT.
pub async fn check_assignees(app: &App, project_id: Uuid, assignees: &[UserId]) -> Result<(), RpcError> {
    let ids: Vec<Uuid> = assignees.iter().map(|id| id.uuid()).collect();
    let can_see = app.access.others_with(project_id, &ids, Permission::TaskView).await?;
    if can_see.iter().all(|can| *can) {
        Ok(())
    } else {
        Err(RpcError::invalid("task.assignee_ids", "must be people who can see the task"))
    }
}

/// Refuses a parent of another project, a deleted one, a circle, and too many levels. `task` is none for a new one.
///
/// # Errors
/// INVALID_ARGUMENT.
pub async fn check_parent(app: &App, project_id: Uuid, task: Option<TaskId>, parent: TaskId) -> Result<(), Failure> {
    let refusal = |problem: String| RpcError::invalid("task.parent_id", problem);
    let above = tasks::ancestors(app.db.reader(), parent.uuid()).await?;
    if above
        .first()
        .is_none_or(|nearest| nearest.project_id != project_id || nearest.deleted)
    {
        return Err(refusal("must be a task of the same project".to_owned()).into());
    }
    let levels = match task {
        Some(task) => tasks::levels(app.db.reader(), task.uuid()).await?,
        None => 1,
    };
    let path: Vec<TaskId> = above.iter().map(|ancestor| ancestor.id.into()).collect();
    let task = task.unwrap_or_else(|| Uuid::nil().into());
    hierarchy::check_parent(task, &path, levels).map_err(|error| refusal(error.to_string()).into())
}

/// A task before and after a change.
pub type Changed = (Task, Task);

/// Saves tasks of one project that went to the trash together, or came back: each with an entry in the log, its reminders and its event. Their
/// versions must have been raised by one.
///
/// # Errors
/// Stale, where one of them was changed meanwhile.
pub async fn save_family(
    app: &App,
    call: &Call,
    mut txn: Transaction,
    mut family: Vec<Changed>,
    zone: &str,
    kind: ActivityKind,
    now: Timestamp,
) -> Result<Vec<Task>, Failure> {
    let Some(project_id) = family.first().map(|(_, task)| task.project_id.uuid()) else {
        return Ok(Vec::new());
    };
    let cause = Cause::call(call, now)?;
    let actor = cause.actor_text();
    // Locks are taken in the order of ids, the project's last.
    family.sort_by_key(|(_, task)| task.id);
    for (before, task) in &family {
        tasks::save(&mut txn, task, before.version, None);
    }
    let entry = |(_, task): &Changed| Entry {
        id: app.ids.next(),
        task_id: Some(task.id.uuid()),
        comment_id: None,
        actor: actor.clone(),
        at: now,
        kind,
        changes: &[],
        version: task.version,
    };
    let entries: Vec<Entry<'_>> = family.iter().map(entry).collect();
    let counted = Counted {
        zone: Some(zone),
        ..Counted::default()
    };
    let raised = activity::append(&mut txn, project_id, counted, &entries);
    for (before, after) in &family {
        reminders::replace(&mut txn, before, after, now);
        let kind = match kind {
            ActivityKind::Deleted => Kind::Deleted(TaskDeleted {}),
            _ => Kind::Restored(TaskRestored {}),
        };
        let before = Some(before);
        facts::task(&mut txn, app, &cause, Told { after, before, zone, kind });
    }
    let rows = txn.commit().await.map_err(replay::or_stale)?;
    app.told(project_id, rows.get(&raised, Column::ActivitySeq)?);
    Ok(family.into_iter().map(|(_, after)| after).collect())
}
