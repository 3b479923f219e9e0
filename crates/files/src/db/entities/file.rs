//! One row a file.

use sea_orm::entity::prelude::*;
use tasktracker_database::{Id, Time};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "files")]
#[expect(missing_docs, reason = "the migration says what each column is")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub task_id: Id,
    pub project_id: Id,
    pub uploader_id: Id,
    pub file_name: String,
    pub size_bytes: i64,
    pub content_type: String,
    pub sha256: String,
    pub create_time: Time,
    pub update_time: Time,
    pub state: i64,
    pub version: i64,
    pub check_time: Time,
}

/// Tables are joined where they are read.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
