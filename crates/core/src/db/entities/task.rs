//! One row a task.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub project_id: Id,
    pub number: i64,
    pub title: String,
    pub title_fold: String,
    pub description: String,
    pub status_id: Id,
    pub status_category: i64,
    pub priority: i64,
    pub task_type: i64,
    pub assignee_ids: String,
    pub creator_id: Id,
    pub parent_id: Option<Id>,
    pub due_date: Option<String>,
    pub due_local: Option<String>,
    pub due_zone: Option<String>,
    pub due_instant: Option<Time>,
    pub due_day: Option<String>,
    pub start_date: Option<String>,
    pub estimate_points: Option<f64>,
    pub start_time: Option<Time>,
    pub complete_time: Option<Time>,
    pub comment_count: i64,
    pub attachment_count: i64,
    pub rank: String,
    pub create_time: Time,
    pub update_time: Time,
    pub delete_time: Option<Time>,
    pub deleted_with: Option<Id>,
    pub version: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
