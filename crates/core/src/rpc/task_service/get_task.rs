//! Answers one task, found by id or key. A deleted one is there only for those who may restore it.

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{GetTaskRequest, GetTaskResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;

pub async fn get_task(app: &App, call: &Call, request: GetTaskRequest) -> Result<GetTaskResponse, RpcError> {
    let task = convert::task_ref("task_id", &request.task_id)?;
    let (row, _) = load::visible(app, call, &task).await?;
    Ok(GetTaskResponse {
        task: Some(convert::of_row(row, app.now(), true)?),
    })
}
