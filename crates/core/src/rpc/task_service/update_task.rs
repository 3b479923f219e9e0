//! Changes fields of a task. Edits of different fields merge; edits of the same field since the etag are a conflict with both values.
//! An update that changes nothing writes nothing.

use std::collections::BTreeSet;

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::{Call, Granted};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UpdateTaskRequest, UpdateTaskResponse};
use tasktracker_proto::events::v1::TaskUpdated;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::{convert, load};
use crate::app::App;
use crate::db::activity::{self, Counted, Entry};
use crate::db::entities::project::Column;
use crate::db::task_rows::TaskRow;
use crate::db::{reminders, tasks};
use crate::domain::change::Outcome;
use crate::domain::ids::{TaskId, UserId};
use crate::domain::mask::{self, EditableField};
use crate::domain::mention::mentioned_users;
use crate::domain::merge::ChangedSince;
use crate::domain::status::Step;
use crate::domain::task::Task;
use crate::domain::task_fields::{TaskField, TaskFields};
use crate::domain::task_key::TaskRef;
use crate::domain::version::Etag;
use crate::facts::{self, Cause, Told};
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.TaskService/UpdateTask";

pub async fn update_task(app: &App, call: &Call, request: UpdateTaskRequest) -> Result<UpdateTaskResponse, RpcError> {
    let sent = request.task.as_ref().ok_or_else(|| RpcError::invalid("task", "is required"))?;
    let task = load::id(app, "task.id", &sent.id).await?;
    let fields = mask::resolve(
        request.update_mask.as_ref().map(|mask| mask.paths.as_slice()),
        convert::set_fields(sent),
    )
    .map_err(|error| refuse::mask(&error))?;
    Ok(stale::retry(|| attempt(app, call, &request, task, &fields)).await?)
}

async fn attempt(
    app: &App,
    call: &Call,
    request: &UpdateTaskRequest,
    task: TaskId,
    mask: &BTreeSet<TaskField>,
) -> Result<UpdateTaskResponse, Failure> {
    let _turn = app.db.turn(task.uuid()).await;
    let (row, granted) = load::visible(app, call, &TaskRef::Id(task)).await?;
    let sent = request.task.clone().unwrap_or_default();

    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(UpdateTaskResponse {
            task: Some(convert::of_row(row, app.now(), true)?),
        });
    }

    require_for(&granted, mask)?;
    if row.project_archived {
        return Err(refuse::archived().into());
    }
    let since = changed_since(app, call, &sent.etag, &row).await?;
    let (key_of_project, zone) = (
        row.project_key.clone(),
        row.project_zone
            .parse()
            .map_err(|error| RpcError::internal(anyhow::anyhow!("{error}")))?,
    );
    let followed = row.followed;
    let mut current = row.clone().into_task()?;
    let wanted = wanted_fields(app, &sent, mask, &current).await?;

    let (before, now) = (current.clone(), app.now());
    let outcome = current
        .update(wanted, mask, &since, &zone, now)
        .map_err(|error| refuse::task(error, "task", &Etag::of(before.version).to_string()))?;
    if outcome == Outcome::Unchanged {
        return Ok(UpdateTaskResponse {
            task: Some(convert::of_row(row, now, true)?),
        });
    }
    let named = newly_named(app, &before, &current).await?;
    let new_followers = new_followers(&before, &current, &named);

    let actor = UserId::from(call.user_id()?);
    let project_id = current.project_id.uuid();
    let mut txn = app.db.begin();
    tasks::save(&mut txn, &current, before.version, None);
    if outcome.touches(TaskField::AssigneeIds.name()) {
        tasks::save_assignees(&mut txn, app.db.backend(), &current, false);
    }
    tasks::add_followers(&mut txn, app.db.backend(), current.id.uuid(), &new_followers);
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &current.id.to_string(), Time::from(now));
    }
    let entry = Entry {
        id: app.ids.next(),
        task_id: Some(current.id.uuid()),
        comment_id: None,
        actor: actor.to_string(),
        at: now,
        kind: ActivityKind::Updated,
        changes: outcome.changes(),
        version: current.version,
    };
    let counted = Counted {
        zone: Some(zone.name()),
        ..Counted::default()
    };
    let raised = activity::append(&mut txn, project_id, counted, &[entry]);
    reminders::replace(&mut txn, &before, &current, now);
    let told = Told {
        after: &current,
        before: Some(&before),
        zone: zone.name(),
        kind: Kind::Updated(TaskUpdated {
            changed: outcome.changes().iter().map(|change| change.field.to_owned()).collect(),
            mentioned_user_ids: named.iter().map(ToString::to_string).collect(),
        }),
    };
    facts::task(&mut txn, app, &Cause::call(call, now)?, told);
    let rows = txn.commit().await.map_err(replay::or_stale)?;

    app.told(project_id, rows.get(&raised, Column::ActivitySeq)?);
    call.answer("x-consistency-token", &convert::consistency_token(&current));
    let followed = followed || new_followers.contains(&actor.uuid());
    Ok(UpdateTaskResponse {
        task: Some(convert::of_task(current, &key_of_project, Some(followed), now)),
    })
}

