//! One row a notification in somebody's inbox.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub user_id: Id,
    pub reason: i64,
    pub project_id: Id,
    pub task_id: Option<Id>,
    pub comment_id: Option<Id>,
    pub actor_id: Option<Id>,
    pub count: i64,
    pub create_time: Time,
    pub update_time: Time,
    pub read_time: Option<Time>,
    pub status_id: Option<Id>,
    pub due_time: Option<Time>,
    pub seq: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
