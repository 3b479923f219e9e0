//! What is deleted for good: tasks with everything that hangs on them, projects, and comments that were deleted one by one. Numbers of tasks
//! are never used again, because the project keeps its counter.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use tasktracker_database::{Failure, Id, Reader, Time, Transaction, dialect};
use uuid::Uuid;

use super::{reminders, task_files};
use crate::app::App;

/// A task or a project whose time in the trash is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doomed {
    /// The task or project.
    pub id: Uuid,
    /// Its project, or itself.
    pub project_id: Uuid,
    /// Its version.
    pub version: i64,
}

/// Tasks that were deleted before a moment, at most `limit`.
pub async fn list_tasks(reader: &Reader, before: Time, limit: u64) -> Result<Vec<Doomed>, DbErr> {
    let mut select = tasks_where();
    select.and_where(Expr::col("delete_time").lt(before)).limit(limit);
    read(reader, &select).await
}

/// The tasks of a project, deleted or not, at most `limit`.
pub async fn list_tasks_of(reader: &Reader, project_id: Uuid, limit: u64) -> Result<Vec<Doomed>, DbErr> {
    let mut select = tasks_where();
    select.and_where(Expr::col("project_id").eq(project_id.to_string())).limit(limit);
    read(reader, &select).await
}

/// Projects that were deleted before a moment.
pub async fn list_projects(reader: &Reader, before: Time) -> Result<Vec<Doomed>, DbErr> {
    let select = Query::select()
        .column("id")
        .expr_as(Expr::col("id"), "project_id")
        .column("version")
        .from("projects")
        .and_where(Expr::col("delete_time").lt(before))
        .take();
    read(reader, &select).await
}

fn tasks_where() -> SelectStatement {
    Query::select().columns(["id", "project_id", "version"]).from("tasks").take()
}

async fn read(reader: &Reader, select: &SelectStatement) -> Result<Vec<Doomed>, DbErr> {
    let doomed = |row: &QueryResult| {
        let (id, project_id): (Id, Id) = (row.try_get("", "id")?, row.try_get("", "project_id")?);
        Ok(Doomed {
            id: id.into(),
            project_id: project_id.into(),
            version: row.try_get("", "version")?,
        })
    };
    reader.query_all(select).await?.iter().map(doomed).collect()
}

/// Deletes tasks with everything that hangs on them, if each is still as it was found: one that was restored meanwhile stops all of it.
pub fn tasks(txn: &mut Transaction, backend: DbBackend, doomed: &[Doomed]) {
    for task in doomed {
        txn.guarded_delete(
            Query::delete()
                .from_table("tasks")
                .and_where(Expr::col("id").eq(task.id.to_string()))
                .and_where(Expr::col("version").eq(task.version))
                .take(),
        );
    }
    let ids: Vec<String> = doomed.iter().map(|task| task.id.to_string()).collect();
    for table in ["task_assignees", "task_followers", "comments", "activity", "notifications"] {
        txn.delete(
            Query::delete()
                .from_table(table)
                .and_where(dialect::in_texts(backend, Expr::col("task_id"), &ids))
                .take(),
        );
    }
    // Whoever was below is at the top from now on; nothing of it was deleted, or it would be here too.
    txn.update(
        Query::update()
            .table("tasks")
            .value("parent_id", Option::<String>::None)
            .and_where(dialect::in_texts(backend, Expr::col("parent_id"), &ids))
            .take(),
    );
    reminders::forget(txn, backend, &ids);
    task_files::forget(txn, backend, &ids);
}

/// Deletes a project without tasks, if it is still as it was found.
pub fn project(txn: &mut Transaction, project: &Doomed) {
    txn.guarded_delete(
        Query::delete()
            .from_table("projects")
            .and_where(Expr::col("id").eq(project.id.to_string()))
            .and_where(Expr::col("version").eq(project.version))
            .take(),
    );
    for table in ["statuses", "activity", "notifications"] {
        txn.delete(
            Query::delete()
                .from_table(table)
                .and_where(Expr::col("project_id").eq(project.id.to_string()))
                .take(),
        );
    }
}

/// Deletes comments that were deleted before a moment, with the bodies that the log still holds of them. Answers how many.
pub async fn comments(app: &App, before: Time, chunk: u64) -> Result<u64, Failure> {
    let mut count = 0;
    loop {
        let found = Query::select()
            .column("id")
            .from("comments")
            .and_where(Expr::col("delete_time").lt(before))
            .limit(chunk)
            .take();
        let rows = app.db.reader().query_all(&found).await?;
        let ids: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("", "id").map(|id: Id| id.to_string()))
            .collect::<Result<_, DbErr>>()?;
        if ids.is_empty() {
            return Ok(count);
        }
        count += ids.len() as u64;
        let backend = app.db.backend();
        let mut txn = app.db.begin();
        txn.delete(
            Query::delete()
                .from_table("comments")
                .and_where(dialect::in_texts(backend, Expr::col("id"), &ids))
                .take(),
        );
        txn.update(
            Query::update()
                .table("activity")
                .value("changes", "[]")
                .and_where(dialect::in_texts(backend, Expr::col("comment_id"), &ids))
                .take(),
        );
        txn.commit().await?;
    }
}
