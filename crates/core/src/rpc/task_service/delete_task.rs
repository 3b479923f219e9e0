//! Moves a task and its sub-tasks to the trash, together, so that they are restored together.

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, DeleteTaskRequest, DeleteTaskResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::db::tasks;
use crate::domain::ids::TaskId;
use crate::domain::task_key::TaskRef;
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.TaskService/DeleteTask";

pub async fn delete_task(app: &App, call: &Call, request: DeleteTaskRequest) -> Result<DeleteTaskResponse, RpcError> {
    let task = load::id(app, "task_id", &request.task_id).await?;
    Ok(stale::retry(|| attempt(app, call, &request, task)).await?)
}

async fn attempt(app: &App, call: &Call, request: &DeleteTaskRequest, task: TaskId) -> Result<DeleteTaskResponse, Failure> {
    let _turn = app.db.turn(task.uuid()).await;
    let (row, _) = load::writable(app, call, &TaskRef::Id(task), Permission::TaskDelete).await?;
    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(DeleteTaskResponse {
            task: Some(convert::of_row(row, app.now(), true)?),
        });
    }
    if row.delete_time.is_some() {
        return Err(RpcError::not_found("task").into());
    }
    load::check_etag(call, &request.etag, row.version)?;

    let now = app.now();
    let mut family: Vec<load::Changed> = Vec::new();
    for member in tasks::list_family(app.db.reader(), row.id).await? {
        let before = member.into_task()?;
        let mut after = before.clone();
        after.delete(task, now).map_err(|error| refuse::task(error, "task", ""))?;
        family.push((before, after));
    }

    let mut txn = app.db.begin();
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &row.id.to_string(), Time::from(now));
    }
    let deleted = load::save_family(app, call, txn, family, &row.project_zone, ActivityKind::Deleted, now).await?;
    let deleted = deleted
        .into_iter()
        .find(|member| member.id == task)
        .ok_or_else(|| RpcError::not_found("task"))?;
    call.answer("x-consistency-token", &convert::consistency_token(&deleted));
    Ok(DeleteTaskResponse {
        task: Some(convert::of_task(deleted, &row.project_key, Some(row.followed), now)),
    })
}
