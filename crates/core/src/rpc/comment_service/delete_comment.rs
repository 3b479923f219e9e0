//! Deletes a comment: one's own, or anybody's with the permission for it. It cannot be restored, and a second deletion finds nothing.

use tasktracker_database::{Failure, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, DeleteCommentRequest, DeleteCommentResponse};
use tasktracker_proto::events::v1::CommentDeleted;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::load;
use crate::app::App;
use crate::db::activity::{self, Counted};
use crate::db::comments;
use crate::db::entities::project::Column;
use crate::domain::comment::Deleter;
use crate::domain::ids::UserId;
use crate::rpc::refuse;
use crate::rpc::task_service::load::check_etag;

pub async fn delete_comment(app: &App, call: &Call, request: DeleteCommentRequest) -> Result<DeleteCommentResponse, RpcError> {
    let comment_id = load::id("comment_id", &request.comment_id)?;
    stale::retry(|| attempt(app, call, &request, comment_id)).await?;
    Ok(DeleteCommentResponse {})
}

async fn attempt(app: &App, call: &Call, request: &DeleteCommentRequest, comment_id: Uuid) -> Result<(), Failure> {
    let _turn = app.db.turn(comment_id).await;
    let (mut comment, task, granted) = load::visible(app, call, comment_id).await?;
    let user_id = UserId::from(call.user_id()?);
    let (own, any) = (granted.has(Permission::CommentDeleteOwn), granted.has(Permission::CommentDeleteAny));
    if !any && user_id == comment.author_id {
        granted.require(Permission::CommentDeleteOwn, "comment")?;
    }
    let loaded_version = comment.version;
    comment
        .delete(Deleter { user_id, own, any }, app.now())
        .map_err(|error| refuse::comment(error, "comment", ""))?;
    load::check_writable(&task)?;
    check_etag(call, &request.etag, loaded_version)?;

    let mut txn = app.db.begin();
    comments::count(&mut txn, task.id, -1);
    comments::save(&mut txn, &comment, loaded_version);
    let entry = load::entry(app, &comment, user_id, ActivityKind::CommentDeleted, &[]);
    let raised = activity::append(&mut txn, task.project_id, Counted::default(), &[entry]);
    let kind = Kind::CommentDeleted(CommentDeleted {
        comment_id: comment.id.to_string(),
    });
    load::tell(&mut txn, app, call, (&comment, &task), kind)?;
    let rows = txn.commit().await?;

    app.told(task.project_id, rows.get(&raised, Column::ActivitySeq)?);
    Ok(())
}
