//! Ends the caller's following of a task. Doing it twice changes nothing.

use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{UnfollowTaskRequest, UnfollowTaskResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::db::tasks;

pub async fn unfollow_task(app: &App, call: &Call, request: UnfollowTaskRequest) -> Result<UnfollowTaskResponse, RpcError> {
    let task = convert::task_ref("task_id", &request.task_id)?;
    let (row, _) = load::visible(app, call, &task).await?;
    let mut txn = app.db.begin();
    tasks::remove_follower(&mut txn, row.id, call.user_id()?);
    txn.commit().await.map_err(Failure::from)?;
    Ok(UnfollowTaskResponse {})
}
