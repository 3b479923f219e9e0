//! Comments: found by id, listed under their task, saved under a guard; and the count that their task keeps.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::json;
use tasktracker_database::dialect::Kind;
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Id, Reader, Time, Transaction, dialect};
use uuid::Uuid;

use super::entities::comment::{ActiveModel, Column, Entity};
use super::entities::{activity, task};
use crate::domain::comment::Comment;

/// The columns of a row, in the order of `CommentRow`'s fields.
const COLUMNS: [(&str, Kind); 11] = [
    ("id", Kind::Text),
    ("task_id", Kind::Text),
    ("project_id", Kind::Text),
    ("author_id", Kind::Text),
    ("body", Kind::Text),
    ("mentioned_user_ids", Kind::Json),
    ("create_time", Kind::Integer),
    ("edit_time", Kind::Integer),
    ("update_time", Kind::Integer),
    ("delete_time", Kind::Integer),
    ("version", Kind::Integer),
];

#[derive(Debug, Deserialize)]
struct CommentRow {
    id: Uuid,
    task_id: Uuid,
    project_id: Uuid,
    author_id: Uuid,
    body: String,
    mentioned_user_ids: Vec<Uuid>,
    create_time: Time,
    edit_time: Option<Time>,
    update_time: Time,
    delete_time: Option<Time>,
    version: i64,
}

/// Finds a comment, deleted or not. Whether the viewer may see it is the caller's question.
pub async fn find(reader: &Reader, id: Uuid) -> Result<Option<Comment>, DbErr> {
    let mut select = select();
    select.and_where(Expr::col(Column::Id).eq(id.to_string()));
    Ok(read(reader, select).await?.into_iter().next())
}

/// The comments with these ids, deleted or not, in no order.
pub async fn list_by_ids(reader: &Reader, ids: &[Uuid]) -> Result<Vec<Comment>, DbErr> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let mut select = select();
    select.and_where(dialect::in_ids(reader.get_database_backend(), Expr::col(Column::Id), &ids));
    read(reader, select).await
}

/// The order of a task's comments: the oldest first.
pub fn order() -> [Key; 2] {
    [
        Key::ascending(Expr::col(Column::CreateTime), Kind::Integer),
        Key::ascending(Expr::col(Column::Id), Kind::Text),
    ]
}

/// The comments of a task that are there, in `order`, at most `limit`; `after` says where a page begins.
pub async fn list(reader: &Reader, task_id: Uuid, after: Option<Condition>, limit: u64) -> Result<Vec<Comment>, DbErr> {
    let mut select = select();
    select
        .and_where(Expr::col(Column::TaskId).eq(task_id.to_string()))
        .and_where(Expr::col(Column::DeleteTime).is_null())
        .limit(limit);
    if let Some(after) = after {
        select.cond_where(after);
    }
    keyset::order(&mut select, &order());
    read(reader, select).await
}

/// What happened to a comment after one of its versions, the oldest first.
pub async fn history_since(reader: &Reader, comment: &Comment, version: i64) -> Result<Vec<activity::Model>, DbErr> {
    activity::Entity::find()
        .filter(activity::Column::TaskId.eq(Id(comment.task_id.uuid())))
        .filter(activity::Column::CommentId.eq(Id(comment.id.uuid())))
        .filter(activity::Column::Version.gt(version))
        .order_by_asc(activity::Column::Seq)
        .all(reader)
        .await
}

/// Adds a new comment.
pub fn insert(txn: &mut Transaction, comment: &Comment) {
    txn.insert_row(ActiveModel {
        id: Set(Id(comment.id.uuid())),
        task_id: Set(Id(comment.task_id.uuid())),
        project_id: Set(Id(comment.project_id.uuid())),
        author_id: Set(Id(comment.author_id.uuid())),
        body: Set(comment.body.clone()),
        mentioned_user_ids: Set(mentioned(comment)),
        create_time: Set(Time::from(comment.create_time)),
        edit_time: Set(comment.edit_time.map(Time::from)),
        update_time: Set(Time::from(comment.update_time)),
        delete_time: Set(comment.delete_time.map(Time::from)),
        version: Set(comment.version),
    });
}

/// Saves a changed comment, if its version is still the one loaded.
pub fn save(txn: &mut Transaction, comment: &Comment, loaded_version: i64) {
    let update = Query::update()
        .table(Entity)
        .value(Column::Body, comment.body.as_str())
        .value(Column::MentionedUserIds, mentioned(comment))
        .value(Column::EditTime, comment.edit_time.map(Time::from))
        .value(Column::UpdateTime, Time::from(comment.update_time))
        .value(Column::DeleteTime, comment.delete_time.map(Time::from))
        .value(Column::Version, comment.version)
        .and_where(Expr::col(Column::Id).eq(comment.id.to_string()))
        .and_where(Expr::col(Column::Version).eq(loaded_version))
        .to_owned();
    txn.guarded_update(update);
}

/// Raises or lowers the count of comments that a task keeps; 0 only makes sure of the task. It must be there, not deleted, or the whole
/// transaction has no effect; its version stays, because a count is no edit.
pub fn count(txn: &mut Transaction, task_id: Uuid, by: i64) {
    let update = Query::update()
        .table(task::Entity)
        .value(task::Column::CommentCount, Expr::col(task::Column::CommentCount).add(by))
        .and_where(Expr::col(task::Column::Id).eq(task_id.to_string()))
        .and_where(Expr::col(task::Column::DeleteTime).is_null())
        .to_owned();
    txn.guarded_update(update);
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS.map(|(name, _)| name)).from(Entity).to_owned()
}

async fn read(reader: &Reader, select: SelectStatement) -> Result<Vec<Comment>, DbErr> {
    let page = dialect::page_as_json(reader.get_database_backend(), &COLUMNS, select);
    let rows: Vec<CommentRow> = dialect::read_page(reader, &page).await?;
    Ok(rows.into_iter().map(to_domain).collect())
}

fn to_domain(row: CommentRow) -> Comment {
    Comment {
        id: row.id.into(),
        task_id: row.task_id.into(),
        project_id: row.project_id.into(),
        author_id: row.author_id.into(),
        body: row.body,
        mentioned_user_ids: row.mentioned_user_ids.into_iter().map(Into::into).collect(),
        create_time: row.create_time.into(),
        edit_time: row.edit_time.map(Into::into),
        update_time: row.update_time.into(),
        delete_time: row.delete_time.map(Into::into),
        version: row.version,
    }
}

fn mentioned(comment: &Comment) -> String {
    let ids: Vec<String> = comment.mentioned_user_ids.iter().map(ToString::to_string).collect();
    json!(ids).to_string()
}
