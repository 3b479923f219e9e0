//! Reminders that wait for their time, at most two a task: a day before its deadline, and when it is overdue. They are written in the
//! transaction that changes the deadline and removed in the one that tells people, so each fires once, however many processes look.

use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tasktracker_database::{Id, Reader, Time, Transaction, dialect};
use uuid::Uuid;

use crate::domain::reminder::{Kind, plan};
use crate::domain::task::Task;

const TABLE: &str = "reminders";
const COLUMNS: [&str; 5] = ["task_id", "kind", "project_id", "fire_time", "due_time"];

/// A reminder whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The task.
    pub task_id: Uuid,
    /// What it says.
    pub kind: Kind,
    /// When it was to fire.
    pub fire_time: Timestamp,
    /// The deadline that it is about.
    pub due_time: Timestamp,
}

/// Plans the reminders of a new task.
pub fn insert(txn: &mut Transaction, task: &Task, now: Timestamp) {
    let planned = plan(task, now);
    if planned.is_empty() {
        return;
    }
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns(COLUMNS);
    for (kind, fire_time, due_time) in planned {
        insert.values_panic([
            Expr::val(task.id.to_string()),
            Expr::val(kind.number()),
            Expr::val(task.project_id.to_string()),
            Expr::val(Time::from(fire_time)),
            Expr::val(Time::from(due_time)),
        ]);
    }
    let mut replace = OnConflict::columns(["task_id", "kind"]);
    replace.update_columns(["project_id", "fire_time", "due_time"]);
    txn.insert(insert.on_conflict(replace).take());
}

/// Brings the reminders in line with a changed task; nothing where the change does not touch them.
pub fn replace(txn: &mut Transaction, before: &Task, after: &Task, now: Timestamp) {
    let (old, new) = (plan(before, now), plan(after, now));
    if old == new {
        return;
    }
    let kept: Vec<i64> = new.iter().map(|(kind, ..)| kind.number()).collect();
    let mut gone = Query::delete();
    gone.from_table(TABLE).and_where(Expr::col("task_id").eq(after.id.to_string()));
    if !kept.is_empty() {
        gone.and_where(Expr::col("kind").is_not_in(kept));
    }
    txn.delete(gone);
    insert(txn, after, now);
}

/// Plans the reminders of tasks anew whose deadlines moved with the zone of their project. Those of closed and deleted tasks say nothing when
/// they fire.
pub fn replace_all(txn: &mut Transaction, backend: DbBackend, project_id: Uuid, moved: &[(Uuid, Timestamp)], now: Timestamp) {
    let ids: Vec<String> = moved.iter().map(|(id, _)| id.to_string()).collect();
    let gone = Query::delete()
        .from_table(TABLE)
        .and_where(dialect::in_texts(backend, Expr::col("task_id"), &ids))
        .and_where(Expr::col("fire_time").gt(Time::from(now)))
        .take();
    txn.delete(gone);
    for chunk in moved.chunks(500) {
        let mut insert = Query::insert();
        insert.into_table(TABLE).columns(COLUMNS);
        let mut any = false;
        for (task_id, due_time) in chunk {
            for (kind, fire_time) in Kind::times(*due_time).into_iter().filter(|(_, fire_time)| *fire_time > now) {
                any = true;
                insert.values_panic([
                    Expr::val(task_id.to_string()),
                    Expr::val(kind.number()),
                    Expr::val(project_id.to_string()),
                    Expr::val(Time::from(fire_time)),
                    Expr::val(Time::from(*due_time)),
                ]);
            }
        }
        if any {
            let mut replace = OnConflict::columns(["task_id", "kind"]);
            replace.update_columns(["fire_time", "due_time"]);
            txn.insert(insert.on_conflict(replace).take());
        }
    }
}

/// Those whose time has come, the longest waiting first.
pub async fn list_due(reader: &Reader, now: Timestamp, limit: u64) -> Result<Vec<Waiting>, DbErr> {
    let due = Query::select()
        .columns(["task_id", "kind", "fire_time", "due_time"])
        .from(TABLE)
        .and_where(Expr::col("fire_time").lte(Time::from(now)))
        .order_by("fire_time", Order::Asc)
        .limit(limit)
        .take();
    let rows = reader.query_all(&due).await?;
    rows.iter()
        .map(|row| {
            let (task_id, kind): (Id, i64) = (row.try_get("", "task_id")?, row.try_get("", "kind")?);
            let (fire_time, due_time): (Time, Time) = (row.try_get("", "fire_time")?, row.try_get("", "due_time")?);
            Ok(Waiting {
                task_id: task_id.into(),
                kind: Kind::from_number(kind).ok_or_else(|| DbErr::Type("a reminder row is damaged".to_owned()))?,
                fire_time: fire_time.into(),
                due_time: due_time.into(),
            })
        })
        .collect()
}

/// When the next one fires.
pub async fn next_fire_time(reader: &Reader) -> Result<Option<Timestamp>, DbErr> {
    let next = Query::select().expr_as(Expr::col("fire_time").min(), "next").from(TABLE).take();
    let row = reader.query_one(&next).await?;
    let next: Option<Time> = row.map(|row| row.try_get("", "next")).transpose()?.flatten();
    Ok(next.map(Into::into))
}

/// Takes a reminder that fires: exactly once, and only as it was read.
pub fn take(txn: &mut Transaction, waiting: &Waiting) {
    let fired = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("task_id").eq(waiting.task_id.to_string()))
        .and_where(Expr::col("kind").eq(waiting.kind.number()))
        .and_where(Expr::col("fire_time").eq(Time::from(waiting.fire_time)))
        .take();
    txn.guarded_delete(fired);
}

/// Forgets the reminders of tasks that are gone.
pub fn forget(txn: &mut Transaction, backend: DbBackend, task_ids: &[String]) {
    let gone = Query::delete()
        .from_table(TABLE)
        .and_where(dialect::in_texts(backend, Expr::col("task_id"), task_ids))
        .take();
    txn.delete(gone);
}