/// The permission that each named field needs.
fn require_for(granted: &Granted, mask: &BTreeSet<TaskField>) -> Result<(), RpcError> {
    let needed = |field: &TaskField| match field {
        TaskField::StatusId => Permission::TaskTransition,
        TaskField::AssigneeIds => Permission::TaskAssign,
        _ => Permission::TaskUpdate,
    };
    if mask.is_empty() {
        granted.require(Permission::TaskUpdate, "task")?;
    }
    mask.iter().try_for_each(|field| granted.require(needed(field), "task"))
}

/// What others changed since the version that the client has read. `if-match` is strict: any change at all is refused.
async fn changed_since(app: &App, call: &Call, etag: &str, row: &TaskRow) -> Result<ChangedSince, Failure> {
    load::check_etag(call, "", row.version)?;
    if etag.is_empty() {
        return Ok(ChangedSince::nothing());
    }
    let base: Etag = etag.parse().map_err(|error| RpcError::invalid("task.etag", format!("{error}")))?;
    if base.version() == row.version {
        return Ok(ChangedSince::nothing());
    }
    if base.version() > row.version {
        return Err(RpcError::etag_mismatch(&Etag::of(row.version).to_string()).into());
    }
    let history = activity::list_since(app.db.reader(), row.id, base.version()).await?;
    Ok(ChangedSince::from_history(
        history
            .iter()
            .flat_map(activity::changes_of)
            .map(|(field, before, _)| (field, before)),
    ))
}

/// The wanted values, with what they name looked up: the status, the parent, the people.
async fn wanted_fields(
    app: &App,
    sent: &tasktracker_proto::core::v1::Task,
    mask: &BTreeSet<TaskField>,
    current: &Task,
) -> Result<TaskFields, Failure> {
    let project_id: Uuid = current.project_id.uuid();
    let step: Step = match (mask.contains(&TaskField::StatusId), sent.status_id.as_str()) {
        (false, _) => current.fields.step,
        (true, "") => return Err(RpcError::invalid("task.status_id", "must not be empty").into()),
        (true, wanted) => load::status(app, project_id, wanted, "task.status_id").await?.step(),
    };
    let wanted = convert::to_fields(sent, step)?;
    if mask.contains(&TaskField::ParentId)
        && let Some(parent) = wanted.parent_id.filter(|parent| current.fields.parent_id != Some(*parent))
    {
        load::check_parent(app, project_id, Some(current.id), parent).await?;
    }
    if mask.contains(&TaskField::AssigneeIds) {
        let new: Vec<UserId> = wanted.assignee_ids.difference(&current.fields.assignee_ids).copied().collect();
        load::check_assignees(app, project_id, &new).await?;
    }
    Ok(wanted)
}

/// People newly named in the description who can see the task.
async fn newly_named(app: &App, before: &Task, after: &Task) -> Result<Vec<Uuid>, RpcError> {
    let known = mentioned_users(&before.fields.description);
    let named: Vec<Uuid> = mentioned_users(&after.fields.description)
        .into_iter()
        .filter(|id| !known.contains(id))
        .map(|id| id.uuid())
        .collect();
    let can_see = app
        .access
        .others_with(after.project_id.uuid(), &named, Permission::TaskView)
        .await?;
    Ok(named.into_iter().zip(can_see).filter(|(_, can)| *can).map(|(id, _)| id).collect())
}

/// Those who become followers by this change: new assignees, and people newly named.
fn new_followers(before: &Task, after: &Task, named: &[Uuid]) -> Vec<Uuid> {
    let assigned = after.fields.assignee_ids.difference(&before.fields.assignee_ids);
    let mut followers: Vec<Uuid> = assigned.map(|id| id.uuid()).collect();
    followers.extend(named.iter().filter(|id| !followers.contains(id)).copied().collect::<Vec<_>>());
    followers
}
