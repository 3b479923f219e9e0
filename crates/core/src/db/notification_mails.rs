//! What a mail about a notification says, as it is now, and whose mails have ended.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, OnConflict, Query};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::{Id, Reader, Time, Transaction};
use uuid::Uuid;

use super::entities::{notification, notification_optout};

const COLUMNS: [(&str, Kind); 19] = [
    ("user_id", Kind::Text),
    ("reason", Kind::Integer),
    ("project_id", Kind::Text),
    ("task_id", Kind::Text),
    ("comment_id", Kind::Text),
    ("actor_id", Kind::Text),
    ("count", Kind::Integer),
    ("is_read", Kind::Boolean),
    ("due_time", Kind::Integer),
    ("project_key", Kind::Text),
    ("project_name", Kind::Text),
    ("task_number", Kind::Integer),
    ("task_title", Kind::Text),
    ("task_category", Kind::Integer),
    ("task_due_time", Kind::Integer),
    ("task_due_date", Kind::Text),
    ("task_due_local", Kind::Text),
    ("task_due_zone", Kind::Text),
    ("status_name", Kind::Text),
];

/// A notification with all that a mail says of its task, project and status. Every row here has its project, and its task where it is about one.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the migrations say what each column is")]
pub struct MailRow {
    pub user_id: Uuid,
    pub reason: i32,
    pub project_id: Uuid,
    pub task_id: Option<Uuid>,
    pub comment_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub count: i64,
    pub is_read: bool,
    pub due_time: Option<Time>,
    pub project_key: String,
    pub project_name: String,
    pub task_number: Option<i64>,
    pub task_title: Option<String>,
    pub task_category: Option<i32>,
    pub task_due_time: Option<Time>,
    pub task_due_date: Option<String>,
    pub task_due_local: Option<String>,
    pub task_due_zone: Option<String>,
    pub status_name: Option<String>,
}

/// A notification whose project and task are there; none where one of them was deleted.
pub async fn find(reader: &Reader, id: Uuid) -> Result<Option<MailRow>, DbErr> {
    let mut select = Query::select();
    for name in [
        "user_id",
        "reason",
        "project_id",
        "task_id",
        "comment_id",
        "actor_id",
        "count",
        "due_time",
    ] {
        select.expr_as(Expr::col(("notifications", name)), name);
    }
    select.expr_as(Expr::col(("notifications", "read_time")).is_not_null(), "is_read");
    for (table, name, alias) in [
        ("projects", "key", "project_key"),
        ("projects", "name", "project_name"),
        ("tasks", "number", "task_number"),
        ("tasks", "title", "task_title"),
        ("tasks", "status_category", "task_category"),
        ("tasks", "due_instant", "task_due_time"),
        ("tasks", "due_date", "task_due_date"),
        ("tasks", "due_local", "task_due_local"),
        ("tasks", "due_zone", "task_due_zone"),
        ("statuses", "name", "status_name"),
    ] {
        select.expr_as(Expr::col((table, name)), alias);
    }
    let equal = |left: (&'static str, &'static str), right: (&'static str, &'static str)| Expr::col(left).equals(right);
    select
        .from(notification::Entity)
        .join(
            JoinType::InnerJoin,
            "projects",
            equal(("projects", "id"), ("notifications", "project_id")),
        )
        .join(JoinType::LeftJoin, "tasks", equal(("tasks", "id"), ("notifications", "task_id")))
        .join(
            JoinType::LeftJoin,
            "statuses",
            equal(("statuses", "id"), ("notifications", "status_id")),
        )
        .and_where(Expr::col(("notifications", "id")).eq(id.to_string()))
        .and_where(Expr::col(("projects", "delete_time")).is_null())
        .and_where(Expr::col(("tasks", "delete_time")).is_null())
        .and_where(
            Expr::col(("notifications", "task_id"))
                .is_null()
                .or(Expr::col(("tasks", "id")).is_not_null()),
        );
    let page = dialect::page_as_json(reader.get_database_backend(), &COLUMNS, select);
    let rows: Vec<MailRow> = dialect::read_page(reader, &page).await?;
    Ok(rows.into_iter().next())
}

/// Whether a person ended the mails about one of these tasks or projects.
pub async fn is_opted_out(reader: &Reader, user_id: Uuid, scope_ids: &[Uuid]) -> Result<bool, DbErr> {
    use notification_optout::Column;
    let ids: Vec<Id> = scope_ids.iter().copied().map(Id).collect();
    let found = Query::select()
        .column(Column::ScopeId)
        .from(notification_optout::Entity)
        .and_where(Expr::col(Column::UserId).eq(user_id.to_string()))
        .and_where(dialect::in_ids(reader.get_database_backend(), Expr::col(Column::ScopeId), &ids))
        .limit(1)
        .to_owned();
    Ok(reader.query_one(&found).await?.is_some())
}

/// Ends the mails about a task or project to a person; ended ones stay so.
pub fn opt_out(txn: &mut Transaction, user_id: Uuid, scope_id: Uuid, now: Time) {
    use notification_optout::Column;
    let insert = Query::insert()
        .into_table(notification_optout::Entity)
        .columns([Column::UserId, Column::ScopeId, Column::CreateTime])
        .values_panic([Expr::val(Id(user_id)), Expr::val(Id(scope_id)), Expr::val(now)])
        .on_conflict(OnConflict::columns([Column::UserId, Column::ScopeId]).do_nothing().to_owned())
        .to_owned();
    txn.insert(insert);
}

/// Begins the mails about a task or project to a person again.
pub fn opt_in(txn: &mut Transaction, user_id: Uuid, scope_id: Uuid) {
    use notification_optout::Column;
    let delete = Query::delete()
        .from_table(notification_optout::Entity)
        .and_where(Expr::col(Column::UserId).eq(user_id.to_string()))
        .and_where(Expr::col(Column::ScopeId).eq(scope_id.to_string()))
        .to_owned();
    txn.delete(delete);
}
