//! Restores a task and what was deleted together with it, each to the place where it was.

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UndeleteTaskRequest, UndeleteTaskResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::db::tasks;
use crate::domain::ids::TaskId;
use crate::domain::task_key::TaskRef;
use crate::rpc::{refuse, replay};

const RPC: &str = "tasktracker.core.v1.TaskService/UndeleteTask";

pub async fn undelete_task(app: &App, call: &Call, request: UndeleteTaskRequest) -> Result<UndeleteTaskResponse, RpcError> {
    let task = load::id(app, "task_id", &request.task_id).await?;
    Ok(stale::retry(|| attempt(app, call, &request, task)).await?)
}

async fn attempt(app: &App, call: &Call, request: &UndeleteTaskRequest, task: TaskId) -> Result<UndeleteTaskResponse, Failure> {
    let _turn = app.db.turn(task.uuid()).await;
    let (row, _) = load::writable(app, call, &TaskRef::Id(task), Permission::TaskDelete).await?;
    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(UndeleteTaskResponse {
            task: Some(convert::of_row(row, app.now(), true)?),
        });
    }
    load::check_etag(call, &request.etag, row.version)?;

    let now = app.now();
    let mut together: Vec<load::Changed> = Vec::new();
    let mut rows = tasks::list_deleted_with(app.db.reader(), row.id).await?;
    if !rows.iter().any(|member| member.id == row.id) {
        // Deleted along with its parent, restored alone.
        rows.push(row.clone());
    }
    for member in rows {
        let before = member.into_task()?;
        let mut after = before.clone();
        after.undelete(now).map_err(|error| refuse::task(error, "task", ""))?;
        together.push((before, after));
    }

    let mut txn = app.db.begin();
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &row.id.to_string(), Time::from(now));
    }
    let restored = load::save_family(app, call, txn, together, &row.project_zone, ActivityKind::Undeleted, now).await?;
    let restored = restored
        .into_iter()
        .find(|member| member.id == task)
        .ok_or_else(|| RpcError::not_found("task"))?;
    call.answer("x-consistency-token", &convert::consistency_token(&restored));
    Ok(UndeleteTaskResponse {
        task: Some(convert::of_task(restored, &row.project_key, Some(row.followed), now)),
    })
}
