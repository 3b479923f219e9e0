//! Lists the comments of a task, the oldest first, in pages that stay right while comments are written and deleted.

use serde_json::json;
use tasktracker_database::{Failure, Time};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ListCommentsRequest, ListCommentsResponse};
use tasktracker_server::RpcError;

use super::convert;
use crate::app::App;
use crate::db::comments;
use crate::rpc::paging;
use crate::rpc::task_service;

const RPC: &str = "tasktracker.core.v1.CommentService/ListComments";

pub async fn list_comments(app: &App, call: &Call, request: ListCommentsRequest) -> Result<ListCommentsResponse, RpcError> {
    let task = task_service::convert::task_ref("task_id", &request.task_id)?;
    let (task, granted) = task_service::load::visible(app, call, &task).await?;
    granted.require(Permission::CommentView, "task")?;

    // Bound to the task's id, so that the first page may be asked for by key and the next one by id.
    let parts = [("parent", task.id.to_string())];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;
    let after = paging.after(&comments::order())?;
    let mut found = comments::list(app.db.reader(), task.id, after, paging.limit())
        .await
        .map_err(Failure::from)?;
    let next_page_token = paging.finish(
        &mut found,
        |comment| comment.body.len(),
        |last| vec![json!(Time::from(last.create_time)), json!(last.id.to_string())],
    );
    Ok(ListCommentsResponse {
        comments: found.iter().map(convert::of_comment).collect(),
        next_page_token,
    })
}
