//! One row a change, in the order in which a project's changes were committed.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Id,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub id: Id,
    pub task_id: Option<Id>,
    pub comment_id: Option<Id>,
    pub actor: String,
    pub create_time: Time,
    pub kind: i64,
    pub changes: String,
    pub version: i64,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
