//! A task as one row of a JSON page: how single tasks and lists are read alike, in one statement.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{DbErr, Iden};
use serde::Deserialize;
use tasktracker_database::Time;
use tasktracker_database::dialect::Kind;
use uuid::Uuid;

use super::entities::{project, task, task_follower};
use crate::domain::choices::{Priority, StatusCategory, TaskType};
use crate::domain::due::{Deadline, Due};
use crate::domain::rank::Rank;
use crate::domain::status::Step;
use crate::domain::task::Task;
use crate::domain::task_fields::TaskFields;

/// The columns of a row, in the order of `TaskRow`'s fields.
pub const COLUMNS: [(&str, Kind); 34] = [
    ("id", Kind::Text),
    ("project_id", Kind::Text),
    ("number", Kind::Integer),
    ("title", Kind::Text),
    ("description", Kind::Text),
    ("status_id", Kind::Text),
    ("status_category", Kind::Integer),
    ("priority", Kind::Integer),
    ("task_type", Kind::Integer),
    ("assignee_ids", Kind::Json),
    ("creator_id", Kind::Text),
    ("parent_id", Kind::Text),
    ("due_date", Kind::Text),
    ("due_local", Kind::Text),
    ("due_zone", Kind::Text),
    ("due_instant", Kind::Integer),
    ("due_day", Kind::Text),
    ("start_date", Kind::Text),
    ("estimate_points", Kind::Integer),
    ("start_time", Kind::Integer),
    ("complete_time", Kind::Integer),
    ("comment_count", Kind::Integer),
    ("attachment_count", Kind::Integer),
    ("rank", Kind::Text),
    ("create_time", Kind::Integer),
    ("update_time", Kind::Integer),
    ("delete_time", Kind::Integer),
    ("deleted_with", Kind::Text),
    ("version", Kind::Integer),
    ("followed", Kind::Boolean),
    ("project_key", Kind::Text),
    ("project_zone", Kind::Text),
    ("project_archived", Kind::Boolean),
    ("project_deleted", Kind::Boolean),
];

/// A task with what a reader needs of its project.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct TaskRow {
    pub id: Uuid,
    pub project_id: Uuid,
    pub number: i32,
    pub title: String,
    pub description: String,
    pub status_id: Uuid,
    pub status_category: i32,
    pub priority: i32,
    pub task_type: i32,
    pub assignee_ids: Vec<Uuid>,
    pub creator_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub due_date: Option<String>,
    pub due_local: Option<String>,
    pub due_zone: Option<String>,
    pub due_instant: Option<Time>,
    pub due_day: Option<String>,
    pub start_date: Option<String>,
    pub estimate_points: Option<f64>,
    pub start_time: Option<Time>,
    pub complete_time: Option<Time>,
    pub comment_count: i32,
    pub attachment_count: i32,
    pub rank: String,
    pub create_time: Time,
    pub update_time: Time,
    pub delete_time: Option<Time>,
    pub deleted_with: Option<Uuid>,
    pub version: i64,
    pub followed: bool,
    pub project_key: String,
    pub project_zone: String,
    pub project_archived: bool,
    pub project_deleted: bool,
}

/// Selects rows; the caller adds conditions, order and limit. `followed` is about this viewer.
pub fn select(viewer: Option<Uuid>) -> SelectStatement {
    let mut select = Query::select();
    for (name, _) in &COLUMNS[..29] {
        select.expr_as(Expr::col(("tasks", *name)), *name);
    }
    let viewer = viewer.map(|viewer| viewer.to_string()).unwrap_or_default();
    let followed = Query::select()
        .expr(Expr::val(1))
        .from(task_follower::Entity)
        .and_where(Expr::col(("task_followers", "user_id")).eq(viewer))
        .and_where(Expr::col(("task_followers", "task_id")).equals(("tasks", "id")))
        .to_owned();
    select
        .expr_as(Expr::exists(followed), "followed")
        .expr_as(Expr::col(("projects", "key")), "project_key")
        .expr_as(Expr::col(("projects", "time_zone")), "project_zone")
        .expr_as(Expr::col(("projects", "archive_time")).is_not_null(), "project_archived")
        .expr_as(Expr::col(("projects", "delete_time")).is_not_null(), "project_deleted")
        .from(task::Entity)
        .inner_join(project::Entity, Expr::col(("projects", "id")).equals(("tasks", "project_id")))
        .to_owned()
}

/// A column of tasks, named in full.
pub fn column(column: task::Column) -> Expr {
    Expr::col(("tasks", column.unquoted().to_owned()))
}

impl TaskRow {
    /// The task by the rules.
    ///
    /// # Errors
    /// The row breaks a rule that the database was to keep: a defect.
    pub fn into_task(self) -> Result<Task, DbErr> {
        let due = match (&self.due_date, &self.due_local, &self.due_zone) {
            (Some(date), _, _) => Some(Due::on(date).map_err(damaged)?),
            (_, Some(local), Some(zone)) => Some(Due::at(local, zone).map_err(damaged)?),
            _ => None,
        };
        let deadline = match (self.due_instant, &self.due_day) {
            (Some(instant), Some(day)) => Some(Deadline {
                instant: instant.into(),
                day: day.parse().map_err(damaged)?,
            }),
            _ => None,
        };
        Ok(Task {
            id: self.id.into(),
            project_id: self.project_id.into(),
            number: self.number,
            creator_id: self.creator_id.into(),
            fields: TaskFields {
                title: self.title,
                description: self.description,
                step: Step {
                    status_id: self.status_id.into(),
                    category: StatusCategory::from_number(self.status_category).ok_or_else(|| damaged("category"))?,
                },
                priority: Priority::from_number(self.priority).ok_or_else(|| damaged("priority"))?,
                task_type: TaskType::from_number(self.task_type).ok_or_else(|| damaged("type"))?,
                assignee_ids: self.assignee_ids.into_iter().map(Into::into).collect(),
                parent_id: self.parent_id.map(Into::into),
                due,
                start_date: self.start_date.map(|date| date.parse()).transpose().map_err(damaged)?,
                estimate_points: self.estimate_points,
            },
            deadline,
            start_time: self.start_time.map(Into::into),
            complete_time: self.complete_time.map(Into::into),
            comment_count: self.comment_count,
            attachment_count: self.attachment_count,
            rank: Rank::parse(&self.rank).map_err(damaged)?,
            create_time: self.create_time.into(),
            update_time: self.update_time.into(),
            delete_time: self.delete_time.map(Into::into),
            deleted_with: self.deleted_with.map(Into::into),
            version: self.version,
        })
    }
}

fn damaged(what: impl std::fmt::Display) -> DbErr {
    DbErr::Type(format!("a task row is damaged: {what}"))
}
