//! One row a comment.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comments")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub task_id: Id,
    pub project_id: Id,
    pub author_id: Id,
    pub body: String,
    pub mentioned_user_ids: String,
    pub create_time: Time,
    pub edit_time: Option<Time>,
    pub update_time: Time,
    pub delete_time: Option<Time>,
    pub version: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
