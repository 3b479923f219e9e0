//! Lists the files of a task, the oldest first, in pages that stay right while files come and go. Of a task that Files never heard of, Core
//! knows whether the caller may view it.

use serde_json::json;
use tasktracker_database::cursor::Context;
use tasktracker_database::page::Paging;
use tasktracker_database::{Failure, Time};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::files::v1::{ListTaskFilesRequest, ListTaskFilesResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::convert;
use crate::app::App;
use crate::db::files;
use crate::db::places::{self, PlaceState};
use crate::domain::file::File;
use crate::rpc::upload_service::id;
use crate::standing;

const RPC: &str = "tasktracker.files.v1.FileService/ListTaskFiles";

pub async fn list_task_files(app: &App, call: &Call, request: ListTaskFilesRequest) -> Result<ListTaskFilesResponse, RpcError> {
    let task_id = id("task_id", &request.task_id)?;
    let project_id = project_of(app, call, task_id).await?;
    let granted = app.access.in_project(call, project_id).await?;
    granted.require_visible("task")?;
    if !granted.has(Permission::TaskView) {
        return Err(RpcError::not_found("task"));
    }
    granted.require(Permission::FileRead, "task")?;

    let context = Context::new(RPC, &call.caller().to_string()).with("parent", &task_id.to_string());
    let paging = Paging::open(&app.sealer, context, request.page_size, &request.page_token)?;
    let mut found = files::list(app.db.reader(), task_id, paging.after(&files::order())?, paging.limit())
        .await
        .map_err(Failure::from)?;
    let keys = |file: &File| vec![json!(Time::from(file.create_time)), json!(file.id.to_string())];
    let next_page_token = paging.finish(&mut found, |_| 0, keys);
    Ok(ListTaskFilesResponse {
        files: found.iter().map(convert::of_file).collect(),
        next_page_token,
    })
}

/// The project of a task that is there.
async fn project_of(app: &App, call: &Call, task_id: Uuid) -> Result<Uuid, Failure> {
    if let Some(task) = places::find_task(app.db.reader(), task_id).await?
        && PlaceState::of(task.state) == PlaceState::Live
    {
        let project = places::find_project(app.db.reader(), task.project_id.0).await?;
        if project.is_some_and(|project| PlaceState::of(project.state) == PlaceState::Live) {
            return Ok(task.project_id.0);
        }
    }
    // Not heard of, or heard of its deletion: it may have come back without our knowing yet.
    let task = standing::of_task(app, call, task_id).await?;
    if task.deleted {
        return Err(RpcError::not_found("task").into());
    }
    Ok(task.project_id)
}
