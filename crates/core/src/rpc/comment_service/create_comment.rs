//! Writes a comment. Its author, and the people named in it who can see the task, become followers. With a `request_id` it may be sent
//! again: the comment is made once.

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ActivityKind, CreateCommentRequest, CreateCommentResponse};
use tasktracker_proto::events::v1::CommentCreated;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_server::RpcError;

use super::{convert, load, mentions};
use crate::app::App;
use crate::db::activity::{self, Counted};
use crate::db::entities::project::Column;
use crate::db::{comments, tasks};
use crate::domain::comment::Comment;
use crate::domain::ids::UserId;
use crate::rpc::{refuse, replay, task_service};

const RPC: &str = "tasktracker.core.v1.CommentService/CreateComment";

pub async fn create_comment(app: &App, call: &Call, request: CreateCommentRequest) -> Result<CreateCommentResponse, RpcError> {
    Ok(stale::retry(|| attempt(app, call, &request)).await?)
}

async fn attempt(app: &App, call: &Call, request: &CreateCommentRequest) -> Result<CreateCommentResponse, Failure> {
    let task = task_service::convert::task_ref("task_id", &request.task_id)?;
    let (task, granted) = task_service::load::visible(app, call, &task).await?;
    granted.require(Permission::CommentCreate, "task")?;

    let key = replay::key(call, RPC, &request.request_id, request);
    if let Some(made) = replay::first_result(app, key.as_ref()).await? {
        let (comment, ..) = load::visible(app, call, made).await?;
        return Ok(CreateCommentResponse {
            comment: Some(convert::of_comment(&comment)),
        });
    }
    load::check_writable(&task)?;

    let author_id = UserId::from(call.user_id()?);
    let body = request.comment.as_ref().map(|sent| sent.body.clone()).unwrap_or_default();
    let comment = Comment::create(
        app.ids.next().into(),
        (task.id.into(), task.project_id.into()),
        author_id,
        body,
        app.now(),
    );
    let mut comment = comment.map_err(|error| refuse::comment(error, "comment", ""))?;
    mentions::keep_visible(app, &mut comment).await?;

    let mut txn = app.db.begin();
    comments::count(&mut txn, task.id, 1);
    comments::insert(&mut txn, &comment);
    tasks::add_followers(&mut txn, app.db.backend(), task.id, &mentions::first_followers(&comment));
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &comment.id.to_string(), Time::from(comment.create_time));
    }
    let entry = load::entry(app, &comment, author_id, ActivityKind::CommentCreated, &[]);
    let raised = activity::append(&mut txn, task.project_id, Counted::default(), &[entry]);
    let kind = Kind::CommentCreated(CommentCreated {
        comment_id: comment.id.to_string(),
        mentioned_user_ids: comment.mentioned_user_ids.iter().map(ToString::to_string).collect(),
    });
    load::tell(&mut txn, app, call, (&comment, &task), kind)?;
    let rows = txn.commit().await.map_err(replay::or_stale)?;

    app.told(task.project_id, rows.get(&raised, Column::ActivitySeq)?);
    call.answer("x-consistency-token", &convert::consistency_token(&comment));
    Ok(CreateCommentResponse {
        comment: Some(convert::of_comment(&comment)),
    })
}
