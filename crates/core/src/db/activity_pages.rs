//! The log of one task in pages, the newest first.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use serde_json::Value;
use tasktracker_database::dialect::{self, Kind};
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Reader, Time};
use uuid::Uuid;

use super::entities::activity::{Column, Entity};

const COLUMNS: [(&str, Kind); 7] = [
    ("seq", Kind::Integer),
    ("id", Kind::Text),
    ("comment_id", Kind::Text),
    ("actor", Kind::Text),
    ("create_time", Kind::Integer),
    ("kind", Kind::Integer),
    ("changes", Kind::Json),
];

/// An entry of the log, its fields in the order of `COLUMNS`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct ActivityRow {
    pub seq: i64,
    pub id: Uuid,
    pub comment_id: Option<Uuid>,
    pub actor: String,
    pub create_time: Time,
    pub kind: i32,
    pub changes: Vec<RecordedChange>,
}

/// A change of one field.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedChange {
    /// Name of the field.
    pub field: String,
    /// Value before, as in the resource's JSON.
    pub before: Value,
    /// Value after.
    pub after: Value,
}

/// The order of the log: its numbers are unique in a project.
pub fn keys() -> Vec<Key> {
    vec![Key::descending(Expr::col(("activity", "seq")), Kind::Integer)]
}

/// A page of what happened to a task.
pub async fn list_of_task(reader: &Reader, task_id: Uuid, after: Option<Condition>, limit: u64) -> Result<Vec<ActivityRow>, DbErr> {
    let mut select = Query::select();
    for (name, _) in COLUMNS {
        select.column(("activity", name));
    }
    select
        .from(Entity)
        .and_where(Expr::col(Column::TaskId).eq(task_id.to_string()))
        .limit(limit);
    if let Some(after) = after {
        select.cond_where(after);
    }
    keyset::order(&mut select, &keys());
    let page = dialect::page_as_json(reader.get_database_backend(), &COLUMNS, select);
    dialect::read_page(reader, &page).await
}
