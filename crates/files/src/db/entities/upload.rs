//! One row a file on its way.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub task_id: Id,
    pub project_id: Id,
    pub creator_id: Id,
    pub file_name: String,
    pub size_bytes: i64,
    pub announced_sha256: Option<String>,
    pub received_sha256: Option<String>,
    pub received_bytes: i64,
    pub state: i64,
    pub create_time: Time,
    pub expire_time: Time,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
