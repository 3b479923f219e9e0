//! Changes the body of the caller's own comment. Where it was edited since the etag, both bodies are told; an edit that changes nothing
//! writes nothing.

use std::collections::BTreeSet;

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, UpdateCommentRequest, UpdateCommentResponse};
use tasktracker_proto::events::v1::CommentUpdated;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

use super::{convert, load, mentions};
use crate::app::App;
use crate::db::activity::{self, Counted};
use crate::db::entities::project::Column;
use crate::db::{comments, tasks};
use crate::domain::change::Outcome;
use crate::domain::comment::{Comment, CommentError, CommentField};
use crate::domain::ids::UserId;
use crate::domain::mask;
use crate::domain::merge::ChangedSince;
use crate::domain::version::Etag;
use crate::rpc::task_service::load::check_etag;
use crate::rpc::{edit_base, refuse, replay};

const RPC: &str = "tasktracker.core.v1.CommentService/UpdateComment";

pub async fn update_comment(app: &App, call: &Call, request: UpdateCommentRequest) -> Result<UpdateCommentResponse, RpcError> {
    let sent = request
        .comment
        .as_ref()
        .ok_or_else(|| RpcError::invalid("comment", "is required"))?;
    let comment_id = load::id("comment.id", &sent.id)?;
    let fields = mask::resolve(
        request.update_mask.as_ref().map(|mask| mask.paths.as_slice()),
        convert::set_fields(sent),
    )
    .map_err(|error| refuse::mask(&error))?;
    let comment = stale::retry(|| attempt(app, call, &request, comment_id, &fields)).await?;
    Ok(UpdateCommentResponse {
        comment: Some(convert::of_comment(&comment)),
    })
}

async fn attempt(
    app: &App,
    call: &Call,
    request: &UpdateCommentRequest,
    comment_id: Uuid,
    mask: &BTreeSet<CommentField>,
) -> Result<Comment, Failure> {
    let _turn = app.db.turn(comment_id).await;
    let (mut comment, task, granted) = load::visible(app, call, comment_id).await?;
    let sent = request.comment.clone().unwrap_or_default();

    let key = replay::key(call, RPC, &request.request_id, request);
    if replay::first_result(app, key.as_ref()).await?.is_some() {
        return Ok(comment);
    }

    granted.require(Permission::CommentUpdateOwn, "comment")?;
    let editor = UserId::from(call.user_id()?);
    if editor != comment.author_id {
        return Err(not_the_author().into());
    }
    load::check_writable(&task)?;
    let since = changed_since(app, call, &sent.etag, &comment).await?;
    if !mask.contains(&CommentField::Body) {
        return Ok(comment);
    }

    let before = comment.clone();
    let outcome = comment
        .edit(editor, sent.body, &since, app.now())
        .map_err(|error| refused(error, before.version))?;
    if outcome == Outcome::Unchanged {
        return Ok(before);
    }
    mentions::keep_visible(app, &mut comment).await?;

    let mut txn = app.db.begin();
    comments::count(&mut txn, task.id, 0);
    comments::save(&mut txn, &comment, before.version);
    tasks::add_followers(&mut txn, app.db.backend(), task.id, &mentions::newly_named(&comment, &before));
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &comment.id.to_string(), Time::from(comment.update_time));
    }
    let entry = load::entry(app, &comment, editor, ActivityKind::CommentUpdated, outcome.changes());
    let raised = activity::append(&mut txn, task.project_id, Counted::default(), &[entry]);
    let kind = Kind::CommentUpdated(CommentUpdated {
        comment_id: comment.id.to_string(),
        mentioned_user_ids: mentions::newly_named(&comment, &before).iter().map(ToString::to_string).collect(),
    });
    load::tell(&mut txn, app, call, (&comment, &task), kind)?;
    let rows = txn.commit().await.map_err(replay::or_stale)?;

    app.told(task.project_id, rows.get(&raised, Column::ActivitySeq)?);
    call.answer("x-consistency-token", &convert::consistency_token(&comment));
    Ok(comment)
}

/// What was changed since the version that the client has read. `if-match` is strict: any change at all is refused.
async fn changed_since(app: &App, call: &Call, etag: &str, comment: &Comment) -> Result<ChangedSince, Failure> {
    check_etag(call, "", comment.version)?;
    let Some(base) = edit_base::older(etag, "comment.etag", comment.version)? else {
        return Ok(ChangedSince::nothing());
    };
    let history = comments::history_since(app.db.reader(), comment, base).await?;
    Ok(ChangedSince::from_history(
        history
            .iter()
            .flat_map(activity::changes_of)
            .map(|(field, before, _)| (field, before)),
    ))
}

fn refused(error: CommentError, version: i64) -> RpcError {
    match error {
        CommentError::NotTheAuthor => not_the_author(),
        error => refuse::comment(error, "comment", &Etag::of(version).to_string()),
    }
}

/// No permission helps here: what somebody wrote stays what they wrote.
fn not_the_author() -> RpcError {
    RpcError::new(
        Code::PermissionDenied,
        ErrorReason::PermissionMissing,
        "only its author may edit a comment",
    )
    .meta("permission", "comment.update_own")
}
