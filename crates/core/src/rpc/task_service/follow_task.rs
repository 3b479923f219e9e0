//! Makes the caller a follower of a task, and brings mails about it back to who had ended them. Doing it twice changes nothing.

use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{FollowTaskRequest, FollowTaskResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::db::{notification_mails, tasks};

pub async fn follow_task(app: &App, call: &Call, request: FollowTaskRequest) -> Result<FollowTaskResponse, RpcError> {
    let task = convert::task_ref("task_id", &request.task_id)?;
    let (row, _) = load::visible(app, call, &task).await?;
    let mut txn = app.db.begin();
    tasks::add_followers(&mut txn, app.db.backend(), row.id, &[call.user_id()?]);
    notification_mails::opt_in(&mut txn, call.user_id()?, row.id);
    txn.commit().await.map_err(Failure::from)?;
    Ok(FollowTaskResponse {})
}
