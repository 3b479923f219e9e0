//! The deadlines of a project's tasks, which depend on its time zone: read and written all at once, in one statement each. Made for the
//! 10,000 open tasks that a project may have, and the closed and deleted ones beside them.

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, TableRef, UpdateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, sea_query::IntoIden};
use serde_json::json;
use tasktracker_database::dialect::Kind;
use tasktracker_database::{Reader, Time, Transaction, dialect};
use uuid::Uuid;

use super::entities::task;
use crate::domain::due::{Deadline, Due};

/// When a task is due, as it was given and as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    /// The task.
    pub task_id: Uuid,
    /// The deadline as given.
    pub due: Due,
    /// What follows from it in the project's present zone.
    pub deadline: Option<Deadline>,
}

const COLUMNS: [(&str, Kind); 6] = [
    ("id", Kind::Text),
    ("due_date", Kind::Text),
    ("due_local", Kind::Text),
    ("due_zone", Kind::Text),
    ("due_instant", Kind::Integer),
    ("due_day", Kind::Text),
];
type Columns = (Uuid, Option<String>, Option<String>, Option<String>, Option<Time>, Option<String>);

/// All tasks of a project that have a deadline, closed and deleted ones too.
pub async fn list(reader: &Reader, project_id: Uuid) -> Result<Vec<Dated>, DbErr> {
    let dated = Query::select()
        .columns(COLUMNS.map(|(name, _)| name))
        .from(task::Entity)
        .and_where(Expr::col(task::Column::ProjectId).eq(project_id.to_string()))
        .and_where(Expr::col(task::Column::DueInstant).is_not_null())
        .to_owned();
    let page = dialect::page_as_json(reader.get_database_backend(), &COLUMNS, dated);
    let rows: Vec<Columns> = dialect::read_page(reader, &page).await?;
    rows.into_iter().filter_map(|row| to_dated(row).transpose()).collect()
}

fn to_dated((task_id, date, local, zone, instant, day): Columns) -> Result<Option<Dated>, DbErr> {
    let due = match (date, local, zone) {
        (Some(date), _, _) => Due::on(&date).map_err(damaged)?,
        (_, Some(local), Some(zone)) => Due::at(&local, &zone).map_err(damaged)?,
        _ => return Ok(None),
    };
    let deadline = match (instant, day) {
        (Some(instant), Some(day)) => Some(Deadline {
            instant: instant.into(),
            day: day.parse().map_err(damaged)?,
        }),
        _ => None,
    };
    Ok(Some(Dated { task_id, due, deadline }))
}

/// Gives tasks new deadlines. Nothing else of them changes, not even their version: a deadline is computed.
pub fn save_all(txn: &mut Transaction, backend: DbBackend, deadlines: &[(Uuid, Deadline)]) {
    if !deadlines.is_empty() {
        txn.update(update_all(backend, deadlines));
    }
}

/// One statement whatever the number of tasks: they are the rows of a JSON parameter.
fn update_all(backend: DbBackend, deadlines: &[(Uuid, Deadline)]) -> UpdateStatement {
    let row = |(id, deadline): &(Uuid, Deadline)| json!([id, Time::from(deadline.instant), deadline.day.to_string()]);
    let list = Expr::val(serde_json::Value::from_iter(deadlines.iter().map(row)).to_string());
    let (function, [id, instant, day]) = match backend {
        DbBackend::Postgres => (
            Func::cust("jsonb_array_elements").arg(list.cast_as("jsonb")),
            [
                "\"each\".\"value\" ->> 0",
                "CAST(\"each\".\"value\" ->> 1 AS bigint)",
                "\"each\".\"value\" ->> 2",
            ],
        ),
        _ => (
            Func::cust("json_each").arg(list),
            [
                "json_extract(\"each\".\"value\", '$[0]')",
                "json_extract(\"each\".\"value\", '$[1]')",
                "json_extract(\"each\".\"value\", '$[2]')",
            ],
        ),
    };
    let moved = Query::select()
        .expr_as(Expr::cust(id), "id")
        .expr_as(Expr::cust(instant), "instant")
        .expr_as(Expr::cust(day), "day")
        .from_function(function, "each")
        .to_owned();
    Query::update()
        .table(task::Entity)
        .value(task::Column::DueInstant, Expr::col(("moved", "instant")))
        .value(task::Column::DueDay, Expr::col(("moved", "day")))
        .from(TableRef::SubQuery(Box::new(moved), "moved".into_iden()))
        .and_where(Expr::col(("tasks", "id")).equals(("moved", "id")))
        .to_owned()
}

fn damaged(what: impl std::fmt::Display) -> DbErr {
    DbErr::Type(format!("a task row is damaged: {what}"))
}
