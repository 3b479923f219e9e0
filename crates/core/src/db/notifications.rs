//! Notifications as they are read: pages of an inbox with the present key and title of the task, what is unread, and what is new for
//! streams. A list never costs more statements for more rows.

use std::collections::HashSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, LockType, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{CommitError, Id, Reader, Time, Transaction};
use uuid::Uuid;

use super::entities::{notification, notification_cause, notification_counter, task_follower};
use crate::domain::ids::{TaskId, UserId};
use crate::domain::notification::{Kept, Reason};

/// The columns of a row, in the order of `NotificationRow`'s fields.
const COLUMNS: [(&str, Kind); 18] = [
    ("id", Kind::Text),
    ("reason", Kind::Integer),
    ("project_id", Kind::Text),
    ("task_id", Kind::Text),
    ("comment_id", Kind::Text),
    ("actor_id", Kind::Text),
    ("count", Kind::Integer),
    ("create_time", Kind::Integer),
    ("update_time", Kind::Integer),
    ("read_time", Kind::Integer),
    ("status_id", Kind::Text),
    ("due_time", Kind::Integer),
    ("seq", Kind::Integer),
    ("user_id", Kind::Text),
    ("project_key", Kind::Text),
    ("task_number", Kind::Integer),
    ("task_title", Kind::Text),
    ("is_there", Kind::Boolean),
];
/// Those of the table itself.
const OWN: usize = 14;

/// A notification with what a reader needs of its task.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct NotificationRow {
    pub id: Uuid,
    pub reason: i32,
    pub project_id: Uuid,
    pub task_id: Option<Uuid>,
    pub comment_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub count: i64,
    pub create_time: Time,
    pub update_time: Time,
    pub read_time: Option<Time>,
    pub status_id: Option<Uuid>,
    pub due_time: Option<Time>,
    pub seq: i64,
    pub user_id: Uuid,
    pub project_key: Option<String>,
    pub task_number: Option<i64>,
    pub task_title: Option<String>,
    /// Whether project and task are neither deleted nor gone.
    pub is_there: bool,
}

/// The order of an inbox: the latest change first.
pub fn keys() -> Vec<Key> {
    vec![
        Key::descending(Expr::col(("notifications", "update_time")), Kind::Integer),
        Key::descending(Expr::col(("notifications", "id")), Kind::Text),
    ]
}

/// A page of what a person can see of their inbox: of projects that are `accessible` to them.
pub async fn list(
    reader: &Reader,
    user_id: Uuid,
    accessible: &[Uuid],
    unread_only: bool,
    after: Option<Condition>,
    limit: u64,
) -> Result<Vec<NotificationRow>, DbErr> {
    let mut select = seen_by(reader, user_id, accessible);
    if unread_only {
        select.and_where(column("read_time").is_null());
    }
    if let Some(after) = after {
        select.cond_where(after);
    }
    keyset::order(&mut select, &keys());
    select.limit(limit);
    read(reader, select).await
}

/// How many of what a person can see are unread, counted to at most `most`.
pub async fn count_unread(reader: &Reader, user_id: Uuid, accessible: &[Uuid], most: u64) -> Result<i64, DbErr> {
    let mut unread = Query::select();
    unread.expr_as(Expr::val(1), "one");
    join(&mut unread);
    unread
        .and_where(column("user_id").eq(user_id.to_string()))
        .and_where(column("read_time").is_null())
        .and_where(in_projects(reader, accessible))
        .cond_where(there())
        .limit(most);
    let count = Query::select()
        .expr_as(Expr::cust("COUNT(*)"), "count")
        .from_subquery(unread, "unread")
        .to_owned();
    let row = reader
        .query_one(&count)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a row of an aggregate".to_owned()))?;
    row.try_get("", "count")
}

/// One notification in a person's inbox.
pub async fn find(reader: &Reader, user_id: Uuid, id: Uuid) -> Result<Option<NotificationRow>, DbErr> {
    let mut select = select();
    select
        .and_where(column("id").eq(id.to_string()))
        .and_where(column("user_id").eq(user_id.to_string()));
    Ok(read(reader, select).await?.into_iter().next())
}

/// What changed in an inbox after a place, in order, at most `limit`; several that changed at once share a place, so their ids count, too.
pub async fn list_after(reader: &Reader, user_id: Uuid, (seq, id): (i64, Uuid), limit: u64) -> Result<Vec<NotificationRow>, DbErr> {
    let place = Expr::tuple([column("seq"), column("id")]);
    let mut select = select();
    select
        .and_where(column("user_id").eq(user_id.to_string()))
        .and_where(place.gt(Expr::tuple([Expr::val(seq), Expr::val(id.to_string())])))
        .order_by(("notifications", "seq"), sea_orm::Order::Asc)
        .order_by(("notifications", "id"), sea_orm::Order::Asc)
        .limit(limit);
    read(reader, select).await
}

/// How often these inboxes have changed; those that never did are left out.
pub async fn reach_of(reader: &Reader, user_ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, DbErr> {
    use notification_counter::Column;
    let ids: Vec<Id> = user_ids.iter().copied().map(Id).collect();
    let reached = Query::select()
        .columns([Column::UserId, Column::Seq])
        .from(notification_counter::Entity)
        .and_where(dialect::in_ids(reader.get_database_backend(), Expr::col(Column::UserId), &ids))
        .to_owned();
    let columns = [("user_id", Kind::Text), ("seq", Kind::Integer)];
    dialect::read_page(reader, &dialect::page_as_json(reader.get_database_backend(), &columns, reached)).await
}

/// How many of a person's notifications are unread whose last change is not after a moment: within the transaction that marks them.
pub async fn count_unread_until(txn: &mut Transaction, user_id: Uuid, until: Time) -> Result<i64, CommitError> {
    // Every change of an inbox raises its counter: with that row locked the count stays true until the commit. A statement of its own,
    // because PostgreSQL counts what was there when a statement began, before it waited for the lock.
    let lock = Query::select()
        .column(notification_counter::Column::Seq)
        .from(notification_counter::Entity)
        .and_where(Expr::col(notification_counter::Column::UserId).eq(user_id.to_string()))
        .lock(LockType::Update)
        .to_owned();
    txn.query_one(&lock).await?;
    let count = Query::select()
        .expr_as(Expr::cust("COUNT(*)"), "count")
        .from(notification::Entity)
        .and_where(column("user_id").eq(user_id.to_string()))
        .and_where(column("read_time").is_null())
        .and_where(column("update_time").lte(until))
        .to_owned();
    let row = txn.query_one(&count).await?;
    Ok(row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default())
}

/// Who follows these tasks: task and person.
pub async fn followers(reader: &Reader, task_ids: &[TaskId]) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use task_follower::Column;
    let backend = reader.get_database_backend();
    let ids: Vec<Id> = task_ids.iter().map(|id| Id(id.uuid())).collect();
    let people = Query::select()
        .columns([Column::TaskId, Column::UserId])
        .from(task_follower::Entity)
        .and_where(dialect::in_ids(backend, Expr::col(Column::TaskId), &ids))
        .to_owned();
    let columns = [("task_id", Kind::Text), ("user_id", Kind::Text)];
    dialect::read_page(reader, &dialect::page_as_json(backend, &columns, people)).await
}

/// Who was told of these causes already.
pub async fn told(reader: &Reader, causes: &[String]) -> Result<HashSet<(String, UserId)>, DbErr> {
    use notification_cause::Column;
    let backend = reader.get_database_backend();
    let known = Query::select()
        .columns([Column::Cause, Column::UserId])
        .from(notification_cause::Entity)
        .and_where(dialect::in_texts(backend, Expr::col(Column::Cause), causes))
        .to_owned();
    let columns = [("cause", Kind::Text), ("user_id", Kind::Text)];
    let rows: Vec<(String, Uuid)> = dialect::read_page(reader, &dialect::page_as_json(backend, &columns, known)).await?;
    Ok(rows.into_iter().map(|(cause, user_id)| (cause, user_id.into())).collect())
}

/// The unread notifications of these people about these tasks that have changed since a moment: those that take further changes in.
pub async fn unread_since(reader: &Reader, user_ids: &[UserId], task_ids: &[TaskId], since: Time) -> Result<Vec<Kept>, DbErr> {
    let backend = reader.get_database_backend();
    let users: Vec<Id> = user_ids.iter().map(|id| Id(id.uuid())).collect();
    let tasks: Vec<Id> = task_ids.iter().map(|id| Id(id.uuid())).collect();
    let mut select = select();
    select
        .and_where(dialect::in_ids(backend, column("user_id"), &users))
        .and_where(column("read_time").is_null())
        .and_where(column("update_time").gt(since))
        .and_where(dialect::in_ids(backend, column("task_id"), &tasks));
    let rows = read(reader, select).await?;
    Ok(rows.into_iter().filter_map(NotificationRow::into_kept).collect())
}

impl NotificationRow {
    /// Why the person is told; none for a reason of a newer release.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_number(self.reason)
    }

    fn into_kept(self) -> Option<Kept> {
        Some(Kept {
            id: self.id,
            recipient: self.user_id.into(),
            reason: self.reason()?,
            project_id: self.project_id.into(),
            task_id: self.task_id.map(Into::into),
            comment_id: self.comment_id.map(Into::into),
            actor_id: self.actor_id.map(Into::into),
            count: self.count,
            create_time: self.create_time.into(),
            update_time: self.update_time.into(),
            status_id: self.status_id.map(Into::into),
            due_time: self.due_time.map(Into::into),
            loaded_seq: Some(self.seq),
        })
    }
}

fn column(name: &'static str) -> Expr {
    Expr::col(("notifications", name))
}

/// Selects rows; the caller adds conditions, order and limit.
fn select() -> SelectStatement {
    let mut select = Query::select();
    for (name, _) in &COLUMNS[..OWN] {
        select.expr_as(column(name), *name);
    }
    select
        .expr_as(Expr::col(("projects", "key")), "project_key")
        .expr_as(Expr::col(("tasks", "number")), "task_number")
        .expr_as(Expr::col(("tasks", "title")), "task_title")
        .expr_as(
            Expr::cust(
                "(\"projects\".\"id\" IS NOT NULL AND \"projects\".\"delete_time\" IS NULL AND (\"notifications\".\"task_id\" IS NULL \
                 OR (\"tasks\".\"id\" IS NOT NULL AND \"tasks\".\"delete_time\" IS NULL)))",
            ),
            "is_there",
        );
    join(&mut select);
    select
}

fn join(select: &mut SelectStatement) {
    let project = Expr::col(("projects", "id")).equals(("notifications", "project_id"));
    let task = Expr::col(("tasks", "id")).equals(("notifications", "task_id"));
    select
        .from(notification::Entity)
        .join(JoinType::LeftJoin, "projects", project)
        .join(JoinType::LeftJoin, "tasks", task);
}

/// The same as `is_there`, as a condition.
fn there() -> Condition {
    let task = Condition::any().add(column("task_id").is_null()).add(
        Condition::all()
            .add(Expr::col(("tasks", "id")).is_not_null())
            .add(Expr::col(("tasks", "delete_time")).is_null()),
    );
    Condition::all()
        .add(Expr::col(("projects", "id")).is_not_null())
        .add(Expr::col(("projects", "delete_time")).is_null())
        .add(task)
}

fn seen_by(reader: &Reader, user_id: Uuid, accessible: &[Uuid]) -> SelectStatement {
    let mut select = select();
    select
        .and_where(column("user_id").eq(user_id.to_string()))
        .and_where(in_projects(reader, accessible))
        .cond_where(there());
    select
}

fn in_projects(reader: &Reader, accessible: &[Uuid]) -> Expr {
    let ids: Vec<Id> = accessible.iter().copied().map(Id).collect();
    dialect::in_ids(reader.get_database_backend(), column("project_id"), &ids)
}

async fn read(reader: &Reader, select: SelectStatement) -> Result<Vec<NotificationRow>, DbErr> {
    dialect::read_page(reader, &dialect::page_as_json(reader.get_database_backend(), &COLUMNS, select)).await
}
